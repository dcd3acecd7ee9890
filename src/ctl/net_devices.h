/* SPDX-License-Identifier: GPL-2.0-or-later */
/* net_devices - the kernel's counters of a network namespace's devices (proc(5), net/dev) */
#pragma once

#include "src/json.h"

/*
 * Each device but loopback as an object: "name", and of both directions ("_in", "_out") "bytes",
 * "packets", "errors" and "drops". What has another form is left out. The caller owns the array.
 */
JsonArray *net_devices_parse(const char *text);
