// SPDX-License-Identifier: GPL-2.0
/* The logs of dom0's kernel, of Xen and of the guests' consoles, from a mark on. */
#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inventory.h"
#include "xen.h"

#define KLOG_CLEAR	5	/* dmesg begins here, for the test */
#define RECORD_MAX	8192

/* Lines of the tables that count_dom0() has Xen print. */
#define TABLES	"[[:space:]][Gg]nttab_usage|^\\(XEN\\) \\[0x|^\\(XEN\\)  *-* active|\\[ref\\]"

static int keep_number(const char *name, unsigned long long number)
{
	char path[160];
	FILE *out;

	snprintf(path, sizeof(path), RAW "/%s", name);
	out = fopen(path, "w");
	if (!out)
		return -1;
	fprintf(out, "%llu\n", number);
	return fclose(out);
}

static unsigned long long kept_number(const char *name)
{
	unsigned long long number = 0;
	char path[160], *text;

	snprintf(path, sizeof(path), RAW "/%s", name);
	text = read_file(path);
	if (text)
		number = strtoull(text, NULL, 10);
	free(text);
	return number;
}

/* Reads a record of the kernel's log; its length, 0 at the end. */
static ssize_t read_record(int kmsg, char *record)
{
	ssize_t n;

	do
		n = read(kmsg, record, RECORD_MAX - 1);
	while (n < 0 && (errno == EPIPE || errno == EINTR));	/* overwritten meanwhile: go on */
	if (n <= 0)
		return 0;
	record[n] = '\0';
	return n;
}

static unsigned long long sequence_of(const char *record)
{
	const char *comma = strchr(record, ',');

	return comma ? strtoull(comma + 1, NULL, 10) : 0;
}

static int mark_kernel(void)
{
	static const char mark[] = "<6>" MARK "\n";
	int kmsg = open("/dev/kmsg", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	char record[RECORD_MAX];
	int found = 0;

	if (kmsg >= 0 && lseek(kmsg, 0, SEEK_END) >= 0 &&
	    write(kmsg, mark, strlen(mark)) == (ssize_t)strlen(mark))
		while (!found && read_record(kmsg, record))
			found = strstr(record, MARK) != NULL;
	close(kmsg);
	if (!found)
		return -1;
	klogctl(KLOG_CLEAR, NULL, 0);
	return keep_number("kernel-log", sequence_of(record));
}

static int mark_xen(void)
{
	uint32_t position = 0;
	char *text = xen_read_log(&position, 1);

	if (!text)
		return -1;
	free(text);
	return keep_number("xen-log", position);
}

int mark_logs(void)
{
	if (mark_kernel() || mark_xen()) {
		printf("the logs cannot be marked: %s\n", strerror(errno));
		return -1;
	}
	return 0;
}

static void console_path(char *path, size_t size, const char *guest)
{
	snprintf(path, size, "/var/log/xen/console/guest-%s.log", guest);
}

void mark_console(const char *guest)
{
	char path[256], name[96];
	struct stat st;

	console_path(path, sizeof(path), guest);
	snprintf(name, sizeof(name), "console-of-%.64s", guest);
	keep_number(name, stat(path, &st) ? 0 : st.st_size);
}

/* A record as dmesg shows it: what is after the first line of it are its properties. */
static void print_record(FILE *out, const char *record)
{
	unsigned long long sequence, us;
	const char *text = strchr(record, ';');
	size_t len = text ? strcspn(text, "\n") : 0;

	if (!text || sscanf(record, "%*d,%llu,%llu", &sequence, &us) != 2)
		return;
	fprintf(out, "[%5llu.%06llu] ", us / 1000000, us % 1000000);
	for (size_t i = 1; i < len; i++) {
		unsigned int c;

		if (!strncmp(text + i, "\\x", 2) && sscanf(text + i + 2, "%2x", &c) == 1) {
			fputc(c, out);
			i += 3;
		} else {
			fputc(text[i], out);
		}
	}
	fputc('\n', out);
}

static void collect_kernel(void)
{
	unsigned long long mark = kept_number("kernel-log"), sequence, next = mark + 1;
	int kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	FILE *out = fopen(LOGS "/dom0.log", "w");
	char record[RECORD_MAX];

	if (kmsg < 0 || !out) {
		printf("dom0's log cannot be read: %s\n", strerror(errno));
		return;
	}
	lseek(kmsg, 0, SEEK_SET);
	while (read_record(kmsg, record)) {
		sequence = sequence_of(record);
		if (sequence <= mark)
			continue;
		if (sequence > next)
			puts("dom0's log has lost a part: something fills it, and hides what is looked for");
		next = sequence + 1;
		print_record(out, record);
	}
	fclose(out);
	close(kmsg);
}

static void collect_xen(void)
{
	uint32_t position = kept_number("xen-log");
	char *text = xen_read_log(&position, 0), *rest = text, *line;
	FILE *out = fopen(LOGS "/xen.log", "w");
	regex_t tables;

	if (!text || !out || regcomp(&tables, TABLES, REG_EXTENDED | REG_NOSUB)) {
		printf("Xen's log cannot be read: %s\n", strerror(errno));
		return;
	}
	while ((line = strsep(&rest, "\n")))
		if (*line && regexec(&tables, line, 0, NULL, 0))
			fprintf(out, "%s\n", line);
	regfree(&tables);
	fclose(out);
	free(text);
}

void collect_logs(void)
{
	collect_kernel();
	collect_xen();
}

/* What an oops prints there, without the agent's own lines. */
void collect_console(const char *guest)
{
	char path[256], name[96], *text, *rest, *line, *end;
	unsigned long long from;
	FILE *out;

	snprintf(name, sizeof(name), "console-of-%.64s", guest);
	from = kept_number(name);
	console_path(path, sizeof(path), guest);
	text = read_file(path);
	snprintf(path, sizeof(path), LOGS "/%.64s-console.log", guest);
	out = fopen(path, "w");
	if (text && out && from < strlen(text)) {
		rest = text + from;
		while ((line = strsep(&rest, "\n"))) {
			while ((end = strchr(line, '\r')))
				memmove(end, end + 1, strlen(end));
			if (*line && *line != '~')
				fprintf(out, "%s\n", line);
		}
	}
	if (out)
		fclose(out);
	free(text);
}
