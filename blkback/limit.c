// SPDX-License-Identifier: GPL-2.0
/*
 * Limits of a vbd's I/O, with the io controller of the kernel: a tool writes the path of a
 * cgroup to the key "cgroup", and the I/O that the workers submit is charged to this cgroup.
 * The cgroup's io.max sets the limits.
 */
#include <linux/cgroup.h>
#include <linux/kthread.h>
#include <linux/slab.h>

#include "blkback.h"

#if IS_ENABLED(CONFIG_BLK_CGROUP)

/* The cgroup's io controller state, referenced; an ERR_PTR if it has none. */
static struct cgroup_subsys_state *find_state(const char *path)
{
	struct cgroup *group = cgroup_get_from_path(path);
	struct cgroup_subsys_state *state;

	if (IS_ERR(group))
		return ERR_CAST(group);
	state = cgroup_get_e_css(group, &io_cgrp_subsys);
	/* For a cgroup without the controller this is the state of an ancestor. */
	if (state->cgroup != group) {
		css_put(state);
		state = ERR_PTR(-EOPNOTSUPP);
	}
	cgroup_put(group);
	return state;
}

static struct cgroup_subsys_state *read_state(struct xbback_vbd *vbd)
{
	char *path = xsplit_read_string(vbd->back.dev->nodename, xvbd_key_name(XVBD_ID_CGROUP));
	struct cgroup_subsys_state *state = NULL;

	if (path && *path) {
		state = find_state(path);
		if (IS_ERR(state)) {
			xsplit_dev_error(vbd->back.dev, PTR_ERR(state),
					 "no limits: \"%*pE\" is no cgroup with the io controller",
					 (int)strnlen(path, 64), path);
			state = NULL;
		}
	}
	kfree(path);
	return state;
}

static void use_state(struct xbback_vbd *vbd, struct cgroup_subsys_state *state)
{
	struct cgroup_subsys_state *old;

	mutex_lock(&vbd->back.rings_lock);
	old = vbd->limit;
	vbd->limit = state;
	mutex_unlock(&vbd->back.rings_lock);
	if (old)
		css_put(old);
}

void xbback_limit_read(struct xbback_vbd *vbd)
{
	use_state(vbd, read_state(vbd));
}

void xbback_limit_drop(struct xbback_vbd *vbd)
{
	use_state(vbd, NULL);
}

void xbback_limit_enter(struct xbback_vbd *vbd)
{
	kthread_associate_blkcg(vbd->limit);
}

void xbback_limit_leave(void)
{
	kthread_associate_blkcg(NULL);
}

ssize_t xbback_limit_show(struct xbback_vbd *vbd, char *buf)
{
	int len = 0;

	mutex_lock(&vbd->back.rings_lock);
	if (vbd->limit)
		len = cgroup_path(vbd->limit->cgroup, buf, PAGE_SIZE - 1);
	mutex_unlock(&vbd->back.rings_lock);
	return len < 0 || len >= PAGE_SIZE - 1 ? -ENAMETOOLONG : len + sysfs_emit_at(buf, len, "\n");
}

#else /* no I/O cgroups in this kernel */

void xbback_limit_read(struct xbback_vbd *vbd)
{
}

void xbback_limit_drop(struct xbback_vbd *vbd)
{
}

void xbback_limit_enter(struct xbback_vbd *vbd)
{
}

void xbback_limit_leave(void)
{
}

ssize_t xbback_limit_show(struct xbback_vbd *vbd, char *buf)
{
	return sysfs_emit(buf, "\n");
}

#endif /* CONFIG_BLK_CGROUP */
