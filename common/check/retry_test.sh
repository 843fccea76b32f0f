#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Tests how parts.sh counts checks that fail once, twice and never, and that it runs them side by
# side. Tests .ci/run with a fake make that prints what the parts of a run can print. Prints TAP.
set -u
# As .ci/run or a person may have set them.
unset RETRY CHECK_JOBS UNTIL
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
good=0 bad=0

# expect NAME WANTED FOUND
expect() {
	if [ "$2" = "$3" ]; then
		good=$((good + 1))
		echo "ok - $1"
	else
		bad=$((bad + 1))
		echo "not ok - $1"
		printf 'wanted:\n%s\nfound:\n%s\n' "$2" "$3" | sed 's/^/# /'
	fi
}

# fails TIMES : a command that fails this number of times, and counts in $work/runs
cat >"$work/fails" <<-END
	echo run >>"$work/runs"
	echo "this is run \$(wc -l <"$work/runs")"
	[ "\$(wc -l <"$work/runs")" -gt "\$1" ]
END

# parts RETRY TIMES : prints the last lines and the status of a check with such a part
parts() {
	rm -rf "$work/runs" "$work/kept"
	(
		export RETRY=$1
		kept=$work/kept
		. "$here/parts.sh"
		check "a good part" true
		check "a part/here" sh "$work/fails" "$2"
		end_parts
		echo "status $?"
	) >"$work/said"
	grep -E '^(flaky|[0-9]+ passed|status)' "$work/said"
}

expect 'CHECK_JOBS is a number' 'CHECK_JOBS=0 is not a number of parts to run at once
CHECK_JOBS=all is not a number of parts to run at once' \
	"$(for jobs in 0 all; do CHECK_JOBS=$jobs bash -c '. "$0/parts.sh"' "$here" 2>&1; done)"
expect 'a check that passes' 'flaky: 0
2 passed, 0 failed
status 0' "$(parts 1 0)"
expect 'it runs once' 1 "$(wc -l <"$work/runs")"
expect 'a check that fails once is flaky, and passed' 'flaky: 1 check/a-part-here
2 passed, 0 failed
status 0' "$(parts 1 1)"
expect 'both logs are shown' '    this is run 1
    this is run 2' "$(grep 'this is run' "$work/said")"
expect 'both logs are kept' 'this is run 2
this is run 1' "$(cat "$work"/kept/*)"
expect 'a check that fails twice has failed' 'flaky: 0
1 passed, 1 failed
status 1' "$(parts 1 2)"
expect 'it runs no third time' 2 "$(wc -l <"$work/runs")"
expect 'without RETRY it runs once' '1 passed, 1 failed
status 1' "$(parts '' 1)"

# together JOBS LINE... : what is reported of parts that run so many at a time. The lines call
# check. The parts wait for each other through files.
together() {
	(
		export CHECK_JOBS=$1
		shift
		cd "$work" && rm -f met-* && kept=$work/kept
		. "$here/parts.sh"
		for line; do eval "$line"; done
		end_parts
	) >"$work/said" 2>"$work/noise"
	sed 's/ in [0-9]* s)/)/' "$work/said"
}
# meet OWN OTHER [TIMES] : passes if the other comes, soon
cat >"$work/meet" <<-'END'
	echo "$1 comes"; : >"met-$1"
	for i in $(seq "${3:-100}"); do [ ! -e "met-$2" ] || { echo "$1 meets $2"; exit 0; }; sleep 0.1; done
	exit 1
END
expect 'two parts run side by side' 'ok - a (1)
ok - b (1)
2 passed, 0 failed' "$(together 2 'check a sh meet a b' 'check b sh meet b a')"
expect 'one at a time; what each prints stays together' 'not ok - a (1 failed)
    a comes
ok - b (1)
not ok - c (1 failed)
    c comes
1 passed, 2 failed' "$(together 1 'check a sh meet a b 3' 'check b sh meet b a' 'check c sh meet c d 3')"
expect 'the order of the report is that of the calls' 'ok - slow (1)
ok - quick (1)
ok - third (1)
3 passed, 0 failed' "$(together 2 'check slow sh meet slow third' 'check quick true' \
	'check third sh meet third slow')"
expect 'what a part counts itself' 'ok - a (7)
not ok - b (2 failed)
    3 passed, 2 failed
10 passed, 2 failed' "$(together 2 'check a echo 7 passed, 0 failed' 'check b echo 3 passed, 2 failed')"
expect 'a function with odd words, and no input' 'not ok - a (1 failed)
    <two  words>
    <*>
    <>
0 passed, 1 failed' "$(together 2 'odd() { printf "<%s>\n" "$@"; cat; return 1; }' "check a odd 'two  words' '*' ''")"
# It meets the other in the first run, and finds that one ended in the second.
cat >"$work/alone" <<-'END'
	[ -e met-first ] || { : >met-first; exit 1; }
	[ -e met-end ]
