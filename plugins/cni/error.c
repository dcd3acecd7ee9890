/* SPDX-License-Identifier: GPL-2.0-or-later */
/* error - errors of the Container Network Interface (CNI specification 1.1.0, section Error) */
#include "plugins/cni/error.h"

#include <errno.h>
#include <stdarg.h>

#include "src/failure.h"
#include "src/json_add.h"

G_DEFINE_QUARK(netns - cni - error, cni_error)

gboolean cni_error_set(GError **error, enum cni_code code, const char *details, const char *format,
		       ...)
{
	va_list arguments;

	va_start(arguments, format);
	g_autofree char *message = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	g_strdelimit(message, "\n", ' ');
	if (details)
		g_set_error(error, CNI_ERROR, (int)code, "%s\n%s", message, details);
	else
		g_set_error_literal(error, CNI_ERROR, (int)code, message);
	return FALSE;
}

gboolean cni_error_classify(GError **error, enum cni_code code)
{
	if (error && *error && (*error)->domain != CNI_ERROR) {
		(*error)->domain = CNI_ERROR;
		(*error)->code = (int)code;
	}
	return FALSE;
}

enum cni_code cni_error_code(const GError *error)
{
	if (error->domain == CNI_ERROR)
		return (enum cni_code)error->code;
	switch (error->code) {
	case EADDRINUSE:
		return CNI_PORT_IN_USE;
	case EEXIST:
	case EBUSY: /* a TAP that somebody holds */
		return CNI_EXISTS;
	case EAGAIN:
	case ENOMEM:
	case ENOBUFS:
	case EMFILE:
	case ENFILE:
		return CNI_TRY_AGAIN;
	default:
		return CNI_NO_NETWORK;
	}
}

JsonNode *cni_error_to_json(const GError *error, const char *version)
{
	g_autoptr(JsonBuilder) builder = json_builder_new();
	g_autofree char *message = failure_cause(error);
	const char *details = failure_cure(error);

	json_builder_begin_object(builder);
	json_add_string(builder, "cniVersion", version);
	json_add_int(builder, "code", (gint64)cni_error_code(error));
	json_add_string(builder, "msg", message);
	if (details)
		json_add_string(builder, "details", details);
	json_builder_end_object(builder);
	return json_builder_get_root(builder);
}
