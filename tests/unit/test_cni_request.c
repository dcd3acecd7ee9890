/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_cni_request - the environment of a CNI plugin, errors as it has to tell them */
#include <errno.h>
#include <string.h>

#include <glib.h>

#include "plugins/cni/error.h"
#include "plugins/cni/request.h"
#include "plugins/cni/versions.h"
#include "src/failure.h"

/* Variables without CNI_, separated by blanks. */
static bool parse(const char *variables, struct cni_request *ret_request, GError **error)
{
	static GPtrArray *kept; /* the request's strings are the environment's */
	g_auto(GStrv) words = g_strsplit(variables, " ", -1);
	GStrvBuilder *builder = g_strv_builder_new();

	if (!kept)
		kept = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
	for (char **word = words; *word; word++) {
		g_autofree char *variable = g_strconcat("CNI_", *word, NULL);
		g_strv_builder_add(builder, variable);
	}
	char **environment = g_strv_builder_end(builder);
	g_strv_builder_unref(builder);
	g_ptr_array_add(kept, environment);
	bool parsed = cni_request_parse(environment, ret_request, error);
	if (!parsed)
		g_ptr_array_set_size(kept, 0);
	return parsed;
}

#define ATTACHMENT "CONTAINERID=c1 NETNS=/n IFNAME=eth0 "

static void test_commands(void)
{
	struct cni_request request;

	g_assert_true(parse("COMMAND=ADD " ATTACHMENT "PATH=/x", &request, NULL));
	g_assert_cmpint(request.command, ==, CNI_ADD);
	g_assert_cmpstr(request.container_id, ==, "c1");
	g_assert_cmpstr(request.netns, ==, "/n");
	g_assert_cmpstr(request.ifname, ==, "eth0");
	g_assert_false(request.has_mac);
	g_assert_true(parse("COMMAND=DEL CONTAINERID=c IFNAME=e NETNS= ARGS=junk", &request, NULL));
	g_assert_null(request.netns);
	g_assert_true(parse("COMMAND=VERSION", &request, NULL));
	g_assert_true(parse("COMMAND=STATUS", &request, NULL));
	g_assert_true(parse("COMMAND=GC PATH=/x", &request, NULL));
	g_assert_cmpstr(cni_command_name(request.command), ==, "GC");
}

static void test_arguments(void)
{
	struct cni_request request;
	char text[IP_ADDRESS_TEXT_SIZE];

	g_assert_true(parse("COMMAND=ADD " ATTACHMENT
			    "ARGS=K8S_POD_NAME=x;IgnoreUnknown=1;MAC=02:11:22:33:44:55;"
			    "IP=10.0.2.50;",
			    &request, NULL));
	g_assert_true(request.has_mac);
	g_assert_cmphex(request.mac.bytes[5], ==, 0x55);
	g_assert_cmpstr(ip_address_text(&request.ip, text), ==, "10.0.2.50");
}

static void test_wrong(void)
{
	static const char *const wrong[] = {
		"",
		"COMMAND=",
		"COMMAND=add",
		"COMMAND=ADD",
		"COMMAND=ADD CONTAINERID=c1 NETNS=/n",
		"COMMAND=ADD CONTAINERID=c1 IFNAME=eth0",
		"COMMAND=ADD CONTAINERID=c1 IFNAME=eth0 NETNS=",
		"COMMAND=ADD NETNS=/n IFNAME=eth0",
		"COMMAND=ADD CONTAINERID=../x NETNS=/n IFNAME=eth0",
		"COMMAND=ADD CONTAINERID=-x NETNS=/n IFNAME=eth0",
		"COMMAND=DEL CONTAINERID=a/b IFNAME=eth0",
		"COMMAND=DEL CONTAINERID=c1",
		"COMMAND=ADD CONTAINERID=c1 NETNS=/n IFNAME=averyverylongname",
		"COMMAND=ADD CONTAINERID=c1 NETNS=/n IFNAME=a/b",
		"COMMAND=ADD CONTAINERID=c1 NETNS=/n IFNAME=..",
		"COMMAND=ADD CONTAINERID=c1 NETNS=/n IFNAME=lo",
		"COMMAND=ADD " ATTACHMENT "ARGS=junk",
		"COMMAND=ADD " ATTACHMENT "ARGS==x",
		"COMMAND=ADD " ATTACHMENT "ARGS=X=y",
		"COMMAND=ADD " ATTACHMENT "ARGS=X=y;IgnoreUnknown=0",
		"COMMAND=ADD " ATTACHMENT "ARGS=MAC=01:00:00:00:00:00",
		"COMMAND=ADD " ATTACHMENT "ARGS=IP=10.0.2",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
		g_autoptr(GError) error = NULL;
		struct cni_request request;
		if (parse(wrong[i], &request, &error))
			g_error("taken: %s", wrong[i]);
		g_assert_error(error, CNI_ERROR, CNI_BAD_ENVIRONMENT);
	}
}

static void test_error(void)
{
	GError *error = NULL;

	failure_set(&error, EADDRINUSE, "take another port", "port 80 is taken");
	g_autoptr(JsonNode) node = cni_error_to_json(error, "1.0.0");
	g_autofree char *text = json_to_string(node, false);
	g_assert_cmpstr(text, ==,
			"{\"cniVersion\":\"1.0.0\",\"code\":101,\"msg\":\"port 80 is taken\","
			"\"details\":\"take another port\"}");
	cni_error_classify(&error, CNI_BAD_CONFIG);
	g_assert_error(error, CNI_ERROR, CNI_BAD_CONFIG);
	cni_error_classify(&error, CNI_IO);
	g_assert_cmpint(cni_error_code(error), ==, CNI_BAD_CONFIG);
	g_clear_error(&error);
	failure_set(&error, ENETDOWN, NULL, "x");
	g_assert_cmpint(cni_error_code(error), ==, CNI_NO_NETWORK);
	g_error_free(error);
}

static void test_versions(void)
{
	enum cni_version version;
	g_autoptr(JsonNode) node = cni_version_answer(CNI_0_4_0);
	g_autofree char *text = json_to_string(node, false);

	g_assert_cmpstr(text, ==,
			"{\"cniVersion\":\"0.4.0\",\"supportedVersions\":"
			"[\"0.3.0\",\"0.3.1\",\"0.4.0\",\"1.0.0\",\"1.1.0\"]}");
	g_assert_true(cni_version_parse("1.1.0", &version));
	g_assert_cmpint(version, ==, CNI_NEWEST);
	g_assert_false(cni_version_parse("1.1", &version));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cni-request/commands", test_commands);
	g_test_add_func("/cni-request/arguments", test_arguments);
	g_test_add_func("/cni-request/wrong", test_wrong);
	g_test_add_func("/cni-request/error", test_error);
	g_test_add_func("/cni-request/versions", test_versions);
	return g_test_run();
}
