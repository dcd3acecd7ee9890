/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_setup - the steps of a start, their descriptors, and failures instead of them */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib.h>

#include "launcher/setup.h"
#include "src/autoclose.h"
#include "src/failure.h"
#include "src/fdpass.h"
#include "tests/unit/descriptors.h"

static void test_step(void)
{
	struct descriptors_pair pair;
	int number = 0;

	descriptors_pair_init(&pair);
	g_assert_true(setup_send(pair.to, SETUP_PID, 4711, NULL));
	g_assert_true(setup_send(pair.to, SETUP_GO, 0, NULL));
	g_assert_true(setup_expect(pair.from, SETUP_PID, &number, NULL));
	g_assert_cmpint(number, ==, 4711);
	g_assert_true(setup_expect(pair.from, SETUP_GO, NULL, NULL));
	descriptors_pair_done(&pair);
}

static void test_other_step(void)
{
	g_autoptr(GError) error = NULL;
	struct descriptors_pair pair;

	descriptors_pair_init(&pair);
	g_assert_true(setup_send(pair.to, SETUP_LINK, 1, NULL));
	g_assert_false(setup_expect(pair.from, SETUP_GO, NULL, &error));
	g_assert_error(error, FAILURE, EBADMSG);
	descriptors_pair_done(&pair);
}

static void test_failure_crosses(void)
{
	g_autoptr(GError) sent = NULL;
	g_autoptr(GError) received = NULL;
	struct descriptors_pair pair;
	int number = 0;

	descriptors_pair_init(&pair);
	failure_set(&sent, ENOENT, "install it", "no such command");
	setup_send_failed(pair.to, sent, 127);
	g_assert_false(setup_expect(pair.from, SETUP_STARTED, &number, &received));
	g_assert_error(received, FAILURE, ENOENT);
	g_assert_cmpstr(received->message, ==, sent->message);
	g_assert_cmpstr(failure_cure(received), ==, "install it");
	g_assert_cmpint(number, ==, 127);
	descriptors_pair_done(&pair);
}

static void test_long_failure_is_cut(void)
{
	g_autofree char *text = g_strnfill(100000, 'x');
	g_autoptr(GError) sent = NULL;
	g_autoptr(GError) received = NULL;
	struct descriptors_pair pair;

	descriptors_pair_init(&pair);
	failure_set(&sent, EIO, NULL, "%s", text);
	setup_send_failed(pair.to, sent, 1);
	g_assert_false(setup_expect(pair.from, SETUP_GO, NULL, &received));
	g_assert_error(received, FAILURE, EIO);
	g_assert_true(g_str_has_prefix(text, received->message));
	g_assert_cmpuint(strlen(received->message), >, 1000);
	descriptors_pair_done(&pair);
}

static void test_descriptors_keep_their_places(void)
{
	struct descriptors_pair pair;
	int received[4] = {-1, -1, -1, -1};

	descriptors_pair_init(&pair);
	const int sent[4] = {-1, pair.to, -1, pair.from};
	g_assert_true(setup_send_fds(pair.to, SETUP_LINKED, sent, 4, NULL));
	g_assert_true(setup_expect_fds(pair.from, SETUP_LINKED, received, 4, NULL));
	g_assert_cmpint(received[0], ==, -1);
	g_assert_true(descriptors_is_copy(pair.to, received[1]));
	g_assert_cmpint(received[2], ==, -1);
	g_assert_true(descriptors_is_copy(pair.from, received[3]));
	close_fd(&received[1]);
	close_fd(&received[3]);
	descriptors_pair_done(&pair);
}

static void test_most_descriptors(void)
{
	struct descriptors_pair pair;
	int sent[31], received[31];

	descriptors_pair_init(&pair);
	for (size_t i = 0; i < G_N_ELEMENTS(sent); i++)
		sent[i] = pair.to;
	g_assert_true(setup_send_fds(pair.to, SETUP_LINKED, sent, 31, NULL));
	g_assert_true(setup_expect_fds(pair.from, SETUP_LINKED, received, 31, NULL));
	for (size_t i = 0; i < G_N_ELEMENTS(sent); i++) {
		g_assert_true(descriptors_is_copy(sent[i], received[i]));
		close(received[i]);
	}
	descriptors_pair_done(&pair);
}

/* Descriptors at places that nobody asked for, or for a step that has none, are closed. */
static void test_surplus_descriptors(void)
{
	g_autoptr(GError) error = NULL;
	struct descriptors_pair pair;
	int received[1] = {-1};

	descriptors_pair_init(&pair);
	const int sent[3] = {pair.to, pair.to, pair.to};
	g_assert_true(setup_send_fds(pair.to, SETUP_LINKED, sent, 3, NULL));
	g_assert_false(setup_expect_fds(pair.from, SETUP_LINKED, received, 1, &error));
	g_assert_error(error, FAILURE, EBADMSG);
	g_assert_cmpint(received[0], ==, -1);
	g_assert_true(setup_send_fds(pair.to, SETUP_GO, sent, 3, NULL));
	g_assert_true(setup_expect(pair.from, SETUP_GO, NULL, NULL));
	descriptors_pair_done(&pair);
}

/* The number says that there are descriptors, and none came. */
static void test_missing_descriptors(void)
{
	g_autoptr(GError) error = NULL;
	struct descriptors_pair pair;
	int received[3] = {-1, -1, -1};

	descriptors_pair_init(&pair);
	g_assert_true(setup_send(pair.to, SETUP_LINKED, 5, NULL));
	g_assert_false(setup_expect_fds(pair.from, SETUP_LINKED, received, 3, &error));
	g_assert_error(error, FAILURE, EBADMSG);
	g_assert_cmpint(received[0], ==, -1);
	descriptors_pair_done(&pair);
}

static void test_closed_peer(void)
{
	g_autoptr(GError) error = NULL;
	struct descriptors_pair pair;

	descriptors_pair_init(&pair);
	close_fd(&pair.to);
	g_assert_false(setup_expect(pair.from, SETUP_GO, NULL, &error));
	g_assert_error(error, FAILURE, EPIPE);
	descriptors_pair_done(&pair);
}

static void test_malformed(void)
{
	static const char garbage[64] = {SETUP_GO};

	for (size_t size = 1; size < sizeof(garbage); size++) {
		g_autoptr(GError) error = NULL;
		struct descriptors_pair pair;

		descriptors_pair_init(&pair);
		g_assert_cmpint(send(pair.to, garbage, size, 0), ==, (ssize_t)size);
		if (!setup_expect(pair.from, SETUP_GO, NULL, &error))
			g_assert_error(error, FAILURE, EBADMSG);
		g_assert_true(error || size > 3 * sizeof(int));
		descriptors_pair_done(&pair);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/setup/step", test_step);
	g_test_add_func("/setup/other-step", test_other_step);
	g_test_add_func("/setup/failure-crosses", test_failure_crosses);
	g_test_add_func("/setup/long-failure-is-cut", test_long_failure_is_cut);
	g_test_add_func("/setup/descriptors-keep-their-places", test_descriptors_keep_their_places);
	g_test_add_func("/setup/most-descriptors", test_most_descriptors);
	g_test_add_func("/setup/surplus-descriptors", test_surplus_descriptors);
	g_test_add_func("/setup/missing-descriptors", test_missing_descriptors);
	g_test_add_func("/setup/closed-peer", test_closed_peer);
	g_test_add_func("/setup/malformed", test_malformed);
	return g_test_run();
}
