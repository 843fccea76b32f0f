// SPDX-License-Identifier: GPL-2.0
/*
 * Runs a command and writes down, at a steady pace until it ends, how much CPU
 * some domains have used and what some files say.
 *
 *   sample MILLISECONDS OUTPUT DOMAIN[,DOMAIN...] FILE... -- COMMAND...
 *
 * A line of OUTPUT: "@sample", the monotonic clock in ns, each domain's CPU time
 * in ns, the words of each file. Ends with the command's status.
 *
 * Each line is a mark for bench/counter.c as well, which sees the instruction of mark().
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <xenctrl.h>

#define MANY	32

static xc_interface *xen;
static unsigned int domains[MANY], nr_domains;
static int files[MANY];
static unsigned int nr_files;

static void die(const char *what)
{
	fprintf(stderr, "sample: %s: %s\n", what, strerror(errno));
	exit(125);
}

static void put_clock(FILE *out)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	fprintf(out, "@sample %lld", t.tv_sec * 1000000000LL + t.tv_nsec);
}

static void put_cpu_time(FILE *out, unsigned int domain)
{
	xc_dominfo_t info;

	if (xc_domain_getinfo(xen, domain, 1, &info) != 1 || info.domid != domain)
		die("a domain is gone");
	fprintf(out, " %llu", (unsigned long long)info.cpu_time);
}

static void put_file(FILE *out, int fd)
{
	char text[1024], *word, *rest;
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	if (n < 0)
		die("a file cannot be read any more");
	text[n] = '\0';
	for (word = strtok_r(text, " \t\n", &rest); word; word = strtok_r(NULL, " \t\n", &rest))
		fprintf(out, " %s", word);
}

/* The address is not used: it makes this the only such instruction. */
static void mark(void)
{
	asm volatile("nopl 0x6b6d6278(%%rax,%%rax)" ::: "memory");
}

static void put_sample(FILE *out)
{
	mark();
	put_clock(out);
	for (unsigned int i = 0; i < nr_domains; i++)
		put_cpu_time(out, domains[i]);
	for (unsigned int i = 0; i < nr_files; i++)
		put_file(out, files[i]);
	fputc('\n', out);
}

static void parse_domains(char *list)
{
	char *rest;

	for (char *word = strtok_r(list, ",", &rest); word; word = strtok_r(NULL, ",", &rest))
		if (nr_domains < MANY)
			domains[nr_domains++] = strtoul(word, NULL, 10);
}

static void open_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		die(path);
	if (nr_files < MANY)
		files[nr_files++] = fd;
}

static pid_t start(char **command)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (!pid) {
		execvp(*command, command);
		die(*command);
	}
	return pid;
}

static int watch(pid_t pid, FILE *out, long milliseconds)
{
	struct timespec pause = { milliseconds / 1000, milliseconds % 1000 * 1000000 };
	int status;

	for (;;) {
		put_sample(out);
		if (waitpid(pid, &status, WNOHANG) == pid)
			break;
		nanosleep(&pause, NULL);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 125;
}

int main(int argc, char **argv)
{
	FILE *out;
	int i, status;

	for (i = 4; i < argc && strcmp(argv[i], "--"); i++)
		open_file(argv[i]);
	if (i + 1 >= argc) {
		fputs("usage: sample MILLISECONDS OUTPUT DOMAINS FILE... -- COMMAND...\n", stderr);
		return 125;
	}
	parse_domains(argv[3]);
	xen = xc_interface_open(NULL, NULL, 0);
	out = fopen(argv[2], "w");
	if (!xen || !out)
		die("start");
	status = watch(start(argv + i + 1), out, strtol(argv[1], NULL, 10));
	if (fclose(out))
		die(argv[2]);
	return status;
}
