#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Test of docs/template/new-driver: what it makes in a copy of the tree builds without a warning,
# passes its unit test, and keeps to the rules and layers; so does what it makes outside of the
# tree, against an installed core. What it refuses, it refuses in one sentence. Prints TAP.
# Usage: new_driver_test.sh KDIR
# shellcheck disable=SC2317 # ok() calls the functions
set -u
kdir=$1
top=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/tree
new=$tree/docs/template/new-driver
count=0
failed=0

# ok NAME COMMAND... : the command must succeed; what it says is shown if it does not.
ok() {
	local name=$1 verdict=ok

	shift
	"$@" >"$work/said" 2>&1 || verdict='not ok'
	count=$((count + 1))
	echo "$verdict $count - $name"
	[[ $verdict == ok ]] && return
	tail -n 30 "$work/said" | sed 's/^/# /'
	failed=1
}

# refuses WORDS ARGUMENT... : new-driver fails and says one sentence with WORDS.
refuses() {
	local words=$1 said

	shift
	if said=$("$new" "$@" 2>&1); then
		echo "new-driver $* succeeds"
		return 1
	fi
	[[ $said == *"$words"* && $said != *$'\n'* ]] || {
		echo "new-driver $* says '$said', not '$words'"
		return 1
	}
}

refuse_all() {
	local name

	for name in '' a Big 'two words' 1st dev0 a-b ../up abcdefghijklmn; do
		refuses 'is no name of a class' "$name" || return
	done
	for name in vbd vif vkbd vfb vtpm pci vscsi vusb 9pfs pvcalls vsnd vdispl vinput vnuma; do
		refuses 'is a class that Xen or Linux has already' "$name" || return
	done
	refuses 'in C or in the core' int && refuses 'in C or in the core' xsplitter &&
		refuses 'common/classes has a class echo already' echo &&
		refuses 'docs exists in the tree already' docs &&
		refuses 'say new-driver NAME' && refuses 'say new-driver NAME' one two &&
		refuses 'say new-driver NAME' --out "$work/x" &&
		refuses 'exists, and is no empty directory' --out "$tree" vtest &&
		refuses 'there is no directory' --out "$work/no/where" vtest
}

# keeps_to CHECK NAME: the check finds nothing in that class. Others have checks of their own.
keeps_to() {
	! "$tree/common/check/$1" 2>&1 | grep -E "^$2[/:]|Traceback"
}

no_warning() {
	"$@" >"$work/built" 2>&1 && ! grep -E 'warning:|error:|WARNING:' "$work/built" && return
	cat "$work/built"
	return 1
}

# The template's name is left nowhere: not in the text, and not in a file's name.
is_renamed() {
	! grep -rniI echo "$1" --exclude-dir=build --exclude='.*' --exclude='*.mod*' &&
		! find "$1" -name '*echo*' | grep .
}

names_exist() {
	local file name rest number=0

	while read -r file name rest; do
		[[ $file == vtest/* ]] || continue
		[[ $name != struct ]] || name="struct ${rest%% *}"
		if ! grep -qF "${name%)}" "$tree/$file"; then
			echo "there is no $name in $file"
			return 1
		fi
		number=$((number + 1))
	done < <(grep '^  vtest/' "$work/steps")
	[ "$number" -ge 6 ]
}

is_unchanged() {
	git -C "$tree" status --porcelain | tee /dev/stderr | grep -q . && return 1
	return 0
}

mkdir "$tree"
cd "$top" || exit 1
git ls-files -coz --exclude-standard -- Makefile .gitignore common docs blkfront blkback packaging |
	tar --null --ignore-failed-read -cf - -T - 2>/dev/null | tar -C "$tree" -xf -
# What was found out about this kernel is found out again only if it is out of date.
cp -p common/.kdir common/compat-config.h "$tree/common/" 2>/dev/null
git -C "$tree" init -q
git -C "$tree" add -A
git -C "$tree" -c user.name=test -c user.email=test@localhost commit -q -m all

ok "what it refuses, it refuses in one sentence" refuse_all
ok "what was refused has changed nothing" is_unchanged
"$new" vtest >"$work/steps" 2>&1 || { cat "$work/steps"; echo "Bail out!"; exit 1; }
ok "the template's name is left nowhere" is_renamed "$tree/vtest"
ok "what the next steps name exists" names_exist
ok "the class is in the list" grep -qx 'vtest script example vtest' "$tree/common/classes"
ok "it is not made twice" refuses 'has a class vtest already' vtest
ok "one with the longest name keeps to the rules, too" \
	eval '"$new" twelveletter && keeps_to rules.sh twelveletter && rm -r "$tree/twelveletter"'
# Only its modules: those of the other classes are built by another check.
sed -i '/^#/!{/^vtest /!d}' "$tree/common/classes"
ok "its modules build: W=1 and sparse, no warning" \
	no_warning make -j"$(nproc)" -C "$tree" modules KDIR="$kdir" W=1 C=1
ok "its unit test passes" make -s -C "$tree/common/unit" classes
ok "it keeps to the rules" keeps_to rules.sh vtest
ok "it keeps to the layers" keeps_to layers.py vtest
ok "its handshake waits for no requests" keeps_to handshake_waits.py vtest
ok "its documents are clean" keeps_to docs.py vtest

ok "make install-core" make -s -C "$tree" install-core DESTDIR="$work/root"
new=$work/root/usr/src/xen-split/docs/template/new-driver
ok "outside of a clone it wants a directory" refuses 'this is no clone of the project' vtest
ok "it makes a driver outside of the tree" "$new" --out "$work/vtest" vtest
ok "the template's name is left nowhere there" is_renamed "$work/vtest"
ok "that builds against the installed core: W=1, no warning" \
	no_warning make -j"$(nproc)" -C "$work/vtest" KDIR="$kdir" W=1
ok "its unit test passes there, and its lives in the simulator" make -s -C "$work/vtest" check LIVES=50
ok "make uninstall takes the core away" \
	eval 'make -s -C "$tree" uninstall DESTDIR="$work/root" && [ ! -e "$work/root/usr" ]'
echo "1..$count"
exit $failed
