/* SPDX-License-Identifier: GPL-2.0-or-later */
/* syscall_names - numbers of system calls by name: the only place that knows libseccomp */
#include "src/syscall_names.h"

#include <linux/audit.h>
#include <stdlib.h>

#include <seccomp.h>

G_STATIC_ASSERT(SYSCALL_ARCH_X32 == SCMP_ARCH_X32);

static const uint32_t architectures[] = {
#if defined(__x86_64__)
	AUDIT_ARCH_X86_64,
	AUDIT_ARCH_I386,
#elif defined(__i386__)
	AUDIT_ARCH_I386,
#elif defined(__aarch64__)
	AUDIT_ARCH_AARCH64,
	AUDIT_ARCH_ARM,
#elif defined(__arm__)
	AUDIT_ARCH_ARM,
#elif defined(__riscv)
	AUDIT_ARCH_RISCV64,
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
	AUDIT_ARCH_PPC64LE,
#elif defined(__s390x__)
	AUDIT_ARCH_S390X,
	AUDIT_ARCH_S390,
#else
#error "name this machine's system call tables here"
#endif
};

static const struct {
	const char *name;
	uint32_t architecture; /* 0: of no machine that this program is for */
} oci_architectures[] = {
	{"SCMP_ARCH_X86", AUDIT_ARCH_I386},
	{"SCMP_ARCH_X86_64", AUDIT_ARCH_X86_64},
	{"SCMP_ARCH_X32", SYSCALL_ARCH_X32},
	{"SCMP_ARCH_ARM", AUDIT_ARCH_ARM},
	{"SCMP_ARCH_AARCH64", AUDIT_ARCH_AARCH64},
	{"SCMP_ARCH_RISCV64", AUDIT_ARCH_RISCV64},
	{"SCMP_ARCH_PPC64LE", AUDIT_ARCH_PPC64LE},
	{"SCMP_ARCH_S390", AUDIT_ARCH_S390},
	{"SCMP_ARCH_S390X", AUDIT_ARCH_S390X},
	{"SCMP_ARCH_MIPS", 0},
	{"SCMP_ARCH_MIPS64", 0},
	{"SCMP_ARCH_MIPS64N32", 0},
	{"SCMP_ARCH_MIPSEL", 0},
	{"SCMP_ARCH_MIPSEL64", 0},
	{"SCMP_ARCH_MIPSEL64N32", 0},
	{"SCMP_ARCH_PPC", 0},
	{"SCMP_ARCH_PPC64", 0},
	{"SCMP_ARCH_PARISC", 0},
	{"SCMP_ARCH_PARISC64", 0},
	{"SCMP_ARCH_LOONGARCH64", 0},
	{"SCMP_ARCH_M68K", 0},
	{"SCMP_ARCH_SH", 0},
	{"SCMP_ARCH_SHEB", 0},
};

/* Newer than some libseccomp: from 424 on a call has one number everywhere. */
static const struct {
	const char *name;
	int number;
} recent_calls[] = {
	{"set_mempolicy_home_node", 450},
	{"cachestat", 451},
	{"fchmodat2", 452},
	{"map_shadow_stack", 453},
	{"futex_wake", 454},
	{"futex_wait", 455},
	{"futex_requeue", 456},
	{"statmount", 457},
	{"listmount", 458},
	{"lsm_get_self_attr", 459},
	{"lsm_set_self_attr", 460},
	{"lsm_list_modules", 461},
	{"mseal", 462},
	{"setxattrat", 463},
	{"getxattrat", 464},
	{"listxattrat", 465},
	{"removexattrat", 466},
	{"open_tree_attr", 467},
	{"file_getattr", 468},
	{"file_setattr", 469},
};

/* unistd.h of x86 and of s390, where libseccomp has only names for these. */
#define FIRST_DIRECT_SOCKET_CALL 359
static const char *const direct_socket_calls[] = {
	"socket",  "socketpair", "bind",       "connect",     "listen",
	"accept4", "getsockopt", "setsockopt", "getsockname", "getpeername",
	"sendto",  "sendmsg",	 "recvfrom",   "recvmsg",     "shutdown",
};

#define FIRST_DIRECT_IPC_CALL 393
static const char *const direct_ipc_calls[] = {
	"semget", "semctl", "shmget", "shmctl", "shmat",
	"shmdt",  "msgget", "msgsnd", "msgrcv", "msgctl",
};

char *syscall_library_version(void)
{
	const struct scmp_version *version = seccomp_version();

	return g_strdup_printf("%u.%u.%u", version->major, version->minor, version->micro);
}

uint32_t syscall_native_architecture(void)
{
	return architectures[0];
}

