#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# phases - what each process of ours can still do once it has locked itself in: it is made to try

load common
load target

PROBE=$NETNS_BUILD/tests/system/phase_probe

setup_file()
{
	[[ $(uname -m) == x86_64 ]] || skip "phase_probe knows x86-64 alone"
}

start_boxed()
{
	start_container --name boxed "$@" / sleep infinity
	STATE=$XDG_RUNTIME_DIR/netns-run/boxed
	echo secret >"$T/secret"
}

child_of()
{
	pgrep --parent "$1" --exact "$2"
}

# tries PID, with lines "ATTEMPT RESULT" on standard input: has to have these results.
tries()
{
	local wanted attempts

	wanted=$(cat)
	mapfile -t attempts < <(cut -d' ' -f1 <<<"$wanted")
	equal "$(as_host_root "$PROBE" "$1" "${attempts[@]}")" "$wanted"
}

# What no phase may call that is locked in.
no_way_back()
{
	local name

	for name in execve execveat clone fork unshare setns mount pivot_root chroot ptrace bpf \
		process_vm_readv io_uring_setup userfaultfd keyctl open_by_handle_at setuid capset \
		seccomp prctl linkat symlinkat fchmodat mknodat pidfd_getfd init_module; do
		echo "call:$name forbidden"
	done
}

@test "phases: netns-run has its state and a few places of the host, and starts nothing" {
	start_boxed
	{
		no_way_back
		cat <<-END
			open:/etc/passwd yes
			open:/proc/$CHILD/status yes
			open:$STATE/state.json yes
			write:$STATE/state.json yes
			open:$T/secret EACCES
			open:/usr/bin EACCES
			open:/ EACCES
			write:/etc/hostname EACCES
			make:$T/made EACCES
			unix:$STATE/control.sock forbidden
			tcp:127.0.0.1:1 forbidden
			kill:$CHILD yes
		END
	} | tries "$LAUNCHER"
	[[ ! -e $T/made ]]
	# It goes on as before.
	equal "$("$CTL" boxed exec echo well)" well
	kill -KILL "$(child_of "$LAUNCHER" netns-forwarder)"
	equal "$("$CTL" boxed inspect | jq -r .sandbox.mode)" on
}

@test "phases: no process reaches a local socket of those who were there before" {
	start_server PORT "$PYTHON" -c '
import socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.bind("\0" + sys.argv[1])
s.listen()
open(sys.argv[3], "w").write("1\n")
time.sleep(1000)' "$T"
	start_boxed
	tries "$(child_of "$LAUNCHER" netns-deputy)" <<<"abstract:$T yes"
	tries "$LAUNCHER" <<<"abstract:$T forbidden"
	tries "$(child_of "$LAUNCHER" netns-forwarder)" <<<"abstract:$T forbidden"
}

@test "phases: a forwarder has no file and no process, but the network" {
	start_boxed
	{
		no_way_back
		cat <<-END
			open:/etc/passwd ENOENT
			open:$STATE/state.json ENOENT
			open:/proc/self/status yes
			write:/proc/self/comm forbidden
			make:/x forbidden
			unix:$STATE/launcher.sock forbidden
			kill:$LAUNCHER forbidden
			tcp:127.0.0.1:1 ECONNREFUSED
		END
	} | tries "$(child_of "$LAUNCHER" netns-forwarder)"
	"$CTL" boxed inspect >/dev/null
	equal "$(cat "$ERR")" ""
}

@test "phases: before it has its link a forwarder has no privilege, but the user's files" {
	local waiting

	start_server waiting "$PYTHON" -c '
import socket, subprocess, sys
ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
child = subprocess.Popen([sys.argv[1], "--handoff-fd", str(theirs.fileno())],
                         pass_fds=[theirs.fileno()])
theirs.close()
open(sys.argv[3], "w").write(f"{child.pid}\n")
child.wait()' "$NETNS_BUILD/forwarder/netns-forwarder"
	echo secret >"$T/secret"
	tries "$waiting" <<-END
		open:$T/secret yes
		call:mount EFAULT
		call:setuid EINVAL
	END
	equal "$(awk '$1 == "CapEff:" { print $2 }' "/proc/$waiting/status")" 0000000000000000
}

@test "phases: the deputy gains nothing, and fails at what only an attacker calls" {
	start_boxed
	tries "$(child_of "$LAUNCHER" netns-deputy)" <<-END
		open:$T/secret yes
		call:ptrace EPERM
		call:bpf EPERM
		call:process_vm_readv EPERM
		call:io_uring_setup EPERM
		call:keyctl EPERM
		call:open_by_handle_at EPERM
	END
	equal "$(awk '/^(NoNewPrivs|Seccomp|CapEff):/ { print $2 }' \
		"/proc/$(child_of "$LAUNCHER" netns-deputy)/status" | paste -sd' ')" \
		"0000000000000000 1 2"
}

