/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netns-watch - what netns-ctl becomes to capture packets, and as top */

/*
 * Trust: as netns-ctl's (src/ctl/main.c). Captured packets are passed on, not looked into.
 */

#include "src/ctl/complaint.h"
#include "src/ctl/exit_status.h"
#include "src/ctl/front.h"
#include "src/ctl/watch/capture.h"
#include "src/ctl/watch/top.h"
#include "src/failure.h"

static bool watch(const struct ctl_request *request, GError **error)
{
	if (request->verb == CTL_CAPTURE)
		return capture_run(request, error);
	if (request->verb == CTL_TOP)
		return top_run(request, error);
	failure_set(error, 0, "run netns-ctl", "this program is a part of netns-ctl");
	return false;
}

/* Returns the exit status. */
static int run(const struct ctl_request *request, GError **error)
{
	return watch(request, error) && complaint_flush_output(error) ? 0 : EXIT_REQUEST;
}

int main(int argc G_GNUC_UNUSED, char **argv)
{
	return front_main(argv, run);
}
