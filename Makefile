# SPDX-License-Identifier: GPL-2.0
# What people type; `make help` lists it.

ifneq ($(KERNELRELEASE),)

# Read by kbuild. CLASSES= takes only classes of that use: installed, example.
CLASS_DIRS := $(shell $(src)/common/class-list dirs $(CLASSES))
$(if $(CLASS_DIRS),,$(error common/class-list has named no class))
obj-m := $(addsuffix /,$(CLASS_DIRS))

else

# The kernel to build for: the running one, else the newest whose headers are here.
NEWEST_HEADERS = ls -d /usr/src/linux-headers-*-amd64 2>/dev/null | sort -V | tail -n 1
KDIR ?= $(shell ls -d /lib/modules/$$(uname -r)/build 2>/dev/null || { $(NEWEST_HEADERS); })
DESTDIR ?=
T ?=

include common/seeded.mk

KBUILD := $(MAKE) -C $(KDIR) M=$(CURDIR)
RELEASE := $(KDIR)/include/config/kernel.release

.PHONY: all modules tools install install-core uninstall modules_install deps check check-kernels docs docs-html vm prepare test matrix interop soak ceph demo bench deb deb-check clean help FORCE
.DEFAULT_GOAL := all

all: modules tools

help:
	@echo 'make [KDIR=DIR]         build the modules, the hotplug agent and vbd'
	@echo 'make install            install modules, agent, vbd and udev rules (DESTDIR=)'
	@echo 'make install-core       the core of split drivers into $(CORE) (DESTDIR=)'
	@echo 'make uninstall          remove all that, bring back what it replaced (DESTDIR=)'
	@echo 'make deb                Debian packages, in out/deb; make deb-check tries them'
	@echo 'make check              what needs no VM: unit tests, warnings, sparse, shellcheck'
	@echo 'make check-kernels      modules and tools for the kernels of Debian 13: builds, no warning'
	@echo 'make docs               write docs/handshake.md and docs/xenstore.md from the tables'
	@echo 'make docs-html          the documents as HTML pages, in out/html'
	@echo 'make test               all tests on a real Xen, in a VM'
	@echo 'make test T=GROUP/NAME  one test; T=GROUP a group; T=smoke a few; LIST=1 lists them;'
	@echo '                        LANE=deb13 on another Debian: test-vm/README.md lists the lanes'
	@echo 'make prepare            only make what the tests boot, in the cache'
	@echo 'make matrix             all tests on all lanes, into docs/matrix.md; hours; LANE= G=GROUP take some'
	@echo 'make interop            the tests of group interop; what they saw goes into docs/interop.md'
	@echo 'make ceph               a Ceph cluster and a guest with disks of it, minutes'
	@echo 'make soak [T=GROUP]     the tests at length: a storm of 500 steps, 20 saves, 5 migrations, and the long ones; hours'
	@echo 'make demo               see a disk attached to a guest, used and detached'
	@echo 'make bench              measure beside the kernel'"'"'s own pair, 20 minutes on a quiet machine;'
	@echo '                        BENCH=quick|mixed|own|count|scale|full|smoke|profile'
	@echo '                        BENCH=instructions counts what an I/O takes, BENCH=limits fails'
	@echo '                        above bench/limits.json; docs/benchmarking.md'
	@echo 'make clean              remove what was built here'
	@echo 'KDIR= kernel build directory; V=1 W=1 C=1 go to kbuild;'
	@echo 'LANE=NAME, XENSTORED=oxenstored|xenstored and ACCEL=tcg|kvm go to the VM.'

kdir:
	@test -n "$(KDIR)" -a -f "$(RELEASE)" || { \
		echo 'No kernel headers in "$(KDIR)": apt-get install linux-headers-amd64,' \
		     'or give KDIR=.' >&2; exit 1; }
.PHONY: kdir

# Which kernel the probes were made for; changes only when that does.
common/.kdir: kdir FORCE
	@echo "$(KDIR) $$(cat $(RELEASE))" | cmp -s - $@ || echo "$(KDIR) $$(cat $(RELEASE))" >$@