@test "phases: the agent in the gateway ends at its first false step" {
	only_on gateway
	start_boxed
	tries "$(child_of "$LAUNCHER" netns-gateway)" <<<"open:/etc/passwd killed"
	await_exit "$LAUNCHER"
	equal "$STATUS" 125
	matches "$(cat "$ERR")" "namespace agent was killed by signal 31"
}

@test "phases: a front-end is locked in as netns-run is" {
	local pid

	start_server pid unshare --user --map-root-user --net \
		sh -c 'echo $$ >"$1"; exec sleep infinity'
	mkfifo "$T/ready"
	"$NETNS_BUILD/plugins/netns-attach" --link="$LINK" --name boxed \
		--ready-fd 8 "$pid" 3>&- 8>"$T/ready" &
	LAUNCHER=$!
	LAUNCHERS+=("$LAUNCHER")
	read -rN1 -t "$PATIENCE" <"$T/ready"
	STATE=$XDG_RUNTIME_DIR/netns-run/boxed
	echo secret >"$T/secret"
	{
		no_way_back
		cat <<-END
			open:/etc/passwd yes
			write:$STATE/state.json yes
			open:$T/secret EACCES
			open:/usr/bin EACCES
			make:$T/made EACCES
			tcp:127.0.0.1:1 forbidden
		END
	} | tries "$LAUNCHER"
	kill -KILL "$(child_of "$LAUNCHER" netns-forwarder)"
	equal "$("$CTL" boxed inspect | jq -r .sandbox.mode)" on
}

@test "phases: what copies from the namespace's loopback to the host's has no file" {
	local copier port mode

	only_on tap # which makes no difference
	start_server port "$PYTHON" "$TOOLS/serve.py" tcp whoami --address 127.0.0.1 --reply !
	echo secret >"$T/secret"
	for mode in "8080:$port" auto; do
		start_target
		timeout "$PATIENCE" "$NETNS_BUILD/forwarder/netns-forwarder" --compat=pasta --quiet --config-net \
			-t none -u none -T "$mode" -P "$T/pid" "$TARGET" 3>&-
		copier=$(child_of "$(<"$T/pid")" netns-pasta-lo)
		tries "$copier" <<-END
			open:/proc/self/net/tcp yes
			open:/etc/passwd EACCES
			open:$T/secret EACCES
			make:$T/made EACCES
			call:ptrace EPERM
			call:bpf EPERM
			call:io_uring_setup EPERM
		END
		equal "$(awk '/^(NoNewPrivs|Seccomp):/ { print $2 }' "/proc/$copier/status" | paste -sd' ')" "1 2"
		[[ $mode == auto ]] && mode=$port || mode=8080
		within "$PYTHON" "$TOOLS/client.py" await tcp 127.0.0.1 "$mode"
		matches "$(within "$PYTHON" "$TOOLS/client.py" talk tcp 127.0.0.1 "$mode")" ' !$'
	done
}

@test "phases: a call that a supervisor must not make ends the container, and is named" {
	start_boxed
	# Past the tracer, which does not let signals through.
	as_host_root "$PROBE" --deliver "$LAUNCHER" call:setns || true
	await_exit "$LAUNCHER"
	equal "$STATUS" 159
	matches "$(cat "$ERR")" "netns-run: its sandbox does not allow the system call 'setns'"
	matches "$(cat "$ERR")" "netns-run: hint: --sandbox=off"
}

@test "phases: without a sandbox there is no deputy, and all goes on" {
	local before

	start_boxed --sandbox=off --pid-file "$T/pid"
	equal "$(child_of "$LAUNCHER" netns-deputy || true)" ""
	tries "$LAUNCHER" <<<"open:$T/secret yes"
	before=$(child_of "$LAUNCHER" netns-forwarder)
	kill -KILL "$before"
	"$CTL" boxed inspect >/dev/null
	[[ $(child_of "$LAUNCHER" netns-forwarder) != "$before" ]]
	stop "$LAUNCHER"
	[[ ! -e $T/pid ]]
}

@test "phases: when the deputy is killed the container lives, and its end says why" {
	start_boxed --pid-file "$T/pid"
	kill -KILL "$(child_of "$LAUNCHER" netns-deputy)"
	equal "$("$CTL" boxed exec echo well)" well
	run --separate-stderr "$CTL" boxed upgrade
	assert_failed 1 "the process that starts others for us has died"
	kill -KILL "$(child_of "$LAUNCHER" netns-forwarder)"
	await_exit "$LAUNCHER"
	equal "$STATUS" 125
	equal "$(tail -n1 "$ERR")" "netns-run: netns-forwarder was killed by signal 9 (Killed) and \
cannot be started again: the process that starts others for us has died"
}
