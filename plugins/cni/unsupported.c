/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unsupported - keys that cannot be obeyed: the error names them and their value */
#include "plugins/cni/unsupported.h"

#include "plugins/cni/error.h"

/* As much of a value as helps to find it. */
#define VALUE_MAX 200

static char *print(JsonNode *value)
{
	g_autofree char *text = json_to_string(value, false);
	glong length = g_utf8_strlen(text, -1);

	return g_utf8_substring(text, 0, MIN(VALUE_MAX, length));
}

bool cni_unsupported_refuse(const struct json_place *place, const char *key, const char *details,
			    GError **error)
{
	g_autofree char *value = print(json_object_get_member(place->object, key));
	g_autofree char *printable = g_strescape(key, NULL);

	return cni_error_set(error, CNI_UNSUPPORTED_FIELD, details,
			     "'%s%s' is not supported, and it is %s", place->prefix, printable,
			     value);
}

bool cni_unsupported_check(const struct json_place *place, const char *const *keys, GError **error)
{
	g_autoptr(GList) names = json_object_get_members(place->object);

	for (const GList *name = names; name; name = name->next)
		if (!g_strv_contains(keys, name->data))
			return cni_unsupported_refuse(place, name->data, NULL, error);
	return true;
}
