#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# tty - a terminal of its own for the command

load common

# A script of bash on a terminal, with $RUN as R.
shell_on_terminal()
{
	R=$RUN_WORDS "$PYTHON" "$TOOLS/pty_session.py" bash --norc -c "$1"
}

@test "tty: the command gets a new terminal, not the caller's" {
	equal "$(on_terminal --tty / sh -c 'tty; test -e /dev/console && echo leaked; ls -l /proc/self/fd' <<-'EOF'
		expect ^/dev/pts/0\r\n
		expect 2 -> /dev/pts/0
		end
	EOF
	)" 0
}

@test "tty: it has the caller's size, and learns of a new one" {
	equal "$(on_terminal -t / bash -c 'trap "stty size; exit 3" WINCH; stty size; echo up; while :; do read -t 100; done' <<-'EOF'
		expect 24 80
		expect up
		resize 50 132
		expect 50 132
		end
	EOF
	)" 3
}

@test "tty: job control works in bash inside" {
	equal "$(on_terminal -t / bash --norc -i <<-'EOF'
		send PS1='p''s> '\r
		expect ps>
		send echo re''ady; cat\r
		expect ready
		send line\r
		expect line\r\nline
		send \x1a
		expect Stopped
		send jobs\r
		expect Stopped +.*cat
		send fg\r
		expect cat
		send again\r
		expect again\r\nagain
		send \x03
		expect ps>
		send exit 5\r
		end
	EOF
	)" 5
}

@test "tty: sh of a busybox root file system has job control, too" {
	rootfs
	equal "$(on_terminal -t "$ROOTFS" sh -i <<-'EOF'
		send (tty; echo re""ady; cat)\r
		expect /dev/pts/0
		expect ready
		send \x03
		expect #
		send exit 4\r
		end
	EOF
	)" 4
}

@test "tty: Ctrl-C ends the command, Ctrl-D its input" {
	equal "$(on_terminal -t / sh -c 'echo up; exec sleep infinity' <<-'EOF'
		expect up
		send \x03
		end
	EOF
	)" 130
	equal "$(on_terminal -t / sh -c 'echo up; exec cat' <<-'EOF'
		expect up
		send \x04
		end
	EOF
	)" 0
}

@test "tty: every byte gets through to a program in raw mode" {
	equal "$(on_terminal -t / bash -c 'stty raw -echo; echo up; head -c 6 | od -An -tx1; stty sane' <<-'EOF'
		expect up
		send \x03\x1a\x13\x00\x7f\x0a
		expect 03 1a 13 00 7f 0a
		end
	EOF
	)" 0
}

@test "tty: the terminal's modes are back after any end" {
	equal "$(shell_on_terminal '
		$R -t / true; stty -a | grep -ow -- "-*icanon"
		$R -t / no-such-command; stty -a | grep -ow -- "-*icanon"
		$R -t / sh -c "kill -9 \$\$"; stty -a | grep -ow -- "-*opost"
		stty -echo; $R -t / true; stty -a | grep -ow -- "-*echo"
		echo done' <<-'EOF'
		expect \bicanon
		expect No such file
		expect [^-]icanon
		expect [^-]opost
		expect -echo
		expect done
		end
	EOF
	)" 0
}

@test "tty: the terminal's modes are back when the launcher is killed" {
	mkfifo "$T/ready"
	equal "$(T=$T shell_on_terminal '
		(read -rN1 <"$T/ready"; kill -9 "$(jq .pid "$T/info")") &
		$R -t --ready-fd 8 --info-fd 9 / sleep infinity 8>"$T/ready" 9>"$T/info"
		until stty -a | grep -qE "(^| )icanon"; do read -rt 0.01 </dev/zero; done
		stty -a | grep -ow -- "-*opost"' <<-'EOF'
		expect \nopost
		end
	EOF
	)" 0
}

@test "tty: SIGTSTP gives the terminal back to the shell, fg continues" {
	mkfifo "$T/ready"
	equal "$(R=$RUN_WORDS T=$T "$PYTHON" "$TOOLS/pty_session.py" bash --norc -i <<-'EOF'
		send PS1='p''s> '\r
		expect ps>
		send (read -rN1 <$T/ready; kill -TSTP $(jq .pid $T/info)) & $R -t --ready-fd 8 --info-fd 9 / sh -c 'echo re""ady; exec cat' 8>$T/ready 9>$T/info\r
		expect ready
		expect Stopped
		expect ps>
		send stty -a | grep -ow -- '-*icanon'\r
		expect \nicanon
		send fg\r
		send line\r
		expect line\r\nline\r\n
		send \x04
		expect ps>
		send exit 6\r
		end
	EOF
	)" 6
}

@test "tty: a piped input ends for the command as well" {
	# The terminal echoes it as well.
	matches "$(echo hi | netns_run -t / tr a-z A-Z | tr -d '\r')" $'\nHI$'
	matches "$(printf hi | netns_run -t / tr a-z A-Z | tr -d '\r')" 'hiHI$'
	equal "$(netns_run -t / sh -c 'cat; cat; echo end' </dev/null | tr -d '\r')" end
}

@test "tty: all output arrives, also behind a slow reader" {
	local sum

	sum=$(seq 1 60000 | md5sum)
	equal "$(netns_run -t / seq 1 60000 </dev/null | tr -d '\r' | md5sum)" "$sum"
	equal "$(netns_run -t / seq 1 60000 </dev/null |
		"$PYTHON" -c 'import sys
while data := sys.stdin.buffer.read(100):
    sys.stdout.buffer.write(data)' | tr -d '\r' | md5sum)" "$sum"
}

@test "tty: when the reader goes the command is hung up" {
	local status=0

	netns_run -t / yes </dev/null | head -n1 >/dev/null
	status=${PIPESTATUS[0]}
	equal "$status" 129
}

@test "tty: processes that stay behind do not delay the end" {
	equal "$(on_terminal -t / sh -c 'sleep infinity & (trap "" HUP; exec yes >/dev/null) & echo bye; exit 3' <<-'EOF'
		expect bye
		end
	EOF
	)" 3
}

@test "tty: a terminal that goes away ends the command" {
	local status

	status=$(on_terminal -t / sh -c 'trap "" TERM; echo up; exec sleep infinity' <<-'EOF'
		expect up
	EOF
	)
	matches "$status" "^(129|-1)$"
	assert_nothing_left
}

@test "tty: signals are forwarded" {
	start_container --tty / bash -c 'trap "echo got it; exit 7" USR1; echo up; while :; do read -t 100; done'
	read_out line
	equal "${line%$'\r'}" up
	kill -USR1 "$LAUNCHER"
	read_out line
	equal "${line%$'\r'}" "got it"
	await_exit "$LAUNCHER"
	equal "$STATUS" 7
}

@test "tty: TERM is the caller's, also with --clear-env" {
	export TERM=some-term
	equal "$(netns_run -t --clear-env / sh -c 'echo $TERM' </dev/null | tr -d '\r')" some-term
	unset TERM
	equal "$(netns_run -t / sh -c 'echo $TERM' </dev/null | tr -d '\r')" xterm
}

@test "tty: without --tty, a killed interactive shell leaves the caller its terminal" {
	equal "$(shell_on_terminal '$R / bash --norc -i; echo "status $?"; read -r line && echo "got $line"' <<-'EOF'
		send PS1='p''s> '\r
		expect ps>
		send kill -9 $$\r
		expect status 137
		send hello\r
		expect got hello
		end
	EOF
	)" 0
}
