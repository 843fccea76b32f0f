#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Violates each rule of rules.sh once, in a temporary repository, and expects exactly
# one line for it. Expects no line if nothing is violated. Prints TAP.

set -u
here=$(cd "$(dirname "$0")" && pwd)
repo=$(mktemp -d)
trap 'rm -rf "$repo"' EXIT
git init -q "$repo"
mkdir "$repo/common"
count=0
failed=0

spdx_c='// SPDX-License-Identifier: GPL-2.0'
spdx_h='/* SPDX-License-Identifier: GPL-2.0 */'
spdx_sh='# SPDX-License-Identifier: GPL-2.0'

lines() {
	local i

	for ((i = 0; i < $1; i++)); do
		printf '\tx();\n'
	done
}

# expect NAME FILE PATTERN: copies stdin to FILE, and expects one line with PATTERN.
# An empty PATTERN expects no line.
expect() {
	local found verdict=ok

	cat >"$repo/$2"
	found=$("$here/rules.sh" "$repo")
	case $3 in
	'') [[ -z $found ]] || verdict='not ok' ;;
	*) [[ $found == "$2:"*"$3"* && $found != *$'\n'* ]] || verdict='not ok' ;;
	esac
	count=$((count + 1))
	echo "$verdict $count - $1"
	if [[ $verdict != ok ]]; then
		echo "# found: ${found:-nothing}"
		failed=1
	fi
	rm "$repo/$2"
}

c() { printf '%s\n' "$spdx_c" "$@"; }
word='TO'"DO"

expect 'a clean C file' common/a.c '' < <(c 'int xvbd_a(void)' '{' $'\treturn 0;' '}' \
	'static int b(void)' '{' $'\treturn BUILD_BUG_ON(x); /* short */' '}' \
	$'static const char *c[] = {\n\t"http://x",\n};')
expect 'a clean header' a.h '' <<<"$spdx_h"
expect 'a clean script' a.sh '' < <(printf '#!/bin/sh\n%s\n' "$spdx_sh")
expect 'a sourced script' a.sh '' <<<"$spdx_sh"
expect 'no licence, C' a.c 'SPDX' <<<'int a;'
expect 'no licence, header' a.h 'SPDX' <<<"$spdx_c"
expect 'no licence, script' a.sh 'SPDX' < <(printf '#!/bin/sh\n\n%s\n' "$spdx_sh")
expect 'space at the end' a.c 'end of the line' < <(c 'int a; ')
expect 'a tab at the end' a.sh 'end of the line' < <(printf '%s\n:\t\n' "$spdx_sh")
expect 'a long line' a.c '100 columns' < <(c "$(printf '\tint %094d;' 0)")
expect 'a line of 100' a.c '' < <(c "$(printf '\tint %087d;' 0)")
expect 'a long string' a.c '' < <(c "$(printf '\tx("%0200d");' 0)")
expect 'a wide table' a.c '' < <(c '/* clang-format off */' "$(printf '%0200d' 0)" '/* clang-format on */')
expect 'after a wide table' a.c '100 columns' \
	< <(c '/* clang-format off */' '/* clang-format on */' "$(printf '%0200d' 0)")
expect 'unfinished, C' a.c 'unfinished' < <(c "/* $word: more */")
expect 'unfinished, script' a.sh 'unfinished' < <(printf '%s\n# %s\n' "$spdx_sh" "$word")
expect 'a name for mktemp' a.sh '' < <(printf '%s\nmktemp aXX%s\n' "$spdx_sh" XXXX)
expect 'BUG_ON' a.c 'BUG_ON' < <(c $'\tBUG''_ON(a);')
expect 'BUG' a.c 'BUG' < <(c $'\tBUG''();')
expect 'spaces' a.c 'indented with spaces' < <(c '    int a;')
expect 'a space before a tab' a.c 'before a tab' < <(c $'\t \tint a;')
expect 'a C++ comment' a.c 'comments stand' < <(c 'int a; // b')
expect 'text on the first line' a.c 'second line' < <(c '/* a' ' * b' ' */')
expect 'a long comment' a.c '' < <(c '/*' ' * a' ' */' '/**' ' * b' ' */')
expect 'a long file' a.c '501 lines' < <(c; for ((i = 0; i < 500; i++)); do echo 'int a;'; done)
expect 'a file of 500' a.c '' < <(c; for ((i = 0; i < 499; i++)); do echo 'int a;'; done)
expect 'a long function' a.c '61 lines' < <(c 'int a(void)' '{'; lines 61; echo '}')
expect 'a function of 60' a.c '' < <(c 'int a(void)' '{'; lines 60; echo '}')
expect 'a public name' common/a.c 'public name' < <(c 'struct b *get_a(int c,' $'\t\tint d)' '{' '}')
expect 'a public name after one that is fine' common/a.c 'public name' \
	< <(c 'int xvbd_a(void)' '{' '}' '' 'int a(void)' '{' '}')
expect 'a public name elsewhere' a.c '' < <(c 'int a(void)' '{' '}')

# Only an object file shows the names of data.
c 'int a = 1;' 'int xvbd_b = 1;' >"$repo/common/b.c"
touch -d '1 hour ago' "$repo/common/b.c"
gcc -c -o "$repo/common/b.o" "$repo/common/b.c"
found=$("$here/rules.sh" "$repo")
count=$((count + 1))
if [[ $found == 'common/b.c: public name'*': a' ]]; then
	echo "ok $count - public data"
else
	echo "not ok $count - public data"
	echo "# found: ${found:-nothing}"
	failed=1
fi

echo "1..$count"
exit $failed
