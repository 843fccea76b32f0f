// SPDX-License-Identifier: GPL-2.0
/*
 * What the harness does in dom0 before and after a test, by one program: programs take
 * 50 ms and more to start under emulation.
 *
 *   inventory mark     makes the logs of dom0, of Xen and of the guests begin here
 *   inventory begin    that; then loads the builds FRONT and BACK, and writes what exists to
 *                      logs/before
 *   inventory end      waits until all is as it was before the test, and collects the logs.
 *                      What differs is in the files "difference", worded, and "changes"
 *   inventory logs     collects the logs
 *
 * It runs in the job's folder, with the settings of the test in its environment. It prints a
 * sentence for each thing that is wrong; the status is 1 then.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "console.h"
#include "inventory.h"
#include "store.h"
#include "xen.h"

#define MODULES		"/job/modules/"
#define BALANCE_MS	6000	/* patience for what ends by itself, times SLOW */
#define GUESTS_MAX	16
#define GUEST_SECONDS	20	/* for what a guest is asked, times SLOW */
#define GUEST_FRONT	"/run/xen-blkfront.ko"
#define GIVEN		"/run/*.ko"
#define SEPARATOR	"--- dmesg"

/*
 * What a guest has, as lines. The shell that asks and its awk are always the same two.
 * %s: the classes, as alternatives.
 */
#define GUEST_COUNT \
	"for i in /sys/block/xvd*; do [ -e $i ] && echo \"disk ${i##*/}\"; done; " \
	"awk '/^ *[0-9]+:.*(blkif|xbfront|blkfront|%s)/ { print \"interrupt \" $NF } " \
	"/^xen_.*(back|front) / { print \"module \" $1 \" used \" $3 \" times\" } " \
	"FILENAME ~ /mounts/ { print \"" STATE "mount \" $0 }' " \
	"/proc/interrupts /proc/modules /proc/mounts; " \
	"for i in /proc/[0-9]*/comm; do read -r c 2>/dev/null <$i && case $c in kworker*) ;; " \
	"*) echo \"" STATE "process $c\" ;; esac; done; " \
	"for i in /run/* /mnt/*; do case $i in " GIVEN ") ;; " \
	"*) echo \"" STATE "there is $i\" ;; esac; done; "

#define GUEST_MARK \
	"rm -rf /tmp/*; dmesg -c >/dev/null; echo '<6>" MARK "' >/dev/kmsg; " \
	"[ ! -d /sys/module/xen_blkfront ] || rmmod xen_blkfront || exit 1; "

struct guest {
	const char *name;
	pid_t asked;	/* the process that asks it; 0: none */
	int dead;
};

static struct guest guests[GUESTS_MAX];
static size_t nr_guests;
static int wrong;	/* the status */

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static const char *setting(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

const char *classes_with(char separator)
{
	static char text[512];

	snprintf(text, sizeof(text), "%s", *setting("CLASSES") ? setting("CLASSES") : "vbd");
	for (char *at = text; (at = strchr(at, ' ')); at++)
		*at = separator;
	return text;
}

static const char *guest_count(void)
{
	static char command[1536];

	snprintf(command, sizeof(command), GUEST_COUNT, classes_with('|'));
	return command;
}

static void list_guests(void)
{
	char *names = strdup(setting("GUESTS")), *name;

	while (names && (name = strsep(&names, " ")))
		if (*name && nr_guests < GUESTS_MAX)
			guests[nr_guests++].name = name;
}

static const char *guest_file(const struct guest *guest, const char *what)
{
	static char path[128];

	snprintf(path, sizeof(path), RAW "/%.64s.%s", guest->name, what);
	return path;
}

/* Puts the front for the guest's kernel into it, unless an earlier test has. */
static void give_front(const struct guest *guest)
{
	const char *front = strncmp(guest->name, "pvh", 3) ? MODULES "pv/xen-blkfront.ko"
							   : MODULES "pvh/xen-blkfront.ko";

	if (*setting("AGAIN") &&
	    !guest_run("test -s " GUEST_FRONT, GUEST_SECONDS, stdout))
		return;
	if (guest_put(front, GUEST_FRONT))
		guest_die("the front cannot be put there");
}

/* One process asks each guest, at the same time. */
static void ask_guest(struct guest *guest, const char *command, int with_front)
{
	int fd;

	guest->asked = fork();
	if (guest->asked)
		return;
	fd = open(guest_file(guest, "answer"), O_WRONLY | O_CREAT | O_TRUNC, 0644);
	dup2(fd, 1);
	fd = open(guest_file(guest, "error"), O_WRONLY | O_CREAT | O_TRUNC, 0644);
	dup2(fd, 2);
	guest_open(guest->name);
	if (with_front)
		give_front(guest);
	exit(guest_run(command, GUEST_SECONDS * guest_slowness(), stdout));
}

/* The status of what was asked; 0 if nothing was. */
static int hear_guest(struct guest *guest)
{
	int status = 0;

	if (guest->asked > 0)
		waitpid(guest->asked, &status, 0);
	guest->asked = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : DEAD;
}

static void complain(const struct guest *guest, const char *what)
{
	char *error = read_file(guest_file(guest, "error"));
	char *answer = read_file(guest_file(guest, "answer"));

	printf("guest %s %s: %.*s %.200s\n", guest->name, what,
	       error ? (int)strcspn(error, "\n") : 0, error ? error : "", answer ? answer : "");
	free(error);
	free(answer);
	wrong = 1;
}

/* Adds what the guest has told of itself; what follows it is its log. */
static void count_guest(struct lines *list, struct guest *guest)
{
	char *answer = read_file(guest_file(guest, "answer")), *log, prefix[128];
	struct lines own = { 0 };

	if (!answer)
		return;
	log = strstr(answer, SEPARATOR "\n");
	if (log)
		*log = '\0';
	snprintf(prefix, sizeof(prefix), "in guest %s: ", guest->name);
	lines_add_text(&own, "", answer);
	for (size_t i = 0; i < own.count; i++) {
		if (!strncmp(own.line[i], STATE, strlen(STATE)))
			lines_add(list, STATE "%s%s", prefix, own.line[i] + strlen(STATE));
		else
			lines_add(list, "%s%s", prefix, own.line[i]);
	}
	lines_free(&own);
	free(answer);
}

/* What a module's loading says goes with the reason. */
static int load_module(const char *name)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	int failed = fd < 0 || syscall(SYS_finit_module, fd, "", 0);

	if (failed) {
		printf("%s cannot be loaded: %s\n", name, strerror(errno));
		wrong = 1;
	}
	close(fd);
	return failed;
}

