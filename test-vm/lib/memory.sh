# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What dom0's kernel has of dom0's memory. A test sources it itself.
#
#   kernel_kib                KiB that are neither free, nor in a CPU's list of free pages,
#                             nor a file's, nor a program's
#   settled_kib               the least of two seconds: what a program that has just ended
#                             leaves takes its time to go
#   highest_kib SECONDS       the most of so long

kernel_kib() {
	# Whoever reads it has each CPU's counts added up.
	read -r _ </proc/sys/vm/stat_refresh
	awk '$1 == "MemTotal:" { kib += $2 }
		$1 ~ /^(MemFree|Buffers|Cached|AnonPages):$/ { kib -= $2 }
		$1 == "count:" { kib -= 4 * $2 }
		END { print kib }' /proc/meminfo /proc/zoneinfo
}

settled_kib() {
	local least now
	least=$(kernel_kib)
	for _ in 1 2 3 4 5; do
		sleep 0.4
		now=$(kernel_kib)
		[ "$now" -ge "$least" ] || least=$now
	done
	echo "$least"
}

highest_kib() {
	local most=0 now end
	end=$(($(monotonic_ms) + $1 * 1000))
	while [ "$(monotonic_ms)" -lt "$end" ]; do
		now=$(kernel_kib)
		[ "$now" -le "$most" ] || most=$now
		sleep 0.1
	done
	echo "$most"
}
