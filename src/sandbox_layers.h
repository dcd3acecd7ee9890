/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sandbox_layers - what a process that locks itself in has of its sandbox, and what it lacks */
#pragma once

#include <stdbool.h>

#include "src/json.h"
#include "src/sandbox_mode.h"

enum sandbox_layer {
	SANDBOX_PRIVILEGES,
	SANDBOX_ROOT,
	SANDBOX_LANDLOCK,
	SANDBOX_SECCOMP,
	SANDBOX_N_LAYERS
};

/* All zero but for the first two is a process that has not begun. */
struct sandbox_layers {
	enum sandbox_mode mode;
	const char *name; /* of the sandbox, in errors: "the sandbox" */
	bool has[SANDBOX_N_LAYERS];
	char *missing[SANDBOX_N_LAYERS]; /* why it is not there; NULL: there, or not asked for */
};

void sandbox_layers_done(struct sandbox_layers *layers);

/*
 * What has come of entering a layer: failure is NULL if it is there, and becomes the function's.
 * False, with an error that names it, if the process must not go on: with SANDBOX_REQUIRE, when
 * anything has run out, or when the attempt itself was fatal.
 */
bool sandbox_layers_take(struct sandbox_layers *layers, enum sandbox_layer layer, GError *failure,
			 bool is_fatal, GError **error);

/* The missing ones with their reasons, "root (WHY), seccomp (WHY)", or NULL. The caller frees. */
char *sandbox_layers_missing(const struct sandbox_layers *layers);

/*
 * The caller's object for reports: the "mode", the "layers" that there are, and why others are
 * "missing".
 */
JsonObject *sandbox_layers_describe(const struct sandbox_layers *layers);