static int unload_back(void)
{
	for (int i = 0; i < 50; i++) {
		if (!syscall(SYS_delete_module, "xen_blkback", O_NONBLOCK) || errno == ENOENT)
			return 0;
		usleep(100 * 1000);
	}
	printf("xen_blkback cannot be unloaded: %s\n", strerror(errno));
	wrong = 1;
	return 1;
}

static int load_back(void)
{
	const char *build = setting("BACK");

	if (!access("/sys/module/xen_blkback", F_OK) && unload_back())
		return 1;
	if (!strcmp(build, "ours"))
		return load_module(MODULES "dom0/xen-blkback.ko");
	if (!strcmp(build, "kernel") && system("modprobe -i xen-blkback")) {
		puts("the kernel's xen-blkback cannot be loaded");
		wrong = 1;
	}
	return wrong;
}

static void begin_in_guests(int count)
{
	const char *build = setting("FRONT");
	int ours = count && !strcmp(build, "ours");
	char command[4096];

	snprintf(command, sizeof(command), GUEST_MARK "%s %s",
		 ours ? "insmod " GUEST_FRONT " 2>&1 || exit 1; " :
		 count && !strcmp(build, "kernel") ? "modprobe xen-blkfront 2>&1 || exit 1; " : "",
		 count ? guest_count() : "");
	for (size_t i = 0; i < nr_guests; i++) {
		mark_console(guests[i].name);
		ask_guest(&guests[i], command, ours);
	}
	for (size_t i = 0; i < nr_guests; i++)
		if (hear_guest(&guests[i]))
			complain(&guests[i], "cannot begin");
}

static void begin(void)
{
	struct lines list = { 0 };

	if (mark_logs() || load_back()) {
		wrong = 1;
		return;
	}
	begin_in_guests(1);
	if (wrong || count_dom0(&list)) {
		wrong = 1;
		return;
	}
	for (size_t i = 0; i < nr_guests; i++)
		count_guest(&list, &guests[i]);
	lines_sort(&list);
	lines_write(&list, LOGS "/before");
}

static FILE *difference, *changes;
static size_t differences;

/* Whether a line speaks of a guest: by its name, as a word. */
static int speaks_of(const char *line, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = strstr(line, name); at; at = strstr(at + 1, name))
		if (at > line && strchr(" :", at[-1]) && strchr(" :", at[len]))
			return 1;
	return 0;
}

/*
 * What belonged to a guest that the test has destroyed is not missed; of one that is dead
 * nothing can be said.
 */
static int is_expected(const char *line, int gone)
{
	char prefix[128];

	for (size_t i = 0; gone && i < nr_guests; i++) {
		snprintf(prefix, sizeof(prefix), "in guest %s:", guests[i].name);
		if (guests[i].dead && !strncmp(line, prefix, strlen(prefix)))
			return 1;
		if (!domain_exists(guests[i].name) && speaks_of(line, guests[i].name))
			return 1;
	}
	return 0;
}

