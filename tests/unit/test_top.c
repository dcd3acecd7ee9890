/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_top - the rates, the order and the lines of netns-ctl top */

#include <glib.h>

#include "src/ctl/watch/top_flows.h"
#include "src/ctl/watch/top_lines.h"
#include "src/ctl/watch/top_model.h"
#include "src/ctl/watch/top_sample.h"
#include "src/ctl/watch/top_text.h"

static const struct top_layout wide = {.width = 120, .utf8 = true};

/* --- text --- */

struct fit_case {
	const char *text;
	unsigned width;
	bool align_right, utf8;
	const char *expected;
};

static const struct fit_case fit_cases[] = {
	{"web", 5, false, true, "web  "},
	{"web", 5, true, true, "  web"},
	{"web", 3, false, true, "web"},
	{"website", 5, false, true, "webs…"},
	{"website", 5, false, false, "webs~"},
	{"website", 5, true, true, "webs…"},
	{"website", 1, false, true, "…"},
	{"website", 0, false, true, ""},
	{"", 2, false, true, "  "},
	{"größe", 5, false, true, "größe"},
	{"größe", 5, false, false, "gr??e"},
	/* Two columns each. */
	{"日本語", 6, false, true, "日本語"},
	{"日本語", 5, false, true, "日本…"},
	{"日本語", 4, false, true, "日… "},
	{"a\033[31m\tb", 9, false, true, "a?[31m?b "},
	{"\xff\xe2\x80\xae.", 4, false, true, "�?. "},
};

static void test_fit(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(fit_cases); i++) {
		const struct fit_case *fit = &fit_cases[i];
		g_autofree char *text =
			top_text_fit(fit->text, fit->width, fit->align_right, fit->utf8);
		g_assert_cmpstr(text, ==, fit->expected);
		g_assert_cmpuint(top_text_width(text), ==, fit->width);
	}
}

