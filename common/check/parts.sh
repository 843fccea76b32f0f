# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Runs the parts of a check and counts them; sourced. With RETRY=1 a part that fails runs
# once more: if it passes then, it counts as passed and is named as flaky, and the logs of
# both runs are kept in $kept. Most parts are not random, but some have threads and time-outs.
passed=0 failed=0
flaky=()
kept=${kept:-out/tests/check}
part_log=$(mktemp)

# run_part COMMAND... : sets good and bad, of a command that counts its own tests in
# lines "N passed, N failed", or is one test by itself.
run_part() {
	local status=0
	"$@" >"$part_log" 2>&1 || status=1
	read -r good bad < <(awk '/^[0-9]+ passed, [0-9]+ failed/ { good += $1; bad += $3; any = 1 }
		END { if (any) print good, bad }' "$part_log")
	good=${good:-$((1 - status))} bad=${bad:-$status}
	[ "$status" -eq 0 ] || [ "$bad" -gt 0 ] || bad=1
}

show_part() { tail -n 60 "$part_log" | sed 's/^/    /'; }

# check NAME COMMAND... : one line, and what the command said if it fails.
check() {
	local name=$1 start=$SECONDS good bad id=${1//[^[:alnum:].]/-}
	shift
	run_part "$@"
	if [ "$bad" -gt 0 ] && [ -n "${RETRY:-}" ]; then
		echo "# $name: failed ($bad), runs once more; logs: $kept/$id*.log"
		show_part
		mkdir -p "$kept"
		cp "$part_log" "$kept/$id.log"
		run_part "$@"
		cp "$part_log" "$kept/$id.again.log"
		if [ "$bad" -eq 0 ]; then
			flaky+=("check/$id")
			echo "# $name: passed the second time"
			show_part
		fi
	fi
	passed=$((passed + good)) failed=$((failed + bad))
	if [ "$bad" -eq 0 ]; then
		echo "ok - $name ($good in $((SECONDS - start)) s)"
	else
		echo "not ok - $name ($bad failed)"
		show_part
	fi
}

# The totals; fails if a part has.
end_parts() {
	rm -f "$part_log"
	[ -z "${RETRY:-}" ] || echo "flaky: ${#flaky[@]}${flaky[*]:+ ${flaky[*]}}"
	echo "$passed passed, $failed failed"
	[ "$failed" -eq 0 ]
}
