#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# limits - cgroups, resource limits and the OOM score; what needs controllers is in the VM suite

load common

# A cgroup below which the user may make others; tools/delegate makes it when root starts the suite.
delegated()
{
	[[ ${WORLD_CGROUP:-} ]] || skip "no delegated cgroup: the suite was not started by root"
}

# session NAME VERB [JSON]: sets ANSWER.
session()
{
	ANSWER=$("$PYTHON" "$TOOLS/session_client.py" "$@")
}

refused()
{
	run --separate-stderr netns_run "$@" / true
	assert_failed 125 ".*${1%%=*}"
	assert_hint .
}

@test "limits: malformed and out-of-range values have their line and their cure" {
	local option

	for option in --memory={12x,1k,-5m,9999t,,0} --memory-swap={1x,0} \
		--cpus={0,a,-2,0.001,nan} --cpus=1,5 --cpuset-cpus={,a,3-1,99999} --cpuset-cpus=0,,1 \
		--pids-limit={0,1.5,x,9999999} --io-weight={0,10001,x,max} \
		--oom-score-adj={1001,-1001,x} --cgroup-parent={,rel,a/b} \
		--ulimit={nofile,nofile=,foo=1,nofile=2:1,=1,nofile=1:2:3}; do
		refused "$option"
	done
}

@test "limits: options that do not fit each other" {
	refused --memory-swap=64m
	refused --memory-swap=32m --memory=64m
	refused --memory-swap=64m --memory=max
}

