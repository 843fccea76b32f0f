// SPDX-License-Identifier: GPL-2.0
/*
 * Block devices. The agent opens them read-only, even for a writer: closing a
 * device that was open for writing makes udev probe it again. It keeps them
 * open until their number is in the store, so that no other device can get this
 * number.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "holder.h"
#include "target.h"

static bool accepts_device(const struct stat *st)
{
	return S_ISBLK(st->st_mode);
}

static int check_device(struct job *job, int fd, dev_t *device)
{
	unsigned long long bytes;
	struct stat st;
	int readonly;

	if (fstat(fd, &st) || ioctl(fd, BLKGETSIZE64, &bytes) ||
	    ioctl(fd, BLKROGET, &readonly))
		return target_open_failed(job, errno);
	*device = st.st_rdev;
	if (target_check_size(job, bytes))
		return -1;
	if (job->write && readonly)
		return fail(&job->failure, MSG_READONLY_DEVICE, job->target);
	return 0;
}

/* Take the exclusive claim and release it. Returns 0 or an errno. */
static int probe_claim(const char *path)
{
	int fd = open(path, O_RDONLY | O_EXCL | O_CLOEXEC);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

/*
 * The backend claims the device for a writer, but not for a reader. So for a
 * reader, look for holders only if the device is claimed. For a writer, always
 * look, because readers do not claim. holder_find() knows which holders may
 * share the device. The backend makes the final decision about vbds, and the
 * kernel about other holders.
 */
static int check_claim(struct job *job, const struct attached *a)
{
	int64_t since = now_ms();
	struct holder h;
	int err;

	do {
		if (job_step(job, "opening the device exclusively"))
			return -1;
		err = probe_claim(a->path);
		if (err && err != EBUSY)
			return target_open_failed(job, err);
		if (!err && !job->write)
			return 0;
		if (!holder_find(job, a->device, err, &h))
			return 0;
	} while (holder_worth_waiting(job, &h, since));
	return fail_detail(&job->failure, h.message, job->target, "%s", h.text);
}

static int attach_device(struct job *job, struct attached *a)
{
	if (job_step(job, "opening the device"))
		return -1;
	a->fd = open(a->path, O_RDONLY | O_CLOEXEC);
	if (a->fd < 0)
		return target_open_failed(job, errno);
	if (!check_device(job, a->fd, &a->device) && !check_claim(job, a))
		return 0;
	close(a->fd);
	a->fd = -1;
	return -1;
}

const struct target_type target_phy = {
	.name = "phy",
	.accepts = accepts_device,
	.attach = attach_device,
};
