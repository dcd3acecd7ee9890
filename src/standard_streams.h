/* SPDX-License-Identifier: GPL-2.0-or-later */
/* standard_streams - makes sure that descriptors 0, 1 and 2 are taken */
#pragma once

/*
 * Opens /dev/null for each of the three that the caller left closed: a socket of ours must not
 * become what others take for standard error. For the start of main().
 */
void standard_streams_ensure(void);
