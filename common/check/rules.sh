#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Checks the rules of this project that a program can check. Prints one line for
# each violation; the exit status is 1 if there is any. Checks every *.c, *.h and
# *.sh file that git knows or would add.
# Usage: rules.sh [REPOSITORY]

set -u
here=$(cd "$(dirname "$0")" && pwd)
cd "${1:-$here/../..}" || exit 2

files() {
	git ls-files -co --exclude-standard -- "$@" | sort -u | while read -r file; do
		[ -f "$file" ] && echo "$file"
	done
}

# A line "CLASS DIR" for each directory with code of modules.
class_dirs() {
	printf '%s\n' 'xsplit common' 'vbd common/block'
	[ ! -f common/classes ] ||
		awk '!/^#/ { for (i = 4; i <= NF; i++) print $1, $i }' common/classes
}

# Checks the objects that are newer than their source. This also finds public data.
public_names() {
	class_dirs | while read -r class dir; do
		[ ! -d "$dir" ] || files "$dir/*.c" | sed "s/^/$class /"
	done | while read -r class file; do
		object=${file%.c}.o
		[ "$object" -nt "$file" ] || continue
		nm -g --defined-only "$object" | awk -v file="$file" -v class="$class" '
			$3 !~ /^(init|cleanup)_module$/ &&
			$3 !~ ("(^|_)(xbfront|xbback|xvbd|xsplit|" class ")_") {
				print file ": public name without xbfront_, xbback_, xvbd_, xsplit_ or " class "_: " $3
			}'
	done
}

violations=$(
	files '*.c' '*.h' '*.sh' | xargs -r awk -f "$here/rules.awk"
	public_names
)
[ -z "$violations" ] && exit 0
echo "$violations"
exit 1
