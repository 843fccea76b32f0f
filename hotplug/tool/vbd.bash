# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# bash completion of vbd(8): commands, options, domains, disks, targets.

_vbd_domains() {
	xenstore-list /local/domain 2>/dev/null | while read -r id; do
		xenstore-read "/local/domain/$id/name" 2>/dev/null
	done
}

_vbd_disks() {
	vbd list "$1" 2>/dev/null | awk 'NR > 1 { print $3 }'
}

# The classes that this domain has a backend driver for. Disks have other commands.
_vbd_classes() {
	local driver
	for driver in /sys/bus/xen-backend/drivers/*; do
		[ -e "$driver" ] && [ "${driver##*/}" != vbd ] && echo "${driver##*/}"
	done
}

_vbd_options() {
	vbd help "$1" 2>/dev/null | grep -o -e '--[a-z-]*'
}

# Options' values do not count: "attach --timeout 5 GUEST" has one argument.
_vbd() {
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
	local command=${COMP_WORDS[1]} arguments=() i
	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W "attach detach list status watch swap resize move limit top new delete help version" -- "$current")
		return
	fi
	for ((i = 2; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--backend | --limit | --timeout | --log | --interval | --count) ((i++)) ;;
		-*) ;;
		*) arguments+=("${COMP_WORDS[i]}") ;;
		esac
	done
	case $previous:$current:$command:${#arguments[@]} in
	--backend:*) mapfile -t COMPREPLY < <(compgen -W "$(_vbd_domains)" -- "$current") ;;
	--log:*) mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
	--limit:* | --timeout:* | --interval:* | --count:*) ;;
	*:-*:*) mapfile -t COMPREPLY < <(compgen -W "$(_vbd_options "$command")" -- "$current") ;;
	*:help:0) mapfile -t COMPREPLY < <(compgen -W "attach detach list status watch swap resize move limit top new delete" -- "$current") ;;
	*:top:* | *:version:*) ;;
	*:new:0 | *:delete:0) mapfile -t COMPREPLY < <(compgen -W "$(_vbd_classes)" -- "$current") ;;
	*:*:0 | *:move:2 | *:new:1 | *:delete:1) mapfile -t COMPREPLY < <(compgen -W "$(_vbd_domains)" -- "$current") ;;
	*:attach:1 | *:swap:2) mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
	*:detach:1 | *:status:1 | *:watch:1 | *:swap:1 | *:resize:1 | *:move:1 | *:limit:1)
		mapfile -t COMPREPLY < <(compgen -W "$(_vbd_disks "${arguments[0]}")" -- "$current")
		;;
	esac
}

complete -o filenames -F _vbd vbd
