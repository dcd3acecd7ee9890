/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_oci - any text as what a runtime tells a hook, and its annotations as options */
#include <errno.h>
#include <string.h>

#include <glib.h>

#include "plugins/oci/options.h"
#include "plugins/oci/state.h"
#include "src/failure.h"
#include "tests/fuzz/fuzz.h"

/* What was not said is as netns-run has it. */
static void check_options(const struct oci_options *options)
{
	const struct network_options *network = &options->settings.network;

	g_assert(network->mode == NETWORK_USER && network->sockets->len == 0);
	g_assert(strlen(network->ifname) < IFNAMSIZ);
	g_assert(network->mtu == 0 || network->mtu >= LINK_MTU_MIN);
}

static void try_options(const struct oci_state *state)
{
	g_autoptr(GError) error = NULL;
	struct oci_options options;

	oci_options_init(&options);
	if (oci_options_take_annotations(&options, state->annotations, &error) &&
	    oci_options_check(&options, &error))
		check_options(&options);
	else
		g_assert(error && *error->message);
	oci_options_done(&options);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_memdup2(data, size ? size : 1);
	g_autoptr(GError) error = NULL;
	struct oci_state state;

	if (!oci_state_parse(text, size, &state, &error)) {
		g_assert(error && error->domain == FAILURE && error->code == EINVAL);
		return 0;
	}
	g_assert(state.id && *state.id && state.pid >= 0);
	g_assert(state.stage != OCI_CREATE || state.pid > 1);
	try_options(&state);
	oci_state_done(&state);
	return 0;
}
