/* SPDX-License-Identifier: GPL-2.0-or-later */
/* api_socket - the socket that slirp4netns's API is spoken on */
#pragma once

#include <glib.h>

/*
 * Listens at path, in place of whatever socket or file was there; -1 on error. The socket is
 * non-blocking and its owner's alone.
 */
int api_socket_listen(const char *path, GError **error);
