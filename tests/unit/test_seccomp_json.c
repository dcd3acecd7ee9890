/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_seccomp_json - profiles in the OCI format: what they mean, and where they are wrong */
#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "src/seccomp_compiler.h"
#include "launcher/seccomp_json.h"
#include "src/syscall_names.h"
#include "src/capability.h"
#include "src/failure.h"
#include "tests/unit/bpf_machine.h"

#define ALLOW  SECCOMP_RET_ALLOW
#define REFUSE (SECCOMP_RET_ERRNO | EPERM)

/* Single quotes stand for double ones. */
static bool parse(const char *quoted, uint64_t capabilities, struct seccomp_profile *ret_profile,
		  GError **error)
{
	g_autofree char *text = g_strdelimit(g_strdup(quoted), "'", '"');

	return seccomp_json_parse(text, strlen(text), capabilities, ret_profile, error);
}

static void make(const char *quoted, uint64_t capabilities, struct seccomp_program *ret_program)
{
	struct seccomp_profile profile;
	g_autoptr(GError) error = NULL;
	bool parsed = parse(quoted, capabilities, &profile, &error);

	g_assert_no_error(error);
	g_assert_true(parsed);
	g_assert_true(seccomp_compile(&profile, ret_program, NULL));
	seccomp_profile_done(&profile);
}

static uint32_t run(const struct seccomp_program *program, const char *call, uint64_t first,
		    uint64_t second)
{
	uint32_t native = syscall_native_architecture();
	struct seccomp_data data = {
		.arch = native,
		.nr = (int)syscall_number(native, call),
		.args = {first, second},
	};

	return bpf_machine_run(program->instructions, program->n, &data, NULL);
}

/* What the profile makes of mkdirat(5, 6). */
static uint32_t verdict(const char *quoted, uint64_t capabilities)
{
	struct seccomp_program program;

	make(quoted, capabilities, &program);
	uint32_t result = run(&program, "mkdirat", 5, 6);
	seccomp_program_done(&program);
	return result;
}

#define WITH_CALL(call) "{'defaultAction':'SCMP_ACT_ALLOW','syscalls':[" call "]}"
#define WITH_ARGS(args)                                                                            \
	WITH_CALL("{'names':['mkdirat'],'action':'SCMP_ACT_ERRNO','args':[" args "]}")
#define WITH_FILTER(filter) WITH_CALL("{'names':['mkdirat'],'action':'SCMP_ACT_ERRNO'," filter "}")

struct meaning {
	const char *text;
	uint32_t verdict;
};

