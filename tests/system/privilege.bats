#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# privilege - what the command may: capabilities, no_new_privs, system calls

load common

DEFAULT_SET=00000000800435fb

# The value of a field of /proc/self/status of a command that runs with the options.
field()
{
	netns_run "${@:2}" / awk -v name="$1:" '$1 == name { print $2 }' /proc/self/status
}

# int80 NUMBER FIRST [OPTION...]: the result of a call as a 32-bit program would make it.
int80()
{
	netns_run "${@:3}" / "$PYTHON" -c '
import ctypes, mmap, struct, sys
number, first = (struct.pack("<I", int(word, 0)) for word in sys.argv[1:])
code = b"\x53\xb8" + number + b"\xbb" + first + b"\x31\xc9\xcd\x80\x5b\xc3"
page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
page.write(code)
print(ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))())' "$1" "$2"
}

UNSHARE32=310 SOCKETCALL32=102 NEWUSER=0x10000000

profile()
{
	printf '%s' "$1" >"$T/profile.json"
}

@test "privilege: by default root inside has the few capabilities that a container needs" {
	equal "$(field CapBnd)" "$DEFAULT_SET"
	equal "$(field CapEff)" "$DEFAULT_SET"
	equal "$(field CapPrm)" "$DEFAULT_SET"
	equal "$(field CapInh)" 0000000000000000
	equal "$(field CapAmb)" 0000000000000000
}

@test "privilege: --cap-drop all leaves none, and nothing brings them back" {
	equal "$(field CapBnd --cap-drop all)" 0000000000000000
	equal "$(field CapEff --cap-drop ALL)" 0000000000000000
	run netns_run --cap-drop all / ip link set lo down
	matches "$output" "not permitted"
}

@test "privilege: --cap-drop all --cap-add net_raw leaves that one" {
	equal "$(field CapEff --cap-drop all --cap-add net_raw)" 0000000000002000
	netns_run --cap-drop all --cap-add net_raw / "$PYTHON" -c \
		'import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW)'
}

