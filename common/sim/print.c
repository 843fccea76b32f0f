// SPDX-License-Identifier: GPL-2.0
/* Text: formats of the kernel, numbers, messages of devices. */
#include <stdlib.h>

#include "world.h"

/* %*pE and %pE print text, escaped. The texts here need no escapes. */
int sim_vsnprintf(char *text, size_t size, const char *fmt, va_list ap)
{
	char plain[1024], *p;

	snprintf(plain, sizeof(plain), "%s", fmt);
	while ((p = strstr(plain, "%*pE")))
		memcpy(p, "%.*s", 4);
	return vsnprintf(text, size, plain, ap);
}

int scnprintf(char *text, size_t size, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = sim_vsnprintf(text, size, fmt, ap);
	va_end(ap);
	return min(len, (int)size - 1);
}

int sysfs_emit(char *text, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = sim_vsnprintf(text, PAGE_SIZE, fmt, ap);
	va_end(ap);
	return len;
}

int kstrtou64(const char *text, unsigned int base, u64 *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, base);
	return errno				     ? -errno :
	       end == text || (*end && *end != '\n') ? -EINVAL :
						       0;
}

int kstrtouint(const char *text, unsigned int base, unsigned int *value)
{
	u64 v;
	int err = kstrtou64(text, base, &v);

	*value = v;
	return err ?: v > UINT_MAX ? -ERANGE : 0;
}

/* The core says this when its table goes round in a circle. */
static void judge_message(const char *text)
{
	if (strstr(text, "does not come to rest"))
		sim_problem("%s", text);
}

void sim_dev_say(const struct device *dev, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	sim_vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	text[strcspn(text, "\n")] = 0;
	judge_message(text);
	sim_say("%s: %s", dev->name, text);
}

void sim_say(const char *fmt, ...)
{
	char text[600];
	va_list ap;

	if (!sim_verbose)
		return;
	va_start(ap, fmt);
	sim_vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	text[strcspn(text, "\n")] = 0;
	printf("# %6llu ms %-16s %s\n", sim_now_ms(),
	       sim_current ? sim_current->name : "-", text);
}