@test "limits: a controller that is missing is named, with what enables it" {
	local pair option controller

	for pair in memory=64m:memory memory-swap=-1:memory cpus=1:cpu cpuset-cpus=0:cpuset \
		pids-limit=9:pids io-weight=9:io; do
		option=${pair%:*} controller=${pair#*:}
		! grep -qsw "$controller" /sys/fs/cgroup/cgroup.controllers || skip "it has $controller"
		refused "--$option"
		matches "${stderr_lines[0]}" "'$controller'"
		assert_hint '(unified_cgroup_hierarchy=1|delegate.conf|cgroup_enable|kernel)'
	done
}

@test "limits: the same below --cgroup-parent" {
	delegated
	! grep -qw memory "$WORLD_CGROUP/cgroup.controllers" || skip "it has memory"
	run --separate-stderr netns_run --cgroup-parent "$WORLD_CGROUP" --memory 64m / true
	assert_failed 125 ".*--memory .*'memory'"
	assert_hint .
	equal "$(find "$WORLD_CGROUP" -mindepth 1 -type d)" "$WORLD_CGROUP/shell"
}

@test "limits: --cgroup-parent that is none" {
	refused --cgroup-parent=/tmp
	matches "${stderr_lines[0]}" "is no cgroup"
	refused --cgroup-parent=/no/such/cgroup
}

@test "limits: a cgroup of its own, which is all that it sees" {
	local procs

	delegated
	rootfs
	start_container --cgroup-parent "$WORLD_CGROUP" --name box "$ROOTFS" \
		sh -c 'grep ^0: /proc/self/cgroup; ls /sys/fs/cgroup | grep -c cgroup.procs; exec sleep infinity'
	read_out LINE
	equal "$LINE" 0::/
	read_out LINE
	equal "$LINE" 1
	matches "$(grep ^0: "/proc/$CHILD/cgroup")" '/netns-run-box/container$'
	equal "$(jq -r .cgroup "$INFO")" "$WORLD_CGROUP/netns-run-box"
	procs=$(wc -l <"$WORLD_CGROUP/netns-run-box/container/cgroup.procs")
	((procs >= 2)) || fail "only $procs processes in it"
	equal "$(inside cat /sys/fs/cgroup/cgroup.procs | wc -l)" "$procs"
	stop "$LAUNCHER"
	LAUNCHERS=()
	[[ ! -e $WORLD_CGROUP/netns-run-box ]] || fail "the cgroup is still there"
}

@test "limits: what runs inside cannot leave its cgroup, nor write to the one above" {
	delegated
	rootfs
	start_container --cgroup-parent "$WORLD_CGROUP" --name box "$ROOTFS" sh -c '
		cd /sys/fs/cgroup &&
		ls -d ../box shell ../../box 2>/dev/null; ls -d cgroup.procs; exec sleep infinity'
	read_out LINE
	equal "$LINE" cgroup.procs
}

@test "limits: cgroups that were made inside go, too" {
	delegated
	rootfs
	run netns_run --cgroup-parent "$WORLD_CGROUP" --name box "$ROOTFS" sh -c '
		cd /sys/fs/cgroup && mkdir -p a/b/c d && echo made'
	equal "$output" made
	[[ ! -e $WORLD_CGROUP/netns-run-box ]] || fail "the cgroup is still there"
}

@test "limits: the cgroup goes when the launcher is killed" {
	local keeper

	delegated
	start_container --cgroup-parent "$WORLD_CGROUP" --name box / sleep infinity
	keeper=$(pgrep -P "$LAUNCHER" netns-cgroup)
	kill -KILL "$LAUNCHER"
	timeout "$PATIENCE" tail --pid="$keeper" -f /dev/null
	[[ ! -e $WORLD_CGROUP/netns-run-box ]] || fail "the cgroup is still there"
}

@test "limits: an empty cgroup that was left is taken over, one in use is not" {
	delegated
	mkdir "$WORLD_CGROUP/netns-run-box"
	run netns_run --cgroup-parent "$WORLD_CGROUP" --name box / echo ran
	equal "$output" ran
	start_container --cgroup-parent "$WORLD_CGROUP" --name box / sleep infinity
	mkdir "$T/other"
	XDG_RUNTIME_DIR=$T/other run --separate-stderr \
		netns_run --cgroup-parent "$WORLD_CGROUP" --name box / true
	assert_failed 125 ".*in use"
	assert_hint .
	session box inspect
}

@test "limits: pause stops all, resume lets them go on" {
	delegated
	rootfs
	mkfifo "$ROOTFS/tmp/in"
	start_container --cgroup-parent "$WORLD_CGROUP" --name box "$ROOTFS" \
		sh -c 'exec cat <>/tmp/in'
	session box inspect
	equal "$(jq .paused <<<"$ANSWER")" false
	session box pause
	equal "$ANSWER" '{}'
	session box inspect
	equal "$(jq .paused <<<"$ANSWER")" true
	equal "$(grep frozen "$WORLD_CGROUP/netns-run-box/cgroup.events")" "frozen 1"
	session box pause
	echo line >"$ROOTFS/tmp/in"
	! read -r -t 0.2 LINE <&"$OUT" || fail "it runs"
	session box resume
	read_out LINE
	equal "$LINE" line
	equal "$(grep frozen "$WORLD_CGROUP/netns-run-box/cgroup.events")" "frozen 0"
}

@test "limits: a paused container takes the signals that end it" {
	delegated
	start_container --cgroup-parent "$WORLD_CGROUP" --name box / sleep infinity
	session box pause
	kill -WINCH "$LAUNCHER"
	kill -TERM "$LAUNCHER"
	await_exit "$LAUNCHER"
	equal "$STATUS" 143
	LAUNCHERS=()
	start_container --cgroup-parent "$WORLD_CGROUP" --name box / sleep infinity
	session box pause
	session box kill '{"signal":15}'
	await_exit "$LAUNCHER"
	equal "$STATUS" 143
	LAUNCHERS=()
}

@test "limits: a paused container ends with its launcher" {
	delegated
	start_container --cgroup-parent "$WORLD_CGROUP" --name box / sleep infinity
	session box pause
	kill -KILL "$LAUNCHER"
	timeout "$PATIENCE" tail --pid="$CHILD" -f /dev/null
}

@test "limits: stats has the counters of the cgroup" {
	delegated
	start_container --cgroup-parent "$WORLD_CGROUP" --name box / sleep infinity
	session box stats
	equal "$(jq -r .cgroup <<<"$ANSWER")" "$WORLD_CGROUP/netns-run-box"
	equal "$(jq '.cpu.stat.usage_usec >= 0' <<<"$ANSWER")" true
	equal "$(jq -c 'keys' <<<"$ANSWER")" '["cgroup","cpu","io","memory","paused","pids"]'
}

@test "limits: update is refused as the options are, and changes nothing then" {
	delegated
	start_container --cgroup-parent "$WORLD_CGROUP" --name box / sleep infinity
	for arguments in '{}' '{"memory":"12x"}' '{"memory":[1]}' '{"speed":"1"}' '{"cpus":0}' \
		'{"memory-swap":"1g"}'; do
		run session box update "$arguments"
		equal "$status" 1
	done
	session box inspect
	equal "$(jq -c .limits <<<"$ANSWER")" '{}'
	! grep -qw memory "$WORLD_CGROUP/cgroup.controllers" || skip "it has memory"
	ANSWER=$("$PYTHON" "$TOOLS/session_client.py" box update '{"memory":"64m"}') || true
	matches "$(jq -r .error.desc <<<"$ANSWER")" "'memory'"
	matches "$(jq -r .error.hint <<<"$ANSWER")" .
}

@test "limits: without limits there is no cgroup, and pause says what to do" {
	local verb

	start_container --name box / sleep infinity
	for verb in pause resume stats 'update {"memory":"64m"}'; do
		# shellcheck disable=SC2086 # two words
		ANSWER=$("$PYTHON" "$TOOLS/session_client.py" box $verb) && fail "$verb"
		matches "$(jq -r .error.hint <<<"$ANSWER")" "--pids-limit"
	done
}

@test "limits: --ulimit holds for the command, and hard limits cannot be raised inside" {
	rootfs
	run netns_run --ulimit nofile=100:200 --ulimit core=0 "$ROOTFS" \
		sh -c 'ulimit -Sn; ulimit -Hn; ulimit -Hc; ulimit -Hn 300 2>/dev/null || echo refused'
	equal "$output" $'100\n200\n0\nrefused'
}

@test "limits: --ulimit above the user's hard limit names it" {
	rootfs
	run --separate-stderr bash -c 'ulimit -n 1000; exec "$@"' - "$RUN" --link="$LINK" \
		--ulimit nofile=1000:1001 "$ROOTFS" true
	assert_failed 125 ".*nofile.*1000"
	assert_hint limits.conf
}

@test "limits: --ulimit nproc does not stop the start" {
	rootfs
	run netns_run --ulimit nproc=50 "$ROOTFS" sh -c 'ulimit -u 2>/dev/null || ulimit -p; (echo ran)'
	matches "$output" '50.*ran'
}

@test "limits: --oom-score-adj is inherited by all, and users cannot lower it" {
	local own

	own=$(cat /proc/self/oom_score_adj)
	rootfs
	run netns_run --oom-score-adj 700 "$ROOTFS" sh -c 'cat /proc/1/oom_score_adj /proc/self/oom_score_adj'
	equal "$output" $'700\n700'
	((own > -1000)) || skip "nothing is lower"
	run --separate-stderr netns_run --oom-score-adj $((own - 1)) "$ROOTFS" true
	assert_failed 125 ".*--oom-score-adj"
	assert_hint root
}

@test "limits: inspect and the information tell them" {
	start_container --ulimit nofile=100:200 --oom-score-adj 500 / sleep infinity
	equal "$(jq -c .ulimits "$INFO")" '{"nofile":{"soft":100,"hard":200}}'
	equal "$(jq -c .limits "$INFO")" '{}'
	session "$NAME" inspect
	equal "$(jq -c .ulimits <<<"$ANSWER")" '{"nofile":{"soft":100,"hard":200}}'
}
