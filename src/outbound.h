/* SPDX-License-Identifier: GPL-2.0-or-later */
/* outbound - by which way the command's traffic leaves the host */
#pragma once

#include <net/if.h>
#include <stdbool.h>

#include <glib.h>

#include "src/json.h"
#include "src/proxy.h"

/*
 * What launcher and forwarder agree on beside the addresses of struct link_network (outbound
 * there). All zeroes: as the host routes.
 */
struct outbound {
	char interface[IFNAMSIZ]; /* of the host that everything goes through; "": whichever */
	bool is_by_no_other;	  /* a family without an address has no way out */
	struct proxy proxy;	  /* for TCP to beyond the host */
	bool bypasses_proxy;	  /* UDP and ping go without the proxy, else nowhere */
};

/*
 * True if the proxy resolves all names that the command looks up, and nobody else is asked for
 * them. What goes beside the proxy would need addresses.
 */
bool outbound_hides_names(const struct outbound *outbound);

/* False, with its cure, for what cannot be the name of a network interface of Linux. */
bool outbound_check_interface(const char *name, GError **error);

/* Adds what may be told of it to anybody: no password. */
void outbound_describe(const struct outbound *outbound, JsonBuilder *builder);

/* Adds it as the member "outbound" to the object that builder is at. */
void outbound_add(const struct outbound *outbound, JsonBuilder *builder);
/* Reads that member of object; an absent one is the default, a malformed one an error. */
bool outbound_read(JsonObject *object, struct outbound *ret_outbound, GError **error);
