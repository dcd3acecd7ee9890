/* SPDX-License-Identifier: GPL-2.0-or-later */
/* relay_pair - two connected TCP sockets and the bytes between them: one pair's state machine */
#include "forwarder/relay_pair.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * How it works
 *
 * A pair is two flows, one per direction. A flow reads only when all that it read before is
 * written: so little is in flight, it is still in the cache when the receiver copies it, and an
 * idle pair holds nothing. TCP's own flow control does the rest.
 *
 * Small exchanges go through the worker's buffer: one recv(2) and one send(2), and a read that does
 * not fill the buffer was the last one (epoll(7) on edge-triggered sets). A read that fills it
 * means bulk: from then on splice(2) moves pages through a pipe, as long as each turn finds enough.
 * Where there is no pipe, bulk goes through the buffer as well. What a send leaves over is kept in
 * an allocation of its own.
 *
 * Where the direction has a limit of bandwidth (bucket.h), a read is asked for before: a flow whose
 * time has not come is held, and TCP makes its sender wait.
 *
 * Sizes: socket buffers are the kernel's own choice, because no fixed bound on them (SO_RCVBUF,
 * SO_SNDBUF, TCP_NOTSENT_LOWAT) showed a gain that stood out of the noise. What counts is the
 * number of bytes per splice: a pipe's default size costs about a third of the throughput, more
 * than SPLICE_SIZE per call showed no clear gain.
 *
 * End of file: when the rest is written, shutdown(2) passes it on; the pair ends with its second
 * flow. Failure of a socket (EPOLLERR, or an error from a system call): the flow to it ends at
 * once; the flow from it delivers what there is to read and then ends without a shutdown; after
 * that the other side is reset. The first system call after an RST takes the error with it and a
 * later read says end of file, therefore `failed` is remembered.
 */

/* Bytes per splice(2). */
#define SPLICE_SIZE (1024 * 1024)
/* A turn that moves less, and empties the source, ends the use of a pipe. */
#define BULK_SIZE (16 * 1024)
/* Bytes that one direction may move in one turn. */
#define TURN_SIZE (1024 * 1024)

/* Also where the agent, who may hold a duplicate, has cleared O_NONBLOCK. */
#define SEND_FLAGS (MSG_NOSIGNAL | MSG_DONTWAIT)

#define WATCHED_EVENTS (EPOLLIN | EPOLLRDHUP | EPOLLPRI | EPOLLET)

static enum pair_side other_side(enum pair_side side)
{
	return side == PAIR_HOST ? PAIR_NAMESPACE : PAIR_HOST;
}

struct relay_pair *relay_pair_new(const struct relay_connection *connection)
{
	struct relay_pair *pair = g_new0(struct relay_pair, 1);

	pair->origin = connection->origin;
	pair->flow = connection->flow;
	pair->tally = connection->tally;
	pair->ends[PAIR_NAMESPACE] =
		(struct pair_end){.pair = pair, .fd = connection->namespace_fd};
	pair->ends[PAIR_HOST] = (struct pair_end){.pair = pair, .fd = connection->host_fd};
	pair->link.data = pair;
	pair->ready_link.data = pair;
	for (int side = 0; side < PAIR_N_SIDES; side++)
		pair->flows[side].held_link.data = pair;
	return pair;
}

static bool watch_end(struct pair_end *end, int epoll_fd, int operation, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = end};

	return epoll_ctl(epoll_fd, operation, end->fd, &event) == 0;
}

bool relay_pair_watch(struct relay_pair *pair, int epoll_fd)
{
	/* The client's request is often here already: last, so that the worker starts late. */
	enum pair_side client = pair->origin == RELAY_PUBLISHED ? PAIR_HOST : PAIR_NAMESPACE;

	return watch_end(&pair->ends[other_side(client)], epoll_fd, EPOLL_CTL_ADD,
			 WATCHED_EVENTS) &&
	       watch_end(&pair->ends[client], epoll_fd, EPOLL_CTL_ADD, WATCHED_EVENTS);
}

void relay_pair_rewatch(struct relay_pair *pair, int epoll_fd)
{
	for (int side = 0; side < PAIR_N_SIDES; side++) {
		struct pair_end *end = &pair->ends[side];
		watch_end(end, epoll_fd, EPOLL_CTL_MOD,
			  WATCHED_EVENTS | (end->watches_out ? EPOLLOUT : 0));
	}
}

