#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Shows that the simulator notices faults: builds each into the class of the self test (-D) or
# into a copy of the core (sed), and expects the message. Prints a line for each fault that is
# not noticed, and at last how many were.
# usage: faults.sh [NAME]   only the faults whose name contains NAME
set -u
cd "$(dirname "$0")/.." || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
only=${1:-}
noticed=0
missed=0

# Runs the self test with the sources at $work/core. usage: run MESSAGE NAME [FAULT]
run() {
	local message=$1 name=$2 fault=${3:-}
	[[ $name == *"$only"* ]] || return
	if ! make -s BIN="$work/bin" CORE="$work/core" FAULT="$fault" \
		"$work/bin/sim-selftest" >"$work/log" 2>&1; then
		echo "# $name: does not build: $(tail -n 3 "$work/log")"
		missed=$((missed + 1))
		return
	fi
	timeout 120 "$work/bin/sim-selftest" -n 200 >"$work/log" 2>&1
	if grep -qE "$message" "$work/log"; then
		noticed=$((noticed + 1))
	else
		echo "# $name: not noticed: $(tail -n 1 "$work/log")"
		missed=$((missed + 1))
	fi
}

fresh_core() {
	rm -rf "$work/core"
	mkdir "$work/core"
	cp ../*.[ch] "$work/core/"
	rm -f "$work/core/compat-config.h"
}

# A fault in the class. usage: in_class FAULT MESSAGE
in_class() {
	fresh_core
	run "$2" "$1" "$1"
}

# A fault in the core. usage: in_core NAME FILE SED MESSAGE
in_core() {
	fresh_core
	sed -i "$3" "$work/core/$2"
	if cmp -s "../$2" "$work/core/$2"; then
		echo "# $1: the pattern does not match $2 any more"
		missed=$((missed + 1))
		return
	fi
	run "$4" "$1"
}

in_class FORGET_RELEASE 'bytes are left'
in_class LOCK_TWICE 'takes the mutex .* twice'
in_class KEEP_GRANT 'grant [0-9]+ is (granted twice|left|freed while)'
in_class NO_WAKEUP 'a hang'
in_class SLEEP_LOCKED 'an allocation sleeps|spinlock'
in_class IRQS_ON 'they can wait for each other'

in_core 'eoi twice' backserve.c \
	's/^\tserve->owes_eoi = false;/\txen_irq_lateeoi(serve->ring->irq, 0);\n&/' 'which owes none'
in_core 'CHANGED cleared too late' backconnect.c \
	'/^int xsplit_back_reconfigure/,/^}/{
		/clear_bit(XSPLIT_BACK_CHANGED/d
		s/^\tif (err)$/\tclear_bit(XSPLIT_BACK_CHANGED, \&back->flags);\n&/
	}' 'has an effect'
in_core 'a request is served after the close' backserve.c \
	'/^static void stop_serving/,/^}/{ /cancel_delayed_work_sync/d }' \
	'a sanitizer has ended it|not bound'
in_core 'a watch is left' back.c \
	'/^static void remove_back/,/^}/{ /unwatch(&back->watch)/d }' \
	'a watch on .* is left|a sanitizer'
in_core 'CHANGED is never cleared' frontsteps.c \
	'/^static int act_refresh/,/^}/{ /clear_bit/d }' 'does not come to rest'
in_core 'a reference is kept' front.c \
	'/^static void remove_front/,/^}/{ /xsplit_front_put/d }' 'bytes are left'
in_core 'the index of the front is trusted' ring.h \
	'/^static inline int xsplit_back_pending/,/^}/{ s/return n > .*/return n;/ }' \
	'an end that lies|a sanitizer|come to rest'
in_core 'the lock is not released after an error' backdev.c \
	'/^void xsplit_back_start_work/,/^}/{ /mutex_unlock/d }' \
	'holds a lock|twice|a hang'

echo "sim faults: $noticed noticed, $missed not"
[ "$missed" -eq 0 ]
