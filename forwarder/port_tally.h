/* SPDX-License-Identifier: GPL-2.0-or-later */
/* port_tally - what has come in through the published ports, rule by rule */
#pragma once

#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>

#include "forwarder/port_table.h"

/*
 * Counters of one published rule. Flows hold it as long as they count, also when the rule is gone;
 * the relay's threads add to it.
 */
struct port_tally {
	_Atomic unsigned n_holders;
	_Atomic uint64_t flows;	 /* ever opened */
	_Atomic uint64_t active; /* now */
	_Atomic uint64_t bytes_from_command, bytes_to_command;
};

/* A flow begins and ends. tally may be NULL: then nothing is counted. */
struct port_tally *port_tally_open(struct port_tally *tally);
void port_tally_close(struct port_tally *tally);

/* Adds payload bytes that came from the command or went to it. tally may be NULL. */
void port_tally_count(struct port_tally *tally, uint64_t from_command, uint64_t to_command);

/* An end inside that ports may lead to. */
struct port_guest {
	int protocol;
	const struct ip_address *address;
	uint16_t port;
	bool is_own; /* the address is the command's, as the link has it */
};

/* The tallies of all rules of a table, by their ids. */
struct port_tallies;

struct port_tallies *port_tallies_new(void);
void port_tallies_free(struct port_tallies *tallies);

/* The tally of a rule; it stays the tallies'. */
struct port_tally *port_tallies_obtain(struct port_tallies *tallies, unsigned rule_id);

/* Is there a rule that leads there? */
bool port_tallies_has_guest(const GArray *rules, const struct port_guest *guest);

/* That of the rule which leads there, of several the oldest; NULL if there is none. */
struct port_tally *port_tallies_find_guest(struct port_tallies *tallies, const GArray *rules,
					   const struct port_guest *guest);

/* The tally of a rule, NULL while nothing has been counted. */
const struct port_tally *port_tallies_get(const struct port_tallies *tallies, unsigned id);

/* Forgets tallies of rules that are no longer there, so that there are as many as rules at most. */
void port_tallies_prune(struct port_tallies *tallies, const GArray *rules);
