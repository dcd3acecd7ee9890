/* SPDX-License-Identifier: GPL-2.0-or-later */
/* front - what main() does in every program that netns-ctl is made of */
#pragma once

#include <glib.h>

#include "src/ctl/arguments.h"

/*
 * Parses the command line and carries it out with run, which returns an exit status and may set an
 * error, that is printed then. Returns what the program should leave with.
 */
int front_main(char **argv, int (*run)(const struct ctl_request *request, GError **error));
