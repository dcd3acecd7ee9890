/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_ctl - netns-ctl: client of the control socket, output that cannot steer a terminal */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib.h>

#include "src/autoclose.h"
#include "src/ctl/client.h"
#include "src/ctl/ports.h"
#include "src/ctl/terminal.h"
#include "src/failure.h"
#include "src/state_dir.h"
#include "src/state_socket.h"

static void test_terminal_text(void)
{
	g_autofree char *escape = terminal_text("a\033[31mb\r\n\x7f");
	g_autofree char *c1 = terminal_text("a\xc2\x9b"
					    "31m");
	g_autofree char *bidi = terminal_text("a\xe2\x80\xae"
					      "b");
	g_autofree char *broken = terminal_text("a\xff");
	g_autofree char *plain = terminal_text("w\xc3\xbcst --x 'y'");

	g_assert_cmpstr(escape, ==, "a?[31mb???");
	g_assert_cmpstr(c1, ==, "a?31m");
	g_assert_cmpstr(bidi, ==, "a?b");
	g_assert_cmpstr(broken, ==, "a\xef\xbf\xbd");
	g_assert_cmpstr(plain, ==, "w\xc3\xbcst --x 'y'");
}

static void test_terminal_json(void)
{
	const char *hostile = "[\"\\u001b\\u007f\\u009b\\n\\u001f\\u202e\\ud834\\udd73\"]";
	g_autoptr(JsonNode) node = json_from_string(hostile, NULL);
	g_autofree char *text = terminal_json(node);
	g_autoptr(JsonNode) back = json_from_string(text, NULL);

	for (const char *next = text; *next; next = g_utf8_next_char(next)) {
		GUnicodeType type = g_unichar_type(g_utf8_get_char(next));
		g_assert_true(*next == '\n' || type != G_UNICODE_CONTROL);
		g_assert_cmpint(type, !=, G_UNICODE_FORMAT);
	}
	g_assert_true(json_node_equal(node, back));
}

static void test_terminal_size(void)
{
	static const struct {
		guint64 bytes;
		const char *text;
	} sizes[] = {{0, "0B"},
		     {1023, "1023B"},
		     {1024, "1.0KiB"},
		     {1536, "1.5KiB"},
		     {512 * 1024 * 1024, "512.0MiB"},
		     {1ull << 40, "1.0TiB"},
		     {G_MAXUINT64, "16.0EiB"}};

	for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
		g_autofree char *text = terminal_size(sizes[i].bytes);
		g_assert_cmpstr(text, ==, sizes[i].text);
	}
}

static void test_terminal_table(void)
{
	g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);

	g_ptr_array_add(rows, g_strsplit("ID|RULE|X", "|", -1));
	g_ptr_array_add(rows, g_strsplit("\xc3\xbc|8080:80/tcp|\033", "|", -1));
	g_autofree char *table = terminal_table(rows);
	g_assert_cmpstr(table, ==,
			"ID  RULE         X\n"
			"\xc3\xbc   8080:80/tcp  ?\n");
}

/* A container whose forwarder is a thread that answers one request with a fixed text. */
struct fixture {
	char *runtime_dir;
	struct state_dir *dir;
	int listener;
	const char *reply;
	char *request; /* what the thread has read */
};

static void set_up(struct fixture *fixture, gconstpointer reply)
{
	g_autoptr(GError) error = NULL;

	fixture->runtime_dir = g_dir_make_tmp("ctl-XXXXXX", NULL);
	g_setenv("XDG_RUNTIME_DIR", fixture->runtime_dir, TRUE);
	fixture->reply = reply;
	fixture->dir = state_dir_create("web", &error);
	g_assert_no_error(error);
	fixture->listener = state_socket_listen(fixture->dir, STATE_SOCKET_CONTROL, &error);
	g_assert_no_error(error);
}

static void tear_down(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *base = g_build_filename(fixture->runtime_dir, "netns-run", NULL);

	close_fd(&fixture->listener);
	state_dir_remove(fixture->dir);
	g_assert_cmpint(rmdir(base), ==, 0);
	g_assert_cmpint(rmdir(fixture->runtime_dir), ==, 0);
	g_free(fixture->request);
	g_free(fixture->runtime_dir);
}

static gpointer serve_one(gpointer opaque)
{
	struct fixture *fixture = opaque;
	struct pollfd waiting = {.fd = fixture->listener, .events = POLLIN};
	char buffer[4096];

	g_assert_cmpint(poll(&waiting, 1, -1), ==, 1);
	autoclose int client = accept4(fixture->listener, NULL, NULL, SOCK_CLOEXEC);
	ssize_t size = read(client, buffer, sizeof(buffer));
	g_assert_cmpint(size, >, 0);
	fixture->request = g_strndup(buffer, (gsize)size);
	/* In two pieces: a reply need not come at once. */
	size_t half = strlen(fixture->reply) / 2;
	g_assert_cmpint(send(client, fixture->reply, half, MSG_NOSIGNAL), ==, half);
	g_assert_cmpint(
		send(client, fixture->reply + half, strlen(fixture->reply) - half, MSG_NOSIGNAL),
		==, strlen(fixture->reply) - half);
	return NULL;
}

