/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_seccomp_default - what the default filter allows, by capability, argument and architecture
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <sys/personality.h>
#include <sys/socket.h>

#include <glib.h>

#include "src/seccomp_compiler.h"
#include "launcher/seccomp_default.h"
#include "src/syscall_names.h"
#include "tests/unit/bpf_machine.h"

#define ALLOW	    SECCOMP_RET_ALLOW
#define REFUSE	    (SECCOMP_RET_ERRNO | EPERM)
#define UNKNOWN	    (SECCOMP_RET_ERRNO | ENOSYS)
#define NO_FAMILY   (SECCOMP_RET_ERRNO | EAFNOSUPPORT)
#define CAP(number) (UINT64_C(1) << (number))

static void make(uint64_t capabilities, struct seccomp_program *ret_program)
{
	struct seccomp_profile profile;

	seccomp_default_init(&profile, capabilities, false);
	g_assert_true(seccomp_compile(&profile, ret_program, NULL));
	seccomp_profile_done(&profile);
}

static uint32_t run(const struct seccomp_program *program, uint32_t architecture, const char *call,
		    uint64_t first, unsigned *ret_steps)
{
	int64_t number = syscall_number(architecture, call);
	struct seccomp_data data = {.arch = architecture, .nr = (int)number, .args = {first}};

	g_assert_cmpint(number, >=, 0);
	return bpf_machine_run(program->instructions, program->n, &data, ret_steps);
}

static uint32_t run_native(const struct seccomp_program *program, const char *call, uint64_t first)
{
	return run(program, syscall_native_architecture(), call, first, NULL);
}

static void test_ordinary_calls(void)
{
	static const char *const calls[] = {
		"read",	      "openat",	   "mmap",	    "execve",
		"wait4",      "futex",	   "bind",	    "sendmmsg",
		"epoll_wait", "io_submit", "ptrace",	    "seccomp",
		"fchmodat2",  "rseq",	   "statx",	    "getxattr",
		"shmat",      "prctl",	   "setgroups",	    "capset",
		"mq_open",    "splice",	   "clock_gettime", "process_vm_readv",
	};
	struct seccomp_program program;

	make(0, &program);
	for (size_t i = 0; i < G_N_ELEMENTS(calls); i++) {
		g_test_message("%s", calls[i]);
		g_assert_cmphex(run_native(&program, calls[i], 0), ==, ALLOW);
	}
	seccomp_program_done(&program);
}

struct gate {
	const char *call;
	int capability;
};

static void test_calls_by_capability(void)
{
	static const struct gate gates[] = {
		{"mount", CAP_SYS_ADMIN},
		{"setns", CAP_SYS_ADMIN},
		{"open_tree", CAP_SYS_ADMIN},
		{"sethostname", CAP_SYS_ADMIN},
		{"bpf", CAP_BPF},
		{"bpf", CAP_SYS_ADMIN},
		{"perf_event_open", CAP_PERFMON},
		{"syslog", CAP_SYSLOG},
		{"open_by_handle_at", CAP_DAC_READ_SEARCH},
		{"userfaultfd", CAP_SYS_PTRACE},
		{"chroot", CAP_SYS_CHROOT},
		{"settimeofday", CAP_SYS_TIME},
		{"kexec_load", CAP_SYS_BOOT},
		{"reboot", CAP_SYS_BOOT},
		{"finit_module", CAP_SYS_MODULE},
		{"acct", CAP_SYS_PACCT},
		{"move_pages", CAP_SYS_NICE},
		{"vhangup", CAP_SYS_TTY_CONFIG},
	};
	struct seccomp_program without, with;

	for (size_t i = 0; i < G_N_ELEMENTS(gates); i++) {
		g_test_message("%s", gates[i].call);
		make(CAP(CAP_NET_ADMIN), &without);
		make(CAP(gates[i].capability), &with);
		g_assert_cmphex(run_native(&without, gates[i].call, 0), ==, REFUSE);
		g_assert_cmphex(run_native(&with, gates[i].call, 0), ==, ALLOW);
		seccomp_program_done(&without);
		seccomp_program_done(&with);
	}
}

