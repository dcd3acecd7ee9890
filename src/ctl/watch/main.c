/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netns-watch - what netns-ctl becomes to capture packets, and as top */
#include <locale.h>

#include "src/ctl/arguments.h"
#include "src/ctl/complaint.h"
#include "src/ctl/exit_status.h"
#include "src/ctl/watch/capture.h"
#include "src/ctl/watch/top.h"
#include "src/failure.h"
#include "src/standard_streams.h"

static bool run(const struct ctl_request *request, GError **error)
{
	if (request->verb == CTL_CAPTURE)
		return capture_run(request, error);
	if (request->verb == CTL_TOP)
		return top_run(request, error);
	failure_set(error, 0, "run netns-ctl", "this program is a part of netns-ctl");
	return false;
}

int main(int argc G_GNUC_UNUSED, char **argv)
{
	g_autoptr(GError) failure = NULL;
	struct ctl_request request;

	standard_streams_ensure();
	setlocale(LC_CTYPE, "");
	if (!arguments_parse(argv, &request, &failure)) {
		complaint_print(failure);
		return EXIT_FAILURE_OF_OURS;
	}
	bool succeeded = run(&request, &failure) && complaint_flush_output(&failure);
	if (!succeeded)
		complaint_print(failure);
	ctl_request_done(&request);
	return succeeded ? 0 : EXIT_REQUEST;
}
