/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rate_service - the limits of bandwidth while a forwarder runs: changeable */
#pragma once

#include <stdbool.h>

#include "forwarder/kernel_path.h"
#include "forwarder/limiter.h"
#include "forwarder/notifier.h"

/* What it works with; all must outlive it. */
struct rate_service {
	struct limiter *limiter;
	struct kernel_path *kernel_path; /* or NULL */
	struct notifier *notifier;	 /* the launcher keeps what holds, for the next forwarder */
};

/* Other limits from now on. False, with nothing changed, if the launcher could not be told. */
bool rate_service_change(const struct rate_service *service, const struct rates *rates,
			 GError **error);
