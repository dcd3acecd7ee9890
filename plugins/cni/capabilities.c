/* SPDX-License-Identifier: GPL-2.0-or-later */
/* capabilities - what a runtime asks for in runtimeConfig (CNI's CONVENTIONS.md) */
#include "plugins/cni/capabilities.h"

#include <errno.h>
#include <string.h>

#include "launcher/json_reader.h"
#include "plugins/cni/error.h"
#include "plugins/cni/unsupported.h"
#include "src/failure.h"

/* --- portMappings --- */

static bool take_protocol(const struct json_place *place, int *ret_protocol, GError **error)
{
	const char *text = "tcp";

	if (!json_reader_string(place, "protocol", &text, error))
		return false;
	bool is_udp = g_ascii_strcasecmp(text, "udp") == 0;
	if (!is_udp && *text && g_ascii_strcasecmp(text, "tcp") != 0)
		return cni_error_set(error, CNI_UNSUPPORTED_FIELD, "take tcp or udp",
				     "%sprotocol: '%s' cannot be published", place->prefix, text);
	*ret_protocol = is_udp ? IPPROTO_UDP : IPPROTO_TCP;
	return true;
}

/* Any free port would be of no use: a result has no place for its number. */
static bool take_port(const struct json_place *place, const char *name, uint16_t *ret_port,
		      GError **error)
{
	uint64_t port = 0;

	if (!json_reader_number(place, name, &port, error))
		return false;
	if (port < 1 || port > UINT16_MAX) {
		failure_set(error, EINVAL, NULL, "%s%s must be a number from 1 to 65535",
			    place->prefix, name);
		return false;
	}
	*ret_port = (uint16_t)port;
	return true;
}

static bool take_host(const struct json_place *place, struct ip_address *ret_host, GError **error)
{
	const char *text = "";

	if (!json_reader_string(place, "hostIP", &text, error))
		return false;
	if (!*text || ip_address_parse(text, ret_host, error))
		return true;
	g_prefix_error(error, "%shostIP: ", place->prefix);
	return false;
}

static bool take_mapping(const struct json_place *place, GArray *ports, GError **error)
{
	static const char *const keys[] = {"hostPort", "containerPort", "protocol", "hostIP", NULL};
	struct port_rule rule = {0};

	if (!cni_unsupported_check(place, keys, error) ||
	    !take_protocol(place, &rule.protocol, error) ||
	    !take_port(place, "hostPort", &rule.host_first, error) ||
	    !take_port(place, "containerPort", &rule.guest_first, error) ||
	    !take_host(place, &rule.host, error))
		return false;
	rule.host_last = rule.host_first;
	g_array_append_val(ports, rule);
	return true;
}

static bool take_mappings(const struct json_place *place, GArray *ports, GError **error)
{
	JsonArray *mappings = NULL;

	if (!json_reader_array(place, "portMappings", &mappings, error))
		return false;
	for (unsigned i = 0; mappings && i < json_array_get_length(mappings); i++) {
		g_autofree char *prefix = g_strdup_printf("%sportMappings[%u].", place->prefix, i);
		JsonObject *object =
			json_reader_element_object(place, "portMappings", mappings, i, error);
		if (!object || !take_mapping(&(struct json_place){object, prefix}, ports, error))
			return false;
	}
	return true;
}

/* --- ips --- */

static bool take_ips(const struct json_place *place, struct settings *settings, GError **error)
{
	JsonArray *ips = NULL;

	if (!json_reader_array(place, "ips", &ips, error))
		return false;
	for (unsigned i = 0; ips && i < json_array_get_length(ips); i++) {
		const char *text = json_reader_element(place, "ips", ips, i, error);
		if (!text || !settings_take_address(settings, text, error)) {
			if (text)
				g_prefix_error(error, "%sips: ", place->prefix);
			return false;
		}
	}
	return true;
}

/* --- mac, dns --- */

