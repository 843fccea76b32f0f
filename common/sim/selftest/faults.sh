#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Shows that the simulator notices faults: builds each into the class of the self test (-D) or
# into a copy of the core (sed), and expects the message. The class of the self test has no calls
# of the core: faults in those are built into echo. Prints a line for each fault that is
# not noticed, and at last how many were.
# usage: faults.sh [NAME]   only the faults whose name contains NAME
set -u
cd "$(dirname "$0")/.." || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
only=${1:-}
class=selftest
noticed=0
missed=0

# The sound end, and the simulator itself, are built once. `make check` has just done so.
[ -n "${MAKELEVEL:-}" ] || make -s bin/sim-selftest bin/sim-echo || exit 1
cp -a bin "$work/bin"

# Builds one end of $class with the sources at $work/core, and links it with the sound other
# end. usage: build END [FAULT]
build() {
	local sound=front
	[ "$1" = front ] && sound=back
	cp -p bin/$class-*.o "$work/bin/"
	make -s -o "$work/bin/$class-$sound.o" BIN="$work/bin" CORE="$work/core" \
		FAST=1 FAULT="${2:-}" "$work/bin/sim-$class" >"$work/log" 2>&1
}

# Most faults are noticed soon. Lives until the message comes, or 1000 are over.
live() {
	local first=1 lives
	for lives in 50 100 200 300 350; do
		timeout 60 "$work/bin/sim-$class" -s "$first" -n "$lives" >"$work/log" 2>&1
		grep -qE "$1" "$work/log" && return 0
		first=$((first + lives))
	done
	return 1
}

# usage: run END MESSAGE NAME [FAULT]
run() {
	local end=$1 message=$2 name=$3 fault=${4:-}
	[[ $name == *"$only"* ]] || return
	if ! build "$end" "$fault"; then
		echo "# $name: does not build: $(tail -n 3 "$work/log")"
		missed=$((missed + 1))
	elif live "$message"; then
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

# A fault in the class. usage: in_class END FAULT MESSAGE
in_class() {
	fresh_core
	run "$1" "$3" "$2" "$2"
}

# A fault in the core. usage: in_core END NAME FILE SED MESSAGE
in_core() {
	fresh_core
	sed -i "$4" "$work/core/$3"
	if cmp -s "../$3" "$work/core/$3"; then
		echo "# $2: the pattern does not match $3 any more"
		missed=$((missed + 1))
		return
	fi
	run "$1" "$5" "$2"
}

in_class back FORGET_RELEASE 'bytes are left'
in_class back LOCK_TWICE 'takes the mutex .* twice'
in_class front KEEP_GRANT 'grant [0-9]+ is (granted twice|left|freed while)'
in_class front NO_WAKEUP 'a hang'
in_class front SLEEP_LOCKED 'an allocation sleeps|spinlock'
in_class front IRQS_ON 'they can wait for each other'

in_core back 'eoi twice' backserve.c \
	's/^\tserve->owes_eoi = false;/\txen_irq_lateeoi(serve->ring->irq, 0);\n&/' \
	'which owes none'
in_core back 'CHANGED cleared too late' backconnect.c \
	'/^int xsplit_back_reconfigure/,/^}/{
		/clear_bit(XSPLIT_BACK_CHANGED/d
		s/^\tif (err)$/\tclear_bit(XSPLIT_BACK_CHANGED, \&back->flags);\n&/
	}' 'has an effect'
in_core back 'a request is served after the close' backserve.c \
	'/^static void stop_serving/,/^}/{ /cancel_delayed_work_sync/d }' \
	'a sanitizer has ended it|not bound'
in_core back 'a watch is left' back.c \
	'/^static void remove_back/,/^}/{ /unwatch(&back->watch)/d }' \
	'a watch on .* is left|a sanitizer'
in_core front 'CHANGED is never cleared' frontsteps.c \
	'/^static int act_refresh/,/^}/{ /clear_bit/d }' 'does not come to rest'
in_core front 'a reference is kept' front.c \
	'/^static void remove_front/,/^}/{ /xsplit_front_put/d }' 'bytes are left'
in_core back 'the index of the front is trusted' ring.h \
	'/^static inline int xsplit_back_pending/,/^}/{ s/return n > .*/return n;/ }' \
	'and that is told|a sanitizer'
in_core back 'the lock is not released after an error' backdev.c \
	'/^void xsplit_back_start_work/,/^}/{ /mutex_unlock/d }' \
	'holds a lock|twice|a hang'

class='echo'
in_core front 'a call is not sent again' frontcall.c \
	'/^void xsplit_front_start_calls/,/^}/{ s/call->pending ? send_call(call) : 0/0/ }' 'hang'
in_core front 'a page is not taken back' frontcall.c \
	'/^void xsplit_front_take_back_calls/,/^}/{ s/xsplit_page_take_back(&call->page) && // }' \
	'WARN.*granted'
in_core front 'nobody is woken' frontcall.c '/^static void end_call/,/^}/{ /wake_up/d }' 'hang'

echo "sim faults: $noticed noticed, $missed not"
[ "$missed" -eq 0 ]
