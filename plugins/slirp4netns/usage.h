/* SPDX-License-Identifier: GPL-2.0-or-later */
/* usage - what --help and --version print, which other programs read */
#pragma once

/*
 * Prints the options. Callers look there for those that they want to use: podman, RootlessKit,
 * nerdctl and the scripts of rootless Docker.
 */
void usage_print(const char *program);

/* Prints the version in slirp4netns's form. */
void usage_print_version(void);
