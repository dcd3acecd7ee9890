/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_oci - unit tests of plugins/oci: a container's state, and the options in its annotations */
#include <errno.h>
#include <string.h>

#include <glib.h>

#include "plugins/oci/options.h"
#include "plugins/oci/state.h"
#include "src/failure.h"

static struct oci_state parse(const char *text)
{
	g_autoptr(GError) error = NULL;
	struct oci_state state;

	oci_state_parse(text, strlen(text), &state, &error);
	g_assert_no_error(error);
	return state;
}

static void assert_state(const char *text, enum oci_stage stage, pid_t pid)
{
	struct oci_state state = parse(text);

	g_assert_cmpstr(state.id, ==, "web");
	g_assert_cmpint(state.stage, ==, stage);
	g_assert_cmpint(state.pid, ==, pid);
	g_assert_cmpstr(state.bundle, ==, "/b");
	oci_state_done(&state);
}

/* As they say it, word for word but for the numbers. */
static void test_dialects(void)
{
	assert_state("{\"ociVersion\":\"1.0.2-dev\",\"id\":\"web\",\"status\":\"creating\",\"pid\":"
		     "6170,\"bundle\":\"/b\",\"annotations\":{\"a\":\"b\"}}",
		     OCI_CREATE, 6170);
	assert_state("{\"ociVersion\":\"1.0.2-dev\",\"id\":\"web\",\"status\":\"creating\",\"pid\":"
		     "1,\"bundle\":\"/b\"}",
		     OCI_JOIN, 1);
	assert_state("{\"ociVersion\":\"1.0.2-dev\",\"id\":\"web\",\"status\":\"stopped\","
		     "\"bundle\":\"/b\"}",
		     OCI_STOP, 0);
	assert_state("{\"ociVersion\":\"1.0\",\"id\":\"web\",\"pid\":6275,\"root\":\"rootfs\","
		     "\"bundle\":\"/b\",\"status\":\"created\"}",
		     OCI_CREATE, 6275);
	assert_state("{\"ociVersion\":\"1.0\",\"id\":\"web\",\"pid\":0,\"root\":\"rootfs\","
		     "\"bundle\":\"/b\",\"status\":\"created\"}",
		     OCI_JOIN, 0);
	assert_state("{\"ociVersion\":\"1.0\",\"id\":\"web\",\"pid\":0,\"root\":\"rootfs\","
		     "\"bundle\":\"/b\",\"status\":\"stopped\"}",
		     OCI_STOP, 0);
}

static void test_malformed(void)
{
	static const char *const texts[] = {
		"",
		"{",
		"[]",
		"null",
		"{}",
		"{\"id\":\"web\",\"status\":\"created\"}",
		"{\"id\":\"web\",\"status\":\"created\",\"pid\":-7}",
		"{\"id\":\"web\",\"status\":\"created\",\"pid\":2.5}",
		"{\"id\":\"web\",\"status\":\"stopped\",\"pid\":\"7\"}",
		"{\"id\":[],\"status\":\"created\",\"pid\":7}",
		"{\"id\":\"web\",\"status\":\"created\",\"pid\":7,\"annotations\":7}",
		"{\"id\":\"web\",\"status\":\"created\",\"pid\":7,\"annotations\":{\"a\":{}}}",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GError) error = NULL;
		struct oci_state state;

		g_assert_false(oci_state_parse(texts[i], strlen(texts[i]), &state, &error));
		g_assert_error(error, FAILURE, EINVAL);
		g_assert_nonnull(failure_cure(error));
	}
}

/* Takes annotations, an object as text; the error's code, 0 if there is none. */
static int take(struct oci_options *options, const char *text)
{
	g_autoptr(JsonNode) root = json_from_string(text, NULL);
	g_autoptr(GError) error = NULL;

	oci_options_init(options);
	if (oci_options_take_annotations(options, json_node_get_object(root), &error) &&
	    oci_options_check(options, &error))
		return 0;
	g_assert_nonnull(error);
	return error->code ? error->code : -1;
}

static void test_annotations(void)
{
	struct oci_options options;

	g_assert_cmpint(take(&options, "{\"org.netns-run.publish\":\"8080:80,0:53/udp\","
				       "\"org.netns-run.mtu\":\"1400\","
				       "\"org.netns-run.ipv6\":\"false\","
				       "\"org.netns-run.host-loopback\":\"false\","
				       "\"org.netns-run.host-port\":\"\","
				       "\"org.opencontainers.image.title\":\"x\"}"),
			==, 0);
	const struct port_rule *rules =
		(const struct port_rule *)(void *)options.settings.network.ports->data;
	g_assert_cmpint(options.settings.network.ports->len, ==, 2);
	g_assert_cmpint(rules[0].host_first, ==, 8080);
	g_assert_cmpint(rules[1].guest_first, ==, 53);
	g_assert_cmpint(options.settings.network.mtu, ==, 1400);
	g_assert_true(options.settings.network.no_ipv6);
	g_assert_false(options.settings.network.access.all);
	g_assert_cmpint(options.settings.network.access.ports->len, ==, 0);
	g_assert_cmpstr(options.settings.network.ifname, ==, "eth0");
	oci_options_done(&options);
}

static void test_bad_annotations(void)
{
	static const char *const texts[] = {
		"{\"org.netns-run.name\":\"web\"}",
		"{\"org.netns-run.net\":\"none\"}",
		"{\"org.netns-run.help\":\"true\"}",
		"{\"org.netns-run.dns\":\"server\"}",
		"{\"org.netns-run.ipv6\":\"\"}",
		"{\"org.netns-run.mtu\":\"\"}",
		"{\"org.netns-run.mtu\":\"1400,1500\"}",
		"{\"org.netns-run.publish\":\"8080:80,,\"}",
		"{\"org.netns-run.ifname\":\"a/b\"}",
		"{\"org.netns-run.allow\":\"example.com\"}",
		"{\"org.netns-run.deny\":\"10.0.0.0/33\"}",
		"{\"org.netns-run.proxy-bypass\":\"true\"}",
		"{\"org.netns-run.sandbox\":\"off\"}",
		"{\"org.netns-run.egress-file\":\"/etc/hosts\"}",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		struct oci_options options;

		g_assert_cmpint(take(&options, texts[i]), !=, 0);
		oci_options_done(&options);
	}
}

static void test_arguments(void)
{
	static const char *const good[] = {"netns-oci-hook", "--mtu", "1400", "poststop", NULL};
	static const char *const bad[] = {"netns-oci-hook", "later", NULL};
	static const char *const none[] = {NULL};
	g_autoptr(GError) error = NULL;
	struct oci_options options;

	oci_options_init(&options);
	g_assert_true(oci_options_take_arguments(&options, (char **)good, NULL));
	g_assert_true(oci_options_take_arguments(&options, (char **)none, NULL));
	g_assert_cmpint(options.settings.network.mtu, ==, 1400);
	g_assert_false(oci_options_take_arguments(&options, (char **)bad, &error));
	g_assert_error(error, FAILURE, EINVAL);
	oci_options_done(&options);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/oci/dialects", test_dialects);
	g_test_add_func("/oci/malformed", test_malformed);
	g_test_add_func("/oci/annotations", test_annotations);
	g_test_add_func("/oci/bad-annotations", test_bad_annotations);
	g_test_add_func("/oci/arguments", test_arguments);
	return g_test_run();
}
