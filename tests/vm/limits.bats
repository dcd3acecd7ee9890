#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# limits - cgroup v2 in a session of systemd that has every controller

load common

# Reads orders from a FIFO. "spin N": N processes spin for 10 seconds; prints how many CPUs they had.
# "eat N": has N MiB; prints N.
WORKER='
import os, sys, time

def spin(processes):
    begin = time.monotonic()
    before = sum(os.times()[:4])
    pids = []
    for _ in range(processes):
        pids.append(os.fork())
        if not pids[-1]:
            while time.monotonic() - begin < 10:
                pass
            os._exit(0)
    for pid in pids:
        os.waitpid(pid, 0)
    return round((sum(os.times()[:4]) - before) / (time.monotonic() - begin), 2)

def eat(megabytes):
    return len(bytearray(b"x") * (megabytes << 20)) >> 20

for line in open(sys.argv[1]):
    order, number = line.split()
    print(globals()[order](int(number)), flush=True)'

equal_within_20_percent()
{
	awk -v got="$1" -v wanted="$2" 'BEGIN {
		exit !(got >= wanted * 0.8 && got <= wanted * 1.2)
	}' || fail "got $1, not $2"
}

# The scopes of containers that the user's systemd knows.
scopes()
{
	systemctl --user --no-legend --plain --all list-units 'netns-run*'
}

group()
{
	jq -r .cgroup "$INFO"
}

# start_worker [OPTION...]
start_worker()
{
	mkfifo "$T/orders"
	exec {ORDERS}<>"$T/orders"
	start_container "$@" / "$PYTHON" -c "$WORKER" "$T/orders"
}

# order WHAT NUMBER: sets LINE to what the worker answers.
order()
{
	echo "$*" >&"$ORDERS"
	read_out LINE
}

# Nothing comes from a worker that is paused.
assert_paused()
{
	equal "$(grep frozen "$(group)/cgroup.events")" 'frozen 1'
	echo "eat 2" >&"$ORDERS"
	! read -r -t 3 -u "$OUT" LINE || fail "it runs: $LINE"
}

@test "limits: the session has every controller" {
	assert_controllers 'cpu cpuset io memory pids'
}

@test "limits: --memory kills an eater, who is 137, and nothing is left" {
	run --separate-stderr "$RUN" --memory 64m --memory-swap 64m / \
		"$PYTHON" -c 'x = bytearray(b"x") * (256 << 20); print("ate")'
	equal "$status" 137
	equal "$output" ""
	equal "$(scopes)" ""
}

@test "limits: below --memory all is well" {
	run --separate-stderr "$RUN" --memory 64m / \
		"$PYTHON" -c 'x = bytearray(b"x") * (16 << 20); print("ate")'
	assert_quiet
	equal "$output" ate
}

@test "limits: what is killed by --memory does not take the container with it" {
	run --separate-stderr "$RUN" --memory 64m --memory-swap 64m / bash -c '
		"$1" -c "bytearray(b\"x\") * (256 << 20)"
		echo "eater: $?"' - "$PYTHON"
	equal "${lines[-1]}" "eater: 137"
	equal "$status" 0
}

@test "limits: --cpus 0.5 holds within 20 percent, for one process" {
	start_worker --cpus 0.5
	order spin 1
	equal_within_20_percent "$LINE" 0.5
}

@test "limits: --cpus 0.5 holds within 20 percent, for three" {
	start_worker --cpus 0.5
	order spin 3
	equal_within_20_percent "$LINE" 0.5
}

@test "limits: without --cpus one process gets more than that" {
	start_worker
	order spin 1
	awk -v got="$LINE" 'BEGIN { exit !(got > 0.7) }' || fail "only $LINE"
}

@test "limits: --pids-limit holds a fork bomb, which ends with the container" {
	start_container --pids-limit 40 / bash -c '
		bomb() { bomb | bomb & }
		bomb 2>/dev/null
		echo started
		exec sleep infinity'
	read_out LINE
	equal "$LINE" started
	await_line "$(group)/container/pids.events" '^max [1-9]' # a fork was refused
	ctl stats --json
	jq -e '.pids.events.max >= 1' <<<"$ANSWER" || fail "$ANSWER"
	(($(cat "$(group)/pids.current") <= 40)) || fail "more than 40"
	stop "$LAUNCHER"
	LAUNCHERS=()
	equal "$(scopes)" ""
}

