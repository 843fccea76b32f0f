# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The body of tests that set every feature of the interface on and off at each end, all
# pairs of settings (pairs.awk makes the cases), and hold what both ends say and what the
# guest's disk can do against what the settings must come to.
#
#   every_pair MOST [RUN]     reads settings as pairs.awk does; fails if there are more than
#                             MOST cases; carries out the first RUN of them, or all.
#                             $FRONT_BUILD and $BACK_BUILD are loaded
#
# Settings: front_order, front_segments, front_queues, front_persistent, trusted,
# back_order, back_queues, back_persistent, discard, cache, and path for a back of ours.

is() { [ "$2" = "$3" ] || fail "$1 is '$2', not '$3' with $case"; }
least() { echo $(($1 < $2 ? $1 : $2)); }
yes_no() { [ "$1" = Y ] && echo 1 || echo 0; }

# look : both directories and the guest's disk in one go, since each look takes its time;
# for said() and disk[LIMIT]
look() {
	local front back path value
	front=$(front_dir smp1 xvdb)
	back=$(back_dir smp1 xvdb)
	while read -r path _ value; do
		value=${value%\"}
		value=${value#\"}
		case $path in
		"$front"/*) saying[front ${path#"$front"/}]=$value ;;
		"$back"/*) saying[back ${path#"$back"/}]=$value ;;
		esac
	done < <(xenstore-ls -f "$front"; xenstore-ls -f "$back")
	while IFS=: read -r path value; do
		disk[$path]=${value%$'\r'}
	done < <(guest smp1 'cd /sys/block/xvdb/queue; echo queues:$(ls ../mq | wc -l)
		grep . max_segments max_hw_sectors_kb write_cache discard_max_bytes')
}

# said END KEY
said() { echo "${saying[$1 $2]-}"; }

# The bound that our ends agree on: for the front to use grants again, where both are ours.
bound() {
	[ "$FRONT_BUILD$BACK_BUILD$path$front_persistent$trusted" = oursoursautoY1 ] && echo 256
}

# A back of ours keeps grants as its path says, where that is not "auto".
offers_persistent() {
	case $path in
	persistent) echo 1 ;;
	copy | map) echo 0 ;;
	*) if [ -n "$(bound)" ]; then echo 1; else yes_no "$back_persistent"; fi ;;
	esac
}

check_rings() {
	local order queues dir='' last
	order=$(least "$front_order" "$back_order")
	queues=$(least "$front_queues" "$back_queues")
	last=$(((1 << order) - 1))
	if [ "$order" -eq 0 ]; then order='' last=''; fi
	is ring-page-order "$(said front ring-page-order)" "$order"
	if [ "$queues" -gt 1 ]; then
		dir=queue-$((queues - 1))/
		is multi-queue-num-queues "$(said front multi-queue-num-queues)" "$queues"
		is 'the flat ring' "$(said front event-channel)" ''
	else
		is multi-queue-num-queues "$(said front multi-queue-num-queues)" ''
	fi
	[ -n "$(said front "${dir}event-channel")" ] || fail "no ${dir}event-channel with $case"
	[ -n "$(said front "${dir}ring-ref$last")" ] || fail "no ${dir}ring-ref$last with $case"
	is queues "${disk[queues]}" "$queues"
}

check_features() {
	local segments=$front_segments cached=0 cache_is='write through'
	[ "$segments" -gt 0 ] || segments=11
	if [ "$cache" != 0 ]; then cached=1 cache_is='write back'; fi
	is protocol "$(said front protocol)" x86_64-abi
	is "the front's feature-persistent" "$(said front feature-persistent)" "$(yes_no "$front_persistent")"
	is "the back's feature-persistent" "$(said back feature-persistent)" "$(offers_persistent)"
	is "the front's persistent-segments" "$(said front persistent-segments)" "$(bound)"
	is feature-max-indirect-segments "$(said back feature-max-indirect-segments)" 256
	is max_segments "${disk[max_segments]}" "$segments"
	is max_hw_sectors_kb "${disk[max_hw_sectors_kb]}" $((segments * 4))
	is feature-flush-cache "$(said back feature-flush-cache)" "$cached"
	is write_cache "${disk[write_cache]}" "$cache_is"
	# The kernel's own back does not speak of it at all then.
	is feature-discard "$(($(said back feature-discard)))" "$discard"
	is 'discards in the guest' $((disk[discard_max_bytes] > 0)) "$discard"
}

load_pair() {
	local options="max_ring_page_order=$front_order max_queues=$front_queues
		max_indirect_segments=$front_segments feature_persistent=$front_persistent"
	local back_options=("max_ring_page_order=$back_order" "max_queues=$back_queues"
		"feature_persistent=$back_persistent")
	case $BACK_BUILD in
	ours) must insmod "$JOB/modules/dom0/xen-blkback.ko" "${back_options[@]}" "data_path=$path" ;;
	kernel) must modprobe -i xen-blkback "${back_options[@]}" ;;
	esac
	case $FRONT_BUILD in
	ours) must guest smp1 "insmod /run/xen-blkfront.ko ${options//$'\n'/ }" ;;
	kernel) must guest smp1 "modprobe xen-blkfront ${options//$'\n'/ }" ;;
	esac
}

run_case() {
	local case=$1 path=auto discards='' setting
	local -A saying=() disk=()
	for setting in $1; do
		local "${setting%%=*}=${setting#*=}"
	done
	load_pair
	connect_vbd smp1 xvdb "${DISK_BY_CACHE[$cache]}" "discard-enable=$discard" \
		"front/trusted=$trusted"
	look
	check_rings
	check_features
	[ "$discard" = 0 ] || discards='&& blkdiscard -o 4M -l 4M /dev/xvdb'
	must guest smp1 -t 60 "fio --filename=/dev/xvdb --rw=randwrite --bsrange=512-1M \
		--blockalign=512 --size=2M --fsync=16 --ioengine=libaio --iodepth=24 \
		--iodepth_batch_submit=8 --iodepth_batch_complete_min=1 \
		--iodepth_batch_complete_max=16 --direct=1 --verify=crc32c --minimal \
		--name=a --cpus_allowed=0 --name=b --cpus_allowed=1 --offset=8M $discards"
	close_vbd smp1 xvdb
	unload_front smp1
	unload_back
}

every_pair() {
	local line nr
	awk -f "$JOB/lib/pairs.awk" >cases
	nr=$(wc -l <cases)
	[[ $nr -ge 6 && $nr -le $1 ]] || fail "$nr cases"
	must guest_put smp1 "$JOB/modules/pv/xen-blkfront.ko" /run/xen-blkfront.ko
	declare -gA DISK_BY_CACHE
	for cache in 0 16; do
		make_nullb size=32 discard=1 cache_size=$cache
		DISK_BY_CACHE[$cache]=$DEVICE
	done
	while read -r line <&3; do
		note "$line"
		run_case "$line"
	done 3< <(head -n "${2:-$nr}" cases)
	note "${2:-$nr} of $nr cases"
}
