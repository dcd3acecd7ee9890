/* SPDX-License-Identifier: GPL-2.0-or-later */
/* seccomp_json_rules - the system calls of a seccomp profile in the OCI format */
#include "launcher/seccomp_json_rules.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "src/syscall_names.h"
#include "src/capability.h"
#include "src/failure.h"

#define LARGEST_ERRNO 4095 /* MAX_ERRNO of the kernel */
#define N_ARGUMENTS   6

struct named_value {
	const char *name;
	uint32_t value;
};

static const struct named_value actions[] = {
	{"SCMP_ACT_ALLOW", SECCOMP_RET_ALLOW},
	{"SCMP_ACT_ERRNO", SECCOMP_RET_ERRNO},
	{"SCMP_ACT_KILL", SECCOMP_RET_KILL_THREAD},
	{"SCMP_ACT_KILL_THREAD", SECCOMP_RET_KILL_THREAD},
	{"SCMP_ACT_KILL_PROCESS", SECCOMP_RET_KILL_PROCESS},
	{"SCMP_ACT_TRAP", SECCOMP_RET_TRAP},
	{"SCMP_ACT_TRACE", SECCOMP_RET_TRACE},
	{"SCMP_ACT_LOG", SECCOMP_RET_LOG},
	{"SCMP_ACT_NOTIFY", SECCOMP_RET_USER_NOTIF},
};

static const struct named_value compares[] = {
	{"SCMP_CMP_EQ", SECCOMP_EQ}, {"SCMP_CMP_NE", SECCOMP_NE}, {"SCMP_CMP_LT", SECCOMP_LT},
	{"SCMP_CMP_LE", SECCOMP_LE}, {"SCMP_CMP_GT", SECCOMP_GT}, {"SCMP_CMP_GE", SECCOMP_GE},
};

struct parser {
	uint64_t capabilities;
	struct seccomp_profile *profile;
};

static bool look_up(const struct named_value *values, size_t n, const char *name,
		    uint32_t *ret_value)
{
	for (size_t i = 0; i < n; i++) {
		if (!g_str_equal(values[i].name, name))
			continue;
		*ret_value = values[i].value;
		return true;
	}
	return false;
}

bool seccomp_json_refuse(const struct json_place *place, const char *member, const char *name,
			 const char *example, GError **error)
{
	g_autofree char *cure = g_strdup_printf("write e.g. %s", example);

	if (*name)
		failure_set(error, EINVAL, cure, "%s%s: '%s' is not known", place->prefix, member,
			    name);
	else
		failure_set(error, EINVAL, cure, "%s%s is missing", place->prefix, member);
	return false;
}

/* --- actions --- */

static bool parse_errno_name(const struct json_place *place, const char *member, const char *name,
			     uint64_t *ret_errnum, GError **error)
{
	for (int i = 1; i < 200; i++) {
		if (g_strcmp0(strerrorname_np(i), name) != 0)
			continue;
		*ret_errnum = (uint64_t)i;
		return true;
	}
	if (g_ascii_string_to_unsigned(name, 10, 0, LARGEST_ERRNO, ret_errnum, NULL))
		return true;
	return seccomp_json_refuse(place, member, name, "EPERM", error);
}

bool seccomp_json_parse_action(const struct json_place *place,
			       const struct seccomp_json_action *members, uint32_t *ret_action,
			       GError **error)
{
	const char *name = "", *errno_name = NULL;
	uint64_t errnum = EPERM;
	uint32_t action;

	if (!json_reader_string(place, members->action, &name, error) ||
	    !json_reader_number(place, members->number, &errnum, error) ||
	    !json_reader_string(place, members->name, &errno_name, error))
		return false;
	if (!look_up(actions, G_N_ELEMENTS(actions), name, &action))
		return seccomp_json_refuse(place, members->action, name, "SCMP_ACT_ALLOW", error);
	if (errno_name && *errno_name &&
	    !parse_errno_name(place, members->name, errno_name, &errnum, error))
		return false;
	if (errnum > LARGEST_ERRNO) {
		failure_set(error, EINVAL, NULL, "%s%s must be at most %d", place->prefix,
			    members->number, LARGEST_ERRNO);
		return false;
	}
	if (action == SECCOMP_RET_USER_NOTIF) {
		failure_set(error, ENOTSUP, SECCOMP_JSON_NO_NOTIFY,
			    "%s%s: %s is not supported, nobody would answer", place->prefix,
			    members->action, name);
		return false;
	}
	bool has_data = action == SECCOMP_RET_ERRNO || action == SECCOMP_RET_TRACE;
	*ret_action = has_data ? action | (uint32_t)errnum : action;
	return true;
}

