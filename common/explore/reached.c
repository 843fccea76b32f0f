// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>

#include "reached.h"

struct reached reached;

static void *grown(void *p, size_t nr, size_t size)
{
	p = realloc(p, nr * size);
	if (!p) {
		fprintf(stderr, "out of memory for %zu worlds\n", nr);
		exit(2);
	}
	return p;
}

/* The slot of a world, or the empty slot for it. */
static u32 *slot_of(const union world *w)
{
	u64 h = (w->word[0] ^ w->word[1] * 0x9e3779b97f4a7c15) * 0xd6e8feb86659fd93;
	u32 i;

	h = (h ^ h >> 32) * 0xd6e8feb86659fd93;
	for (i = h >> 32; reached.slot[i & reached.mask]; i++) {
		const union world *known = &reached.world[reached.slot[i & reached.mask] - 1];

		if (known->word[0] == w->word[0] && known->word[1] == w->word[1])
			break;
	}
	return &reached.slot[i & reached.mask];
}

static void grow(void)
{
	u32 i;

	reached.room = reached.room ? 2 * reached.room : 1 << 16;
	reached.world = grown(reached.world, reached.room, sizeof(*reached.world));
	reached.parent = grown(reached.parent, reached.room, sizeof(*reached.parent));
	reached.move = grown(reached.move, reached.room, 1);
	reached.mask = 2 * reached.room - 1;
	reached.slot = grown(reached.slot, reached.mask + 1, sizeof(*reached.slot));
	memset(reached.slot, 0, (reached.mask + 1) * sizeof(*reached.slot));
	for (i = 0; i < reached.nr; i++)
		*slot_of(&reached.world[i]) = i + 1;
}

void reached_add(const union world *w, u32 parent, u8 move)
{
	u32 *slot;

	if (reached.nr == reached.room)
		grow();
	slot = slot_of(w);
	if (*slot)
		return;
	reached.world[reached.nr] = *w;
	reached.parent[reached.nr] = parent;
	reached.move[reached.nr] = move;
	*slot = ++reached.nr;
}

u32 reached_find(const union world *w)
{
	return *slot_of(w) - 1;
}

enum { NEW, OPEN, DONE };

/* A world on the current path, and the worlds that follow it by themselves. */
struct frame {
	u32 at;
	unsigned int nr;
	u32 next[OWN_MOVES];
};

static struct frame *path;
static u32 depth, path_room;

static void descend(u32 at)
{
	struct frame *f;
	union world after;
	unsigned int move;

	if (depth == path_room) {
		path_room = path_room ? 2 * path_room : 256;
		path = grown(path, path_room, sizeof(*path));
	}
	f = &path[depth++];
	f->at = at;
	f->nr = 0;
	for (move = 0; move < OWN_MOVES; move++)
		if (world_move(&reached.world[at], move, &after))
			f->next[f->nr++] = reached_find(&after);
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

		if (!f->nr) {
			colour[f->at] = DONE;
			depth--;
			continue;
		}
		next = f->next[--f->nr];
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
	u8 *colour = calloc(reached.nr, 1);
	bool is_cycle = false;
	u32 i, first = 0, nr = 0;

	if (!colour)
		exit(2);
	for (i = 0; i < reached.nr && !is_cycle; i++)
		if (colour[i] == NEW)
			is_cycle = cycle_from(i, colour, &first);
	if (is_cycle) {
		*cycle = grown(NULL, depth - first, sizeof(**cycle));
		for (i = first; i < depth; i++)
			(*cycle)[nr++] = path[i].at;
	}
	free(colour);
	free(path);
	return nr;
}
