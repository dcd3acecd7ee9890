#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# detach - containers that go on in the background, and their logs

load common

# Ends a detached container, which is nobody's child here.
end_detached()
{
	kill -TERM "$(jq .pid "$XDG_RUNTIME_DIR/netns-run/$1/state.json")"
	assert_nothing_left
}

log_of()
{
	echo "$XDG_RUNTIME_DIR/netns-run/$1/output.log"
}

# Waits until a file has a line that matches.
await_line()
{
	timeout "$PATIENCE" grep -qE -m1 "$2" < <(tail -n +1 --follow "$1" 2>/dev/null) ||
		fail "no line like '$2' in: $(cat "$1")"
}

@test "detach: prints the name, returns at once, and the container runs" {
	local name

	name=$(netns_run --detach / sleep infinity)
	matches "$name" "^[0-9a-f]{8}$"
	equal "$("$CTL" "$name" inspect | jq -r .name)" "$name"
	equal "$(jq -c .command "$XDG_RUNTIME_DIR/netns-run/$name/state.json")" '["sleep","infinity"]'
	end_detached "$name"
	equal "$(netns_run -d --name mine / sleep infinity)" mine
	end_detached mine
}

@test "detach: when it returns the command can be reached" {
	local name

	mkfifo "$T/ready"
	name=$(netns_run --detach --info-fd 9 --publish 0:80 / "$PYTHON" "$TOOLS/serve.py" tcp echo --ready "$T/ready" \
		9>"$T/info" 2>"$T/err")
	matches "$(cat "$T/err")" "^netns-run: published "
	equal "$(jq -r .name "$T/info")" "$name"
	read -r -t "$PATIENCE" <"$T/ready"
	end_detached "$name"
}

@test "detach: the output of the command is in output.log, for the user alone" {
	local name log

	name=$(netns_run --detach / sh -c 'echo out; echo err >&2; echo end; exec sleep infinity')
	log=$(log_of "$name")
	await_line "$log" end
	equal "$(cat "$log")" $'out\nerr\nend'
	equal "$(stat -c %a "$log")" 600
	end_detached "$name"
}

@test "detach: a log that gets too long loses its beginning" {
	local name log deadline=$((SECONDS + PATIENCE))

	name=$(netns_run --detach / sh -c 'head -c 40000000 /dev/zero | tr "\0" x; echo; echo end; exec sleep infinity')
	log=$(log_of "$name")
	await_line "$log" '^end'
	while (($(stat -c %b "$log") * 512 > 16777216)); do
		((SECONDS < deadline)) || fail "$(stat -c %b "$log") blocks"
	done
	equal "$(tail -n1 "$log")" end
	end_detached "$name"
}

@test "detach: --log-file is appended to, and stays" {
	local name

	echo before >"$T/log"
	cd "$T"
	name=$(netns_run -d --log-file log / sh -c 'echo during; exec sleep infinity')
	await_line "$T/log" during
	equal "$(cat "$(log_of "$name")")" $'before\nduring'
	end_detached "$name"
	equal "$(cat "$T/log")" $'before\nduring'
}

@test "detach: what the launcher has to say later goes to the log" {
	local name

	name=$(netns_run -d --log-file "$T/log" / sleep infinity)
	kill -KILL "$(pgrep --parent "$(jq .pid "$XDG_RUNTIME_DIR/netns-run/$name/state.json")" --exact netns-forwarder)"
	await_line "$T/log" "netns-run: netns-forwarder was killed by signal 9 .Killed.; restarted"
	end_detached "$name"
	assert_nothing_left
}

@test "detach: a start that fails says so to the caller, with its status" {
	run -127 --separate-stderr netns_run --detach / no-such-command
	assert_failed 127 "cannot execute 'no-such-command'"
	run --separate-stderr netns_run --detach "$T/none" true
	assert_failed 125 "."
	run --separate-stderr netns_run --detach --log-file "$T" / true
	assert_failed 125 "open --log-file $T: Is a directory"
	run --separate-stderr netns_run --detach --log-file "$T/none/log" / true
	assert_failed 125 "open --log-file $T/none/log: No such file"
	mkfifo "$T/fifo"
	run --separate-stderr netns_run --detach --log-file "$T/fifo" / true
	assert_failed 125 "open --log-file $T/fifo: "
	assert_nothing_left
}

@test "detach: a name in use is refused" {
	equal "$(netns_run -d --name twin / sleep infinity)" twin
	run --separate-stderr netns_run -d --name twin / true
	assert_failed 125 ".*'twin' is running"
	end_detached twin
}

@test "detach: a command that ends at once is a success" {
	run --separate-stderr netns_run --detach --name brief / true
	equal "$status" 0
	equal "$output" brief
	assert_nothing_left
}

@test "detach: own session, no terminal, empty input" {
	local name fields

	name=$(netns_run -d --log-file "$T/log" / sh -c 'wc -c; (: </dev/tty) 2>&1; echo end; exec sleep infinity')
	await_line "$T/log" end
	equal "$(head -n1 "$T/log")" 0
	matches "$(sed -n 2p "$T/log")" "/dev/tty"
	read -ra fields <<<"$(ps -o sid=,tty= -p "$(jq .pid "$XDG_RUNTIME_DIR/netns-run/$name/state.json")")"
	equal "${fields[0]}" "$(jq .pid "$XDG_RUNTIME_DIR/netns-run/$name/state.json")"
	equal "${fields[1]}" "?"
	end_detached "$name"
}

@test "detach: nothing keeps the caller's descriptors open" {
	local line

	mkfifo "$T/pipe"
	exec 6<>"$T/pipe" {reader}<"$T/pipe"
	exec 6>&-
	exec 6>"$T/pipe"
	netns_run -d --name quiet / sleep infinity >"$T/name" 2>&6
	exec 6>&-
	# The end of the file comes only when nobody has the pipe open for writing any more.
	read -r -t "$PATIENCE" line <&"$reader" || equal $? 1
	end_detached quiet
}

@test "detach: --ready-fd and --pid-file work" {
	mkfifo "$T/ready"
	netns_run -d --name told --ready-fd 8 --pid-file "$T/pid" / sleep infinity 8>"$T/ready" >"$T/name" &
	equal "$(cat "$T/ready")" 1
	wait $!
	equal "$(cat "$T/name")" told
	equal "$(cat "$T/pid")" "$(jq .child_pid "$XDG_RUNTIME_DIR/netns-run/told/state.json")"
	end_detached told
	[[ ! -e $T/pid ]] || fail "the file stayed"
}

@test "detach: a caller that is killed while it waits takes the start with it" {
	"$PYTHON" "$TOOLS/kill_early.py" --times 40 --signal INT -- "$RUN" --link="$LINK" --detach / true
	"$PYTHON" "$TOOLS/leftovers.py"
	"$CTL" ls >/dev/null
}

@test "detach: with --tty the terminal's output is in the log" {
	local name log

	name=$(netns_run -dit / sh -c 'tty; exec cat')
	log=$(log_of "$name")
	await_line "$log" "/dev/pts/"
	equal "$(cat "$log")" $'/dev/pts/0\r'
	end_detached "$name"
}
