/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_ctl - netns-ctl: command line, protocol client, output that cannot steer a terminal */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib.h>

#include "src/autoclose.h"
#include "src/ctl/arguments.h"
#include "src/ctl/client.h"
#include "src/ctl/ports.h"
#include "src/ctl/terminal.h"
#include "src/failure.h"
#include "src/state_dir.h"
#include "src/state_socket.h"

static char **words_of(const char *line)
{
	char **words = NULL;

	g_assert_true(g_shell_parse_argv(line, NULL, &words, NULL));
	return words;
}

struct good_line {
	const char *line;
	enum ctl_verb verb;
	bool json;
	const char *container, *operands;
};

static const struct good_line good_lines[] = {
	{"netns-ctl -h", CTL_HELP, false, NULL, NULL},
	{"netns-ctl --help", CTL_HELP, false, NULL, NULL},
	{"netns-ctl web port --help", CTL_HELP, false, NULL, NULL},
	{"netns-ctl -v", CTL_VERSION, false, NULL, NULL},
	{"netns-ctl --version", CTL_VERSION, false, NULL, NULL},
	{"netns-ctl ls", CTL_LIST, false, NULL, ""},
	{"netns-ctl ls --json", CTL_LIST, true, NULL, ""},
	{"netns-ctl --json ls", CTL_LIST, true, NULL, ""},
	{"netns-ctl web port ls", CTL_PORT_LIST, false, "web", ""},
	{"netns-ctl web port ls --json", CTL_PORT_LIST, true, "web", ""},
	{"netns-ctl web port add 80:80", CTL_PORT_ADD, false, "web", "80:80"},
	{"netns-ctl web port add 80:80 [::1]:53:53/udp", CTL_PORT_ADD, false, "web",
	 "80:80 [::1]:53:53/udp"},
	{"netns-ctl web port rm 1 80/tcp 80:80", CTL_PORT_REMOVE, false, "web", "1 80/tcp 80:80"},
	{"netns-ctl web inspect", CTL_INSPECT, false, "web", ""},
};

static void test_arguments(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(good_lines); i++) {
		const struct good_line *good = &good_lines[i];
		g_auto(GStrv) words = words_of(good->line);
		g_autofree char **argv =
			g_memdup2(words, (g_strv_length(words) + 1) * sizeof(*argv));
		g_autoptr(GError) error = NULL;
		struct ctl_request request;

		arguments_parse(argv, &request, &error);
		g_assert_no_error(error);
		g_assert_cmpint(request.verb, ==, good->verb);
		g_assert_cmpint(request.json, ==, good->json);
		g_assert_cmpstr(request.container, ==, good->container);
		g_autofree char *operands =
			request.operands ? g_strjoinv(" ", request.operands) : NULL;
		g_assert_cmpstr(operands, ==, good->operands);
	}
}

static void test_arguments_refuses(void)
{
	static const char *const bad[] = {
		"netns-ctl",
		"netns-ctl --frobnicate",
		"netns-ctl ls web",
		"netns-ctl web",
		"netns-ctl ../web inspect",
		"netns-ctl web port",
		"netns-ctl web port list",
		"netns-ctl web ports ls",
		"netns-ctl web port ls 80",
		"netns-ctl web port add",
		"netns-ctl web port add 80",
		"netns-ctl web port add 80:80 x",
		"netns-ctl web port add --json 80:80",
		"netns-ctl web port rm",
		"netns-ctl web port rm 0",
		"netns-ctl web port rm 4294967296",
		"netns-ctl web port rm 80/sctp",
		"netns-ctl web inspect now",
		"netns-ctl web inspect --json",
	};
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_auto(GStrv) words = words_of(bad[i]);
		g_autofree char **argv =
			g_memdup2(words, (g_strv_length(words) + 1) * sizeof(*argv));
		g_autoptr(GError) error = NULL;
		struct ctl_request request;

		if (arguments_parse(argv, &request, &error))
			g_error("'%s' was accepted", bad[i]);
		g_assert_nonnull(failure_cure(error));
	}
}

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
	g_test_add_func("/ctl/arguments", test_arguments);
	g_test_add_func("/ctl/arguments-refuses", test_arguments_refuses);
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
