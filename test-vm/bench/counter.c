// SPDX-License-Identifier: GPL-2.0
/*
 * A TCG plugin for QEMU: counts what each virtual CPU executes, by layer. The program
 * `sample` in dom0 marks moments by an instruction that does nothing else; each mark
 * copies all counts into the file that the harness reads:
 *
 *   -plugin counter.so,out=FILE
 *
 * counter.py has the file's layout and the names once more.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/*
 * Debian packages no header of QEMU's plugin API. This is what is used of version 1, as in
 * QEMU 6.0 to 8.2 (include/qemu/qemu-plugin.h). Version 2 has another qemu_plugin_insn_data();
 * such a QEMU refuses a plugin that says 1.
 */
typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum { NO_REGISTERS };
typedef void translated_fn(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
typedef void executed_fn(unsigned int cpu, void *data);

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, translated_fn *fn);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, executed_fn *fn, int flags,
					  void *data);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, executed_fn *fn,
					    int flags, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);

#define EXPORT	__attribute__((visibility("default")))
EXPORT int qemu_plugin_version = 1;

enum layer { USER, KERNEL, MODULE, XEN, LAYERS };

enum event {
	INSTRUCTIONS,	/* a rep instruction is one, however many turns it makes */
	LOCKED,
	UNLOCKED,	/* a kernel with one CPU has overwritten the lock prefix */
	SYSCALL,	/* in a PV kernel: a hypercall */
	CR3,
	HLT,
	INVLPG,
	WRMSR,
	REP_TURNS,
	REP_COPIED,	/* bytes, by movs */
	REP_FILLED,	/* bytes, by stos */
	EVENTS = 16
};

#define CPUS	8
#define MARKS	4096		/* the last ones are kept */
#define MARK	"\x0f\x1f\x84\0xbmk"	/* nopl 0x6b6d6278(%rax,%rax), in dom0/sample.c */
#define MARK_SIZE 8

typedef uint64_t counts_t[CPUS][LAYERS][EVENTS];

static struct shared {
	uint64_t marks;
	uint64_t unused[511];
	counts_t now;
	counts_t at[MARKS];
} *shared;

/* The rep instruction that a CPU executed last, and INSTRUCTIONS of its layer at that time. */
static struct {
	uintptr_t rep;
	uint64_t instructions;
} __attribute__((aligned(128))) last[CPUS];

/* A kernel without KASLR has its modules lower: Debian's is built with it. */
static enum layer find_layer(uint64_t address)
{
	if (address < 1ull << 47)
		return USER;
	if (address < 0xffff880000000000)	/* HYPERVISOR_VIRT_END */
		return XEN;
	return address < 0xffffffffc0000000 ? KERNEL : MODULE;
}

struct decoded {
	bool lock, ds, rep, wide, narrow;
	const uint8_t *code;	/* the opcode, behind the prefixes */
	size_t left;		/* bytes from there */
};

static struct decoded decode_prefixes(const uint8_t *bytes, size_t size)
{
	struct decoded d = {};

	for (; size > 1; bytes++, size--) {
		if (*bytes == 0xf0)
			d.lock = true;
		else if (*bytes == 0x3e)
			d.ds = true;
		else if (*bytes == 0xf2 || *bytes == 0xf3)
			d.rep = true;
		else if (*bytes == 0x66)
			d.narrow = true;
		else if ((*bytes & 0xf0) == 0x40)
			d.wide = *bytes & 8;
		else if (*bytes != 0x2e && (*bytes & 0xfe) != 0x64)
			break;
	}
	d.code = bytes;
	d.left = size;
	return d;
}

static int reg_field(uint8_t modrm)
{
	return modrm >> 3 & 7;
}

/* Whether a two-byte instruction may have a lock prefix. */
static bool can_lock_0f(const struct decoded *d)
{
	int reg;

	if (d->left < 3 || d->code[2] >= 0xc0)
		return false;
	reg = reg_field(d->code[2]);
	switch (d->code[1]) {
	case 0xab: /* bts */
	case 0xb3: /* btr */
	case 0xbb: /* btc */
	case 0xb0: /* cmpxchg, of a byte and of more */
	case 0xb1:
	case 0xc0: /* xadd, the same */
	case 0xc1:
		return true;
	case 0xba: /* bts, btr, btc by a number */
		return reg >= 5;
	case 0xc7: /* cmpxchg8b, cmpxchg16b */
		return reg == 1;
	}
	return false;
}

/* Whether an instruction may have a lock prefix: it changes memory, and is one of a few. */
static bool can_lock(const struct decoded *d)
{
	uint8_t code = d->code[0];
	int reg;

	if (code == 0x0f)
		return can_lock_0f(d);
	if (d->left < 2 || d->code[1] >= 0xc0)
		return false;
	reg = reg_field(d->code[1]);
	if (code < 0x38)
		return (code & 7) < 2;		/* add, or, adc, sbb, and, sub, xor */
	if (code >= 0x80 && code <= 0x83)
		return reg < 7;
	if (code == 0xf6 || code == 0xf7)
		return reg == 2 || reg == 3;	/* not, neg */
	return (code == 0xfe || code == 0xff) && reg < 2;
}

static bool is_xchg_with_memory(const struct decoded *d)
{
	return (d->code[0] & 0xfe) == 0x86 && d->left > 1 && d->code[1] < 0xc0;
}

