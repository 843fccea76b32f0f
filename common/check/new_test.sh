#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Unit test of test-vm/new, in a copy of the files that it needs.
set -u
cd "$(dirname "$0")/../.." || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/test-vm/tests/attach"
cp -r test-vm/{new,template,vm,lanes} "$work/test-vm/"
cd "$work" || exit 1
failed=0

bad() {
	echo "$*"
	failed=1
}

# refuses WORDS ARGUMENT... : test-vm/new must fail, and print one sentence with WORDS.
refuses() {
	local words=$1 said
	shift
	if said=$(test-vm/new "$@" 2>&1); then bad "new $* succeeds"; fi
	[[ $said == *"$words"* ]] || bad "new $* says '$said', not '$words'"
	[ "$(wc -l <<<"$said")" = 1 ] || bad "new $* says more than one sentence: $said"
}

made() { find test-vm/tests -type f | LC_ALL=C sort | tr '\n' ' '; }

test-vm/new attach/fresh 'a & b: "as \1 said"' >said 2>&1 || bad "a test is not made: $(cat said)"
file=test-vm/tests/attach/fresh
[ -x "$file" ] || bad "the test is not executable"
grep -qxF '# DESCRIPTION: a & b: "as \1 said"' "$file" || bad "the description: $(sed -n 2p "$file")"
shellcheck -e SC2154 "$file" || bad "shellcheck finds fault"
python3 -B - "$file" <<'PYTHON' || bad "the harness does not take the test"
import sys
sys.path.insert(0, "test-vm")
from vm import catalog
test = catalog.Test(sys.argv[1], "attach/fresh")
assert test.guests == ["pv1"] and test.front == "ours" and test.timeout == 60
PYTHON
cp "$file" before
refuses 'test-vm/tests/attach/fresh exists' attach/fresh
cmp -s before "$file" || bad "the test that was there has changed"
for name in '' fresh attach/ /fresh attach/a/b attach/../up 'attach/a b' \
	attach/Big attach/-x attach/.x; do
	refuses "is no name of a test" "$name"
done
refuses 'say which test to make'
refuses 'say which test to make' attach/one two three
refuses 'longer than one line' attach/one $'two\nlines'
refuses 'there is no group fresh: choose one of attach' fresh/one
[ ! -e test-vm/tests/fresh ] || bad "a refused group was made"
test-vm/new --group fresh/one >said 2>&1 || bad "a group is not made: $(cat said)"
[ "$(made)" = "test-vm/tests/attach/fresh test-vm/tests/fresh/one " ] ||
	bad "there is: $(made)"
exit "$failed"
