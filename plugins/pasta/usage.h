/* SPDX-License-Identifier: GPL-2.0-or-later */
/* usage - what --help and --version print */
#pragma once

#include <stdio.h>

/* Prints the options: to standard output when asked for, else to standard error. */
void usage_print(FILE *stream);

/* Prints the version in pasta's form: the name, a blank, the version. */
void usage_print_version(void);
