/* SPDX-License-Identifier: GPL-2.0-or-later */
/* egress_set - what may leave: rules in their order, and what holds where none matches */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "src/egress_rule.h"
#include "src/json.h"

/* How long an address that a name led to stays open at least, in seconds; its limits. */
#define EGRESS_PIN_SECONDS     60
#define EGRESS_PIN_SECONDS_MAX 86400

/* A list of all rules has to fit into one reply of the control socket. */
#define EGRESS_RULES_MAX 50000
#define EGRESS_FILE_MAX	 (4 * 1024 * 1024) /* bytes */

/*
 * How it works
 *
 * The first rule that matches decides. Rules of options and of the control socket come first, in
 * their order, then those of a file, in theirs: so single ones override the file, and it can be
 * read again as a whole.
 */
struct egress_set {
	enum egress_action fallback; /* where no rule matches */
	bool is_fallback_fixed;	     /* by an option: the file does not change it */
	unsigned pin_seconds;
	unsigned last_id;
	char *file;	  /* absolute path of the file that rules came from, or NULL */
	GPtrArray *rules; /* of struct egress_rule */
};

/* A set that allows everything. */
struct egress_set *egress_set_new(void);
struct egress_set *egress_set_copy(const struct egress_set *set);
/* Accepts NULL. */
void egress_set_free(struct egress_set *set);

/* True if it allows everything. */
bool egress_set_is_open(const struct egress_set *set);

/*
 * Takes the rule in and gives it an id: before the one with id `before`, or, with 0, as the last of
 * those that come from no file. False, with the rule freed, if there is no rule `before`, or it is
 * one of the file, or the set is full.
 */
bool egress_set_add(struct egress_set *set, struct egress_rule *rule, unsigned before,
		    GError **error);
/* How many come from no file: they are the first. */
guint egress_set_n_own(const struct egress_set *set);
/* False, with E2BIG, if so many rules are more than a set may have. */
bool egress_set_check_size(guint n_rules, GError **error);

/*
 * For rules that were given in no order among those of one action and the other: those that do what
 * is done where none matches come first, since there they are exceptions from the others. The rest
 * of the order stays, and rules of a file are left alone.
 */
void egress_set_put_exceptions_first(struct egress_set *set);

/* The rule with this id, or one that is the same but for id and origin; NULL if there is none. */
const struct egress_rule *egress_set_find(const struct egress_set *set, unsigned id);
const struct egress_rule *egress_set_find_equal(const struct egress_set *set,
						const struct egress_rule *rule);
/* Frees the rule with this id, if there is one. */
void egress_set_remove(struct egress_set *set, unsigned id);

/*
 * Puts the rules of a file's text into the place of those that the file had before. Lines are
 * `allow RULE`, `deny RULE` and `default allow|deny`; # begins a comment. What was there and is
 * there again keeps its id. An error names the line, if it is one's, and leaves the set as it was.
 */
bool egress_set_take_text(struct egress_set *set, const char *text, GError **error);
/*
 * What is in such a file (src/text_file.h) of up to EGRESS_FILE_MAX, for the caller to free. NULL
 * on error, also if a NUL byte would hide the rest of it.
 */
char *egress_set_read_file(const char *path, GError **error);
/* Takes its text, and remembers its absolute path. */
bool egress_set_take_file(struct egress_set *set, const char *path, GError **error);

/*
 * As JSON: "default", "pin_seconds", "file" and "rules", an array of objects with "id", "action",
 * "rule" and "from_file". The node is the caller's.
 */
JsonNode *egress_set_to_json(const struct egress_set *set);
/* NULL, and an error, for what is no such object; what is absent is as in a new set. */
struct egress_set *egress_set_from_json(JsonNode *node, GError **error);

/*
 * The same in a memory file: a set can be larger than a message between launcher and forwarder.
 * Returns its descriptor, or -1; it can be read any number of times.
 */
int egress_set_to_fd(const struct egress_set *set, GError **error);
struct egress_set *egress_set_from_fd(int fd, GError **error);

/* A file's text in a memory file, and egress_set_take_text() with it. */
int egress_set_text_to_fd(const char *text, GError **error);
bool egress_set_take_fd(struct egress_set *set, int fd, GError **error);
