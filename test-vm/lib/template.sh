# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2153 # $CLASS is set by the test
# Devices of the class $CLASS, one of common/classes. A test sets it, and sources this itself.
# A device has the number 0 unless one is said. What users in the guest open is $CLASS_FILE; a
# test of a class without such a file sets it to nothing.
#
#   load_class GUEST...       loads the back in dom0, and the front in each guest
#   unload_class GUEST...
#   load_class_back, unload_class_back, load_class_front GUEST, unload_class_front GUEST
#   new_device GUEST [KEY=VALUE...]      vbd new, and waits for $CLASS_FILE
#   wait_for_file GUEST       the front shows it after it has written Connected
#   delete_device GUEST [--force]        vbd delete
#   class_back / class_front GUEST [NUMBER]     the directories in xenstore
#   class_states GUEST BACK FRONT        whether these are the states; "" stands for a state that
#                             is gone
#   class_error BACK-OR-FRONT-DIRECTORY  the text of the error node
#   read_key PATH             a node's value (lib/vbd.sh); write one with: must xenstore-write
#   back_stat GUEST NAME, front_stat GUEST NAME      statistics in sysfs
#   unbind_back GUEST         the back's driver leaves the device
#   no_device_of_class GUEST  whether the guest has forgotten the device
#   renew_device GUEST [KEY=VALUE...]    what a toolstack that knows the class does while the
#                             guest is paused in a new domain, after a restore or a migration
#   remove_left DOMAIN        what it does with the device of the old domain, by its number
#
# Calls, as load: a shell in the guest writes to /dev/${CLASS}0 and reads the answer, over and over.
#   start_calls GUEST NAME ROTATED...    each answer must be one of these for "Hello"; a load each NAME
#   calls GUEST NAME          how many have had their answer
#   calls_go_on GUEST NAME    waits until more have
#   end_calls GUEST NAME...   fails if one of them had a fault
#   calls_fault GUEST NAME    waits until a load has ended; what it says is in $OUTPUT

: "${CLASS_FILE=/dev/${CLASS}0}"

class_back() { echo "/local/domain/0/backend/$CLASS/$(domid "$1")/${2:-0}"; }
class_front() { echo "/local/domain/$(domid "$1")/device/$CLASS/${2:-0}"; }

class_states() {
	[ "$(read_key "$(class_back "$1")/state")" = "$2" ] &&
		[ "$(read_key "$(class_front "$1")/state")" = "$3" ]
}

class_error() {
	local domain=${1#/local/domain/}
	read_key "/local/domain/${domain%%/*}/error/${domain#*/}/error"
}

load_class_back() { must insmod "$(modules_of 0)/xen-${CLASS}back.ko"; }

unload_class_back() { must rmmod "xen_${CLASS}back"; }

load_class_front() {
	local name=xen-${CLASS}front module
	guest "$1" "test -s /run/$name.ko" >/dev/null ||
		must guest_put "$1" "$(modules_of "$1")/$name.ko" "/run/$name.ko"
	# What it needs of the kernel and the guest does not have, dom0 has: the same kernel.
	for module in $(modinfo -F depends "$(modules_of "$1")/$name.ko" | tr , ' '); do
		give_module "$1" "$module"
	done
	must guest "$1" "insmod /run/$name.ko"
}

give_module() {
	local file
	guest "$1" "grep -q '^${2//-/_} ' /proc/modules" && return
	file=$(modinfo -n "$2") || fail "there is no module $2"
	must guest_put "$1" "$file" "/run/$2.ko"
	must guest "$1" "insmod /run/$2.ko"
}

# The guest forgets a device a moment after its directory is gone.
unload_class_front() { wait_until 30 guest "$1" rmmod "xen_${CLASS}front"; }

load_class() {
	local name
	load_class_back
	for name; do load_class_front "$name"; done
}

# Errors that a test has caused stay in the store until the tools remove them. A guest's directory
# "error" itself stays: it belongs to the guest, which cannot make another one.
unload_class() {
	local name
	for name; do
		unload_class_front "$name"
		xenstore-rm "/local/domain/$(domid "$name")/error/device" 2>/dev/null
	done
	unload_class_back
	xenstore-rm /local/domain/0/error 2>/dev/null
	return 0
}

new_device() {
	local guest=$1
	shift
	must vbd new "$CLASS" "$guest" --timeout "$((60 * SLOW))" "$@"
	wait_until 30 class_states "$guest" 4 4
	wait_for_file "$guest"
}

wait_for_file() { [ -z "$CLASS_FILE" ] || wait_until 30 guest "$1" "test -c $CLASS_FILE"; }

delete_device() { must vbd delete "$CLASS" "$1" 0 --timeout "$((60 * SLOW))" "${@:2}"; }

renew_device() {
	local guest=$1
	shift
	must vbd new "$CLASS" "$guest" id=0 --no-wait --timeout "$((60 * SLOW))" "$@"
}

remove_left() { must vbd delete "$CLASS" "$1" 0; }

back_device() { echo "$CLASS-$(domid "$1")-0"; }
back_stat() { cat "/sys/bus/xen-backend/devices/$(back_device "$1")/statistics/$2"; }
front_stat() { guest "$1" "cat /sys/bus/xen/devices/$CLASS-0/statistics/$2"; }

unbind_back() {
	printf %s "$(back_device "$1")" >"/sys/bus/xen-backend/drivers/$CLASS/unbind" ||
		fail "the back of $1 cannot be unbound"
}

no_device_of_class() {
	guest "$1" "test ! -e /dev/${CLASS}0 && test ! -e /sys/bus/xen/devices/$CLASS-0"
}

start_calls() {
	local guest=$1 name=$2
	cat >calls.sh <<-'EOT'
		file=$1 name=$2 n=0
		shift 2
		exec 2>/tmp/calls.$name.fault
		exec 3<>"$file"
		while [ ! -e /tmp/calls.stop ]; do
			printf 'Hello-%d\n' $n >&3 || break
			IFS= read -r answer <&3 || { echo "no answer" >&2; break; }
			case " $* " in
			*" ${answer%-"$n"} "*) ;;
			*) echo "call $n was answered '$answer'" >&2; break ;;
			esac
			n=$((n + 1))
			echo $n >/tmp/calls.$name.count
		done
		echo $n >/tmp/calls.$name.done
	EOT
	must guest_put "$guest" calls.sh /tmp/calls.sh
	must guest "$guest" "rm -f /tmp/calls.stop /tmp/calls.$name.*;
		(bash /tmp/calls.sh /dev/${CLASS}0 ${*:2} >/dev/null 2>&1 &)"
	wait_until 30 guest "$guest" "test -s /tmp/calls.$name.count"
}

# The file is empty for a moment while it is written.
calls() { guest "$1" "until read n </tmp/calls.$2.count; do :; done; echo \$n"; }
more_calls() { [ "$(calls "$1" "$2")" -gt "$3" ]; }
calls_go_on() { wait_until "${3:-20}" more_calls "$1" "$2" "$(calls "$1" "$2")"; }
calls_ended() { guest "$1" "test -e /tmp/calls.$2.done"; }

calls_fault() {
	wait_until 20 calls_ended "$1" "$2"
	OUTPUT=$(guest "$1" "cat /tmp/calls.$2.fault")
}

end_calls() {
	local guest=$1 name
	shift
	must guest "$guest" 'touch /tmp/calls.stop'
	for name; do
		calls_fault "$guest" "$name"
		[ -z "$OUTPUT" ] || fail "calls of $name: $OUTPUT"
		note "$name: $(calls "$guest" "$name") calls"
	done
}
