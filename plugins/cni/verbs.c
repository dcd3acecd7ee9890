/* SPDX-License-Identifier: GPL-2.0-or-later */
/* verbs - what a runtime may ask a CNI plugin for */
#include "plugins/cni/verbs.h"

#include "link/tap_device.h"
#include "plugins/cni/attachment.h"
#include "plugins/cni/check.h"
#include "plugins/cni/error.h"
#include "plugins/service.h"
#include "src/failure.h"
#include "src/sibling.h"

/* --- STATUS --- */

static bool check_status(GError **error)
{
	g_autofree char *forwarder =
		sibling_find("netns-forwarder", "../forwarder/netns-forwarder", error);
	g_autofree char *base = forwarder ? state_dir_base(error) : NULL;

	return (base && tap_device_check(error)) || cni_error_classify(error, CNI_UNAVAILABLE);
}

/* --- GC --- */

static bool is_of_network(const struct registry_key *key, const char *network)
{
	g_autoptr(JsonObject) state = registry_read(key, NULL);

	return state &&
	       g_strcmp0(json_object_get_string_member(state, SERVICE_NETWORK), network) == 0;
}

/* One that does not end must not keep the others. */
static void collect(const struct registry_entry *entry, const struct cni_config *config,
		    GError **first_failure)
{
	const struct registry_key key = {
		.owner = CNI_OWNER, .id = entry->id, .ifname = entry->ifname};
	g_autoptr(GError) failure = NULL;

	if (cni_config_is_valid(config, entry->id, entry->ifname) ||
	    !is_of_network(&key, config->name) || registry_end(&key, &failure))
		return;
	if (!*first_failure)
		*first_failure = g_steal_pointer(&failure);
}

static bool collect_all(const struct cni_config *config, GError **error)
{
	g_autoptr(GPtrArray) entries = registry_list(CNI_OWNER, error);
	GError *failure = NULL;

	if (!entries)
		return false;
	for (guint i = 0; i < entries->len; i++)
		collect(g_ptr_array_index(entries, i), config, &failure);
	if (failure)
		g_propagate_error(error, failure);
	return !failure;
}

/* --- all of them --- */

bool cni_verbs_execute(const struct cni_request *request, const struct cni_config *config,
		       JsonNode **ret_answer, GError **error)
{
	switch (request->command) {
	case CNI_ADD:
		*ret_answer = cni_attachment_add(request, config, error);
		return *ret_answer != NULL;
	case CNI_DEL:
		return cni_attachment_delete(request, error);
	case CNI_CHECK:
		return cni_check(request, config, error);
	case CNI_GC:
		return collect_all(config, error);
	case CNI_STATUS:
		return check_status(error);
	case CNI_VERSION:
		*ret_answer = cni_version_answer(config->version);
		return true;
	}
	g_assert_not_reached();
}
