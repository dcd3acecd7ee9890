/* SPDX-License-Identifier: GPL-2.0-or-later */
/* front - what main() does in every program that netns-ctl is made of */
#include "src/ctl/front.h"

#include <locale.h>

#include "src/ctl/complaint.h"
#include "src/ctl/exit_status.h"
#include "src/ctl/owner.h"
#include "src/standard_streams.h"

int front_main(char **argv, int (*run)(const struct ctl_request *request, GError **error))
{
	g_autoptr(GError) failure = NULL;
	struct ctl_request request;

	standard_streams_ensure();
	setlocale(LC_CTYPE, "");
	if (!arguments_parse(argv, &request, &failure)) {
		complaint_print(failure);
		return EXIT_FAILURE_OF_OURS;
	}
	const char *owner = request.options.owner;
	int status = EXIT_FAILURE_OF_OURS;
	if (!owner || owner_become(owner, &failure))
		status = run(&request, &failure);
	if (failure)
		complaint_print(failure);
	ctl_request_done(&request);
	return status;
}
