#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Checks that the help, the manual page and the completion of vbd have the same
# commands, options and exit statuses, and that the completion works.
set -u
here=$(cd "$(dirname "$0")/.." && pwd)
page=$here/tool/vbd.8
failures=0

vbd() { "$here/tool/vbd" "$@"; }

wrong() {
	echo "not ok - $*"
	failures=$((failures + 1))
}

commands=$(vbd help | awk '/^vbd / { print $2 }')
for command in $commands; do
	grep -qx "\.It Cm $command" "$page" || wrong "vbd.8 does not describe $command"
	for option in $(vbd help "$command" | grep -o '^ *--[a-z-]*'); do
		awk -v command="$command" -v option="-${option#--}" '
			/^\.Cm / { inside = $2 == command; next }
			/^\.Sh DESCRIPTION/ { exit }
			inside && index($0, "Fl " option) { found = 1 }
			END { exit !found }' "$page" || wrong "the synopsis in vbd.8 lacks $command $option"
	done
done
[ "$(wc -w <<<"$commands")" -ge 9 ] || wrong "vbd help shows only: $commands"
while read -r command; do
	grep -qx "$command" <<<"$commands" || wrong "vbd.8 describes $command, which vbd does not have"
done < <(awk '/^\.Sh DESCRIPTION/ { in_it = 1 } /^\.Sh FILES/ { exit }
	in_it && /^\.It Cm/ { print $3 }' "$page")

statuses=$(awk '/^\.Sh EXIT STATUS/ { in_it = 1 } /^\.Sh EXAMPLES/ { exit }
	in_it && /^\.It [0-9]/ { print $2 }' "$page" | xargs)
[ "$statuses" = "0 1 2 3 4 5 6 130" ] || wrong "vbd.8 has the exit statuses $statuses"
mandoc -T lint -W warning "$page" || wrong "mandoc has warnings about vbd.8"

# Checks what bash offers for a line whose last word is being typed.
# shellcheck source=../tool/vbd.bash
. "$here/tool/vbd.bash"
xenstore-list() { printf '%s\n' 0 7; }
xenstore-read() { case $1 in */7/name) echo guest ;; *) echo Domain-0 ;; esac; }
offers() {
	local line=$1 want=$2
	read -ra COMP_WORDS <<<"$line"
	[ "${line: -1}" != ' ' ] || COMP_WORDS+=("")
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	_vbd
	[ "${COMPREPLY[*]}" = "$want" ] || wrong "'$line' is completed with '${COMPREPLY[*]}', not '$want'"
}
offers "vbd " "$(xargs <<<"$commands")"
offers "vbd det" detach
offers "vbd de" "detach delete"
offers "vbd attach --r" --ro
offers "vbd attach --timeout 5 g" guest
offers "vbd attach --backend Dom" Domain-0
offers "vbd attach guest $here/tool/vbd.b" "$here/tool/vbd.bash"
offers "vbd watch --log $page" "$page"
offers "vbd move guest xvdb D" Domain-0
offers "vbd top " ""
_vbd_classes() { echo echo; }
offers "vbd new e" echo
offers "vbd new echo g" guest
offers "vbd delete --force echo g" guest
vbd() { printf 'DOMAIN DOMID DISK\nguest 7 xvdb\nguest 7 xvdc\n'; }
offers "vbd detach --force guest " "xvdb xvdc"
offers "vbd limit guest xvdc " ""

# Checks the exit status, and where the output goes.
tool=$here/tool/vbd
for line in --help -h help "list --help" "help list" --version -V version "top -V"; do
	# shellcheck disable=SC2086
	text=$("$tool" $line 2>/dev/null) || wrong "'vbd $line' fails"
	[ -n "$text" ] || wrong "'vbd $line' prints nothing"
done
for line in "help nosuch" nosuch "nosuch --help" --nosuch; do
	# shellcheck disable=SC2086
	"$tool" $line >/dev/null 2>&1
	[ $? -eq 2 ] || wrong "'vbd $line' does not end with status 2"
done
missing=$("$tool" watch --log /nonexistent/file 2>/dev/null)
[ -z "$missing" ] || wrong "vbd watch --log prints before it finds that the file is missing: $missing"

[ "$failures" -eq 0 ] && echo "ok - vbd's help, manual page and completion agree"
