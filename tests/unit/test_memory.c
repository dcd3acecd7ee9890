/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_memory - what one forwarder leaves, the next one knows; and what nobody could have left */
#include "forwarder/memory.h"

#include <string.h>
#include <sys/mman.h>

#include "forwarder/egress.h"
#include "src/autoclose.h"
#include "src/memory_file.h"
#include "tests/unit/egress_lesson.h"

/* A file, and who uses it now. */
struct fixture {
	int fd;
	struct memory *memory;
};

static void fixture_init(struct fixture *f)
{
	g_autoptr(GError) error = NULL;

	memory_file_new(&f->fd, &error);
	g_assert_no_error(error);
	f->memory = memory_new(f->fd);
	g_assert_nonnull(f->memory);
}

static void fixture_done(struct fixture *f)
{
	memory_free(f->memory);
	close_fd(&f->fd);
}

/* The next one. */
static void fixture_succeed(struct fixture *f)
{
	memory_free(f->memory);
	f->memory = memory_new(f->fd);
}

/* --- slots --- */

static bool on_text(unsigned slot, const uint8_t *record, size_t size, void *opaque)
{
	GString *found = opaque;

	g_assert_cmpuint(slot, >, 0);
	g_string_append_len(found, (const char *)record, (gssize)size);
	return size > 1;
}

static char *recall(struct fixture *f, enum memory_area area)
{
	GString *found = g_string_new(NULL);

	memory_recall(f->memory, area, on_text, found);
	return g_string_free(found, FALSE);
}

static unsigned keep(struct fixture *f, enum memory_area area, const char *text)
{
	return memory_keep(f->memory, area, text, strlen(text));
}

static void test_records(void)
{
	struct fixture f;

	fixture_init(&f);
	/* The one before may still be writing. */
	g_assert_cmpuint(keep(&f, MEMORY_PINS, "early"), ==, 0);
	g_autofree char *nothing = recall(&f, MEMORY_PINS);
	g_assert_cmpstr(nothing, ==, "");
	g_assert_cmpuint(keep(&f, MEMORY_NAMES, "early"), ==, 0);
	g_free(recall(&f, MEMORY_NAMES));
	unsigned first = keep(&f, MEMORY_PINS, "[one]");
	g_assert_cmpuint(keep(&f, MEMORY_PINS, "[two]"), !=, first);
	g_assert_cmpuint(keep(&f, MEMORY_PINS, "3"), >, 0);
	g_assert_cmpuint(keep(&f, MEMORY_NAMES, "[name]"), >, 0);
	memory_drop(f.memory, MEMORY_PINS, first);
	g_assert_cmpuint(keep(&f, MEMORY_PINS, "[four]"), ==, first);
	memory_set_number(f.memory, MEMORY_NAMES, 7);

	fixture_succeed(&f);
	g_autofree char *names = recall(&f, MEMORY_NAMES);
	g_assert_cmpstr(names, ==, "[name]");
	g_autofree char *pins = recall(&f, MEMORY_PINS);
	g_assert_cmpstr(pins, ==, "[four][two]3");
	g_assert_cmpuint(memory_number(f.memory, MEMORY_NAMES), ==, 7);
	g_assert_cmpuint(memory_number(f.memory, MEMORY_PINS), ==, 0);

	/* What was not taken is gone. */
	fixture_succeed(&f);
	g_autofree char *rest = recall(&f, MEMORY_PINS);
	g_assert_cmpstr(rest, ==, "[four][two]");
	fixture_done(&f);
}

static void test_bounds(void)
{
	static uint8_t large[MEMORY_RECORD_MAX + 1];
	struct fixture f;

	fixture_init(&f);
	g_free(recall(&f, MEMORY_PINS));
	g_assert_cmpuint(memory_keep(f.memory, MEMORY_PINS, large, 0), ==, 0);
	g_assert_cmpuint(memory_keep(f.memory, MEMORY_PINS, large, sizeof(large)), ==, 0);
	for (unsigned i = 0; i < MEMORY_SLOTS; i++)
		g_assert_cmpuint(memory_keep(f.memory, MEMORY_PINS, large, MEMORY_RECORD_MAX), >,
				 0);
	g_assert_cmpuint(memory_keep(f.memory, MEMORY_PINS, large, 1), ==, 0);
	memory_drop(f.memory, MEMORY_PINS, 0);
	memory_drop(f.memory, MEMORY_PINS, 77);
	g_assert_cmpuint(memory_keep(f.memory, MEMORY_PINS, large, 1), ==, 77);
	fixture_done(&f);
}

