/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * phase_probe - what a running process can still do: it is made to try
 *
 * Usage: phase_probe PID ATTEMPT...       as who may trace it
 *        phase_probe --deliver PID ATTEMPT     the same, but what kills it does so
 *        phase_probe --calls PID...       as the host's root
 *
 *   open:PATH, write:PATH, make:PATH      a file, for reading, for writing, a new one
 *   unix:PATH, abstract:NAME              connect to a local socket (SOCK_STREAM)
 *   tcp:ADDRESS:PORT                      connect (IPv4)
 *   kill:PID                              signal 0
 *   call:NAME                             a system call with bad arguments: all are -1
 *
 * How it works
 *
 * The process, which usually waits in a system call, is stopped by ptrace(2); its registers are set
 * for another call at the same place, so that the process itself makes it, with all that restricts
 * it. What comes of it is printed behind the attempt: "yes", the error's name, "forbidden" for
 * SIGSYS, or "killed". Signals of that are not delivered; afterwards the process waits on as
 * before.
 *
 * --calls prints how many system calls a process can make: its filters (PTRACE_SECCOMP_GET_FILTER)
 * are followed on all ways that the arguments could lead.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib.h>

#include "src/syscall_names.h"

#ifdef __x86_64__

#define SYSCALL_SIZE 2 /* of the instruction: 0f 05 */
#define BELOW_STACK  1024
#define CALLS_MAX    512
#define PROGRAM_MAX  4096

struct tracee {
	pid_t pid;
	struct user_regs_struct saved;
	bool delivers; /* signals that a filter sends */
	bool killed;
};

enum { FORBIDDEN = -1000, KILLED = -1001 };

static G_NORETURN void die(const char *what)
{
	fprintf(stderr, "phase_probe: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

/* --- a call --- */

/* The status of the next stop; the tracee's end is one. */
static int await_stop(struct tracee *tracee)
{
	int status;

	if (waitpid(tracee->pid, &status, __WALL) < 0)
		die("wait");
	if (!WIFSTOPPED(status))
		tracee->killed = true;
	return status;
}

static int go_on(struct tracee *tracee, enum __ptrace_request how)
{
	if (ptrace(how, tracee->pid, NULL, NULL) < 0)
		die("go on");
	return await_stop(tracee);
}

static bool is_behind_call(const struct tracee *tracee)
{
	return (unsigned short)ptrace(PTRACE_PEEKTEXT, tracee->pid,
				      tracee->saved.rip - SYSCALL_SIZE, NULL) == 0x050f;
}

static void attach(struct tracee *tracee)
{
	if (ptrace(PTRACE_SEIZE, tracee->pid, NULL, (void *)(uintptr_t)PTRACE_O_TRACESYSGOOD) < 0 ||
	    ptrace(PTRACE_INTERRUPT, tracee->pid, NULL, NULL) < 0)
		die("trace");
	await_stop(tracee);
	if (ptrace(PTRACE_GETREGS, tracee->pid, NULL, &tracee->saved) < 0)
		die("registers");
	if (is_behind_call(tracee))
		return;
	go_on(tracee, PTRACE_SYSCALL); /* before its next one */
	go_on(tracee, PTRACE_SYSCALL); /* and after it */
	if (ptrace(PTRACE_GETREGS, tracee->pid, NULL, &tracee->saved) < 0)
		die("registers");
}

static void detach(struct tracee *tracee)
{
	if (tracee->killed)
		return;
	/* A stop as the first one, after which the kernel restarts what was interrupted. */
	ptrace(PTRACE_INTERRUPT, tracee->pid, NULL, NULL);
	go_on(tracee, PTRACE_CONT);
	if (ptrace(PTRACE_SETREGS, tracee->pid, NULL, &tracee->saved) < 0 ||
	    ptrace(PTRACE_DETACH, tracee->pid, NULL, NULL) < 0)
		die("let go");
}

static bool has_pending(const struct tracee *tracee, int number)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/status", tracee->pid);
	g_autofree char *text = NULL;
	const char *field = NULL;

	if (g_file_get_contents(path, &text, NULL, NULL))
		field = strstr(text, "\nSigPnd:\t");
	return field && (g_ascii_strtoull(field + 9, NULL, 16) >> (number - 1) & 1);
}

/* A signal that was forced by a filter is next; it is not delivered. */
static bool take_refusal(struct tracee *tracee)
{
	if (!has_pending(tracee, SIGSYS))
		return false;
	go_on(tracee, PTRACE_CONT);
	if (tracee->delivers) {
		ptrace(PTRACE_DETACH, tracee->pid, NULL, (void *)(uintptr_t)SIGSYS);
		tracee->killed = true;
	}
	return true;
}

static long call(struct tracee *tracee, long number, const long arguments[6])
{
	struct user_regs_struct registers = tracee->saved;

	if (tracee->killed)
		return KILLED;
	registers.rip -= SYSCALL_SIZE;
	registers.rax = (unsigned long)number;
	registers.orig_rax = ~0UL;
	registers.rdi = (unsigned long)arguments[0];
	registers.rsi = (unsigned long)arguments[1];
	registers.rdx = (unsigned long)arguments[2];
	registers.r10 = (unsigned long)arguments[3];
	registers.r8 = (unsigned long)arguments[4];
	registers.r9 = (unsigned long)arguments[5];
	if (ptrace(PTRACE_SETREGS, tracee->pid, NULL, &registers) < 0)
		die("set registers");
	go_on(tracee, PTRACE_SYSCALL); /* before it */
	if (!tracee->killed)
		go_on(tracee, PTRACE_SYSCALL); /* after it */
	if (tracee->killed)
		return KILLED;
	if (ptrace(PTRACE_GETREGS, tracee->pid, NULL, &registers) < 0)
		die("registers");
	bool forbidden = take_refusal(tracee);
	return tracee->killed ? KILLED : forbidden ? FORBIDDEN : (long)registers.rax;
}

/* Puts data where the stack is not used; returns its address there. */
static long place(const struct tracee *tracee, const void *data, size_t size)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/mem", tracee->pid);
	long address = (long)(tracee->saved.rsp - BELOW_STACK) & ~15L;
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || pwrite(fd, data, size, address) != (ssize_t)size)
		die(path);
	close(fd);
	return address;
}

