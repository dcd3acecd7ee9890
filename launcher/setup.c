/* SPDX-License-Identifier: GPL-2.0-or-later */
/* setup - what the launcher and the processes that it cloned say to each other while starting */
#include "launcher/setup.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "src/failure.h"
#include "src/fdpass.h"

#define SETUP_TEXT_SIZE 4096

struct setup_wire {
	int kind;
	int number;
	int errnum;
	char text[SETUP_TEXT_SIZE]; /* of SETUP_FAILED: the FAILURE message; sent as far as needed
				     */
};

static bool send_wire(int socket, const struct setup_wire *wire, const int *fds, size_t n_fds,
		      GError **error)
{
	size_t size = offsetof(struct setup_wire, text) + strlen(wire->text) + 1;

	return fdpass_send(socket, wire, size, fds, n_fds, error);
}

bool setup_send(int socket, enum setup_kind kind, int number, GError **error)
{
	struct setup_wire wire = {.kind = kind, .number = number};

	return send_wire(socket, &wire, NULL, 0, error);
}

bool setup_send_fds(int socket, enum setup_kind kind, const int *fds, size_t n_fds, GError **error)
{
	struct setup_wire wire = {.kind = kind}; /* number: bit i tells that fds[i] is set */
	int set[FDPASS_MAX_FDS];
	size_t n_set = 0;

	for (size_t i = 0; i < n_fds; i++) {
		if (fds[i] < 0)
			continue;
		wire.number |= 1 << i;
		set[n_set++] = fds[i];
	}
	return send_wire(socket, &wire, set, n_set, error);
}

void setup_send_failed(int socket, const GError *failure, int status)
{
	struct setup_wire wire = {.kind = SETUP_FAILED, .number = status, .errnum = failure->code};

	g_strlcpy(wire.text, failure->message, sizeof(wire.text));
	send_wire(socket, &wire, NULL, 0, NULL);
}

/* Receives one message; an error that it carries becomes *error. */
static bool receive_wire(int socket, struct setup_wire *wire, int *fds, size_t *n_fds,
			 GError **error)
{
	ssize_t size = fdpass_receive(socket, wire, sizeof(*wire), fds, n_fds);

	/* The peer has ended without reading all: said once, before what it has sent (unix(7)). */
	if (size < 0 && errno == ECONNRESET)
		size = fdpass_receive(socket, wire, sizeof(*wire), fds, n_fds);
	if (size < 0)
		return failure_errno(error, "receive a step of the start");
	if (size == 0) {
		failure_set(error, EPIPE, NULL, "a process died while the container was started");
		return false;
	}
	if ((size_t)size <= offsetof(struct setup_wire, text)) {
		failure_set(error, EBADMSG, NULL, "a step of the start is malformed");
		return false;
	}
	wire->text[(size_t)size - offsetof(struct setup_wire, text) - 1] = '\0';
	if (wire->kind != SETUP_FAILED)
		return true;
	g_set_error_literal(error, FAILURE, wire->errnum, wire->text);
	return false;
}

static bool expect(int socket, enum setup_kind kind, struct setup_wire *wire, int *fds,
		   size_t *n_fds, GError **error)
{
	if (!receive_wire(socket, wire, fds, n_fds, error))
		return false;
	if (wire->kind == (int)kind)
		return true;
	failure_set(error, EBADMSG, NULL, "step '%c' of the start came instead of '%c'", wire->kind,
		    kind);
	return false;
}

bool setup_expect(int socket, enum setup_kind kind, int *ret_number, GError **error)
{
	struct setup_wire wire = {0};
	int fds[FDPASS_MAX_FDS];
	size_t n_fds = 0;
	bool expected = expect(socket, kind, &wire, fds, &n_fds, error);

	for (size_t i = 0; i < n_fds; i++)
		close(fds[i]);
	if (ret_number)
		*ret_number = wire.number;
	return expected;
}

bool setup_receive(int socket, enum setup_kind *ret_kind, int *ret_number, GError **error)
{
	struct setup_wire wire = {0};
	int fds[FDPASS_MAX_FDS];
	size_t n_fds = 0;
	bool received = receive_wire(socket, &wire, fds, &n_fds, error);

	for (size_t i = 0; i < n_fds; i++)
		close(fds[i]);
	*ret_kind = wire.kind;
	*ret_number = wire.number;
	return received;
}

bool setup_take_failure(int socket, GError **error)
{
	struct pollfd entry = {.fd = socket, .events = POLLIN};
	g_autoptr(GError) failure = NULL;
	enum setup_kind kind;
	int number;

	if (poll(&entry, 1, 0) != 1 || setup_receive(socket, &kind, &number, &failure) ||
	    kind != SETUP_FAILED)
		return false;
	g_propagate_error(error, g_steal_pointer(&failure));
	return true;
}

bool setup_expect_executed(int socket, int *ret_status, GError **error)
{
	g_autoptr(GError) failure = NULL;
	int status = 0;

	setup_expect(socket, SETUP_FAILED, &status, &failure);
	if (failure->code == EPIPE && status == 0)
		return true;
	if (status)
		*ret_status = status;
	g_propagate_error(error, g_steal_pointer(&failure));
	return false;
}

static bool expect_fds(int socket, enum setup_kind kind, struct setup_wire *wire, int *ret_fds,
		       size_t n_fds, GError **error)
{
	int fds[FDPASS_MAX_FDS];
	size_t received = 0;
	bool expected = expect(socket, kind, wire, fds, &received, error);

	if (expected && received == (size_t)__builtin_popcount((unsigned)wire->number) &&
	    wire->number >> n_fds == 0) {
		for (size_t i = 0, next = 0; i < n_fds; i++)
			ret_fds[i] = wire->number & 1 << i ? fds[next++] : -1;
		return true;
	}
	for (size_t i = 0; i < received; i++)
		close(fds[i]);
	if (expected)
		failure_set(error, EBADMSG, NULL, "step '%c' of the start lacks descriptors", kind);
	return false;
}

bool setup_expect_fds(int socket, enum setup_kind kind, int *ret_fds, size_t n_fds, GError **error)
{
	struct setup_wire wire = {0};

	return expect_fds(socket, kind, &wire, ret_fds, n_fds, error);
}

bool setup_expect_started(int socket, int *ret_terminal, int *ret_status, GError **error)
{
	struct setup_wire wire = {0};

	if (expect_fds(socket, SETUP_STARTED, &wire, ret_terminal, 1, error))
		return true;
	if (wire.kind == SETUP_FAILED && wire.number)
		*ret_status = wire.number;
	return false;
}