/* --- conditions --- */

static bool parse_condition(const struct json_place *place, struct seccomp_condition *ret_condition,
			    GError **error)
{
	uint64_t index = N_ARGUMENTS, value = 0, second = 0;
	const char *op = "";
	uint32_t compare = SECCOMP_EQ;

	if (!json_reader_number(place, "index", &index, error) ||
	    !json_reader_number(place, "value", &value, error) ||
	    !json_reader_number(place, "valueTwo", &second, error) ||
	    !json_reader_string(place, "op", &op, error))
		return false;
	if (index >= N_ARGUMENTS) {
		failure_set(error, EINVAL, NULL, "%sindex must be from 0 to 5", place->prefix);
		return false;
	}
	bool is_masked = g_str_equal(op, "SCMP_CMP_MASKED_EQ");
	if (!is_masked && !look_up(compares, G_N_ELEMENTS(compares), op, &compare))
		return seccomp_json_refuse(place, "op", op, "SCMP_CMP_EQ", error);
	*ret_condition = (struct seccomp_condition){
		.argument = (unsigned)index,
		.compare = (enum seccomp_compare)compare,
		/* libseccomp, too, compares under the mask. */
		.value = is_masked ? second & value : value,
		.mask = is_masked ? value : UINT64_MAX,
	};
	return true;
}

static GArray *parse_conditions(const struct json_place *place, GError **error)
{
	g_autoptr(GArray) conditions = g_array_new(FALSE, FALSE, sizeof(struct seccomp_condition));
	JsonArray *array = NULL;

	if (!json_reader_array(place, "args", &array, error))
		return NULL;
	for (unsigned i = 0; array && i < json_array_get_length(array); i++) {
		g_autofree char *prefix = g_strdup_printf("%sargs[%u].", place->prefix, i);
		struct json_place inner = {
			json_reader_element_object(place, "args", array, i, error), prefix};
		struct seccomp_condition condition;

		if (!inner.object || !parse_condition(&inner, &condition, error))
			return NULL;
		g_array_append_val(conditions, condition);
	}
	return g_steal_pointer(&conditions);
}

static bool are_alternatives(const GArray *conditions)
{
	unsigned seen = 0;

	for (unsigned i = 0; i < conditions->len; i++) {
		unsigned bit =
			1U << g_array_index(conditions, struct seccomp_condition, i).argument;

		if (seen & bit)
			return true;
		seen |= bit;
	}
	return false;
}

static void add_rules(struct seccomp_profile *profile, const char *call, uint32_t action,
		      const GArray *conditions)
{
	const struct seccomp_condition *all = (const void *)conditions->data;

	if (!are_alternatives(conditions)) {
		seccomp_profile_add(profile, call, action, all, conditions->len);
		return;
	}
	for (unsigned i = 0; i < conditions->len; i++)
		seccomp_profile_add(profile, call, action, &all[i], 1);
}

/* --- includes and excludes --- */

/* How many of the strings in the array `name` of place pass the test, and of how many. */
struct tally {
	unsigned passed, total;
};

static bool tally_strings(const struct json_place *place, const char *name,
			  bool (*test)(const char *text, uint64_t capabilities),
			  uint64_t capabilities, struct tally *ret_tally)
{
	JsonArray *array = NULL;
	struct tally tally = {0};

	if (!json_reader_array(place, name, &array, NULL))
		return false;
	for (unsigned i = 0; array && i < json_array_get_length(array); i++) {
		const char *text = json_reader_element(place, name, array, i, NULL);

		if (!text)
			return false;
		tally.total++;
		tally.passed += test(text, capabilities);
	}
	*ret_tally = tally;
	return true;
}

static bool is_this_machine(const char *text, uint64_t capabilities G_GNUC_UNUSED)
{
	return g_str_equal(text, syscall_oci_machine());
}

