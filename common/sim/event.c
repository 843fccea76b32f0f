// SPDX-License-Identifier: GPL-2.0
/*
 * Event channels and their interrupts. An event is pending until its handler runs; then the
 * channel is masked until the driver has called xen_irq_lateeoi(), once.
 */
#include <stdlib.h>

#include "world.h"

#define MAX_CHANNELS 256
#define MAX_IRQS 512

struct channel {
	bool open;
	bool bound; /* by the back */
	int irqs[2]; /* of the back, of the front */
};
struct irq {
	bool open;
	enum sim_domain domain;
	unsigned int port;
	irq_handler_t handler;
	void *argument;
	bool pending;
	bool owed; /* the handler has run: an eoi is owed */
	int disabled;
};

static struct channel channels[MAX_CHANNELS];
static unsigned int next_port = 1;
static struct irq irqs[MAX_IRQS];
static int next_irq = 1;

static struct irq *irq_of(int irq, const char *what)
{
	if (irq <= 0 || irq >= MAX_IRQS || !irqs[irq].open) {
		sim_problem("%s of the interrupt %d, which is not bound", what,
			    irq);
		return NULL;
	}
	return &irqs[irq];
}

/* No number is used twice in a life: who uses one too long is found. */
static int make_irq(unsigned int port, enum sim_domain domain)
{
	if (next_irq == MAX_IRQS)
		sim_die(__func__);
	irqs[next_irq] =
		(struct irq){ .open = true, .domain = domain, .port = port };
	channels[port].irqs[domain] = next_irq;
	return next_irq++;
}

static void close_irq(int irq)
{
	struct channel *c = &channels[irqs[irq].port];

	irqs[irq].open = false;
	c->irqs[irqs[irq].domain] = 0;
	if (irqs[irq].domain == SIM_FRONT)
		c->open = false;
	else
		c->bound = false;
}

int HYPERVISOR_event_channel_op(int op, void *argument)
{
	struct evtchn_alloc_unbound *alloc = argument;

	if (op != EVTCHNOP_alloc_unbound)
		return -ENOSYS;
	if (sim_memory_short && !sim_random(16))
		return -ENOSPC;
	if (next_port == MAX_CHANNELS)
		sim_die(__func__);
	alloc->port = next_port++;
	channels[alloc->port] = (struct channel){ .open = true };
	return 0;
}

int xenbus_free_evtchn(struct xenbus_device *dev, int port)
{
	(void)dev;
	if (!channels[port].open)
		sim_problem("the event channel %d is closed twice", port);
	channels[port].open = false;
	return 0;
}

int bind_evtchn_to_irq_lateeoi(evtchn_port_t port)
{
	sim_may_sleep("bind_evtchn_to_irq_lateeoi()");
	if (sim_memory_short && !sim_random(16))
		return -ENOMEM;
	return make_irq(port, SIM_FRONT);
}

/* The channel may be pending as soon as it has a handler. */
static void start_irq(int irq, irq_handler_t handler, void *argument)
{
	irqs[irq].handler = handler;
	irqs[irq].argument = argument;
	irqs[irq].pending = irqs[irq].domain == SIM_BACK || !sim_random(2);
	if (irqs[irq].pending && sim_random(2))
		sim_irq_run(irq);
	sim_point();
}

int request_irq(unsigned int irq, irq_handler_t handler, unsigned long flags,
		const char *name, void *argument)
{
	(void)flags;
	(void)name;
	sim_may_sleep("request_irq()");
	if (sim_memory_short && !sim_random(16))
		return -ENOMEM;
	start_irq(irq, handler, argument);
	return 0;
}

int bind_interdomain_evtchn_to_irqhandler_lateeoi(
	struct xenbus_device *dev, evtchn_port_t port, irq_handler_t handler,
	unsigned long flags, const char *name, void *argument)
{
	int irq;

	(void)dev;
	(void)flags;
	(void)name;
	sim_may_sleep("binding an event channel");
	if (!port || port >= MAX_CHANNELS || !channels[port].open ||
	    channels[port].bound)
		return -EINVAL;
	if (sim_memory_short && !sim_random(16))
		return -ENOMEM;
	channels[port].bound = true;
	irq = make_irq(port, SIM_BACK);
	start_irq(irq, handler, argument);
	return irq;
}

void unbind_from_irqhandler(unsigned int irq, void *argument)
{
	struct irq *i = irq_of(irq, "unbinding");

	sim_may_sleep("unbind_from_irqhandler()");
	if (!i)
		return;
	if (i->argument != argument)
		sim_problem("the interrupt %u is unbound with another argument",
			    irq);
	close_irq(irq);
	sim_point();
}

int evtchn_put(evtchn_port_t port)
{
	if (channels[port].irqs[SIM_FRONT])
		close_irq(channels[port].irqs[SIM_FRONT]);
	channels[port].open = false;
	return 0;
}

void enable_irq(unsigned int irq)
{
	struct irq *i = irq_of(irq, "enabling");

	if (i && --i->disabled < 0)
		sim_problem("the interrupt %u is enabled once too often", irq);
}

void disable_irq(unsigned int irq)
{
	struct irq *i = irq_of(irq, "disabling");

	if (i)
		i->disabled++;
}

void xen_irq_lateeoi(unsigned int irq, unsigned int flags)
{
	struct irq *i = irq_of(irq, "eoi");

	(void)flags;
	if (!i)
		return;
	if (!i->owed)
		sim_problem("eoi of the interrupt %u, which owes none", irq);
	i->owed = false;
	sim_point();
}

void notify_remote_via_irq(int irq)
{
	struct irq *i = irq_of(irq, "notification");
	int other;

	if (!i)
		return;
	other = channels[i->port].irqs[!i->domain];
	if (other)
		irqs[other].pending = true;
	sim_point();
}

void sim_raise(enum sim_domain end)
{
	int i;

	for (i = 1; i < next_irq; i++)
		if (irqs[i].open && irqs[i].domain == end)
			irqs[i].pending = true;
}

unsigned int sim_irqs_ready(int *ready, unsigned int max)
{
	unsigned int nr = 0;
	int i;

	for (i = 1; i < next_irq && nr < max; i++)
		if (irqs[i].open && irqs[i].handler && irqs[i].pending &&
		    !irqs[i].owed && !irqs[i].disabled &&
		    !sim_is_frozen(irqs[i].domain))
			ready[nr++] = i;
	return nr;
}

void sim_irq_run(int irq)
{
	sim_say("interrupt %d of the %s", irq,
		irqs[irq].domain == SIM_FRONT ? "front" : "back");
	irqs[irq].pending = false;
	irqs[irq].owed = true;
	sim_interrupt(irqs[irq].domain, irqs[irq].handler, irq,
		      irqs[irq].argument);
}

void sim_end_events(void)
{
	int i;

	for (i = 1; i < next_irq; i++)
		if (irqs[i].open)
			sim_problem("an interrupt of the %s is left bound",
				    irqs[i].domain == SIM_FRONT ? "front" :
								  "back");
	for (i = 1; i < (int)next_port; i++)
		if (channels[i].open)
			sim_problem("an event channel is left open");
	memset(irqs, 0, sizeof(irqs));
	memset(channels, 0, sizeof(channels));
	next_irq = 1;
	next_port = 1;
}
