/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * seccomp_default - the system calls that a command may make when nothing else is said
 *
 * How it works
 *
 * The kernel judges most calls by capabilities and namespaces already. What the filter adds: the
 * parts of the kernel that a program in a container has no use for are out of its reach, with all
 * the errors that they may have, and so are the capabilities of a user namespace of its own.
 *
 * What is missing on purpose, and fails with ENOSYS: clone3 without CAP_SYS_ADMIN, because its
 * flags are in memory, out of a filter's sight (libraries fall back to clone); what Linux itself
 * has given up (uselib, sysfs, nfsservctl, lookup_dcookie, vm86, ...).
 */
#include "launcher/seccomp_default.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/net.h>
#include <linux/personality.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/socket.h>

#include "src/syscall_names.h"

#define CAP(name) (UINT64_C(1) << CAP_##name)
#define ADMIN	  CAP(SYS_ADMIN)
#define REFUSE	  (SECCOMP_RET_ERRNO | EPERM)

struct call_group {
	uint64_t capabilities; /* one of these is needed; 0: none */
	const char *calls;     /* separated by blanks, those of other architectures, too */
};

static const struct call_group groups[] = {
	/* Files by name: finding, opening, making, removing. */
	{0, "access chdir creat faccessat faccessat2 fchdir getcwd getdents getdents64 link linkat "
	    "lstat lstat64 mkdir mkdirat mknod mknodat name_to_handle_at newfstatat open openat "
	    "openat2 readdir readlink readlinkat rename renameat renameat2 rmdir stat stat64 statx "
	    "symlink symlinkat umask unlink unlinkat"},
	/* Their owners, modes, times and other attributes. */
	{0, "chmod chown chown32 fchmod fchmodat fchmodat2 fchown fchown32 fchownat file_getattr "
	    "file_setattr futimesat lchown lchown32 utime utimensat utimensat_time64 utimes "
	    "fgetxattr flistxattr fremovexattr fsetxattr getxattr getxattrat lgetxattr "
	    "listxattr listxattrat llistxattr lremovexattr lsetxattr removexattr removexattrat "
	    "setxattr setxattrat"},
	/* Their contents, and descriptors in general. */
	{0, "_llseek close close_range copy_file_range dup dup2 dup3 fallocate fadvise64 "
	    "fadvise64_64 arm_fadvise64_64 fcntl fcntl64 fdatasync flock fstat fstat64 fstatat64 "
	    "fsync ftruncate ftruncate64 ioctl lseek pipe pipe2 pread64 preadv preadv2 pwrite64 "
	    "pwritev pwritev2 read readahead readv sendfile sendfile64 splice sync sync_file_range "
	    "sync_file_range2 arm_sync_file_range syncfs tee truncate truncate64 vmsplice write "
	    "writev"},
	/* File systems, as seen from above; what is mounted is in /proc anyway. */
	{0, "fstatfs fstatfs64 listmount statfs statfs64 statmount cachestat"},
	/* Waiting for events. */
	{0, "_newselect epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait "
	    "epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2 inotify_add_watch "
	    "inotify_init inotify_init1 inotify_rm_watch poll ppoll ppoll_time64 pselect6 "
	    "pselect6_time64 select signalfd signalfd4"},
	/* Asynchronous input and output of the old kind: databases. */
	{0, "io_cancel io_destroy io_getevents io_pgetevents io_pgetevents_time64 io_setup "
	    "io_submit"},
	/* Memory, also where it lies on machines with several nodes, and protection keys. */
	{0, "brk get_mempolicy madvise map_shadow_stack mbind membarrier memfd_create "
	    "memfd_secret mincore mlock mlock2 mlockall mmap mmap2 mprotect mremap mseal msync "
	    "munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect process_madvise "
	    "process_mrelease remap_file_pages set_mempolicy set_mempolicy_home_node"},
	/* Processes: start, end, wait; clone and unshare are below. */
	{0, "execve execveat exit exit_group fork getpgid getpgrp getpid getppid getsid gettid "
	    "pidfd_getfd pidfd_open pidfd_send_signal prctl restart_syscall rseq set_robust_list "
	    "get_robust_list set_tid_address setpgid setsid vfork wait4 waitid waitpid"},
	/* What the instruction set demands. */
	{0, "arch_prctl breakpoint cacheflush get_thread_area get_tls modify_ldt "
	    "riscv_flush_icache riscv_hwprobe s390_guarded_storage s390_runtime_instr "
	    "s390_sthyi set_thread_area set_tls swapcontext"},
	/* Debuggers: the kernel lets them at processes of the same rights only (since 4.8 a tracer
	 * cannot come past this filter).
	 */
	{0, "kcmp process_vm_readv process_vm_writev ptrace"},
	/* Who it is, and giving up what it may. */
	{0, "capget capset getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups "
	    "getgroups32 getresgid getresgid32 getresuid getresuid32 getuid getuid32 "
	    "landlock_add_rule landlock_create_ruleset landlock_restrict_self "
	    "lsm_get_self_attr lsm_list_modules lsm_set_self_attr seccomp setfsgid setfsgid32 "
	    "setfsuid setfsuid32 setgid setgid32 setgroups setgroups32 setregid setregid32 "
	    "setresgid setresgid32 setresuid setresuid32 setreuid setreuid32 setuid setuid32"},
	/* Scheduling, limits, and what the machine is. */
	{0, "getcpu getpriority getrandom getrlimit getrusage ioprio_get ioprio_set nice "
	    "prlimit64 sched_get_priority_max sched_get_priority_min sched_getaffinity "
	    "sched_getattr sched_getparam sched_getscheduler sched_rr_get_interval "
	    "sched_rr_get_interval_time64 sched_setaffinity sched_setattr sched_setparam "
	    "sched_setscheduler sched_yield setpriority setrlimit sysinfo times ugetrlimit uname"},
	/* Signals. */
	{0, "kill pause rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn "
	    "rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo sgetmask "
	    "sigaction sigaltstack signal sigpending sigprocmask sigreturn sigsuspend ssetmask "
	    "tgkill tkill"},
	/* Clocks and timers; adjtimex is how they are read, too. */
	{0, "adjtimex alarm clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 "
	    "clock_gettime clock_gettime64 clock_nanosleep clock_nanosleep_time64 getitimer "
	    "gettimeofday nanosleep setitimer time timer_create timer_delete timer_getoverrun "
	    "timer_gettime timer_gettime64 timer_settime timer_settime64 timerfd timerfd_create "
	    "timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64"},
	/* Locks between threads. */
	{0, "futex futex_requeue futex_time64 futex_wait futex_waitv futex_wake"},
	/* Sockets; how they are made is below. */
	{0, "accept accept4 bind connect getpeername getsockname getsockopt listen recv recvfrom "
	    "recvmmsg recvmmsg_time64 recvmsg send sendmmsg sendmsg sendto setsockopt shutdown"},
	/* Shared memory, semaphores and messages, of the namespace's own. */
	{0, "ipc mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 "
	    "mq_timedsend mq_timedsend_time64 mq_unlink msgctl msgget msgrcv msgsnd semctl semget "
	    "semop semtimedop semtimedop_time64 shmat shmctl shmdt shmget"},

	/* Mounts and the host name, other namespaces, quotas, watching a whole file system. */
	{ADMIN, "fanotify_init fanotify_mark fsconfig fsmount fsopen fspick mount "
		"mount_setattr move_mount open_tree open_tree_attr pivot_root quotactl "
		"quotactl_fd setdomainname sethostname setns swapoff swapon umount umount2"},
	/* Programs inside the kernel and its counters. */
	{ADMIN | CAP(BPF), "bpf"},
	{ADMIN | CAP(PERFMON), "perf_event_open"},
	/* The kernel's log is the host's. */
	{ADMIN | CAP(SYSLOG), "syslog"},
	/* A file by its handle: past all directories (the "shocker" attack). */
	{CAP(DAC_READ_SEARCH), "open_by_handle_at"},
	/* Page faults answered by the program: they make races in the kernel easy to win. */
	{CAP(SYS_PTRACE), "userfaultfd"},
	/* Other processes' memory between nodes. */
	{CAP(SYS_NICE), "migrate_pages move_pages"},
	{CAP(SYS_CHROOT), "chroot"},
	{CAP(SYS_TIME), "clock_settime clock_settime64 settimeofday stime"},
	{CAP(SYS_BOOT), "kexec_file_load kexec_load reboot"},
	{CAP(SYS_MODULE), "delete_module finit_module init_module"},
	{CAP(SYS_PACCT), "acct"},
	{CAP(SYS_RAWIO), "ioperm iopl pciconfig_iobase pciconfig_read pciconfig_write "
			 "s390_pci_mmio_read s390_pci_mmio_write"},
	{CAP(SYS_TTY_CONFIG), "vhangup"},
};

