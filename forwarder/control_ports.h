/* SPDX-License-Identifier: GPL-2.0-or-later */
/* control_ports - the control verbs of published ports: slirp4netns's three, and ours */
#pragma once

#include "forwarder/control.h"

/*
 * Each executes one request and returns the object that answers it, for the caller to free, or NULL
 * and an error; they work on context->ports.
 *
 * The first three are slirp4netns's (its api.c): names, fields and error strings are fixed by its
 * clients. The others take many rules at once, as texts of src/port_rule.h, and change all or
 * nothing: publish is content with what is there already, replace also ends all that is not named.
 */
JsonNode *control_ports_add_hostfwd(const struct control_context *context, JsonObject *arguments,
				    GError **error);
JsonNode *control_ports_list_hostfwd(const struct control_context *context, JsonObject *arguments,
				     GError **error);
JsonNode *control_ports_remove_hostfwd(const struct control_context *context, JsonObject *arguments,
				       GError **error);
JsonNode *control_ports_publish(const struct control_context *context, JsonObject *arguments,
				GError **error);
JsonNode *control_ports_unpublish(const struct control_context *context, JsonObject *arguments,
				  GError **error);
JsonNode *control_ports_replace(const struct control_context *context, JsonObject *arguments,
				GError **error);
