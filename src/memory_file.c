/* SPDX-License-Identifier: GPL-2.0-or-later */
/* memory_file - what forwarders leave to those that come after them */
#include "src/memory_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "src/autoclose.h"
#include "src/failure.h"

bool memory_file_new(int *ret_fd, GError **error)
{
	autoclose int fd = memfd_create("netns-forwarder", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || ftruncate(fd, MEMORY_FILE_SIZE) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		return failure_errno(error, "make a memory file for the forwarder");
	*ret_fd = g_steal_fd(&fd);
	return true;
}
