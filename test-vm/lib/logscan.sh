# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Finds what log-patterns lists in the logs that "inventory" has collected.

find_complaints() {
	! (cd "$JOB/logs" && exec grep -E -H -m 5 -f "$JOB/raw/patterns" ./*.log)
}

drop_known_reports() {
	local log
	for log in "$JOB"/logs/*.log; do
		awk -v known="$JOB/lib/known-reports" -f "$JOB/lib/known-reports.awk" "$log" \
			>"$JOB/raw/rest" && cat "$JOB/raw/rest" >"$log"
	done
}

# Prints the lines found, each with its log's name; status 1 if there are any. Known reports are
# looked for only if there are lines: a start of a program takes long here.
scan_logs() {
	local line
	while read -r line; do
		[ "${line:0:1}" = '#' ] || echo "$line"
	done <"$JOB/lib/log-patterns" >"$JOB/raw/patterns"
	find_complaints >"$JOB/raw/found" && return
	drop_known_reports
	find_complaints
}
