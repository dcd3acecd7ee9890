/* SPDX-License-Identifier: GPL-2.0-or-later */
/* top_options - the options of netns-ctl top, as values */
#include "src/ctl/top_options.h"

#include <errno.h>

#include "src/failure.h"
#include "src/number.h"

#define ITERATIONS_MAX 1000000000
#define DELAY_DEFAULT  G_TIME_SPAN_SECOND
#define DELAY_MIN      (G_TIME_SPAN_SECOND / 10)
#define DELAY_MAX      G_TIME_SPAN_DAY

static bool parse_delay(const char *text, gint64 *ret_delay, GError **error)
{
	const char *rest = text;
	guint64 delay;

	if (number_take_decimal(&rest, G_USEC_PER_SEC, &delay) && !*rest && delay >= DELAY_MIN &&
	    delay <= DELAY_MAX) {
		*ret_delay = (gint64)delay;
		return true;
	}
	failure_set(error, EINVAL, "write --delay 2 or --delay 0.5",
		    "'%s' is no number of seconds from 0.1 to 86400", text);
	return false;
}

bool top_options_parse(const struct ctl_request *request, struct top_options *ret_options,
		       GError **error)
{
	const struct ctl_options *given = &request->options;
	struct top_options options = {
		.batch = given->batch, .delay = DELAY_DEFAULT, .iterations = G_MAXUINT64};

	if ((given->delay && !parse_delay(given->delay, &options.delay, error)) ||
	    (given->iterations && !number_parse(given->iterations, 1, ITERATIONS_MAX,
						"--iterations", &options.iterations, error)))
		return false;
	*ret_options = options;
	return true;
}
