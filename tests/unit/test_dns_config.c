/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_dns_config - servers and host names, as text and as JSON */
#include "src/dns_config.h"

#include <string.h>

#include "src/failure.h"

static void assert_server(const char *text, const char *wanted)
{
	g_autoptr(GError) error = NULL;
	struct sockaddr_storage server;
	g_autofree char *back = NULL;

	if (!dns_server_parse(text, &server, &error)) {
		g_assert_null(wanted);
		g_assert_nonnull(error);
		return;
	}
	back = dns_server_to_string(&server);
	g_assert_cmpstr(back, ==, wanted);
}

static void test_servers(void)
{
	static const char *const bad[] = {
		"",
		"#53",
		"192.0.2.1#",
		"192.0.2.1#0",
		"192.0.2.1#65536",
		"192.0.2.1#x",
		"192.0.2.1:53",
		"dns.example.org",
		"127.1",
		"192.0.2",
		"0x7f000001",
		"[::1]",
		"::1%",
		"fe80::1%no-such-interface",
		"192.0.2.1 ",
		" 192.0.2.1",
		"192.0.2.1#53#53",
		"224.0.0.1",
		"ff02::fb%lo",
		"fe80::1",
	};

	assert_server("192.0.2.1", "192.0.2.1");
	assert_server("192.0.2.1#53", "192.0.2.1");
	assert_server("127.0.0.1#5353", "127.0.0.1#5353");
	assert_server("2001:DB8::1", "2001:db8::1");
	assert_server("::1#5353", "::1#5353");
	assert_server("fe80::1%lo#5353", "fe80::1%lo#5353");
	assert_server("fe80::1%4000000000", "fe80::1%4000000000");
	assert_server("2001:db8::53%1", "2001:db8::53");
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		assert_server(bad[i], NULL);
}

static void test_names(void)
{
	g_autofree char *longest_label = g_strnfill(63, 'x');
	g_autofree char *long_label = g_strnfill(64, 'x');
	g_autofree char *long_name = g_strdup_printf("%s.%s.%s.%s", longest_label, longest_label,
						     longest_label, longest_label);
	const char *const good[] = {"db",	   "DB.Internal", "a-b.c_d.e",
				    "1.2.example", "db.",	  longest_label};
	const char *const bad[] = {"",	  ".",	 "a..b", "-a",	   "a-",       ".a",
				   "a b", "a/b", "ä.de", "*.test", long_label, long_name};

	for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
		g_autofree char *name = dns_host_name_parse(good[i], NULL);
		g_assert_nonnull(name);
		g_assert_false(g_str_has_suffix(name, "."));
		for (const char *c = name; *c; c++)
			g_assert_false(g_ascii_isupper(*c));
	}
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;
		g_assert_null(dns_host_name_parse(bad[i], &error));
		g_assert_nonnull(error);
	}
}

static JsonNode *write_config(const struct dns_config *config)
{
	g_autoptr(JsonBuilder) builder = json_builder_new();

	json_builder_begin_object(builder);
	dns_config_add(builder, config);
	json_builder_end_object(builder);
	return json_builder_get_root(builder);
}

static void test_json(void)
{
	struct dns_config config, back;
	struct sockaddr_storage server;
	struct ip_address address;

	dns_config_init(&config);
	dns_config_init(&back);
	g_autoptr(JsonNode) empty = write_config(&config);
	g_assert_false(json_object_has_member(json_node_get_object(empty), "dns"));
	g_assert_true(dns_config_read(json_node_get_object(empty), &back, NULL));
	g_assert_true(dns_server_parse("::1#5353", &server, NULL));
	g_array_append_val(config.servers, server);
	g_assert_true(ip_address_parse("192.0.2.7", &address, NULL));
	dns_config_add_host(&config, "db", &address);
	g_autoptr(JsonNode) root = write_config(&config);
	g_assert_true(dns_config_read(json_node_get_object(root), &back, NULL));
	g_assert_cmpuint(back.servers->len, ==, 1);
	g_assert_cmpmem(back.servers->data, sizeof(server), &server, sizeof(server));
	g_assert_cmpuint(back.hosts->len, ==, 1);
	const struct dns_host *host = &g_array_index(back.hosts, struct dns_host, 0);
	g_assert_cmpstr(host->name, ==, "db");
	g_assert_true(ip_address_equal(&host->address, &address));
	dns_config_done(&config);
	dns_config_done(&back);
}

static void test_bad_json(void)
{
	static const char *const bad[] = {
		"{\"dns\":1}",
		"{\"dns\":{\"servers\":[7]}}",
		"{\"dns\":{\"servers\":[\"nowhere\"]}}",
		"{\"dns\":{\"hosts\":[\"db\"]}}",
		"{\"dns\":{\"hosts\":[{\"name\":\"db\",\"address\":\"nowhere\"}]}}",
		"{\"dns\":{\"hosts\":[{\"name\":\"d b\",\"address\":\"::1\"}]}}",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(JsonNode) root = json_from_string(bad[i], NULL);
		struct dns_config config;

		dns_config_init(&config);
		g_assert_false(dns_config_read(json_node_get_object(root), &config, &error));
		g_assert_nonnull(error);
		dns_config_done(&config);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/dns_config/servers", test_servers);
	g_test_add_func("/dns_config/names", test_names);
	g_test_add_func("/dns_config/json", test_json);
	g_test_add_func("/dns_config/bad-json", test_bad_json);
	return g_test_run();
}
