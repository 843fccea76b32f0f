#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Finds out which interfaces the kernel at KDIR has. Compiles each file of probe/
# against its headers, and prints a header that defines XSPLIT_HAVE_<NAME> for each
# file that compiles. If a probe has a line "/* EXPORTED: SYMBOL */", the kernel
# must also export that symbol. KDIR/Module.symvers lists the exported symbols:
# without that file the script fails.
# usage: probe.sh KDIR
set -eu

kdir=$1
here=$(dirname "$0")
if [ ! -f "$kdir/Module.symvers" ]; then
	echo "probe.sh: $kdir/Module.symvers is missing, which says what the kernel exports: build that kernel, or install its headers" >&2
	exit 1
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cp "$here"/probe/*.c "$work"
names=
for probe in "$here"/probe/*.c; do
	names="$names $(basename "$probe" .c)"
done
{
	for n in $names; do echo "obj-m += $n.o"; done
	echo 'ccflags-y := -Werror -Wno-missing-prototypes -Wno-missing-declarations'
} >"$work/Kbuild"
# A probe that does not compile is a result, not an error. Do not pass the caller's
# W= and C= to the probes.
# shellcheck disable=SC2046 # one word for each probe
make -s -k -j"$(nproc)" -C "$kdir" M="$work" W= C=0 $(for n in $names; do echo "$n.o"; done) >"$work/log" 2>&1 || true

exported() {
	symbol=$(sed -n 's,^/\* EXPORTED: \(.*\) \*/,\1,p' "$here/probe/$1.c")
	[ -z "$symbol" ] || grep -qw "$symbol" "$kdir/Module.symvers"
}

echo '/* SPDX-License-Identifier: GPL-2.0 */'
echo '/* Made by probe.sh; do not edit. */'
found=0
for n in $names; do
	if [ ! -f "$work/$n.o" ] || ! exported "$n"; then continue; fi
	echo "#define XSPLIT_HAVE_$(echo "$n" | tr '[:lower:]' '[:upper:]') 1"
	found=$((found + 1))
done
if [ "$found" -eq 0 ]; then
	echo "probe.sh: no probe compiles against $kdir:" >&2
	head -n 5 "$work/log" >&2
	exit 1
fi
