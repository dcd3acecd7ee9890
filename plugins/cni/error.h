/* SPDX-License-Identifier: GPL-2.0-or-later */
/* error - errors of the Container Network Interface (CNI specification 1.1.0, section Error) */
#pragma once

#include <glib.h>

#include "src/json.h"

/* Codes from 100 are our own: netns-cni(1) lists them. */
enum cni_code {
	CNI_INCOMPATIBLE_VERSION = 1,
	CNI_UNSUPPORTED_FIELD = 2,
	CNI_UNKNOWN_CONTAINER = 3,
	CNI_BAD_ENVIRONMENT = 4,
	CNI_IO = 5,
	CNI_UNDECODABLE = 6,
	CNI_BAD_CONFIG = 7,
	CNI_BAD_NETNS = 8,
	CNI_TRY_AGAIN = 11,
	CNI_UNAVAILABLE = 50,
	CNI_NO_NETWORK = 100,
	CNI_PORT_IN_USE = 101,
	CNI_EXISTS = 102,
	CNI_CHECK_FAILED = 103,
};

/* A failure (src/failure.h) whose code is an enum cni_code. */
#define CNI_ERROR cni_error_quark()
GQuark cni_error_quark(void);

/* Sets *error; details may be NULL. Always returns false. */
gboolean cni_error_set(GError **error, enum cni_code code, const char *details, const char *format,
		       ...) G_GNUC_PRINTF(4, 5);

/* Makes *error one with this code, unless it is one of CNI_ERROR already. Always returns false. */
gboolean cni_error_classify(GError **error, enum cni_code code);

/* The code of any error: that of another domain follows from its errno. */
enum cni_code cni_error_code(const GError *error);

/* The error as the specification has it, for a caller that speaks this version. */
JsonNode *cni_error_to_json(const GError *error, const char *version);
