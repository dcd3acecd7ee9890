#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# arrows - the layout of the sources: who includes whom, and the sizes that the house style allows

load common

ROOT=$BATS_TEST_DIRNAME/../..

sources()
{
	find "$ROOT"/{src,link,launcher,forwarder,plugins,tests} -name '*.[ch]'
}

@test "arrows: launcher and forwarder never include each other" {
	run grep -rnE '#include "forwarder/' "$ROOT"/{launcher,link,plugins,src}
	equal "$output" ""
	run grep -rnE '#include "launcher/' "$ROOT"/{forwarder,link,src}
	equal "$output" ""
	run grep -rnE '#include "link/' "$ROOT"/{forwarder,src}
	equal "$output" ""
	run grep -rnE '#include "plugins/' "$ROOT"/{forwarder,launcher,link,src}
	equal "$output" ""
}

@test "arrows: includes are written from the root" {
	run bash -c "grep -rnE '#include \"[^/\"]+\"' '$ROOT'/{src,link,launcher,forwarder,plugins} | grep -v version.h"
	equal "$output" ""
}

@test "arrows: one file knows each outside thing" {
	cd "$ROOT"
	equal "$(grep -rlE '#include <(slirp/)?libslirp.h>' src link launcher forwarder plugins | sort | paste -sd' ')" \
		"forwarder/stack.c forwarder/stack_ports.c"
	equal "$(grep -rl TUNSETIFF --include='*.c' src link launcher forwarder plugins)" link/tap_device.c
	equal "$(grep -rl SCM_RIGHTS --include='*.c' src link launcher forwarder plugins)" src/fdpass.c
	equal "$(grep -rl '#include <sys/capability.h>' src link launcher forwarder plugins)" src/capability.c
	equal "$(grep -rl '#include <seccomp.h>' src link launcher forwarder plugins | sort | xargs)" \
		src/syscall_names.c
	equal "$(grep -rl '#include <jansson.h>' src link launcher forwarder plugins)" src/json.c
	equal "$(grep -rlE '#include <gio/' src link launcher forwarder plugins)" launcher/scope/conversation.c
	equal "$(grep -rl '#include <pcap/pcap.h>' src link launcher forwarder plugins)" src/ctl/watch/capture_file.c
	equal "$(grep -rlE '#include <n?curses.h>' src link launcher forwarder plugins)" \
		src/ctl/watch/top_screen.c
	equal "$(grep -rl '#include <nftables/libnftables.h>' src link launcher forwarder plugins | wc -l)" 1
}

@test "arrows: files are shorter than 450 lines" {
	run bash -c "$(declare -f sources); ROOT='$ROOT'; sources | xargs -d '\\n' wc -l | awk '\$1 >= 450 && \$2 != \"total\"'"
	equal "$output" ""
}

@test "arrows: functions have 80 lines at most, and a median below 18" {
	command -v ctags >/dev/null || missing ctags
	sources | xargs -d '\n' ctags --fields=+ne --c-kinds=f -o - 2>/dev/null >"$T/tags" ||
		missing "ctags with line ranges"
	run "$PYTHON" "$TOOLS/function_sizes.py" "$T/tags" 80 18
	equal "$output" ""
	equal "$status" 0
}

@test "arrows: every file starts with its licence and its purpose" {
	local program='
		FNR == 1 && !/SPDX-License-Identifier: GPL-2.0-or-later/ { print FILENAME ": licence" }
		FNR <= 3 && /[a-z_-]+ - ./ { told[FILENAME] = 1 }
		END { for (i = 1; i < ARGC; i++) if (!told[ARGV[i]]) print ARGV[i] ": purpose" }'

	run bash -c "$(declare -f sources); ROOT='$ROOT'; sources | xargs -d '\\n' awk '$program'"
	equal "$output" ""
	matches "$(awk "$program" /dev/null)" '/dev/null: purpose'
}

@test "arrows: exported functions carry a contract" {
	run "$PYTHON" "$TOOLS/contracts.py" "$ROOT"/{src,link,launcher,forwarder,plugins}
	equal "$output" ""
}

@test "arrows: nothing jumps, and no test sleeps to wait" {
	run grep -rnE '^\s*goto ' "$ROOT"/{src,link,launcher,forwarder,plugins}
	equal "$output" ""
	run bash -c "grep -nE '(^|[;&|(]|do )\s*sleep [0-9]' '$BATS_TEST_DIRNAME'/*.bats '$BATS_TEST_DIRNAME/common.bash'"
	equal "$output" ""
	run grep -nE '\b(g_usleep|usleep|sleep) \(' -r "$ROOT/tests/unit"
	equal "$output" ""
}
