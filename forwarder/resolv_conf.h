/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resolv_conf - the name servers in the text of a resolv.conf(5) */
#pragma once

#include <glib.h>

/*
 * The name servers that a text names, in its order (of struct sockaddr_storage), with the port of
 * DNS and, where they are link-local, the scope. The caller unrefs. What is none is not in it; if
 * there is none at all it is the local machine's (resolv.conf(5)).
 */
GArray *resolv_conf_servers(const char *text);
