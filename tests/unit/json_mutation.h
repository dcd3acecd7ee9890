/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json_mutation - messages that are wrong in one value */
#pragma once

#include <glib.h>

/* A function for the changed message. */
typedef void (*json_mutation_function)(const char *text);

/*
 * Calls try for each value in text, an object, left out and replaced by one of every kind. Of an
 * array the first element stands for all.
 */
void json_mutation_try(const char *text, json_mutation_function try);
