# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Layers: what images are built from, kept in the cache. Sourced by build-image and
# build-pair, which set $here. A layer's name holds a hash of all that it is made from,
# so nothing in the cache is ever stale. A layer is moved there only when it is complete.

cache=${XVBD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/xen-vbd}
export DEBIAN_MIRROR=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
export DEBIAN_SECURITY_MIRROR=${DEBIAN_SECURITY_MIRROR:-http://deb.debian.org/debian-security}

die() { echo "${0##*/}: $*" >&2; exit 1; }

say() { echo "# image: $*" >&2; }

# hash_of WORD... : a short hash over the words and over the content of those that are files.
hash_of() {
	local item
	for item; do
		if [ -f "$item" ]; then sha256sum <"$item"; else echo "$item"; fi
	done | sha256sum | cut -c1-16
}

# layer NAME SECONDS SCRIPT ARG... : makes $cache/NAME by running image/SCRIPT TMPDIR ARG...,
# which takes about SECONDS.
layer() {
	local name=$1 seconds=$2 script=$3 tmp start=$SECONDS
	shift 3
	[ ! -d "$cache/$name" ] || return 0
	say "making ${name%-*} (about $seconds s)"
	tmp=$(mktemp -d "$cache/.building-XXXXXX")
	# What was given to make for the pair is not for what a layer builds.
	if ! env -u MAKEFLAGS -u MFLAGS -u MAKEOVERRIDES -u C -u W -u V -u T \
		"$here/image/$script" "$tmp" "$@" 3>&2 >"$cache/$name.log" 2>&1; then
		rm -rf "$tmp"
		tail -n 15 "$cache/$name.log" >&2
		die "making ${name%-*} failed; the whole log: $cache/$name.log"
	fi
	rm -f "$cache/$name.log"
	chmod 755 "$tmp"
	mv -T "$tmp" "$cache/$name" 2>/dev/null || rm -rf "$tmp"
	[ -d "$cache/$name" ] || die "cannot move the new layer to $cache/$name"
	say "made ${name%-*} in $((SECONDS - start)) s"
}

# Only one build at a time; the lock is held until the caller ends.
lock_builds() {
	mkdir -p "$cache" ||
		die "cannot make the cache folder $cache; set XVBD_CACHE to one that can be written"
	exec 9>"$cache/build.lock"
	flock -n 9 || { say "another build is running, waiting for it"; flock 9; }
	rm -rf "$cache"/.building-*
}

need_tools() {
	local tool
	for tool in mmdebstrap mke2fs qemu-img cpio gcc make zcat zstd modprobe python3 apt-get; do
		PATH=$PATH:/sbin:/usr/sbin command -v "$tool" >/dev/null ||
			die "$tool is missing: run test-vm/install-deps"
	done
}

# need_room GIB : fails if the cache's disk has less
need_room() {
	local free
	free=$(df -Pk "$cache" | awk 'NR == 2 { print int($4 / 1048576) }')
	[ "$free" -ge "$1" ] ||
		die "$cache has $free GiB free, and this may take $1: free some space, or set XVBD_CACHE"
}

# read_lane NAME : sets what lanes/NAME sets, and the rest to its default.
read_lane() {
	local file=$here/lanes/$1
	case $1 in
	*[!a-z0-9-]*) file= ;;
	esac
	[ -f "$file" ] || die "there is no lane '$1'; there are $(cd "$here/lanes" && echo *)"
	KERNEL='' PV_KERNEL='' PVH_KERNEL='' INIT=shell
	# shellcheck source=/dev/null
	. "$file"
	PV_KERNEL=${PV_KERNEL:-$KERNEL}
	PVH_KERNEL=${PVH_KERNEL:-$KERNEL}
}

# The release of the newest kernel headers that are installed on this host.
newest_headers() {
	local dir newest=
	for dir in /usr/src/linux-headers-*-amd64; do
		[ -d "$dir" ] && newest+="${dir#/usr/src/linux-headers-}"$'\n'
	done
	printf %s "$newest" | sort -V | tail -n 1
}

# ask_release SUITE : the release of the newest kernel of a suite, from the archive or, if
# that does not answer, as it was last known.
ask_release() {
	local known="$cache/newest-$1" release
	mkdir -p "$cache"
	if release=$("$here/image/with-apt" "$1" newest-kernel 2>"$known.log"); then
		rm -f "$known.log"
		echo "$release" >"$known.$$"
		mv "$known.$$" "$known"
	elif [ -s "$known" ]; then
		release=$(<"$known")
		say "cannot ask $DEBIAN_MIRROR for the newest kernel of $1, taking $release"
	else
		tail -n 3 "$known.log" >&2
		die "cannot ask $DEBIAN_MIRROR for the newest kernel of $1"
	fi
	echo "$release"
}

# kernel_release KERNEL : the release of a kernel of a Debian suite. That of bookworm is
# the newest whose headers are installed here, for which the pair is built in place. That
# of another suite is the newest in the archive. The archive is asked once in twelve hours,
# and a run that has to keep to one release sets RELEASE_suite (with _ for -).
kernel_release() {
	local known="$cache/newest-$1" fixed="RELEASE_${1//-/_}" release
	if [ "$1" = bookworm ]; then
		release=${KVER:-$(newest_headers)}
		[ -n "$release" ] || die "no kernel headers in /usr/src: run test-vm/install-deps" \
			"(or: apt-get install linux-headers-amd64)"
		echo "$release"
	elif [ -n "${!fixed-}" ]; then
		echo "${!fixed}"
	elif [ -s "$known" ] && [ -n "$(find "$known" -mmin -720)" ]; then
		cat "$known"
	else
		ask_release "$1"
	fi
}

# kernel_layer KERNEL : the name of its layer, which has vmlinux and root/lib/modules.
kernel_layer() {
	local release
	case $1 in
	debug-*)
		echo "kernel-$1-$(hash_of "$here"/image/{make-kernel,with-apt,kernel-common{,.patch},kernel-"$1"})"
		;;
	*)
		release=$(kernel_release "$1") || exit 1
		echo "kernel-$1-$(hash_of "$here"/image/{make-debian-kernel,extract-vmlinux,with-apt,drop-from-root} \
			"$release" "$(dpkg-query -W -f '${Version}' "linux-headers-$release" 2>/dev/null)")"
		;;
	esac
}

ensure_kernel() {
	case $1 in
	debug-*) layer "$(kernel_layer "$1")" 900 make-kernel "$1" ;;
	*) layer "$(kernel_layer "$1")" 10 make-debian-kernel "$1" "$(kernel_release "$1")" ;;
	esac
}
