/* SPDX-License-Identifier: GPL-2.0-or-later */
/* memory - what a forwarder has learnt and the one after it must know, whatever ended the first */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * How it works
 *
 * The launcher keeps a memory file (src/memory_file.h) that each of its forwarders maps. Records
 * are written there as soon as something is learnt, each into a slot of its own, whose size is set
 * last: a process that is killed while it writes leaves a slot that is empty.
 *
 * One process writes at a time: nothing is kept before memory_recall(), which a forwarder calls
 * when the one before it is dead, or has yielded. A file of another layout is taken for an empty
 * one.
 *
 * Trust: what is recalled is foreign input, for the one before may have been taken over.
 *
 * memory may be NULL in all calls: nothing is kept then, and nothing recalled.
 */
struct memory;

/* Each has slots of its own. */
enum memory_area {
	MEMORY_PINS,  /* forwarder/egress_pins.c */
	MEMORY_NAMES, /* forwarder/virtual_names.c */
	MEMORY_N_AREAS,
};

#define MEMORY_SLOTS	  8192
#define MEMORY_RECORD_MAX 508

/* Maps the file, which stays the caller's. NULL if it is none, or of another size. */
struct memory *memory_new(int fd);
/* The file stays as it is. Accepts NULL. */
void memory_free(struct memory *memory);

/* Gets each record, good until it returns, and its slot. False: it is to be dropped. */
typedef bool (*memory_taker)(unsigned slot, const uint8_t *record, size_t size, void *opaque);

/* Has an area's records taken; from then on others may be kept there. To be called once. */
void memory_recall(struct memory *memory, enum memory_area area, memory_taker take, void *opaque);

/* Keeps a copy. Returns its slot, from 1 on; 0 where there is no room, or it is too large. */
unsigned memory_keep(struct memory *memory, enum memory_area area, const void *record, size_t size);
/* Gives a slot back; 0 is none. */
void memory_drop(struct memory *memory, enum memory_area area, unsigned slot);

/* A number of each area, 0 at first. */
uint64_t memory_number(const struct memory *memory, enum memory_area area);
void memory_set_number(struct memory *memory, enum memory_area area, uint64_t number);
