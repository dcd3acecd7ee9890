/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stack_alias - lets libslirp serve a network that is shared with the host */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forwarder/frame.h"
#include "src/link_config.h"

/*
 * libslirp takes every address of its own network for an alias of the host. So on a shared network
 * (link_network) it gets a hidden one, of addresses that no machine has, and the aliases are
 * exchanged in frames on their way: the command's for libslirp's, and back.
 */
struct stack_alias;

/* What libslirp is to be configured with: the networks as they are, or the hidden ones. */
void stack_alias_configure(const struct link_config *link, struct link_config *ret_stack);

/* NULL if no network of the link is shared. link must outlive it. */
struct stack_alias *stack_alias_new(const struct link_config *link);
void stack_alias_free(struct stack_alias *alias);

/*
 * The frame as the other side is to see it: data itself, where nothing is to be exchanged, or a
 * copy that lives until the next call. All checksums that were right are right. What is not for the
 * command (router advertisements) becomes NULL.
 */
const uint8_t *stack_alias_from_command(struct stack_alias *alias, const uint8_t *data,
					size_t size);
const uint8_t *stack_alias_to_command(struct stack_alias *alias, const uint8_t *data, size_t size);

/* An address of the hidden networks, which nothing may be sent to on a shared one. */
bool stack_alias_is_internal(const struct ip_address *address);
