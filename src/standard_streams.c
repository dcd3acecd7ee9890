/* SPDX-License-Identifier: GPL-2.0-or-later */
/* standard_streams - makes sure that descriptors 0, 1 and 2 are taken */
#include "src/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

void standard_streams_ensure(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}