/* movs, cmps, stos, lods, scas: a rep prefix makes a loop of them. */
static bool is_string(uint8_t code)
{
	return (code >= 0xa4 && code <= 0xa7) || (code >= 0xaa && code <= 0xaf);
}

/* What an instruction is counted as beside being one; INSTRUCTIONS if nothing. */
static enum event find_event(const struct decoded *d)
{
	const uint8_t *code = d->code;

	if (d->lock || is_xchg_with_memory(d))
		return LOCKED;
	if (d->ds && can_lock(d))
		return UNLOCKED;
	if (code[0] == 0xf4)
		return HLT;
	if (code[0] != 0x0f || d->left < 2)
		return INSTRUCTIONS;
	if (code[1] == 0x05)
		return SYSCALL;
	if (code[1] == 0x30)
		return WRMSR;
	if (d->left > 2 && code[1] == 0x22 && reg_field(code[2]) == 3)
		return CR3;
	if (d->left > 2 && code[1] == 0x01 && reg_field(code[2]) == 7 && code[2] < 0xc0)
		return INVLPG;
	return INSTRUCTIONS;
}

static bool is_mark(const uint8_t *bytes, size_t size)
{
	return size == MARK_SIZE && !memcmp(bytes, MARK, size);
}

/* Callbacks: what is known of the code is packed into the pointer, its layer in bits 0 and 1. */

static void count_block(unsigned int cpu, void *data)
{
	uintptr_t what = (uintptr_t)data;

	if (cpu < CPUS)
		shared->now[cpu][what & 3][INSTRUCTIONS] += what >> 2;
}

/* Event in bits 2 to 5. */
static void count_event(unsigned int cpu, void *data)
{
	uintptr_t what = (uintptr_t)data;

	if (cpu < CPUS)
		shared->now[cpu][what & 3][what >> 2 & 15]++;
}

/*
 * A turn of a rep instruction. Event in bits 2 to 5, bytes in 6 to 9, address above. QEMU makes
 * each turn a run of the instruction. It is a further turn if nothing else ran in this layer.
 */
static void count_turn(unsigned int cpu, void *data)
{
	uintptr_t what = (uintptr_t)data;
	uint64_t *counts;

	if (cpu >= CPUS)
		return;
	counts = shared->now[cpu][what & 3];
	counts[REP_TURNS]++;
	if ((what >> 2 & 15) != REP_TURNS)
		counts[what >> 2 & 15] += what >> 6 & 15;
	if (last[cpu].rep == what && last[cpu].instructions == counts[INSTRUCTIONS])
		return;
	last[cpu].rep = what;
	last[cpu].instructions = ++counts[INSTRUCTIONS];
}

static void keep_mark(unsigned int cpu, void *data)
{
	(void)cpu;
	(void)data;
	memcpy(shared->at[shared->marks % MARKS], shared->now, sizeof(shared->now));
	__atomic_fetch_add(&shared->marks, 1, __ATOMIC_RELEASE);
}

static uintptr_t pack_turn(const struct decoded *d, uint64_t address, enum layer layer)
{
	uint8_t kind = d->code[0] & 0xfe;
	uintptr_t event = kind == 0xa4 ? REP_COPIED : kind == 0xaa ? REP_FILLED : REP_TURNS;
	uintptr_t bytes = !(d->code[0] & 1) ? 1 : d->wide ? 8 : d->narrow ? 2 : 4;

	return (uintptr_t)address << 10 | bytes << 6 | event << 2 | layer;
}

/* Watches an instruction if it is of interest; false if it is counted by its turns alone. */
static bool watch_instruction(struct qemu_plugin_insn *insn, enum layer layer)
{
	const uint8_t *bytes = qemu_plugin_insn_data(insn);
	size_t size = qemu_plugin_insn_size(insn);
	struct decoded d = decode_prefixes(bytes, size);
	uintptr_t event;

	if (d.rep && is_string(d.code[0])) {
		event = pack_turn(&d, qemu_plugin_insn_vaddr(insn), layer);
		qemu_plugin_register_vcpu_insn_exec_cb(insn, count_turn, NO_REGISTERS,
						       (void *)event);
		return false;
	}
	if (layer == USER && is_mark(bytes, size))
		qemu_plugin_register_vcpu_insn_exec_cb(insn, keep_mark, NO_REGISTERS, NULL);
	event = find_event(&d);
	if (event != INSTRUCTIONS)
		qemu_plugin_register_vcpu_insn_exec_cb(insn, count_event, NO_REGISTERS,
						       (void *)(event << 2 | layer));
	return true;
}

/* Inline counting would be faster, but this version of the API has it for all CPUs together. */
static void watch_block(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);
	uintptr_t counted = 0;
	enum layer layer = USER;

	(void)id;
	for (size_t i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);

		if (!i)
			layer = find_layer(qemu_plugin_insn_vaddr(insn));
		counted += watch_instruction(insn, layer);
	}
	if (counted)
		qemu_plugin_register_vcpu_tb_exec_cb(tb, count_block, NO_REGISTERS,
						     (void *)(counted << 2 | layer));
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv)
{
	int fd;

	(void)info;
	if (argc != 1 || strncmp(argv[0], "out=", 4)) {
		fputs("counter: out=FILE is missing\n", stderr);
		return -1;
	}
	fd = open(argv[0] + 4, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, sizeof(*shared))) {
		perror(argv[0] + 4);
		return -1;
	}
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (shared == MAP_FAILED) {
		perror("counter: mmap");
		return -1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, watch_block);
	return 0;
}
