#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Tests targets whose servers the VM does not have. Scripts replace their clients:
# the tests check the calls, their order, and the use of the output. The other
# targets are tested with real servers in test-vm/tests/hotplug.
set -u
here=$(cd "$(dirname "$0")/.." && pwd)
bin=$(mktemp -d)
trap 'rm -rf "$bin"' EXIT
mkfifo "$bin/answers"
number=0 failures=0

make_client() {
	printf '#!/bin/sh\necho "%s $*" >>%s/log\n%s\n' "$1" "$bin" "$2" >"$bin/$1"
	chmod +x "$bin/$1"
}

# run_target TYPE VERB ANSWER : runs a target as the agent does, with this answer to
# share. $printed has its output and its error message, $calls the calls of its clients.
run_target() {
	local type=$1 verb=$2 answer=$3 line
	: >"$bin/log"
	printed=
	exec 6<>"$bin/answers"
	while read -r line; do
		printed+="$line;"
		case $line in
		share*) echo "$answer" >&6 ;;
		undo*) echo ok >&6 ;;
		esac
	done < <(PATH=$bin:$PATH "$here/targets/$type" "$verb" <&6 2>"$bin/said")
	printed+=$(tail -n 1 "$bin/said")
	calls=$(tr '\n' ';' <"$bin/log")
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

# map_in_kernel NUMBER POOL NAMESPACE IMAGE SNAPSHOT CLUSTER : makes the files that sysfs
# has of a mapped image.
export RBD_DEVICES=$bin/devices
map_in_kernel() {
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
make_client rbd "case \"\$*\" in
*list*) echo '$list' ;;
*' map '*) echo a warning; echo /dev/rbd0 ;;
esac"

VBD_TARGET=vms/web,id=xen,options=a=1+b
run_target rbd attach new
is "rbd: announces the map, then maps" "$printed" 'share vms/web;undo krbd,id=xen,conf=;/dev/rbd0;'
is "rbd: call of the client" "$calls" 'rbd --id xen device map vms/web --options a=1,b --device-type krbd;'
map_in_kernel 0 vms '' web - one
map_in_kernel 1 vms ns1 web s1 one
map_in_kernel 2 vms '' web - two
run_target rbd attach new
is "rbd: an image that is already mapped is not undone" "$printed" 'share vms/web;/dev/rbd0;'
VBD_TARGET=vms/ns1/web@s1
run_target rbd attach shared
is "rbd: a snapshot in a namespace" "$printed" 'share vms/ns1/web@s1;/dev/rbd1;'
VBD_KEY=vms/ns1/web@s1 VBD_UNDO=krbd,id=,conf=
run_target rbd detach ''
is "rbd: unmaps" "$calls" 'rbd device unmap /dev/rbd1 --device-type krbd;'
VBD_KEY=vms/ns1/web
run_target rbd detach ''
is "rbd: nothing to unmap" "$printed$calls" ''
echo 'fsid = two' >"$bin/conf"
VBD_TARGET=vms/web,conf=$bin/conf
run_target rbd attach new
is "rbd: an image of this name in another cluster" "$printed" "share vms/web,$bin/conf;/dev/rbd2;"
VBD_KEY=vms/web,$bin/conf VBD_UNDO=krbd,id=,conf=$bin/conf
run_target rbd detach ''
is "rbd: unmaps the image of that cluster" "$calls" "rbd --conf $bin/conf device unmap /dev/rbd2 --device-type krbd;"
VBD_TARGET=vms/web,map=nbd
make_client rbd-nbd ''
run_target rbd attach new
is "rbd: an image that rbd-nbd has already mapped" "$printed$calls" 'share vms/web;/dev/nbd0;rbd device list --device-type nbd;'
VBD_KEY=vms/ns1/web@s1 VBD_UNDO=nbd,id=,conf=
run_target rbd detach ''
is "rbd: unmaps the image of rbd-nbd" "$calls" 'rbd device list --device-type nbd;rbd device unmap /dev/nbd1 --device-type nbd;'
VBD_TARGET=vms/web,map=x
run_target rbd attach new
is "rbd: an unknown value of map=" "$printed" 'share vms/web;map=x is unknown: give map=krbd or map=nbd'
VBD_TARGET=web
run_target rbd attach new
is "rbd: no pool" "$printed" 'no image is named: give POOL/IMAGE'
make_client rbd 'case "$*" in
*list*) ;;
*) echo "rbd: sysfs write failed"; echo "rbd: error: (2) No such file"; exit 2 ;;
esac'
VBD_TARGET=vms/none
run_target rbd attach new
is "rbd: quotes the error of the client" "$printed" "share vms/none;undo krbd,id=,conf=;rbd says 'rbd: sysfs write failed': check the image's name, id=, and that the monitors can be reached (ceph -s); dmesg says more"

make_client zfs 'case $1 in get) echo available ;; esac'
VBD_TARGET=tank/none
run_target zvol attach new
is "zvol: no device" "$printed" '/dev/zvol/tank/none does not appear: check its properties volmode and snapdev'
is "zvol: calls of the client" "$calls" 'zfs list -H -o name tank/none;zfs get -H -o value keystatus tank/none;'
VBD_TARGET="tank/a b"
run_target zvol attach new
is "zvol: a name with blanks" "$printed" '/dev/zvol/tank/a+b does not appear: check its properties volmode and snapdev'
make_client zfs 'case $1 in get) echo unavailable ;; esac'
VBD_TARGET=tank/none
run_target zvol attach new
is "zvol: no key" "$printed" 'the key of tank/none is not loaded: run zfs load-key -r tank'
make_client zfs 'echo "cannot open: dataset does not exist"; exit 1'
run_target zvol attach new
is "zvol: no volume" "$printed" "zfs says 'cannot open: dataset does not exist': check the name (zfs list -t volume), and that its pool is imported"
run_target zvol detach ''
is "zvol: nothing to undo" "$printed" ''

make_client nbd-client ''
VBD_TARGET=//
run_target nbd attach new
is "nbd: no server" "$printed" 'no server is named: give HOST:PORT/NAME, or nbd://HOST/NAME'

# The target in the documentation must be the one that runs in the VM.
top=$here/..
is "the target in docs/targets.md is the same as in the test" \
	"$(sed -n '/^    #!\/bin\/sh/,/^    main "\$@"/{s/^    //;p}' "$top/docs/targets.md")" \
	"$(expand -t 4 "$top/test-vm/lib/image-target")"

echo "$((number - failures)) passed, $failures failed"
[ "$failures" -eq 0 ]
