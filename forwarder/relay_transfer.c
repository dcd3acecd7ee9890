/* SPDX-License-Identifier: GPL-2.0-or-later */
/* relay_transfer - passes the relay's pairs, with the bytes that they hold, on to another process
 */
#include "forwarder/relay_transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "forwarder/relay_worker.h"
#include "src/autoclose.h"
#include "src/handoff_message.h"

/* Two sockets, and two pipes with both ends. */
#define FDS_PER_PAIR 6
/* Of a pair's text. */
#define TEXT_PER_PAIR 1024

/* --- sending --- */

/* A message that is being filled. */
struct batch {
	struct transfer_message message;
	JsonArray *pairs;
	GByteArray *data;
	int socket;
};

static void batch_begin(struct batch *batch)
{
	batch->message = (struct transfer_message){.object = json_object_new()};
	batch->pairs = json_array_new();
	json_object_set_array_member(batch->message.object, "pairs", batch->pairs);
	batch->data = g_byte_array_new();
}

static bool batch_send(struct batch *batch, GError **error)
{
	batch->message.data = batch->data->data;
	batch->message.size = batch->data->len;
	bool sent = transfer_send(batch->socket, &batch->message, error);
	g_byte_array_unref(batch->data);
	json_node_unref(batch->message.object);
	return sent;
}

static size_t rest_size(const struct pair_flow *flow)
{
	return flow->rest ? flow->rest_end - flow->rest_start : 0;
}

static bool batch_has_room(const struct batch *batch, const struct relay_pair *pair)
{
	size_t text = (json_array_get_length(batch->pairs) + 1) * TEXT_PER_PAIR;
	size_t rests = rest_size(&pair->flows[0]) + rest_size(&pair->flows[1]);

	return batch->message.n_fds + FDS_PER_PAIR <= FDPASS_MAX_FDS &&
	       batch->data->len + rests + text <= FDPASS_MAX_BYTES;
}

static void add_fd(struct batch *batch, int fd)
{
	batch->message.fds[batch->message.n_fds++] = fd;
}

static JsonObject *flow_to_json(struct batch *batch, const struct pair_flow *flow)
{
	JsonObject *object = json_object_new();
	size_t rest = rest_size(flow);

	json_object_set_boolean_member(object, "never_splice", flow->never_splice);
	json_object_set_boolean_member(object, "source_ended", flow->source_ended);
	json_object_set_boolean_member(object, "closed", flow->closed);
	json_object_set_int_member(
		object, "bytes", (gint64)atomic_load_explicit(&flow->bytes, memory_order_relaxed));
	json_object_set_int_member(object, "rest", (gint64)rest);
	json_object_set_int_member(object, "in_pipe", flow->in_pipe);
	if (rest)
		g_byte_array_append(batch->data, (uint8_t *)flow->rest + flow->rest_start,
				    (guint)rest);
	if (flow->in_pipe) {
		add_fd(batch, flow->pipe->read_fd);
		add_fd(batch, flow->pipe->write_fd);
	}
	return object;
}

static void batch_add(struct batch *batch, const struct relay_pair *pair)
{
	JsonObject *object = json_object_new();
	JsonArray *failed = json_array_new(), *flows = json_array_new();

	for (int side = 0; side < PAIR_N_SIDES; side++) {
		json_array_add_element(failed, json_boolean_node(pair->ends[side].failed));
		add_fd(batch, pair->ends[side].fd);
	}
	for (int side = 0; side < PAIR_N_SIDES; side++)
		json_array_add_element(flows, flow_to_json(batch, &pair->flows[side]));
	json_object_set_boolean_member(object, "published", pair->origin == RELAY_PUBLISHED);
	json_object_set_int_member(object, "since", pair->flow.since_us);
	json_object_set_array_member(object, "failed", failed);
	json_object_set_array_member(object, "flows", flows);
	json_array_add_element(batch->pairs, object);
}

static bool send_pairs_of(struct batch *batch, const struct relay_worker *worker, GError **error)
{
	for (const GList *link = worker->pairs.head; link; link = link->next) {
		struct relay_pair *pair = link->data;

		if (atomic_load(&pair->doomed))
			continue;
		/* Until its end, should this relay go on with it. */
		pair->is_shared = true;
		if (!batch_has_room(batch, pair)) {
			bool sent = batch_send(batch, error);
			batch_begin(batch);
			if (!sent)
				return false;
		}
		batch_add(batch, pair);
	}
	return true;
}

bool relay_transfer_send(struct relay *relay, int socket, GError **error)
{
	struct batch batch = {.socket = socket};
	bool sent = true;

	batch_begin(&batch);
	for (unsigned i = 0; sent && i < relay->n_workers; i++)
		sent = send_pairs_of(&batch, &relay->workers[i], error);
	if (sent)
		return batch_send(&batch, error);
	g_byte_array_unref(batch.data);
	json_node_unref(batch.message.object);
	return false;
}

/* --- receiving --- */

struct relay_arrivals {
	GPtrArray *pairs; /* of struct relay_pair */
};

static void close_pair(gpointer data)
{
	struct relay_pair *pair = data;

	for (int side = 0; side < PAIR_N_SIDES; side++) {
		struct pair_flow *flow = &pair->flows[side];

		close_fd(&pair->ends[side].fd);
		if (flow->pipe) {
			close_fd(&flow->pipe->read_fd);
			close_fd(&flow->pipe->write_fd);
			g_free(flow->pipe);
		}
		g_free(flow->rest);
	}
	relay_pair_free(pair);
}

struct relay_arrivals *relay_arrivals_new(void)
{
	struct relay_arrivals *arrivals = g_new(struct relay_arrivals, 1);

