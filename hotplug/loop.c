// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "holder.h"
#include "loop.h"
#include "mark.h"

#define SECTOR 512
#define NODE_MS 1000		/* until /dev/loopN appears */
#define GONE_MS 2000		/* until the last user has closed */
#define CONFIGURE_MS 5000	/* to retry races for a free device */
#define RETRY_MS 10
#define MARKED_MAX 8		/* devices of a vbd: one, and those of killed agents */

/* A configured loop device. */
struct loop {
	int number;
	uint64_t sequence;	/* grows with each configuration on this host */
	struct loop_info64 info;
};

static int open_loop(int number, int flags)
{
	char path[32];

	snprintf(path, sizeof(path), "/dev/loop%d", number);
	return open(path, flags | O_CLOEXEC);
}

static bool read_loop(int fd, int number, struct loop *l)
{
	l->number = number;
	return !ioctl(fd, LOOP_GET_STATUS64, &l->info) &&
	       !ioctl(fd, BLKGETDISKSEQ, &l->sequence);
}

/* Returns false if the device does not have our mark. */
static bool read_mark(const struct loop *l, struct mark *m)
{
	return !mark_parse(m, (const char *)l->info.lo_file_name);
}

static void write_mark(struct loop_info64 *info, const struct mark *m)
{
	mark_format(m, (char *)info->lo_file_name);
}

/*
 * Finds the first configured loop device that @match accepts. If a device is
 * being configured, the ioctl waits until this is done.
 */
static bool find_loop(struct loop *l,
		      bool (*match)(const struct loop *l, const void *arg),
		      const void *arg)
{
	DIR *dir = opendir("/sys/block");
	bool found = false;
	struct dirent *e;
	int fd, number;

	if (!dir)
		return false;
	while (!found && (e = readdir(dir))) {
		if (sscanf(e->d_name, "loop%d", &number) != 1)
			continue;
		fd = open_loop(number, O_RDONLY);
		if (fd < 0)
			continue;
		found = read_loop(fd, number, l) && match(l, arg);
		close(fd);
	}
	closedir(dir);
	return found;
}

/* The file that a vbd needs, and the loop device that it has made, or NULL. */
struct sharer_search {
	struct stat file;
	bool write;
	const struct loop *own;
};

static bool match_sharer(const struct loop *l, const void *arg)
{
	const struct sharer_search *c = arg;
	struct mark mark;

	if (l->info.lo_device != c->file.st_dev ||
	    l->info.lo_inode != c->file.st_ino)
		return false;
	if (!c->write && (l->info.lo_flags & LO_FLAGS_READ_ONLY))
		return false;
	if (!c->own)
		return true;
	if (l->number == c->own->number)
		return false;
	return !read_mark(l, &mark) ||
	       l->sequence < c->own->sequence;
}

static void describe_sharer(struct job *job, const struct loop *l,
			    struct holder *h)
{
	const char *how = l->info.lo_flags & LO_FLAGS_READ_ONLY ?
			  "read-only" : "writable";
	char guest[200];
	struct mark mark;
	struct vbd vbd;

	memset(h, 0, sizeof(*h));
	if (!read_mark(l, &mark)) {
		h->message = MSG_BUSY_LOOP;
		snprintf(h->text, sizeof(h->text), "/dev/loop%d has it, %s",
			 l->number, how);
		return;
	}
	vbd_name(&vbd, mark.domid[0], mark.devid);
	vbd_describe(job->store, &vbd, guest, sizeof(guest));
	h->message = MSG_BUSY_VBD;
	h->leaving = vbd_is_leaving(job->store, &vbd) ||
		     (l->info.lo_flags & LO_FLAGS_AUTOCLEAR);
	snprintf(h->text, sizeof(h->text),
		 "/dev/loop%d has it, %s, attached to %s", l->number, how,
		 guest);
}

static bool find_sharer(struct job *job, const struct sharer_search *c,
			struct loop *other, struct holder *h)
{
	if (!find_loop(other, match_sharer, c))
		return false;
	describe_sharer(job, other, h);
	return true;
}

static int fail_loop(struct job *job, const char *what, int err)
{
	return fail_detail(&job->failure, MSG_LOOP, job->target, "%s: %s", what,
			   strerror(err));
}

/* The node of a new device may appear a little later than the device. */
static int open_new_loop(struct job *job, int number)
{
	int64_t since = now_ms();
	int fd;

	do
		fd = open_loop(number, job->write ? O_RDWR : O_RDONLY);
	while (fd < 0 && errno == ENOENT && now_ms() - since < NODE_MS &&
	       !deadline_sleep(job->deadline, RETRY_MS));
	return fd;
}

