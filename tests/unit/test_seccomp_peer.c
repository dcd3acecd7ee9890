/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_seccomp_peer - libseccomp's programs beside ours, for random rules */
#include <errno.h>
#include <linux/audit.h>
#include <sys/mman.h>
#include <unistd.h>

#include <glib.h>
#include <seccomp.h>

#include "src/seccomp_compiler.h"
#include "src/syscall_names.h"
#include "src/autoclose.h"
#include "tests/unit/bpf_machine.h"

#define ALLOW	SECCOMP_RET_ALLOW
#define UNKNOWN (SECCOMP_RET_ERRNO | ENOSYS)

/* The same rules in both; conditions only where libseccomp's answer is clear. */
struct pair {
	struct seccomp_profile profile;
	scmp_filter_ctx other;
};

static void add_random_rule(struct pair *pair, GRand *random, const char *call)
{
	static const enum scmp_compare theirs[] = {SCMP_CMP_EQ, SCMP_CMP_NE, SCMP_CMP_LT,
						   SCMP_CMP_LE, SCMP_CMP_GT, SCMP_CMP_GE};
	unsigned n = (unsigned)g_rand_int_range(random, 0, 3);
	uint32_t action = SECCOMP_RET_ERRNO | (uint32_t)g_rand_int_range(random, 2, 30);
	struct seccomp_condition ours[2];
	struct scmp_arg_cmp others[2];

	for (unsigned i = 0; i < n; i++) {
		uint64_t value =
			bpf_machine_values[g_rand_int_range(random, 0, BPF_MACHINE_N_VALUES)];
		unsigned compare = (unsigned)g_rand_int_range(random, 0, G_N_ELEMENTS(theirs));

		ours[i] = (struct seccomp_condition){i, compare, value, UINT64_MAX};
		others[i] = (struct scmp_arg_cmp){i, theirs[compare], value, 0};
		if (g_rand_boolean(random)) {
			ours[i] = (struct seccomp_condition){i, SECCOMP_EQ, value & 0xff00ff,
							     0xff00ff};
			others[i] = (struct scmp_arg_cmp){i, SCMP_CMP_MASKED_EQ, 0xff00ff,
							  value & 0xff00ff};
		}
	}
	seccomp_profile_add(&pair->profile, call, action, ours, n);
	g_assert_cmpint(seccomp_rule_add_array(pair->other, action,
					       seccomp_syscall_resolve_name(call), n, others),
			==, 0);
}

static void export(scmp_filter_ctx filter, struct seccomp_program *ret_program)
{
	autoclose int fd = memfd_create("filter", MFD_CLOEXEC);

	g_assert_cmpint(seccomp_export_bpf(filter, fd), ==, 0);
	off_t size = lseek(fd, 0, SEEK_END);
	ret_program->instructions = g_malloc((size_t)size);
	ret_program->n = (unsigned)((size_t)size / sizeof(struct sock_filter));
	g_assert_cmpint(pread(fd, ret_program->instructions, (size_t)size, 0), ==, size);
}

static void compare(struct pair *pair, GRand *random)
{
	struct seccomp_program ours, theirs;

	g_assert_true(seccomp_compile(&pair->profile, &ours, NULL));
	seccomp_profile_done(&pair->profile);
	export(pair->other, &theirs);
	for (int number = 0; number < 470; number++) {
		for (int i = 0; i < 8; i++) {
			struct seccomp_data data = {
				.arch = i % 2 ? AUDIT_ARCH_I386 : AUDIT_ARCH_X86_64, .nr = number};

			for (int j = 0; j < 2; j++)
				data.args[j] = bpf_machine_values[g_rand_int_range(
					random, 0, BPF_MACHINE_N_VALUES)];
			if (data.arch == AUDIT_ARCH_I386)
				data.args[0] &= SECCOMP_INT, data.args[1] &= SECCOMP_INT;
			g_assert_cmphex(
				bpf_machine_run(ours.instructions, ours.n, &data, NULL), ==,
				bpf_machine_run(theirs.instructions, theirs.n, &data, NULL));
		}
	}
	seccomp_program_done(&ours);
	seccomp_program_done(&theirs);
}

static void test_like_libseccomp(void)
{
	static const char *const calls[] = {"read",	   "write", "close",  "mkdir",	"openat",
					    "getpid",	   "ioctl", "prctl",  "futex",	"umask",
					    "mount",	   "kill",  "fchmod", "statfs", "uname",
					    "getpriority", "clone", "ptrace", "execve", "bpf"};
	GRand *random = g_rand_new_with_seed(20260101);
	size_t n;
	const uint32_t *architectures = syscall_architectures(&n);

	for (int round = 0; round < 60 && sizeof(long) == 8; round++) {
		bool allow = g_rand_boolean(random);
		struct pair pair = {.other = seccomp_init(allow ? SCMP_ACT_ALLOW : UNKNOWN)};

		seccomp_profile_init(&pair.profile, allow ? ALLOW : UNKNOWN);
		g_array_append_vals(pair.profile.architectures, architectures, (unsigned)n);
		seccomp_attr_set(pair.other, SCMP_FLTATR_ACT_BADARCH, UNKNOWN);
		if (syscall_native_architecture() == AUDIT_ARCH_X86_64)
			seccomp_arch_add(pair.other, SCMP_ARCH_X86);
		for (size_t i = 0; i < G_N_ELEMENTS(calls); i++) {
			if (g_rand_boolean(random))
				add_random_rule(&pair, random, calls[i]);
		}
		compare(&pair, random);
		seccomp_release(pair.other);
	}
	g_rand_free(random);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/seccomp-peer/random", test_like_libseccomp);
	return g_test_run();
}
