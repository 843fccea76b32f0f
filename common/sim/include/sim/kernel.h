/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel, as far as a split driver of a simple class sees it. Each kernel header
 * that such a driver includes is a file with one line that includes this one: see
 * KERNEL_HEADERS in the Makefile.
 */
#ifndef SIM_KERNEL_H
#define SIM_KERNEL_H

#include "base.h"
#include "lock.h"
#include "memory.h"
#include "work.h"
#include "device.h"
#include "xenbus.h"
#include "xen.h"
#include "users.h"

#endif /* SIM_KERNEL_H */
