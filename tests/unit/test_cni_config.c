/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_cni_config - network configurations of CNI, right and wrong */
#include <string.h>

#include <glib.h>

#include "plugins/cni/config.h"
#include "plugins/cni/error.h"

#define HEAD "{\"cniVersion\":\"1.1.0\",\"name\":\"net\",\"type\":\"netns-cni\""

static bool parse_for(enum cni_command command, const char *text, struct cni_config *config,
		      GError **error)
{
	const struct cni_request request = {
		.command = command, .container_id = "c1", .netns = "/n", .ifname = "eth0"};

	cni_config_init(config);
	return cni_config_parse(text, strlen(text), &request, config, error);
}

static void test_defaults(void)
{
	struct cni_config config;

	g_assert_true(parse_for(CNI_ADD, HEAD "}", &config, NULL));
	g_assert_cmpint(config.version, ==, CNI_1_1_0);
	g_assert_cmpstr(config.name, ==, "net");
	g_assert_cmpstr(config.settings.network.ifname, ==, "eth0");
	g_assert_false(config.settings.network.has_mac || config.settings.network.no_ipv6);
	g_assert_null(config.previous);
	g_assert_null(config.dns);
	cni_config_done(&config);
}

/* What containerd and libcni add. */
static void test_foreign_keys(void)
{
	struct cni_config config;

	g_assert_true(parse_for(CNI_ADD,
				HEAD ",\"capabilities\":{\"portMappings\":true},\"args\":{\"x\":1},"
				     "\"ipam\":{},\"ipMasq\":true,\"cni.dev/attachments\":[],"
				     "\"disableCheck\":true,\"prevResult\":{\"ips\":[]},"
				     "\"dns\":{\"nameservers\":[\"192.0.2.53\"],\"domain\":\"x\"},"
				     "\"mtu\":1400,\"hostPort\":[80]}",
				&config, NULL));
	g_assert_nonnull(config.previous);
	g_assert_nonnull(config.dns);
	g_assert_cmpuint(config.settings.network.mtu, ==, 1400);
	g_assert_cmpuint(config.settings.network.access.ports->len, ==, 1);
	cni_config_done(&config);
}

static void test_capabilities(void)
{
	struct cni_config config;
	char text[IP_ADDRESS_TEXT_SIZE];

	g_assert_true(parse_for(
		CNI_ADD,
		HEAD ",\"runtimeConfig\":{\"portMappings\":["
		     "{\"hostPort\":8080,\"containerPort\":80,\"protocol\":\"TCP\"},"
		     "{\"hostPort\":53,\"containerPort\":53,\"protocol\":\"udp\","
		     "\"hostIP\":\"127.0.0.1\"}],"
		     "\"ips\":[\"10.8.1.5/22\",\"fd00:8::5\"],\"mac\":\"02:11:22:33:44:55\","
		     "\"dns\":{\"servers\":[\"192.0.2.53\"],\"searches\":[\"x.test\"]},"
		     "\"bandwidth\":{\"ingressRate\":0,\"egressRate\":8000000,\"egressBurst\":"
		     "2147483647},"
		     "\"cgroupPath\":\"/x\"}}",
		&config, NULL));
	const struct port_rule *rules = (void *)config.settings.network.ports->data;
	g_assert_cmpuint(config.settings.network.ports->len, ==, 2);
	g_assert_cmpint(rules[0].protocol, ==, IPPROTO_TCP);
	g_assert_cmpuint(rules[0].host_last, ==, 8080);
	g_assert_cmpint(rules[1].protocol, ==, IPPROTO_UDP);
	g_assert_cmpstr(ip_address_text(&rules[1].host, text), ==, "127.0.0.1");
	g_autofree char *cidr = ip_prefix_to_string(&config.settings.network.cidr);
	g_autofree char *cidr6 = ip_prefix_to_string(&config.settings.network.cidr6);
	g_assert_cmpstr(cidr, ==, "10.8.0.0/22");
	g_assert_cmpstr(cidr6, ==, "fd00:8::/64");
	g_assert_cmpstr(ip_address_text(&config.settings.command4, text), ==, "10.8.1.5");
	g_assert_true(config.settings.network.has_mac);
	g_autofree char *dns = json_to_string(config.dns, false);
	g_assert_cmpstr(dns, ==, "{\"nameservers\":[\"192.0.2.53\"],\"search\":[\"x.test\"]}");
	g_assert_cmpuint(config.settings.rate.rates.of[RATE_IN].bits, ==, 0);
	g_assert_cmpuint(config.settings.rate.rates.of[RATE_OUT].bits, ==, 8000000);
	g_assert_cmpuint(config.settings.rate.rates.of[RATE_OUT].burst, ==, 268435455);
	cni_config_done(&config);
}

