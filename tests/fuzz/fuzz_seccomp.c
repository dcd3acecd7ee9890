/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_seccomp - profiles in the OCI format; what is accepted becomes a program that ends */
#include <errno.h>
#include <linux/audit.h>
#include <string.h>

#include <glib.h>

#include "src/seccomp_compiler.h"
#include "launcher/seccomp_json.h"
#include "src/syscall_names.h"
#include "src/failure.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/bpf_machine.h"

static void run(const struct seccomp_program *program)
{
	static const uint32_t architectures[] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, 0};

	for (size_t i = 0; i < G_N_ELEMENTS(architectures); i++) {
		for (int number = -1; number < 500; number++) {
			struct seccomp_data data = {
				.arch = architectures[i],
				.nr = number,
				.args = {(unsigned)number, 5, 0, UINT64_MAX, 0xffffffff, 1}};
			bpf_machine_run(program->instructions, program->n, &data, NULL);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seccomp_profile profile;
	struct seccomp_program program;
	g_autoptr(GError) error = NULL;

	if (!seccomp_json_parse((const char *)data, size, 0x800435fb, &profile, &error)) {
		g_assert(error && error->domain == FAILURE);
		return 0;
	}
	if (seccomp_compile(&profile, &program, &error)) {
		g_assert(program.n > 0 && program.n <= BPF_MAXINSNS);
		run(&program);
		seccomp_program_done(&program);
	} else {
		g_assert(error && error->code == E2BIG);
	}
	seccomp_profile_done(&profile);
	return 0;
}
