/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Short words for the rows of a table of keys (struct xvbd_key). Only the source
 * file of a table includes this header.
 */
#ifndef XVBD_KEYROWS_H
#define XVBD_KEYROWS_H

#include "keys.h"

#define U32_TOP 0xffffffffULL
#define DOMID_TOP 0x7fef
#define STATE_TOP 8

/* The directory, scope and writer of a key, and its flags. */
#define BACK_DIR(writer, flags) XVBD_DIR_BACK, XVBD_SCOPE_DEVICE, XVBD_BY_##writer, flags
#define FRONT_DIR(writer, flags) XVBD_DIR_FRONT, XVBD_SCOPE_DEVICE, XVBD_BY_##writer, flags
#define QUEUE_DIR(flags) XVBD_DIR_FRONT, XVBD_SCOPE_QUEUE, XVBD_BY_FRONT, flags
#define DOMAIN_DIR XVBD_DIR_DOMAIN, XVBD_SCOPE_DEVICE, XVBD_BY_TOOLSTACK, 0

/* Flags of a key. */
#define AGREED XVBD_KEY_AGREED
#define ANEW XVBD_KEY_ANEW
#define LEAVES XVBD_KEY_LEAVES
#define LIVE XVBD_KEY_LIVE
#define NUMBERED XVBD_KEY_NUMBERED
#define SETTLED XVBD_KEY_SETTLED

/* The type, need, range and fallback of a key. */
#define IS_NUMBER(min, max, fallback) XVBD_KEY_NUMBER, XVBD_KEY_OPTIONAL, min, max, fallback
#define NEEDS_NUMBER(min, max) XVBD_KEY_NUMBER, XVBD_KEY_REQUIRED, min, max, 0
#define HINTS_NUMBER(min, max, fallback) XVBD_KEY_NUMBER, XVBD_KEY_HINT, min, max, fallback
#define IS_POWER(min, max, fallback) XVBD_KEY_POWER, XVBD_KEY_OPTIONAL, min, max, fallback
#define HINTS_POWER(min, max, fallback) XVBD_KEY_POWER, XVBD_KEY_HINT, min, max, fallback
#define IS_YES_NO(fallback) IS_NUMBER(0, 1, fallback)
#define IS_DEVICE XVBD_KEY_DEVICE, XVBD_KEY_REQUIRED, 0, ~0ULL, 0
#define IS_SEQUENCE XVBD_KEY_SEQUENCE, XVBD_KEY_OPTIONAL, 0, 0, 0
#define IS_MODE XVBD_KEY_MODE, XVBD_KEY_REQUIRED, XVBD_MODE_READ, XVBD_MODE_SHARE, 0
#define IS_TEXT XVBD_KEY_TEXT, XVBD_KEY_OPTIONAL, 0, 0, 0
#define NEEDS_TEXT XVBD_KEY_TEXT, XVBD_KEY_REQUIRED, 0, 0, 0
#define IS_DIRECTORY XVBD_KEY_DIRECTORY, XVBD_KEY_OPTIONAL, 0, 0, 0

/* The meaning, for the reference page. The kernel does not need it. */
#ifdef __KERNEL__
#define SAYS(text)
#else
#define SAYS(text) text
#endif

#endif /* XVBD_KEYROWS_H */
