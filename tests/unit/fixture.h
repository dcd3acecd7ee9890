/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fixture - a gateway link in fresh namespaces, and the forwarder's part of it by hand */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "link/gateway.h"
#include "src/link_config.h"

/*
 * How it works
 *
 * One process plays all parts. It is root of a user namespace whose network namespace becomes the
 * gateway; a child holds the command's namespaces, which are nested below, and the test visits its
 * network namespace with setns(2). Every wait is for an event. All functions assert success.
 */
struct fixture {
	struct link_config config;
	struct gateway_fds gateway;
	int gateway_ns, command_ns;
	pid_t holder;
};

struct endpoint {
	struct ip_address address;
	uint16_t port; /* host byte order */
};

/* Both families, and a remote address of each. */
extern const int fixture_families[2];
extern const char *const fixture_remote[2];

/* False if the system does not allow it; the test is then skipped. */
bool fixture_init(struct fixture *f, bool with_v6);
void fixture_done(struct fixture *f);

struct endpoint fixture_endpoint_of(const char *address, uint16_t port);
struct endpoint fixture_command_endpoint(const struct fixture *f, int family, uint16_t port);

/* A non-blocking socket in the command's namespace, with SO_REUSEADDR. */
int fixture_command_socket(const struct fixture *f, int family, int type);
void fixture_wait_for(int fd, short events);
void fixture_bind_to(int fd, const struct endpoint *endpoint);
void fixture_connect_to(int fd, const struct endpoint *endpoint);
void fixture_send_datagram(int fd, const void *data, size_t size, const struct endpoint *endpoint);
int fixture_accept_one(int listener);
/* SO_ERROR. */
int fixture_socket_error(int fd);

/* Port 0 in wanted stands for any. */
void fixture_assert_endpoint(const struct sockaddr_storage *sockaddr,
			     const struct endpoint *wanted);
void fixture_assert_local(int fd, const struct endpoint *wanted);
void fixture_assert_peer(int fd, const struct endpoint *wanted);

/* Reads the next frame with the transport protocol from the TAP. Returns its size. */
size_t fixture_read_frame(int tap, int protocol, uint8_t *frame, size_t room);
/* Takes the SYN of a connection to target from the TAP, checks it, and gives it to the gateway. */
void fixture_inject_syn(struct fixture *f, const struct endpoint *target);

/* Starts an agent in the calling process's network namespace. */
pid_t fixture_start_agent(int *ret_socket);
/* Closes the socket and expects the agent to end well. */
void fixture_end_agent(pid_t pid, int socket);
void fixture_ask_agent(int socket, int family, int type, int *ret_fds, size_t count);
int fixture_agent_socket(int agent, int family, int type);
