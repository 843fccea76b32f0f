#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Violates each rule of docs.py once, in a temporary repository, and expects exactly
# one line for it. Expects no line if nothing is violated. Prints TAP.

set -u
here=$(cd "$(dirname "$0")" && pwd)
repo=$(mktemp -d)
trap 'rm -rf "$repo"' EXIT
git init -q "$repo"
mkdir -p "$repo/docs/benchmarks"
printf '# Other page\n\n## A `key`: what it says\n\n## Twice\n\n## Twice\n' >"$repo/other.md"
printf '    # Not a heading\n' >>"$repo/other.md"
count=0
failed=0

# expect NAME FILE PATTERN: copies stdin to FILE, and expects one line with PATTERN.
# An empty PATTERN expects no line.
expect() {
	local found status wanted=1 verdict=ok

	cat >"$repo/$2"
	found=$("$here/docs.py" "$repo" 2>&1)
	status=$?
	case $3 in
	'')
		wanted=0
		[[ -z $found ]] || verdict='not ok'
		;;
	*) [[ $found == "$2:"*"$3"* && $found != *$'\n'* ]] || verdict='not ok' ;;
	esac
	[ $status -eq $wanted ] || verdict='not ok'
	count=$((count + 1))
	echo "$verdict $count - $1"
	if [[ $verdict != ok ]]; then
		echo "# found: ${found:-nothing}; status $status"
		failed=1
	fi
	rm "$repo/$2"
}

wide=$(printf '%0101d' 0)

expect 'a clean page' a.md '' < <(printf '# A\n\nText.\n')
expect 'a line of 100' a.md '' <<<"${wide:1}"
expect 'a long line' a.md '101 columns' <<<"$wide"
expect 'columns, not bytes' a.md '' <<<"${wide:2}ä"
expect 'a long line of a list' a.md '101 columns' <<<"- ${wide:2}"
expect 'a long line in a source' a.md.in '101 columns' <<<"$wide"
expect 'a wide table' a.md '' <<<"| $wide |"
expect 'wide code' a.md '' <<<"    $wide"
expect 'wide code in a fence' a.md '' < <(printf '```\n%s\n```\n' "$wide")
expect 'after a fence' a.md '101 columns' < <(printf '```\nx\n```\n%s\n' "$wide")
expect 'a page that a program writes' docs/interop.md '' <<<"$wide"
expect 'one of a benchmark' docs/benchmarks/a.md '' <<<"$wide"
expect 'a page beside them' docs/a.md '101 columns' <<<"$wide"
: >"$repo/b.md.in"
expect 'a page with a source' b.md '' <<<"$wide"
rm "$repo/b.md.in"

expect 'a link to a page' a.md '' <<<'[other](other.md)'
expect 'from a folder' docs/a.md '' <<<'[other](../other.md), [here](benchmarks)'
expect 'to nowhere' a.md 'gone.md: there is no such file' <<<'[gone](gone.md)'
expect 'to the wrong folder' docs/a.md 'other.md: there is no such file' <<<'[other](other.md)'
expect 'to nowhere, in a table' a.md 'no such file' <<<'| [gone](gone.md) |'
expect 'to nowhere, in a page that a program writes' docs/interop.md 'no such file' \
	<<<'[gone](gone.md)'
expect 'an image that is gone' a.md 'no such file' <<<'![gone](gone.svg)'
expect 'to another host' a.md '' <<<'[a](https://example.com/gone.md), [b](mailto:a@example.com)'
expect 'a link that is code' a.md '' <<<'write `[gone](gone.md)`'
expect 'a link in a code block' a.md '' <<<'    [gone](gone.md)'
expect 'to a heading' a.md '' <<<'[key](other.md#a-key-what-it-says)'
expect 'to a heading of this page' a.md '' < <(printf '# My page\n\n[up](#my-page)\n')
expect 'to the second of two headings' a.md '' <<<'[twice](other.md#twice-1)'
expect 'to a third' a.md 'no such heading' <<<'[twice](other.md#twice-2)'
expect 'to no heading' a.md 'other.md#b: there is no such heading' <<<'[b](other.md#b)'
expect 'to no heading of this page' a.md 'no such heading' <<<'[b](#b)'
expect 'to what is code' a.md 'no such heading' <<<'[b](other.md#not-a-heading)'

echo "1..$count"
exit $failed
