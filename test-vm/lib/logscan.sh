# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Reads the logs of dom0, the guests and Xen from the start of the test on, and
# finds what log-patterns lists.

MARK="test-vm: the test begins"

mark_logs() {
	local name at
	echo "<6>$MARK" >/dev/kmsg
	xl dmesg -c >"$JOB/xen-before.log"
	for name in $GUESTS; do
		guest "$name" -t 20 "echo '<6>$MARK' >/dev/kmsg" || fail "guest $name does not answer"
		at=$(stat -c %s "/var/log/xen/console/guest-$name.log" 2>/dev/null)
		echo "${at:-0}" >"$JOB/console-at-$name"
	done
}

# All of a log that has no mark: a guest that was booted since has none.
since_mark() {
	awk -v mark="$MARK" '{ line[NR] = $0 } !at && index($0, mark) { at = NR }
		END { for (i = at + 1; i <= NR; i++) print line[i] }'
}

collect_logs() {
	local name
	dmesg >"$JOB/dmesg"
	grep -qF "$MARK" "$JOB/dmesg" ||
		echo "dom0's log has lost its beginning: something fills it, and hides what is looked for"
	since_mark <"$JOB/dmesg" >"$JOB/logs/dom0.log"
	xl dmesg |
		grep -vE '[[:space:]][Gg]nttab_usage|^\(XEN\) \[0x|^\(XEN\)  *-* active|\[ref\]' \
			>"$JOB/logs/xen.log"
	for name in $GUESTS; do
		# what an oops prints on the console, without the agent's own lines
		tail -c "+$(($(<"$JOB/console-at-$name") + 1))" "/var/log/xen/console/guest-$name.log" 2>/dev/null |
			tr -d '\r' | grep -v '^~\|^$' >"$JOB/logs/$name-console.log"
		domain_exists "$name" || continue
		guest "$name" -t 20 dmesg 2>"$JOB/logs/$name-agent.log" | since_mark >"$JOB/logs/$name.log"
		[ "${PIPESTATUS[0]}" -eq 0 ] ||
			echo "guest $name is dead: $(cat "$JOB/logs/$name-agent.log") $(tail -n 3 "$JOB/logs/$name-console.log")"
	done
}

# Prints the lines found, each with its log's name; status 1 if there are any.
scan_logs() {
	grep -v '^#' "$JOB/lib/log-patterns" >"$JOB/patterns"
	! (cd "$JOB/logs" && grep -E -H -m 5 -f "$JOB/patterns" ./*.log)
}
