/* SPDX-License-Identifier: GPL-2.0-or-later */
/* syscall_names - numbers of system calls by name: the only place that knows libseccomp */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

/*
 * An architecture is an AUDIT_ARCH_* of linux/audit.h, as in seccomp_data.arch. x32 has x86_64's
 * there and its own bit in the numbers: this is a name for it that the kernel does not use.
 */
#define SYSCALL_ARCH_X32 UINT32_C(0x4000003e)
#define SYSCALL_X32_BIT	 UINT32_C(0x40000000)

/* libseccomp's version, e.g. "2.5.4"; the caller frees. */
char *syscall_library_version(void);

/* That of the running program. */
uint32_t syscall_native_architecture(void);

/*
 * Those whose system calls a process on this machine can make, the native one first: two without
 * the rare x32. A 32-bit ROOTFS works, and a filter has to look at its calls, too.
 */
const uint32_t *syscall_architectures(size_t *ret_n);

/*
 * Parses SCMP_ARCH_* of the OCI runtime specification. False for an unknown name. *ret_here is
 * false for one that this machine never runs, and *ret_architecture then untouched.
 */
bool syscall_architecture_parse(const char *name, bool *ret_here, uint32_t *ret_architecture);

/* The name that OCI profiles call this machine by in "includes" and "excludes": amd64, arm64, ...
 */
const char *syscall_oci_machine(void);

/* The number of a call, with SYSCALL_X32_BIT for x32; -1 if there is none by that name. */
int64_t syscall_number(uint32_t architecture, const char *name);

/* The name of a call, or its number where it is unknown; the caller frees. */
char *syscall_name(uint32_t architecture, int number);

/*
 * 32-bit x86 and others have socketcall(2) and ipc(2) beside the calls themselves. True when name
 * can be reached there as well: by the call `number` when its first argument & mask is selector.
 */
struct syscall_multiplexer {
	uint32_t number;
	uint64_t selector, mask;
};
bool syscall_multiplexed(uint32_t architecture, const char *name,
			 struct syscall_multiplexer *ret_multiplexer);
