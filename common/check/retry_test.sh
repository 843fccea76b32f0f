#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Tests how parts.sh counts checks that fail once, twice and never. Tests .ci/run with a fake
# make that prints what the parts of a run can print. Prints TAP.
set -u
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
expect 'CI: thirty-one of them are too many' 'flaky: 0
17 passed, 1 failed, 31 skipped
status 1' "$(ci 'flaky: 0\n3 passed, 0 failed\n' 0 "$(late 31)" 0)"
expect 'CI: each run of tests has a limit' 75 \
	"$(ci 'flaky: 0\n3 passed, 0 failed\n' 0 'flaky: 0\n4 passed, 0 failed\n' 0 >/dev/null
	sed -n 's/^minutes //p' "$work/said")"

echo "$good passed, $bad failed"
[ "$bad" -eq 0 ]
