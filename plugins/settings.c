/* SPDX-License-Identifier: GPL-2.0-or-later */
/* settings - netns-run's options of the network, as the configuration of a runtime names them */
#include "plugins/settings.h"

#include <errno.h>
#include <string.h>

#include "src/failure.h"
#include "src/number.h"

/* Of a network that only the container's address tells of. */
#define DEFAULT_LENGTH4 24
#define DEFAULT_LENGTH6 64

enum setting_kind {
	SETTING_VALUE,
	SETTING_LIST,
	SETTING_SWITCH,
	SETTING_ABSENCE, /* the option is --no-NAME, for a value of false */
};

/* What it may open that others have closed. */
enum setting_power {
	POWER_NONE,
	POWER_EGRESS,  /* says what may leave */
	POWER_NAMES,   /* says to which addresses the names in such rules lead */
	POWER_WAY_OUT, /* says who gets what leaves */
	POWER_RATE,    /* says how fast */
	POWER_HOST,    /* says what is done on the host */
};

struct setting {
	const char *name;
	enum setting_kind kind;
	enum setting_power power;
};

static const struct setting known[] = {
	{"add-host", SETTING_LIST, POWER_NAMES},
	{"allow", SETTING_LIST, POWER_EGRESS},
	{"cidr", SETTING_VALUE, POWER_NONE},
	{"cidr6", SETTING_VALUE, POWER_NONE},
	{"deny", SETTING_LIST, POWER_EGRESS},
	{"dns", SETTING_LIST, POWER_NAMES},
	{"egress", SETTING_VALUE, POWER_EGRESS},
	{"egress-file", SETTING_VALUE, POWER_HOST},
	{"egress-pin", SETTING_VALUE, POWER_EGRESS},
	{"host-loopback", SETTING_SWITCH, POWER_NONE},
	{"host-port", SETTING_LIST, POWER_NONE},
	{"ipv6", SETTING_ABSENCE, POWER_NONE},
	{"link", SETTING_VALUE, POWER_NONE},
	{"mac", SETTING_VALUE, POWER_NONE},
	{"mtu", SETTING_VALUE, POWER_NONE},
	{"outbound", SETTING_LIST, POWER_WAY_OUT},
	{"proxy", SETTING_VALUE, POWER_WAY_OUT},
	{"proxy-bypass", SETTING_SWITCH, POWER_WAY_OUT},
	{"publish", SETTING_LIST, POWER_NONE},
	{"rate-in", SETTING_VALUE, POWER_RATE},
	{"rate-out", SETTING_VALUE, POWER_RATE},
	{"sandbox", SETTING_VALUE, POWER_HOST},
	{"udp-timeout", SETTING_VALUE, POWER_NONE},
};

static const struct setting *find(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
		if (g_str_equal(known[i].name, name))
			return &known[i];
	return NULL;
}

/* "hostPort" is host-port; what has a '-' already is none. The caller owns the string. */
static char *name_of_member(const char *member)
{
	GString *name = g_string_new(NULL);

	for (; *member; member++) {
		if (g_ascii_isupper(*member))
			g_string_append_c(name, '-');
		g_string_append_c(name, *member == '-' ? '?' : g_ascii_tolower(*member));
	}
	return g_string_free(name, FALSE);
}

/* --- the option --- */

void settings_add_groups(struct settings *settings, GOptionContext *context)
{
	g_option_context_add_group(context, network_options_group_of_link(&settings->network));
	g_option_context_add_group(context, dns_options_group_of_link(&settings->network.dns));
	g_option_context_add_group(context, outbound_options_group(&settings->outbound));
	g_option_context_add_group(context, rate_options_group(&settings->rate));
	g_option_context_add_group(context, sandbox_options_group(&settings->sandbox));
	g_option_context_add_group(context, egress_options_group(&settings->egress));
}

static bool parse_option(struct settings *settings, char *argument, GError **error)
{
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);
	char **arguments = g_new0(char *, 3);
	g_autoptr(GError) failure = NULL;

	settings_add_groups(settings, context);
	g_option_context_set_help_enabled(context, FALSE);
	arguments[0] = g_strdup("settings");
	arguments[1] = argument;
	bool parsed = g_option_context_parse_strv(context, &arguments, &failure);
	g_strfreev(arguments);
	if (parsed)
		return true;
	if (failure->domain == FAILURE)
		g_propagate_error(error, g_steal_pointer(&failure));
	else
		failure_set(error, EINVAL, NULL, "%s", failure->message);
	return false;
}

