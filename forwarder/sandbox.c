/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sandbox - takes from the forwarder what it does not need, in layers that need not each other */
#include "forwarder/sandbox.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "forwarder/sandbox_calls.h"
#include "forwarder/sandbox_root.h"
#include "src/autoclose.h"
#include "src/capability.h"
#include "src/failure.h"
#include "src/json_add.h"
#include "src/landlock.h"

static const char *const layer_names[SANDBOX_N_LAYERS] = {
	[SANDBOX_ROOT] = "root",
	[SANDBOX_LANDLOCK] = "landlock",
	[SANDBOX_SECCOMP] = "seccomp",
};

/* It may be the user's terminal, from which we could read what is typed. */
static void make_write_only(int fd)
{
	g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
	autoclose int writable = -1;

	if ((fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDWR)
		return;
	writable = open(path, O_WRONLY | O_NOCTTY | O_APPEND | O_CLOEXEC);
	if (writable >= 0)
		dup2(writable, fd);
}

static void settle_streams(void)
{
	autoclose int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (nowhere >= 0)
		dup2(nowhere, STDOUT_FILENO);
	make_write_only(STDERR_FILENO);
}

static bool give_up_privileges(GError **error)
{
	const struct rlimit none = {0, 0};

	if (setrlimit(RLIMIT_CORE, &none) < 0)
		return failure_errno(error, "forbid core dumps");
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return failure_errno(error, "clear the dumpable flag");
	return capability_keep_only(NULL, 0, error);
}

static bool restrict_files(int state_fd, GError **error)
{
	autoclose int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	autoclose int base = state_fd < 0 ? -1 : openat(state_fd, "..", O_PATH | O_CLOEXEC);
	const struct landlock_right rights[] = {
		{proc, LANDLOCK_READ},
		{state_fd, LANDLOCK_LIST | LANDLOCK_UNLINK | LANDLOCK_RMDIR},
		{base, LANDLOCK_LIST | LANDLOCK_RMDIR}, /* its own name; others are not empty */
	};

	return landlock_restrict(rights, G_N_ELEMENTS(rights), false, error);
}

/* False if the process must not go on; takes the failure. */
static bool miss(struct sandbox *sandbox, enum sandbox_layer layer, GError *failure, bool is_fatal,
		 GError **error)
{
	g_autoptr(GError) why = failure;
	g_autofree char *cause = failure_cause(why);

	if (is_fatal || failure_is_shortage(why) || sandbox->mode == SANDBOX_REQUIRE) {
		const char *cure = failure_cure(why);
		failure_set(error, why->code, cure ? cure : "take --sandbox=on, or off",
			    "the sandbox lacks the layer '%s': %s", layer_names[layer], cause);
		return false;
	}
	sandbox->missing[layer] = g_steal_pointer(&cause);
	return true;
}

static bool enter_root(struct sandbox *sandbox, GError **error)
{
	g_autoptr(GError) failure = NULL;
	bool entered = false;
	uid_t uid = geteuid();

	if (sandbox_root_enter(&entered, &failure))
		return true;
	return miss(sandbox, SANDBOX_ROOT, g_steal_pointer(&failure), entered && geteuid() != uid,
		    error);
}

static bool enter_landlock(struct sandbox *sandbox, int state_fd, GError **error)
{
	GError *failure = NULL;

	return restrict_files(state_fd, &failure) ||
	       miss(sandbox, SANDBOX_LANDLOCK, failure, false, error);
}

static bool enter_seccomp(struct sandbox *sandbox, GError **error)
{
	GError *failure = NULL;

	return sandbox_calls_filter(&failure) ||
	       miss(sandbox, SANDBOX_SECCOMP, failure, false, error);
}

bool sandbox_enter(struct sandbox *ret_sandbox, enum sandbox_mode mode, int state_fd,
		   GError **error)
{
	*ret_sandbox = (struct sandbox){.mode = mode};
	if (mode == SANDBOX_OFF)
		return give_up_privileges(error);
	settle_streams();
	return enter_root(ret_sandbox, error) && give_up_privileges(error) &&
	       enter_landlock(ret_sandbox, state_fd, error) && enter_seccomp(ret_sandbox, error);
}

void sandbox_done(struct sandbox *sandbox)
{
	for (size_t i = 0; i < SANDBOX_N_LAYERS; i++)
		g_clear_pointer(&sandbox->missing[i], g_free);
}

char *sandbox_note(const struct sandbox *sandbox)
{
	GString *text = g_string_new(NULL);

	for (size_t i = 0; i < SANDBOX_N_LAYERS; i++)
		if (sandbox->missing[i])
			g_string_append_printf(text, "%s%s (%s)",
					       text->len ? ", "
							 : "netns-forwarder's sandbox lacks ",
					       layer_names[i], sandbox->missing[i]);
	return g_string_free(text, text->len == 0);
}

void sandbox_describe(const struct sandbox *sandbox, JsonBuilder *builder)
{
	json_builder_set_member_name(builder, "sandbox");
	json_builder_begin_object(builder);
	json_add_string(builder, "mode", sandbox_mode_name(sandbox->mode));
	json_builder_set_member_name(builder, "layers");
	json_builder_begin_array(builder);
	json_builder_add_string_value(builder, "privileges");
	for (size_t i = 0; i < SANDBOX_N_LAYERS && sandbox->mode != SANDBOX_OFF; i++)
		if (!sandbox->missing[i])
			json_builder_add_string_value(builder, layer_names[i]);
	json_builder_end_array(builder);
	json_builder_set_member_name(builder, "missing");
	json_builder_begin_object(builder);
	for (size_t i = 0; i < SANDBOX_N_LAYERS; i++)
		if (sandbox->missing[i])
			json_add_string(builder, layer_names[i], sandbox->missing[i]);
	json_builder_end_object(builder);
	json_builder_end_object(builder);
}
