/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_seccomp_compiler - programs made of rules, run on a BPF machine of our own */
#include <errno.h>
#include <linux/audit.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib.h>
#include <seccomp.h>

#include "src/seccomp_compiler.h"
#include "src/syscall_names.h"
#include "tests/unit/bpf_machine.h"

#define ALLOW	SECCOMP_RET_ALLOW
#define REFUSE	(SECCOMP_RET_ERRNO | EPERM)
#define UNKNOWN (SECCOMP_RET_ERRNO | ENOSYS)
#define UPPER	BPF_MACHINE_UPPER

static void init(struct seccomp_profile *profile, uint32_t default_action)
{
	size_t n;
	const uint32_t *architectures = syscall_architectures(&n);

	seccomp_profile_init(profile, default_action);
	g_array_append_vals(profile->architectures, architectures, (unsigned)n);
}

/* The profile's end. */
static void compile(struct seccomp_profile *profile, struct seccomp_program *ret_program)
{
	g_autoptr(GError) error = NULL;
	bool compiled = seccomp_compile(profile, ret_program, &error);

	g_assert_no_error(error);
	g_assert_true(compiled);
	seccomp_profile_done(profile);
}

static uint32_t run(const struct seccomp_program *program, uint32_t architecture, int64_t number,
		    uint64_t first)
{
	struct seccomp_data data = {
		.arch = architecture, .nr = (int)number, .args = {first, 0xaaaaaaaabbbbbbbb}};

	return bpf_machine_run(program->instructions, program->n, &data, NULL);
}

static uint32_t run_native(const struct seccomp_program *program, const char *call, uint64_t first)
{
	uint32_t native = syscall_native_architecture();

	return run(program, native, syscall_number(native, call), first);
}

static bool holds(enum seccomp_compare compare, uint64_t argument, uint64_t value)
{
	const bool results[] = {
		[SECCOMP_EQ] = argument == value,
		[SECCOMP_NE] = argument != value,
		[SECCOMP_LT] =
			argument<value, [SECCOMP_LE] = argument <= value, [SECCOMP_GT] = argument>
				value,
		[SECCOMP_GE] = argument >= value,
	};

	return results[compare];
}

static const uint64_t masks[] = {UINT64_MAX, SECCOMP_INT, 0xff, UPPER(0xff), UPPER(0xf) | 0xf, 0};

static void check_condition(const struct seccomp_condition *condition)
{
	struct seccomp_profile profile;
	struct seccomp_program program;

	init(&profile, REFUSE);
	seccomp_profile_add(&profile, "getpriority", ALLOW, condition, 1);
	compile(&profile, &program);
	for (size_t i = 0; i < BPF_MACHINE_N_VALUES; i++) {
		uint64_t argument = bpf_machine_values[i];
		bool expected =
			holds(condition->compare, argument & condition->mask, condition->value);

		g_assert_cmphex(run_native(&program, "getpriority", argument), ==,
				expected ? ALLOW : REFUSE);
	}
	seccomp_program_done(&program);
}

static void test_conditions(void)
{
	for (unsigned compare = SECCOMP_EQ; compare <= SECCOMP_GE; compare++) {
		for (size_t i = 0; i < BPF_MACHINE_N_VALUES; i++) {
			for (size_t j = 0; j < G_N_ELEMENTS(masks); j++) {
				const struct seccomp_condition condition = {
					0, compare, bpf_machine_values[i] & masks[j], masks[j]};
				check_condition(&condition);
			}
		}
	}
}

static void test_all_conditions_must_hold(void)
{
	const struct seccomp_condition both[] = {{0, SECCOMP_EQ, 5, UINT64_MAX},
						 {1, SECCOMP_EQ, 0xbbbbbbbb, SECCOMP_INT}};
	const struct seccomp_condition one[] = {{0, SECCOMP_EQ, 6, UINT64_MAX},
						{1, SECCOMP_EQ, 0, SECCOMP_INT}};
	struct seccomp_profile profile;
	struct seccomp_program program;

	init(&profile, ALLOW);
	seccomp_profile_add(&profile, "getpriority", REFUSE, both, 2);
	seccomp_profile_add(&profile, "getpriority", REFUSE, one, 2);
	compile(&profile, &program);
	g_assert_cmphex(run_native(&program, "getpriority", 5), ==, REFUSE);
	g_assert_cmphex(run_native(&program, "getpriority", 6), ==, ALLOW);
	seccomp_program_done(&program);
}