static void test_no_memory(void)
{
	autoclose int small = memfd_create("small", MFD_CLOEXEC);

	g_assert_null(memory_new(-1));
	g_assert_null(memory_new(small));
	memory_free(NULL);
	memory_recall(NULL, MEMORY_PINS, on_text, NULL);
	g_assert_cmpuint(memory_keep(NULL, MEMORY_PINS, "x", 1), ==, 0);
	memory_drop(NULL, MEMORY_PINS, 1);
	memory_set_number(NULL, MEMORY_PINS, 1);
	g_assert_cmpuint(memory_number(NULL, MEMORY_PINS), ==, 0);
}

/* Nobody can take it away from under another's mapping. */
static void test_sealed(void)
{
	struct fixture f;

	fixture_init(&f);
	g_assert_cmpint(ftruncate(f.fd, 0), <, 0);
	g_assert_cmpint(ftruncate(f.fd, 2 * MEMORY_FILE_SIZE), <, 0);
	fixture_done(&f);
}

/* --- pins --- */

static gint64 now_us;

static gint64 on_now(void)
{
	return now_us;
}

static bool on_is_of_host(const struct ip_address *address, void *opaque)
{
	const char *own = opaque;
	char text[IP_ADDRESS_TEXT_SIZE];

	return own && g_str_equal(ip_address_text(address, text), own);
}

/* own is the address of the host by now, or NULL. */
static struct egress *new_egress(struct fixture *f, const char *rules, const char *own)
{
	static struct link_config link;
	const struct egress_context context = {
		.link = &link,
		.memory = f->memory,
		.is_of_host = on_is_of_host,
		.now_us = on_now,
		.opaque = (void *)own,
	};
	struct egress_set *set = egress_set_new();

	g_assert_true(egress_set_take_text(set, rules, NULL));
	struct egress *egress = egress_new(set, &context);
	egress_recall(egress);
	return egress;
}

static struct egress *succeed(struct fixture *f, struct egress *egress, const char *rules,
			      const char *own)
{
	egress_free(egress);
	fixture_succeed(f);
	return new_egress(f, rules, own);
}

static bool may(struct egress *egress, const char *address)
{
	struct egress_flow flow = {.protocol = IPPROTO_TCP, .has_port = true, .port = 443};
	unsigned rule;

	g_assert_true(ip_address_parse(address, &flow.destination, NULL));
	return egress_check(egress, &flow, &rule);
}

static unsigned count(const struct egress *egress)
{
	struct egress_stats stats;

	egress_get_stats(egress, &stats);
	return stats.pins;
}

static void test_pins(void)
{
	static const char rules[] = "deny bad.test\nallow *.test\nallow private.test@private\n"
				    "default deny\n";
	struct fixture f;

	now_us = 1000 * G_USEC_PER_SEC;
	fixture_init(&f);
	struct egress *egress = new_egress(&f, rules, NULL);
	egress_lesson(egress, "short.test", "192.0.2.1", 0);
	egress_lesson(egress, "long.test", "2001:db8::2", 600);
	egress_lesson(egress, "alias.test bad.test", "192.0.2.3", 600);
	egress_lesson(egress, "private.test", "10.0.0.4", 600);
	egress_lesson(egress, "other.test", "10.0.0.6", 600);
	egress_lesson(egress, "long.test", "192.0.2.5", 600);
	/* Renewed, it is still one. */
	egress_lesson(egress, "long.test", "2001:db8::2", 300);

	now_us += (EGRESS_PIN_SECONDS - 1) * G_USEC_PER_SEC;
	egress = succeed(&f, egress, rules, NULL);
	g_assert_cmpuint(count(egress), ==, 6);
	g_assert_true(may(egress, "192.0.2.1"));
	g_assert_true(may(egress, "2001:db8::2"));
	g_assert_false(may(egress, "192.0.2.3"));
	g_assert_true(may(egress, "10.0.0.4"));
	g_assert_false(may(egress, "10.0.0.6"));
	g_assert_false(may(egress, "192.0.2.99"));

	/* Deadlines are those that they were. */
	now_us += 2 * G_USEC_PER_SEC;
	g_assert_false(may(egress, "192.0.2.1"));
	egress = succeed(&f, egress, rules, NULL);
	g_assert_false(may(egress, "192.0.2.1"));
	g_assert_true(may(egress, "192.0.2.5"));

	/* Other rules, and an address that the host has now. */
	egress = succeed(&f, egress, "allow private.test@private\ndefault deny\n", NULL);
	g_assert_true(may(egress, "10.0.0.4"));
	g_assert_false(may(egress, "2001:db8::2"));
	egress = succeed(&f, egress, rules, "192.0.2.5");
	g_assert_false(may(egress, "192.0.2.5"));
	g_assert_true(may(egress, "2001:db8::2"));
	egress_free(egress);
	fixture_done(&f);
}

