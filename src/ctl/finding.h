/* SPDX-License-Identifier: GPL-2.0-or-later */
/* finding - what netns-ctl doctor found out, with its cure */
#pragma once

#include <stdbool.h>

#include <glib.h>

enum finding_level {
	FINDING_OK,
	FINDING_NOTE,	/* works, but less than it could */
	FINDING_PROBLEM /* something does not work */
};

struct finding {
	enum finding_level level;
	const char *subject; /* a few words, constant */
	char *text;	     /* one line */
	char *cure;	     /* one line, or NULL */
};

/* An empty list of struct finding *; free it with g_ptr_array_unref(). */
GPtrArray *finding_list_new(void);

/* Appends a finding. subject must be constant, cure (may be NULL) is copied. */
void finding_add(GPtrArray *findings, enum finding_level level, const char *subject,
		 const char *cure, const char *format, ...) G_GNUC_PRINTF(5, 6);

/* "ok", "note" or "problem". */
const char *finding_level_name(enum finding_level level);

/* The findings as lines, each cure in one of its own; the caller's. */
char *finding_list_text(const GPtrArray *findings);
/* The findings as a JSON array of {"subject","level","text","cure"}; the caller's. */
char *finding_list_json(const GPtrArray *findings);