/* More spans than a short jump reaches over. */
static void test_large_tree(void)
{
	uint32_t native = syscall_native_architecture();
	struct seccomp_profile profile;
	struct seccomp_program program;

	init(&profile, UNKNOWN);
	for (int number = 0; number < 460; number++) {
		char *name = seccomp_syscall_resolve_num_arch(native, number);

		if (name)
			seccomp_profile_add(&profile, name, SECCOMP_RET_ERRNO | (unsigned)number,
					    NULL, 0);
		free(name);
	}
	compile(&profile, &program);
	g_assert_cmpuint(program.n, >, 600);
	for (int number = 0; number < 1000; number++) {
		char *name = seccomp_syscall_resolve_num_arch(native, number);
		uint32_t expected = SECCOMP_RET_ERRNO | (unsigned)number;

		g_assert_cmphex(run(&program, native, number, 0), ==,
				name && number < 460 ? expected : UNKNOWN);
		free(name);
	}
	seccomp_program_done(&program);
}

static void test_strictest_counts(void)
{
	const struct seccomp_condition five = {0, SECCOMP_EQ, 5, UINT64_MAX};
	const struct seccomp_condition low = {0, SECCOMP_LT, 8, UINT64_MAX};
	struct seccomp_profile profile;
	struct seccomp_program program;

	init(&profile, UNKNOWN);
	seccomp_profile_add(&profile, "read", ALLOW, NULL, 0);
	seccomp_profile_add(&profile, "read", REFUSE, &five, 1);
	seccomp_profile_add(&profile, "write", REFUSE, NULL, 0);
	seccomp_profile_add(&profile, "write", ALLOW, &five, 1);
	seccomp_profile_add(&profile, "close", ALLOW, &low, 1);
	seccomp_profile_add(&profile, "close", SECCOMP_RET_KILL_PROCESS, &five, 1);
	seccomp_profile_add(&profile, "dup", REFUSE, NULL, 0);
	seccomp_profile_add(&profile, "dup", ALLOW, NULL, 0);
	compile(&profile, &program);
	g_assert_cmphex(run_native(&program, "read", 4), ==, ALLOW);
	g_assert_cmphex(run_native(&program, "read", 5), ==, REFUSE);
	g_assert_cmphex(run_native(&program, "write", 5), ==, REFUSE);
	g_assert_cmphex(run_native(&program, "close", 4), ==, ALLOW);
	g_assert_cmphex(run_native(&program, "close", 5), ==, SECCOMP_RET_KILL_PROCESS);
	g_assert_cmphex(run_native(&program, "close", 8), ==, UNKNOWN);
	g_assert_cmphex(run_native(&program, "dup", 0), ==, REFUSE);
	seccomp_program_done(&program);
}

/* An architecture that the profile does not name is no way round its rules. */
static void test_other_architectures(void)
{
	uint32_t native = syscall_native_architecture();
	struct seccomp_profile profile;
	struct seccomp_program program;

	seccomp_profile_init(&profile, ALLOW);
	g_array_append_val(profile.architectures, native);
	seccomp_profile_add(&profile, "mkdir", REFUSE, NULL, 0);
	seccomp_profile_add(&profile, "no_such_call", REFUSE, NULL, 0);
	compile(&profile, &program);
	g_assert_cmphex(run_native(&program, "read", 0), ==, ALLOW);
	g_assert_cmphex(run(&program, AUDIT_ARCH_I386, 3, 0), ==, UNKNOWN);
	g_assert_cmphex(run(&program, 0x12345678, 0, 0), ==, UNKNOWN);
	if (native == AUDIT_ARCH_X86_64) {
		g_assert_cmphex(run(&program, native, SYSCALL_X32_BIT, 0), ==, UNKNOWN);
		g_assert_cmphex(run(&program, native, 0xffffffff, 0), ==, UNKNOWN);
		g_assert_cmphex(run(&program, native, SYSCALL_X32_BIT - 1, 0), ==, ALLOW);
	}
	seccomp_program_done(&program);
}

static void test_x32(void)
{
	uint32_t x64 = AUDIT_ARCH_X86_64, x32 = SYSCALL_ARCH_X32;
	struct seccomp_profile profile;
	struct seccomp_program program;

	if (syscall_native_architecture() != x64) {
		g_test_skip("x32 is x86_64's");
		return;
	}
	seccomp_profile_init(&profile, ALLOW);
	g_array_append_val(profile.architectures, x32);
	seccomp_profile_add(&profile, "read", REFUSE, NULL, 0);
	g_assert_true(seccomp_compile(&profile, &program, NULL));
	g_assert_cmphex(run(&program, x64, 0, 0), ==, UNKNOWN);
	g_assert_cmphex(run(&program, x64, SYSCALL_X32_BIT, 0), ==, REFUSE);
	g_assert_cmphex(run(&program, x64, SYSCALL_X32_BIT + 1, 0), ==, ALLOW);
	seccomp_program_done(&program);

	g_array_append_val(profile.architectures, x64);
	compile(&profile, &program);
	g_assert_cmphex(run(&program, x64, 0, 0), ==, REFUSE);
	g_assert_cmphex(run(&program, x64, 1, 0), ==, ALLOW);
	g_assert_cmphex(run(&program, x64, SYSCALL_X32_BIT, 0), ==, REFUSE);
	g_assert_cmphex(run(&program, x64, SYSCALL_X32_BIT + 1, 0), ==, ALLOW);
	seccomp_program_done(&program);
}

