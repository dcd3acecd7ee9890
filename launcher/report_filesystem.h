/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_filesystem - what state.json tells about the command's file system */
#pragma once

#include "launcher/options_filesystem.h"
#include "src/json.h"

/*
 * Adds to the object that builder is at: read_only (boolean); overlay (absent without one), an
 * object with disposable (boolean), driver (as asked for) and, if kept, directory; mounts, an array
 * of objects with type ("bind" or "tmpfs"), source (of a bind), destination and options, an array
 * of strings as in --volume and --tmpfs.
 */
void report_filesystem(JsonBuilder *builder, const struct filesystem_options *options);
