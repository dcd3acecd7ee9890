/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config - the network configuration that a runtime gives a CNI plugin on standard input */
#include "plugins/cni/config.h"

#include <errno.h>
#include <string.h>

#include "launcher/json_reader.h"
#include "plugins/cni/capabilities.h"
#include "plugins/cni/error.h"
#include "plugins/cni/unsupported.h"
#include "plugins/settings.h"
#include "src/failure.h"

/* Keys of plugins, runtimes and the specification itself that need no answer from this plugin. */
static const char *const foreign_keys[] = {
	"args", "capabilities", "cniVersion", "cniVersions", "disableCheck", "disableGC",
	"name", "prevResult",	"type",	      "plugins",     NULL,
};

#define RESERVED_PREFIX	  "cni.dev/"
#define VALID_ATTACHMENTS RESERVED_PREFIX "valid-attachments"

void cni_config_init(struct cni_config *config)
{
	*config = (struct cni_config){.version = CNI_NEWEST};
	settings_init(&config->settings);
}

void cni_config_done(struct cni_config *config)
{
	settings_done(&config->settings);
	json_object_unref(config->dns);
	json_node_unref(config->root);
}

/* --- what every command needs --- */

static bool needs_version(enum cni_command command, enum cni_version *ret_version)
{
	switch (command) {
	case CNI_CHECK:
		*ret_version = CNI_0_4_0;
		return true;
	case CNI_GC:
	case CNI_STATUS:
		*ret_version = CNI_1_1_0;
		return true;
	default:
		return false;
	}
}

static bool take_version(const struct json_place *place, enum cni_command command,
			 enum cni_version *version, GError **error)
{
	/* A configuration without it is of the first one. */
	const char *text = "0.1.0";
	enum cni_version needed;

	if (!json_reader_string(place, "cniVersion", &text, error))
		return false;
	if (!cni_version_parse(text, version)) {
		/* A question for the versions that are there is answered. */
		if (command == CNI_VERSION)
			return true;
		return cni_error_set(error, CNI_INCOMPATIBLE_VERSION,
				     "0.3.0, 0.3.1, 0.4.0, 1.0.0 and 1.1.0 are",
				     "cniVersion '%s' is not spoken here", text);
	}
	if (!needs_version(command, &needed) || *version >= needed)
		return true;
	return cni_error_set(error, CNI_INCOMPATIBLE_VERSION, NULL,
			     "cniVersion %s has no %s, which came with %s", text,
			     cni_command_name(command), cni_version_name(needed));
}

static bool take_name(const struct json_place *place, const char **ret_name, GError **error)
{
	const char *name = NULL;

	if (!json_reader_string(place, "name", &name, error))
		return false;
	if (!name || !cni_is_identifier(name)) {
		failure_set(error, EINVAL,
			    "letters, digits and _.- are possible, the first alphanumeric",
			    "the network's name is missing or malformed");
		return false;
	}
	*ret_name = name;
	return true;
}

/* --- keys of the specification that mean something here --- */

/* As the result is to have it: like the result's own member. */
static bool take_dns(const struct json_place *place, JsonObject **dns, GError **error)
{
	static const char *const lists[] = {"nameservers", "search", "options"};
	static const char *const keys[] = {"nameservers", "search", "options", "domain", NULL};
	struct json_place inner = {.prefix = "dns."};
	const char *domain = NULL;
	JsonArray *list = NULL;

	if (!json_reader_object(place, "dns", &inner.object, error))
		return false;
	if (!inner.object)
		return true;
	if (!cni_unsupported_check(&inner, keys, error) ||
	    !json_reader_string(&inner, "domain", &domain, error))
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(lists); i++, list = NULL) {
		if (!json_reader_array(&inner, lists[i], &list, error))
			return false;
		for (unsigned j = 0; list && j < json_array_get_length(list); j++)
			if (!json_reader_element(&inner, lists[i], list, j, error))
				return false;
	}
	*dns = json_object_ref(inner.object);
	return true;
}

/* The addresses are the link's own: nobody has to hand them out. */
static bool take_ipam(const struct json_place *place, GError **error)
{
	struct json_place inner = {.prefix = "ipam."};
	const char *type = "";

	if (!json_reader_object(place, "ipam", &inner.object, error))
		return false;
	if (!inner.object || !json_reader_string(&inner, "type", &type, error))
		return !inner.object;
	return !*type ||
	       cni_unsupported_refuse(place, "ipam",
				      "leave it out: cidr and cidr6 choose the network", error);
}

/* What is outside never sees the container's own address. */
static bool take_masquerade(const struct json_place *place, GError **error)
{
	JsonNode *node = json_object_get_member(place->object, "ipMasq");

	if (JSON_NODE_HOLDS_NULL(node))
		return true;
	if (!JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != JSON_VALUE_BOOLEAN) {
		failure_set(error, EINVAL, NULL, "ipMasq must be true or false");
		return false;
	}
	return json_node_get_boolean(node) ||
	       cni_unsupported_refuse(place, "ipMasq",
				      "leave it out: the host's own addresses are used outside",
				      error);
}

/* A container's own name servers come before the network's. */
static bool take_capabilities(const struct json_place *place, struct cni_config *config,
			      GError **error)
{
	JsonObject *runtime_config = NULL, *dns = NULL;

	if (!json_reader_object(place, "runtimeConfig", &runtime_config, error))
		return false;
	if (runtime_config &&
	    !cni_capabilities_take(runtime_config, &config->settings, &dns, error))
		return false;
	if (dns) {
		json_object_unref(config->dns);
		config->dns = dns;
	}
	return true;
}

