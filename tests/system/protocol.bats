#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# protocol - what netns-ctl-protocol(7) says of the sockets, and what they do

load common

ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
PAGE=$ROOT/doc/netns-ctl-protocol.7

# The verbs that the page has in a section, sorted.
verbs_of_page()
{
	awk -v section="$1" '/^\.Sh/ { here = ($0 == ".Sh " section) }
		/^\.Ss/ { verbs = ($2 == "Verbs") }
		here && verbs && /^\.It Cm/ { gsub(/[.,]/, ""); for (i = 3; i <= NF; i++) print $i }
		' "$PAGE" | sort
}

start_asked()
{
	start_container --name asked / sleep infinity
	DIR=$XDG_RUNTIME_DIR/netns-run/asked
}

ask_control()
{
	printf '%s' "$1" | timeout "$PATIENCE" nc -N -U "$DIR/control.sock"
}

ask_launcher()
{
	printf '%s' "$1" | timeout "$PATIENCE" socat -t"$PATIENCE" - "UNIX-CONNECT:$DIR/launcher.sock,type=5"
}

@test "protocol: the page has all verbs of the tables, and no others" {
	equal "$(verbs_of_page 'CONTROL SOCKET')" \
		"$(sed -nE 's/^\t\{"([a-z_-]+)", [a-z_]+.*/\1/p' "$ROOT/forwarder/control_verbs.c" | sort)"
	equal "$(verbs_of_page "LAUNCHER'S SOCKET")" \
		"$({ sed -nE 's/^\t\{"([a-z_-]+)", [a-z_]+.*/\1/p' "$ROOT/launcher/session.c"
			grep -ohE 'g_str_equal\((request\.)?verb, "[a-z-]+"' "$ROOT"/launcher/session{,_server}.c |
				grep -oE '[a-z-]+"$' | tr -d '"'; } | sort)"
}

@test "protocol: every verb of the page is known to a container" {
	local verb answer

	start_asked
	for verb in $(verbs_of_page 'CONTROL SOCKET'); do
		answer=$(ask_control "{\"execute\":\"$verb\"}")
		jq -e '.return or .error' >/dev/null <<<"$answer"
		lacks "$answer" "unknown execute"
	done
	for verb in $(verbs_of_page "LAUNCHER'S SOCKET"); do
		# Those answer in the end, or kill.
		[[ $verb != @(wait|kill|events) ]] || continue
		answer=$("$PYTHON" "$TOOLS/session_client.py" asked "$verb") || true
		jq -e . >/dev/null <<<"$answer"
		lacks "$answer" "there is no verb"
	done
	matches "$("$PYTHON" "$TOOLS/session_client.py" asked frob || true)" "EOPNOTSUPP"
}

@test "protocol: the examples of the page" {
	local port

	start_asked
	port=$("$PYTHON" "$TOOLS/free_ports.py" 1)
	equal "$(ask_control '{"execute":"inspect"}'$'\n' | jq -r .return.ipv4.address)" 10.0.2.100
	equal "$(ask_control "{\"execute\":\"publish\",\"arguments\":{\"rule\":\"$port:80\"}}"$'\n' |
		jq -c '.return | [.id, .rule]')" "[1,\"$port:80/tcp\"]"
	equal "$(ask_control '{"execute":"frob"}'$'\n')" \
		'{"error":{"desc":"bad request: unknown execute","code":"EOPNOTSUPP"}}'
	equal "$(printf '{"execute":"kill","arguments":{"signal":28}}\n' |
		timeout "$PATIENCE" socat -t1 - "UNIX-CONNECT:$DIR/launcher.sock,type=5")" '{"return":{}}'
}

@test "protocol: an error has a cause, a symbol, and a cure where there is one" {
	start_asked
	equal "$(ask_control '{"execute":"unpublish","arguments":{"id":9}}' | jq -r '.error.code')" ENOENT
	matches "$(ask_control '{"execute":"unpublish","arguments":{"id":9}}' | jq -r '.error.cure')" "port ls"
	matches "$(ask_launcher '{"execute":"kill","arguments":{"signal":99}}' | jq -r '.error.hint')" "1 to 64"
	equal "$(ask_launcher '{"execute":"kill","arguments":{"signal":99}}' | jq -r '.error.code')" EINVAL
}

@test "protocol: a kill without a signal kills nobody" {
	local arguments

	start_asked
	for arguments in '{}' '{"signal":"TERM"}' '{"signal":null}' '{"signal":0}' '[]' 9; do
		equal "$(ask_launcher "{\"execute\":\"kill\",\"arguments\":$arguments}" |
			jq -r .error.code)" EINVAL
	done
	equal "$(ask_launcher '{"execute":"kill"}' | jq -r .error.code)" EINVAL
	kill -0 "$LAUNCHER"
	equal "$(ask_launcher '{"execute":"inspect"}' | jq -r .return.name)" asked
}

@test "protocol: rules of egress change by arguments of the right kind alone" {
	local call rules='[[1,"allow a.test"],[2,"deny b.test"]]'

	start_container --name asked --egress deny --allow a.test --deny b.test / sleep infinity
	DIR=$XDG_RUNTIME_DIR/netns-run/asked
	for call in \
		'egress_add {"action":"deny","rules":["c.test"],"before":"1"}' \
		'egress_add {"action":"deny","rules":["c.test"],"before":1.5}' \
		'egress_add {"action":"deny","rules":["c.test"],"before":-1}' \
		'egress_add {"action":"deny","rules":["c.test"],"before":4294967297}' \
		'egress_add {"action":"deny","rules":["c.test"],"keep_flows":"yes"}' \
		'egress_remove {"ids":[1.5]}' \
		'egress_remove {"ids":["1"]}' \
		'egress_remove {"rules":["a.test"],"keep_flows":1}' \
		'egress_load {"text":"default allow","keep_flows":null}' \
		'unpublish {"id":1,"ignore_missing":"no"}'; do
		equal "$(ask_control "{\"execute\":\"${call%% *}\",\"arguments\":${call#* }}" |
			jq -r .error.code)" EINVAL
		equal "$("$CTL" asked egress ls --json | jq -c '[.rules[] | [.id, "\(.action) \(.rule)"]]')" "$rules"
	done
}

@test "protocol: without a network of its own a container has no control socket" {
	start_container --net none --name asked / sleep infinity
	[[ -S $XDG_RUNTIME_DIR/netns-run/asked/launcher.sock ]]
	[[ ! -e $XDG_RUNTIME_DIR/netns-run/asked/control.sock ]]
	run --separate-stderr "$CTL" asked port add 0:80
	assert_failed 1 ".*'asked' has no network of its own"
	assert_hint "--net none"
}