/*
 * Never: keyrings are of the user, not of the container. io_uring makes calls that no filter sees,
 * socket among them, and answers EPERM also where its sysctl forbids it.
 */
static const char never[] = "add_key io_uring_enter io_uring_register io_uring_setup keyctl "
			    "request_key";

/* Of the rest AF_VSOCK leads out of every network namespace, and AF_ALG is for attacks mostly. */
static const unsigned socket_families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET};

/* Harmless ones: of 32-bit programs, setarch(8) --uname-2.6 and debuggers. */
#define HARMLESS_PERSONALITY (PER_LINUX32 | UNAME26 | ADDR_NO_RANDOMIZE)

#define NEW_NAMESPACES                                                                             \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |             \
	 CLONE_NEWPID | CLONE_NEWNET)

/* Where clone(2) has its flags. */
#if defined(__s390__)
#define CLONE_FLAGS 1
#else
#define CLONE_FLAGS 0
#endif

static void add_calls(struct seccomp_profile *profile, const char *calls, uint32_t action)
{
	g_auto(GStrv) names = g_strsplit(calls, " ", -1);

	for (char **name = names; *name; name++)
		seccomp_profile_add(profile, *name, action, NULL, 0);
}

/* Allows the call unless its argument has one of the bits. */
static void add_without_bits(struct seccomp_profile *profile, const char *call, unsigned argument,
			     uint64_t bits)
{
	const struct seccomp_condition any_bit = {argument, SECCOMP_NE, 0, bits};

	add_calls(profile, call, SECCOMP_RET_ALLOW);
	if (bits)
		seccomp_profile_add(profile, call, REFUSE, &any_bit, 1);
}

