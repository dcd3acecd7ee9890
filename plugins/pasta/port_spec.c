/* SPDX-License-Identifier: GPL-2.0-or-later */
/* port_spec - the ports of pasta's -t, -u, -T and -U */
#include "plugins/pasta/port_spec.h"

#include <errno.h>
#include <string.h>

#include "src/failure.h"
#include "src/port_rule.h"

#define N_PORTS 65536u

/* One SPEC while it is read: where each port of the host leads, 0 for nowhere. */
struct reading {
	struct port_rule place; /* host and interface */
	bool has_place;
	bool has_maps, has_exclusions;
	uint16_t to[N_PORTS];
	bool excluded[N_PORTS];
};

struct range {
	unsigned first, last;
};

void port_spec_init(struct port_spec *spec, int protocol)
{
	*spec = (struct port_spec){
		.protocol = protocol,
		.rules = g_array_new(FALSE, TRUE, sizeof(struct port_rule)),
	};
}

void port_spec_done(struct port_spec *spec)
{
	g_clear_pointer(&spec->rules, g_array_unref);
	g_clear_pointer(&spec->excluded, g_free);
}

/* Reads digits, and moves behind them. */
static bool take_port(const char **text, unsigned *ret_port)
{
	unsigned port = 0;

	if (!g_ascii_isdigit(**text))
		return false;
	for (; g_ascii_isdigit(**text); (*text)++) {
		port = port * 10 + (unsigned)g_ascii_digit_value(**text);
		if (port >= N_PORTS)
			return false;
	}
	*ret_port = port;
	return true;
}

static bool take_range(const char **text, struct range *ret_range)
{
	struct range range;

	if (!take_port(text, &range.first))
		return false;
	range.last = range.first;
	if (**text == '-') {
		(*text)++;
		if (!take_port(text, &range.last))
			return false;
	}
	*ret_range = range;
	return range.first <= range.last;
}

static bool is_end(char c)
{
	return c == '\0' || c == ',';
}

static bool take_exclusion(struct reading *reading, const char **text)
{
	struct range range;

	(*text)++;
	if (!take_range(text, &range) || !is_end(**text))
		return false;
	for (unsigned port = range.first; port <= range.last; port++)
		reading->excluded[port] = true;
	reading->has_exclusions = true;
	return true;
}

static bool take_map(struct reading *reading, const char **text)
{
	struct range from, to;

	if (!take_range(text, &from))
		return false;
	to = from;
	if (**text == ':') {
		(*text)++;
		if (!take_range(text, &to) || to.last - to.first != from.last - from.first)
			return false;
	}
	if (!is_end(**text) || !from.first || !to.first)
		return false;
	for (unsigned port = from.first; port <= from.last; port++)
		reading->to[port] = (uint16_t)(to.first + port - from.first);
	reading->has_maps = true;
	return true;
}

static bool take_items(struct reading *reading, const char *text)
{
	while (*text) {
		/* As pasta does, which skips what is empty. */
		if (*text == ',')
			text++;
		else if (!(*text == '~' ? take_exclusion(reading, &text)
					: take_map(reading, &text)))
			return false;
	}
	return reading->has_maps || reading->has_exclusions;
}

static bool read_address(const char *text, struct ip_address *ret_address)
{
	size_t length = strlen(text);
	g_autofree char *bare = NULL;

	if (length > 2 && text[0] == '[' && text[length - 1] == ']')
		bare = g_strndup(text + 1, length - 2);
	return ip_address_parse(bare ? bare : text, ret_address, NULL);
}

/* What stands before the slash. An address that means all is as good as none. */
static bool read_place(const char *text, struct port_rule *place)
{
	const char *percent = strchr(text, '%');
	g_autofree char *address =
		percent ? g_strndup(text, (gsize)(percent - text)) : g_strdup(text);

	if (percent && !port_rule_is_interface(percent + 1))
		return false;
	if (percent)
		g_strlcpy(place->interface, percent + 1, sizeof(place->interface));
	if (!*address)
		return percent;
	return read_address(address, &place->host);
}

static bool read_text(struct reading *reading, const char *text)
{
	const char *slash = strchr(text, '/');

	if (!slash)
		return take_items(reading, text);
	g_autofree char *place = g_strndup(text, (gsize)(slash - text));
	reading->has_place = true;
	return read_place(place, &reading->place) && take_items(reading, slash + 1);
}

/* Appends what a map of ports says, as few rules as can be. */
static void add_rules(struct port_spec *spec, const struct port_rule *place, const uint16_t *to)
{
	struct port_rule rule = *place;

	rule.protocol = spec->protocol;
	for (unsigned port = 1; port < N_PORTS; port++) {
		if (!to[port])
			continue;
		unsigned last = port;
		while (last + 1 < N_PORTS && to[last + 1] && to[last + 1] == to[last] + 1)
			last++;
		rule.host_first = (uint16_t)port;
		rule.host_last = (uint16_t)last;
		rule.guest_first = to[port];
		g_array_append_val(spec->rules, rule);
		port = last;
	}
}

static bool set_mode(struct port_spec *spec, enum port_mode mode, const char *name, GError **error)
{
	if (spec->mode == PORT_MODE_UNSET || spec->mode == mode) {
		spec->mode = mode;
		return true;
	}
	if (name)
		failure_set(error, EINVAL, NULL,
			    "Port forwarding mode '%s' conflicts with previous mode", name);
	else
		failure_set(error, EINVAL, NULL,
			    "Specific ports cannot be specified together with all/none/auto");
	return false;
}

static bool finish(struct port_spec *spec, struct reading *reading, GError **error)
{
	enum port_mode mode = reading->has_maps ? PORT_MODE_SPECIFIC : PORT_MODE_ALL;

	if (!set_mode(spec, mode, NULL, error))
		return false;
	for (unsigned port = 0; port < N_PORTS; port++)
		if (reading->excluded[port])
			reading->to[port] = 0;
	if (mode == PORT_MODE_SPECIFIC) {
		add_rules(spec, &reading->place, reading->to);
	} else {
		g_free(spec->excluded);
		spec->excluded = g_memdup2(reading->excluded, sizeof(reading->excluded));
	}
	return true;
}

bool port_spec_add(struct port_spec *spec, const char *text, GError **error)
{
	static const struct {
		const char *name;
		enum port_mode mode;
	} modes[] = {{"none", PORT_MODE_NONE}, {"auto", PORT_MODE_AUTO}, {"all", PORT_MODE_ALL}};

	for (size_t i = 0; i < G_N_ELEMENTS(modes); i++)
		if (g_str_equal(text, modes[i].name))
			return set_mode(spec, modes[i].mode, text, error);
	g_autofree struct reading *reading = g_new0(struct reading, 1);
	if (read_text(reading, text) && (reading->has_maps || !reading->has_place))
		return finish(spec, reading, error);
	failure_set(error, EINVAL, NULL, "Invalid port specifier %s", text);
	return false;
}

void port_spec_expand_all(struct port_spec *spec, unsigned local_first, unsigned local_last,
			  bool (*is_free)(int protocol, unsigned port))
{
	static const struct port_rule anywhere;
	g_autofree uint16_t *to = g_new0(uint16_t, N_PORTS);

	for (unsigned port = 1; port < N_PORTS; port++) {
		bool is_wanted = port < local_first || port > local_last;
		if (is_wanted && !(spec->excluded && spec->excluded[port]) &&
		    is_free(spec->protocol, port))
			to[port] = (uint16_t)port;
	}
	add_rules(spec, &anywhere, to);
}
