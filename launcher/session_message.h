/* SPDX-License-Identifier: GPL-2.0-or-later */
/* session_message - what is said on the launcher's socket: JSON with descriptors */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "src/json.h"

/*
 * How it works
 *
 * DIR/launcher.sock is a SOCK_SEQPACKET unix socket: a message is one JSON object, with descriptors
 * where a verb has them. {"execute":VERB,"arguments":{...}} gets {"return":{...}} or
 * {"error":{"desc":CAUSE,"hint":CURE,"code":ERRNO,"status":EXIT-STATUS}}. `exec` and `wait` keep
 * the connection: more messages follow on it (launcher/session_server.h, launcher/exec_server.h).
 * Nobody waits for a client: one that does not read is not heard either.
 */

/* Largest message in bytes: arguments and environment of an exec. */
#define SESSION_MESSAGE_MAX (128 * 1024)

struct session_request {
	JsonObject *root;      /* owns the rest */
	const char *verb;      /* "" where it is none */
	JsonObject *arguments; /* an empty one where it is none */
};

/* Parses one message; false for what is no object with a string `execute`. */
bool session_request_parse(const char *text, size_t size, struct session_request *ret_request,
			   GError **error);
void session_request_done(struct session_request *request);

/* The number of the signal that arguments of `kill` name; 0 and an error if it is none. */
int session_arguments_signal(JsonObject *arguments, GError **error);
/* For a verb that is not known: NULL, and the error. */
JsonNode *session_unknown_verb(const char *verb, GError **error);

/* Answers with a result, which becomes the function's, or with the failure where that is NULL. */
void session_send_result(int socket, JsonNode *result, const GError *failure);
/* Answers with {"return":RESULT}, and a descriptor if fd is set. result becomes the function's. */
void session_send_return(int socket, JsonNode *result, int fd);
/* An object without members, to answer with; the caller's. */
JsonNode *session_empty_object(void);
/* Answers with the error; status is the exit status that it stands for, 0 for none. */
void session_send_failure(int socket, const GError *failure, int status);
/* Tells that the process of an exec has stopped. */
void session_send_stopped(int socket);
/* Tells that the process of an exec has ended. */
void session_send_exited(int socket, int status);
