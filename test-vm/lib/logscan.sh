# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Finds what log-patterns lists in the logs that "inventory" has collected.

# Prints the lines found, each with its log's name; status 1 if there are any.
scan_logs() {
	local line
	while read -r line; do
		[ "${line:0:1}" = '#' ] || echo "$line"
	done <"$JOB/lib/log-patterns" >"$JOB/raw/patterns"
	! (cd "$JOB/logs" && exec grep -E -H -m 5 -f "$JOB/raw/patterns" ./*.log)
}
