/* SPDX-License-Identifier: GPL-2.0-or-later */
/* serve - one namespace's network, from the options to its end */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "plugins/background.h"
#include "plugins/pasta/options.h"

/*
 * Connects options->netns, tells the process behind background that it is ready (NULL: there is
 * none), and serves until the namespace has gone or a signal comes.
 */
bool pasta_serve(struct pasta_options *options, struct background *background, GError **error);