common/compat-config.h: common/probe.sh $(wildcard common/probe/*.c) common/.kdir
	@echo '  PROBE   $(KDIR)'
	@common/probe.sh $(KDIR) >$@.tmp && mv $@.tmp $@

modules: common/compat-config.h
	+$(KBUILD) modules

# What has a fault on purpose stays here.
.PHONY: unseeded
unseeded:
ifneq ($(SEEDED),)
	@echo 'SEEDED=$(SEEDED) builds a fault in, for tests: that is neither installed nor packaged' >&2; exit 1
endif

tools:
	$(MAKE) -C hotplug all

# kbuild writes the modules, compressed if the kernel's are; before it does, their places
# are written down for make uninstall.
PLACE := DESTDIR='$(DESTDIR)' packaging/place
UTS = $(shell sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' $(KDIR)/include/generated/utsrelease.h)
MODULES = $(addprefix /lib/modules/$(UTS)/updates/,$(shell common/class-list modules installed))
modules_install: unseeded common/compat-config.h
	+$(KBUILD) CLASSES=installed modules
	$(PLACE) check xen-vbd-tools xen-vbd-dkms
	$(PLACE) modules $(UTS) $(foreach path,$(MODULES),$(path) $(path).gz $(path).xz $(path).zst)
	+$(KBUILD) CLASSES=installed INSTALL_MOD_DIR=updates INSTALL_MOD_PATH=$(DESTDIR) modules_install
	$(PLACE) depmod $(UTS)

install: modules_install tools
	$(MAKE) -C hotplug install DESTDIR=$(DESTDIR)
	$(MAKE) -C udev-rules install DESTDIR=$(DESTDIR)

# The core and new-driver, for drivers that are made elsewhere. Modules are compiled with these
# sources, so they stand where headers of kernels and sources of DKMS do.
CORE := /usr/src/xen-split
CORE_FILES = find common docs/template -name '.*' -o -name bin -prune -o -name '*.o' -o \
	-name compat-config.h -o \( -path 'common/check/*' -o -path 'common/explore/*' -o \
	-path 'common/block/*' -o -path 'common/unit/*' ! -name tap.h ! -name run.sh \) -prune -o \
	-type f \( -name '*.[ch]' ! -name '*.mod.c' -o ! -name '*.*' -o -name '*.sh' -o \
	-name '*.mk' -o -name '*.md' -o -name '*.rules' \) -print
install-core: unseeded
	$(PLACE) check xen-split-dev
	@$(CORE_FILES) | while read -r file; do \
		mode=644; [ ! -x $$file ] || mode=755; \
		echo $$mode $$file $(CORE)/$$file; \
	done | $(PLACE) files
	@echo 'the core is in $(DESTDIR)$(CORE); docs/template/new-driver there makes a driver'

# What make install and make install-core have put here, and what was replaced.
uninstall:
	$(PLACE) remove-all

# Packages for Debian: the modules as DKMS source, and the user-space half.
deb: unseeded
	@test-vm/install-deps deb
	packaging/build

deb-check: kdir deb
	packaging/check KDIR=$(KDIR)
	packaging/check-install

deps:
	test-vm/install-deps

check: deps
	common/check/run KDIR=$(KDIR)

check-kernels: deps
	common/check/kernels

docs:
	$(MAKE) -s -C common/explore docs

docs-html:
	docs/build-html out/html
	@echo 'the first page is out/html/index.html'

# The VM's kernel is that of the newest headers here; the modules are built for it.
vm: KDIR = $(shell $(NEWEST_HEADERS))
vm: deps
	@test-vm/run-tests --lanes >/dev/null
	@echo '  BUILD   modules and tools for $(KDIR)'
	@$(MAKE) -s modules tools KDIR=$(KDIR)

# What the tests boot, into the cache; T= and LANE= as for make test.
prepare: deps
	test-vm/run-tests --prepare $(T)

test: vm
	test-vm/run-tests $(if $(LIST),--list) $(T)

# The table of docs/interop.md, from what the tests see.
interop: vm
	test-vm/record-interop

# All tests on all lanes, into docs/matrix.md; hours. LANE= and G=GROUP take some.
matrix: vm
	test-vm/record-matrix $(G)

# What make test repeats a few times, as often as it takes to believe it.
soak: vm
	SOAK=1 test-vm/run-tests $(T)

# Target rbd, in an image of its own with Debian's Ceph; says what it does as it goes.
ceph: vm
	test-vm/run-tests --script test-vm/ceph-in-dom0

demo: vm
	test-vm/demo

# JOB= and ARM= are for BENCH=profile and BENCH=instructions; NEW=1 begins anew; PUBLISH=1 writes docs/benchmarks/.
BENCH ?= quick
bench: vm
	@test-vm/install-deps bench
	test-vm/run-bench $(BENCH) $(if $(JOB),--job $(JOB)) $(if $(ARM),--arm $(ARM)) \
		$(if $(NEW),--new) $(if $(PUBLISH),--publish)

clean:
	$(if $(wildcard $(RELEASE)),$(KBUILD) clean)
	$(MAKE) -C hotplug clean
	$(MAKE) -C common/unit clean
	$(MAKE) -C common/explore clean
	$(MAKE) -C common/sim clean
	$(MAKE) -C blkback/unit clean
	rm -f common/compat-config.h common/.kdir
	rm -rf out

endif
