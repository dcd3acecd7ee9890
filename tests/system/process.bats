#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# process - the environment, directory, host name and parent of the command

load common

refused()
{
	local message=$1

	shift
	run --separate-stderr netns_run "$@"
	assert_failed 125 ".*$message"
	assert_hint "."
}

@test "process: the caller's environment is passed on, and says that it is a container" {
	export SOME_VARIABLE='a b' container=outer
	run netns_run / env
	matches "$output" "SOME_VARIABLE=a b"
	matches "$output" "HOME=$HOME"
	equal "$(grep -c '^container=' <<<"$output")" 1
	matches "$output" "container=netns-run"
}

@test "process: --env sets a variable or takes the caller's; the last one counts" {
	export TAKEN='of the caller'
	run netns_run --env A=1 -e A=2 -e B= --env=EQUALS=a=b -e TAKEN -e NOT_THERE --clear-env / env
	equal "$status" 0
	matches "$output" "A=2"
	lacks "$output" "A=1"
	matches "$output" "TAKEN=of the caller"
	matches "$output" "EQUALS=a=b"
	matches "$output" $'(^|\n)B=(\n|$)'
	lacks "$output" NOT_THERE
}

@test "process: --env-file sets a variable for each line, also from a pipe; --env wins" {
	export TAKEN='of the caller'
	printf '# comment\n\n  A=1\nB="quotes stay"\nTAKEN\nC=file\r\n' >"$T/env"
	run netns_run --env C=option --env-file "$T/env" --env-file <(echo D=pipe) / env
	equal "$status" 0
	matches "$output" $'\nA=1\n'
	matches "$output" $'\nB="quotes stay"\n'
	matches "$output" "TAKEN=of the caller"
	matches "$output" "C=option"
	matches "$output" "D=pipe"
}

@test "process: a bad --env-file is named with its line" {
	printf 'A=1\nexport B=2\n' >"$T/env"
	refused "$T/env:2: .*export B" --env-file "$T/env" / true
	printf '=1\n' >"$T/env"
	refused "$T/env:1: " --env-file "$T/env" / true
	printf 'A=\0\n' >"$T/env"
	refused "$T/env:1: .*NUL" --env-file "$T/env" / true
	refused "$T: neither a regular file" --env-file "$T" / true
	refused "/dev/zero: neither a regular file" --env-file /dev/zero / true
	refused "$T/none: No such file" --env-file "$T/none" / true
	head -c 2000000 /dev/zero | tr '\0' '\n' >"$T/env"
	refused "$T/env: File too large" --env-file "$T/env" / true
	refused "'=x'" --env =x / true
}

@test "process: more variables than the kernel takes: one line, 126" {
	local i

	for i in {1..10}; do
		printf 'V%s=%s\n' "$i" "$(printf 'x%.0s' {1..100000})"
	done >"$T/env"
	sed s/V/W/ "$T/env" >"$T/env2"
	sed s/V/X/ "$T/env" >"$T/env3"
	run --separate-stderr netns_run --env-file "$T/env" --env-file "$T/env2" --env-file "$T/env3" \
		/ /bin/true
	assert_failed 126 "cannot execute '/bin/true': Argument list too long"
	assert_hint "fewer"
}

@test "process: --clear-env leaves PATH, HOME and what was asked for" {
	export SECRET=1
	equal "$(netns_run --clear-env --env A=1 / env </dev/null | cut -d= -f1 | sort | tr '\n' ' ')" \
		"A HOME PATH container "
	equal "$(netns_run --clear-env --env HOME=/x --env PATH=/bin / /usr/bin/env </dev/null | sort)" \
		$'HOME=/x\nPATH=/bin\ncontainer=netns-run'
}

@test "process: CMD is searched in the PATH that it gets" {
	mkdir "$T/bin"
	printf '#!/bin/sh\necho found\n' >"$T/bin/only-there"
	chmod +x "$T/bin/only-there"
	equal "$(netns_run --env PATH="$T/bin:/usr/bin:/bin" / only-there)" found
}

@test "process: --workdir is where the command starts" {
	rootfs
	mkdir -p "$ROOTFS/some where"
	equal "$(netns_run -w '/some where' "$ROOTFS" pwd)" "/some where"
	equal "$(netns_run --workdir=/usr / pwd)" /usr
	cd "$T"
	equal "$(netns_run / pwd)" "$T"
}

@test "process: a --workdir that cannot be entered is an error" {
	rootfs
	touch "$ROOTFS/a-file"
	refused "working directory '/nowhere': No such file" -w /nowhere "$ROOTFS" true
	refused "working directory '/a-file': Not a directory" -w /a-file "$ROOTFS" true
	refused "'some/where' does not start with /" -w some/where "$ROOTFS" true
}

@test "process: --hostname is the name inside, and resolves" {
	rootfs
	equal "$(netns_run --hostname web-1.example "$ROOTFS" hostname)" web-1.example
	equal "$(netns_run --hostname web-1 / sh -c 'hostname; getent ahostsv4 web-1 | cut -d" " -f1 | sort -u')" \
		$'web-1\n10.0.2.100'
	equal "$(netns_run / hostname)" "$(hostname)"
	refused "'-bad' cannot be a host name" --hostname=-bad / true
	refused "'a b' cannot be a host name" --hostname 'a b' / true
}

@test "process: docker's --rm and --interactive are accepted" {
	equal "$(echo input | netns_run --rm -i / cat)" input
}

# Starts netns-run from a process of its own, which is then killed.
orphan()
{
	local parent launcher

	mkfifo "$T/ready"
	bash -c "'$RUN' --link='$LINK' --ready-fd 8 --info-fd 9 $1 / sleep infinity 8>'$T/ready' 9>'$T/info'; exit 1" \
		3>&- &
	parent=$!
	read -rN1 -t "$PATIENCE" <"$T/ready"
	launcher=$(jq .pid "$T/info")
	kill -KILL "$parent"
	wait "$parent" || true
	ORPHAN=$launcher
}

@test "process: --die-with-parent: nothing outlives the caller" {
	orphan --die-with-parent
	assert_nothing_left
}

@test "process: without --die-with-parent the container outlives the caller" {
	orphan ""
	[[ $(jq -r .pid "$XDG_RUNTIME_DIR"/netns-run/*/state.json) == "$ORPHAN" ]]
	kill -0 "$ORPHAN"
	kill -TERM "$ORPHAN"
	assert_nothing_left
}

@test "process: --detach and --die-with-parent exclude each other" {
	refused "exclude each other" --detach --die-with-parent / true
	refused "log-file is for --detach" --log-file "$T/log" / true
}

@test "process: PID 1 is ours, or with --init=off the command itself" {
	equal "$(netns_run / sh -c 'echo $$; cat /proc/1/comm')" $'2\nnetns-init'
	equal "$(netns_run --init / sh -c 'echo $$')" 2
	equal "$(netns_run --init=off / sh -c 'echo $$')" 1
	run -5 netns_run --init=off --tty / sh -c 'exit 5' </dev/null
	refused "'perhaps'" --init=perhaps / true
}
