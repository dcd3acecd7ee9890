/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config - the network configuration that a runtime gives a CNI plugin on standard input */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "plugins/cni/request.h"
#include "plugins/cni/versions.h"
#include "plugins/settings.h"
#include "src/json.h"

/*
 * How it works
 *
 * The version comes first: the error about anything else is told in it. What ends things (DEL, GC)
 * asks for no more than what it needs, so that a network whose configuration has been spoilt can
 * still be left. For the others each key is one of the specification, or a setting
 * (plugins/settings.h), or an error that names it.
 */
struct cni_config {
	enum cni_version version;
	const char *name; /* of the network */
	struct settings settings;
	JsonObject *dns;      /* that the result is to have; NULL: the link's own */
	JsonObject *previous; /* prevResult; NULL: no plugin was before this one */
	JsonArray *valid;     /* cni.dev/valid-attachments; NULL: none */
	JsonNode *root;	      /* owns name, previous and valid */
};

/* Longest configuration, in bytes. */
#define CNI_CONFIG_SIZE_MAX (1024 * 1024)

/* Nothing is configured yet, and CNI_NEWEST is spoken. */
void cni_config_init(struct cni_config *config);
/* Frees what is in it. */
void cni_config_done(struct cni_config *config);

/*
 * Parses all that a runtime has sent, for the request, whose CNI_ARGS count as settings. config has
 * been initialised; its version is set as soon as it is known, also when something else fails. For
 * VERSION the text may be blank.
 */
bool cni_config_parse(const char *text, size_t size, const struct cni_request *request,
		      struct cni_config *config, GError **error);

/* True if cni.dev/valid-attachments has this one. */
bool cni_config_is_valid(const struct cni_config *config, const char *container_id,
			 const char *ifname);
