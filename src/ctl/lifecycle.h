/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lifecycle - netns-ctl NAME stop|kill|wait|pause|resume|upgrade */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "src/ctl/arguments.h"

/*
 * Sends SIGTERM and, where the container has not ended the given seconds later, SIGKILL; returns
 * when its launcher is gone, so that its name is free again.
 */
bool lifecycle_stop(const struct ctl_request *request, GError **error);

/* Sends a signal to the container's command. */
bool lifecycle_kill(const struct ctl_request *request, GError **error);

/* Waits for the container's end and prints the status that netns-run leaves with. */
bool lifecycle_wait(const struct ctl_request *request, GError **error);

/* Freezes and thaws all processes of the container. */
bool lifecycle_pause(const struct ctl_request *request, GError **error);
bool lifecycle_resume(const struct ctl_request *request, GError **error);

/*
 * Puts the installed netns-forwarder in the place of the one that runs; says so on standard error
 * where connections cannot survive that.
 */
bool lifecycle_upgrade(const struct ctl_request *request, GError **error);
