#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# options - random combinations of options, and malformed values of all of them
#
# NETNS_TEST_SEED=N takes other combinations; tools/options.py has the table of what must come out.

load common

# combinations FROM TO
combinations()
{
	rootfs
	chmod 0711 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR"
	echo "seed ${NETNS_TEST_SEED:-24}"
	"$PYTHON" "$TOOLS/options.py" "$1" "$2" "$ROOTFS" "$T/own" -- "$RUN" --link="$LINK"
}

@test "options: random combinations do what the table says, or say why not (1)" {
	combinations 0 25
}

@test "options: random combinations do what the table says, or say why not (2)" {
	combinations 25 50
}

@test "options: every malformed value has its line" {
	mkdir "$T/empty"
	"$PYTHON" "$TOOLS/malformed.py" "$T/empty" -- "$RUN" --link="$LINK"
}