static bool take_mac(const struct json_place *place, struct network_options *options,
		     GError **error)
{
	const char *text = NULL;

	if (!json_reader_string(place, "mac", &text, error))
		return false;
	if (!text || !*text)
		return true;
	options->has_mac = mac_address_parse(text, &options->mac, error);
	return options->has_mac;
}

static bool take_strings(const struct json_place *place, const char *name, JsonObject *dns,
			 const char *result_name, GError **error)
{
	JsonArray *array = NULL;

	if (!json_reader_array(place, name, &array, error))
		return false;
	for (unsigned i = 0; array && i < json_array_get_length(array); i++)
		if (!json_reader_element(place, name, array, i, error))
			return false;
	if (array && json_array_get_length(array))
		json_object_set_array_member(dns, result_name, json_array_ref(array));
	return true;
}

static bool take_dns(const struct json_place *place, JsonObject **ret_dns, GError **error)
{
	g_autofree char *prefix = g_strdup_printf("%sdns.", place->prefix);
	static const char *const keys[] = {"servers", "searches", "options", NULL};
	g_autoptr(JsonObject) dns = json_object_new();
	struct json_place inner = {.prefix = prefix};

	if (!json_reader_object(place, "dns", &inner.object, error))
		return false;
	if (!inner.object)
		return true;
	if (!cni_unsupported_check(&inner, keys, error) ||
	    !take_strings(&inner, "servers", dns, "nameservers", error) ||
	    !take_strings(&inner, "searches", dns, "search", error) ||
	    !take_strings(&inner, "options", dns, "options", error))
		return false;
	*ret_dns = g_steal_pointer(&dns);
	return true;
}

/* --- bandwidth --- */

/* Zero means no limit. Where the network's configuration has one as well, the lower holds. */
static bool take_rate(const struct json_place *place, const char *const names[2],
		      struct rate *ret_rate, GError **error)
{
	g_autofree char *what = g_strconcat(place->prefix, names[0], NULL);
	struct rate rate = {0};

	if (!json_reader_number(place, names[0], &rate.bits, error) ||
	    !json_reader_number(place, names[1], &rate.burst, error))
		return false;
	/* Runtimes ask for the largest number where they do not care. */
	rate.burst = MIN(rate.burst / 8, RATE_BURST_MAX);
	if (!rate_check(&rate, what, error))
		return false;
	if (rate.bits && (!ret_rate->bits || rate.bits < ret_rate->bits))
		*ret_rate = rate;
	return true;
}

static bool take_bandwidth(const struct json_place *place, struct rate_options *options,
			   GError **error)
{
	static const char *const in[] = {"ingressRate", "ingressBurst"};
	static const char *const out[] = {"egressRate", "egressBurst"};
	static const char *const keys[] = {"ingressRate", "ingressBurst", "egressRate",
					   "egressBurst", NULL};
	g_autofree char *prefix = g_strdup_printf("%sbandwidth.", place->prefix);
	struct json_place inner = {.prefix = prefix};

	if (!json_reader_object(place, "bandwidth", &inner.object, error))
		return false;
	return !inner.object || (take_rate(&inner, in, &options->rates.of[RATE_IN], error) &&
				 take_rate(&inner, out, &options->rates.of[RATE_OUT], error) &&
				 cni_unsupported_check(&inner, keys, error));
}

bool cni_capabilities_take(JsonObject *runtime_config, struct settings *settings,
			   JsonObject **ret_dns, GError **error)
{
	const struct json_place place = {runtime_config, "runtimeConfig."};
	/* The cgroup's path is told to whoever wants to know it. */
	static const char *const keys[] = {"portMappings", "ips",	 "mac", "dns",
					   "bandwidth",	   "cgroupPath", NULL};

	return cni_unsupported_check(&place, keys, error) &&
	       take_mappings(&place, settings->network.ports, error) &&
	       take_ips(&place, settings, error) && take_mac(&place, &settings->network, error) &&
	       take_bandwidth(&place, &settings->rate, error) && take_dns(&place, ret_dns, error);
}
