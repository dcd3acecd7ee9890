/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz - the entry points of libFuzzer (LLVM's docs/LibFuzzer.rst), which each target defines */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Once, before everything else: a warning of GLib counts as a crash. */
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* One input; must return 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