/* Asks for EPOLLOUT too; it comes at once if the socket is writable already. */
static void watch_out(struct pair_end *end, const struct pair_context *context)
{
	end->watches_out = true;
	if (!watch_end(end, context->epoll_fd, EPOLL_CTL_MOD, WATCHED_EVENTS | EPOLLOUT))
		end->failed = true;
}

void relay_pair_note_events(struct pair_end *end, uint32_t events)
{
	struct relay_pair *pair = end->pair;
	enum pair_side side = end == &pair->ends[PAIR_HOST] ? PAIR_HOST : PAIR_NAMESPACE;
	struct pair_flow *from = &pair->flows[side];
	struct pair_flow *to = &pair->flows[other_side(side)];

	if (events & ~EPOLLOUT)
		from->readable = true;
	if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR | EPOLLPRI))
		from->read_to_end = true;
	/* splice(2) stops for good before an urgent byte, recv(2) goes on behind it. */
	if (events & EPOLLPRI)
		from->never_splice = true;
	if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
		to->blocked = false;
	if (events & EPOLLERR)
		end->failed = true;
}

static void release_pipe(struct pair_flow *flow, struct pair_context *context)
{
	if (flow->pipe && flow->in_pipe)
		pipe_pool_discard(&context->pipes, flow->pipe);
	else if (flow->pipe)
		pipe_pool_give(&context->pipes, flow->pipe);
	flow->pipe = NULL;
	flow->in_pipe = 0;
}

static void settle(struct pair_flow *flow, struct bucket *limit, size_t used)
{
	flow->is_held = false;
	if (flow->grant.size)
		bucket_settle(limit, &flow->grant, used);
}

/* Ends a direction for good; what it holds is lost. */
static void flow_close(struct relay_pair *pair, enum pair_side source, struct pair_context *context)
{
	struct pair_flow *flow = &pair->flows[source];

	flow->closed = true;
	atomic_store_explicit(&pair->half_closed, true, memory_order_relaxed);
	release_pipe(flow, context);
	settle(flow, context->limits[source], 0);
	g_clear_pointer(&flow->rest, g_free);
}

/* One writer only: a plain addition without a locked instruction. */
static void add_to(_Atomic uint64_t *counter, size_t size)
{
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + size,
			      memory_order_relaxed);
}

static void count_bytes(struct relay_pair *pair, enum pair_side source, size_t size,
			struct pair_context *context)
{
	add_to(&context->bytes_from[source], size);
	add_to(&pair->flows[source].bytes, size);
	port_tally_count(pair->tally, source == PAIR_NAMESPACE ? size : 0,
			 source == PAIR_HOST ? size : 0);
}

/* What a write to the sink came to: counts it, or notes why there was none. */
static void note_write(struct relay_pair *pair, enum pair_side source, ssize_t written,
		       struct pair_context *context)
{
	struct pair_end *sink = &pair->ends[other_side(source)];

	if (written > 0)
		count_bytes(pair, source, written, context);
	else if (errno == EAGAIN)
		pair->flows[source].blocked = true;
	else if (errno != EINTR)
		sink->failed = true;
	if (pair->flows[source].blocked && !sink->watches_out)
		watch_out(sink, context);
}

static void write_rest(struct relay_pair *pair, enum pair_side source, struct pair_context *context)
{
	struct pair_flow *flow = &pair->flows[source];
	ssize_t sent = send(pair->ends[other_side(source)].fd, flow->rest + flow->rest_start,
			    flow->rest_end - flow->rest_start, SEND_FLAGS);

	note_write(pair, source, sent, context);
	if (sent > 0)
		flow->rest_start += sent;
	if (flow->rest_start == flow->rest_end)
		g_clear_pointer(&flow->rest, g_free);
}

static void write_pipe(struct relay_pair *pair, enum pair_side source, struct pair_context *context)
{
	struct pair_flow *flow = &pair->flows[source];
	ssize_t sent = splice(flow->pipe->read_fd, NULL, pair->ends[other_side(source)].fd, NULL,
			      flow->in_pipe, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);

	note_write(pair, source, sent, context);
	if (sent > 0)
		flow->in_pipe -= sent;
}

