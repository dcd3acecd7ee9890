/* SPDX-License-Identifier: GPL-2.0-or-later */
/* id_emulation - lets programs believe that they have become another user */
#include "src/ctl/id_emulation.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "src/failure.h"

/* Where we do not know our own, every call is another's: nothing is emulated. */
#if defined(__x86_64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define OWN_ARCHITECTURE AUDIT_ARCH_RISCV64
#else
#define OWN_ARCHITECTURE 0
#endif

static const uint32_t identity_calls[] = {
	SYS_setgroups, SYS_setuid,    SYS_setgid,    SYS_setreuid,
	SYS_setregid,  SYS_setresuid, SYS_setresgid,
};

#define N_CALLS G_N_ELEMENTS(identity_calls)

static struct sock_filter load(size_t offset)
{
	return (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset);
}

bool id_emulation_start(GError **error)
{
	/* Architecture, number, a comparison for each call, the two ends. */
	struct sock_filter filter[3 + N_CALLS + 2];
	struct sock_fprog program = {.len = G_N_ELEMENTS(filter), .filter = filter};
	uint8_t n_left = N_CALLS;

	filter[0] = load(offsetof(struct seccomp_data, arch));
	filter[1] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OWN_ARCHITECTURE, 0,
						 N_CALLS + 1);
	filter[2] = load(offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < N_CALLS; i++, n_left--)
		filter[3 + i] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
							     identity_calls[i], n_left, 0);
	filter[3 + N_CALLS] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	filter[4 + N_CALLS] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO);
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
		return failure_errno(error, "emulate changes of the user");
	return true;
}
