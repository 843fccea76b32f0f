# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Sourced by the targets; docs/targets.md has the contract. A target defines
# attach and detach, and ends with: main "$@"
#
#   die SENTENCE              ends it; the sentence becomes the disk's hotplug-error
#   need COMMAND PACKAGE      dies if the command is not there
#   load MODULE               loads a kernel module
#   run ADVICE COMMAND...     runs a command; if it fails, dies with its words and ADVICE;
#                             $client names it where the command is a function
#   try COMMAND...            runs a command; its output is in $said
#   param NAME [DEFAULT]      the value of NAME=VALUE in "NAME=VALUE,..." of $VBD_TARGET
#   value FILE                the first line of a file; nothing if there is none
#   wait_for SECONDS COMMAND...   repeats a command until it succeeds
#   share KEY                 names what several disks may share; sets $shared to
#                             new or shared, and $data to what the other one undoes
#   undo DATA                 says what detach is to undo; call it before it is done

set -u

die() {
	echo "$*" >&2
	exit 1
}

need() {
	command -v "$1" >/dev/null 2>&1 || die "$1 is not installed: run apt-get install $2"
}

load() {
	[ -d "/sys/module/$1" ] || modprobe -q "$1" ||
		die "the kernel module $1 does not load: see modprobe $1"
}

try() { said=$("$@" 2>&1 </dev/null); }

run() {
	advice=$1
	shift
	try "$@" || die "${client:-$1} says '$(words)': $advice"
}

# Of what a command said, the line that matters.
words() {
	printf '%s\n' "$said" | awk '
		{ sub(/^[ \t]+/, ""); line = $0 }
		!first && tolower($0) ~ /error|failed|refused|denied|in use/ { first = $0 }
		END { print first ? first : line }'
}

param() {
	rest=$VBD_TARGET,
	while [ -n "$rest" ]; do
		case $rest in
		"$1="*)
			rest=${rest#*=}
			printf '%s\n' "${rest%%,*}"
			return
			;;
		esac
		rest=${rest#*,}
	done
	printf '%s\n' "${2-}"
}

value() {
	line=
	{ read -r line <"$1"; } 2>/dev/null
	printf '%s\n' "$line"
}

uptime_s() {
	read -r up _ </proc/uptime
	echo "${up%%.*}"
}

wait_for() {
	until=$(($(uptime_s) + $1))
	shift
	until "$@"; do
		[ "$(uptime_s)" -lt "$until" ] || return 1
		sleep 0.1
	done
}

# shellcheck disable=SC2034
share() {
	echo "share $1"
	read -r shared data || exit 1
}

undo() {
	echo "undo $*"
	read -r _ || exit 1
}

main() {
	case ${1-} in
	attach | detach) "$1" ;;
	*) die "usage: $0 attach|detach, with VBD_TARGET and more set by the hotplug agent" ;;
	esac
}