static const struct meaning meanings[] = {
	{"{'defaultAction':'SCMP_ACT_ALLOW'}", ALLOW},
	{"{'defaultAction':'SCMP_ACT_ERRNO'}", REFUSE},
	{"{'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':38}", SECCOMP_RET_ERRNO | ENOSYS},
	{"{'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':1,'defaultErrno':'ENOSYS'}",
	 SECCOMP_RET_ERRNO | ENOSYS},
	{"{'defaultAction':'SCMP_ACT_KILL'}", SECCOMP_RET_KILL_THREAD},
	{"{'defaultAction':'SCMP_ACT_KILL_PROCESS','syscalls':null}", SECCOMP_RET_KILL_PROCESS},
	{"{'defaultAction':'SCMP_ACT_TRAP','flags':[]}", SECCOMP_RET_TRAP},
	{"{'defaultAction':'SCMP_ACT_LOG','comment':{'a':[]}}", SECCOMP_RET_LOG},
	{"{'defaultAction':'SCMP_ACT_TRACE','defaultErrnoRet':7}", SECCOMP_RET_TRACE | 7},
	{WITH_CALL("{'names':['mkdirat','no_such'],'action':'SCMP_ACT_ERRNO','errnoRet':30}"),
	 SECCOMP_RET_ERRNO | EROFS},
	{WITH_CALL("{'name':'mkdirat','action':'SCMP_ACT_ERRNO','errno':'EROFS'}"),
	 SECCOMP_RET_ERRNO | EROFS},
	{WITH_CALL("{'names':['mkdirat'],'action':'SCMP_ACT_ERRNO','errno':'30'}"),
	 SECCOMP_RET_ERRNO | EROFS},
	{WITH_CALL("{'names':[],'action':'SCMP_ACT_ERRNO'}"), ALLOW},
	{WITH_ARGS("{'index':0,'value':5,'op':'SCMP_CMP_EQ'}"), REFUSE},
	{WITH_ARGS("{'index':0,'value':6,'op':'SCMP_CMP_EQ'}"), ALLOW},
	{WITH_ARGS("{'index':1,'value':6,'valueTwo':0,'op':'SCMP_CMP_EQ'}"), REFUSE},
	{WITH_ARGS("{'index':0,'value':5,'op':'SCMP_CMP_NE'}"), ALLOW},
	{WITH_ARGS("{'index':0,'value':5,'op':'SCMP_CMP_GE'}"), REFUSE},
	{WITH_ARGS("{'index':0,'value':5,'op':'SCMP_CMP_GT'}"), ALLOW},
	{WITH_ARGS("{'index':0,'value':5,'op':'SCMP_CMP_LE'}"), REFUSE},
	{WITH_ARGS("{'index':0,'value':5,'op':'SCMP_CMP_LT'}"), ALLOW},
	{WITH_ARGS("{'index':0,'value':4,'valueTwo':4,'op':'SCMP_CMP_MASKED_EQ'}"), REFUSE},
	{WITH_ARGS("{'index':0,'value':2,'valueTwo':2,'op':'SCMP_CMP_MASKED_EQ'}"), ALLOW},
	{WITH_ARGS("{'index':0,'value':18446744073709551615,'op':'SCMP_CMP_LT'}"), REFUSE},
	/* Both must hold; but two about one argument are alternatives. */
	{WITH_ARGS("{'index':0,'value':5,'op':'SCMP_CMP_EQ'},"
		   "{'index':1,'value':7,'op':'SCMP_CMP_EQ'}"),
	 ALLOW},
	{WITH_ARGS("{'index':0,'value':4,'op':'SCMP_CMP_EQ'},"
		   "{'index':0,'value':5,'op':'SCMP_CMP_EQ'}"),
	 REFUSE},
	{WITH_FILTER("'includes':{},'excludes':null"), REFUSE},
	{WITH_FILTER("'includes':{'caps':['CAP_KILL']}"), REFUSE},
	{WITH_FILTER("'includes':{'caps':['CAP_KILL','CAP_CHOWN']}"), ALLOW},
	{WITH_FILTER("'includes':{'caps':['CAP_OF_TOMORROW']}"), ALLOW},
	{WITH_FILTER("'excludes':{'caps':['CAP_CHOWN','CAP_KILL']}"), ALLOW},
	{WITH_FILTER("'excludes':{'caps':['CAP_CHOWN']}"), REFUSE},
	{WITH_FILTER("'includes':{'arches':['s390','other']}"), ALLOW},
	{WITH_FILTER("'excludes':{'arches':['s390','other']}"), REFUSE},
	{WITH_FILTER("'includes':{'minKernel':'4.8'}"), REFUSE},
	{WITH_FILTER("'includes':{'minKernel':'4000.1'}"), ALLOW},
	{WITH_FILTER("'excludes':{'minKernel':'4.8'}"), ALLOW},
};

static void test_meaning(gconstpointer data)
{
	const struct meaning *meaning = data;

	g_test_message("%s", meaning->text);
	g_assert_cmphex(verdict(meaning->text, CAPABILITY_BIT(CAP_KILL)), ==, meaning->verdict);
}

static void test_own_machine(void)
{
	g_autofree char *text = g_strdup_printf(WITH_FILTER("'includes':{'arches':['x','%s']}"),
						syscall_oci_machine());

	g_assert_cmphex(verdict(text, 0), ==, REFUSE);
}

static bool knows_x86(const char *quoted)
{
	struct seccomp_program program;
	struct seccomp_data data = {.arch = AUDIT_ARCH_I386, .nr = 3};

	make(quoted, 0, &program);
	uint32_t action = bpf_machine_run(program.instructions, program.n, &data, NULL);
	seccomp_program_done(&program);
	return action == ALLOW;
}

