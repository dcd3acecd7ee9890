/* SPDX-License-Identifier: GPL-2.0-or-later */
/* arguments - the command line of netns-ctl */
#pragma once

#include <stdbool.h>

#include <glib.h>

enum ctl_verb {
	CTL_HELP,
	CTL_VERSION,
	CTL_LIST,
	CTL_DOCTOR,
	CTL_PORT_LIST,
	CTL_PORT_ADD,
	CTL_PORT_REMOVE,
	CTL_PORT_REPLACE,
	CTL_EGRESS_LIST,
	CTL_EGRESS_ALLOW,
	CTL_EGRESS_DENY,
	CTL_EGRESS_REMOVE,
	CTL_EGRESS_RELOAD,
	CTL_RATE,
	CTL_EXEC,
	CTL_PS,
	CTL_STOP,
	CTL_KILL,
	CTL_WAIT,
	CTL_PAUSE,
	CTL_RESUME,
	CTL_UPGRADE,
	CTL_UPDATE,
	CTL_STATS,
	CTL_INSPECT,
	CTL_LOGS,
	CTL_EVENTS,
	CTL_CAPTURE,
	CTL_FLOWS,
	CTL_TOP,
};

#define CTL_N_LIMITS 6

/* An id that nobody can write as one. */
#define CTL_NO_RULE G_MININT

/* What GOption writes to: gboolean, int and char *, at their places in the tables of verbs.c. */
struct ctl_options {
	gboolean help, version, json;
	char *owner; /* user whose containers are meant; NULL: the caller */
	gboolean tty, interactive, host_tool, follow, watch;
	gboolean replace, ignore_missing, all; /* of port */
	char *proxy_protocol;		       /* of port */
	gboolean keep_flows;		       /* of egress */
	int before;			       /* of egress allow and deny, or CTL_NO_RULE */
	char **env; /* K=V, or K for the caller's own value; NULL: none */
	char *format, *user, *workdir;
	char **filters; /* of events: event=KIND each; NULL: none */
	int last;	/* of events */
	int seconds;	/* of stop */
	char *interface, *write, *duration, *size, *count, *snaplen; /* of capture */
	gboolean batch;
	char *iterations, *delay;   /* of top */
	char *limits[CTL_N_LIMITS]; /* of update, in the order of verbs_limit_names() */
};

struct ctl_request {
	enum ctl_verb verb;
	const struct verb *syntax; /* NULL where there is no verb; see verbs.h */
	char *container;	   /* NULL for the verbs without one */
	char **operands;	   /* NULL-terminated, may be empty */
	struct ctl_options options;
	char **words; /* holds the operands */
	char **argv;  /* the whole command line; stays the caller's */
};

/*
 * Parses the command line and checks names, rules and signals by their grammar. Every failure is a
 * usage error. The request is the caller's, to be ended with ctl_request_done().
 */
bool arguments_parse(char **argv, struct ctl_request *ret_request, GError **error);
void ctl_request_done(struct ctl_request *request);

/* The help of the request's verb, or of the program where it has none. The caller owns it. */
char *arguments_help(const struct ctl_request *request);

/* True for the operand of `port rm` that is a port's id: a bare number. */
bool arguments_is_id(const char *operand);
