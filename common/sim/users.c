// SPDX-License-Identifier: GPL-2.0
/* Users in the guest: tasks that call files of misc devices, or a source of entropy. */
#include <stdlib.h>

#include "world.h"

#define MAX_USERS 8

struct sim_user {
	struct sim_task *task;
	int (*function)(void);
	int result;
	bool used;
	bool done;
};

static struct sim_user users[MAX_USERS];
static struct miscdevice *miscs;
static DEFINE_MUTEX(misc_mtx); /* open() runs with it, and registration */
static struct hwrng *sources;
static int nr_files;
static bool front_is_going;

static void run_user(void *argument)
{
	struct sim_user *user = argument;

	user->result = user->function();
	user->done = true;
}

struct sim_user *sim_user_start(int (*function)(void))
{
	struct sim_user *user = users;

	while (user < users + MAX_USERS && user->used)
		user++;
	if (user == users + MAX_USERS)
		sim_die(__func__);
	*user = (struct sim_user){ .function = function, .used = true };
	user->task = sim_task_start("user", SIM_FRONT, run_user, user);
	return user;
}

bool sim_user_is_done(const struct sim_user *user)
{
	return user->done;
}

static bool user_is_done(void *argument)
{
	return ((struct sim_user *)argument)->done;
}

int sim_user_result(struct sim_user *user)
{
	while (!user->done)
		sim_block(user_is_done, user, "a user");
	user->used = false;
	return user->result;
}

/* A signal ends a sleep that it may interrupt. */
void sim_user_signal(struct sim_user *user)
{
	if (user->done)
		return;
	user->task->signalled = true;
	user->task->woken = true;
}

unsigned long copy_from_user(void *to, const void __user *from, unsigned long n)
{
	sim_may_sleep("copy_from_user()");
	memcpy(to, from, n);
	sim_point();
	return 0;
}

unsigned long copy_to_user(void __user *to, const void *from, unsigned long n)
{
	sim_may_sleep("copy_to_user()");
	memcpy(to, from, n);
	sim_point();
	return 0;
}

ssize_t simple_read_from_buffer(void __user *to, size_t size,
				sim_loff_t *offset, const void *from,
				size_t available)
{
	if (*offset < 0)
		return -EINVAL;
	if ((size_t)*offset >= available || !size)
		return 0;
	size = min(size, available - *offset);
	copy_to_user(to, (const char *)from + *offset, size);
	*offset += size;
	return size;
}

int misc_register(struct miscdevice *misc)
{
	sim_may_sleep("misc_register()");
	if (sim_memory_short && !sim_random(16))
		return -ENOMEM;
	if (sim_has_misc(misc->name))
		sim_problem("/dev/%s is registered twice", misc->name);
	mutex_lock(&misc_mtx);
	misc->next = miscs;
	miscs = misc;
	misc->this_device = misc->parent;
	mutex_unlock(&misc_mtx);
	return 0;
}

void misc_deregister(struct miscdevice *misc)
{
	struct miscdevice **p = &miscs;

	mutex_lock(&misc_mtx);
	while (*p && *p != misc)
		p = &(*p)->next;
	if (!*p)
		sim_problem("/dev/%s is not registered", misc->name);
	else
		*p = misc->next;
	mutex_unlock(&misc_mtx);
}

static struct miscdevice *find_misc(const char *name)
{
	struct miscdevice *misc = miscs;

	while (misc && strcmp(misc->name, name))
		misc = misc->next;
	return misc;
}

bool sim_has_misc(const char *name)
{
	return find_misc(name);
}

/* As misc_open(). */
static int open_misc(struct file *file, const char *name)
{
	struct miscdevice *misc;
	int err = -ENODEV;

	mutex_lock(&misc_mtx);
	misc = find_misc(name);
	if (misc && !front_is_going) {
		nr_files++;
		file->f_op = misc->fops;
		file->private_data = misc;
		err = misc->fops->open ?
			      misc->fops->open(&(struct inode){ 0 }, file) :
			      0;
		nr_files -= !!err;
	}
	mutex_unlock(&misc_mtx);
	return err;
}

struct file *sim_open(const char *name, bool nonblock, int *error)
{
	struct file *file = calloc(1, sizeof(*file));
	enum sim_domain was = sim_enter(SIM_FRONT);

	file->f_flags = nonblock ? O_NONBLOCK : 0;
	*error = open_misc(file, name);
	sim_enter(was);
	if (*error) {
		free(file);
		return NULL;
	}
	return file;
}

static bool has_no_file(void *argument)
{
	(void)argument;
	return !nr_files;
}

/* As delete_module(): no file can be opened any more, and it fails while one is open. */
bool sim_front_may_go(void)
{
	front_is_going = !nr_files;
	return front_is_going;
}

