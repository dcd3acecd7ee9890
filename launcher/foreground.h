/* SPDX-License-Identifier: GPL-2.0-or-later */
/* foreground - gives the caller's terminal back to the caller's process group */
#pragma once

/*
 * A shell with job control that CMD is or starts on the caller's terminal puts itself into the
 * foreground, and when it is killed, the terminal belongs to nobody: the next read of the caller
 * fails. To be called when all processes of the container are gone. Where the foreground process
 * group still has members (we run in the background of a shell) nothing is changed.
 */
void foreground_reclaim(void);
