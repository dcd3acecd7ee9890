/* SPDX-License-Identifier: GPL-2.0-or-later */
/* process - makes processes in new namespaces and cleans what they inherit */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <glib.h>

/* The namespaces of a container, but for the network's and the cgroup's. */
#define PROCESS_NAMESPACES                                                                         \
	(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC)

/*
 * fork(2) with CLONE_NEW* flags and CLONE_PARENT (clone3(2)). As after fork(2) in a program with
 * threads, the child may only rely on what the calling thread had: the launcher has one thread.
 */
pid_t process_clone(uint64_t flags);

/*
 * Closes all descriptors above standard error but two (which may be the same). Our cloned processes
 * do not execute another program, so close-on-exec does nothing for them: what the launcher and its
 * caller have open would be in reach of root inside through /proc/1/fd (CVE-2024-21626).
 */
void process_close_all_but(int first, int second);

/* The same for any number of them; negative ones are skipped. */
void process_close_all_but_these(const int *fds, size_t n_fds);

/* The network namespace of a process, from /proc; -1 on error. */
int process_open_netns(pid_t pid, GError **error);

/* Sends the standard streams to /dev/null. */
void process_forget_standard_streams(void);
