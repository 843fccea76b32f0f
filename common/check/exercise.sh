#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Applies docs/template/exercise.patch, the solution of the exercise, to a copy of echo; builds
# both modules with W=1 and sparse, and runs the unit test. Fails at any warning.
# usage: exercise.sh KDIR
set -eu
kdir=$1
cd "$(dirname "$0")/../.."
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT

# What other checks build meanwhile is not copied.
git ls-files -coz --exclude-standard -- Makefile common docs/template/echo |
	tar --null --ignore-failed-read -cf - -T - 2>/dev/null | tar -C "$copy" -xf -
# With its times, so that what the probes have found out here is not found out again.
cp -p common/.kdir common/compat-config.h "$copy/common/" 2>/dev/null || true
patch -s -p1 -F0 -d "$copy" <docs/template/exercise.patch || {
	echo 'docs/template/exercise.patch does not fit echo: apply it by hand, and make it anew'
	exit 1
}
cd "$copy"
make -s common/compat-config.h KDIR="$kdir"
output=$(make -s -j"$(nproc)" -C "$kdir" M="$copy/docs/template/echo" W=1 C=1 modules 2>&1) || {
	echo "$output"
	exit 1
}
if grep -E 'warning:|error:|WARNING:' <<<"$output"; then
	exit 1
fi
gcc -std=gnu11 -g -O1 -Wall -Wextra -Werror -fsanitize=address,undefined \
	-fno-sanitize-recover=all -Icommon -Icommon/unit -o test docs/template/echo/*_test.c \
	docs/template/echo/echo_{wire,keys}.c common/keys.c
output=$(./test) || {
	grep -v '^ok' <<<"$output"
	exit 1
}
