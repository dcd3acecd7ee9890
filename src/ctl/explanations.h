/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explanations - what the help of a verb says behind its options */
#pragma once

/* Each is of the verb that it is called after: lines without a newline at the end. */
extern const char exec_explanation[];
extern const char kill_explanation[];
extern const char events_explanation[];
extern const char port_explanation[];
extern const char egress_explanation[];
extern const char rate_explanation[];
extern const char replace_explanation[];
extern const char unport_explanation[];
extern const char ps_explanation[];
extern const char stats_explanation[];
extern const char flows_explanation[];
extern const char doctor_explanation[];
