/* SPDX-License-Identifier: GPL-2.0-or-later */
/* forbidden_call - what a forwarder says last: which call its sandbox did not allow */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "src/json.h"

/* Room for forbidden_call_write(). */
#define FORBIDDEN_CALL_SIZE 256

/*
 * Writes the message for the hand-over socket: a notice (src/notice.h, NOTICE_FORBIDDEN) that is a
 * *failed* as well, should nobody wait for notices yet. number is a system call's of architecture
 * (AUDIT_ARCH_*). Returns its length. Async-signal-safe.
 */
size_t forbidden_call_write(char *buffer, int number, uint32_t architecture);

/* "its sandbox does not allow the system call 'ptrace'"; NULL for other messages. The caller frees.
 */
char *forbidden_call_explain(JsonObject *message);
