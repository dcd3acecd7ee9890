/* SPDX-License-Identifier: GPL-2.0-or-later */
/* seccomp_json - seccomp profiles in the OCI format */
#include "launcher/seccomp_json.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <string.h>
#include <unistd.h>

#include "launcher/json_reader.h"
#include "launcher/seccomp_json_rules.h"
#include "src/syscall_names.h"
#include "src/autoclose.h"
#include "src/failure.h"

#define LARGEST_FILE (1024 * 1024)

static const struct {
	const char *name;
	unsigned value;
} flags[] = {
	/* The process has one thread. */
	{"SECCOMP_FILTER_FLAG_TSYNC", 0},
	{"SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG},
	{"SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW},
};

static bool add_flag(const char *name, unsigned *value)
{
	for (size_t i = 0; i < G_N_ELEMENTS(flags); i++) {
		if (!g_str_equal(flags[i].name, name))
			continue;
		*value |= flags[i].value;
		return true;
	}
	return false;
}

static bool parse_flags(const struct json_place *place, struct seccomp_profile *profile,
			GError **error)
{
	JsonArray *array = NULL;

	if (!json_reader_array(place, "flags", &array, error))
		return false;
	/* As runc does: a filter is no reason for the slower mitigations of old kernels. */
	profile->flags = array ? 0 : SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	for (unsigned i = 0; array && i < json_array_get_length(array); i++) {
		const char *name = json_reader_element(place, "flags", array, i, error);

		if (!name)
			return false;
		if (!add_flag(name, &profile->flags))
			return seccomp_json_refuse(place, "flags", name, "SECCOMP_FILTER_FLAG_LOG",
						   error);
	}
	return true;
}

static bool has_architecture(const struct seccomp_profile *profile, uint32_t architecture)
{
	for (unsigned i = 0; i < profile->architectures->len; i++) {
		if (g_array_index(profile->architectures, uint32_t, i) == architecture)
			return true;
	}
	return false;
}

/* *ret_architecture is 0 for one of other machines. */
static bool parse_architecture(const struct json_place *place, const char *member, const char *name,
			       uint32_t *ret_architecture, GError **error)
{
	bool here;

	if (!syscall_architecture_parse(name, &here, ret_architecture))
		return seccomp_json_refuse(place, member, name, "SCMP_ARCH_X86_64", error);
	if (!here)
		*ret_architecture = 0;
	return true;
}

static bool add_architectures(const struct json_place *place, const char *member,
			      struct seccomp_profile *profile, GError **error)
{
	JsonArray *array = NULL;

	if (!json_reader_array(place, member, &array, error))
		return false;
	for (unsigned i = 0; array && i < json_array_get_length(array); i++) {
		const char *name = json_reader_element(place, member, array, i, error);
		uint32_t architecture;

		if (!name || !parse_architecture(place, member, name, &architecture, error))
			return false;
		if (architecture && !has_architecture(profile, architecture))
			g_array_append_val(profile->architectures, architecture);
	}
	return true;
}

/* An element of archMap: what belongs to an architecture, of interest if that is this machine's. */
static bool add_sub_architectures(const struct json_place *place, struct seccomp_profile *profile,
				  GError **error)
{
	const char *name = "";
	uint32_t architecture;

	if (!json_reader_string(place, "architecture", &name, error) ||
	    !parse_architecture(place, "architecture", name, &architecture, error))
		return false;
	return architecture != syscall_native_architecture() ||
	       add_architectures(place, "subArchitectures", profile, error);
}

static bool parse_architectures(const struct json_place *place, struct seccomp_profile *profile,
				GError **error)
{
	uint32_t native = syscall_native_architecture();
	JsonArray *map = NULL, *list = NULL;

	if (!json_reader_array(place, "archMap", &map, error) ||
	    !json_reader_array(place, "architectures", &list, error))
		return false;
	if (map && list && json_array_get_length(map) && json_array_get_length(list)) {
		failure_set(error, EINVAL, "keep one of them",
			    "has both architectures and archMap");
		return false;
	}
	g_array_append_val(profile->architectures, native);
	for (unsigned i = 0; map && i < json_array_get_length(map); i++) {
		g_autofree char *prefix = g_strdup_printf("archMap[%u].", i);
		struct json_place inner = {
			json_reader_element_object(place, "archMap", map, i, error), prefix};

		if (!inner.object || !add_sub_architectures(&inner, profile, error))
			return false;
	}
	return add_architectures(place, "architectures", profile, error);
}

static bool check_listener(const struct json_place *place, GError **error)
{
	const char *path = NULL;

	if (!json_reader_string(place, "listenerPath", &path, error))
		return false;
	if (!path || !*path)
		return true;
	failure_set(error, ENOTSUP, SECCOMP_JSON_NO_NOTIFY,
		    "listenerPath is not supported, no other process decides about calls");
	return false;
}

bool seccomp_json_parse(const char *text, size_t size, uint64_t capabilities,
			struct seccomp_profile *ret_profile, GError **error)
{
	static const struct seccomp_json_action members = {"defaultAction", "defaultErrnoRet",
							   "defaultErrno"};
	g_autoptr(JsonNode) document = json_reader_parse(text, size, error);
	struct seccomp_profile profile;
	uint32_t default_action;

	if (!document)
		return false;
	struct json_place place = {json_node_get_object(document), ""};
	if (!seccomp_json_parse_action(&place, &members, &default_action, error))
		return false;
	seccomp_profile_init(&profile, default_action);
	if (check_listener(&place, error) && parse_flags(&place, &profile, error) &&
	    parse_architectures(&place, &profile, error) &&
	    seccomp_json_parse_rules(&place, capabilities, &profile, error)) {
		*ret_profile = profile;
		return true;
	}
	seccomp_profile_done(&profile);
	return false;
}

/* Also of a pipe; NULL with errno on failure. */
static char *read_file(const char *path, size_t *ret_size)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	g_autofree char *text = NULL;
	size_t size = 0;

	if (fd < 0)
		return NULL;
	text = g_malloc(LARGEST_FILE + 1);
	for (;;) {
		ssize_t length = TEMP_FAILURE_RETRY(read(fd, text + size, LARGEST_FILE + 1 - size));

		if (length < 0)
			return NULL;
		size += (size_t)length;
		if (size > LARGEST_FILE) {
			errno = EFBIG;
			return NULL;
		}
		if (length == 0)
			break;
	}
	*ret_size = size;
	return g_steal_pointer(&text);
}

bool seccomp_json_load(const char *path, uint64_t capabilities, struct seccomp_profile *ret_profile,
		       GError **error)
{
	size_t size;
	g_autofree char *text = read_file(path, &size);
	g_autoptr(GError) failure = NULL;

	if (!text) {
		failure_set(error, errno, "name a JSON file of at most 1 MiB, or unconfined",
			    "read the seccomp profile \"%s\": %s", path, g_strerror(errno));
		return false;
	}
	if (seccomp_json_parse(text, size, capabilities, ret_profile, &failure))
		return true;
	g_autofree char *cause = failure_cause(failure);
	const char *cure = failure_cure(failure);
	failure_set(error, failure->code,
		    cure ? cure : "its format: OCI runtime specification, config-linux.md, Seccomp",
		    "seccomp profile \"%s\": %s", path, cause);
	return false;
}
