/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sandbox_layers - what a process that locks itself in has of its sandbox, and what it lacks */
#include "src/sandbox_layers.h"

#include "src/failure.h"

static const char *const names[SANDBOX_N_LAYERS] = {
	[SANDBOX_PRIVILEGES] = "privileges",
	[SANDBOX_ROOT] = "root",
	[SANDBOX_LANDLOCK] = "landlock",
	[SANDBOX_SECCOMP] = "seccomp",
};

void sandbox_layers_done(struct sandbox_layers *layers)
{
	for (size_t i = 0; i < SANDBOX_N_LAYERS; i++)
		g_clear_pointer(&layers->missing[i], g_free);
}

bool sandbox_layers_take(struct sandbox_layers *layers, enum sandbox_layer layer, GError *failure,
			 bool is_fatal, GError **error)
{
	g_autoptr(GError) why = failure;

	layers->has[layer] = !why;
	if (!why)
		return true;
	g_autofree char *cause = failure_cause(why);
	if (is_fatal || failure_is_shortage(why) || layers->mode == SANDBOX_REQUIRE) {
		const char *cure = failure_cure(why);
		failure_set(error, why->code, cure ? cure : "take --sandbox=on, or off",
			    "%s lacks the layer '%s': %s", layers->name, names[layer], cause);
		return false;
	}
	layers->missing[layer] = g_steal_pointer(&cause);
	return true;
}

char *sandbox_layers_missing(const struct sandbox_layers *layers)
{
	GString *text = g_string_new(NULL);

	for (size_t i = 0; i < SANDBOX_N_LAYERS; i++)
		if (layers->missing[i])
			g_string_append_printf(text, "%s%s (%s)", text->len ? ", " : "", names[i],
					       layers->missing[i]);
	return g_string_free(text, text->len == 0);
}

JsonObject *sandbox_layers_describe(const struct sandbox_layers *layers)
{
	JsonArray *there = json_array_new();
	JsonObject *missing = json_object_new(), *object = json_object_new();

	for (size_t i = 0; i < SANDBOX_N_LAYERS; i++) {
		if (layers->has[i])
			json_array_add_string_element(there, names[i]);
		if (layers->missing[i])
			json_object_set_string_member(missing, names[i], layers->missing[i]);
	}
	json_object_set_string_member(object, "mode", sandbox_mode_name(layers->mode));
	json_object_set_array_member(object, "layers", there);
	json_object_set_object_member(object, "missing", missing);
	return object;
}