void sim_front_is_gone(void)
{
	front_is_going = false;
}

void sim_wait_for_files(void)
{
	while (nr_files)
		sim_block(has_no_file, NULL, "open files");
}

static ssize_t write_at(struct file *file, const void *data, size_t size,
			sim_loff_t *offset)
{
	enum sim_domain was = sim_enter(SIM_FRONT);
	ssize_t done = file->f_op->write(file, data, size, offset);

	sim_enter(was);
	return done;
}

static ssize_t read_at(struct file *file, void *data, size_t size,
		       sim_loff_t *offset)
{
	enum sim_domain was = sim_enter(SIM_FRONT);
	ssize_t done = file->f_op->read(file, data, size, offset);

	sim_enter(was);
	return done;
}

ssize_t sim_file_write(struct file *file, const void *data, size_t size)
{
	return write_at(file, data, size, &file->f_pos);
}

ssize_t sim_file_read(struct file *file, void *data, size_t size)
{
	return read_at(file, data, size, &file->f_pos);
}

ssize_t sim_file_pwrite(struct file *file, const void *data, size_t size,
			long long offset)
{
	return write_at(file, data, size, &offset);
}

ssize_t sim_file_pread(struct file *file, void *data, size_t size,
		       long long offset)
{
	return read_at(file, data, size, &offset);
}

long long sim_file_seek(struct file *file, long long offset, int whence)
{
	enum sim_domain was = sim_enter(SIM_FRONT);
	long long pos = file->f_op->llseek(file, offset, whence);

	sim_enter(was);
	return pos;
}

/* Without SEEK_DATA and SEEK_HOLE. */
sim_loff_t fixed_size_llseek(struct file *file, sim_loff_t offset, int whence,
			     sim_loff_t size)
{
	if (whence == SEEK_END)
		offset += size;
	else if (whence == SEEK_CUR)
		offset += file->f_pos;
	if (offset < 0 || offset > size)
		return -EINVAL;
	file->f_pos = offset;
	return offset;
}

unsigned int sim_file_poll(struct file *file)
{
	enum sim_domain was = sim_enter(SIM_FRONT);
	poll_table table = { 0 };
	unsigned int mask = file->f_op->poll(file, &table);

	sim_enter(was);
	return mask;
}

void sim_close(struct file *file)
{
	enum sim_domain was = sim_enter(SIM_FRONT);

	if (file->f_op->release)
		file->f_op->release(&(struct inode){ 0 }, file);
	free(file);
	nr_files--;
	sim_enter(was);
}

int hwrng_register(struct hwrng *rng)
{
	sim_may_sleep("hwrng_register()");
	if (sim_memory_short && !sim_random(16))
		return -ENOMEM;
	rng->next = sources;
	rng->readers = 0;
	sources = rng;
	sim_point();
	return 0;
}

static bool has_no_reader(void *argument)
{
	return !((struct hwrng *)argument)->readers;
}

/* Waits for those who read: the driver must let them go before. */
void hwrng_unregister(struct hwrng *rng)
{
	struct hwrng **p = &sources;

	sim_may_sleep("hwrng_unregister()");
	while (*p && *p != rng)
		p = &(*p)->next;
	if (!*p) {
		sim_problem("the source of entropy %s is not registered",
			    rng->name);
		return;
	}
	*p = rng->next;
	while (rng->readers)
		sim_block(has_no_reader, rng, "readers of entropy");
}

static struct hwrng *find_source(const char *name)
{
	struct hwrng *rng = sources;

	while (rng && strcmp(rng->name, name))
		rng = rng->next;
	return rng;
}

bool sim_has_entropy(const char *name)
{
	return find_source(name);
}

ssize_t sim_entropy(const char *name, void *data, size_t size, bool wait)
{
	struct hwrng *rng = find_source(name);
	enum sim_domain was;
	ssize_t done;

	if (!rng)
		return -ENODEV;
	was = sim_enter(SIM_FRONT);
	rng->readers++;
	done = rng->read(rng, data, size, wait);
	rng->readers--;
	sim_enter(was);
	return done;
}

void get_random_bytes(void *data, size_t size)
{
	u8 *p = data;

	while (size--)
		*p++ = sim_random(256);
}

u32 get_random_u32(void)
{
	return sim_random(UINT_MAX);
}

void sim_end_users(void)
{
	unsigned int i;

	for (i = 0; i < MAX_USERS; i++)
		if (users[i].used && !users[i].done)
			sim_problem("a user hangs");
	memset(users, 0, sizeof(users));
	for (; miscs; miscs = miscs->next)
		sim_problem("/dev/%s is left", miscs->name);
	for (; sources; sources = sources->next)
		sim_problem("the source of entropy %s is left", sources->name);
	if (nr_files)
		sim_problem("%d files are left open", nr_files);
	nr_files = 0;
}
