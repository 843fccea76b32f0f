# SPDX-License-Identifier: GPL-2.0
# Builds both ends of the class echo against the core of split drivers in CORE, which
# `make install-core` or the package xen-split-dev has put there.
#
#   make [KDIR=DIR]    the modules, for the kernel whose build directory KDIR is
#   make check         the unit test, and LIVES=1000 lives of a device in the simulator
#   make install       modules, hotplug script and udev rule (DESTDIR=)
#   make clean

CORE ?= @CORE@
KDIR ?= $(shell ls -d /lib/modules/$$(uname -r)/build 2>/dev/null || \
	{ ls -d /usr/src/linux-headers-*-amd64 2>/dev/null | sort -V | tail -n 1; })
DESTDIR ?=
LIVES ?= 1000
KBUILD := $(MAKE) -C $(KDIR) M=$(CURDIR) CORE=$(CORE)

# The file beside compat.h would be found first, and it is for the kernel of that tree.
ifneq ($(wildcard $(CORE)/common/compat-config.h),)
$(error $(CORE) is a clone in which modules were built: use an installed core, see make install-core there)
endif
ifeq ($(wildcard $(CORE)/common/probe.sh),)
$(error there is no core in $(CORE): run make install-core in a clone of the project, or give CORE=DIR)
endif

.PHONY: all check install clean FORCE
all: build/compat-config.h
	+$(KBUILD) modules

# Which kernel the probes were made for; changes only when that does.
build/.kdir: FORCE
	@mkdir -p build
	@printf '%s %s\n' "$(KDIR)" "$$(cat $(KDIR)/include/config/kernel.release)" >$@.new
	@cmp -s $@.new $@ || mv $@.new $@

build/compat-config.h: $(CORE)/common/probe.sh $(wildcard $(CORE)/common/probe/*.c) build/.kdir
	$(CORE)/common/probe.sh $(KDIR) >$@.tmp && mv $@.tmp $@

check: build/wire_test
	build/wire_test

# Both ends in one process, with a Xen that is played to them.
SIM := $(CORE)/common/sim
ifneq ($(and $(wildcard sim.c),$(wildcard $(SIM)/Makefile)),)
check: simulate
.PHONY: simulate
simulate:
	@mkdir -p build
	+$(MAKE) -s -C $(SIM) TOP= CLASSES=echo:$(CURDIR) BIN=$(CURDIR)/build/sim $(CURDIR)/build/sim/sim-echo
	build/sim/sim-echo -n $(LIVES)
endif

build/wire_test: echo_wire_test.c echo_wire.c echo_wire.h echo_keys.c echo_keys.h
	@mkdir -p build
	gcc -std=gnu11 -g -O1 -Wall -Wextra -Werror -fsanitize=address,undefined -fno-sanitize-recover=all \
		-I$(CORE)/common -I$(CORE)/common/unit -o $@ $(filter %.c,$^) $(CORE)/common/keys.c

install: all
	+$(KBUILD) INSTALL_MOD_DIR=updates INSTALL_MOD_PATH=$(DESTDIR) modules_install
	install -D -m 755 hotplug-echo -t $(DESTDIR)/etc/xen/scripts
	install -D -m 644 xen-echo.rules $(DESTDIR)/lib/udev/rules.d/60-xen-echo.rules

clean:
	+$(KBUILD) clean
	rm -rf build
