/* SPDX-License-Identifier: GPL-2.0-or-later */
/* watch - any number of descriptors behind one entry of the main loop's poll set */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

/*
 * An epoll(7) set that is itself one GSource of the thread-default main context. Handlers run in
 * the main thread. A handler may remove and free any entry, also its own.
 */
struct watch;
struct watch_entry;

/* events: EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP, EPOLLRDHUP as reported. */
typedef void (*watch_handler)(struct watch_entry *entry, uint32_t events);

/* Embedded in the owner's struct; the owner fills fd and handler before watch_add(). */
struct watch_entry {
	int fd;
	watch_handler handler;
};

struct watch *watch_new(GError **error);
void watch_free(struct watch *watch);

/* Level-triggered unless events holds EPOLLET. False with errno set when epoll_ctl() fails. */
bool watch_add(struct watch *watch, struct watch_entry *entry, uint32_t events);
bool watch_change(struct watch *watch, struct watch_entry *entry, uint32_t events);
/* Does not close the descriptor. */
void watch_remove(struct watch *watch, struct watch_entry *entry);
