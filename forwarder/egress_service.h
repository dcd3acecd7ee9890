/* SPDX-License-Identifier: GPL-2.0-or-later */
/* egress_service - the rules of egress while a forwarder runs: from the start message, changeable
 */
#pragma once

#include <stdbool.h>

#include "forwarder/denials.h"
#include "forwarder/egress.h"
#include "forwarder/notifier.h"
#include "src/handoff.h"

/* What it works with; all must outlive it. */
struct egress_service_context {
	const struct handoff_start *start;
	struct notifier *notifier; /* the launcher keeps what holds, for the next forwarder */
	struct denials *denials;
	struct name_table *names; /* learns what is recalled */
	/* Adds all flows to a page, for virtual_names.h. */
	void (*list_flows)(struct flow_page *page, void *opaque);
	/* The rules have changed: what they no longer let out is to be cut. */
	void (*cut)(void *opaque);
	void *opaque;
};

struct egress_service;

/* With the rules of the start message. context is copied. */
struct egress_service *egress_service_new(const struct egress_service_context *context,
					  GError **error);
/* Accepts NULL. */
void egress_service_free(struct egress_service *service);

/*
 * Takes what the forwarder before this one has learnt of names: when that one is dead, or has
 * yielded. To be called once; nothing is kept for the next one before.
 */
void egress_service_recall(struct egress_service *service);

/*
 * The addresses that stand for names, where a proxy resolves all of them; else NULL. They stay the
 * service's.
 */
struct virtual_names *egress_service_virtual_names(const struct egress_service *service);

/* To be asked; it stays the service's. */
struct egress *egress_service_rules(const struct egress_service *service);

/*
 * Takes the set in place of the one that holds, and cuts flows unless keeps_flows. False, with
 * nothing changed and the set freed, if the launcher could not be told.
 */
bool egress_service_change(struct egress_service *service, struct egress_set *set, bool keeps_flows,
			   GError **error);
