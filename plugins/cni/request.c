/* SPDX-License-Identifier: GPL-2.0-or-later */
/* request - what a runtime asks a CNI plugin for, by its environment */
#include "plugins/cni/request.h"

#include <net/if.h>
#include <string.h>

#include "plugins/cni/error.h"
#include "src/failure.h"

/* Which variables a command needs. */
static const struct {
	const char *name;
	bool attachment; /* CNI_CONTAINERID, CNI_IFNAME */
	bool netns;
} commands[] = {
	[CNI_ADD] = {"ADD", true, true},	 [CNI_DEL] = {"DEL", true, false},
	[CNI_CHECK] = {"CHECK", true, true},	 [CNI_GC] = {"GC", false, false},
	[CNI_STATUS] = {"STATUS", false, false}, [CNI_VERSION] = {"VERSION", false, false},
};

const char *cni_command_name(enum cni_command command)
{
	return commands[command].name;
}

bool cni_is_identifier(const char *text)
{
	if (!g_ascii_isalnum(*text))
		return false;
	for (; *text; text++)
		if (!g_ascii_isalnum(*text) && !strchr("_.-", *text))
			return false;
	return true;
}

bool cni_is_ifname(const char *text)
{
	return *text && strlen(text) < IFNAMSIZ && !strpbrk(text, "/:% \t\n\v\f\r") &&
	       !g_str_equal(text, ".") && !g_str_equal(text, "..") && !g_str_equal(text, "lo");
}

static bool parse_command(char **environment, enum cni_command *ret_command, GError **error)
{
	const char *text = g_environ_getenv(environment, "CNI_COMMAND");

	if (!text || !*text)
		return cni_error_set(error, CNI_BAD_ENVIRONMENT,
				     "netns-cni is called by a container runtime, see netns-cni(1)",
				     "CNI_COMMAND is not set");
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
		if (!g_str_equal(text, commands[i].name))
			continue;
		*ret_command = (enum cni_command)i;
		return true;
	}
	g_autofree char *printable = g_strescape(text, NULL);
	return cni_error_set(error, CNI_BAD_ENVIRONMENT, NULL, "unknown CNI_COMMAND '%s'",
			     printable);
}

/* An empty variable counts as none. */
static bool take(char **environment, const char *name, bool is_needed, const char **ret_value,
		 GError **error)
{
	const char *value = g_environ_getenv(environment, name);

	if (value && *value)
		*ret_value = value;
	else if (is_needed)
		return cni_error_set(error, CNI_BAD_ENVIRONMENT, NULL, "%s is not set", name);
	return true;
}

static bool refuse(const char *name, const char *value, const char *details, GError **error)
{
	g_autofree char *printable = g_strescape(value, NULL);

	return cni_error_set(error, CNI_BAD_ENVIRONMENT, details, "%s '%s' is malformed", name,
			     printable);
}

static bool check_attachment(const struct cni_request *request, GError **error)
{
	if (request->container_id && !cni_is_identifier(request->container_id))
		return refuse("CNI_CONTAINERID", request->container_id,
			      "letters, digits and _.- are possible, the first alphanumeric",
			      error);
	if (request->ifname && !cni_is_ifname(request->ifname))
		return refuse("CNI_IFNAME", request->ifname,
			      "up to 15 characters without / : % or blanks are possible", error);
	return true;
}

/* --- CNI_ARGS (CONVENTIONS.md of the specification): KEY=VALUE;KEY=VALUE --- */

static bool take_argument(struct cni_request *request, const char *name, const char *value,
			  bool *is_known, GError **error)
{
	*is_known = true;
	if (g_str_equal(name, "IP"))
		return ip_address_parse(value, &request->ip, error);
	if (g_str_equal(name, "MAC")) {
		request->has_mac = true;
		return mac_address_parse(value, &request->mac, error);
	}
	*is_known = g_str_equal(name, "IgnoreUnknown");
	return true;
}

/* Go's spellings of true. */
static bool is_true(const char *value)
{
	static const char *const spellings[] = {"1", "t", "T", "true", "TRUE", "True", NULL};

	return g_strv_contains(spellings, value);
}

static bool find_tolerance(char **pairs)
{
	for (char **pair = pairs; *pair; pair++)
		if (g_str_has_prefix(*pair, "IgnoreUnknown="))
			return is_true(strchr(*pair, '=') + 1);
	return false;
}

static bool take_pair(struct cni_request *request, char *pair, bool is_tolerant, GError **error)
{
	char *equals = strchr(pair, '=');
	bool is_known;

	if (!equals || equals == pair)
		return refuse("CNI_ARGS: the pair", pair, "write KEY=VALUE;KEY=VALUE", error);
	*equals = '\0';
	if (!take_argument(request, pair, equals + 1, &is_known, error)) {
		g_prefix_error(error, "CNI_ARGS: %s: ", pair);
		return cni_error_classify(error, CNI_BAD_ENVIRONMENT);
	}
	if (is_known || is_tolerant)
		return true;
	g_autofree char *printable = g_strescape(pair, NULL);
	return cni_error_set(error, CNI_BAD_ENVIRONMENT, "add IgnoreUnknown=1 to have it ignored",
			     "CNI_ARGS: there is no argument '%s'", printable);
}

static bool parse_arguments(struct cni_request *request, const char *text, GError **error)
{
	g_auto(GStrv) pairs = g_strsplit(text ? text : "", ";", -1);
	bool is_tolerant = find_tolerance(pairs);

	for (char **pair = pairs; *pair; pair++)
		if (**pair && !take_pair(request, *pair, is_tolerant, error))
			return false;
	return true;
}

bool cni_request_parse(char **environment, struct cni_request *ret_request, GError **error)
{
	struct cni_request request = {0};
	const char *arguments = NULL;

	if (!parse_command(environment, &request.command, error))
		return false;
	bool attachment = commands[request.command].attachment;
	if (!take(environment, "CNI_CONTAINERID", attachment, &request.container_id, error) ||
	    !take(environment, "CNI_NETNS", commands[request.command].netns, &request.netns,
		  error) ||
	    !take(environment, "CNI_IFNAME", attachment, &request.ifname, error) ||
	    !take(environment, "CNI_ARGS", false, &arguments, error) ||
	    (attachment && !check_attachment(&request, error)))
		return false;
	/* Only ADD makes something of them, and DEL must not stumble. */
	if (request.command == CNI_ADD && !parse_arguments(&request, arguments, error))
		return false;
	*ret_request = request;
	return true;
}