static void test_architectures(void)
{
	if (syscall_native_architecture() != AUDIT_ARCH_X86_64) {
		g_test_skip("tested on x86");
		return;
	}
	g_assert_false(knows_x86("{'defaultAction':'SCMP_ACT_ALLOW'}"));
	g_assert_true(knows_x86("{'defaultAction':'SCMP_ACT_ALLOW','architectures':"
				"['SCMP_ARCH_X86','SCMP_ARCH_X86_64','SCMP_ARCH_S390']}"));
	g_assert_true(knows_x86("{'defaultAction':'SCMP_ACT_ALLOW','archMap':["
				"{'architecture':'SCMP_ARCH_AARCH64','subArchitectures':[]},"
				"{'architecture':'SCMP_ARCH_X86_64','subArchitectures':"
				"['SCMP_ARCH_X86','SCMP_ARCH_X32']}]}"));
	g_assert_false(knows_x86("{'defaultAction':'SCMP_ACT_ALLOW','archMap':["
				 "{'architecture':'SCMP_ARCH_AARCH64','subArchitectures':"
				 "['SCMP_ARCH_X86']}]}"));
}

static void test_flags(void)
{
	struct seccomp_program program;

	make("{'defaultAction':'SCMP_ACT_ALLOW'}", 0, &program);
	g_assert_cmpuint(program.flags, ==, SECCOMP_FILTER_FLAG_SPEC_ALLOW);
	seccomp_program_done(&program);
	make("{'defaultAction':'SCMP_ACT_ALLOW','flags':['SECCOMP_FILTER_FLAG_LOG',"
	     "'SECCOMP_FILTER_FLAG_TSYNC']}",
	     0, &program);
	g_assert_cmpuint(program.flags, ==, SECCOMP_FILTER_FLAG_LOG);
	seccomp_program_done(&program);
}

struct bad {
	const char *text, *cause; /* a part of it */
};

static const struct bad bad_profiles[] = {
	{"", "no JSON"},
	{"{", "no JSON"},
	{"[]", "must be an object"},
	{"{}{}", "byte 2"},
	{"/* x */{}", "byte 0"},
	{"{'a':[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}", "deeply"},
	{"{'a':'\xff'}", "UTF-8"},
	{"{}", "defaultAction is missing"},
	{"{'defaultAction':7}", "defaultAction must be a string"},
	{"{'defaultAction':'ALLOW'}", "defaultAction: 'ALLOW'"},
	{"{'defaultAction':'SCMP_ACT_NOTIFY'}", "SCMP_ACT_NOTIFY is not supported"},
	{"{'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':4096}", "defaultErrnoRet must be"},
	{"{'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':-1}", "defaultErrnoRet must be"},
	{"{'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':'1'}", "a whole number"},
	{"{'defaultAction':'SCMP_ACT_ERRNO','defaultErrno':'EWHAT'}", "defaultErrno: 'EWHAT'"},
	{"{'defaultAction':'SCMP_ACT_ALLOW','listenerPath':'/run/x'}", "listenerPath"},
	{"{'defaultAction':'SCMP_ACT_ALLOW','flags':['SECCOMP_FILTER_FLAG_X']}", "flags: '"},
	{"{'defaultAction':'SCMP_ACT_ALLOW','flags':['SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV']}",
	 "flags: '"},
	{"{'defaultAction':'SCMP_ACT_ALLOW','flags':'SECCOMP_FILTER_FLAG_LOG'}", "an array"},
	{"{'defaultAction':'SCMP_ACT_ALLOW','architectures':['SCMP_ARCH_VAX']}",
	 "architectures: 'SCMP_ARCH_VAX'"},
	{"{'defaultAction':'SCMP_ACT_ALLOW','architectures':[1]}", "architectures[0] must be"},
	{"{'defaultAction':'SCMP_ACT_ALLOW','archMap':[{'architecture':'x'}]}",
	 "archMap[0].architecture: 'x'"},
	{"{'defaultAction':'SCMP_ACT_ALLOW','archMap':[{}]}", "archMap[0].architecture is missing"},
	{"{'defaultAction':'SCMP_ACT_ALLOW','archMap':[7]}", "archMap[0] must be an object"},
	{"{'defaultAction':'SCMP_ACT_ALLOW','architectures':['SCMP_ARCH_X86'],'archMap':["
	 "{'architecture':'SCMP_ARCH_X86'}]}",
	 "both"},
	{"{'defaultAction':'SCMP_ACT_ALLOW','syscalls':{}}", "syscalls must be an array"},
	{WITH_CALL("7"), "syscalls[0] must be an object"},
	{WITH_CALL("{'action':'SCMP_ACT_ALLOW'}"), "syscalls[0].names is missing"},
	{WITH_CALL("{'names':['read']}"), "syscalls[0].action is missing"},
	{WITH_CALL("{'names':'read','action':'SCMP_ACT_ALLOW'}"), "syscalls[0].names must be"},
	{WITH_CALL("{'names':[null],'action':'SCMP_ACT_ALLOW'}"), "syscalls[0].names[0] must be"},
	{WITH_CALL("{'names':['read'],'action':'SCMP_ACT_NOTIFY'}"), "syscalls[0].action"},
	{WITH_CALL("{'names':['read'],'action':'SCMP_ACT_ALLOW'},{'action':'x'}"),
	 "syscalls[1].action: 'x'"},
	{WITH_ARGS("{'index':6,'value':5,'op':'SCMP_CMP_EQ'}"), "syscalls[0].args[0].index"},
	{WITH_ARGS("{'value':5,'op':'SCMP_CMP_EQ'}"), "syscalls[0].args[0].index"},
	{WITH_ARGS("{'index':0,'value':5}"), "syscalls[0].args[0].op is missing"},
	{WITH_ARGS("{'index':0,'op':'SCMP_CMP_SO'}"), "syscalls[0].args[0].op: 'SCMP_CMP_SO'"},
	{WITH_ARGS("{'index':0,'value':1.5,'op':'SCMP_CMP_EQ'}"), "syscalls[0].args[0].value"},
	{WITH_ARGS("[]"), "syscalls[0].args[0] must be an object"},
	{WITH_FILTER("'includes':[]"), "syscalls[0].includes"},
	{WITH_FILTER("'excludes':{'caps':'CAP_KILL'}"), "syscalls[0].excludes"},
	{WITH_FILTER("'includes':{'arches':[1]}"), "syscalls[0].includes"},
	{WITH_FILTER("'includes':{'minKernel':4.8}"), "syscalls[0].includes"},
};