/* --- attempts --- */

static void close_there(struct tracee *tracee, long fd)
{
	if (fd >= 0)
		call(tracee, SYS_close, (long[6]){fd});
}

static long try_open(struct tracee *tracee, const char *path, int flags)
{
	long there = place(tracee, path, strlen(path) + 1);
	long fd = call(tracee, SYS_openat, (long[6]){AT_FDCWD, there, flags | O_CLOEXEC, 0600});

	close_there(tracee, fd);
	return fd;
}

static long try_connect(struct tracee *tracee, const void *address, size_t size)
{
	int family = ((const struct sockaddr *)address)->sa_family;
	long there = place(tracee, address, size);
	long fd = call(tracee, SYS_socket, (long[6]){family, SOCK_STREAM | SOCK_CLOEXEC});
	long result = fd;

	if (fd >= 0)
		result = call(tracee, SYS_connect, (long[6]){fd, there, (long)size});
	close_there(tracee, fd);
	return result;
}

static long try_unix(struct tracee *tracee, const char *name, size_t offset)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	g_strlcpy(address.sun_path + offset, name, sizeof(address.sun_path) - offset);
	return try_connect(tracee, &address,
			   offsetof(struct sockaddr_un, sun_path) + offset + strlen(name) +
				   (offset == 0));
}

static long try_tcp(struct tracee *tracee, const char *text)
{
	g_auto(GStrv) parts = g_strsplit(text, ":", 2);
	struct sockaddr_in address = {.sin_family = AF_INET};

	if (!parts[0] || !parts[1] || inet_pton(AF_INET, parts[0], &address.sin_addr) != 1) {
		errno = EINVAL;
		die(text);
	}
	address.sin_port = htons((uint16_t)atoi(parts[1]));
	return try_connect(tracee, &address, sizeof(address));
}

static long try_call(struct tracee *tracee, const char *name)
{
	int64_t number = syscall_number(AUDIT_ARCH_X86_64, name);

	if (number < 0) {
		errno = ENOSYS;
		die(name);
	}
	return call(tracee, number, (long[6]){-1, -1, -1, -1, -1, -1});
}

static long attempt(struct tracee *tracee, const char *kind, const char *what)
{
	if (tracee->killed)
		return KILLED;
	if (g_str_equal(kind, "open"))
		return try_open(tracee, what, O_RDONLY | O_NONBLOCK);
	if (g_str_equal(kind, "write"))
		return try_open(tracee, what, O_WRONLY | O_NONBLOCK);
	if (g_str_equal(kind, "make"))
		return try_open(tracee, what, O_WRONLY | O_CREAT);
	if (g_str_equal(kind, "unix"))
		return try_unix(tracee, what, 0);
	if (g_str_equal(kind, "abstract"))
		return try_unix(tracee, what, 1);
	if (g_str_equal(kind, "tcp"))
		return try_tcp(tracee, what);
	if (g_str_equal(kind, "kill"))
		return call(tracee, SYS_kill, (long[6]){atoi(what), 0});
	if (g_str_equal(kind, "call"))
		return try_call(tracee, what);
	errno = EINVAL;
	die(kind);
}

static const char *explain(long result)
{
	if (result == FORBIDDEN)
		return "forbidden";
	if (result == KILLED)
		return "killed";
	return result < 0 ? strerrorname_np((int)-result) : "yes";
}

