# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced: functions that run the parts of a check and count them. With RETRY=1 a part that
# fails runs once more. If it then passes, it counts as passed, and end_parts lists it as flaky.
# $kept has the logs of both runs. Most parts are deterministic, but some have threads and
# timeouts.
passed=0 failed=0
flaky=()
kept=${kept:-out/tests/check}
part_log=$(mktemp)

# run_part COMMAND... : runs a command and sets good and bad. The command prints lines
# "N passed, N failed"; without such a line it counts as one test.
run_part() {
	local status=0
	"$@" >"$part_log" 2>&1 || status=1
	read -r good bad < <(awk '/^[0-9]+ passed, [0-9]+ failed/ { good += $1; bad += $3; any = 1 }
		END { if (any) print good, bad }' "$part_log")
	good=${good:-$((1 - status))} bad=${bad:-$status}
	[ "$status" -eq 0 ] || [ "$bad" -gt 0 ] || bad=1
}

show_part() { tail -n 60 "$part_log" | sed 's/^/    /'; }

# check NAME COMMAND... : prints one line, and the command's output if the command fails.
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

# Prints the totals. Fails if a part has failed.
end_parts() {
	rm -f "$part_log"
	[ -z "${RETRY:-}" ] || echo "flaky: ${#flaky[@]}${flaky[*]:+ ${flaky[*]}}"
	echo "$passed passed, $failed failed"
	[ "$failed" -eq 0 ]
}
