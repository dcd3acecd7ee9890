#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# job_control - Ctrl-Z and its kin, on a terminal that the command shares with the caller

load common

# A shell with job control on a terminal, with netns-run as $R. Its prompt is "ps> ".
in_shell()
{
	{
		echo "send PS1='p''s> '\\r"
		echo "expect ps>"
		cat
		echo "send exit 6\\r"
		echo end
	} | R=$RUN_WORDS T=$T TOOLS=$TOOLS PYTHON=$PYTHON \
		"$PYTHON" "$TOOLS/pty_session.py" bash --norc -i
}

# Ctrl-Z in a command that reads, and that goes on with fg.
stop_and_go_on()
{
	equal "$(in_shell <<-'EOF'
		send $R / sh -c "echo re''ady; exec cat"\r
		expect ready
		send line\r
		expect line\r\nline
		send \x1a
		expect Stopped
		expect ps>
		send fg\r
		expect \$R
		send again\r
		expect again\r\nagain
		send \x04
		expect ps>
	EOF
	)" 6
}

@test "job control: Ctrl-Z stops the whole run for the calling shell, fg continues it" {
	stop_and_go_on
}

# bats test_tags=load
@test "job control: what is typed after Ctrl-Z is the shell's, on a busy machine" {
	local i

	for i in 1 2 3; do
		"$PYTHON" -c 'while True: pass' 3>&- &
		SERVERS+=("$!")
	done
	for i in {1..25}; do
		stop_and_go_on
	done
}

@test "job control: netns-run stops after the command has" {
	# It reads one more line before it does: the shell must not have the terminal yet.
	cat >"$T/slow.py" <<-'EOF'
		import os, signal

		def tidy_up(*_):
		    os.write(1, b"caught\n")
		    os.write(1, b"tidied by " + os.read(0, 100))
		    os.kill(os.getpid(), signal.SIGSTOP)
		    os.write(1, b"continued\n")
		    os._exit(3)

		signal.signal(signal.SIGTSTP, tidy_up)
		os.write(1, b"up\n")
		while True:
		    signal.pause()
	EOF
	equal "$(in_shell <<-'EOF'
		send $R / $PYTHON $T/slow.py\r
		expect up
		send \x1a
		expect caught
		send hand\r
		expect tidied by hand
		expect Stopped
		expect ps>
		send fg; echo it left with $?\r
		expect continued
		expect it left with 3
		expect ps>
	EOF
	)" 6
}

@test "job control: a command that ignores Ctrl-Z goes on, and so does netns-run" {
	equal "$(in_shell <<-'EOF'
		send $R / sh -c 'trap "" TSTP; echo re""ady; read x; echo got $x; exit 4'; echo it left with $?\r
		expect ready
		send \x1a
		send line\r
		expect got line
		expect it left with 4
		expect ps>
	EOF
	)" 6
}

# dash(1) waits in vfork(2) until cat is there, and cannot stop then, on no terminal.
@test "job control: all processes of the command stop, not only the first" {
	equal "$(in_shell <<-'EOF'
		send $R / sh -c 'echo re""ady; cat; cat; echo end'\r
		expect ready
		send first\r
		expect first\r\nfirst
		send \x1a
		expect Stopped
		expect ps>
		send fg\r
		expect \$R
		send line\r
		expect line\r\nline
		send \x04\x04
		expect end
		expect ps>
	EOF
	)" 6
}

@test "job control: netns-run stops, too, when the command stops its own group" {
	cat >"$T/editor.py" <<-'EOF'
		import os, signal

		print("up", flush=True)
		input()
		os.kill(0, signal.SIGTSTP)
		print("continued", flush=True)
		print("read", input(), flush=True)
	EOF
	equal "$(in_shell <<-'EOF'
		send $R / $PYTHON $T/editor.py\r
		expect up
		send \r
		expect Stopped
		expect ps>
		send fg\r
		expect continued
		send line\r
		expect read line
		expect ps>
	EOF
	)" 6
}

@test "job control: SIGTSTP to netns-run alone stops the command as well" {
	mkfifo "$T/ready"
	equal "$(in_shell <<-'EOF'
		send (read -rN1 <$T/ready; kill -TSTP $(jq .pid $T/info)) & $R --pid-file $T/pid --ready-fd 8 --info-fd 9 / cat 8>$T/ready 9>$T/info\r
		expect Stopped
		expect ps>
		send echo state $(ps -o stat= -p $(cat $T/pid),$(jq .pid $T/info))\r
		expect state T\S* T
		send fg\r
		expect \$R
		send line\r
		expect line\r\nline
		send \x04
		expect ps>
	EOF
	)" 6
}

@test "job control: --init=off: Ctrl-Z stops the command, though it is PID 1" {
	equal "$(in_shell <<-'EOF'
		send $R --pid-file $T/pid --init=off / sh -c 'echo re""ady; exec cat'\r
		expect ready
		send \x1a
		expect Stopped
		expect ps>
		send echo state $(ps -o stat= -p $(cat $T/pid))\r
		expect state T
		send fg\r
		expect \$R
		send line\r
		expect line\r\nline
		send \x04
		expect ps>
	EOF
	)" 6
}

@test "job control: netns-ctl exec stops after its command has, and both go on" {
	start_container --name shared / sleep infinity
	equal "$(in_shell <<-EOF
		send '$CTL' shared exec sh -c 'echo re""ady; cat; echo end'\r
		expect ready
		send line\r
		expect line\r\nline
		send \x1a
		expect Stopped
		expect ps>
		send fg\r
		expect shared
		send again\r
		expect again\r\nagain
		send \x04
		expect end
		expect ps>
	EOF
	)" 6
}

@test "job control: netns-ctl exec of a container with --init=off stops as well" {
	start_container --name shared --init=off / sleep infinity
	equal "$(in_shell <<-EOF
		send '$CTL' shared exec sh -c 'echo re""ady; exec cat'\r
		expect ready
		send \x1a
		expect Stopped
		expect ps>
		send fg\r
		expect shared
		send again\r
		expect again\r\nagain
		send \x04
		expect ps>
	EOF
	)" 6
	kill -KILL "$CHILD"
}

@test "job control: a run that nobody could continue is not stopped by SIGTSTP" {
	local end line

	printf '#!/bin/sh\nexec setsid "%s" "$@"\n' "$RUN" >"$T/run"
	chmod +x "$T/run"
	# Not bash, which loses a signal that comes while it runs the trap for it.
	RUN=$T/run start_container / "$PYTHON" -c '
import os, signal
signals = {signal.SIGUSR1}
signal.pthread_sigmask(signal.SIG_BLOCK, signals)
os.write(1, b"up\n")
while True:
    signal.sigwait(signals)
    os.write(1, b"here\n")'
	read_out line
	kill -TSTP "$LAUNCHER"
	# It looks for a second whether the command stops.
	end=$((SECONDS + 3))
	while ((SECONDS < end)); do
		kill -USR1 "$LAUNCHER"
		read_out line
		equal "$line" here
	done
	kill -KILL "$CHILD"
}