static void test_never(void)
{
	static const char *const calls[] = {"keyctl", "add_key", "request_key", "io_uring_setup"};
	struct seccomp_program program;

	make(UINT64_MAX, &program);
	for (size_t i = 0; i < G_N_ELEMENTS(calls); i++)
		g_assert_cmphex(run_native(&program, calls[i], 0), ==, REFUSE);
	seccomp_program_done(&program);
}

static void test_namespaces(void)
{
	static const uint64_t kinds[] = {CLONE_NEWUSER, CLONE_NEWNS,  CLONE_NEWNET,   CLONE_NEWPID,
					 CLONE_NEWUTS,	CLONE_NEWIPC, CLONE_NEWCGROUP};
	struct seccomp_program program;

	make(0, &program);
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		g_assert_cmphex(run_native(&program, "clone", kinds[i] | CLONE_VM | 17), ==,
				REFUSE);
		g_assert_cmphex(run_native(&program, "unshare", kinds[i]), ==, REFUSE);
	}
	g_assert_cmphex(run_native(&program, "unshare", CLONE_NEWTIME), ==, REFUSE);
	g_assert_cmphex(run_native(&program, "unshare", CLONE_FS | CLONE_FILES), ==, ALLOW);
	g_assert_cmphex(run_native(&program, "clone", CLONE_VM | CLONE_THREAD | CLONE_IO | 17), ==,
			ALLOW);
	/* Libraries must fall back to clone. */
	g_assert_cmphex(run_native(&program, "clone3", 0), ==, UNKNOWN);
	seccomp_program_done(&program);

	make(CAP(CAP_SYS_ADMIN), &program);
	g_assert_cmphex(run_native(&program, "clone", CLONE_NEWUSER | 17), ==, ALLOW);
	g_assert_cmphex(run_native(&program, "unshare", CLONE_NEWUSER), ==, ALLOW);
	g_assert_cmphex(run_native(&program, "clone3", 0), ==, ALLOW);
	seccomp_program_done(&program);
}

static void test_socket_families(void)
{
	static const unsigned good[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET};
	static const unsigned bad[] = {AF_VSOCK, AF_ALG, AF_BLUETOOTH, AF_RDS, AF_TIPC, AF_CAN};
	struct seccomp_program program;

	make(UINT64_MAX, &program);
	for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
		g_assert_cmphex(run_native(&program, "socket", good[i]), ==, ALLOW);
		/* The kernel does not look at the upper half. */
		g_assert_cmphex(run_native(&program, "socket", good[i] | (uint64_t)7 << 32), ==,
				ALLOW);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_assert_cmphex(run_native(&program, "socket", bad[i]), ==, NO_FAMILY);
		g_assert_cmphex(run_native(&program, "socketpair", bad[i]), ==, NO_FAMILY);
	}
	g_assert_cmphex(run_native(&program, "socket", AF_VSOCK | (uint64_t)7 << 32), ==,
			NO_FAMILY);
	seccomp_program_done(&program);
}

static void test_personality(void)
{
	static const uint64_t good[] = {
		0, PER_LINUX32, UNAME26, PER_LINUX32 | UNAME26, 0xffffffff, ADDR_NO_RANDOMIZE};
	static const uint64_t bad[] = {READ_IMPLIES_EXEC, MMAP_PAGE_ZERO, ADDR_COMPAT_LAYOUT,
				       PER_SVR4, 0xfffffffe};
	struct seccomp_program program;

	make(0, &program);
	for (size_t i = 0; i < G_N_ELEMENTS(good); i++)
		g_assert_cmphex(run_native(&program, "personality", good[i]), ==, ALLOW);
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_cmphex(run_native(&program, "personality", bad[i]), ==, REFUSE);
	seccomp_program_done(&program);
}