static void differs(const char *line, int gone)
{
	if (!strncmp(line, STATE, strlen(STATE))) {
		fprintf(changes, "%s: %s\n", gone ? "gone" : "new", line + strlen(STATE));
	} else if (!is_expected(line, gone)) {
		fprintf(difference, "%s or changed: %s\n", gone ? "gone" : "left behind", line);
		differences++;
	}
}

static void compare(const struct lines *before, const struct lines *after)
{
	difference = fopen("difference", "w");
	changes = fopen("changes", "w");
	differences = 0;
	if (!difference || !changes)
		abort();
	lines_compare(before, after, differs);
	fclose(difference);
	fclose(changes);
}

static void ask_guests_to_count(void)
{
	char command[2048];

	snprintf(command, sizeof(command), "%secho '" SEPARATOR "'; dmesg", guest_count());
	for (size_t i = 0; i < nr_guests; i++)
		if (!guests[i].dead)
			ask_guest(&guests[i], command, 0);
}

static int count_all(struct lines *list)
{
	int failed;

	ask_guests_to_count();
	failed = count_dom0(list);
	for (size_t i = 0; i < nr_guests; i++) {
		if (hear_guest(&guests[i]))
			guests[i].dead = 1;
		else
			count_guest(list, &guests[i]);
	}
	lines_sort(list);
	return failed;
}

static void wait_balanced(void)
{
	struct lines before = { 0 }, after = { 0 };
	long long end = now_ms() + BALANCE_MS * guest_slowness();

	if (lines_read(&before, LOGS "/before")) {
		puts("the inventory taken before the test is missing");
		wrong = 1;
		return;
	}
	lines_sort(&before);
	for (;;) {
		if (count_all(&after)) {
			wrong = 1;
			return;
		}
		compare(&before, &after);
		if (!differences || now_ms() >= end)
			break;
		lines_free(&after);
		usleep(300 * 1000);
	}
	lines_write(&after, LOGS "/after");
	if (differences) {
		fputs(read_file("difference"), stdout);
		wrong = 1;
	}
}

/* The last lines of a guest's console, in one. */
static void print_last_words(const char *guest)
{
	char path[128], *text, *at;
	int lines = 0;

	snprintf(path, sizeof(path), LOGS "/%.64s-console.log", guest);
	text = read_file(path);
	if (!text)
		return;
	for (at = text + strlen(text); at > text && lines < 4; at--)
		if (*at == '\n' && lines++)
			*at = lines > 3 ? '\n' : ' ';
	printf("%s", at > text ? at + 2 : text);
	free(text);
}

/* All of a log that has no mark: a guest that was booted since has none. */
static void write_guest_log(const struct guest *guest)
{
	char *answer = read_file(guest_file(guest, "answer")), path[128], *log, *mark;
	FILE *out;

	log = answer ? strstr(answer, SEPARATOR "\n") : NULL;
	log = log ? log + strlen(SEPARATOR "\n") : answer;
	mark = log ? strstr(log, MARK "\n") : NULL;
	if (mark)
		log = mark + strlen(MARK "\n");
	snprintf(path, sizeof(path), LOGS "/%.64s.log", guest->name);
	out = fopen(path, "w");
	if (out) {
		fputs(log ? log : "", out);
		fclose(out);
	}
	free(answer);
}

static void collect_guest(struct guest *guest)
{
	collect_console(guest->name);
	if (!domain_exists(guest->name))
		return;
	if (!guest->dead) {
		write_guest_log(guest);
		return;
	}
	complain(guest, "is dead");
	print_last_words(guest->name);
}

static void collect(void)
{
	collect_logs();
	for (size_t i = 0; i < nr_guests; i++)
		collect_guest(&guests[i]);
}

static void only_logs(void)
{
	struct lines unused = { 0 };

	wrong = count_all(&unused);
	collect();
}

static void mark(void)
{
	wrong = mark_logs() != 0;
	begin_in_guests(0);
}

static void end(void)
{
	wait_balanced();
	collect();
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} commands[] = {
		{ "mark", mark }, { "begin", begin }, { "end", end }, { "logs", only_logs },
	};

	setvbuf(stdout, NULL, _IOLBF, 0);
	mkdir(RAW, 0755);
	mkdir(LOGS, 0755);
	list_guests();
	if (xen_open()) {
		printf("Xen cannot be asked: %s\n", strerror(errno));
		return 1;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		if (argc == 2 && !strcmp(argv[1], commands[i].name)) {
			commands[i].run();
			return wrong;
		}
	}
	fputs("usage: inventory mark|begin|end|logs\n", stderr);
	return 2;
}
