/* SPDX-License-Identifier: GPL-2.0-or-later */
/* port_paths - publishes a port by the kernel's path where that serves it, else by libslirp */
#pragma once

#include "forwarder/kernel_path.h"
#include "forwarder/port_publication.h"
#include "forwarder/stack.h"

/* Both must outlive the backend's use. */
struct port_paths {
	struct kernel_path *kernel_path; /* NULL on a tap link */
	struct stack *stack;
};

/* For a port table; paths must outlive it. */
struct port_backend port_paths_backend(struct port_paths *paths);
