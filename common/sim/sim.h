/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The simulator of a class of split drivers: what the scenario of a class, its sim.c,
 * uses. README.md says how to write one.
 *
 * A scenario runs as the toolstack: it writes to xenstore, loads and unloads the drivers
 * of both ends, and starts users in the guest. The functions that wait let everything
 * else happen meanwhile, in an order that is drawn from the seed.
 */
#ifndef SIM_H
#define SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum sim_domain { SIM_BACK, SIM_FRONT, SIM_TOOLS, SIM_DOMAINS };

/**
 * struct sim_class - what the simulator has to know of a class
 * @type:      type of the devices
 * @back_keys: what the tools and the hotplug script write into the back's directory: NAME, VALUE,
 *             ..., NULL
 * @front_keys: the same for the front's; NULL: none
 * @live:      NAME, VALUE, VALUE, ..., NULL: a live key and values that are valid; NULL: none
 * @has_live:  whether the device does what that value of the live key says; NULL: not known
 * @user:      uses the device once, and checks what comes back. It runs as a task of the guest,
 *             which may be interrupted by a signal. Returns 0, or a negative errno: the device was
 *             taken away. It must not return while it holds something
 * @hold:      open the device, so that a detach is refused; NULL: the class has no such thing
 * @let_go:    close it again
 * @life:      a scenario of the class alone, beside those that all classes have; NULL: none
 */
struct sim_class {
	const char *type;
	const char *const *back_keys;
	const char *const *front_keys;
	const char *const *live;
	bool (*has_live)(const char *value);
	int (*user)(void);
	bool (*hold)(void);
	void (*let_go)(void);
	void (*life)(void);
};

/* The class that is linked in: its sim.c defines it. */
extern const struct sim_class sim_class;

/* The drivers of both ends. Loading one has it probe the devices that there are. */
void sim_load(enum sim_domain end);
void sim_unload(enum sim_domain end);
/* Unbind the device of one end from its driver, and bind it again. */
void sim_unbind(enum sim_domain end);
void sim_bind(enum sim_domain end);

/* Make both directories, as a toolstack does, with the keys of the class. */
void sim_attach(void);
/* Ask for a detach: online 0, state Closing. */
void sim_detach(void);
/* Take both directories away, whatever state they are in. */
void sim_destroy(void);
/* Take only one away: the domain of that end is gone. */
void sim_destroy_end(enum sim_domain end);
/* Name another directory of the back, after the driver of the former one has left. */
void sim_replace_back(void);
/* Save the guest and restore it beside a new back. */
void sim_resume(void);

/* A key of one end's directory. The value is valid until the next call; NULL: there is none. */
void sim_write(enum sim_domain end, const char *key, const char *value);
const char *sim_read(enum sim_domain end, const char *key);
int sim_state(enum sim_domain end);
/* Whether an error is told for that end. */
bool sim_has_error(enum sim_domain end);
/* Whether both ends are Connected. */
bool sim_is_up(void);

/* Let everything happen that can, until all is quiet, and timers that are due within @ms. */
void sim_settle(void);
void sim_settle_for(unsigned int ms);
/* Let a few things happen, a random number of at most @steps. */
void sim_some_steps(unsigned int steps);
/* The simulated time, in ms. */
unsigned long long sim_now_ms(void);

/* Start a user in the guest; it calls the function once. At most 8 at a time. */
struct sim_user;
struct sim_user *sim_user_start(int (*function)(void));
bool sim_user_is_done(const struct sim_user *user);
/* Wait until it has returned, and return its result. A user that hangs is a problem. */
int sim_user_result(struct sim_user *user);
void sim_user_signal(struct sim_user *user);

/* What a user calls: files of misc devices, by name, and entropy. Negative: an errno. */
struct file;
struct file *sim_open(const char *name, bool nonblock, int *error);
ssize_t sim_file_write(struct file *file, const void *data, size_t size);
ssize_t sim_file_read(struct file *file, void *data, size_t size);
ssize_t sim_file_pwrite(struct file *file, const void *data, size_t size, long long offset);
ssize_t sim_file_pread(struct file *file, void *data, size_t size, long long offset);
long long sim_file_seek(struct file *file, long long offset, int whence);
unsigned int sim_file_poll(struct file *file);
void sim_close(struct file *file);
bool sim_has_misc(const char *name);
ssize_t sim_entropy(const char *name, void *data, size_t size, bool wait);
bool sim_has_entropy(const char *name);

/* The shared page of a ring, as the hostile end of the other domain has it: index of its ring. */
void *sim_shared_page(void);
/* Have an event arrive at that end of all channels, with a reason or without. */
void sim_raise(enum sim_domain end);

/* Count a check. If it is false, the life fails and says what was expected. */
#define sim_expect(condition, ...) \
	sim_expect_at(condition, __FILE__, __LINE__, __VA_ARGS__)
void sim_expect_at(bool condition, const char *file, int line, const char *fmt,
		   ...) __attribute__((format(printf, 4, 5)));
/* A number below @n, drawn from the seed. */
unsigned int sim_random(unsigned int n);
/* A line that is only shown in the replay of a seed. */
void sim_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif /* SIM_H */
