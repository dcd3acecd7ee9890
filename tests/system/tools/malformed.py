#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""malformed - malformed values for every option of netns-run that takes one

malformed.py DIRECTORY -- NETNS-RUN-ARGUMENT...

Each must be refused with status 125, one line of cause that has the option or the value in it, and
at most one of cure. An option of --help that is not in the table is an error, too. DIRECTORY is
empty. Prints what differs; silence is success.
"""
import os
import re
import subprocess
import sys

# %D is the directory: there is nothing in it.
VALUES = {
    "publish": ["", ":", "80", "a:80", "80:0", "80:65536", "80:80/sctp", "9-8:1-2", "1.2.3:80:80", "an-interface-name:80:80",
                "fd:80", "fd:3:0", "fd:a b:80", "fd:9999:80", "80:80,proxy", "80:80/udp,proxy=v1"],
    "net": ["", "bridge", "USER", "none,host"],
    "network": ["", "bridge"],
    "link": ["", "bridge", "TAP"],
    "ifname": ["", "lo", ".", "a/b", "a b", "a%d", "sixteen-letters-"],
    "mtu": ["", "-1", "0", "67", "65522", "1500x", "0x500", "99999999999999999999"],
    "udp-timeout": ["", "0", "-5", "x", "5:", "5:x", "99999999999"],
    "mac": ["", "02:00:00:00:00", "01:00:00:00:00:05", "0g:00:00:00:00:05", "02-00-00-00-00-05"],
    "cidr": ["", "10.0.2.0", "10.0.2.0/33", "10.0.2.1/24", "fd00::/64", "127.0.0.0/8"],
    "cidr6": ["", "fd00::", "fd00::/129", "fd00::1/64", "10.0.2.0/24", "fe80::/64"],
    "dns": ["", "dns", "1.2.3", "1.2.3.4:53", "[::1]", "1.2.3.4#", "1.2.3.4#0", "1.2.3.4#65536"],
    "dns-search": ["", "a b", "-a", "a..b", "*"],
    "dns-option": ["", "a b", "a\n", "NDOTS"],
    "add-host": ["", "db", "db:", ":1.2.3.4", "a b:1.2.3.4", "db:1.2.3", "db:host", "db:[::1]"],
    "outbound": ["", "no-such-if", "a/b", "sixteen-letters-", "127.0.0.1", "0.0.0.0", "::1", "203.0.113.9", "1.2.3"],
    "rate-in": ["", "fast", "0", "999", "1mb", "10.1tbit", "1mbit,burst=x", "-1mbit"],
    "rate-out": ["", "1 mbit", "0kbit", "1mbit/s", "1mbit,", "unlimited,burst=1"],
    "sandbox": ["", "yes", "ON", "on,off", "0"],
    "egress": ["", "maybe", "DENY"],
    "allow": ["", ":80", "1.2.3", "192.0.2.1:0", "a..b", "@privat", "icmp:1.2.3.4:1", "[1.2.3.4]:1", "*x"],
    "deny": ["", "sctp:1.2.3.4", "1.2.3.4/8", "a@private", "[::1:80"],
    "egress-file": ["", "%D/none", "%D", "/etc/passwd"],
    "egress-pin": ["", "0", "-1", "86401", "x"],
    "proxy": ["", "x", "http://", "ftp://host", "socks5://host:0", "http://@host", "http://[::1", "http://a b", "socks5://:1"],
    "host-port": ["", "0", "65536", "http", "80/sctp", "-5"],
    "cap-add": ["", "cap_nothing", "net_raw,", "all,none", "99"],
    "cap-drop": ["", "cap_nothing", ",net_raw"],
    "seccomp": ["", "%D/none", "/dev/null", "%D", "/etc/passwd"],
    "security-opt": ["", "no-new-privileges=maybe", "label=disable", "seccomp=%D/none"],
    "env": ["", "=", "=x"],
    "env-file": ["", "%D/none", "%D"],
    "workdir": ["", "tmp", "./x", "%D/none", "/etc/passwd"],
    "hostname": ["", "-a", "a b", "a/b", "a..b", "x" * 65],
    "log-file": ["", "%D/none"],
    "init": ["", "maybe", "ON", "1"],
    "memory": ["", "12x", "-5m", "0", "9" * 30, "m"],
    "memory-swap": ["", "1x", "0"],
    "cpus": ["", "0", "a", "-2", "nan", "inf", "1,5"],
    "cpuset-cpus": ["", "a", "3-1", "0,,1", "99999"],
    "pids-limit": ["", "0", "1.5", "x", "-3"],
    "io-weight": ["", "0", "10001", "x"],
    "ulimit": ["", "nofile", "nofile=", "foo=1", "nofile=2:1", "nofile=1:2:3", "=1", "nofile=-2"],
    "oom-score-adj": ["", "1001", "-1001", "x", "5.5"],
    "cgroup-parent": ["", "rel", "%D"],
    "uidmap": ["", "0", "0:0", "0:0:0", "a:0:1", "0:-1:1", "0:0:1,", "automatic", "0:4294967295:2"],
    "gidmap": ["", "0", "0:0:0", "x", "0:0:1,0:0:1"],
    "user": ["", ":", "1:", ":1", "1:2:3", "a b", "nobody-here", "99999999999", "-1"],
    "volume": ["", ":", "/etc", "/etc:", ":/x", "/etc:x", "%D/none:/x", "/etc:/x:rx", "/etc:/"],
    "tmpfs": ["", "x", "/", "/x:size=a", "/x:frob", "/x:mode=999", ":size=1m"],
    "overlay": ["", "%D/none/none", "/etc/passwd"],
    "overlay-driver": ["", "aufs", "KERNEL"],
    "name": ["", ".", "..", "a/b", "-a", "a b", "x" * 65],
    "ready-fd": ["", "-1", "x", "77", "99999999999"],
    "info-fd": ["", "-1", "x", "77", "99999999999"],
    "events-fd": ["", "-1", "x", "77", "99999999999"],
    "pid-file": ["", "%D/none/pid", "%D"],
}


def options_of(program):
    text = subprocess.run([program, "--help"], capture_output=True, text=True, check=True).stdout
    return set(re.findall(r"^ +(?:-\w, )?--([\w-]+)=", text, re.MULTILINE))


def check(command, option, value):
    result = subprocess.run(
        [*command, f"--{option}={value}", "/", "true"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    lines = result.stderr.splitlines() or [""]
    if result.returncode != 125 or result.stdout:
        yield f"status {result.returncode}, not 125"
    if not lines[0].startswith("netns-run: ") or len(lines) > 2:
        yield "not one line of cause"
    elif not any(name in lines[0] for name in (option, value or "''", value.split("=")[-1] or "''")):
        yield "the cause names neither"
    if len(lines) == 2 and not lines[1].startswith("netns-run: hint: "):
        yield "not one line of cure"
    for _, directories, files in os.walk(os.environ["XDG_RUNTIME_DIR"] + "/netns-run"):
        for name in directories + files:
            yield f"left {name}"


def main():
    directory, command = sys.argv[1], sys.argv[3:]
    wrong = 0
    for option in options_of(command[0]) ^ VALUES.keys():
        wrong += 1
        print(f"--{option} is not both in the table and in --help")
    for option, values in VALUES.items():
        for value in values:
            for difference in check(command, option, value.replace("%D", directory)):
                wrong += 1
                print(f"--{option}={value}: {difference}")
    if os.listdir(directory):
        wrong += 1
        print(f"left {os.listdir(directory)}")
    sys.exit(wrong > 0)


main()
