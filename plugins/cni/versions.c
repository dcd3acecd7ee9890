/* SPDX-License-Identifier: GPL-2.0-or-later */
/* versions - those of the Container Network Interface, and what changed with them */
#include "plugins/cni/versions.h"

#include "src/json_add.h"

static const char *const names[] = {
	[CNI_0_3_0] = "0.3.0", [CNI_0_3_1] = "0.3.1", [CNI_0_4_0] = "0.4.0",
	[CNI_1_0_0] = "1.0.0", [CNI_1_1_0] = "1.1.0",
};

const char *cni_version_name(enum cni_version version)
{
	return names[version];
}

bool cni_version_parse(const char *text, enum cni_version *ret_version)
{
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		if (!g_str_equal(text, names[i]))
			continue;
		*ret_version = (enum cni_version)i;
		return true;
	}
	return false;
}

JsonNode *cni_version_answer(enum cni_version version)
{
	g_autoptr(JsonBuilder) builder = json_builder_new();

	json_builder_begin_object(builder);
	json_add_string(builder, "cniVersion", names[version]);
	json_builder_set_member_name(builder, "supportedVersions");
	json_builder_begin_array(builder);
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		json_builder_add_string_value(builder, names[i]);
	json_builder_end_array(builder);
	json_builder_end_object(builder);
	return json_builder_get_root(builder);
}
