/* SPDX-License-Identifier: GPL-2.0-or-later */
/* control_request - one request of the control socket: its verb and its arguments */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "src/address.h"
#include "src/json.h"

struct control_request {
	char *verb;
	JsonObject *arguments; /* never NULL: empty if the request has none */
};

/*
 * Reads {"execute":VERB,"arguments":{...}} of size bytes; text needs no terminator. Errors have
 * slirp4netns's texts (its api.c), as its clients know them. The caller ends *ret_request with
 * control_request_done().
 */
bool control_request_parse(const char *text, size_t size, struct control_request *ret_request,
			   GError **error);
void control_request_done(struct control_request *request);

/* Absent is ""; another type than a string is NULL. Belongs to arguments. */
const char *control_request_string(JsonObject *arguments, const char *name);

/* Absent or of another type is 0, which no port and no id is. */
gint64 control_request_int(JsonObject *arguments, const char *name);

/* Whether it is a whole number of JSON, e.g. an id. */
bool control_request_is_int(const JsonNode *node);

/*
 * These are false if the argument is no such thing. An absent boolean is false, an absent address
 * leaves *ret_address alone.
 */
bool control_request_bool(JsonObject *arguments, const char *name, bool *ret_value);
bool control_request_protocol(JsonObject *arguments, int *ret_protocol);
bool control_request_address(JsonObject *arguments, const char *name,
			     struct ip_address *ret_address);
bool control_request_port(JsonObject *arguments, const char *name, uint16_t *ret_port);

/* Sets slirp4netns's error of an argument that is wrong. False, always. */
bool control_request_refuse(GError **error, const char *verb, const char *name);
