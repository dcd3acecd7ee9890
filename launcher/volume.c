/* SPDX-License-Identifier: GPL-2.0-or-later */
/* volume - what the user mounts into the container: --volume and --tmpfs as texts and values */
#include "launcher/volume.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/failure.h"

/* Options of a mount that set or clear an attribute, or (attribute 0) say what is so anyway. */
static const struct {
	const char *name;
	uint64_t attribute;
	bool set;
} attribute_options[] = {
	{"ro", MOUNT_ATTR_RDONLY, true},     {"rw", MOUNT_ATTR_RDONLY, false},
	{"nosuid", MOUNT_ATTR_NOSUID, true}, {"suid", MOUNT_ATTR_NOSUID, false},
	{"nodev", MOUNT_ATTR_NODEV, true},   {"dev", MOUNT_ATTR_NODEV, false},
	{"noexec", MOUNT_ATTR_NOEXEC, true}, {"exec", MOUNT_ATTR_NOEXEC, false},
};

static const char *const inherent_options[] = {"rbind", "private", "rprivate", NULL};

/* Options that podman has and we do not, and what to do instead. */
static const struct {
	const char *name, *cure;
} refused_options[] = {
	{"z", "leave it out: files are not relabelled here"},
	{"Z", "leave it out: files are not relabelled here"},
	{"U", "leave it out and chown the source yourself: the host's files keep their owners"},
	{"O", "leave it out, or take --overlay or --disposable for the whole root"},
	{"bind", "leave it out: mounts below the source always come along (rbind)"},
	{"shared", "leave it out: no mount made later crosses the border"},
	{"rshared", "leave it out: no mount made later crosses the border"},
	{"slave", "leave it out: no mount made later crosses the border"},
	{"rslave", "leave it out: no mount made later crosses the border"},
	{"copy", "leave it out: nothing is copied into a volume"},
};

/* What tmpfs(5) takes with a value, of digits and the suffixes that the option has. */
static const struct {
	const char *name, *digits, *suffixes;
} value_options[] = {
	{"size", "0123456789", "kKmMgG%"},
	{"mode", "01234567", ""},
	{"uid", "0123456789", ""},
	{"gid", "0123456789", ""},
	{"nr_blocks", "0123456789", "kKmMgG"},
	{"nr_inodes", "0123456789", "kKmMgG"},
};

static struct volume *volume_new(const char *source, char *target)
{
	struct volume *volume = g_new0(struct volume, 1);

	/* Whoever opens it may be somewhere else by then. ".." is not resolved as text. */
	if (source && !g_path_is_absolute(source)) {
		g_autofree char *cwd = g_get_current_dir();

		volume->source = g_build_filename(cwd, source, NULL);
	} else {
		volume->source = g_strdup(source);
	}
	volume->target = target;
	volume->options = g_ptr_array_new_with_free_func(g_free);
	return volume;
}

void volume_free(struct volume *volume)
{
	if (!volume)
		return;
	g_free(volume->source);
	g_free(volume->target);
	g_ptr_array_unref(volume->options);
	g_free(volume);
}

static void refuse_colon(const char *text, GError **error)
{
	failure_set(
		error, EINVAL,
		"write SRC:DST or SRC:DST:OPTION,...; for a path with ':' in it make a symbolic "
		"link without one and name that",
		"--volume '%s' has too many or too few parts between ':'", text);
}

/* Lexically: what is inside is nobody's business before it is looked at from there. */
static char *clean_target(const char *option, const char *text, GError **error)
{
	g_autofree char *clean = NULL;

	if (text[0] != '/') {
		failure_set(error, EINVAL, "write it from the container's root: /data",
			    "%s: '%s' is no absolute path", option, text);
		return NULL;
	}
	clean = g_canonicalize_filename(text, "/");
	/* POSIX lets two leading slashes be special, and GLib keeps them. */
	if (g_str_has_prefix(clean, "//"))
		memmove(clean, clean + 1, strlen(clean));
	if (strcmp(clean, "/") == 0) {
		failure_set(error, EINVAL, "name it as ROOTFS instead",
			    "%s: nothing can be mounted on the container's root directory", option);
		return NULL;
	}
	if (volume_path_is_below(clean, "/proc")) {
		failure_set(error, EINVAL, "take another place",
			    "%s: '%s' is in /proc, which belongs to the kernel", option, clean);
		return NULL;
	}
	return g_steal_pointer(&clean);
}

static bool take_attribute(struct volume *volume, const char *word)
{
	for (size_t i = 0; i < G_N_ELEMENTS(attribute_options); i++) {
		uint64_t attribute = attribute_options[i].attribute;

		if (strcmp(word, attribute_options[i].name) != 0)
			continue;
		if (attribute_options[i].set)
			volume->attributes |= attribute;
		else
			volume->attributes &= ~attribute;
		return true;
	}
	return false;
}

static bool refuse_option(const char *option, const char *word, const char *known, GError **error)
{
	g_autofree char *list = g_strdup_printf("take %s", known);
	const char *cure = list;

	for (size_t i = 0; strcmp(option, "--volume") == 0 && i < G_N_ELEMENTS(refused_options);
	     i++) {
		if (strcmp(word, refused_options[i].name) == 0)
			cure = refused_options[i].cure;
	}
	failure_set(error, EINVAL, cure, "%s does not take the option '%s'", option, word);
	return false;
}