/* A pod may be slower than its network allows, not faster. */
static void test_bandwidth(void)
{
	struct cni_config config;
	const struct rates *rates = &config.settings.rate.rates;

	g_assert_true(parse_for(CNI_ADD,
				HEAD
				",\"rateIn\":\"5mbit\",\"rateOut\":\"5mbit\",\"runtimeConfig\":"
				"{\"bandwidth\":{\"ingressRate\":4000000,"
				"\"egressRate\":6000000}}}",
				&config, NULL));
	g_assert_cmpuint(rates->of[RATE_IN].bits, ==, 4000000);
	g_assert_cmpuint(rates->of[RATE_OUT].bits, ==, 5000000);
	cni_config_done(&config);
}

/* The network's own prefix is not overridden by that of an address. */
static void test_address_in_network(void)
{
	struct cni_config config;

	g_assert_true(parse_for(CNI_ADD,
				HEAD ",\"runtimeConfig\":{\"ips\":[\"10.9.1.5\"]},"
				     "\"cidr\":\"10.9.0.0/16\"}",
				&config, NULL));
	g_autofree char *cidr = ip_prefix_to_string(&config.settings.network.cidr);
	g_assert_cmpstr(cidr, ==, "10.9.0.0/16");
	cni_config_done(&config);
}

static void test_wrong(void)
{
	static const struct {
		const char *text;
		enum cni_code code;
	} cases[] = {
		{"", CNI_UNDECODABLE},
		{"{", CNI_UNDECODABLE},
		{"[]", CNI_UNDECODABLE},
		{HEAD "} {}", CNI_UNDECODABLE},
		{"{\"name\":\"net\"}", CNI_INCOMPATIBLE_VERSION},
		{"{\"cniVersion\":\"9.9.9\",\"name\":\"net\"}", CNI_INCOMPATIBLE_VERSION},
		{"{\"cniVersion\":\"0.2.0\",\"name\":\"net\"}", CNI_INCOMPATIBLE_VERSION},
		{"{\"cniVersion\":1,\"name\":\"net\"}", CNI_BAD_CONFIG},
		{"{\"cniVersion\":\"1.0.0\"}", CNI_BAD_CONFIG},
		{"{\"cniVersion\":\"1.0.0\",\"name\":\"../x\"}", CNI_BAD_CONFIG},
		{"{\"cniVersion\":\"1.0.0\",\"name\":7}", CNI_BAD_CONFIG},
		{HEAD ",\"bridge\":\"cni0\"}", CNI_UNSUPPORTED_FIELD},
		{HEAD ",\"ifname\":\"x\"}", CNI_UNSUPPORTED_FIELD},
		{HEAD ",\"ipam\":{\"type\":\"host-local\"}}", CNI_UNSUPPORTED_FIELD},
		{HEAD ",\"ipam\":[]}", CNI_BAD_CONFIG},
		{HEAD ",\"ipMasq\":false}", CNI_UNSUPPORTED_FIELD},
		{HEAD ",\"ipMasq\":1}", CNI_BAD_CONFIG},
		{HEAD ",\"mtu\":10}", CNI_BAD_CONFIG},
		{HEAD ",\"mtu\":1000}", CNI_BAD_CONFIG}, /* IPv6 */
		{HEAD ",\"dns\":7}", CNI_BAD_CONFIG},
		{HEAD ",\"dns\":{\"nameservers\":[7]}}", CNI_BAD_CONFIG},
		{HEAD ",\"dns\":{\"servers\":[]}}", CNI_UNSUPPORTED_FIELD},
		{HEAD ",\"prevResult\":[]}", CNI_BAD_CONFIG},
		{HEAD ",\"runtimeConfig\":[]}", CNI_BAD_CONFIG},
		{HEAD ",\"runtimeConfig\":{\"ipRanges\":[]}}", CNI_UNSUPPORTED_FIELD},
		{HEAD ",\"runtimeConfig\":{\"aliases\":[\"x\"]}}", CNI_UNSUPPORTED_FIELD},
		{HEAD ",\"runtimeConfig\":{\"bandwidth\":{\"egressRate\":8}}}", CNI_BAD_CONFIG},
		{HEAD ",\"runtimeConfig\":{\"bandwidth\":{\"egressRate\":\"1mbit\"}}}",
		 CNI_BAD_CONFIG},
		{HEAD ",\"runtimeConfig\":{\"bandwidth\":{\"rate\":8000}}}", CNI_UNSUPPORTED_FIELD},
		{HEAD ",\"rateIn\":\"fast\"}", CNI_BAD_CONFIG},
		{HEAD ",\"runtimeConfig\":{\"mac\":\"x\"}}", CNI_BAD_CONFIG},
		{HEAD ",\"runtimeConfig\":{\"ips\":[\"10.0.0.300\"]}}", CNI_BAD_CONFIG},
		{HEAD ",\"runtimeConfig\":{\"ips\":[\"10.8.0.5/33\"]}}", CNI_BAD_CONFIG},
		{HEAD ",\"runtimeConfig\":{\"ips\":[\"10.8.0.5\",\"10.8.0.6\"]}}", CNI_BAD_CONFIG},
		{HEAD ",\"runtimeConfig\":{\"portMappings\":[{\"hostPort\":80}]}}", CNI_BAD_CONFIG},
		{HEAD ",\"runtimeConfig\":{\"portMappings\":[{\"hostPort\":0,"
		      "\"containerPort\":80}]}}",
		 CNI_BAD_CONFIG},
		{HEAD ",\"runtimeConfig\":{\"portMappings\":[{\"hostPort\":80,"
		      "\"containerPort\":80,\"protocol\":\"sctp\"}]}}",
		 CNI_UNSUPPORTED_FIELD},
		{HEAD ",\"runtimeConfig\":{\"portMappings\":[{\"hostPort\":80,"
		      "\"containerPort\":80,\"hostIP\":\"x\"}]}}",
		 CNI_BAD_CONFIG},
		{HEAD ",\"runtimeConfig\":{\"portMappings\":[80]}}", CNI_BAD_CONFIG},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		struct cni_config config;
		if (parse_for(CNI_ADD, cases[i].text, &config, &error))
			g_error("taken: %s", cases[i].text);
		if (!g_error_matches(error, CNI_ERROR, (int)cases[i].code))
			g_error("%s: %d %s", cases[i].text, error->code, error->message);
		cni_config_done(&config);
	}
}