static bool take_key(const struct json_place *place, const char *key, struct cni_config *config,
		     GError **error)
{
	if (g_strv_contains(foreign_keys, key) || g_str_has_prefix(key, RESERVED_PREFIX))
		return true;
	if (g_str_equal(key, "dns"))
		return take_dns(place, &config->dns, error);
	if (g_str_equal(key, "ipam"))
		return take_ipam(place, error);
	if (g_str_equal(key, "ipMasq"))
		return take_masquerade(place, error);
	/* When all settings are known. */
	if (g_str_equal(key, "runtimeConfig"))
		return true;
	/* Whose own name is that of what the result is to say. */
	if (g_str_equal(key, "dnsUpstream"))
		return settings_take_member(&config->settings, "dns",
					    json_object_get_member(place->object, key), error);
	if (settings_has_member(key))
		return settings_take_member(&config->settings, key,
					    json_object_get_member(place->object, key), error);
	return cni_unsupported_refuse(place, key, NULL, error);
}

static bool take_arguments(const struct cni_request *request, struct cni_config *config,
			   GError **error)
{
	char address[IP_ADDRESS_TEXT_SIZE];

	if (request->has_mac) {
		config->settings.network.has_mac = true;
		config->settings.network.mac = request->mac;
	}
	return request->ip.family == AF_UNSPEC ||
	       settings_take_address(&config->settings, ip_address_text(&request->ip, address),
				     error);
}

static bool take_settings(const struct json_place *place, const struct cni_request *request,
			  struct cni_config *config, GError **error)
{
	g_autoptr(GList) keys = json_object_get_members(place->object);

	for (const GList *key = keys; key; key = key->next)
		if (!take_key(place, key->data, config, error))
			return false;
	if (!take_capabilities(place, config, error) || !take_arguments(request, config, error))
		return false;
	return settings_check(&config->settings, request->ifname, error);
}

/* --- what GC keeps --- */

static bool check_attachment(const struct json_place *place, JsonArray *valid, unsigned i,
			     GError **error)
{
	g_autofree char *prefix = g_strdup_printf(VALID_ATTACHMENTS "[%u].", i);
	struct json_place inner = {.prefix = prefix};
	const char *container_id = NULL, *ifname = NULL;

	inner.object = json_reader_element_object(place, VALID_ATTACHMENTS, valid, i, error);
	if (!inner.object || !json_reader_string(&inner, "containerID", &container_id, error) ||
	    !json_reader_string(&inner, "ifname", &ifname, error))
		return false;
	if (container_id && ifname)
		return true;
	failure_set(error, EINVAL, NULL, "%scontainerID or ifname is missing", prefix);
	return false;
}

/* What is not in the list ends: so the list has to be there, and to be understood as a whole. */
static bool take_attachments(const struct json_place *place, JsonArray **ret_valid, GError **error)
{
	JsonArray *valid = NULL;

	if (!json_object_has_member(place->object, VALID_ATTACHMENTS)) {
		failure_set(error, EINVAL, NULL, VALID_ATTACHMENTS " is missing");
		return false;
	}
	if (!json_reader_array(place, VALID_ATTACHMENTS, &valid, error))
		return false;
	for (unsigned i = 0; valid && i < json_array_get_length(valid); i++)
		if (!check_attachment(place, valid, i, error))
			return false;
	*ret_valid = valid;
	return true;
}

/* --- all of it --- */

static bool take_all(const struct json_place *place, const struct cni_request *request,
		     struct cni_config *config, GError **error)
{
	enum cni_command command = request->command;

	if (!take_version(place, command, &config->version, error))
		return false;
	if (command == CNI_VERSION)
		return true;
	if (!take_name(place, &config->name, error))
		return false;
	if (command == CNI_DEL)
		return true;
	if (command == CNI_GC)
		return take_attachments(place, &config->valid, error);
	return json_reader_object(place, "prevResult", &config->previous, error) &&
	       take_settings(place, request, config, error);
}

static bool is_blank(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (!g_ascii_isspace(text[i]))
			return false;
	return true;
}

bool cni_config_parse(const char *text, size_t size, const struct cni_request *request,
		      struct cni_config *config, GError **error)
{
	GError *failure = NULL;

	if (request->command == CNI_VERSION && is_blank(text, size))
		return true;
	config->root = json_reader_parse(text, size, &failure);
	if (!config->root)
		cni_error_classify(&failure, CNI_UNDECODABLE);
	else if (take_all(&(struct json_place){json_node_get_object(config->root), ""}, request,
			  config, &failure))
		return true;
	cni_error_classify(&failure, CNI_BAD_CONFIG);
	g_propagate_error(error, failure);
	return false;
}

bool cni_config_is_valid(const struct cni_config *config, const char *container_id,
			 const char *ifname)
{
	unsigned n = config->valid ? json_array_get_length(config->valid) : 0;

	for (unsigned i = 0; i < n; i++) {
		const JsonObject *entry = json_array_get_object_element(config->valid, i);
		if (entry &&
		    g_strcmp0(json_object_get_string_member(entry, "containerID"), container_id) ==
			    0 &&
		    g_strcmp0(json_object_get_string_member(entry, "ifname"), ifname) == 0)
			return true;
	}
	return false;
}