/* GLib splits an empty text into nothing, but it is an empty option. */
static char **split_options(const char *text)
{
	return *text ? g_strsplit(text, ",", -1) : g_strsplit(",", ",", 2);
}

static bool take_bind_options(struct volume *volume, const char *text, GError **error)
{
	g_auto(GStrv) words = split_options(text);

	for (char **word = words; *word; word++) {
		if (!take_attribute(volume, *word) && !g_strv_contains(inherent_options, *word))
			return refuse_option("--volume", *word, "ro, rw, nosuid, nodev or noexec",
					     error);
	}
	return true;
}

struct volume *volume_parse(const char *text, GError **error)
{
	g_auto(GStrv) parts = g_strsplit(text, ":", -1);
	guint n_parts = g_strv_length(parts);
	struct volume *volume;
	char *target;

	if (n_parts < 2 || n_parts > 3) {
		refuse_colon(text, error);
		return NULL;
	}
	if (!*parts[0]) {
		failure_set(error, EINVAL, "write SRC:DST, e.g. ./data:/data",
			    "--volume '%s' names no source", text);
		return NULL;
	}
	target = clean_target("--volume", parts[1], error);
	if (!target)
		return NULL;
	volume = volume_new(parts[0], target);
	if (n_parts == 2 || take_bind_options(volume, parts[2], error))
		return volume;
	volume_free(volume);
	return NULL;
}

/* Digits of the option's kind and at most one suffix. */
static bool is_value(const char *value, const char *digits, const char *suffixes)
{
	size_t length = strspn(value, digits);

	if (length == 0 || length > 18)
		return false;
	value += length;
	return !*value || (strchr(suffixes, *value) && !value[1]);
}

static bool take_value(struct volume *volume, const char *word, GError **error)
{
	g_auto(GStrv) pair = g_strsplit(word, "=", 2);

	for (size_t i = 0; i < G_N_ELEMENTS(value_options); i++) {
		if (!pair[0] || strcmp(pair[0], value_options[i].name) != 0)
			continue;
		if (!pair[1] ||
		    !is_value(pair[1], value_options[i].digits, value_options[i].suffixes)) {
			failure_set(error, EINVAL, "write e.g. size=64m, mode=1777 or uid=0",
				    "--tmpfs: '%s' is no value of %s", pair[1] ? pair[1] : "",
				    pair[0]);
			return false;
		}
		g_ptr_array_add(volume->options, g_strdup(pair[0]));
		g_ptr_array_add(volume->options, g_strdup(pair[1]));
		return true;
	}
	return refuse_option("--tmpfs", word,
			     "ro, rw, [no]exec, [no]suid, [no]dev, size=, mode=, uid=, gid=, "
			     "nr_blocks= or nr_inodes=",
			     error);
}

static bool take_tmpfs_options(struct volume *volume, const char *text, GError **error)
{
	g_auto(GStrv) words = split_options(text);

	for (char **word = words; *word; word++) {
		if (!take_attribute(volume, *word) && !take_value(volume, *word, error))
			return false;
	}
	return true;
}

struct volume *volume_parse_tmpfs(const char *text, GError **error)
{
	g_auto(GStrv) parts = g_strsplit(text, ":", 2);
	char *target = clean_target("--tmpfs", parts[0] ? parts[0] : "", error);
	struct volume *volume;

	if (!target)
		return NULL;
	volume = volume_new(NULL, target);
	volume->attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	if (!parts[1] || take_tmpfs_options(volume, parts[1], error)) {
		g_ptr_array_add(volume->options, NULL);
		return volume;
	}
	volume_free(volume);
	return NULL;
}

bool volume_check(const struct volume *volume, GError **error)
{
	const char *cure = "make it first, e.g. mkdir -p; a relative path starts at the working "
			   "directory";
	struct stat st;

	if (!volume->source || stat(volume->source, &st) == 0)
		return true;
	if (errno == EACCES)
		cure = "give yourself search permission on its parent directories";
	else if (errno == ELOOP)
		cure = "its symbolic links lead to each other: repair them";
	failure_set(error, errno, cure, "--volume: source '%s': %s", volume->source,
		    g_strerror(errno));
	return false;
}

/* '/' sorts before everything else, so that "/a/b" comes before "/a-b". */
static unsigned rank(char c)
{
	return c == '/' ? 1 : c == '\0' ? 0 : (unsigned char)c + 2U;
}

int volume_compare(const void *a, const void *b)
{
	const char *first = (*(struct volume *const *)a)->target;
	const char *second = (*(struct volume *const *)b)->target;

	while (*first && *first == *second) {
		first++;
		second++;
	}
	return (int)rank(*first) - (int)rank(*second);
}

bool volume_path_is_below(const char *path, const char *top)
{
	size_t length = strlen(top);

	return strncmp(path, top, length) == 0 && (path[length] == '/' || path[length] == '\0');
}
