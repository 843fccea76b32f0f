// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "reached.h"

struct reached reached;

/*
 * Nearly all time goes into memory that is not in the cache. So big arrays lie on huge pages,
 * and a world waits for its turn in a queue, while the memory that its look-up needs is fetched.
 */
#define HUGE_PAGE (2ul << 20)
#define QUEUE 64
/* A world looks for its slot when so many others are behind it, and is added then. */
#define SLOT_FETCHED 16
#define WORLD_FETCHED 32

static struct {
	union world world;
	u32 parent, hash;
	u8 move;
} queue[QUEUE];
static unsigned int queued, peeked, added;

/* Worlds that follow by OWN_MOVES; those of world i begin at follows_from[i]. */
static u32 *follows, *follows_from;
static u32 nr_follows, follows_room;

static void *checked(void *p, size_t nr)
{
	if (p && p != MAP_FAILED)
		return p;
	fprintf(stderr, "out of memory for %zu worlds\n", nr);
	exit(2);
}

/* Moves an array of @old items to where there is room for @nr. What is new is zero. */
static void *grown(void *p, size_t old, size_t nr, size_t size)
{
	size_t bytes = nr * size;
	char *q = checked(mmap(NULL, bytes + HUGE_PAGE, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
			  nr);

	/* Huge pages are aligned. */
	q += -(uintptr_t)q & (HUGE_PAGE - 1);
	madvise(q, bytes, MADV_HUGEPAGE);
	if (old) {
		memcpy(q, p, old * size);
		munmap(p, old * size);
	}
	return q;
}

static u32 hash_of(const union world *w)
{
	u64 h = (w->word[0] ^ w->word[1] * 0x9e3779b97f4a7c15) * 0xd6e8feb86659fd93;

	h = (h ^ h >> 32) * 0xd6e8feb86659fd93;
	return h >> 32;
}

/* The slot of a world, or the empty slot for it. */
static u32 *slot_of(const union world *w, u32 hash)
{
	u32 i;

	for (i = hash; reached.slot[i & reached.mask]; i++) {
		const union world *known = &reached.world[reached.slot[i & reached.mask] - 1];

		if (known->word[0] == w->word[0] && known->word[1] == w->word[1])
			break;
	}
	return &reached.slot[i & reached.mask];
}

static void grow(void)
{
	u32 nr = reached.nr, room = reached.room ? 2 * reached.room : 1 << 16;
	u32 i, at;

	reached.room = room;
	reached.world = grown(reached.world, nr, room, sizeof(*reached.world));
	reached.parent = grown(reached.parent, nr, room, sizeof(*reached.parent));
	reached.move = grown(reached.move, nr, room, 1);
	follows_from = grown(follows_from, nr ? nr + 1 : 0, room + 1, sizeof(*follows_from));
	reached.mask = 2 * room - 1;
	if (nr)
		munmap(reached.slot, nr * 2 * sizeof(*reached.slot));
	reached.slot = grown(NULL, 0, reached.mask + 1, sizeof(*reached.slot));
	/* Each world is there once: there is nothing to compare. */
	for (i = 0; i < nr; i++) {
		for (at = hash_of(&reached.world[i]); reached.slot[at & reached.mask];)
			at++;
		reached.slot[at & reached.mask] = i + 1;
	}
}

static void note_follower(u32 parent, u32 at)
{
	if (nr_follows == follows_room) {
		follows_room = follows_room ? 2 * follows_room : 1 << 17;
		follows = grown(follows, nr_follows, follows_room, sizeof(*follows));
	}
	follows[nr_follows++] = at;
	follows_from[parent + 1] = nr_follows;
}

static void add(const union world *w, u32 hash, u32 parent, u8 move)
{
	u32 *slot;

	if (reached.nr == reached.room)
		grow();
	slot = slot_of(w, hash);
	if (!*slot) {
		reached.world[reached.nr] = *w;
		reached.parent[reached.nr] = parent;
		reached.move[reached.nr] = move;
		*slot = ++reached.nr;
	}
	if (move < OWN_MOVES)
		note_follower(parent, *slot - 1);
}

/* Goes on: @peek worlds at most wait for a look at their slot, and @last to be added. */
static void go_on(unsigned int peek, unsigned int last)
{
	for (; queued - peeked > peek; peeked++) {
		u32 slot = reached.room ? reached.slot[queue[peeked % QUEUE].hash & reached.mask] :
					  0;

		if (slot)
			__builtin_prefetch(&reached.world[slot - 1]);
	}
	for (; queued - added > last; added++)
		add(&queue[added % QUEUE].world, queue[added % QUEUE].hash,
		    queue[added % QUEUE].parent, queue[added % QUEUE].move);
}

void reached_add(const union world *w, u32 parent, u8 move)
{
	u32 hash = hash_of(w);

	__builtin_prefetch(&reached.slot[hash & reached.mask]);
	queue[queued % QUEUE].world = *w;
	queue[queued % QUEUE].hash = hash;
	queue[queued % QUEUE].parent = parent;
	queue[queued++ % QUEUE].move = move;
	go_on(SLOT_FETCHED, WORLD_FETCHED);
}

bool reached_has(u32 at)
{
	if (at >= reached.nr)
		go_on(0, 0);
	return at < reached.nr;
}

enum { NEW, OPEN, DONE };

/* A world on the current path; those that follow are still to visit from @from to @to. */
struct frame {
	u32 at, from, to;
};

static struct frame *path;
static u32 depth, path_room;

static void descend(u32 at)
{
	struct frame *f;

	if (depth == path_room) {
		path_room = path_room ? 2 * path_room : 256;
		path = grown(path, depth, path_room, sizeof(*path));
	}
	f = &path[depth++];
	f->at = at;
	f->from = follows_from[at];
	f->to = follows_from[at + 1];
}

/* Depth first. A world that is met again while it is OPEN is on a cycle. */
static bool cycle_from(u32 start, u8 *colour, u32 *first)
{
	depth = 0;
	colour[start] = OPEN;
	descend(start);
	while (depth) {
		struct frame *f = &path[depth - 1];
		u32 next;

		if (f->from == f->to) {
			colour[f->at] = DONE;
			depth--;
			continue;
		}
		next = follows[--f->to];
		if (colour[next] == OPEN) {
			for (*first = 0; path[*first].at != next;)
				++*first;
			return true;
		}
		if (colour[next] == NEW) {
			colour[next] = OPEN;
			descend(next);
		}
	}
	return false;
}

u32 reached_cycle(u32 **cycle)
{
	u8 *colour = grown(NULL, 0, reached.nr, 1);
	bool is_cycle = false;
	u32 i, first = 0, nr = 0;

	/* Nothing follows by itself. */
	for (i = 1; i <= reached.nr; i++)
		if (!follows_from[i])
			follows_from[i] = follows_from[i - 1];
	for (i = 0; i < reached.nr && !is_cycle; i++)
		if (colour[i] == NEW)
			is_cycle = cycle_from(i, colour, &first);
	if (is_cycle) {
		*cycle = checked(calloc(depth - first, sizeof(**cycle)), depth);
		for (i = first; i < depth; i++)
			(*cycle)[nr++] = path[i].at;
	}
	return nr;
}