static void add_sockets(struct seccomp_profile *profile)
{
	struct seccomp_condition other[G_N_ELEMENTS(socket_families)];
	const uint32_t refusal = SECCOMP_RET_ERRNO | EAFNOSUPPORT;

	for (size_t i = 0; i < G_N_ELEMENTS(other); i++)
		other[i] =
			(struct seccomp_condition){0, SECCOMP_NE, socket_families[i], SECCOMP_INT};
	add_calls(profile, "socket socketpair", SECCOMP_RET_ALLOW);
	seccomp_profile_add(profile, "socket", refusal, other, G_N_ELEMENTS(other));
	seccomp_profile_add(profile, "socketpair", refusal, other, G_N_ELEMENTS(other));
}

/* C libraries know socket(2) of 32-bit machines since Linux 4.3, some only if told so. */
static void add_socketcall(struct seccomp_profile *profile, bool allowed)
{
	static const unsigned makers[] = {SYS_SOCKET, SYS_SOCKETPAIR};

	add_calls(profile, "socketcall", SECCOMP_RET_ALLOW);
	for (size_t i = 0; !allowed && i < G_N_ELEMENTS(makers); i++) {
		const struct seccomp_condition maker = {0, SECCOMP_EQ, makers[i], SECCOMP_INT};

		seccomp_profile_add(profile, "socketcall", SECCOMP_RET_ERRNO | ENOSYS, &maker, 1);
	}
}

static void add_personality(struct seccomp_profile *profile)
{
	const struct seccomp_condition harmful[] = {
		{0, SECCOMP_NE, 0, SECCOMP_INT & ~(uint64_t)HARMLESS_PERSONALITY},
		/* The question which one it has. */
		{0, SECCOMP_NE, 0xffffffff, SECCOMP_INT},
	};

	add_calls(profile, "personality", SECCOMP_RET_ALLOW);
	seccomp_profile_add(profile, "personality", REFUSE, harmful, G_N_ELEMENTS(harmful));
}

void seccomp_default_init(struct seccomp_profile *ret_profile, uint64_t capabilities,
			  bool socketcall)
{
	bool is_admin = capabilities & ADMIN;
	size_t n;
	const uint32_t *architectures = syscall_architectures(&n);

	seccomp_profile_init(ret_profile, SECCOMP_RET_ERRNO | ENOSYS);
	ret_profile->flags = SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	g_array_append_vals(ret_profile->architectures, architectures, (unsigned)n);
	for (size_t i = 0; i < G_N_ELEMENTS(groups); i++) {
		uint64_t needed = groups[i].capabilities;
		bool allowed = !needed || (capabilities & needed);

		add_calls(ret_profile, groups[i].calls, allowed ? SECCOMP_RET_ALLOW : REFUSE);
	}
	add_calls(ret_profile, never, REFUSE);
	/* EPERM would not make libraries fall back. */
	if (is_admin)
		add_calls(ret_profile, "clone3", SECCOMP_RET_ALLOW);
	/* CLONE_NEWTIME is a signal number's bit to clone(2). */
	add_without_bits(ret_profile, "clone", CLONE_FLAGS, is_admin ? 0 : NEW_NAMESPACES);
	add_without_bits(ret_profile, "unshare", 0, is_admin ? 0 : NEW_NAMESPACES | CLONE_NEWTIME);
	add_sockets(ret_profile);
	add_socketcall(ret_profile, socketcall);
	add_personality(ret_profile);
}
