/* SPDX-License-Identifier: GPL-2.0-or-later */
/* settings_link - from settings to a link and to what its forwarder is told */
#pragma once

#include "plugins/settings.h"
#include "src/handoff.h"
#include "src/link_config.h"

/* Fills the link: what the settings leave open is chosen so that it fits this host. */
bool settings_link_plan(const struct settings *settings, struct link_config *ret_link,
			GError **error);

/*
 * Adds the ports, with ids from 1 on, and everything else that is no part of the link. Looks for
 * the address of a proxy, which may take long.
 */
bool settings_link_fill_start(const struct settings *settings, struct handoff_start *start,
			      GError **error);
