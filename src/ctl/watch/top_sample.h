/* SPDX-License-Identifier: GPL-2.0-or-later */
/* top_sample - what netns-ctl top knows of one container at one moment */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

/* A connection, or an exchange of datagrams. The texts may be whatever others wrote. */
struct top_flow {
	guint64 id;	/* of this flow for good */
	char *protocol; /* "tcp", ... */
	char *local;	/* the container's end, ":PORT" */
	char *remote;	/* "NAME:PORT" or "ADDRESS:PORT" */
	char *state;
	char *process;		   /* "NAME[PID]" inside, "" where it is not known */
	bool is_incoming;	   /* the remote end began it */
	double age;		   /* seconds */
	guint64 up, down;	   /* bytes from and to the container, so far */
	bool has_rates;		   /* the next two are known; of the model */
	double up_rate, down_rate; /* bytes per second */
};

struct top_sample {
	char *name;
	gint64 time;	    /* g_get_monotonic_time() */
	char *link;	    /* "gateway", "tap", or the kind of network that it has instead */
	char *command;	    /* words with blanks between them */
	gint64 age;	    /* seconds; -1: not known */
	bool has_traffic;   /* up and down are known */
	guint64 up, down;   /* bytes from and to the container, so far */
	bool has_processes; /* the next three are known */
	unsigned n_processes;
	guint64 memory;	  /* bytes */
	double cpu;	  /* seconds, of the processes that are there */
	gint64 n_flows;	  /* -1: the forwarder does not tell */
	GPtrArray *flows; /* of struct top_flow; some of them, perhaps none */
};

/*
 * Looks at a container; blocks for half a second at most where its forwarder is silent. with_flows:
 * also at each flow. NULL if it has ended. The caller owns it.
 */
struct top_sample *top_sample_take(const char *container, bool with_flows);
/* Accepts NULL. */
void top_sample_free(struct top_sample *sample);

void top_flow_free(struct top_flow *flow);