@test "privilege: --cap-add and --cap-drop take lists, change the default, and all" {
	equal "$(field CapEff --cap-add CAP_SYS_TIME,Sys_Nice --cap-drop chown)" 00000000828435fa
	equal $((16#$(field CapEff --cap-add all --cap-drop mknod) & 1 << 27)) 0
	equal $((16#$(field CapEff --cap-add all --cap-drop mknod) >> 21 & 1)) 1
}

@test "privilege: an unknown capability is refused, with the names that are like it" {
	run -125 --separate-stderr netns_run --cap-add net_adminn / true
	assert_failed 125 ".*net_adminn"
	assert_hint CAP_NET_ADMIN
	run -125 --separate-stderr netns_run --cap-drop wings / true
	assert_failed 125 ".*wings"
	assert_hint "capabilities\(7\)"
	run -125 --separate-stderr netns_run --cap-add kill --cap-drop kill / true
	assert_failed 125 "CAP_KILL is both"
}

@test "privilege: mounts and namespaces are refused by default" {
	run netns_run / mount -t tmpfs none /mnt
	((status != 0)) || fail "mounted"
	run netns_run / unshare --user true
	matches "$output" "Operation not permitted"
	run netns_run / unshare --net true
	matches "$output" "Operation not permitted"
}

@test "privilege: --cap-add sys_admin allows them" {
	netns_run --cap-add sys_admin / sh -c 'mount -t tmpfs none /mnt && umount /mnt'
	netns_run --cap-add sys_admin / unshare --user --net --mount true
}

@test "privilege: the tools of the network work" {
	netns_run / ping -c1 -W5 127.0.0.1
	netns_run / ip link add one type veth peer name two
	netns_run / sh -c 'nft add table inet mine && nft list ruleset | grep -q mine'
	netns_run / ss -tnp
}

@test "privilege: strace of a command's own child works" {
	command -v strace >/dev/null || missing strace
	run netns_run / strace -f -e trace=getppid sh -c 'echo $PPID'
	matches "$output" "exited with 0"
}

@test "privilege: threads and what starts them get on without clone3" {
	equal "$(netns_run / "$PYTHON" -c '
import subprocess, threading
thread = threading.Thread(target=lambda: print(subprocess.check_output(["echo", "in"]).decode()))
thread.start()
thread.join()')" in
}

@test "privilege: no_new_privs is set, and --security-opt no-new-privileges=false leaves it" {
	equal "$(field NoNewPrivs)" 1
	equal "$(field NoNewPrivs --security-opt no-new-privileges=false)" 0
	equal "$(field Seccomp --security-opt no-new-privileges=false)" 2
	equal "$(field CapEff --security-opt no-new-privileges=false)" "$DEFAULT_SET"
	run -125 --separate-stderr netns_run --security-opt label=x / true
	assert_failed 125 ".*label=x"
	assert_hint no-new-privileges
}

@test "privilege: calls that are known and refused are EPERM, others do not exist" {
	equal "$(netns_run / "$PYTHON" -c '
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
for number in 425, 250, 435, 4000:  # io_uring_setup, keyctl, clone3, none
    ctypes.set_errno(0)
    libc.syscall(number, 0, 0, 0, 0)
    print(os.strerror(ctypes.get_errno()), end=" ")')" \
		"Operation not permitted Operation not permitted Function not implemented Function not implemented "
}

@test "privilege: sockets that lead past the network namespace do not exist" {
	local program='import socket; socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)'

	run netns_run / "$PYTHON" -c "$program"
	matches "$output" "Address family not supported"
	netns_run --seccomp unconfined / "$PYTHON" -c "$program" || missing AF_VSOCK
}

@test "privilege: the calls of 32-bit programs are filtered, too" {
	[[ $(uname -m) == x86_64 ]] || skip "the program is for x86_64"
	[[ $(int80 $UNSHARE32 $NEWUSER --seccomp unconfined) == 0 ]] || missing "32-bit system calls"
	equal "$(int80 $UNSHARE32 $NEWUSER)" -1
	# Without arguments it is EFAULT where it is allowed.
	equal "$(int80 $SOCKETCALL32 1)" -38
	equal "$(int80 $SOCKETCALL32 1 --security-opt socketcall=true)" -14
}

@test "privilege: --seccomp unconfined leaves the guard of the terminal alone" {
	equal "$(field Seccomp_filters)" 2
	equal "$(field Seccomp_filters --seccomp unconfined)" 1
	equal "$(field Seccomp_filters --security-opt seccomp=unconfined)" 1
	netns_run --seccomp unconfined / unshare --user true
	run netns_run --seccomp unconfined / script -qec "$PYTHON -c '
import fcntl, termios; fcntl.ioctl(0, termios.TIOCSTI, b\"x\")'" /dev/null
	matches "$output" "Operation not permitted"
}

@test "privilege: a profile in the OCI format says which error a call gets" {
	profile '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
		{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28}]}'
	run netns_run --seccomp "$T/profile.json" / mkdir "$T/made"
	matches "$output" "No space left on device"
	[[ ! -e $T/made ]]
	netns_run --security-opt seccomp="$T/profile.json" / touch "$T/file"
	netns_run --seccomp <(cat "$T/profile.json") / true
}

@test "privilege: a profile may kill, and the status tells" {
	profile '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
		{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_KILL_PROCESS"}]}'
	run --separate-stderr netns_run --seccomp "$T/profile.json" / mkdir "$T/made"
	equal "$status" 159
}

@test "privilege: a profile without an architecture is no way round it" {
	[[ $(uname -m) == x86_64 ]] || skip "the program is for x86_64"
	profile '{"defaultAction": "SCMP_ACT_ALLOW"}'
	equal "$(int80 $UNSHARE32 $NEWUSER --seccomp "$T/profile.json")" -38
}

@test "privilege: the profile of the container engines works" {
	local file=/usr/share/containers/seccomp.json

	[[ -e $file ]] || missing "$file (Debian: golang-github-containers-common)"
	equal "$(field Seccomp_filters --seccomp "$file")" 2
	netns_run --seccomp "$file" / "$PYTHON" -c 'import threading; threading.Thread().start()'
	run netns_run --seccomp "$file" / perl -e 'syscall(246, 0, 0, 0, 0); print $!'
	[[ $(uname -m) != x86_64 ]] || equal "$output" "Operation not permitted"
}

@test "privilege: a bad profile is refused, and the place named" {
	run -125 --separate-stderr netns_run --seccomp "$T/none.json" / true
	assert_failed 125 ".*none.json.*No such file"
	assert_hint unconfined
	profile '{"defaultAction": "SCMP_ACT_ALLOW", '
	run -125 --separate-stderr netns_run --seccomp "$T/profile.json" / true
	assert_failed 125 ".*profile.json.*no JSON"
	profile '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
		{"names": ["read"], "action": "SCMP_ACT_ALLOW"},
		{"names": ["read"], "action": "SCMP_ACT_ERRNO", "args": [
			{"index": 0, "value": 1, "op": "SCMP_CMP_LIKE"}]}]}'
	run -125 --separate-stderr netns_run --seccomp "$T/profile.json" / true
	assert_failed 125 ".*syscalls\[1\].args\[0\].op: 'SCMP_CMP_LIKE'"
	assert_hint SCMP_CMP_EQ
	profile '{"defaultAction": "SCMP_ACT_NOTIFY"}'
	run -125 --separate-stderr netns_run --seccomp "$T/profile.json" / true
	assert_failed 125 ".*SCMP_ACT_NOTIFY is not supported"
	profile '{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_VAX"]}'
	run -125 --separate-stderr netns_run --seccomp "$T/profile.json" / true
	assert_failed 125 ".*SCMP_ARCH_VAX"
}

@test "privilege: a profile that forbids execve keeps the command from starting" {
	profile '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
		{"names": ["execve"], "action": "SCMP_ACT_ERRNO"}]}'
	run -126 --separate-stderr netns_run --seccomp "$T/profile.json" / true
	assert_failed 126 ".*true.*Operation not permitted"
}

@test "privilege: what is in force can be looked up" {
	start_container --cap-drop all --cap-add net_raw,kill / sleep infinity
	equal "$(jq -c .capabilities "$INFO")" '["CAP_KILL","CAP_NET_RAW"]'
	equal "$(jq -r .seccomp "$INFO")" default
	equal "$(jq -r .no_new_privs "$INFO")" true
}

@test "privilege: another user has no capability, and su from root works" {
	local program='id -u; awk "/^Cap(Eff|Prm|Inh|Amb)/ { print \$2 }" /proc/self/status | sort -u'

	"$RUN" --help | grep -q -- --uidmap || skip "netns-run maps one id only"
	[[ $(netns_run / awk '{ n += $3 } END { print n }' /proc/self/uid_map) -gt 65534 ]] ||
		missing "subordinate ids"
	equal "$(netns_run --user 65534 / sh -c "$program" | xargs)" "65534 0000000000000000"
	equal "$(netns_run / su -s /bin/sh nobody -c "$program" | xargs)" "65534 0000000000000000"
}
