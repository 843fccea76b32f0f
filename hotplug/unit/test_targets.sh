#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Targets whose engine no test has, against stand-ins for their clients: what they
# are asked, in which order, and what is made of their answers. The others are tested
# with real servers, test-vm/tests/hotplug.
set -u
here=$(cd "$(dirname "$0")/.." && pwd)
bin=$(mktemp -d)
trap 'rm -rf "$bin"' EXIT
mkfifo "$bin/answers"
number=0 failures=0

stand_in() {
	printf '#!/bin/sh\necho "%s $*" >>%s/log\n%s\n' "$1" "$bin" "$2" >"$bin/$1"
	chmod +x "$bin/$1"
}

# talk TYPE VERB ANSWER : what the agent would hear goes to $heard, and what the
# clients were asked to $asked.
talk() {
	local type=$1 verb=$2 answer=$3 line
	: >"$bin/log"
	heard=
	exec 6<>"$bin/answers"
	while read -r line; do
		heard+="$line;"
		case $line in
		share*) echo "$answer" >&6 ;;
		undo*) echo ok >&6 ;;
		esac
	done < <(PATH=$bin:$PATH "$here/targets/$type" "$verb" <&6 2>"$bin/said")
	heard+=$(tail -n 1 "$bin/said")
	asked=$(tr '\n' ';' <"$bin/log")
}

is() {
	number=$((number + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $number - $1"
	else
		printf 'not ok %s - %s\n#  is %s\n# not %s\n' "$number" "$1" "$2" "$3"
		failures=$((failures + 1))
	fi
}

export VBD_TARGET VBD_KEY='' VBD_UNDO='' VBD_MODE=w

# kernel_has NUMBER POOL NAMESPACE IMAGE SNAPSHOT CLUSTER : the kernel's client has it mapped
export RBD_DEVICES=$bin/devices
kernel_has() {
	local dir=$RBD_DEVICES/$1 name
	mkdir -p "$dir"
	for name in pool pool_ns name current_snap cluster_fsid; do
		shift
		echo "$1" >"$dir/$name"
	done
}
list='id  pool  namespace  image  snap  device
71  vms              web    -     /dev/nbd0
72  vms   ns1        web    s1    /dev/nbd1'
stand_in rbd "case \"\$*\" in
*list*) echo '$list' ;;
*' map '*) echo a warning; echo /dev/rbd0 ;;
esac"

VBD_TARGET=vms/web,id=xen,options=a=1+b
talk rbd attach new
is "rbd: maps, having said so" "$heard" 'share vms/web;undo krbd,id=xen,conf=;/dev/rbd0;'
is "rbd: what is asked" "$asked" 'rbd --id xen device map vms/web --options a=1,b --device-type krbd;'
kernel_has 0 vms '' web - one
kernel_has 1 vms ns1 web s1 one
kernel_has 2 vms '' web - two
talk rbd attach new
is "rbd: what is mapped already is not ours" "$heard" 'share vms/web;/dev/rbd0;'
VBD_TARGET=vms/ns1/web@s1
talk rbd attach shared
is "rbd: a snapshot in a namespace" "$heard" 'share vms/ns1/web@s1;/dev/rbd1;'
VBD_KEY=vms/ns1/web@s1 VBD_UNDO=krbd,id=,conf=
talk rbd detach ''
is "rbd: unmaps" "$asked" 'rbd device unmap /dev/rbd1 --device-type krbd;'
VBD_KEY=vms/ns1/web
talk rbd detach ''
is "rbd: nothing to unmap" "$heard$asked" ''
echo 'fsid = two' >"$bin/conf"
VBD_TARGET=vms/web,conf=$bin/conf
talk rbd attach new
is "rbd: an image of this name in another cluster" "$heard" "share vms/web,$bin/conf;/dev/rbd2;"
VBD_KEY=vms/web,$bin/conf VBD_UNDO=krbd,id=,conf=$bin/conf
talk rbd detach ''
is "rbd: unmaps that one" "$asked" "rbd --conf $bin/conf device unmap /dev/rbd2 --device-type krbd;"
VBD_TARGET=vms/web,map=nbd
stand_in rbd-nbd ''
talk rbd attach new
is "rbd: what rbd-nbd has mapped already" "$heard$asked" 'share vms/web;/dev/nbd0;rbd device list --device-type nbd;'
VBD_KEY=vms/ns1/web@s1 VBD_UNDO=nbd,id=,conf=
talk rbd detach ''
is "rbd: unmaps what rbd-nbd has" "$asked" 'rbd device list --device-type nbd;rbd device unmap /dev/nbd1 --device-type nbd;'
VBD_TARGET=vms/web,map=x
talk rbd attach new
is "rbd: another way to map" "$heard" 'share vms/web;map=x is unknown: give map=krbd or map=nbd'
VBD_TARGET=web
talk rbd attach new
is "rbd: no pool" "$heard" 'no image is named: give POOL/IMAGE'
stand_in rbd 'case "$*" in
*list*) ;;
*) echo "rbd: sysfs write failed"; echo "rbd: error: (2) No such file"; exit 2 ;;
esac'
VBD_TARGET=vms/none
talk rbd attach new
is "rbd: in its words" "$heard" "share vms/none;undo krbd,id=,conf=;rbd says 'rbd: sysfs write failed': check the image's name, id=, and that the monitors can be reached (ceph -s); dmesg says more"

stand_in zfs 'case $1 in get) echo available ;; esac'
VBD_TARGET=tank/none
talk zvol attach new
is "zvol: no device" "$heard" '/dev/zvol/tank/none does not appear: check its properties volmode and snapdev'
is "zvol: what is asked" "$asked" 'zfs list -H -o name tank/none;zfs get -H -o value keystatus tank/none;'
VBD_TARGET="tank/a b"
talk zvol attach new
is "zvol: a name with blanks" "$heard" '/dev/zvol/tank/a+b does not appear: check its properties volmode and snapdev'
stand_in zfs 'case $1 in get) echo unavailable ;; esac'
VBD_TARGET=tank/none
talk zvol attach new
is "zvol: no key" "$heard" 'the key of tank/none is not loaded: run zfs load-key -r tank'
stand_in zfs 'echo "cannot open: dataset does not exist"; exit 1'
talk zvol attach new
is "zvol: no volume" "$heard" "zfs says 'cannot open: dataset does not exist': check the name (zfs list -t volume), and that its pool is imported"
talk zvol detach ''
is "zvol: nothing to undo" "$heard" ''

stand_in nbd-client ''
VBD_TARGET=//
talk nbd attach new
is "nbd: no server" "$heard" 'no server is named: give HOST:PORT/NAME, or nbd://HOST/NAME'

# What the documentation shows as a whole target is what runs in the VM.
top=$here/..
is "the target of docs/targets.md is that of the test" \
	"$(sed -n '/^    #!\/bin\/sh/,/^    main "\$@"/{s/^    //;p}' "$top/docs/targets.md")" \
	"$(expand -t 4 "$top/test-vm/lib/image-target")"

echo "$((number - failures)) passed, $failures failed"
[ "$failures" -eq 0 ]