	arrivals->pairs = g_ptr_array_new_with_free_func(close_pair);
	return arrivals;
}

void relay_arrivals_free(struct relay_arrivals *arrivals)
{
	if (!arrivals)
		return;
	g_ptr_array_unref(arrivals->pairs);
	g_free(arrivals);
}

/* What is left of a message that is being read. */
struct reader {
	struct transfer_message *message;
	size_t fd, data;
};

/* The next descriptor, or -1. */
static int take_fd(struct reader *reader)
{
	return reader->fd < reader->message->n_fds ? g_steal_fd(&reader->message->fds[reader->fd++])
						   : -1;
}

static bool read_rest(struct reader *reader, struct pair_flow *flow, gint64 size)
{
	if (size == 0)
		return true;
	if (size < 0 || size > PAIR_BUFFER_SIZE ||
	    (size_t)size > reader->message->size - reader->data)
		return false;
	flow->rest = g_memdup2(reader->message->data + reader->data, (size_t)size);
	flow->rest_end = (uint32_t)size;
	reader->data += (size_t)size;
	return true;
}

static bool read_pipe(struct reader *reader, struct pair_flow *flow, gint64 size)
{
	if (size == 0)
		return true;
	if (size < 0 || size > G_MAXINT32)
		return false;
	flow->pipe = g_new(struct pool_pipe, 1);
	*flow->pipe = (struct pool_pipe){.read_fd = take_fd(reader), .write_fd = take_fd(reader)};
	flow->in_pipe = (uint32_t)size;
	return flow->pipe->write_fd >= 0;
}

static bool read_flow(struct reader *reader, struct pair_flow *flow, JsonObject *object)
{
	if (!object)
		return false;
	flow->never_splice =
		json_object_get_boolean_member_with_default(object, "never_splice", false);
	flow->source_ended =
		json_object_get_boolean_member_with_default(object, "source_ended", false);
	flow->closed = json_object_get_boolean_member_with_default(object, "closed", false);
	flow->readable = flow->read_to_end = true;
	atomic_store(&flow->bytes, (uint64_t)json_object_get_int_member(object, "bytes"));
	return read_rest(reader, flow, json_object_get_int_member(object, "rest")) &&
	       read_pipe(reader, flow, json_object_get_int_member(object, "in_pipe"));
}

static bool read_ends(struct reader *reader, struct relay_pair *pair, JsonArray *failed)
{
	for (unsigned side = 0; side < PAIR_N_SIDES; side++) {
		JsonNode *node = failed ? json_array_get_element(failed, side) : NULL;

		pair->ends[side].fd = take_fd(reader);
		pair->ends[side].failed = node && json_node_get_boolean(node);
		if (pair->ends[side].fd < 0)
			return false;
	}
	return true;
}

static bool read_pair(struct reader *reader, struct relay_pair *pair, JsonObject *object)
{
	JsonArray *flows = json_object_get_array_member(object, "flows");
	bool half_closed = false;

	if (json_object_get_boolean_member_with_default(object, "published", false))
		pair->origin = RELAY_PUBLISHED;
	pair->is_shared = true;
	pair->flow.since_us = json_object_get_int_member(object, "since");
	if (!flows || !read_ends(reader, pair, json_object_get_array_member(object, "failed")))
		return false;
	for (unsigned side = 0; side < PAIR_N_SIDES; side++) {
		if (!read_flow(reader, &pair->flows[side],
			       json_array_get_object_element(flows, side)))
			return false;
		half_closed |= pair->flows[side].closed;
	}
	atomic_store(&pair->half_closed, half_closed);
	return true;
}

bool relay_arrivals_take(struct relay_arrivals *arrivals, struct transfer_message *message,
			 GError **error)
{
	JsonArray *pairs = json_object_get_array_member(message->object, "pairs");
	struct reader reader = {.message = message};

	for (unsigned i = 0; pairs && i < json_array_get_length(pairs); i++) {
		const struct relay_connection unset = {.namespace_fd = -1, .host_fd = -1};
		struct relay_pair *pair = relay_pair_new(&unset);
		JsonObject *object = json_array_get_object_element(pairs, i);

		g_ptr_array_add(arrivals->pairs, pair);
		if (!object || !read_pair(&reader, pair, object))
			return handoff_message_malformed(error, "pair of connections");
	}
	return true;
}

/* Ends that have failed have no addresses any more. */
static void identify(struct relay_pair *pair, struct ledger *ledger)
{
	struct sockaddr_storage command, remote;
	socklen_t command_size = sizeof(command), remote_size = sizeof(remote);
	int fd = pair->ends[PAIR_NAMESPACE].fd;
	gint64 since_us = pair->flow.since_us;
	struct flow_ends ends = {0};

	if (getpeername(fd, (struct sockaddr *)&command, &command_size) == 0 &&
	    getsockname(fd, (struct sockaddr *)&remote, &remote_size) == 0) {
		ip_address_from_sockaddr((struct sockaddr *)&command, &ends.command,
					 &ends.command_port);
		ip_address_from_sockaddr((struct sockaddr *)&remote, &ends.remote,
					 &ends.remote_port);
	}
	pair->flow = ledger_begin(ledger, &ends, pair->origin == RELAY_PUBLISHED);
	pair->flow.since_us = since_us;
}

void relay_arrivals_run(struct relay_arrivals *arrivals, struct relay *relay, struct ledger *ledger)
{
	while (arrivals->pairs->len > 0) {
		struct relay_pair *pair =
			g_ptr_array_steal_index_fast(arrivals->pairs, arrivals->pairs->len - 1);

		identify(pair, ledger);
		relay_continue_pair(relay, pair);
	}
}