/* Returns -EBUSY if another program takes the free device first. */
static int configure_free(struct job *job, int control,
			  struct loop_config *config, int *number)
{
	int fd, err;

	*number = ioctl(control, LOOP_CTL_GET_FREE);
	if (*number < 0)
		return -errno;
	fd = open_new_loop(job, *number);
	if (fd < 0)
		return -errno;
	if (!ioctl(fd, LOOP_CONFIGURE, config))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

/*
 * Use direct I/O if the file system can do it with sectors of 512 bytes. Do not
 * use larger sectors for it: the guest may have partitioned the disk with
 * these.
 */
static int configure_loop(struct job *job, int control, int file, int *number)
{
	struct mark mark = { 0 };
	struct loop_config config = {
		.fd = (__u32)file,
		.block_size = SECTOR,
		.info.lo_flags = LO_FLAGS_AUTOCLEAR | LO_FLAGS_DIRECT_IO |
				 (job->write ? 0 : LO_FLAGS_READ_ONLY),
	};
	int64_t since = now_ms();
	int fd;

	mark_add(&mark, &job->vbd);
	write_mark(&config.info, &mark);
	for (;;) {
		fd = configure_free(job, control, &config, number);
		if (fd == -EINVAL && (config.info.lo_flags & LO_FLAGS_DIRECT_IO))
			config.info.lo_flags &= ~(__u32)LO_FLAGS_DIRECT_IO;
		else if (fd != -EBUSY || now_ms() - since > CONFIGURE_MS ||
			 deadline_sleep(job->deadline, RETRY_MS))
			return fd;
	}
}

static bool fill_attached(struct attached *a, int number, struct loop *l)
{
	struct stat st;

	if (fstat(a->fd, &st) || !read_loop(a->fd, number, l))
		return false;
	a->device = st.st_rdev;
	snprintf(a->node, sizeof(a->node), "/dev/loop%d", number);
	snprintf(a->path, sizeof(a->path), "%s", a->node);
	return true;
}

static int make_loop(struct job *job, int file, struct attached *a,
		     struct loop *own)
{
	int control, number;

	if (job_step(job, "setting up a loop device"))
		return -1;
	control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	if (control < 0)
		return fail_detail(&job->failure, MSG_NO_LOOP, job->target,
				   "%s", strerror(errno));
	a->fd = configure_loop(job, control, file, &number);
	close(control);
	if (a->fd < 0)
		return fail_loop(job, "setting it up", -a->fd);
	if (fill_attached(a, number, own))
		return 0;
	fail_loop(job, "reading it back", errno);
	loop_undo(job, a);
	return -1;
}

/* Held while the mark is changed, until unlock or close. Returns 0 or an errno. */
static int lock_loop(struct job *job, int fd)
{
	while (flock(fd, LOCK_EX | LOCK_NB))
		if (errno != EWOULDBLOCK ||
		    deadline_sleep(job->deadline, RETRY_MS))
			return errno;
	return 0;
}

/* Whether the device serves the same disk, and only to other domains of the VM. */
static bool is_same_disk(struct job *job, const struct loop *l)
{
	struct mark mark;
	struct vbd vbd;
	int i;

	if (!job->write || !read_mark(l, &mark) ||
	    (l->info.lo_flags & (LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR)))
		return false;
	for (i = 0; i < mark.count; i++) {
		vbd_name(&vbd, mark.domid[i], mark.devid);
		if (!vbd_same_disk(job->store, &job->vbd, &vbd))
			return false;
	}
	return true;
}

/* The caller holds the lock. Check again, and add our vbd to the mark. */
static bool add_to_mark(struct job *job, const struct sharer_search *c, int fd,
			struct loop *l)
{
	struct mark mark;

