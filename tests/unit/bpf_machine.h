/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bpf_machine - runs classic BPF programs as the kernel does for seccomp */
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <stddef.h>

/*
 * What the program makes of a call (BPF in the kernel's networking/filter.rst; the instructions
 * that seccomp(2) takes). Anything that the kernel would not take fails the test. *ret_steps, if
 * not NULL, gets how many instructions ran.
 */
uint32_t bpf_machine_run(const struct sock_filter *program, size_t n,
			 const struct seccomp_data *data, unsigned *ret_steps);

#define BPF_MACHINE_UPPER(number) ((uint64_t)(number) << 32)
#define BPF_MACHINE_N_VALUES	  19

/* Arguments on both sides of 8, in either half: where comparisons of 64 bits go wrong. */
extern const uint64_t bpf_machine_values[BPF_MACHINE_N_VALUES];
