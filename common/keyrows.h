/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Short words for the rows of a table of keys (struct xsplit_key). Only the source
 * file of a table includes this header.
 */
#ifndef XSPLIT_KEYROWS_H
#define XSPLIT_KEYROWS_H

#include "keys.h"

#define U32_TOP 0xffffffffULL
#define DOMID_TOP 0x7fef
#define STATE_TOP 8

/* The directory, scope and writer of a key, and its flags. */
#define BACK_DIR(writer, flags) XSPLIT_DIR_BACK, XSPLIT_SCOPE_DEVICE, XSPLIT_BY_##writer, flags
#define FRONT_DIR(writer, flags) XSPLIT_DIR_FRONT, XSPLIT_SCOPE_DEVICE, XSPLIT_BY_##writer, flags
#define QUEUE_DIR(flags) XSPLIT_DIR_FRONT, XSPLIT_SCOPE_QUEUE, XSPLIT_BY_FRONT, flags
#define DOMAIN_DIR XSPLIT_DIR_DOMAIN, XSPLIT_SCOPE_DEVICE, XSPLIT_BY_TOOLSTACK, 0

/* Flags of a key. */
#define NEGOTIATED XSPLIT_KEY_NEGOTIATED
#define REPUBLISHED XSPLIT_KEY_REPUBLISHED
#define WITHDRAWN XSPLIT_KEY_WITHDRAWN
#define LIVE XSPLIT_KEY_LIVE
#define NUMBERED XSPLIT_KEY_NUMBERED
#define FIXED XSPLIT_KEY_FIXED

/* The type, need, range and fallback of a key. */
#define IS_NUMBER(min, max, fallback) XSPLIT_KEY_NUMBER, XSPLIT_KEY_OPTIONAL, min, max, fallback
#define NEEDS_NUMBER(min, max) XSPLIT_KEY_NUMBER, XSPLIT_KEY_REQUIRED, min, max, 0
#define HINTS_NUMBER(min, max, fallback) XSPLIT_KEY_NUMBER, XSPLIT_KEY_HINT, min, max, fallback
#define IS_POWER(min, max, fallback) XSPLIT_KEY_POWER, XSPLIT_KEY_OPTIONAL, min, max, fallback
#define HINTS_POWER(min, max, fallback) XSPLIT_KEY_POWER, XSPLIT_KEY_HINT, min, max, fallback
#define IS_YES_NO(fallback) IS_NUMBER(0, 1, fallback)
#define IS_DEVICE XSPLIT_KEY_DEVICE, XSPLIT_KEY_REQUIRED, 0, ~0ULL, 0
#define IS_SEQUENCE XSPLIT_KEY_SEQUENCE, XSPLIT_KEY_OPTIONAL, 0, 0, 0
#define IS_MODE XSPLIT_KEY_MODE, XSPLIT_KEY_REQUIRED, XSPLIT_MODE_READ, XSPLIT_MODE_SHARE, 0
#define IS_TEXT XSPLIT_KEY_TEXT, XSPLIT_KEY_OPTIONAL, 0, 0, 0
#define NEEDS_TEXT XSPLIT_KEY_TEXT, XSPLIT_KEY_REQUIRED, 0, 0, 0
#define IS_DIRECTORY XSPLIT_KEY_DIRECTORY, XSPLIT_KEY_OPTIONAL, 0, 0, 0

/* The meaning, for the reference page. The kernel does not need it. */
#ifdef __KERNEL__
#define DOC(text)
#else
#define DOC(text) text
#endif

#endif /* XSPLIT_KEYROWS_H */
