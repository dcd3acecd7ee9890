/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json_reader - members of a foreign JSON document, with errors that name the place */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/json.h"

/* An object and where it is: "" for the document itself, else e.g. "syscalls[3]." */
struct json_place {
	JsonObject *object;
	const char *prefix;
};

/*
 * Parses a document that is one object. Nothing but JSON (RFC 8259) is taken, and at most 32
 * levels.
 */
JsonNode *json_reader_parse(const char *text, size_t size, GError **error);

/*
 * Each gets a member. When it is absent or null they are true and leave *ret_ alone. A member of
 * another type is an error. Strings and arrays belong to the document. Numbers are 64 bits wide, a
 * negative one is its two's complement.
 */
bool json_reader_string(const struct json_place *place, const char *name, const char **ret_value,
			GError **error);
bool json_reader_number(const struct json_place *place, const char *name, uint64_t *ret_value,
			GError **error);
bool json_reader_array(const struct json_place *place, const char *name, JsonArray **ret_value,
		       GError **error);
bool json_reader_object(const struct json_place *place, const char *name, JsonObject **ret_value,
			GError **error);

/* The i-th element of the array that is the member name of place; NULL if it is of another type. */
const char *json_reader_element(const struct json_place *place, const char *name, JsonArray *array,
				unsigned i, GError **error);
JsonObject *json_reader_element_object(const struct json_place *place, const char *name,
				       JsonArray *array, unsigned i, GError **error);