/* Error code 2 has to have key and value (CNI specification, section Error). */
static void test_unsupported_tells(void)
{
	g_autoptr(GError) error = NULL;
	struct cni_config config;

	g_assert_false(parse_for(CNI_ADD, HEAD ",\"bridge\":{\"n\":1}}", &config, &error));
	g_assert_nonnull(strstr(error->message, "bridge"));
	g_assert_nonnull(strstr(error->message, "{\"n\":1}"));
	cni_config_done(&config);
}

static void test_commands(void)
{
	static const struct {
		enum cni_command command;
		const char *version;
		bool is_taken;
	} cases[] = {
		{CNI_CHECK, "0.3.1", false},  {CNI_CHECK, "0.4.0", true},
		{CNI_STATUS, "1.0.0", false}, {CNI_STATUS, "1.1.0", true},
		{CNI_GC, "1.0.0", false},     {CNI_DEL, "0.3.0", true},
		{CNI_VERSION, "0.3.1", true}, {CNI_VERSION, "7", true},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *text = g_strdup_printf("{\"cniVersion\":\"%s\",\"name\":\"net\"}",
							cases[i].version);
		struct cni_config config;
		g_assert_true(parse_for(cases[i].command, text, &config, &error) ==
			      cases[i].is_taken);
		if (error)
			g_assert_error(error, CNI_ERROR, CNI_INCOMPATIBLE_VERSION);
		cni_config_done(&config);
	}
}

/* A network that cannot be joined any more can be left. */
static void test_leaving(void)
{
	struct cni_config config;

	g_assert_true(parse_for(CNI_DEL, HEAD ",\"mtu\":-1,\"bridge\":1,\"prevResult\":7}", &config,
				NULL));
	cni_config_done(&config);
	cni_config_init(&config);
	g_assert_true(cni_config_parse(" \n", 2, &(struct cni_request){.command = CNI_VERSION},
				       &config, NULL));
	g_assert_cmpint(config.version, ==, CNI_NEWEST);
	cni_config_done(&config);
}

#define VALID ",\"cni.dev/valid-attachments\":"

static void test_collection(void)
{
	static const char *const wrong[] = {
		HEAD "}",
		HEAD VALID "{}}",
		HEAD VALID "[7]}",
		HEAD VALID "[{\"containerID\":\"c1\"}]}",
		HEAD VALID "[{\"containerID\":\"c1\",\"ifname\":[]}]}",
	};
	struct cni_config config;

	g_assert_true(parse_for(CNI_GC,
				HEAD VALID "[{\"containerID\":\"c1\",\"ifname\":\"eth0\"}]}",
				&config, NULL));
	g_assert_true(cni_config_is_valid(&config, "c1", "eth0"));
	g_assert_false(cni_config_is_valid(&config, "c1", "eth1"));
	g_assert_false(cni_config_is_valid(&config, "c2", "eth0"));
	cni_config_done(&config);
	g_assert_true(parse_for(CNI_GC, HEAD VALID "null}", &config, NULL));
	g_assert_false(cni_config_is_valid(&config, "c1", "eth0"));
	cni_config_done(&config);
	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
		g_autoptr(GError) error = NULL;
		g_assert_false(parse_for(CNI_GC, wrong[i], &config, &error));
		g_assert_error(error, CNI_ERROR, CNI_BAD_CONFIG);
		cni_config_done(&config);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cni-config/defaults", test_defaults);
	g_test_add_func("/cni-config/foreign-keys", test_foreign_keys);
	g_test_add_func("/cni-config/capabilities", test_capabilities);
	g_test_add_func("/cni-config/bandwidth", test_bandwidth);
	g_test_add_func("/cni-config/address-in-network", test_address_in_network);
	g_test_add_func("/cni-config/wrong", test_wrong);
	g_test_add_func("/cni-config/unsupported-tells", test_unsupported_tells);
	g_test_add_func("/cni-config/commands", test_commands);
	g_test_add_func("/cni-config/leaving", test_leaving);
	g_test_add_func("/cni-config/collection", test_collection);
	return g_test_run();
}
