/* SPDX-License-Identifier: GPL-2.0-or-later */
/* top_model - the containers of netns-ctl top, with what changes between two looks at them */
#include "src/ctl/watch/top_model.h"

#include <string.h>

static void container_free(gpointer data)
{
	struct top_container *container = data;

	top_sample_free(container->sample);
	g_free(container);
}

void top_model_init(struct top_model *model)
{
	*model = (struct top_model){.containers = g_ptr_array_new_with_free_func(container_free)};
}

void top_model_done(struct top_model *model)
{
	g_clear_pointer(&model->containers, g_ptr_array_unref);
}

struct top_container *top_model_find(const struct top_model *model, const char *name)
{
	for (unsigned i = 0; i < model->containers->len; i++) {
		struct top_container *container = model->containers->pdata[i];
		if (g_str_equal(container->sample->name, name))
			return container;
	}
	return NULL;
}

void top_model_drop(struct top_model *model, const char *name)
{
	struct top_container *container = top_model_find(model, name);

	if (container)
		g_ptr_array_remove(model->containers, container);
}

/* --- rates --- */

/* A counter that has become less began anew. */
static double rate(guint64 now, guint64 before, double seconds)
{
	return now >= before ? (double)(now - before) / seconds : 0;
}

static void rate_flows(struct top_sample *sample, const struct top_sample *before, double seconds)
{
	g_autoptr(GHashTable) known = g_hash_table_new(g_int64_hash, g_int64_equal);

	for (unsigned i = 0; i < before->flows->len; i++) {
		struct top_flow *flow = before->flows->pdata[i];
		g_hash_table_insert(known, &flow->id, flow);
	}
	for (unsigned i = 0; i < sample->flows->len; i++) {
		struct top_flow *flow = sample->flows->pdata[i];
		const struct top_flow *old = g_hash_table_lookup(known, &flow->id);
		/* One that is new has moved all of it since. */
		bool is_new = !old && flow->age <= seconds;
		if (!old && !is_new)
			continue;
		flow->has_rates = true;
		flow->up_rate = rate(flow->up, old ? old->up : 0, seconds);
		flow->down_rate = rate(flow->down, old ? old->down : 0, seconds);
	}
}

static void rate_container(struct top_container *container, struct top_sample *sample)
{
	const struct top_sample *before = container->sample;
	double seconds = (double)(sample->time - before->time) / G_USEC_PER_SEC;

	if (seconds <= 0)
		return;
	container->has_rates = true;
	container->up_rate = rate(sample->up, before->up, seconds);
	container->down_rate = rate(sample->down, before->down, seconds);
	/* The time of processes that have ended meanwhile is not counted. */
	container->cpu = MAX(sample->cpu - before->cpu, 0) / seconds;
	memmove(container->history, container->history + 1,
		sizeof(container->history) - sizeof(container->history[0]));
	container->history[TOP_HISTORY - 1] = container->up_rate + container->down_rate;
	rate_flows(sample, before, seconds);
}

void top_model_take(struct top_model *model, struct top_sample *sample)
{
	struct top_container *container = top_model_find(model, sample->name);

	if (container) {
		rate_container(container, sample);
		top_sample_free(container->sample);
	} else {
		container = g_new0(struct top_container, 1);
		g_ptr_array_add(model->containers, container);
	}
	container->sample = sample;
}

/* --- order --- */

/* As for qsort(3): larger numbers first. */
static int compare_down(double a, double b)
{
	return (a < b) - (a > b);
}

static double sort_value(const struct top_container *container, enum top_sort sort)
{
	const struct top_sample *sample = container->sample;

	switch (sort) {
	case TOP_SORT_RATE:
		return container->up_rate + container->down_rate;
	case TOP_SORT_BYTES:
		return (double)sample->up + (double)sample->down;
	case TOP_SORT_FLOWS:
		return (double)sample->n_flows;
	case TOP_SORT_CPU:
		return container->cpu;
	case TOP_SORT_MEMORY:
		return (double)sample->memory;
	case TOP_SORT_AGE:
		return -(double)sample->age;
	case TOP_SORT_NAME:
		break;
	}
	return 0;
}

static int compare_containers(gconstpointer left, gconstpointer right, gpointer sort)
{
	const struct top_container *a = *(struct top_container *const *)left;
	const struct top_container *b = *(struct top_container *const *)right;
	int order = compare_down(sort_value(a, GPOINTER_TO_UINT(sort)),
				 sort_value(b, GPOINTER_TO_UINT(sort)));

	return order ? order : strcmp(a->sample->name, b->sample->name);
}

static double flow_value(const struct top_flow *flow, enum top_sort sort)
{
	if (sort == TOP_SORT_BYTES)
		return (double)flow->up + (double)flow->down;
	if (sort == TOP_SORT_AGE)
		return -flow->age;
	return flow->up_rate + flow->down_rate;
}

static int compare_flows(gconstpointer left, gconstpointer right, gpointer sort)
{
	const struct top_flow *a = *(struct top_flow *const *)left;
	const struct top_flow *b = *(struct top_flow *const *)right;
	int order = 0;

	if (GPOINTER_TO_UINT(sort) == TOP_SORT_NAME)
		order = strcmp(a->remote, b->remote);
	else
		order = compare_down(flow_value(a, GPOINTER_TO_UINT(sort)),
				     flow_value(b, GPOINTER_TO_UINT(sort)));
	return order ? order : (a->id > b->id) - (a->id < b->id);
}

void top_model_sort(struct top_model *model, enum top_sort sort)
{
	model->sort = sort;
	g_ptr_array_sort_with_data(model->containers, compare_containers, GUINT_TO_POINTER(sort));
	for (unsigned i = 0; i < model->containers->len; i++) {
		struct top_container *container = model->containers->pdata[i];
		g_ptr_array_sort_with_data(container->sample->flows, compare_flows,
					   GUINT_TO_POINTER(sort));
	}
}

struct top_totals top_model_totals(const struct top_model *model)
{
	struct top_totals totals = {.n_containers = model->containers->len};

	for (unsigned i = 0; i < model->containers->len; i++) {
		const struct top_container *container = model->containers->pdata[i];
		totals.n_processes += container->sample->n_processes;
		totals.n_flows += (guint64)MAX(container->sample->n_flows, 0);
		totals.memory += container->sample->memory;
		totals.up_rate += container->up_rate;
		totals.down_rate += container->down_rate;
		totals.cpu += container->cpu;
		for (unsigned j = 0; j < TOP_HISTORY; j++)
			totals.history[j] += container->history[j];
	}
	return totals;
}
