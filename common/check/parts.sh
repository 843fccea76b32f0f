# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced: functions that run the parts of a check and count them. The parts run side by side, as
# many as there are CPUs, or CHECK_JOBS; they start and are reported in the order of the calls. So
# the longest come first, and no two may write the same files: see flock in run. With RETRY=1 a
# part that fails runs once more, alone. If it then passes, it counts as passed, and end_parts lists
# it as flaky. $kept has the logs of both runs. Most parts are deterministic, but some have threads
# and timeouts.
passed=0 failed=0
flaky=()
kept=${kept:-out/tests/check}
part_jobs=${CHECK_JOBS:-$(nproc)}
case $part_jobs in
'' | *[!0-9]* | 0)
	echo "CHECK_JOBS=$part_jobs is not a number of parts to run at once" >&2
	exit 2
	;;
esac
part_names=() part_commands=() part_pids=()
# FILE.log has what a part has printed, FILE.end its exit status and its seconds.
part_logs=$(mktemp -d)

# kill_tree SIGNAL PID : with all that it has started; timeout makes a process group of its own
kill_tree() {
	local child
	for child in $(pgrep -P "$2"); do kill_tree "$1" "$child"; done
	kill "-$1" "$2" 2>/dev/null
}

# Ends the parts that still run, and waits for them: they write to what is removed next.
stop_parts() {
	local pid
	for pid in "${part_pids[@]}"; do kill_tree TERM "$pid"; done
	for pid in "${part_pids[@]}"; do wait "$pid" 2>/dev/null; done
	part_pids=()
	rm -rf "$part_logs"
}
trap stop_parts EXIT

# check NAME COMMAND... : a part, which end_parts runs.
check() {
	part_names+=("$1")
	shift
	part_commands+=("$(printf '%q ' "$@")")
}

# run_part NUMBER
run_part() {
	local start=$SECONDS status=0
	eval "${part_commands[$1]}" >"$part_logs/$1.log" 2>&1 </dev/null || status=1
	echo "$status $((SECONDS - start))" >"$part_logs/$1.end"
}

start_part() {
	set -m
	run_part "$1" &
	set +m
	part_pids[$1]=$!
}

# read_part NUMBER : sets good, bad and seconds. The command prints lines "N passed, N failed";
# without such a line it counts as one test.
read_part() {
	local status=1
	seconds=0 good='' bad=''
	# There is no such file if a signal has ended the part.
	[ ! -f "$part_logs/$1.end" ] || read -r status seconds <"$part_logs/$1.end"
	read -r good bad < <(awk '/^[0-9]+ passed, [0-9]+ failed/ { good += $1; bad += $3; any = 1 }
		END { if (any) print good, bad }' "$part_logs/$1.log")
	good=${good:-$((1 - status))} bad=${bad:-$status}
	[ "$status" -eq 0 ] || [ "$bad" -gt 0 ] || bad=1
}

show_part() { tail -n 60 "$part_logs/$1.log" | sed 's/^/    /'; }

# retry_part NUMBER : nothing else runs now
retry_part() {
	local name=${part_names[$1]} id=${part_names[$1]//[^[:alnum:].]/-} before=$seconds
	echo "# $name: failed ($bad), runs once more; logs: $kept/$id*.log"
	show_part "$1"
	mkdir -p "$kept"
	cp "$part_logs/$1.log" "$kept/$id.log"
	rm -f "$part_logs/$1.end"
	start_part "$1"
	wait "${part_pids[$1]}"
	unset "part_pids[$1]"
	read_part "$1"
	seconds=$((seconds + before))
	cp "$part_logs/$1.log" "$kept/$id.again.log"
	if [ "$bad" -eq 0 ]; then
		flaky+=("check/$id")
		echo "# $name: passed the second time"
		show_part "$1"
	fi
}

# report_part NUMBER : prints one line, and the command's output if the command fails.
report_part() {
	local good bad seconds
	read_part "$1"
	if [ "$bad" -gt 0 ] && [ -n "${RETRY:-}" ]; then
		wait
		part_pids=()
		retry_part "$1"
	fi
	passed=$((passed + good)) failed=$((failed + bad))
	if [ "$bad" -eq 0 ]; then
		echo "ok - ${part_names[$1]} ($good in $seconds s)"
	else
		echo "not ok - ${part_names[$1]} ($bad failed)"
		show_part "$1"
	fi
}

# Forgets the parts that have ended. Looks from time to time: with job control wait -n misses some.
reap_parts() {
	local i
	sleep 0.1
	for i in "${!part_pids[@]}"; do
		kill -0 "${part_pids[$i]}" 2>/dev/null || unset "part_pids[$i]"
	done
}

# Runs the parts and prints the totals. Fails if a part has failed.
end_parts() {
	local started=0 reported=0
	while [ "$reported" -lt ${#part_names[@]} ]; do
		while [ "$started" -lt ${#part_names[@]} ] && [ ${#part_pids[@]} -lt "$part_jobs" ]; do
			start_part "$started"
			started=$((started + 1))
		done
		[ ${#part_pids[@]} -eq 0 ] || reap_parts
		while [ "$reported" -lt "$started" ] && [ -z "${part_pids[$reported]-}" ]; do
			report_part "$reported"
			reported=$((reported + 1))
		done
	done
	stop_parts
	[ -z "${RETRY:-}" ] || echo "flaky: ${#flaky[@]}${flaky[*]:+ ${flaky[*]}}"
	echo "$passed passed, $failed failed"
	[ "$failed" -eq 0 ]
}