static void test_numbers(void)
{
	static const struct {
		double bytes;
		const char *expected;
	} bytes[] = {
		{0, "0"},	   {1023, "1023"}, {1024, "1.0K"},  {10240, "10K"},
		{1048576, "1.0M"}, {35e6, "33M"},  {1.5e9, "1.4G"}, {1e30, "867361737988E"},
	};
	static const struct {
		double seconds;
		const char *expected;
	} ages[] = {
		{-1, "0:00"},	   {59.9, "0:59"},	{61, "1:01"},	  {3599, "59:59"},
		{3600, "1:00:00"}, {86399, "23:59:59"}, {86400, "1d00h"}, {1e6, "11d13h"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(bytes); i++) {
		g_autofree char *text = top_text_bytes(bytes[i].bytes);
		g_assert_cmpstr(text, ==, bytes[i].expected);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(ages); i++) {
		g_autofree char *text = top_text_age(ages[i].seconds);
		g_assert_cmpstr(text, ==, ages[i].expected);
	}
}

static void test_sparkline(void)
{
	static const double values[] = {0, 1, 50e3, 100e3, 400e3, 800e3};
	static const double idle[] = {0, 0, 1};
	g_autofree char *blocks = top_text_sparkline(values, 6, true);
	g_autofree char *letters = top_text_sparkline(values, 6, false);
	g_autofree char *quiet = top_text_sparkline(idle, 3, false);

	g_assert_cmpstr(blocks, ==, " ▁▁▁▄█");
	g_assert_cmpstr(letters, ==, " ...=#");
	g_assert_cmpstr(quiet, ==, "  .");
}

/* --- model --- */

static struct top_sample *make_sample(const char *name, double seconds, guint64 down)
{
	struct top_sample *sample = g_new0(struct top_sample, 1);

	*sample = (struct top_sample){
		.name = g_strdup(name),
		.time = (gint64)(seconds * G_USEC_PER_SEC),
		.link = g_strdup("tap"),
		.command = g_strdup("sleep 1"),
		.age = 60,
		.has_traffic = true,
		.down = down,
		.has_processes = true,
		.n_processes = 1,
		.memory = 2048,
		.cpu = seconds / 4,
		.flows = g_ptr_array_new_with_free_func((GDestroyNotify)top_flow_free),
	};
	return sample;
}

static void add_flow(struct top_sample *sample, guint64 id, double age, guint64 up)
{
	struct top_flow *flow = g_new0(struct top_flow, 1);

	*flow = (struct top_flow){
		.id = id,
		.protocol = g_strdup("tcp"),
		.local = g_strdup(":8"),
		.remote = g_strdup_printf("host-%u:80", (unsigned)id),
		.state = g_strdup("established"),
		.process = g_strdup(""),
		.age = age,
		.up = up,
	};
	g_ptr_array_add(sample->flows, flow);
	sample->n_flows = sample->flows->len;
}

static const char *names(const struct top_model *model, GString *text)
{
	g_string_truncate(text, 0);
	for (unsigned i = 0; i < model->containers->len; i++) {
		const struct top_container *container = model->containers->pdata[i];
		g_string_append(text, container->sample->name);
	}
	return text->str;
}

static void test_rates(void)
{
	struct top_model model;

	top_model_init(&model);
	top_model_take(&model, make_sample("a", 10, 5000));
	struct top_container *container = top_model_find(&model, "a");
	g_assert_false(container->has_rates);
	top_model_take(&model, make_sample("a", 12, 9000));
	g_assert_true(container->has_rates);
	g_assert_cmpfloat(container->down_rate, ==, 2000);
	g_assert_cmpfloat(container->up_rate, ==, 0);
	g_assert_cmpfloat(container->cpu, ==, 0.25);
	g_assert_cmpfloat(container->history[TOP_HISTORY - 1], ==, 2000);
	g_assert_cmpfloat(container->history[TOP_HISTORY - 2], ==, 0);
	/* A counter that began anew; and no time between two looks. */
	top_model_take(&model, make_sample("a", 13, 10));
	g_assert_cmpfloat(container->down_rate, ==, 0);
	top_model_take(&model, make_sample("a", 13, 20));
	g_assert_cmpfloat(container->down_rate, ==, 0);
	for (unsigned i = 0; i < 2 * TOP_HISTORY; i++)
		top_model_take(&model, make_sample("a", 14 + i, 20 + 100 * i));
	g_assert_cmpfloat(container->history[0], ==, 100);
	struct top_totals totals = top_model_totals(&model);
	g_assert_cmpfloat(totals.down_rate, ==, 100);
	g_assert_cmpuint(totals.n_containers, ==, 1);
	g_assert_cmpuint(totals.memory, ==, 2048);
	top_model_drop(&model, "nobody");
	top_model_drop(&model, "a");
	g_assert_null(top_model_find(&model, "a"));
	top_model_done(&model);
}

static void test_flow_rates(void)
{
	struct top_model model;
	struct top_sample *first = make_sample("a", 10, 0), *second = make_sample("a", 12, 0);

	add_flow(first, 1, 60, 1000);
	add_flow(first, 2, 60, 0);
	add_flow(second, 1, 62, 5000);
	/* One that is new, and an old one that nobody had looked at. */
	add_flow(second, 3, 1, 600);
	add_flow(second, 4, 60, 1000000);
	top_model_init(&model);
	top_model_take(&model, first);
	top_model_take(&model, second);
	static const struct {
		bool is_known;
		double rate;
	} expected[] = {{true, 2000}, {true, 300}, {false, 0}};
	for (size_t i = 0; i < G_N_ELEMENTS(expected); i++) {
		const struct top_flow *flow = second->flows->pdata[i];
		g_assert_true(flow->has_rates == expected[i].is_known);
		g_assert_cmpfloat(flow->up_rate, ==, expected[i].rate);
	}
	top_model_sort(&model, TOP_SORT_BYTES);
	g_assert_cmpuint(((struct top_flow *)second->flows->pdata[0])->id, ==, 4);
	top_model_sort(&model, TOP_SORT_RATE);
	g_assert_cmpuint(((struct top_flow *)second->flows->pdata[0])->id, ==, 1);
	top_model_sort(&model, TOP_SORT_NAME);
	g_assert_cmpuint(((struct top_flow *)second->flows->pdata[2])->id, ==, 4);
	top_model_done(&model);
}

static void test_order(void)
{
	static const struct {
		enum top_sort sort;
		const char *expected;
	} orders[] = {
		{TOP_SORT_NAME, "abc"},	 {TOP_SORT_RATE, "bac"},   {TOP_SORT_BYTES, "cba"},
		{TOP_SORT_FLOWS, "cab"}, {TOP_SORT_MEMORY, "acb"}, {TOP_SORT_AGE, "cab"},
		{TOP_SORT_CPU, "abc"},
	};
	g_autoptr(GString) text = g_string_new(NULL);
	struct top_sample *c = make_sample("c", 2, 1000000);
	struct top_sample *a = make_sample("a", 2, 300);
	struct top_model model;

	top_model_init(&model);
	top_model_take(&model, make_sample("c", 1, 1000000));
	top_model_take(&model, make_sample("b", 1, 100));
	top_model_take(&model, make_sample("a", 1, 200));
	add_flow(c, 1, 1, 1);
	c->age = 5;
	a->memory = 1 << 20;
	c->memory = 1 << 15;
	top_model_take(&model, a);
	top_model_take(&model, c);
	top_model_take(&model, make_sample("b", 2, 1000));
	for (size_t i = 0; i < G_N_ELEMENTS(orders); i++) {
		top_model_sort(&model, orders[i].sort);
		g_assert_cmpstr(names(&model, text), ==, orders[i].expected);
	}
	top_model_done(&model);
}

/* --- lines --- */

static char *body_text(const struct top_model *model, const struct top_layout *layout)
{
	g_autoptr(GPtrArray) lines = top_lines_body(model, layout);
	GString *text = g_string_new(NULL);

	for (unsigned i = 0; i < lines->len; i++) {
		g_autofree char *line = top_line_text(lines->pdata[i]);
		g_string_append_printf(text, "%s\n", line);
	}
	return g_string_free(text, FALSE);
}

static void test_lines(void)
{
	struct top_model model;
	struct top_sample *sample = make_sample("web", 11, 4096);

	sample->n_flows = -1;
	top_model_init(&model);
	top_model_take(&model, make_sample("web", 10, 0));
	g_autofree char *before = body_text(&model, &wide);
	g_assert_cmpstr(before, ==,
			"▸ web    tap         1:00      -      -                       0     -"
			"  2.0K sleep 1\n");
	top_model_take(&model, sample);
	top_model_find(&model, "web")->is_open = true;
	g_autofree char *silent = body_text(&model, &wide);
	g_assert_cmpstr(silent, ==,
			"▾ web    tap         1:00      0   4.0K                █      ?  25.0"
			"  2.0K sleep 1\n    its forwarder does not answer\n");
	top_model_done(&model);
}

/* Whatever the width is, no cell is wider than its column. */
static void test_widths(void)
{
	struct top_model model;
	struct top_sample *sample = make_sample("a-container-with-a-long-name", 11, 4096);

	for (unsigned i = 1; i <= 600; i++)
		add_flow(sample, i, 1e9, G_MAXUINT64 / 2);
	top_model_init(&model);
	top_model_take(&model, sample);
	top_model_find(&model, sample->name)->is_open = true;
	for (unsigned width = 1; width < 200; width++) {
		const struct top_layout layout = {.width = width, .utf8 = width % 2};
		g_autoptr(GPtrArray) lines = top_lines_body(&model, &layout);
		/* The container, 500 flows, and a note of the others. */
		g_assert_cmpuint(lines->len, ==, 502);
		g_autofree char *text = top_line_text(lines->pdata[0]);
		g_assert_cmpuint(top_text_width(text), <=, MAX(width, 90));
		g_autofree char *flow = top_line_text(lines->pdata[1]);
		g_assert_cmpuint(top_text_width(flow), <=, MAX(width, 80));
	}
	top_model_done(&model);
}

/* --- answers --- */

static void test_parse(void)
{
	static const char text[] =
		"[{\"id\":7,\"protocol\":\"tcp\",\"direction\":\"in\",\"state\":\"closing\","
		"\"command_addr\":\"10.0.2.100\",\"command_port\":80,\"remote_addr\":\"fd00::1\","
		"\"remote_port\":4000,\"bytes_out\":5,\"bytes_in\":6,\"age_ms\":1500,"
		"\"processes\":[{\"pid\":9,\"name\":\"httpd\"},{\"pid\":10,\"name\":\"x\"}]},"
		"{\"id\":8,\"protocol\":\"icmp\",\"remote_addr\":\"192.0.2.1\",\"name\":\"example."
		"org\"},"
		"{\"id\":9,\"protocol\":\"tcp\"},4,null,{\"protocol\":[],\"remote_addr\":\"::\"}]";
	g_autoptr(JsonNode) root = json_from_string(text, NULL);
	g_autoptr(GPtrArray) flows = top_flows_parse(json_node_get_array(root));

	g_assert_cmpuint(flows->len, ==, 2);
	const struct top_flow *flow = flows->pdata[0];
	g_assert_cmpuint(flow->id, ==, 7);
	g_assert_cmpstr(flow->local, ==, ":80");
	g_assert_cmpstr(flow->remote, ==, "[fd00::1]:4000");
	g_assert_cmpstr(flow->process, ==, "httpd[9]");
	g_assert_cmpstr(flow->state, ==, "closing");
	g_assert_true(flow->is_incoming);
	g_assert_cmpuint(flow->up, ==, 5);
	g_assert_cmpuint(flow->down, ==, 6);
	g_assert_cmpfloat(flow->age, ==, 1.5);
	flow = flows->pdata[1];
	g_assert_cmpstr(flow->remote, ==, "example.org");
	g_assert_cmpstr(flow->local, ==, "");
	g_assert_cmpstr(flow->process, ==, "");
	g_assert_false(flow->is_incoming);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/top/text/fit", test_fit);
	g_test_add_func("/top/text/numbers", test_numbers);
	g_test_add_func("/top/text/sparkline", test_sparkline);
	g_test_add_func("/top/model/rates", test_rates);
	g_test_add_func("/top/model/flow-rates", test_flow_rates);
	g_test_add_func("/top/model/order", test_order);
	g_test_add_func("/top/lines", test_lines);
	g_test_add_func("/top/lines/widths", test_widths);
	g_test_add_func("/top/flows/parse", test_parse);
	return g_test_run();
}
