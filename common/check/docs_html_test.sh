#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Makes HTML pages of small documents, each with one fault, and expects the message of
# Sphinx. Expects no message if there is no fault. Prints TAP.

set -u
here=$(cd "$(dirname "$0")" && pwd)
repo=$(mktemp -d)
trap 'rm -rf "$repo"' EXIT
count=0
failed=0

# A repository that has no fault.
begin() {
	rm -rf "$repo"
	mkdir -p "$repo/docs" "$repo/code"
	printf '# Documents\n\n## You read\n\n| question | page |\n|---|---|\n' >"$repo/docs/README.md"
	printf '| what? | [a](a.md) |\n| how? | [top](../README.md) |\n' >>"$repo/docs/README.md"
	printf '# Top\n\n[a](docs/a.md#two-words)\n' >"$repo/README.md"
	printf '# A\n\n## Two words\n\n[file](../code/file.c)\n' >"$repo/docs/a.md"
	echo 'int x;' >"$repo/code/file.c"
}

# expect NAME PATTERN: builds, and expects a message with PATTERN. An empty PATTERN expects none.
expect() {
	local found status=0 verdict=ok

	found=$("$here/../../docs/build-html" "$repo/html" "$repo" 2>&1) || status=1
	if [ -n "$2" ]; then
		[[ $status -eq 1 && $found == *"$2"* ]] || verdict='not ok'
	else
		[[ $status -eq 0 && -z $found ]] || verdict='not ok'
	fi
	result "$verdict" "$1" "${found:-nothing}; status $status"
}

result() {
	count=$((count + 1))
	echo "$1 $count - $2"
	[ "$1" = ok ] || { echo "# found: $3" && failed=1; }
}

begin
expect 'a clean repository' ''
text=$(cat "$repo/html/docs/a.html")
source=$(cd "$repo/html/docs" && cat "$(sed -n 's/.*href="\([^"]*file\.c\)".*/\1/p' a.html)")
[ "$source" = 'int x;' ] && verdict=ok || verdict='not ok'
result "$verdict" 'a link to a source file leads to a copy' "$source"
[[ $text == *'caption-text">You read<'*'href="../README.html">Top<'* ]] && verdict=ok || verdict='not ok'
result "$verdict" 'the navigation is by reader' "$text"

begin
printf '# B\n' >"$repo/docs/b.md"
expect 'a page that the table does not have' "docs/b.md: WARNING: document isn't included"
begin
printf '[gone](a.md#gone)\n' >>"$repo/README.md"
expect 'a link to no heading' 'README.md:'
begin
printf '| why? | [gone](gone.md) |\n' >>"$repo/docs/README.md"
expect 'a row that leads nowhere' 'gone'

echo "1..$count"
exit $failed