static void test_bad_profile(gconstpointer data)
{
	const struct bad *bad = data;
	struct seccomp_profile profile = {0};
	g_autoptr(GError) error = NULL;

	g_assert_false(parse(bad->text, 0, &profile, &error));
	g_test_message("%s", error->message);
	g_assert_true(error->domain == FAILURE);
	g_autofree char *cause = failure_cause(error);
	g_assert_nonnull(strstr(cause, bad->cause));
	g_assert_null(profile.rules);
}

static void test_files(void)
{
	g_autofree char *path = g_build_filename(g_get_tmp_dir(), "netns-profile-XXXXXX", NULL);
	g_autofree char *large = g_strnfill(1024 * 1024 + 1, ' ');
	struct seccomp_profile profile;
	g_autoptr(GError) bad = NULL, too_large = NULL, absent = NULL;

	g_assert_cmpint(close(g_mkstemp(path)), ==, 0);
	g_assert_true(g_file_set_contents(path, "{\"defaultAction\":\"SCMP_ACT_LOG\"}", -1, NULL));
	g_assert_true(seccomp_json_load(path, 0, &profile, NULL));
	g_assert_cmphex(profile.default_action, ==, SECCOMP_RET_LOG);
	seccomp_profile_done(&profile);
	g_assert_true(g_file_set_contents(path, "{\"defaultAction\":\"no\"}", -1, NULL));
	g_assert_false(seccomp_json_load(path, 0, &profile, &bad));
	g_assert_nonnull(strstr(bad->message, path));
	g_assert_nonnull(strstr(bad->message, "defaultAction: 'no'"));
	g_assert_true(g_file_set_contents(path, large, -1, NULL));
	g_assert_false(seccomp_json_load(path, 0, &profile, &too_large));
	g_assert_cmpint(too_large->code, ==, EFBIG);
	g_assert_cmpint(g_unlink(path), ==, 0);
	g_assert_false(seccomp_json_load(path, 0, &profile, &absent));
	g_assert_cmpint(absent->code, ==, ENOENT);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(meanings); i++) {
		g_autofree char *path = g_strdup_printf("/seccomp-json/meaning/%zu", i);
		g_test_add_data_func(path, &meanings[i], test_meaning);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(bad_profiles); i++) {
		g_autofree char *path = g_strdup_printf("/seccomp-json/bad/%zu", i);
		g_test_add_data_func(path, &bad_profiles[i], test_bad_profile);
	}
	g_test_add_func("/seccomp-json/own-machine", test_own_machine);
	g_test_add_func("/seccomp-json/architectures", test_architectures);
	g_test_add_func("/seccomp-json/flags", test_flags);
	g_test_add_func("/seccomp-json/files", test_files);
	return g_test_run();
}
