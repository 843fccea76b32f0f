/* SPDX-License-Identifier: GPL-2.0 */
/* What users of a class see: character devices, memory of a user, a source of entropy. */
#ifndef SIM_USERS_H
#define SIM_USERS_H

#include "memory.h"

struct inode {
	void *private;
};
struct file;
typedef unsigned int __poll_t;
#define EPOLLIN 1U
#define EPOLLOUT 4U
#define EPOLLERR 8U
#define EPOLLHUP 16U
#define EPOLLRDNORM 64U
#define EPOLLWRNORM 256U
#define O_NONBLOCK 04000
typedef struct poll_table_struct {
	int unused;
} poll_table;
#define poll_wait(file, queue, table) ((void)(file), (void)(queue), (void)(table))

struct file_operations {
	struct module *owner;
	sim_loff_t (*llseek)(struct file *file, sim_loff_t offset, int whence);
	ssize_t (*read)(struct file *file, char __user *data, size_t size, sim_loff_t *offset);
	ssize_t (*write)(struct file *file, const char __user *data, size_t size,
			 sim_loff_t *offset);
	__poll_t (*poll)(struct file *file, struct poll_table_struct *table);
	long (*unlocked_ioctl)(struct file *file, unsigned int command, unsigned long argument);
	long (*compat_ioctl)(struct file *file, unsigned int command, unsigned long argument);
	int (*open)(struct inode *inode, struct file *file);
	int (*release)(struct inode *inode, struct file *file);
};
struct file {
	unsigned int f_flags;
	sim_loff_t f_pos;
	void *private_data;
	const struct file_operations *f_op;
};
#define no_llseek NULL
#define noop_llseek NULL
#define nonseekable_open(inode, file) 0
#define stream_open(inode, file) 0
sim_loff_t fixed_size_llseek(struct file *file, sim_loff_t offset, int whence, sim_loff_t size);

#define MISC_DYNAMIC_MINOR 255
struct miscdevice {
	int minor;
	const char *name;
	const struct file_operations *fops;
	struct device *parent;
	struct device *this_device;
	const char *nodename;
	unsigned short mode;
	struct miscdevice *next; /* of this simulator */
};
int misc_register(struct miscdevice *misc);
void misc_deregister(struct miscdevice *misc);

/* Return: how many bytes could not be copied. */
unsigned long copy_from_user(void *to, const void __user *from, unsigned long n);
unsigned long copy_to_user(void __user *to, const void *from, unsigned long n);
ssize_t simple_read_from_buffer(void __user *to, size_t size, sim_loff_t *offset, const void *from,
				size_t available);
#define put_user(v, p) (*(p) = (v), 0)
#define get_user(v, p) ((v) = *(p), 0)
#define memdup_user(from, n) kmemdup(from, n, GFP_KERNEL)

struct hwrng {
	const char *name;
	int (*init)(struct hwrng *rng);
	void (*cleanup)(struct hwrng *rng);
	int (*read)(struct hwrng *rng, void *data, size_t max, bool wait);
	unsigned long priv;
	unsigned short quality;
	struct hwrng *next; /* of this simulator */
	int readers; /* of this simulator */
};
int hwrng_register(struct hwrng *rng);
void hwrng_unregister(struct hwrng *rng);
#define rng_is_initialized() true
void get_random_bytes(void *data, size_t size);
u32 get_random_u32(void);

#endif /* SIM_USERS_H */