static int probe(int n, char **attempts, pid_t pid, bool delivers)
{
	struct tracee tracee = {.pid = pid, .delivers = delivers};

	attach(&tracee);
	for (int i = 0; i < n; i++) {
		g_auto(GStrv) parts = g_strsplit(attempts[i], ":", 2);
		if (!parts[0] || !parts[1])
			return EXIT_FAILURE;
		printf("%s %s\n", attempts[i], explain(attempt(&tracee, parts[0], parts[1])));
	}
	detach(&tracee);
	return EXIT_SUCCESS;
}

/* --- filters --- */

struct program {
	struct sock_filter *instructions;
	int n;
	struct seccomp_data data; /* number and architecture */
	bool allows, refuses;
};

static bool is_known(uint32_t offset)
{
	return offset < offsetof(struct seccomp_data, instruction_pointer);
}

static bool jumps(const struct sock_filter *at, uint32_t value)
{
	switch (BPF_OP(at->code)) {
	case BPF_JEQ:
		return value == at->k;
	case BPF_JGT:
		return value > at->k;
	case BPF_JGE:
		return value >= at->k;
	default:
		return value & at->k;
	}
}

static void take_return(struct program *program, uint32_t action)
{
	uint32_t kind = action & SECCOMP_RET_ACTION_FULL;

	/* To be noted down is no hindrance. */
	if (kind == SECCOMP_RET_ALLOW || kind == SECCOMP_RET_LOG)
		program->allows = true;
	else
		program->refuses = true;
}

/* All ways from an instruction on; what was loaded of the arguments may be anything. */
static void follow(struct program *program, int place, bool known, uint32_t value)
{
	for (; place < program->n; place++) {
		const struct sock_filter *at = &program->instructions[place];
		if (at->code == (BPF_LD | BPF_W | BPF_ABS)) {
			known = is_known(at->k);
			if (known)
				memcpy(&value, (char *)&program->data + at->k, sizeof(value));
		} else if (BPF_CLASS(at->code) == BPF_RET) {
			take_return(program, at->k);
			return;
		} else if (at->code == (BPF_JMP | BPF_JA)) {
			place += (int)at->k;
		} else if (BPF_CLASS(at->code) == BPF_JMP && known) {
			place += jumps(at, value) ? at->jt : at->jf;
		} else if (BPF_CLASS(at->code) == BPF_JMP) {
			follow(program, place + 1 + at->jt, false, 0);
			place += at->jf;
		} else if (at->code == (BPF_ALU | BPF_AND | BPF_K)) {
			value &= at->k;
		} else {
			errno = ENOTSUP;
			die("follow a filter");
		}
	}
}

static int count_calls(pid_t pid)
{
	static struct sock_filter instructions[PROGRAM_MAX];
	bool may[CALLS_MAX], must[CALLS_MAX]; /* be made: with some arguments, with any */
	int n_filters = 0, n_calls = 0, n_may = 0, n_must = 0, n;
	struct tracee tracee = {.pid = pid};

	memset(may, true, sizeof(may));
	memset(must, true, sizeof(must));
	attach(&tracee);
	while ((n = (int)ptrace((enum __ptrace_request)PTRACE_SECCOMP_GET_FILTER, pid, n_filters,
				instructions)) > 0) {
		n_filters++;
		for (unsigned nr = 0; nr < CALLS_MAX; nr++) {
			struct program program = {.instructions = instructions, .n = n};
			program.data.nr = (int)nr;
			program.data.arch = AUDIT_ARCH_X86_64;
			follow(&program, 0, false, 0);
			may[nr] = may[nr] && program.allows;
			must[nr] = must[nr] && !program.refuses;
		}
	}
	/* ENOENT: there is no more; EINVAL: there is none. */
	if (n < 0 && errno != ENOENT && errno != EINVAL)
		die("read its filters");
	detach(&tracee);
	for (unsigned nr = 0; nr < CALLS_MAX; nr++) {
		g_autofree char *name = syscall_name(AUDIT_ARCH_X86_64, (int)nr);
		if (g_ascii_isdigit(*name))
			continue;
		n_calls++;
		n_may += may[nr];
		n_must += must[nr];
	}
	printf("%d %d %d %d %d\n", pid, n_filters, n_must, n_may - n_must, n_calls);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	int status = EXIT_SUCCESS;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 3)
		return EXIT_FAILURE;
	if (g_str_equal(argv[1], "--deliver"))
		return probe(argc - 3, argv + 3, atoi(argv[2]), true);
	if (!g_str_equal(argv[1], "--calls"))
		return probe(argc - 2, argv + 2, atoi(argv[1]), false);
	for (int i = 2; i < argc; i++)
		status |= count_calls(atoi(argv[i]));
	return status;
}

#else

int main(void)
{
	fprintf(stderr, "phase_probe: knows x86-64 alone\n");
	return EXIT_FAILURE;
}

#endif
