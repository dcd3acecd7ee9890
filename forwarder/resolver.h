/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resolver - which name servers the host has, and that it has others */
#pragma once

#include "forwarder/notifier.h"
#include "forwarder/resolv_conf.h"

struct resolver;

/* text is a resolv.conf(5), or NULL. notifier must outlive it. */
struct resolver *resolver_new(const char *text, struct notifier *notifier);
void resolver_free(struct resolver *resolver);

/*
 * Takes another text, and tells notifier, with the event "resolver-changed", if the name servers
 * that it names first of each family are others.
 */
void resolver_set(struct resolver *resolver, const char *text);

/* As the last text has them; it stays the resolver's. */
const struct resolv_conf *resolver_conf(const struct resolver *resolver);