static bool set_value(struct settings *settings, const struct setting *setting, const char *value,
		      GError **error)
{
	/* Nobody knows in which directory a runtime calls us. */
	if (g_str_equal(setting->name, "egress-file") && !g_path_is_absolute(value)) {
		failure_set(error, EINVAL, "write the whole path", "'%s' does not begin with /",
			    value);
		return false;
	}
	settings->has_loose_rules |= setting->power == POWER_EGRESS;
	return parse_option(settings, g_strdup_printf("--%s=%s", setting->name, value), error);
}

static bool set_switch(struct settings *settings, const struct setting *setting, bool value,
		       GError **error)
{
	bool is_absence = setting->kind == SETTING_ABSENCE;

	if (value == is_absence)
		return true;
	return parse_option(
		settings, g_strdup_printf("--%s%s", is_absence ? "no-" : "", setting->name), error);
}

static bool is_switch(const struct setting *setting)
{
	return setting->kind == SETTING_SWITCH || setting->kind == SETTING_ABSENCE;
}

static bool refuse(const char *name, const char *type, GError **error)
{
	failure_set(error, EINVAL, NULL, "%s must be %s", name, type);
	return false;
}

void settings_init(struct settings *settings)
{
	*settings = (struct settings){0};
	network_options_init(&settings->network);
	egress_options_init(&settings->egress);
}

void settings_done(struct settings *settings)
{
	network_options_done(&settings->network);
	egress_options_done(&settings->egress);
}

/* Who serves the network is another process, where a descriptor's number means something else. */
static bool check_sockets(const struct settings *settings, GError **error)
{
	if (settings->network.sockets->len == 0)
		return true;
	failure_set(error, EINVAL, "name a host port",
		    "a hook or plugin inherits no sockets to publish");
	return false;
}

bool settings_check(struct settings *settings, const char *ifname, GError **error)
{
	g_free(settings->network.ifname);
	settings->network.ifname = g_strdup(ifname);
	if (!check_sockets(settings, error) || !network_options_check(&settings->network, error) ||
	    !outbound_options_check(&settings->outbound, &settings->network, error) ||
	    !rate_options_check(&settings->rate, &settings->network, error) ||
	    !sandbox_options_check(&settings->sandbox, &settings->network, error) ||
	    !egress_options_check(&settings->egress, settings->network.mode, error))
		return false;
	if (settings->has_loose_rules)
		egress_set_put_exceptions_first(settings->egress.set);
	return true;
}

/* --- whom it holds --- */

void settings_fix(struct settings *settings, const char *by)
{
	settings->fixed_by = by;
	settings->is_egress_fixed = settings->egress.given;
	settings->is_outbound_fixed =
		settings->is_egress_fixed || outbound_options_given(&settings->outbound) != NULL;
	settings->is_rate_fixed = settings->rate.given != NULL;
}

static bool is_fixed(const struct settings *settings, enum setting_power power)
{
	switch (power) {
	case POWER_EGRESS:
	case POWER_NAMES:
		return settings->is_egress_fixed;
	case POWER_WAY_OUT:
		return settings->is_outbound_fixed;
	case POWER_RATE:
		return settings->is_rate_fixed;
	case POWER_HOST:
		return settings->fixed_by != NULL;
	default:
		return false;
	}
}

static bool check_power(const struct settings *settings, const struct setting *setting,
			GError **error)
{
	if (!is_fixed(settings, setting->power))
		return true;
	failure_set(error, EPERM, "leave it out, or ask who set them up",
		    "%s can be set by %s alone", setting->name, settings->fixed_by);
	return false;
}

/* --- JSON --- */

/* A string or a whole number as an option's text; NULL for what is neither. */
static char *text_of(JsonNode *node)
{
	if (!node || !JSON_NODE_HOLDS_VALUE(node))
		return NULL;
	switch (json_node_get_value_type(node)) {
	case JSON_VALUE_STRING:
		return g_strdup(json_node_get_string(node));
	case JSON_VALUE_INT64:
		return g_strdup_printf("%" G_GINT64_FORMAT, json_node_get_int(node));
	default:
		return NULL;
	}
}

static bool take_scalar(struct settings *settings, const struct setting *setting, JsonNode *value,
			GError **error)
{
	g_autofree char *text = text_of(value);

	return text ? set_value(settings, setting, text, error)
		    : refuse(setting->name, "a string or a whole number", error);
}

static bool take_array(struct settings *settings, const struct setting *setting, JsonArray *array,
		       GError **error)
{
	for (unsigned i = 0; i < json_array_get_length(array); i++)
		if (!take_scalar(settings, setting, json_array_get_element(array, i), error))
			return false;
	return true;
}

