/* SPDX-License-Identifier: GPL-2.0-or-later */
/* versions - those of the Container Network Interface, and what changed with them */
#pragma once

#include <stdbool.h>

#include "src/json.h"

/* In their order. */
enum cni_version {
	CNI_0_3_0,
	CNI_0_3_1,
	CNI_0_4_0, /* CHECK */
	CNI_1_0_0, /* an address in a result has no version any more */
	CNI_1_1_0, /* GC, STATUS; a result's interfaces have an MTU */
};

#define CNI_NEWEST CNI_1_1_0

/* "1.1.0" */
const char *cni_version_name(enum cni_version version);

/* False for one that is not spoken here. */
bool cni_version_parse(const char *text, enum cni_version *ret_version);

/* The answer to VERSION, in the version of the question. */
JsonNode *cni_version_answer(enum cni_version version);
