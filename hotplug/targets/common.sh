# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Sourced by the targets; docs/targets.md has the contract. A target defines
# attach and detach, and ends with: main "$@"
#
#   die SENTENCE              exits; the sentence becomes the disk's hotplug-error
#   need COMMAND PACKAGE      dies if the command is not installed
#   load MODULE               loads a kernel module, or dies
#   run ADVICE COMMAND...     runs a command; if it fails, dies with its output and ADVICE;
#                             $client is its name if the command is a function
#   try COMMAND...            runs a command; its output is in $said
#   param NAME [DEFAULT]      prints VALUE of NAME=VALUE in "NAME=VALUE,..." of $VBD_TARGET
#   value FILE                prints the first line of a file; an empty line if there is none
#   wait_for SECONDS COMMAND...   repeats a command until it succeeds
#   share KEY                 names the storage that disks may share; sets $shared to
#                             new or shared, and $data to the undo data of the other disk
#   undo DATA                 announces what detach must undo; call it before doing that

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

# Prints the line of the output that is most likely the error.
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
