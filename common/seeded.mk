# SPDX-License-Identifier: GPL-2.0
# SEEDED=FAULT builds a fault in; see seeded.h. Read by kbuild and by the Makefile.
SEEDED_FAULTS := use-after-free lock-inversion
ifneq ($(SEEDED),)
$(if $(filter $(SEEDED),$(SEEDED_FAULTS)),,$(error SEEDED=$(SEEDED) is not known; there are $(SEEDED_FAULTS)))
ccflags-y += -DXSPLIT_SEEDED='"$(SEEDED)"' -DXSPLIT_SEEDED_$(shell echo $(SEEDED) | tr a-z- A-Z_)
endif