static JsonObject *call(struct fixture *fixture, JsonObject *arguments, GError **error)
{
	const struct client_request request = {"web", "publish", arguments, CLIENT_TIMEOUT};
	GThread *server = g_thread_new("server", serve_one, fixture);
	JsonObject *result = client_call(&request, error);

	g_thread_join(server);
	return result;
}

static void test_call(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(JsonObject) arguments = json_object_new();
	g_autoptr(GError) error = NULL;

	json_object_set_string_member(arguments, "rule", "80:80");
	g_autoptr(JsonObject) result = call(fixture, arguments, &error);
	g_assert_no_error(error);
	g_assert_cmpint(json_object_get_int_member(result, "id"), ==, 1);
	g_assert_cmpstr(fixture->request, ==,
			"{\"execute\":\"publish\",\"arguments\":{\"rule\":\"80:80\"}}\n");
}

static void test_call_refused(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(call(fixture, NULL, &error));
	g_assert_error(error, FAILURE, ECANCELED);
	g_assert_cmpstr(error->message, ==, "port 80 is taken\nstop 'nginx'");
	g_assert_cmpstr(fixture->request, ==, "{\"execute\":\"publish\"}\n");
}

static void test_call_garbled(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(call(fixture, NULL, &error));
	g_assert_error(error, FAILURE, EBADMSG);
}

static void test_call_times_out(struct fixture *fixture G_GNUC_UNUSED,
				gconstpointer data G_GNUC_UNUSED)
{
	const struct client_request request = {"web", "inspect", NULL, 20};
	g_autoptr(GError) error = NULL;

	g_assert_null(client_call(&request, &error));
	g_assert_error(error, FAILURE, ETIMEDOUT);
}

static void test_no_container(struct fixture *fixture G_GNUC_UNUSED,
			      gconstpointer data G_GNUC_UNUSED)
{
	const struct client_request request = {"other", "inspect", NULL, CLIENT_TIMEOUT};
	g_autoptr(GError) error = NULL;

	g_assert_null(client_call(&request, &error));
	g_assert_error(error, FAILURE, ENOENT);
}

static void test_fetch(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;
	GThread *server = g_thread_new("server", serve_one, fixture);
	g_autoptr(JsonArray) entries = ports_fetch("web", CLIENT_TIMEOUT, &error);

	g_thread_join(server);
	g_assert_no_error(error);
	g_assert_cmpint(json_array_get_length(entries), ==, 1);
	g_assert_cmpstr(fixture->request, ==, "{\"execute\":\"list_hostfwd\"}\n");
}

static void test_fetch_garbled(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;
	GThread *server = g_thread_new("server", serve_one, fixture);

	g_assert_null(ports_fetch("web", CLIENT_TIMEOUT, &error));
	g_thread_join(server);
	g_assert_error(error, FAILURE, EBADMSG);
}

static void add(const char *path, const char *reply, void (*test)(struct fixture *, gconstpointer))
{
	g_test_add(path, struct fixture, reply, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ctl/terminal-size", test_terminal_size);
	g_test_add_func("/ctl/terminal-text", test_terminal_text);
	g_test_add_func("/ctl/terminal-json", test_terminal_json);
	g_test_add_func("/ctl/terminal-table", test_terminal_table);
	add("/ctl/call", "{\"return\":{\"id\":1}}\n", test_call);
	add("/ctl/call-refused",
	    "{\"error\":{\"desc\":\"port 80 is taken\",\"code\":\"EADDRINUSE\","
	    "\"cure\":\"stop 'nginx'\"}}\n",
	    test_call_refused);
	add("/ctl/call-cut-off", "{\"return\":{}}", test_call_garbled);
	add("/ctl/call-not-json", "return\n", test_call_garbled);
	add("/ctl/call-empty-object", "{}\n", test_call_garbled);
	add("/ctl/call-times-out", "", test_call_times_out);
	add("/ctl/no-container", "", test_no_container);
	add("/ctl/fetch",
	    "{\"return\":{\"entries\":[{\"id\":1,\"rule\":\"80:80/tcp\",\"guest_addr\":\"\"}]}}\n",
	    test_fetch);
	add("/ctl/fetch-garbled", "{\"return\":{\"entries\":[{\"id\":\"x\"}]}}\n",
	    test_fetch_garbled);
	return g_test_run();
}