END
expect 'a part runs once more when nothing else runs' 'flaky: 1 check/a
2 passed, 0 failed' "$(RETRY=1 together 2 'check a sh alone' 'check b sh -c "sleep 0.5; : >met-end"' | tail -n 2)"
expect 'a part that a signal ends has failed' 'not ok - a (1 failed)
ok - b (1)
1 passed, 1 failed' "$(together 2 "check a eval 'kill -9 \$BASHPID'" 'check b true')"
# The runner's parts end with it.
together 2 "check a sh -c 'sleep 4; : >met-outlived'" \
	'runner=$BASHPID; { sleep 0.5; kill -TERM "$runner"; } &' >/dev/null 2>&1
sleep 4
expect 'a part ends with the run that has started it' 'not there' \
	"$([ -e "$work/met-outlived" ] || echo not there)"

# A fake make: the variables CHECK, TEST and SMOKE are the output of its parts.
mkdir "$work/bin"
cat >"$work/bin/make" <<-'END'
	#!/bin/sh
	[ "$RETRY" = 1 ] || exit 9
	case $1$2 in
	check) printf '    flaky: 5 of an inner log\n%b' "$CHECK"; exit "$CHECK_STATUS" ;;
	check-kernels) printf '2 passed, 0 failed\n' ;;
	deb-check) printf '1 passed, 0 failed\n2 passed, 0 failed\n' ;;
	prepare*) ;;
	test) echo "minutes $(((UNTIL - $(date +%s) + 30) / 60))"; printf '%b' "$TEST"; exit "$TEST_STATUS" ;;
	testT=smoke) printf '%b' "${SMOKE-5 passed, 0 failed\n}" ;;
	esac
END
chmod +x "$work/bin/make"

# ci CHECK STATUS TEST STATUS : prints the last two lines of .ci/run, and its status
ci() {
	CHECK=$1 CHECK_STATUS=$2 TEST=$3 TEST_STATUS=$4 PATH=$work/bin:$PATH \
		"$top/.ci/run" >"$work/said"
	local status=$?
	tail -n 2 "$work/said"
	echo "status $status"
}

expect 'CI: nothing is flaky' 'flaky: 0
17 passed, 0 failed, 1 skipped
status 0' "$(ci 'flaky: 0\n3 passed, 0 failed\n' 0 'flaky: 0\n4 passed, 0 failed, 1 skipped\n' 0)"
expect 'CI: two are, one in each part' 'flaky: 2 check/a close/b
17 passed, 0 failed
status 0' "$(ci 'flaky: 1 check/a\n3 passed, 0 failed\n' 0 'flaky: 1 close/b\n4 passed, 0 failed\n' 0)"
expect 'CI: three are too many' 'flaky: 3 check/a close/b close/c
17 passed, 1 failed
status 1' "$(ci 'flaky: 1 check/a\n3 passed, 0 failed\n' 0 'flaky: 2 close/b close/c\n4 passed, 0 failed\n' 0)"
expect 'CI: a failed test is a failure' 'flaky: 0
16 passed, 1 failed
status 1' "$(ci 'flaky: 0\n3 passed, 0 failed\n' 0 'flaky: 0\n3 passed, 1 failed\n' 1)"
expect 'CI: a part that breaks off is a failure' 'flaky: 0
13 passed, 1 failed
status 1' "$(ci 'flaky: 0\n3 passed, 0 failed\n' 0 'ok 1 - a/b\n' 0)"
expect 'CI: the smoke set of the lanes counts' 'flaky: 1 close/b@smp
13 passed, 1 failed
status 1' "$(SMOKE='flaky: 1 close/b@smp\n1 passed, 1 failed\n' ci 'flaky: 0\n3 passed, 0 failed\n' 0 'flaky: 0\n4 passed, 0 failed\n' 0)"

# late N : the last lines of a part that had no time for N tests
late() {
	# shellcheck disable=SC2046 # a name each
	printf 'no time for: %d%s\\nflaky: 0\\n4 passed, 0 failed, %d skipped\\n' "$1" \
		"$(printf ' a/%d' $(seq "$1"))" "$1"
}

expect 'CI: tests for which there was no time are named' 'no time for: 2 a/1 a/2
flaky: 0
17 passed, 0 failed, 2 skipped
status 0' "$(ci 'flaky: 0\n3 passed, 0 failed\n' 0 "$(late 2)" 0 >/dev/null; tail -n 3 "$work/said"; echo "status $?")"
expect 'CI: sixty-one of them are too many' 'flaky: 0
17 passed, 1 failed, 61 skipped
status 1' "$(ci 'flaky: 0\n3 passed, 0 failed\n' 0 "$(late 61)" 0)"
expect 'CI: each run of tests has a limit' 75 \
	"$(ci 'flaky: 0\n3 passed, 0 failed\n' 0 'flaky: 0\n4 passed, 0 failed\n' 0 >/dev/null
	sed -n 's/^minutes //p' "$work/said")"

echo "$good passed, $bad failed"
[ "$bad" -eq 0 ]
