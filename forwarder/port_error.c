/* SPDX-License-Identifier: GPL-2.0-or-later */
/* port_error - why a port could not be published, and what to do about it */
#include "forwarder/port_error.h"

#include <errno.h>

#include "src/port_owner.h"
#include "src/failure.h"

#define UNPRIVILEGED_PORT_START "/proc/sys/net/ipv4/ip_unprivileged_port_start"

/* What a failure says: the reason follows the port's name. */
struct explanation {
	char *reason;
	char *cure; /* may be NULL */
};

static struct explanation explain_in_use(const struct port_binding *binding)
{
	g_autofree char *owner =
		port_owner_find(binding->protocol, &binding->host, binding->host_port);

	return (struct explanation){
		.reason = owner ? g_strdup_printf("%s holds it", owner)
				: g_strdup("it is already in use"),
		.cure = g_strdup("stop what holds it, or publish another host port (0 takes a "
				 "free one)"),
	};
}

static struct explanation explain_no_access(uint16_t port)
{
	g_autofree char *text = NULL;
	guint64 start;

	if (!g_file_get_contents(UNPRIVILEGED_PORT_START, &text, NULL, NULL))
		return (struct explanation){.reason = g_strdup(g_strerror(EACCES))};
	start = g_ascii_strtoull(text, NULL, 10);
	if (port >= start)
		return (struct explanation){.reason = g_strdup(g_strerror(EACCES))};
	return (struct explanation){
		.reason = g_strdup_printf("ports below %u need privileges", (unsigned)start),
		.cure = g_strdup_printf("publish a host port from %u up, or as root: "
					"sysctl -w net.ipv4.ip_unprivileged_port_start=%u",
					(unsigned)start, port),
	};
}

static struct explanation explain_no_interface(const struct port_binding *binding)
{
	return (struct explanation){
		.reason = g_strdup_printf("the host has no interface '%s'", binding->interface),
		.cure = g_strdup("take one that `ip link` shows, or an address"),
	};
}

static struct explanation explain(const GError *cause, const struct port_binding *binding)
{
	switch (cause->code) {
	case EADDRINUSE:
		return explain_in_use(binding);
	case EACCES:
		return explain_no_access(binding->host_port);
	case EADDRNOTAVAIL:
		return (struct explanation){
			.reason = g_strdup("the host has no such address"),
			.cure = g_strdup(
				"take an address that `ip address` shows, or none for all"),
		};
	case EAFNOSUPPORT:
		return (struct explanation){
			.reason =
				g_strdup_printf("the host has no %s",
						binding->host.family == AF_INET6 ? "IPv6" : "IPv4"),
		};
	case ENODEV:
		return explain_no_interface(binding);
	default:
		return (struct explanation){.reason = failure_cause(cause),
					    .cure = g_strdup(failure_cure(cause))};
	}
}

void port_error_set(GError **error, const GError *cause, const struct port_binding *binding)
{
	struct explanation explanation = explain(cause, binding);
	g_autofree char *reason = explanation.reason;
	g_autofree char *cure = explanation.cure;
	bool is_v6 = binding->host.family == AF_INET6;
	char address[IP_ADDRESS_TEXT_SIZE];
	g_autofree char *place = g_strdup_printf(
		"%s%s%s%s%s:%u/%s", is_v6 ? "[" : "", ip_address_text(&binding->host, address),
		binding->interface[0] ? "%" : "", binding->interface, is_v6 ? "]" : "",
		binding->host_port, binding->protocol == IPPROTO_TCP ? "tcp" : "udp");

	failure_set(error, cause->code, cure, "cannot publish %s: %s", place, reason);
	/* Who asked may see more than we do. */
	if (error && cause->code == EADDRINUSE)
		failure_set_subject(*error, place);
}
