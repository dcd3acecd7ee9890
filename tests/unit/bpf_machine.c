/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bpf_machine - runs classic BPF programs as the kernel does for seccomp */
#include "tests/unit/bpf_machine.h"

#include <stdbool.h>
#include <string.h>

#include <glib.h>

#define UPPER BPF_MACHINE_UPPER

const uint64_t bpf_machine_values[BPF_MACHINE_N_VALUES] = {
	0,
	1,
	7,
	8,
	9,
	0x7fffffff,
	0xfffffffe,
	0xffffffff,
	UPPER(1),
	UPPER(1) | 7,
	UPPER(1) | 8,
	UPPER(7) | 8,
	UPPER(8),
	UPPER(8) | 7,
	UPPER(8) | 8,
	UPPER(8) | 9,
	UPPER(9),
	UINT64_MAX - 1,
	UINT64_MAX,
};

static bool jumps(const struct sock_filter *instruction, uint32_t accumulator)
{
	switch (BPF_OP(instruction->code)) {
	case BPF_JEQ:
		return accumulator == instruction->k;
	case BPF_JGT:
		return accumulator > instruction->k;
	case BPF_JGE:
		return accumulator >= instruction->k;
	case BPF_JSET:
		return accumulator & instruction->k;
	default:
		g_error("a jump that does not exist: %#x", instruction->code);
	}
}

static uint32_t load(const struct seccomp_data *data, uint32_t offset)
{
	uint32_t value;

	g_assert_cmpuint(offset % 4, ==, 0);
	g_assert_cmpuint(offset, <, sizeof(*data));
	memcpy(&value, (const char *)data + offset, sizeof(value));
	return value;
}

uint32_t bpf_machine_run(const struct sock_filter *program, size_t n,
			 const struct seccomp_data *data, unsigned *ret_steps)
{
	uint32_t accumulator = 0;
	unsigned steps = 0;

	for (size_t i = 0; i < n; i++) {
		const struct sock_filter *instruction = &program[i];

		steps++;
		if (instruction->code == (BPF_LD | BPF_W | BPF_ABS))
			accumulator = load(data, instruction->k);
		else if (instruction->code == (BPF_ALU | BPF_AND | BPF_K))
			accumulator &= instruction->k;
		else if (instruction->code == (BPF_JMP | BPF_JA))
			i += instruction->k;
		else if (BPF_CLASS(instruction->code) == BPF_JMP)
			i += jumps(instruction, accumulator) ? instruction->jt : instruction->jf;
		else if (instruction->code == (BPF_RET | BPF_K)) {
			if (ret_steps)
				*ret_steps = steps;
			return instruction->k;
		} else
			g_error("an instruction that is not used here: %#x", instruction->code);
	}
	g_error("the program runs past its end");
}