static bool has_capability(const char *text, uint64_t capabilities)
{
	int number;

	/* An unknown one is one that it has not got. */
	return capability_parse(text, &number) && (capabilities >> number & 1);
}

static bool is_kernel_since(const char *version)
{
	struct utsname name;
	unsigned have_major = 0, have_minor = 0, major = 0, minor = 0;

	if (uname(&name) < 0 || sscanf(name.release, "%u.%u", &have_major, &have_minor) != 2)
		return false;
	sscanf(version, "%u.%u", &major, &minor);
	return have_major > major || (have_major == major && have_minor >= minor);
}

struct filter {
	struct tally machines, capabilities;
	const char *kernel; /* or NULL */
};

static bool parse_filter(const struct parser *parser, const struct json_place *place,
			 const char *name, struct filter *ret_filter, GError **error)
{
	struct json_place inner = {.prefix = ""};
	struct filter filter = {0};

	if (!json_reader_object(place, name, &inner.object, error))
		return false;
	if (inner.object &&
	    (!tally_strings(&inner, "arches", is_this_machine, 0, &filter.machines) ||
	     !tally_strings(&inner, "caps", has_capability, parser->capabilities,
			    &filter.capabilities) ||
	     !json_reader_string(&inner, "minKernel", &filter.kernel, NULL))) {
		failure_set(error, EINVAL, NULL,
			    "%s%s may have arrays of strings (arches, caps) and a string "
			    "(minKernel)",
			    place->prefix, name);
		return false;
	}
	*ret_filter = filter;
	return true;
}

static bool parse_filters(const struct parser *parser, const struct json_place *place,
			  bool *ret_applies, GError **error)
{
	struct filter in, out;

	if (!parse_filter(parser, place, "includes", &in, error) ||
	    !parse_filter(parser, place, "excludes", &out, error))
		return false;
	bool included = (in.machines.total == 0 || in.machines.passed) &&
			in.capabilities.passed == in.capabilities.total &&
			(!in.kernel || is_kernel_since(in.kernel));
	bool excluded = out.machines.passed || out.capabilities.passed ||
			(out.kernel && is_kernel_since(out.kernel));
	*ret_applies = included && !excluded;
	return true;
}

/* --- system calls --- */

static bool add_names(const struct parser *parser, const struct json_place *place, uint32_t action,
		      const GArray *conditions, GError **error)
{
	JsonArray *names = NULL;
	const char *name = NULL;

	if (!json_reader_array(place, "names", &names, error) ||
	    !json_reader_string(place, "name", &name, error))
		return false;
	if (!names && !name) {
		failure_set(error, EINVAL, NULL, "%snames is missing", place->prefix);
		return false;
	}
	if (name)
		add_rules(parser->profile, name, action, conditions);
	for (unsigned i = 0; names && i < json_array_get_length(names); i++) {
		name = json_reader_element(place, "names", names, i, error);
		if (!name)
			return false;
		add_rules(parser->profile, name, action, conditions);
	}
	return true;
}

static bool parse_call(const struct parser *parser, const struct json_place *place, GError **error)
{
	static const struct seccomp_json_action members = {"action", "errnoRet", "errno"};
	uint32_t action;
	bool applies;

	if (!seccomp_json_parse_action(place, &members, &action, error) ||
	    !parse_filters(parser, place, &applies, error))
		return false;
	g_autoptr(GArray) conditions = parse_conditions(place, error);
	return conditions && (!applies || add_names(parser, place, action, conditions, error));
}

bool seccomp_json_parse_rules(const struct json_place *place, uint64_t capabilities,
			      struct seccomp_profile *profile, GError **error)
{
	const struct parser parser = {capabilities, profile};
	JsonArray *array = NULL;

	if (!json_reader_array(place, "syscalls", &array, error))
		return false;
	for (unsigned i = 0; array && i < json_array_get_length(array); i++) {
		g_autofree char *prefix = g_strdup_printf("syscalls[%u].", i);
		struct json_place inner = {
			json_reader_element_object(place, "syscalls", array, i, error), prefix};

		if (!inner.object || !parse_call(&parser, &inner, error))
			return false;
	}
	return true;
}
