/* SPDX-License-Identifier: GPL-2.0 */
/* A vbd in a store in memory, and a job for it. */
#ifndef HOTPLUG_UNIT_FIXTURE_H
#define HOTPLUG_UNIT_FIXTURE_H

#include "agent.h"
#include "fake_store.h"

#define VBD "backend/vbd/5/51712"

struct fixture {
	struct fake_store store;
	struct deadline deadline;
	struct job job;
};

/* A vbd 5/51712 in state 2 with these params. Its root is the scratch. */
void fixture_init(struct fixture *f, const char *params, const char *mode);
void fixture_end(struct fixture *f);

/* Make a new job for the same vbd. */
void fixture_again(struct fixture *f);

/* Check that agent_add() fails with this message and writes it to the store. */
void expect_refused(struct fixture *f, enum message id);

#endif
