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

@test "options: values are bytes, whatever the locale" {
	local byte locale

	only_on tap # the link has no part in it
	for byte in ü $'\xfc'; do
		mkdir "$T/d$byte"
		echo "B=$byte" >"$T/$byte.env"
		for locale in C C.UTF-8; do
			equal "$(LC_ALL=$locale netns_run --env "A=$byte" --env-file "$T/$byte.env" \
				--volume "$T/d$byte:/mnt" --workdir "$T/d$byte" / sh -c 'echo "$A$B$PWD"; ls -d /mnt')" \
				"$byte$byte$T/d$byte"$'\n'/mnt
			run --separate-stderr netns_run --allow "$byte.test" / true
			assert_failed 125 "--allow '.*' is not in ASCII"
			assert_hint xn--
			run --separate-stderr netns_run --workdir "/none$byte" / true
			assert_failed 125 "cannot enter the working directory '/none$byte': .*"
		done
	done
	start_container / sleep infinity
	equal "$(LC_ALL=C "$CTL" "$NAME" exec --env A=ü sh -c 'echo "$A"')" ü
}