/* Notes why a read brought nothing. */
static void note_empty_read(struct relay_pair *pair, enum pair_side source, ssize_t got)
{
	struct pair_flow *flow = &pair->flows[source];

	if (got < 0 && errno == EAGAIN) {
		flow->readable = false;
		return;
	}
	if (got < 0 && errno == EINTR)
		return;
	flow->source_ended = true;
	if (got < 0)
		pair->ends[source].failed = true;
}

static size_t read_to_pipe(struct relay_pair *pair, enum pair_side source, size_t size)
{
	struct pair_flow *flow = &pair->flows[source];
	ssize_t got = splice(pair->ends[source].fd, NULL, flow->pipe->write_fd, NULL, size,
			     SPLICE_F_MOVE | SPLICE_F_NONBLOCK);

	if (got > 0) {
		flow->in_pipe = got;
		return got;
	}
	if (got < 0 && errno == EINVAL)
		flow->never_splice = true;
	else
		note_empty_read(pair, source, got);
	return 0;
}

static size_t copy_once(struct relay_pair *pair, enum pair_side source, size_t size,
			struct pair_context *context)
{
	struct pair_flow *flow = &pair->flows[source];
	ssize_t got = recv(pair->ends[source].fd, context->buffer, size, MSG_DONTWAIT);

	if (got <= 0) {
		note_empty_read(pair, source, got);
		return 0;
	}
	flow->bulk = got == PAIR_BUFFER_SIZE;
	if ((size_t)got < size && !flow->read_to_end)
		flow->readable = false;

	ssize_t sent = send(pair->ends[other_side(source)].fd, context->buffer, got, SEND_FLAGS);
	note_write(pair, source, sent, context);
	if (sent < got) {
		sent = MAX(sent, 0);
		flow->rest = g_memdup2(context->buffer + sent, got - sent);
		flow->rest_start = 0;
		flow->rest_end = got - sent;
	}
	return got;
}

/* Reads size bytes at most, by splice(2) where there is much to read and a pipe to be had. */
static size_t read_once(struct relay_pair *pair, enum pair_side source, size_t size,
			struct pair_context *context)
{
	struct pair_flow *flow = &pair->flows[source];

	if (flow->bulk && !flow->never_splice && !flow->pipe)
		flow->pipe = pipe_pool_take(&context->pipes);
	if (flow->pipe && !flow->never_splice)
		return read_to_pipe(pair, source, size);
	return copy_once(pair, source, MIN(size, PAIR_BUFFER_SIZE), context);
}

/* Reads once, unless the limit wants that to wait: not to read makes TCP slow its sender down. */
static size_t flow_read(struct relay_pair *pair, enum pair_side source,
			struct pair_context *context)
{
	struct pair_flow *flow = &pair->flows[source];
	struct bucket *limit = context->limits[source];
	size_t size = SPLICE_SIZE;

	if (bucket_is_limited(limit)) {
		flow->is_held =
			!bucket_ask(limit, &flow->grant, bucket_quantum(limit), bucket_now());
		if (flow->is_held)
			return 0;
		size = flow->grant.size;
	}
	size_t got = read_once(pair, source, size, context);
	settle(flow, limit, got);
	return got;
}

/* Writes what is held. True when nothing is left. */
static bool flow_write(struct relay_pair *pair, enum pair_side source, struct pair_context *context)
{
	struct pair_flow *flow = &pair->flows[source];
	const struct pair_end *sink = &pair->ends[other_side(source)];

	while (flow->rest && !flow->blocked && !sink->failed)
		write_rest(pair, source, context);
	while (flow->in_pipe && !flow->blocked && !sink->failed)
		write_pipe(pair, source, context);
	return !flow->rest && !flow->in_pipe;
}

/* Passes the end of file on, unless the source failed: then an RST will follow. */
static void flow_finish(struct relay_pair *pair, enum pair_side source)
{
	struct pair_end *sink = &pair->ends[other_side(source)];

	pair->flows[source].closed = true;
	atomic_store_explicit(&pair->half_closed, true, memory_order_relaxed);
	/* When the other direction has ended too, close(2) sends the FIN. */
	if (pair->ends[source].failed || pair->flows[other_side(source)].closed)
		return;
	if (shutdown(sink->fd, SHUT_WR) < 0)
		sink->failed = true;
}

