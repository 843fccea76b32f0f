// SPDX-License-Identifier: GPL-2.0
/* vbd: attach, watch and change virtual disks, directly in xenstore. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"

#define FOREVER_MS (1000LL * 60 * 60 * 24 * 365)

static struct tool tool;

/* The first signal has the command stop and undo its work; the third ends the program. */
static void *handle_interrupts(void *arg)
{
	static const char slow[] = "vbd: undoing what was done; another interrupt ends it without that\n";
	const sigset_t *set = arg;
	int count, sig;

	for (count = 1; !sigwait(set, &sig); count++) {
		if (count == 1 && !tool.undoing)
			deadline_cancel(&tool.deadline);
		else if (count < 3)
			(void)!write(STDERR_FILENO, slow, sizeof(slow) - 1);
		else
			_exit(EXIT_INTERRUPTED);
	}
	return NULL;
}

static void catch_interrupts(void)
{
	static sigset_t set;
	pthread_t thread;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	if (!pthread_create(&thread, NULL, handle_interrupts, &set))
		pthread_detach(thread);
	signal(SIGPIPE, SIG_IGN);
}

/* The domain in which this program runs, according to xenstore. */
static unsigned int read_own_domid(struct store *s)
{
	size_t len;
	char *text = s->ops->read(s, "domid", &len);
	unsigned int domid = 0;

	if (text)
		sscanf(text, "%u", &domid);
	free(text);
	return domid;
}

static int run_command(const struct command *c)
{
	long ms = c->endless ? 0 : tool.options.ms ? tool.options.ms : c->seconds * 1000;
	int result;

	if (deadline_init(&tool.deadline, ms ? ms : FOREVER_MS))
		return fail_detail(&tool.failure, MSG_STORE, c->name, "%s",
				   strerror(errno));
	catch_interrupts();
	if (c->store == STORE_ALWAYS || (c->store == STORE_UNLESS_LOG && !tool.options.log)) {
		tool.store = xenstore_open();
		if (!tool.store)
			return fail_detail(&tool.failure, MSG_STORE, c->name, "%s",
					   strerror(errno));
		tool.domid = read_own_domid(tool.store);
	}
	result = c->run(&tool);
	if (tool.store)
		xenstore_close(tool.store);
	return result;
}

static int report_failure(void)
{
	int status = message_exit(tool.failure.id);

	fprintf(stderr, "vbd: %s\n", tool.failure.text);
	if (!tool.undoing && deadline_cancelled(&tool.deadline))
		status = EXIT_INTERRUPTED;
	return status;
}

int main(int argc, char **argv)
{
	const struct command *c;

	tool.root = "";
	tool.out = stdout;
	tool.progress = stderr;
	pthread_mutex_init(&tool.deadline.lock, NULL);
	tool.options.screen = isatty(STDOUT_FILENO);
	c = command_parse(argc, argv, &tool.options, &tool.failure);
	if (!c)
		return report_failure();
	if (run_command(c))
		return report_failure();
	return fflush(stdout) ? EXIT_REFUSED : EXIT_DONE;
}
