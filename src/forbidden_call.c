/* SPDX-License-Identifier: GPL-2.0-or-later */
/* forbidden_call - what a forwarder says last: which call its sandbox did not allow */
#include "src/forbidden_call.h"

#include <string.h>

#include "src/notice.h"
#include "src/syscall_names.h"

/* No stdio: it may have been interrupted. */
static char *append_text(char *end, const char *text)
{
	while (*text)
		*end++ = *text++;
	return end;
}

static char *append_number(char *end, uint32_t number)
{
	char digits[16];
	size_t n = 0;

	do
		digits[n++] = (char)('0' + number % 10);
	while (number /= 10);
	while (n > 0)
		*end++ = digits[--n];
	return end;
}

size_t forbidden_call_write(char *buffer, int number, uint32_t architecture)
{
	char *end = append_text(buffer, "{\"notice\":\"" NOTICE_FORBIDDEN "\",\"errno\":1,"
					"\"failed\":\"netns-forwarder was stopped by its sandbox\","
					"\"architecture\":");

	end = append_number(end, architecture);
	end = append_text(end, ",\"call\":");
	end = append_number(end, (uint32_t)number);
	end = append_text(end, "}");
	return (size_t)(end - buffer);
}

char *forbidden_call_explain(JsonObject *message)
{
	const char *kind = json_object_get_string_member_with_default(message, "notice", "");

	if (!g_str_equal(kind, NOTICE_FORBIDDEN))
		return NULL;
	gint64 number = json_object_get_int_member(message, "call");
	uint32_t architecture = (uint32_t)json_object_get_int_member(message, "architecture");
	g_autofree char *name = syscall_name(architecture, (int)number);
	return g_strdup_printf("its sandbox does not allow the system call '%s'", name);
}