static void test_32_bit_programs(void)
{
	const uint32_t x86 = AUDIT_ARCH_I386;
	struct seccomp_program program;

	if (syscall_native_architecture() != AUDIT_ARCH_X86_64) {
		g_test_skip("tested on x86");
		return;
	}
	make(0, &program);
	g_assert_cmphex(run(&program, x86, "read", 0, NULL), ==, ALLOW);
	g_assert_cmphex(run(&program, x86, "_llseek", 0, NULL), ==, ALLOW);
	g_assert_cmphex(run(&program, x86, "socketcall", 1, NULL), ==, UNKNOWN);
	g_assert_cmphex(run(&program, x86, "socketcall", 8 | UINT64_C(1) << 32, NULL), ==, UNKNOWN);
	g_assert_cmphex(run(&program, x86, "socketcall", 3, NULL), ==, ALLOW);
	g_assert_cmphex(run(&program, x86, "socket", AF_VSOCK, NULL), ==, NO_FAMILY);
	g_assert_cmphex(run(&program, x86, "umount", 0, NULL), ==, REFUSE);
	g_assert_cmphex(run(&program, x86, "mount", 0, NULL), ==, REFUSE);
	g_assert_cmphex(run(&program, x86, "clone", CLONE_NEWUSER, NULL), ==, REFUSE);
	g_assert_cmphex(run(&program, x86, "vm86", 0, NULL), ==, UNKNOWN);
	g_assert_cmphex(run(&program, SYSCALL_ARCH_X32, "read", 0, NULL), ==, UNKNOWN);
	seccomp_program_done(&program);

	struct seccomp_profile profile;
	seccomp_default_init(&profile, 0, true);
	g_assert_true(seccomp_compile(&profile, &program, NULL));
	seccomp_profile_done(&profile);
	g_assert_cmphex(run(&program, x86, "socketcall", 1, NULL), ==, ALLOW);
	seccomp_program_done(&program);
}

/* What each call costs on kernels that have no memory of constant answers (before 5.11). */
static void test_is_short(void)
{
	struct seccomp_program program;
	unsigned worst = 0, steps;

	make(0, &program);
	for (int number = 0; number < 470; number++) {
		struct seccomp_data data = {.arch = syscall_native_architecture(), .nr = number};

		bpf_machine_run(program.instructions, program.n, &data, &steps);
		worst = MAX(worst, steps);
	}
	g_test_message("%u instructions, %u of them for a call at worst", program.n, worst);
	g_assert_cmpuint(worst, <, 40);
	seccomp_program_done(&program);
}

/* A start must not be slower for it: 2 ms is the most, and a loaded machine gets several tries. */
static void test_is_compiled_quickly(void)
{
	gint64 best = G_MAXINT64;

	for (int i = 0; i < 20; i++) {
		struct seccomp_program program;
		gint64 start = g_get_monotonic_time();

		make(0, &program);
		best = MIN(best, g_get_monotonic_time() - start);
		seccomp_program_done(&program);
	}
	g_test_message("%d us", (int)best);
	g_assert_cmpint(best, <, 2000);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/seccomp-default/ordinary", test_ordinary_calls);
	g_test_add_func("/seccomp-default/by-capability", test_calls_by_capability);
	g_test_add_func("/seccomp-default/never", test_never);
	g_test_add_func("/seccomp-default/namespaces", test_namespaces);
	g_test_add_func("/seccomp-default/socket-families", test_socket_families);
	g_test_add_func("/seccomp-default/personality", test_personality);
	g_test_add_func("/seccomp-default/32-bit", test_32_bit_programs);
	g_test_add_func("/seccomp-default/short", test_is_short);
	g_test_add_func("/seccomp-default/quick", test_is_compiled_quickly);
	return g_test_run();
}
