// SPDX-License-Identifier: GPL-2.0
/* Image files, each on a loop device of its own. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "holder.h"
#include "loop.h"
#include "target.h"

static bool accepts_file(const struct stat *st)
{
	return S_ISREG(st->st_mode);
}

/* Programs such as QEMU lock their images. */
static bool is_locked(int fd, bool write)
{
	struct flock lock = {
		.l_type = write ? F_WRLCK : F_RDLCK,
		.l_whence = SEEK_SET,
	};

	return !fcntl(fd, F_OFD_GETLK, &lock) && lock.l_type != F_UNLCK;
}

/* Root can write to any file, so check the file mode. */
static int check_mode(struct job *job, mode_t mode)
{
	if (!job->write || (mode & 0222))
		return 0;
	return fail_detail(&job->failure, MSG_READONLY_FILE, job->target,
			   "%03o", mode & 07777);
}

/*
 * Returns the name of the image format, or NULL if the image is raw. If such an
 * image were attached as raw, the guest would overwrite its header. A guest
 * that writes such a header to its own raw disk only prevents the next attach
 * of this disk.
 */
static const char *read_format(int fd)
{
	static const struct {
		size_t at, size;
		const char *bytes, *name;
	} all[] = {
		{ 0, 4, "QFI\xfb", "qcow2" },
		{ 0, 4, "QED\0", "qed" },
		{ 0, 4, "KDMV", "vmdk" },
		{ 0, 4, "COWD", "vmdk" },
		{ 0, 21, "# Disk DescriptorFile", "vmdk" },
		{ 0, 8, "conectix", "vhd" },
		{ 0, 8, "vhdxfile", "vhdx" },
		{ 64, 4, "\x7f\x10\xda\xbe", "vdi" },
	};
	char head[128] = "";
	size_t i;

	if (pread(fd, head, sizeof(head), 0) < 0)
		return NULL;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (!memcmp(head + all[i].at, all[i].bytes, all[i].size))
			return all[i].name;
	return NULL;
}

static int check_image(struct job *job, int fd)
{
	const char *format = read_format(fd);
	struct stat st;

	if (fstat(fd, &st))
		return target_open_failed(job, errno);
	if (target_check_size(job, (unsigned long long)st.st_size))
		return -1;
	if (format)
		return fail_detail(&job->failure, MSG_FORMAT, job->target, "%s", format);
	if (holder_is_swap(job->root, &st))
		return fail_detail(&job->failure, MSG_BUSY_SWAP, job->target,
				   "this file");
	if (is_locked(fd, job->write))
		return fail(&job->failure, MSG_BUSY_LOCK, job->target);
	return 0;
}

/* If a loop device with our mark exists before the first attach, a killed agent has left it. */
static int attach_image(struct job *job, struct attached *a)
{
	struct stat st;
	int fd, err;

	/* Each attach makes a loop device with a page cache of its own: no sharing. */
	if (job->share)
		return fail(&job->failure, MSG_SHARED_FILE, job->target);
	if (!job->keep_attached && loop_release(job, NULL))
		return -1;
	if (job_step(job, "opening the image"))
		return -1;
	if (stat(a->path, &st))
		return target_open_failed(job, errno);
	if (check_mode(job, st.st_mode))
		return -1;
	fd = open(a->path, (job->write ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	if (fd < 0)
		return target_open_failed(job, errno);
	err = check_image(job, fd);
	if (!err)
		err = loop_attach(job, fd, a);
	close(fd);
	return err;
}

const struct target_type target_file = {
	.name = "file",
	.accepts = accepts_file,
	.attach = attach_image,
	.keep = loop_keep,
	.undo = loop_undo,
	.detach = loop_release,
};
