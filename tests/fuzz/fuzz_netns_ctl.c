/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_netns_ctl - command lines of netns-ctl, and what its verbs make of their operands */
#include <string.h>
#include <unistd.h>

#include <glib.h>

#include "src/ctl/arguments.h"
#include "src/ctl/capture_options.h"
#include "src/ctl/exec.h"
#include "src/ctl/signals.h"
#include "src/ctl/top_options.h"
#include "src/ctl/verbs.h"
#include "src/failure.h"
#include "src/state_dir.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/words.h"

/* What the check of the command line has let pass, the verb can read. */
static void check_values(const struct ctl_request *request)
{
	struct capture_options capture;
	struct top_options top;
	int number;

	if (request->verb == CTL_CAPTURE)
		g_assert(capture_options_parse(request, &capture, NULL) && capture.snaplen > 0);
	if (request->verb == CTL_TOP)
		g_assert(top_options_parse(request, &top, NULL) && top.delay > 0);
	if (request->verb == CTL_KILL && request->operands[0])
		g_assert(signals_parse(request->operands[0], &number, NULL) && number >= 0);
}

static void check_exec(const struct ctl_request *request)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(JsonObject) object = NULL;

	if (request->verb != CTL_EXEC)
		return;
	object = exec_arguments(request, environ, &error);
	if (!object)
		words_check_refusal(error);
}

static void check(const struct ctl_request *request)
{
	const struct verb *verb = request->syntax;

	if (request->verb == CTL_HELP || request->verb == CTL_VERSION) {
		g_autofree char *help = arguments_help(request);
		g_assert(g_str_has_prefix(help, "Usage:\n"));
		return;
	}
	g_assert(verb->alone == !request->container);
	g_assert(!request->container || state_name_check(request->container, NULL));
	guint n_operands = g_strv_length(request->operands);
	g_assert(n_operands >= verb->min_operands && n_operands <= verb->max_operands);
	check_values(request);
	check_exec(request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GError) error = NULL;
	struct ctl_request request;
	struct words words;

	if (!words_init(&words, "netns-ctl", data, size))
		return 0;
	if (!arguments_parse(words.argv, &request, &error)) {
		words_check_refusal(error);
	} else {
		check(&request);
		ctl_request_done(&request);
	}
	words_done(&words);
	return 0;
}
