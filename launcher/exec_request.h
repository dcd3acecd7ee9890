/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exec_request - the `exec` message as a command */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "launcher/command.h"
#include "src/json.h"

struct exec_request {
	struct command command; /* its strings belong to the request */
	JsonObject *root;
	char **argv, **environment;
};

/*
 * Parses {"execute":"exec","arguments":{"argv":[...],"env":["K=V",...],"user":SPEC,"workdir":PATH,
 * "tty":BOOL,"rows":N,"columns":N}}: argv is required, everything else is base's where it is
 * absent; env is added to base's environment. base must outlive the request.
 */
bool exec_request_parse(const char *text, size_t size, const struct command *base,
			struct exec_request *ret_request, GError **error);
void exec_request_done(struct exec_request *request);
