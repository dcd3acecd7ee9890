/* SPDX-License-Identifier: GPL-2.0-or-later */
/* port_paths - publishes a port by the kernel's path where that serves it, else by libslirp */
#include "forwarder/port_paths.h"

static bool on_publish(void *opaque, const struct port_binding *binding, GError **error)
{
	const struct port_paths *paths = opaque;

	if (kernel_path_publishes(paths->kernel_path, binding->protocol))
		return kernel_path_publish(paths->kernel_path, binding, error);
	return stack_publish(paths->stack, binding, error);
}

static void on_unpublish(void *opaque, const struct port_binding *binding)
{
	const struct port_paths *paths = opaque;

	if (kernel_path_publishes(paths->kernel_path, binding->protocol))
		kernel_path_unpublish(paths->kernel_path, binding);
	else
		stack_unpublish(paths->stack, binding);
}

struct port_backend port_paths_backend(struct port_paths *paths)
{
	return (struct port_backend){
		.publish = on_publish,
		.unpublish = on_unpublish,
		.opaque = paths,
	};
}