@test "limits: --cpuset-cpus" {
	run --separate-stderr "$RUN" --cpuset-cpus 1 / \
		"$PYTHON" -c 'import os; print(os.sched_getaffinity(0))'
	assert_quiet
	equal "$output" '{1}'
}

@test "limits: --io-weight is the group's, or the kernel is said to have none" {
	run --separate-stderr "$RUN" --io-weight 50 / true
	if ((status == 0)); then
		start_container --io-weight 50 / sleep infinity
		matches "$(cat "$(group)"/io*.weight)" '^default 50'
	else
		assert_failed 125 '.*io'
		assert_hint .
		echo "# $stderr" >&3
	fi
}

@test "limits: pause stops a process, resume lets it go on" {
	start_worker --pids-limit max
	order eat 1
	ctl pause
	assert_paused
	ctl resume
	read_out LINE
	equal "$LINE" 2
}

@test "limits: a container that is paused can be stopped" {
	start_container --pids-limit max / sleep infinity
	ctl pause
	kill -TERM "$LAUNCHER"
	timeout "$PATIENCE" tail --pid="$LAUNCHER" -f /dev/null || fail "it stays"
	await_exit "$LAUNCHER"
	LAUNCHERS=()
	equal "$(scopes)" ""
}

@test "limits: pause without limits at the start" {
	start_worker
	order eat 1
	ctl pause
	echo "eat 2" >&"$ORDERS"
	! read -r -t 3 -u "$OUT" LINE || fail "it runs: $LINE"
	ctl resume
	read_out LINE
	equal "$LINE" 2
}

@test "limits: update of the memory takes effect while it runs, up and down" {
	start_worker --memory 64m --memory-swap 64m
	order eat 8
	ctl update --memory 256m --memory-swap 256m
	order eat 128
	equal "$LINE" 128
	ctl update --memory 64m --memory-swap 64m
	echo "eat 128" >&"$ORDERS"
	await_exit "$LAUNCHER"
	LAUNCHERS=()
	equal "$STATUS" 137
}

@test "limits: update of the CPU time holds within 20 percent" {
	start_worker --cpus 1
	ctl update --cpus 0.4
	order spin 2
	equal_within_20_percent "$LINE" 0.4
}

@test "limits: update of the number of processes" {
	start_worker --pids-limit 50
	ctl update --pids-limit 20
	order spin 1
	echo "spin 40" >&"$ORDERS"
	await_exit "$LAUNCHER" # Python, at a fork that is refused
	LAUNCHERS=()
	equal "$STATUS" 1
}

@test "limits: stats tell what is used" {
	start_worker --memory 256m --pids-limit 50
	order spin 1
	ctl stats --json
	jq -e '.memory.current_bytes > 1000000 and .pids.current >= 1 and
		.pids.max == 50 and .cpu.stat.usage_usec > 5000000' <<<"$ANSWER" || fail "$ANSWER"
}

@test "limits: no session bus is one line of cause and one of cure" {
	mkdir "$T/xdg"
	run --separate-stderr env --unset=DBUS_SESSION_BUS_ADDRESS XDG_RUNTIME_DIR="$T/xdg" \
		"$RUN" --memory 64m / true
	assert_failed 125 .
	assert_hint .
	echo "# $stderr" >&3
}

@test "limits: the scope goes when the launcher is killed" {
	local keeper

	start_container --memory 64m / sleep infinity
	[[ -d $(group) ]] || fail "no group: $(group)"
	keeper=$(pgrep -P "$LAUNCHER" netns-cgroup)
	kill -KILL "$LAUNCHER"
	timeout "$PATIENCE" tail --pid="$keeper" -f /dev/null || fail "its keeper runs on"
	[[ ! -d $(group) ]] || fail "the group is still there"
	LAUNCHERS=()
	equal "$(scopes)" ""
}
