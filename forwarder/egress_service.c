/* SPDX-License-Identifier: GPL-2.0-or-later */
/* egress_service - the rules of egress while a forwarder runs: from the start message, changeable
 */
#include "forwarder/egress_service.h"

#include "forwarder/host_route.h"
#include "src/autoclose.h"
#include "src/descriptor_limit.h"
#include "src/notice.h"

struct egress_service {
	struct egress_service_context context;
	struct host_route *host_route;
	struct memory *memory;
	struct virtual_names *virtual_names; /* or NULL */
	struct egress *egress;
};

static bool on_is_of_host(const struct ip_address *address, void *opaque)
{
	const struct egress_service *service = opaque;

	return host_route_is_local(service->host_route, address);
}

static struct egress_set *read_rules(const struct handoff_start *start, GError **error)
{
	int fd = start->fds[HANDOFF_FD_EGRESS];

	return fd < 0 ? egress_set_new() : egress_set_from_fd(fd, error);
}

static void make_virtual_names(struct egress_service *service)
{
	const struct egress_service_context *context = &service->context;
	const struct virtual_names_context names = {
		.link = &context->start->link,
		.memory = service->memory,
		.names = context->names,
		.list_flows = context->list_flows,
		.opaque = context->opaque,
	};

	if (outbound_hides_names(&context->start->outbound))
		service->virtual_names = virtual_names_new(&names);
}

/* Rules may come later, so everything is there, also for none. */
static bool wire(struct egress_service *service, GError **error)
{
	const struct egress_context context = {
		.link = &service->context.start->link,
		.denials = service->context.denials,
		.memory = service->memory,
		.virtual_names = service->virtual_names,
		.is_of_host = on_is_of_host,
		.opaque = service,
	};

	service->host_route = host_route_new(error);
	if (!service->host_route)
		return false;
	struct egress_set *set = read_rules(service->context.start, error);
	if (set)
		service->egress = egress_new(set, &context);
	return set;
}

struct egress_service *egress_service_new(const struct egress_service_context *context,
					  GError **error)
{
	struct egress_service *service = g_new0(struct egress_service, 1);

	service->context = *context;
	service->memory = memory_new(context->start->fds[HANDOFF_FD_MEMORY]);
	make_virtual_names(service);
	if (!wire(service, error))
		g_clear_pointer(&service, egress_service_free);
	return service;
}

void egress_service_free(struct egress_service *service)
{
	if (!service)
		return;
	egress_free(service->egress);
	virtual_names_free(service->virtual_names);
	memory_free(service->memory);
	host_route_free(service->host_route);
	g_free(service);
}

void egress_service_recall(struct egress_service *service)
{
	egress_recall(service->egress);
	virtual_names_recall(service->virtual_names);
}

struct virtual_names *egress_service_virtual_names(const struct egress_service *service)
{
	return service->virtual_names;
}

struct egress *egress_service_rules(const struct egress_service *service)
{
	return service->egress;
}

static bool tell(const struct egress_service *service, const struct egress_set *set, GError **error)
{
	descriptor_limit_open_reserve(true);
	autoclose int fd = egress_set_to_fd(set, error);
	descriptor_limit_open_reserve(false);

	return fd >= 0 && notifier_tell(service->context.notifier, NOTICE_EGRESS,
					json_node_new(JSON_NODE_OBJECT), &fd, 1, error);
}

bool egress_service_change(struct egress_service *service, struct egress_set *set, bool keeps_flows,
			   GError **error)
{
	if (!tell(service, set, error)) {
		egress_set_free(set);
		return false;
	}
	egress_replace(service->egress, set);
	if (!keeps_flows)
		service->context.cut(service->context.opaque);
	return true;
}