/* Runs one direction for a turn. True when it has more to do. */
static bool flow_run(struct relay_pair *pair, enum pair_side source, struct pair_context *context)
{
	struct pair_flow *flow = &pair->flows[source];
	const struct pair_end *sink = &pair->ends[other_side(source)];
	size_t moved = 0;

	flow->is_held = false;
	while (!flow->closed && !sink->failed && !flow->is_held && moved < TURN_SIZE) {
		if (!flow_write(pair, source, context))
			break;
		if (flow->source_ended)
			flow_finish(pair, source);
		else if (flow->readable)
			moved += flow_read(pair, source, context);
		else
			break;
	}
	if (flow->bulk && !flow->readable)
		flow->bulk = moved >= BULK_SIZE;
	if (sink->failed)
		flow_close(pair, source, context);
	if (!flow->in_pipe)
		release_pipe(flow, context);
	return moved >= TURN_SIZE && !flow->closed;
}

/*
 * An RST throws away what the kernel has not sent yet, so it has to wait for that; a bound of one
 * unsent byte makes EPOLLOUT the event that says so.
 */
static bool wait_until_sent(struct pair_end *end, const struct pair_context *context)
{
	const int bound = 1;
	int unsent = 0;

	if (end->failed || ioctl(end->fd, SIOCOUTQNSD, &unsent) < 0 || unsent == 0)
		return true;
	if (setsockopt(end->fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bound, sizeof(bound)) < 0)
		return true;
	watch_out(end, context);
	return end->failed;
}

static enum pair_verdict pair_verdict(struct relay_pair *pair, const struct pair_context *context)
{
	bool any_failed = false;

	for (int side = 0; side < PAIR_N_SIDES; side++) {
		if (!pair->ends[side].failed)
			continue;
		any_failed = true;
		if (!pair->flows[side].closed ||
		    !wait_until_sent(&pair->ends[other_side(side)], context))
			return PAIR_WAITS;
	}
	if (any_failed)
		return PAIR_RESET;
	if (pair->flows[PAIR_NAMESPACE].closed && pair->flows[PAIR_HOST].closed)
		return PAIR_ENDED;
	return PAIR_WAITS;
}

enum pair_verdict relay_pair_run(struct relay_pair *pair, struct pair_context *context)
{
	if (atomic_load_explicit(&pair->doomed, memory_order_acquire))
		return PAIR_RESET;

	bool ready = flow_run(pair, PAIR_NAMESPACE, context);
	ready |= flow_run(pair, PAIR_HOST, context);
	/* The second may have found that the sink of the first has failed. */
	if (pair->ends[PAIR_HOST].failed)
		flow_close(pair, PAIR_NAMESPACE, context);
	if (ready)
		return PAIR_READY;
	return pair_verdict(pair, context);
}

void relay_pair_describe(const struct relay_pair *pair, struct flow_record *ret_record)
{
	const struct pair_flow *flows = pair->flows;
	bool half_closed = atomic_load_explicit(&pair->half_closed, memory_order_relaxed);

	*ret_record = (struct flow_record){
		.identity = pair->flow,
		.protocol = IPPROTO_TCP,
		.state = half_closed ? FLOW_CLOSING : FLOW_ESTABLISHED,
		.bytes_from_command =
			atomic_load_explicit(&flows[PAIR_NAMESPACE].bytes, memory_order_relaxed),
		.bytes_to_command =
			atomic_load_explicit(&flows[PAIR_HOST].bytes, memory_order_relaxed),
	};
}

void relay_pair_close(struct relay_pair *pair, struct pair_context *context, bool reset)
{
	for (int side = 0; side < PAIR_N_SIDES; side++) {
		/* Where somebody holds a duplicate, close(2) alone would leave it in the set. */
		if (pair->is_shared || (side == PAIR_NAMESPACE && pair->origin == RELAY_PUBLISHED))
			(void)epoll_ctl(context->epoll_fd, EPOLL_CTL_DEL, pair->ends[side].fd,
					NULL);
		flow_close(pair, side, context);
		if (reset)
			relay_reset_socket(pair->ends[side].fd);
		else
			close(pair->ends[side].fd);
	}
	port_tally_close(g_steal_pointer(&pair->tally));
	pair->ended = true;
}

void relay_pair_free(struct relay_pair *pair)
{
	g_free(pair);
}
