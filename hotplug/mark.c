// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "mark.h"

#define PREFIX "xen-vbd:"

int mark_parse(struct mark *m, const char *text)
{
	const char *s = text + strlen(PREFIX);

	memset(m, 0, sizeof(*m));
	if (strncmp(text, PREFIX, strlen(PREFIX)))
		return -EINVAL;
	do {
		if (m->count == MARK_DOMAINS ||
		    !vbd_parse_domid(&s, &m->domid[m->count++]))
			return -EINVAL;
	} while (*s == ',' && s++);
	return *s == ':' && s++ && vbd_parse_devid(&s, &m->devid) && !*s ?
	       0 : -EINVAL;
}

void mark_format(const struct mark *m, char text[MARK_TEXT])
{
	int i, n = 0;

	text[0] = '\0';
	for (i = 0; i < m->count; i++)
		n += snprintf(text + n, MARK_TEXT - (size_t)n, "%s%u",
			      i ? "," : PREFIX, m->domid[i]);
	if (n)
		snprintf(text + n, MARK_TEXT - (size_t)n, ":%u", m->devid);
}

static int find_domain(const struct mark *m, const struct vbd *vbd)
{
	int i;

	for (i = 0; m->devid == vbd->devid && i < m->count; i++)
		if (m->domid[i] == vbd->domid)
			return i;
	return -1;
}

bool mark_has(const struct mark *m, const struct vbd *vbd)
{
	return find_domain(m, vbd) >= 0;
}

bool mark_add(struct mark *m, const struct vbd *vbd)
{
	if (mark_has(m, vbd))
		return true;
	if (m->count == MARK_DOMAINS || (m->count && m->devid != vbd->devid))
		return false;
	m->devid = vbd->devid;
	m->domid[m->count++] = vbd->domid;
	return true;
}

void mark_drop(struct mark *m, const struct vbd *vbd)
{
	int i = find_domain(m, vbd);

	if (i >= 0)
		m->domid[i] = m->domid[--m->count];
}
