/* SPDX-License-Identifier: GPL-2.0-or-later */
/* memory - what a forwarder has learnt and the one after it must know, whatever ended the first */
#include "forwarder/memory.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <glib.h>

#include "src/memory_file.h"

/* Changes with the layout, and with that of any record. */
#define MAGIC "netns-forwarder memory 1"

struct slot {
	_Atomic uint32_t size; /* 0: nothing is kept */
	uint8_t record[MEMORY_RECORD_MAX];
};

struct area {
	uint64_t number;
	uint32_t n_used; /* slots from here on have never been */
};

struct file {
	struct {
		char magic[32];
		struct area areas[MEMORY_N_AREAS];
	} header;
	struct slot slots[MEMORY_N_AREAS][MEMORY_SLOTS];
};

G_STATIC_ASSERT(sizeof(struct file) <= MEMORY_FILE_SIZE);

struct memory {
	struct file *file;
	unsigned n_used[MEMORY_N_AREAS]; /* not to be read again: who wrote it may still live */
	GArray *unused[MEMORY_N_AREAS];	 /* of unsigned: slots among them; NULL: not recalled */
};

static bool is_usable(int fd)
{
	struct stat status;

	return fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
	       status.st_size == MEMORY_FILE_SIZE;
}

struct memory *memory_new(int fd)
{
	void *file = is_usable(fd) ? mmap(NULL, sizeof(struct file), PROT_READ | PROT_WRITE,
					  MAP_SHARED, fd, 0)
				   : MAP_FAILED;

	if (file == MAP_FAILED)
		return NULL;
	struct memory *memory = g_new0(struct memory, 1);
	memory->file = file;
	return memory;
}

void memory_free(struct memory *memory)
{
	if (!memory)
		return;
	munmap(memory->file, sizeof(struct file));
	for (int i = 0; i < MEMORY_N_AREAS; i++)
		if (memory->unused[i])
			g_array_unref(memory->unused[i]);
	g_free(memory);
}

static struct slot *slot_of(const struct memory *memory, enum memory_area area, unsigned slot)
{
	return &memory->file->slots[area][slot - 1];
}

static void empty(const struct memory *memory, enum memory_area area, unsigned slot)
{
	atomic_store_explicit(&slot_of(memory, area, slot)->size, 0, memory_order_relaxed);
	g_array_append_val(memory->unused[area], slot);
}

/* Whoever wrote it may have been of another version. */
static void clear_foreign(const struct memory *memory)
{
	static const char magic[sizeof(memory->file->header.magic)] = MAGIC;
	struct file *file = memory->file;

	if (memcmp(file->header.magic, magic, sizeof(magic)) == 0)
		return;
	memset(&file->header, 0, sizeof(file->header));
	memcpy(file->header.magic, magic, sizeof(magic));
}

void memory_recall(struct memory *memory, enum memory_area area, memory_taker take, void *opaque)
{
	uint8_t record[MEMORY_RECORD_MAX];

	if (!memory)
		return;
	clear_foreign(memory);
	memory->n_used[area] = MIN(memory->file->header.areas[area].n_used, MEMORY_SLOTS);
	memory->unused[area] = g_array_new(FALSE, FALSE, sizeof(unsigned));
	for (unsigned slot = 1; slot <= memory->n_used[area]; slot++) {
		const struct slot *place = slot_of(memory, area, slot);
		uint32_t size = atomic_load_explicit(&place->size, memory_order_acquire);

		if (size > 0 && size <= MEMORY_RECORD_MAX) {
			memcpy(record, place->record, size);
			if (take(slot, record, size, opaque))
				continue;
		}
		empty(memory, area, slot);
	}
}

/* 0: there is none. */
static unsigned take_slot(struct memory *memory, enum memory_area area)
{
	GArray *unused = memory->unused[area];

	if (unused->len == 0) {
		if (memory->n_used[area] == MEMORY_SLOTS)
			return 0;
		memory->file->header.areas[area].n_used = ++memory->n_used[area];
		return memory->n_used[area];
	}
	unsigned slot = g_array_index(unused, unsigned, unused->len - 1);
	g_array_set_size(unused, unused->len - 1);
	return slot;
}

unsigned memory_keep(struct memory *memory, enum memory_area area, const void *record, size_t size)
{
	if (!memory || !memory->unused[area] || size == 0 || size > MEMORY_RECORD_MAX)
		return 0;
	unsigned slot = take_slot(memory, area);
	if (slot == 0)
		return 0;
	struct slot *place = slot_of(memory, area, slot);
	/* A slot that has never been may hold what another layout had there. */
	atomic_store_explicit(&place->size, 0, memory_order_relaxed);
	atomic_signal_fence(memory_order_seq_cst);
	memcpy(place->record, record, size);
	atomic_store_explicit(&place->size, (uint32_t)size, memory_order_release);
	return slot;
}

void memory_drop(struct memory *memory, enum memory_area area, unsigned slot)
{
	if (memory && slot > 0)
		empty(memory, area, slot);
}

uint64_t memory_number(const struct memory *memory, enum memory_area area)
{
	return memory ? memory->file->header.areas[area].number : 0;
}

void memory_set_number(struct memory *memory, enum memory_area area, uint64_t number)
{
	if (memory)
		memory->file->header.areas[area].number = number;
}
