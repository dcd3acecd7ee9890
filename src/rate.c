/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rate - how fast a container's network may be: the grammar of a rate, and the pair of both ways */
#include "src/rate.h"

#include <errno.h>
#include <string.h>

#include "src/failure.h"
#include "src/handoff_message.h"
#include "src/json_add.h"
#include "src/number.h"

#define UNLIMITED "unlimited"
#define BURST	  "burst="

/* --- text --- */

/* Powers of "k", "m", "g", "t", of 1024 with an "i"; moves *unit behind them. */
static uint64_t take_prefix(const char **unit)
{
	static const char letters[] = "kmgt";
	const char *letter = **unit ? strchr(letters, g_ascii_tolower(**unit)) : NULL;
	uint64_t factor = 1;

	if (!letter)
		return 1;
	(*unit)++;
	bool is_binary = g_ascii_tolower(**unit) == 'i';
	*unit += is_binary;
	for (const char *p = letters; p <= letter; p++)
		factor *= is_binary ? 1024 : 1000;
	return factor;
}

/* The bits per second of one unit; 0 for what is none. */
static uint64_t unit_bits(const char *unit)
{
	const char *name = unit;
	uint64_t factor = take_prefix(&name);

	if (g_ascii_strcasecmp(name, "bps") == 0)
		return factor * 8;
	if (g_ascii_strcasecmp(name, "bit") == 0 || !*unit)
		return factor;
	/* "10M", as iperf3 has it. */
	return !*name && name == unit + 1 ? factor : 0;
}

static bool parse_bits(const char *text, uint64_t *ret_bits)
{
	const char *number = text;
	guint64 ignored;

	if (!number_take_decimal(&text, 1, &ignored))
		return false;
	uint64_t factor = unit_bits(text);
	return factor && number_take_decimal(&number, factor, ret_bits);
}

static bool refuse(const char *text, GError **error)
{
	g_autofree char *printable = g_strescape(text, NULL);

	failure_set(error, EINVAL,
		    "write 100mbit, 1.5gbit, 12500kbps (bytes), 100mbit,burst=256k or unlimited",
		    "'%s' is not a rate", printable);
	return false;
}

bool rate_check(const struct rate *rate, const char *what, GError **error)
{
	if (rate->bits && (rate->bits < RATE_MIN || rate->bits > RATE_MAX)) {
		failure_set(error, ERANGE, "take one from 1kbit to 10tbit, or unlimited",
			    "%s is too %s for a rate", what,
			    rate->bits < RATE_MIN ? "low" : "high");
		return false;
	}
	if (rate->burst > RATE_BURST_MAX) {
		failure_set(error, ERANGE, "take less than 4g", "%s has too large a burst", what);
		return false;
	}
	return true;
}

bool rate_parse(const char *text, struct rate *ret_rate, GError **error)
{
	const char *comma = strchr(text, ',');
	g_autofree char *first = comma ? g_strndup(text, (gsize)(comma - text)) : g_strdup(text);
	struct rate rate = {0};

	if (g_str_equal(text, UNLIMITED)) {
		*ret_rate = rate;
		return true;
	}
	if (!parse_bits(first, &rate.bits) ||
	    (comma && (!g_str_has_prefix(comma + 1, BURST) ||
		       !number_parse_size(comma + 1 + strlen(BURST), &rate.burst))))
		return refuse(text, error);
	/* That would stop it, which is --net=none. */
	if (rate.bits == 0)
		rate.bits = 1;
	if (!rate_check(&rate, text, error))
		return false;
	*ret_rate = rate;
	return true;
}

char *rate_to_string(const struct rate *rate)
{
	static const char *const units[] = {"bit", "kbit", "mbit", "gbit", "tbit"};
	uint64_t bits = rate->bits;
	size_t unit = 0;

	if (!bits)
		return g_strdup(UNLIMITED);
	for (; bits % 1000 == 0 && unit + 1 < G_N_ELEMENTS(units); unit++)
		bits /= 1000;
	g_autofree char *burst =
		rate->burst ? g_strdup_printf("," BURST "%" G_GUINT64_FORMAT, rate->burst) : NULL;
	return g_strdup_printf("%" G_GUINT64_FORMAT "%s%s", bits, units[unit], burst ? burst : "");
}

/* --- directions --- */

static const char *const direction_names[RATE_N_DIRECTIONS] = {
	[RATE_IN] = "in",
	[RATE_OUT] = "out",
};

const char *rate_direction_name(enum rate_direction direction)
{
	return direction_names[direction];
}

bool rate_direction_parse(const char *text, enum rate_direction *ret_direction)
{
	for (int i = 0; i < RATE_N_DIRECTIONS; i++) {
		if (!g_str_equal(text, direction_names[i]))
			continue;
		*ret_direction = (enum rate_direction)i;
		return true;
	}
	return false;
}

/* --- JSON --- */

void rates_add(const struct rates *rates, JsonBuilder *builder)
{
	json_builder_set_member_name(builder, "rates");
	json_builder_begin_object(builder);
	for (int i = 0; i < RATE_N_DIRECTIONS; i++) {
		const struct rate *rate = &rates->of[i];

		if (!rate->bits)
			continue;
		json_builder_set_member_name(builder, direction_names[i]);
		json_builder_begin_object(builder);
		json_add_int(builder, "bits", (gint64)rate->bits);
		if (rate->burst)
			json_add_int(builder, "burst", (gint64)rate->burst);
		json_builder_end_object(builder);
	}
	json_builder_end_object(builder);
}

static bool read_rate(JsonObject *object, struct rate *ret_rate)
{
	gint64 bits = json_object_get_int_member(object, "bits");
	gint64 burst = json_object_get_int_member(object, "burst");

	*ret_rate = (struct rate){(uint64_t)bits, (uint64_t)burst};
	return bits > 0 && burst >= 0 && rate_check(ret_rate, "", NULL);
}

bool rates_read(JsonObject *object, struct rates *ret_rates, GError **error)
{
	JsonObject *member = json_object_get_object_member(object, "rates");
	struct rates rates = {0};

	if (!member && json_object_has_member(object, "rates"))
		return handoff_message_malformed(error, "rates");
	for (int i = 0; member && i < RATE_N_DIRECTIONS; i++) {
		const char *name = direction_names[i];
		JsonObject *limit = json_object_get_object_member(member, name);

		if (limit ? !read_rate(limit, &rates.of[i]) : json_object_has_member(member, name))
			return handoff_message_malformed(error, "rate");
	}
	*ret_rates = rates;
	return true;
}
