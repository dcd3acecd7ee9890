/* SPDX-License-Identifier: GPL-2.0-or-later */
/* state - what an OCI runtime tells a hook about the container (runtime-spec, runtime.md "State")
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include <glib.h>

#include "src/json.h"

/* Longest text of a state; the annotations are the most of it. */
#define OCI_STATE_MAX (1024 * 1024)

/* The hooks that we are. */
enum oci_stage {
	OCI_CREATE, /* createRuntime, or its older name prestart: namespaces are there */
	OCI_JOIN,   /* createContainer: the calling process is in them */
	OCI_STOP,   /* poststop: the container's process is not */
};

struct oci_state {
	JsonNode *root; /* owns the rest */
	enum oci_stage stage;
	const char *id;
	pid_t pid;		 /* of the container's first process; 0 where it is not told */
	const char *bundle;	 /* directory of the bundle, or NULL */
	JsonObject *annotations; /* or NULL; of strings */
};

/*
 * Reads the dialects of runc ("creating", no PID when it is stopped) and crun ("created", PID 0
 * then). In createContainer runc tells its own PID in the container, which is 1 unless its PID
 * namespace is another's, and crun tells 0: neither is what createRuntime can have. EINVAL for what
 * is no state, or lacks what its stage needs. Members that the specification does not know are
 * ignored, as it says.
 */
bool oci_state_parse(const char *text, size_t size, struct oci_state *ret_state, GError **error);
void oci_state_done(struct oci_state *state);