const uint32_t *syscall_architectures(size_t *ret_n)
{
	*ret_n = G_N_ELEMENTS(architectures);
	return architectures;
}

static bool is_here(uint32_t architecture)
{
	for (size_t i = 0; i < G_N_ELEMENTS(architectures); i++) {
		if (architectures[i] == architecture)
			return true;
	}
	return architecture == SYSCALL_ARCH_X32 && architectures[0] == AUDIT_ARCH_X86_64;
}

bool syscall_architecture_parse(const char *name, bool *ret_here, uint32_t *ret_architecture)
{
	for (size_t i = 0; i < G_N_ELEMENTS(oci_architectures); i++) {
		uint32_t architecture = oci_architectures[i].architecture;

		if (!g_str_equal(name, oci_architectures[i].name))
			continue;
		*ret_here = is_here(architecture);
		if (*ret_here)
			*ret_architecture = architecture;
		return true;
	}
	return false;
}

const char *syscall_oci_machine(void)
{
	switch (architectures[0]) {
	case AUDIT_ARCH_X86_64:
		return "amd64";
	case AUDIT_ARCH_I386:
		return "x86";
	case AUDIT_ARCH_AARCH64:
		return "arm64";
	case AUDIT_ARCH_ARM:
		return "arm";
	case AUDIT_ARCH_RISCV64:
		return "riscv64";
	case AUDIT_ARCH_PPC64LE:
		return "ppc64le";
	default:
		return "s390x";
	}
}

static int index_of(const char *name, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (g_str_equal(name, names[i]))
			return (int)i;
	}
	return -1;
}

/* The number of a call that libseccomp has only a stand-in for: see syscall_multiplexed(). */
static int64_t direct_number(uint32_t architecture, const char *name)
{
	int place;

	if (architecture == AUDIT_ARCH_PPC64LE) {
		/* The only one with other numbers; it has no table of its own for a few lookups. */
		for (int number = 326; number <= 402; number++) {
			char *found = seccomp_syscall_resolve_num_arch(architecture, number);
			bool equal = g_strcmp0(found, name) == 0;
			free(found);
			if (equal)
				return number;
		}
		return -1;
	}
	place = index_of(name, direct_socket_calls, G_N_ELEMENTS(direct_socket_calls));
	if (place >= 0)
		return FIRST_DIRECT_SOCKET_CALL + place;
	place = index_of(name, direct_ipc_calls, G_N_ELEMENTS(direct_ipc_calls));
	return place >= 0 ? FIRST_DIRECT_IPC_CALL + place : -1;
}

static int64_t recent_number(uint32_t architecture, const char *name)
{
	uint32_t bit = architecture == SYSCALL_ARCH_X32 ? SYSCALL_X32_BIT : 0;

	for (size_t i = 0; i < G_N_ELEMENTS(recent_calls); i++) {
		if (g_str_equal(name, recent_calls[i].name))
			return recent_calls[i].number | bit;
	}
	return -1;
}

int64_t syscall_number(uint32_t architecture, const char *name)
{
	int number = seccomp_syscall_resolve_name_arch(architecture, name);

	if (number >= 0)
		return number;
	if (number == __NR_SCMP_ERROR)
		return recent_number(architecture, name);
	/* -10000 and below: a call of another architecture. */
	return number > -1000 ? direct_number(architecture, name) : -1;
}

char *syscall_name(uint32_t architecture, int number)
{
	char *found = seccomp_syscall_resolve_num_arch(architecture, number);

	if (found) {
		char *name = g_strdup(found);

		free(found);
		return name;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(recent_calls); i++) {
		if (recent_calls[i].number == number)
			return g_strdup(recent_calls[i].name);
	}
	return g_strdup_printf("%d", number);
}

bool syscall_multiplexed(uint32_t architecture, const char *name,
			 struct syscall_multiplexer *ret_multiplexer)
{
	int stand_in = seccomp_syscall_resolve_name_arch(architecture, name);
	bool is_socket = stand_in < -100 && stand_in > -200;
	bool is_ipc = stand_in < -200 && stand_in > -300;

	if (!is_socket && !is_ipc)
		return false;
	int64_t number = syscall_number(architecture, is_socket ? "socketcall" : "ipc");
	if (number < 0)
		return false;
	*ret_multiplexer = (struct syscall_multiplexer){
		.number = (uint32_t)number,
		.selector = (uint64_t)(-stand_in - (is_socket ? 100 : 200)),
		/* ipc(2) has a version in the upper half. */
		.mask = is_socket ? 0xffffffff : 0xffff,
	};
	return true;
}
