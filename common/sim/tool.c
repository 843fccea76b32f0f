// SPDX-License-Identifier: GPL-2.0
/* The toolstack: it makes and removes directories, and saves and restores the guest. */
#include <stdlib.h>

#include "world.h"

int sim_back_init(void);
void sim_back_exit(void);
int sim_front_init(void);
void sim_front_exit(void);

static bool loaded[SIM_DOMAINS];
static unsigned int
	back_number; /* of the back's directory: another one after each restore */

static const char *directory(enum sim_domain end)
{
	static char dirs[2][SIM_PATH_MAX];

	if (end == SIM_FRONT)
		snprintf(dirs[end], SIM_PATH_MAX, "/local/domain/1/device/%s/0",
			 sim_class.type);
	else
		snprintf(dirs[end], SIM_PATH_MAX,
			 "/local/domain/%d/backend/%s/1/%u",
			 sim_domid(SIM_BACK), sim_class.type, back_number);
	return dirs[end];
}

static const char *key_path(enum sim_domain end, const char *key)
{
	static char path[SIM_PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", directory(end), key);
	return path;
}

void sim_write(enum sim_domain end, const char *key, const char *value)
{
	sim_put(key_path(end, key), value);
}

const char *sim_read(enum sim_domain end, const char *key)
{
	return sim_get(key_path(end, key));
}

int sim_state(enum sim_domain end)
{
	const char *state = sim_read(end, "state");

	return state ? atoi(state) : XenbusStateUnknown;
}

bool sim_has_error(enum sim_domain end)
{
	char path[SIM_PATH_MAX], own[SIM_PATH_MAX];

	sim_absolute(own, end, "");
	snprintf(path, sizeof(path), "%s/error%s", own,
		 directory(end) + strlen(own));
	return sim_exists(path);
}

bool sim_is_up(void)
{
	return sim_state(SIM_BACK) == XenbusStateConnected &&
	       sim_state(SIM_FRONT) == XenbusStateConnected;
}

void sim_load(enum sim_domain end)
{
	enum sim_domain was = sim_enter(end);
	int err = end == SIM_BACK ? sim_back_init() : sim_front_init();

	sim_enter(was);
	loaded[end] = !err;
	if (err && !sim_memory_short)
		sim_problem("a driver does not load: %d", err);
}

void sim_unload(enum sim_domain end)
{
	enum sim_domain was;

	if (!loaded[end])
		return;
	sim_may_forsake |= end == SIM_FRONT;
	while (end == SIM_FRONT && !sim_front_may_go()) {
		sim_unbind_all(end);
		sim_wait_for_files();
	}
	was = sim_enter(end);
	if (end == SIM_BACK)
		sim_back_exit();
	else
		sim_front_exit();
	sim_enter(was);
	sim_front_is_gone();
	loaded[end] = false;
}

void sim_unbind(enum sim_domain end)
{
	sim_may_forsake |= end == SIM_FRONT;
	sim_unbind_all(end);
}

void sim_bind(enum sim_domain end)
{
	sim_bind_all(end);
}

static void write_keys(enum sim_domain end, const char *const *keys)
{
	for (; keys && *keys; keys += 2)
		sim_write(end, keys[0], keys[1]);
}

static void make_back(void)
{
	sim_write(SIM_BACK, "frontend", directory(SIM_FRONT));
	sim_write(SIM_BACK, "frontend-id", "1");
	sim_write(SIM_BACK, "online", "1");
	sim_write(SIM_BACK, "state", "1");
	write_keys(SIM_BACK, sim_class.back_keys);
}

static void name_back(void)
{
	char domid[12];

	snprintf(domid, sizeof(domid), "%d", sim_domid(SIM_BACK));
	sim_write(SIM_FRONT, "backend-id", domid);
	sim_write(SIM_FRONT, "backend", directory(SIM_BACK));
}

void sim_attach(void)
{
	sim_may_forsake = sim_memory_short;
	make_back();
	name_back();
	write_keys(SIM_FRONT, sim_class.front_keys);
	sim_write(SIM_FRONT, "state", "1");
}

void sim_detach(void)
{
	sim_write(SIM_BACK, "online", "0");
	sim_write(SIM_BACK, "state", "5");
}

void sim_destroy(void)
{
	sim_may_forsake = true;
	sim_remove(directory(SIM_FRONT));
	sim_some_steps(20);
	sim_remove(directory(SIM_BACK));
}

/* A domain that is gone: xenstored has removed its directory, and Xen all that it had. */
void sim_destroy_end(enum sim_domain end)
{
	char path[SIM_PATH_MAX];

	sim_may_forsake = true;
	if (end == SIM_FRONT) {
		sim_remove(directory(end));
		return;
	}
	sim_stop_bus(end);
	sim_remove(sim_absolute(path, end, ""));
	sim_unload(end);
	sim_drop_devices(end);
	/* What the driver has written on its way out is of no domain. */
	sim_remove(path);
}

void sim_replace_back(void)
{
	char path[SIM_PATH_MAX];

	sim_set_back_domid(sim_domid(SIM_BACK) + 2);
	sim_put(strcat(sim_absolute(path, SIM_BACK, ""), "/domid"), "");
	sim_start_bus(SIM_BACK);
	sim_load(SIM_BACK);
	make_back();
	name_back();
}

void sim_resume(void)
{
	sim_freeze(SIM_FRONT, true);
	sim_may_forsake = true;
	sim_remove(directory(SIM_BACK));
	sim_settle();
	back_number++;
	sim_remove(directory(SIM_FRONT));
	make_back();
	name_back();
	write_keys(SIM_FRONT, sim_class.front_keys);
	sim_write(SIM_FRONT, "state", "1");
	sim_some_steps(50);
	sim_drop_watch_events(SIM_FRONT);
	sim_fire_all(SIM_FRONT);
	sim_freeze(SIM_FRONT, false);
	sim_resume_devices();
}

void *sim_shared_page(void)
{
	static const char *const names[] = { "ring-ref", "ring-ref0",
					     "queue-0/ring-ref",
					     "queue-0/ring-ref0" };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		const char *ref = sim_read(SIM_FRONT, names[i]);

		if (ref)
			return sim_granted_page(strtoul(ref, NULL, 10));
	}
	return NULL;
}

/* Xen and both domains, as a host boots. */
void sim_boot(void)
{
	sim_set_back_domid(0);
	back_number = 0;
	sim_may_forsake = false;
	sim_put("/local/domain/0/domid", "0");
	sim_put("/local/domain/1/domid", "1");
	sim_start_bus(SIM_BACK);
	sim_start_bus(SIM_FRONT);
}

/* All that is there is taken away. */
void sim_shut_down(void)
{
	sim_may_forsake = true;
	sim_unload(SIM_FRONT);
	sim_unload(SIM_BACK);
	sim_destroy();
	sim_settle();
	sim_stop_bus(SIM_BACK);
	sim_stop_bus(SIM_FRONT);
}
