/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_ctl_session - netns-ctl's connection to the launcher */
#include <errno.h>

#include <glib.h>

#include "src/ctl/session.h"
#include "src/failure.h"
#include "tests/unit/ctl_fixture.h"

static void set_up(struct ctl_fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	ctl_fixture_init(fixture);
}

static void tear_down(struct ctl_fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	ctl_fixture_done(fixture);
}

static const char *received(const struct ctl_fixture *fixture, unsigned index)
{
	g_assert_cmpint(fixture->requests->len, >, index);
	return g_ptr_array_index(fixture->requests, index);
}

/* --- session --- */

static void test_call(struct ctl_fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	static const struct ctl_step steps[] = {{.replies = {"{\"return\":{\"status\":3}}"}}};
	const struct client_request request = {"web", "wait", NULL, CLIENT_TIMEOUT};
	g_autoptr(GError) error = NULL;

	ctl_fixture_serve(fixture, steps, 1);
	g_autoptr(JsonObject) result = session_call(&request, &error);
	g_assert_no_error(error);
	g_assert_cmpint(json_object_get_int_member(result, "status"), ==, 3);
	ctl_fixture_join(fixture);
	g_assert_cmpstr(received(fixture, 0), ==, "{\"execute\":\"wait\"}");
}

struct bad_reply {
	const char *reply; /* NULL: hangs up */
	int code;
	const char *message;
};

static const struct bad_reply bad_replies[] = {
	{"{\"error\":{\"desc\":\"it is paused\",\"hint\":\"resume it\"}}", ECANCELED,
	 "it is paused\nresume it"},
	{"{\"error\":{\"desc\":7}}", ECANCELED, "the request failed"},
	{"{\"return\":[]}", EBADMSG, NULL},
	{"[]", EBADMSG, NULL},
	{"{", EBADMSG, NULL},
	{NULL, ECONNRESET, NULL},
};

static void test_call_fails(struct ctl_fixture *fixture, gconstpointer data)
{
	const struct bad_reply *bad = data;
	const struct ctl_step steps[] = {{.replies = {bad->reply}, .hangs_up = true}};
	const struct client_request request = {"web", "pause", NULL, CLIENT_TIMEOUT};
	g_autoptr(GError) error = NULL;

	ctl_fixture_serve(fixture, steps, 1);
	g_assert_null(session_call(&request, &error));
	g_assert_error(error, FAILURE, bad->code);
	if (bad->message)
		g_assert_cmpstr(error->message, ==, bad->message);
	ctl_fixture_join(fixture);
}

static void test_call_times_out(struct ctl_fixture *fixture G_GNUC_UNUSED,
				gconstpointer data G_GNUC_UNUSED)
{
	const struct client_request request = {"web", "pause", NULL, 20};
	g_autoptr(GError) error = NULL;

	g_assert_null(session_call(&request, &error));
	g_assert_error(error, FAILURE, ETIMEDOUT);
}

static void add(const char *path, gconstpointer data,
		void (*test)(struct ctl_fixture *, gconstpointer))
{
	g_test_add(path, struct ctl_fixture, data, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	add("/ctl-session/call", NULL, test_call);
	for (size_t i = 0; i < G_N_ELEMENTS(bad_replies); i++) {
		g_autofree char *path = g_strdup_printf("/ctl-session/call-fails/%zu", i);
		add(path, &bad_replies[i], test_call_fails);
	}
	add("/ctl-session/call-times-out", NULL, test_call_times_out);
	return g_test_run();
}
