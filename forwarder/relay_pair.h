/* SPDX-License-Identifier: GPL-2.0-or-later */
/* relay_pair - two connected TCP sockets and the bytes between them: one pair's state machine */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "forwarder/bucket.h"
#include "forwarder/pipe_pool.h"
#include "forwarder/relay.h"

#define PAIR_BUFFER_SIZE (64 * 1024)

enum pair_side {
	PAIR_NAMESPACE,
	PAIR_HOST,
	PAIR_N_SIDES,
};

/* What a worker lends to its pairs; used by its thread alone but for the counters. */
struct pair_context {
	int epoll_fd;
	char *buffer; /* PAIR_BUFFER_SIZE bytes */
	struct pipe_pool pipes;
	_Atomic uint64_t bytes_from[PAIR_N_SIDES]; /* written to the other side */
	struct bucket *limits[PAIR_N_SIDES];	   /* of what is read from it; may be NULL */
};

/* One socket. The epoll set's data.ptr leads here. */
struct pair_end {
	struct relay_pair *pair;
	int fd;
	bool failed;	  /* reset or timed out: nothing can be written any more */
	bool watches_out; /* EPOLLOUT is in the epoll set */
};

/* One direction: what was read from one side and is not yet written to the other. */
struct pair_flow {
	struct pool_pipe *pipe; /* held while there are bytes in it, or between two splices */
	uint32_t in_pipe;
	uint32_t rest_start; /* of the unsent bytes in rest */
	uint32_t rest_end;
	char *rest;	   /* allocated only while a send was cut short */
	bool readable;	   /* the source may have bytes */
	bool blocked;	   /* the sink is full */
	bool read_to_end;  /* a short read does not mean that the source is empty */
	bool bulk;	   /* the last reads were large: splice */
	bool never_splice; /* urgent data, or refused by the kernel */
	bool source_ended; /* end of file or error: what is held is all that is left */
	bool closed;	   /* and all of it was passed on */
	bool is_held;	   /* its limit wants it to wait for grant.at_ns */
	struct bucket_grant grant;
	_Atomic uint64_t bytes; /* written to the sink; read by other threads */
	/* private to relay_held.c */
	int64_t queued_for_ns; /* 0: is not queued */
	GList held_link;
};

struct relay_pair {
	enum relay_origin origin;
	struct flow_identity flow;
	struct port_tally *tally; /* or NULL */
	struct pair_end ends[PAIR_N_SIDES];
	struct pair_flow flows[PAIR_N_SIDES]; /* indexed by the source */
	atomic_bool doomed;		      /* reset both sides at the next event */
	atomic_bool added;		      /* relay_add() is through with it */
	atomic_bool half_closed;	      /* one flow has ended; read by other threads */
	bool ready;			      /* is in the worker's list of ready pairs */
	bool ended;			      /* waits to be freed */
	bool is_shared;	  /* another process may still hold duplicates of the sockets */
	GList link;	  /* in the worker's list of pairs */
	GList ready_link; /* in its list of ready or of ended pairs */
};

enum pair_verdict {
	PAIR_WAITS, /* for an event */
	PAIR_READY, /* has more to do: run it again when others had their turn */
	PAIR_ENDED, /* both directions ended */
	PAIR_RESET, /* an error on one side, to be passed on to the other */
};

/* Takes the descriptors and the tally. */
struct relay_pair *relay_pair_new(const struct relay_connection *connection);

/* Adds both sockets to the epoll set. False with errno set; one of them may be in the set then. */
bool relay_pair_watch(struct relay_pair *pair, int epoll_fd);

/* Has the present state of both sockets reported as events, although it was reported already. */
void relay_pair_rewatch(struct relay_pair *pair, int epoll_fd);

/* Takes note of what epoll_wait(2) said of an end. */
void relay_pair_note_events(struct pair_end *end, uint32_t events);

/* Moves what can be moved, within the bound of a turn. */
enum pair_verdict relay_pair_run(struct relay_pair *pair, struct pair_context *context);

/* What the pair is at this moment; safe from any thread while the pair is alive. */
void relay_pair_describe(const struct relay_pair *pair, struct flow_record *ret_record);

/* Closes the sockets, with an RST if reset. The memory stays until relay_pair_free(). */
void relay_pair_close(struct relay_pair *pair, struct pair_context *context, bool reset);

void relay_pair_free(struct relay_pair *pair);