/* More than there is room for, and one that a record cannot hold. */
static void test_many_pins(void)
{
	g_autoptr(GString) names = g_string_new("many.test");
	struct fixture f;

	now_us = 1000 * G_USEC_PER_SEC;
	fixture_init(&f);
	struct egress *egress = new_egress(&f, "allow *.test\ndefault deny\n", NULL);
	for (unsigned i = 0; i < 10000; i++) {
		g_autofree char *name = g_strdup_printf("n%u.test", i);
		g_autofree char *address = g_strdup_printf("198.51.%u.%u", i / 250, i % 250);

		egress_lesson(egress, name, address, 100 + i);
	}
	for (unsigned i = 0; i < 10; i++)
		g_string_append_printf(names, " %060u.%060u.test", i, i);
	egress_lesson(egress, names->str, "192.0.2.1", 600);
	g_assert_true(may(egress, "192.0.2.1"));
	egress = succeed(&f, egress, "allow *.test\ndefault deny\n", NULL);
	g_assert_cmpuint(count(egress), ==, 8191);
	g_assert_false(may(egress, "192.0.2.1"));
	g_assert_false(may(egress, "198.51.0.1"));
	g_assert_true(may(egress, "198.51.39.249"));
	egress_free(egress);
	fixture_done(&f);
}

/* One that was taken over leaves what it likes. */
static void test_damage(void)
{
	static const char rules[] = "allow *.test\ndefault deny\n";
	g_autoptr(GRand) random = g_rand_new_with_seed(7);
	struct fixture f;

	now_us = 1000 * G_USEC_PER_SEC;
	fixture_init(&f);
	struct egress *egress = new_egress(&f, rules, NULL);
	for (unsigned round = 0; round < 300; round++) {
		for (unsigned i = 0; i < 20; i++) {
			g_autofree char *address = g_strdup_printf("192.0.2.%u", i);
			egress_lesson(egress, "a.test b.test", address, 600);
		}
		egress_free(egress);
		for (int i = 0; i < 50; i++) {
			uint8_t byte = (uint8_t)g_rand_int(random);
			/* The header, and the slots that are used. */
			off_t at = g_rand_int_range(random, 0, 12000);
			g_assert_cmpint(pwrite(f.fd, &byte, 1, at), ==, 1);
		}
		fixture_succeed(&f);
		egress = new_egress(&f, rules, NULL);
		g_assert_cmpuint(count(egress), <=, 8192);
		g_assert_false(may(egress, "127.0.0.1"));
		g_assert_false(may(egress, "169.254.169.254"));
	}
	/* No deadline is later than an answer could have made it. */
	now_us += (EGRESS_PIN_SECONDS_MAX + 1LL) * G_USEC_PER_SEC;
	g_assert_false(may(egress, "192.0.2.1"));
	egress_free(egress);
	fixture_done(&f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/memory/records", test_records);
	g_test_add_func("/memory/bounds", test_bounds);
	g_test_add_func("/memory/no-memory", test_no_memory);
	g_test_add_func("/memory/sealed", test_sealed);
	g_test_add_func("/memory/pins", test_pins);
	g_test_add_func("/memory/many-pins", test_many_pins);
	g_test_add_func("/memory/damage", test_damage);
	return g_test_run();
}
