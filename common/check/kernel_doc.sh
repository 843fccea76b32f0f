#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Checks that every kernel-doc comment is valid. Prints the warnings of kernel-doc;
# the exit status is 1 if there is any, or if there is no program kernel-doc.
# Usage: kernel_doc.sh [KDIR]
set -u
cd "$(dirname "$0")/../.." || exit 2

# The program of the kernel to build for, else the newest one that is installed.
find_program() {
	local kdir=$1 file

	for file in ${kdir:+"$kdir/scripts/kernel-doc"} \
		$(printf '%s\n' /usr/lib/linux-kbuild-*/scripts/kernel-doc | sort -Vr); do
		if [ -x "$file" ]; then
			echo "$file"
			return 0
		fi
	done
	return 1
}

if ! program=$(find_program "${1:-}"); then
	echo "kernel-doc is missing in ${1:+$1/scripts and in }/usr/lib/linux-kbuild-*/scripts"
	exit 1
fi
mapfile -t dirs < <(common/class-list dirs)
mapfile -t files < <(git ls-files -co --exclude-standard -- 'common/*.[ch]' "${dirs[@]/%//*.[ch]}" |
	grep -v '\.mod\.c$' | sort -u | while read -r file; do [ -f "$file" ] && echo "$file"; done)
if [ ${#files[@]} -eq 0 ]; then
	echo "there are no source files to check"
	exit 1
fi

status=0
warnings=$("$program" -none "${files[@]}" 2>&1) || status=1
[ -z "$warnings" ] || status=1
[ "$status" -eq 0 ] || echo "${warnings:-$program failed}"
exit "$status"
