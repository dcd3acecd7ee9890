#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# build - configures a build directory with meson where needed, and builds: build.sh DIR [OPTION...]
set -euo pipefail

source=$(cd "$(dirname "$0")/.." && pwd)
directory=$1
shift

if [[ -f $directory/build.ninja ]]; then
	(($# == 0)) || meson configure "$directory" "$@"
else
	meson setup "$directory" "$source" "$@"
fi
ninja -C "$directory"