static bool take_node(struct settings *settings, const struct setting *setting, JsonNode *value,
		      GError **error)
{
	if (is_switch(setting)) {
		if (!JSON_NODE_HOLDS_VALUE(value) ||
		    json_node_get_value_type(value) != JSON_VALUE_BOOLEAN)
			return refuse(setting->name, "true or false", error);
		return set_switch(settings, setting, json_node_get_boolean(value), error);
	}
	if (setting->kind == SETTING_LIST && JSON_NODE_HOLDS_ARRAY(value))
		return take_array(settings, setting, json_node_get_array(value), error);
	return take_scalar(settings, setting, value, error);
}

static bool unknown(const char *name, GError **error)
{
	g_autofree char *printable = g_strescape(name, NULL);

	failure_set(error, ENOENT, NULL, "there is no setting '%s'", printable);
	return false;
}

bool settings_has_name(const char *name)
{
	return find(name) != NULL;
}

bool settings_has_member(const char *member)
{
	g_autofree char *name = name_of_member(member);

	return find(name) != NULL;
}

bool settings_take_member(struct settings *settings, const char *member, JsonNode *value,
			  GError **error)
{
	g_autofree char *name = name_of_member(member);
	const struct setting *setting = find(name);

	if (!setting)
		return unknown(member, error);
	if (check_power(settings, setting, error) && take_node(settings, setting, value, error))
		return true;
	g_prefix_error(error, "%s: ", member);
	return false;
}

/* --- text --- */

static bool take_parts(struct settings *settings, const struct setting *setting, const char *value,
		       GError **error)
{
	g_auto(GStrv) parts = g_strsplit(value, ",", -1);

	for (char **part = parts; *part; part++) {
		/* Also a rule to publish has a comma: it is followed by proxy=VERSION. */
		bool has_proxy = part[1] && g_str_has_prefix(part[1], "proxy=");
		g_autofree char *whole =
			has_proxy ? g_strconcat(part[0], ",", part[1], NULL) : g_strdup(*part);
		if (!set_value(settings, setting, whole, error))
			return false;
		part += has_proxy;
	}
	return true;
}

static bool take_value(struct settings *settings, const struct setting *setting, const char *value,
		       GError **error)
{
	if (setting->kind == SETTING_LIST)
		return take_parts(settings, setting, value, error);
	if (!is_switch(setting))
		return set_value(settings, setting, value, error);
	if (!g_str_equal(value, "true") && !g_str_equal(value, "false"))
		return refuse(setting->name, "true or false", error);
	return set_switch(settings, setting, g_str_equal(value, "true"), error);
}

bool settings_take_text(struct settings *settings, const char *name, const char *value,
			GError **error)
{
	const struct setting *setting = find(name);

	if (!setting)
		return unknown(name, error);
	if (check_power(settings, setting, error) && take_value(settings, setting, value, error))
		return true;
	g_prefix_error(error, "%s: ", name);
	return false;
}

/* --- addresses --- */

static bool take_length(const char *text, const struct ip_address *address, unsigned *ret_length,
			GError **error)
{
	guint64 length = address->family == AF_INET ? DEFAULT_LENGTH4 : DEFAULT_LENGTH6;

	if (text &&
	    !number_parse(text, 1, ip_address_bits(address), "the prefix length", &length, error))
		return false;
	*ret_length = (unsigned)length;
	return true;
}

/* Host bits are what this is about, so ip_prefix_parse() is too strict. */
static struct ip_prefix network_of(const struct ip_address *address, unsigned length)
{
	struct ip_prefix prefix = {*address, length};

	for (unsigned bit = length; bit < ip_address_bits(address); bit++)
		prefix.address.bytes[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
	return prefix;
}

bool settings_take_address(struct settings *settings, const char *text, GError **error)
{
	g_auto(GStrv) parts = g_strsplit(text, "/", 2);
	struct ip_address address;
	unsigned length;

	if (!ip_address_parse(parts[0] ? parts[0] : "", &address, error) ||
	    !take_length(parts[0] ? parts[1] : NULL, &address, &length, error))
		return false;
	bool is_v4 = address.family == AF_INET;
	struct ip_address *command = is_v4 ? &settings->command4 : &settings->command6;
	struct ip_prefix *cidr = is_v4 ? &settings->network.cidr : &settings->network.cidr6;
	if (command->family != AF_UNSPEC) {
		failure_set(error, EINVAL, "ask for one of each family at most",
			    "'%s' would be a second address of IPv%c", text, is_v4 ? '4' : '6');
		return false;
	}
	if (cidr->address.family == AF_UNSPEC)
		*cidr = network_of(&address, length);
	*command = address;
	return true;
}