	if (!read_loop(fd, l->number, l) || !match_sharer(l, c) ||
	    !is_same_disk(job, l) || !read_mark(l, &mark) ||
	    !mark_add(&mark, &job->vbd))
		return false;
	write_mark(&l->info, &mark);
	return !ioctl(fd, LOOP_SET_STATUS64, &l->info);
}

static bool share_loop(struct job *job, const struct sharer_search *c, struct loop *l,
		       struct attached *a)
{
	if (!is_same_disk(job, l))
		return false;
	a->fd = open_loop(l->number, O_RDWR);
	if (a->fd >= 0 && !lock_loop(job, a->fd) &&
	    add_to_mark(job, c, a->fd, l) && fill_attached(a, l->number, l)) {
		flock(a->fd, LOCK_UN);
		return true;
	}
	if (a->fd >= 0)
		close(a->fd);
	a->fd = -1;
	return false;
}

int loop_attach(struct job *job, int file, struct attached *a)
{
	struct sharer_search before = { .write = job->write }, after;
	int64_t since = now_ms();
	struct loop own, other;
	struct holder h;

	if (fstat(file, &before.file))
		return target_open_failed(job, errno);
	after = before;
	after.own = &own;
	do {
		if (find_sharer(job, &before, &other, &h)) {
			if (share_loop(job, &before, &other, a))
				return 0;
			continue;
		}
		if (make_loop(job, file, a, &own))
			return -1;
		if (!find_sharer(job, &after, &other, &h))
			return 0;
		loop_undo(job, a);
	} while (holder_worth_waiting(job, &h, since));
	return fail_detail(&job->failure, h.message, job->target, "%s", h.text);
}

/* Returns 0 or an errno. */
static int clear_autoclear(int fd)
{
	struct loop_info64 info;

	if (ioctl(fd, LOOP_GET_STATUS64, &info))
		return errno;
	info.lo_flags &= ~(__u32)LO_FLAGS_AUTOCLEAR;
	return ioctl(fd, LOOP_SET_STATUS64, &info) ? errno : 0;
}

int loop_keep(struct job *job, struct attached *a)
{
	int err = lock_loop(job, a->fd);

	if (!err)
		err = clear_autoclear(a->fd);
	flock(a->fd, LOCK_UN);
	return err ? fail_loop(job, "keeping it", err) : 0;
}

/*
 * Remove our vbd from the mark. If it was the last, detach the device: the
 * kernel does so at the last close. Returns 0 or an errno.
 */
static int leave_loop(struct job *job, int fd)
{
	int err = lock_loop(job, fd);
	struct mark mark;
	struct loop l;

	if (err)
		return err;
	if (read_loop(fd, 0, &l) && read_mark(&l, &mark) &&
	    mark_has(&mark, &job->vbd)) {
		mark_drop(&mark, &job->vbd);
		write_mark(&l.info, &mark);
		if (mark.count ? ioctl(fd, LOOP_SET_STATUS64, &l.info) :
				 ioctl(fd, LOOP_CLR_FD))
			err = errno;
	}
	flock(fd, LOCK_UN);
	return err;
}

void loop_undo(struct job *job, struct attached *a)
{
	if (a->fd < 0)
		return;
	leave_loop(job, a->fd);
	close(a->fd);
	a->fd = -1;
}

/* Search for devices of a vbd, except those that it has already left. */
struct marked_search {
	const struct vbd *vbd;
	int done[MARKED_MAX];
	int count;
};

static bool match_marked(const struct loop *l, const void *arg)
{
	const struct marked_search *search = arg;
	struct mark mark;
	int i;

	for (i = 0; i < search->count; i++)
		if (search->done[i] == l->number)
			return false;
	return read_mark(l, &mark) && mark_has(&mark, search->vbd);
}

static bool is_marked(int number, const struct vbd *vbd)
{
	int fd = open_loop(number, O_RDONLY);
	struct marked_search none = { .vbd = vbd };
	struct loop l;
	bool marked;

	if (fd < 0)
		return false;
	marked = read_loop(fd, number, &l) && match_marked(&l, &none);
	close(fd);
	return marked;
}

/* The caller has checked that the device has our mark. */
static int release_loop(struct job *job, int number)
{
	int fd = open_loop(number, O_RDONLY);
	int err = fd < 0 ? errno : leave_loop(job, fd);
	int64_t since = now_ms();

	if (fd >= 0)
		close(fd);
	if (err && err != ENXIO) {
		char node[32];

		snprintf(node, sizeof(node), "/dev/loop%d", number);
		return fail_detail(&job->failure, MSG_RELEASE, node, "%s",
				   strerror(err));
	}
	while (is_marked(number, &job->vbd) && now_ms() - since < GONE_MS &&
	       !deadline_sleep(job->deadline, RETRY_MS))
		;
	return 0;
}

int loop_release(struct job *job, const char *node)
{
	struct marked_search search = { .vbd = &job->vbd };
	int result = 0, number;
	struct loop l;

	deadline_step(job->deadline, "releasing the loop device");
	if (node && sscanf(node, "/dev/loop%d", &number) == 1 &&
	    is_marked(number, &job->vbd))
		return release_loop(job, number);
	while (search.count < MARKED_MAX && find_loop(&l, match_marked, &search)) {
		search.done[search.count++] = l.number;
		if (release_loop(job, l.number))
			result = -1;
	}
	return result;
}
