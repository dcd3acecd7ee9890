/* SPDX-License-Identifier: GPL-2.0-or-later */
/* top_model - the containers of netns-ctl top, with what changes between two looks at them */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "src/ctl/watch/top_sample.h"

/* How many rates are remembered. */
#define TOP_HISTORY 16

enum top_sort {
	TOP_SORT_RATE,
	TOP_SORT_NAME,
	TOP_SORT_BYTES,
	TOP_SORT_FLOWS,
	TOP_SORT_CPU,
	TOP_SORT_MEMORY,
	TOP_SORT_AGE,
};

struct top_container {
	struct top_sample *sample;   /* the last one */
	bool has_rates;		     /* there was one before */
	double up_rate, down_rate;   /* bytes per second */
	double cpu;		     /* processors in use */
	double history[TOP_HISTORY]; /* of both rates together; the last is the newest */
	bool is_open;		     /* its flows are shown */
};

struct top_model {
	GPtrArray *containers; /* of struct top_container, sorted */
	enum top_sort sort;
};

/* Sums over all containers. */
struct top_totals {
	unsigned n_containers, n_processes;
	guint64 n_flows, memory;
	double up_rate, down_rate, cpu;
	double history[TOP_HISTORY];
};

void top_model_init(struct top_model *model);
void top_model_done(struct top_model *model);

/* Takes a sample over. The first of a container makes it appear. */
void top_model_take(struct top_model *model, struct top_sample *sample);

/* Forgets the container, if it is there. */
void top_model_drop(struct top_model *model, const char *name);

/* NULL where there is none. */
struct top_container *top_model_find(const struct top_model *model, const char *name);

/* Sorts containers and flows: the largest first, names and ages from the smallest on. */
void top_model_sort(struct top_model *model, enum top_sort sort);

/* Sums up all containers. */
struct top_totals top_model_totals(const struct top_model *model);