static void test_multiplexed_calls(void)
{
	const uint32_t x86 = AUDIT_ARCH_I386;
	struct seccomp_profile profile;
	struct seccomp_program program;

	if (syscall_native_architecture() != AUDIT_ARCH_X86_64) {
		g_test_skip("socketcall(2) is tested on x86");
		return;
	}
	init(&profile, ALLOW);
	seccomp_profile_add(&profile, "socket", REFUSE, NULL, 0);
	seccomp_profile_add(&profile, "shmat", REFUSE, NULL, 0);
	compile(&profile, &program);
	g_assert_cmphex(run(&program, x86, 359, 0), ==, REFUSE);
	g_assert_cmphex(run(&program, x86, 397, 0), ==, REFUSE);
	g_assert_cmphex(run(&program, x86, 102, 1), ==, REFUSE);
	g_assert_cmphex(run(&program, x86, 102, 2), ==, ALLOW);
	g_assert_cmphex(run(&program, x86, 117, 21), ==, REFUSE);
	/* The kernel ignores its version here. */
	g_assert_cmphex(run(&program, x86, 117, 0x10015), ==, REFUSE);
	g_assert_cmphex(run(&program, x86, 117, 22), ==, ALLOW);
	seccomp_program_done(&program);
}

static void test_recent_names(void)
{
	g_assert_cmpint(syscall_number(AUDIT_ARCH_X86_64, "mseal"), ==, 462);
	g_assert_cmpint(syscall_number(SYSCALL_ARCH_X32, "mseal"), ==, 0x40000000 + 462);
	g_assert_cmpint(syscall_number(AUDIT_ARCH_X86_64, "umount"), ==, -1);
	g_assert_cmpint(syscall_number(AUDIT_ARCH_X86_64, "no_such_call"), ==, -1);
}

/* --- in the kernel --- */

static void install_and_try(const struct seccomp_program *program)
{
	g_assert_cmpint(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), ==, 0);
	if (!seccomp_program_install(program, NULL))
		_exit(1);
	if (mkdir("/tmp", 0700) != -1 || errno != EDOM)
		_exit(2);
	_exit(sethostname("", 0) == -1 && errno == ERANGE ? 0 : 3);
}

static void test_the_kernel_takes_it(void)
{
	struct seccomp_profile profile;
	struct seccomp_program program;
	int status = 0;

	init(&profile, ALLOW);
	profile.flags = SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	seccomp_profile_add(&profile, "mkdir", SECCOMP_RET_ERRNO | EDOM, NULL, 0);
	seccomp_profile_add(&profile, "mkdirat", SECCOMP_RET_ERRNO | EDOM, NULL, 0);
	seccomp_profile_add(&profile, "sethostname", SECCOMP_RET_ERRNO | ERANGE, NULL, 0);
	compile(&profile, &program);
	pid_t pid = fork();
	if (pid == 0)
		install_and_try(&program);
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_cmpint(status, ==, 0);
	seccomp_program_done(&program);
}

static void test_too_long(void)
{
	struct seccomp_profile profile;
	struct seccomp_program program = {0};
	g_autoptr(GError) error = NULL;

	init(&profile, ALLOW);
	for (unsigned i = 0; i < 2000; i++) {
		const struct seccomp_condition condition = {0, SECCOMP_EQ, i, UINT64_MAX};
		seccomp_profile_add(&profile, "close", REFUSE, &condition, 1);
	}
	g_assert_false(seccomp_compile(&profile, &program, &error));
	g_assert_nonnull(strstr(error->message, "instructions"));
	g_assert_null(program.instructions);
	seccomp_profile_done(&profile);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/seccomp-compiler/conditions", test_conditions);
	g_test_add_func("/seccomp-compiler/all-must-hold", test_all_conditions_must_hold);
	g_test_add_func("/seccomp-compiler/large-tree", test_large_tree);
	g_test_add_func("/seccomp-compiler/strictest", test_strictest_counts);
	g_test_add_func("/seccomp-compiler/other-architectures", test_other_architectures);
	g_test_add_func("/seccomp-compiler/x32", test_x32);
	g_test_add_func("/seccomp-compiler/multiplexed", test_multiplexed_calls);
	g_test_add_func("/seccomp-compiler/recent-names", test_recent_names);
	g_test_add_func("/seccomp-compiler/kernel", test_the_kernel_takes_it);
	g_test_add_func("/seccomp-compiler/too-long", test_too_long);
	return g_test_run();
}
