#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""options - options of netns-run at random, against a table of what each must do

options.py FROM TO ROOTFS DIRECTORY -- NETNS-RUN-ARGUMENT...

Combinations FROM to TO-1 of the seed (NETNS_TEST_SEED) run one after the other. A command inside
prints facts; all of them, and what --info-fd says, must be as the table has it for the options of
the combination and for those that it lacks. A combination that contradicts itself must fail with
status 125, one line of cause and at most one of cure. Prints what differs; silence is success.
"""
import json
import os
import random
import re
import subprocess
import sys

# Prints KEY=VALUE lines with the applets of busybox, and ends with status $1.
FACTS = r"""
echo pid1=$(test $$ = 1 && echo yes)
echo hostname=$(hostname)
echo cwd=$PWD
echo ids=$(id -u):$(id -g)
echo terminal=$(test -t 0 && test -t 2 && echo yes)
echo marker=$MARKER
echo given=$GIVEN
echo nofile=$(ulimit -Sn):$(ulimit -Hn)
echo core=$(ulimit -Sc)
echo oom=$(cat /proc/self/oom_score_adj)
echo uids=$(awk '{ n += $3 } END { print (n > 1 ? "many" : n) }' /proc/self/uid_map)
echo gids=$(awk '{ n += $3 } END { print (n > 1 ? "many" : n) }' /proc/self/gid_map)
echo written=$( (: >/probe) 2>/dev/null && echo yes)
echo token=$(cat /data/token 2>/dev/null)
awk '/^(NoNewPrivs|Seccomp_filters|CapBnd|CapEff):/ { print $1 "=" $2 }' /proc/self/status
awk '{ split($0, tail, " - "); split(tail[2], type, " ") }
	$5 == "/" || $5 == "/data" || $5 == "/scratch" {
		mode[$5] = substr($6, 1, 2); if ($5 == "/scratch") fs = type[1]
	}
	END { print "root=" mode["/"]; print "data=" mode["/data"]; print "scratch=" fs }
	' /proc/self/mountinfo
ip -o link | awk '$2 != "lo:" { sub(":$", "", $2); sub("@.*", "", $2); d = d $2 " "
	for (i = 3; i < NF; i++) { if ($i == "mtu") m = $(i + 1); if ($i == "link/ether") e = $(i + 1) } }
	END { print "devices=" d; print "mtu=" m; print "mac=" e }'
ip -o -4 addr | awk '$2 != "lo" { print "ipv4=" $4 }'
ip -o -6 addr | awk '$2 != "lo" && $4 !~ /^fe80/ { print "ipv6=" $4 }'
exit $1
"""

UID = os.getuid()
FULL = int(os.environ.get("WORLD_UIDS", "1")) > 1
DEFAULT_BOUNDING = None  # found by a run without options
SYS_ADMIN, NET_RAW = 1 << 21, 1 << 13

# What a run without any option shows; None is what depends on the host. Of the seccomp filters one
# is always there, which keeps the command from typing into the terminal.
DEFAULTS = {
    "pid1": "", "hostname": "box", "cwd": "/", "ids": "0:0", "terminal": "", "marker": "outer",
    "given": "", "oom": None, "uids": "many" if FULL else "1", "gids": "many" if FULL else "1",
    "written": "yes", "token": "", "NoNewPrivs:": "1", "Seccomp_filters:": "+2", "root": "rw",
    "data": "", "scratch": "", "devices": "eth0", "mtu": None, "mac": None,
    "ipv4": "10.0.2.100/24", "ipv6": "fd00::100/64",
}  # fmt: skip

# Slots of alternatives; a combination takes at most one of each slot. An alternative has its words
# and the facts that it changes. %D is a directory of the combination's own.
TABLE = {
    "name": [("--name=other", {"hostname": "other"})],
    "hostname": [("--hostname x1.test", {"hostname": "x1.test"}), ("--hostname=h", {"hostname": "h"})],
    "env": [
        ("--env GIVEN=b", {"given": "b"}),
        ("-e GIVEN=a=b", {"given": "a=b"}),
        ("--env-file %D/env", {"given": "of file"}),
        ("--env-file %D/env --env GIVEN=wins", {"given": "wins"}),
    ],
    "clear-env": [
        ("--clear-env", {"marker": ""}),
        ("--clear-env --env MARKER", {}),
        ("--env MARKER=inner", {"marker": "inner"}),
    ],
    "workdir": [("--workdir /tmp", {"cwd": "/tmp"}), ("-w /etc", {"cwd": "/etc"})],
    "read-only": [("--read-only", {"root": "ro", "written": ""})],
    "session": [("--disposable", {"kept": False}), ("--overlay %D/upper", {"kept": False})],
    "tmpfs": [
        ("--tmpfs /scratch", {"scratch": "tmpfs", "kept": False}),
        ("--tmpfs /scratch:size=1m,mode=1777", {"scratch": "tmpfs", "kept": False}),
    ],
    "volume": [
        ("--volume %D/data:/data", {"data": "rw", "token": "of volume", "kept": False}),
        ("-v %D/data:/data:ro", {"data": "ro", "token": "of volume", "kept": False}),
    ],
    "user": [("--user 33", {"ids": "33:0"}), ("-u 33:44", {"ids": "33:44"}), ("--user root", {})],
    "uidmap": [
        ("--uidmap single", {"uids": "1", "gids": "1"}),
        (f"--uidmap 0:{UID}:1", {"uids": "1", "gids": "1"}),
        ("--uidmap auto", {}),
    ],
    "cap-drop": [
        ("--cap-drop all", {"drop": "all"}),
        ("--cap-drop=net_raw", {"drop": NET_RAW}),
        ("--cap-drop all --cap-add net_raw", {"drop": "all", "add": NET_RAW}),
    ],
    "cap-add": [("--cap-add sys_admin", {"add": SYS_ADMIN}), ("--cap-add=CAP_NET_RAW", {"add": NET_RAW})],
    "seccomp": [
        ("--seccomp unconfined", {"Seccomp_filters:": "+1"}),
        ("--security-opt seccomp=unconfined", {"Seccomp_filters:": "+1"}),
        ("--seccomp=default", {}),
    ],
    "new-privileges": [
        ("--security-opt no-new-privileges=false", {"NoNewPrivs:": "0"}),
        ("--security-opt no-new-privileges", {}),
    ],
    "net": [
        ("--net none", {"net": "none"}),
        ("--network=host", {"net": "host"}),
        ("--net=user", {}),
    ],
    "mtu": [("--mtu 1400", {"mtu": "1400"}), ("-m 9000", {"mtu": "9000"}), ("--mtu 1000", {"mtu": "1000"})],
    "ipv6": [("--no-ipv6", {"ipv6": ""}), ("--cidr6 fd12::/64", {"ipv6": "fd12::100/64"})],
    "cidr": [("--cidr 10.9.0.0/24", {"ipv4": "10.9.0.100/24"})],
    "ifname": [("--ifname lan7", {"devices": "lan7"})],
    "udp-timeout": [("--udp-timeout 60", {}), ("--udp-timeout=60:5", {})],
    "mac": [("--mac 02:00:00:00:00:05", {"mac": "02:00:00:00:00:05"})],
    "publish": [("--publish 0:80", {"ports": [80]}), ("-p 0:80 -p 127.0.0.1:0:81/udp", {"ports": [80, 81]}),
                ("-p lo:0:80 -p [::1%lo]:0:81", {"ports": [80, 81]})],
    "host": [("--host-port 65000", {}), ("--host-loopback", {})],
    "rate": [("--rate-in 100mbit", {}), ("--rate-out=1gbit,burst=1m --rate-in unlimited", {})],
    "sandbox": [("--sandbox on", {}), ("--sandbox=require", {}), ("--sandbox off", {})],
    "names": [("--dns 192.0.2.1", {}), ("--dns 192.0.2.1#53 --dns-search a.test --dns-option ndots:2", {}),
              ("--add-host db:192.0.2.7 --dns-search=.", {})],
    "outbound": [("--outbound lan0", {}), ("--outbound 192.0.2.77 --outbound=lan0", {})],
    "egress": [("--egress deny --allow 192.0.2.1:80 --deny @private", {}), ("--deny *.example.com --egress-pin 5", {})],
    "proxy": [("--proxy socks5://127.0.0.1:9", {}), ("--proxy-bypass --proxy=http://[::1]", {})],
    "init": [("--init=off", {"pid1": "yes"}), ("--init=on", {})],
    "ulimit": [
        ("--ulimit nofile=64", {"nofile": "64:64"}),
        ("--ulimit nofile=64:128 --ulimit core=0", {"nofile": "64:128", "core": "0"}),
    ],
    "oom": [("--oom-score-adj 500", {"oom": "500"})],
    "tty": [("--tty", {"terminal": "yes"}), ("-i -t", {"terminal": "yes"})],
    "nothing": [("--rm", {}), ("--die-with-parent", {}), ("--udp-timeout 30:5", {})],
}

# Only for combinations that contradict themselves.
WRONG = {
    "detach": [("--detach --die-with-parent", {})],
    "log": [("--log-file=%D/log", {})],
    "driver": [("--overlay-driver kernel", {})],
    "target": [("--tmpfs /data", {})],
    "effect": [("--allow example.com", {})],
    "both": [("--disposable --overlay %D/upper", {})],
}

NOT_OURS = r"--net[= ]none|--network=host"
# Patterns that a combination matches all of, and the cause that it is refused with.
CONFLICTS = [
    ((NOT_OURS, r"--publish|-p "), "--publish has no meaning with --net="),
    ((NOT_OURS, r"--mtu|-m "), "--mtu has no meaning with --net="),
    *(
        ((NOT_OURS, rf"{option}\b"), f"{option} has no meaning with --net=")
        for option in ("--host-port", "--host-loopback", "--ifname", "--mac", "--cidr", "--cidr6",
                       "--no-ipv6", "--udp-timeout", "--outbound", "--proxy", "--sandbox",
                       "--egress", "--rate-in", "--rate-out")
    ),
    ((r"--mtu 1000", r"^(?!.*--no-ipv6)"), "IPv6 needs an MTU of at least 1280 bytes, not 1000"),
    ((r"--user 33|-u 33", r"--uidmap (single|\d)"), "uid 33 of --user is not mapped"),
    ((r"--cap-drop=net_raw", r"--cap-add=CAP_NET_RAW"), "(?i)net_raw is both added and dropped"),
    ((r"--detach --die",), "--detach and --die-with-parent exclude each other"),
    ((r"--log-file",), "--log-file is for --detach only"),
    ((r"--overlay-driver", r"^(?!.*--(disposable|overlay ))"), "--overlay-driver is given without"),
    ((r"--tmpfs /data", r"%D/data"), "two mounts are asked for on '/data'"),
    ((NOT_OURS, r"^(?!.*--egress ).*--(allow|deny)"), "--(allow|deny) has no meaning with --net="),
    ((r"--allow example",), "egress rules that only allow have no effect"),
    ((r"--disposable", r"--overlay "), "--disposable and --overlay contradict"),
]  # fmt: skip
if not FULL:
    CONFLICTS.append(((r"--user 33|-u 33",), "uid 33 of --user is not mapped"))
# What every third combination starts with.
STARTS = [
    {"net": 0, "publish": 0}, {"net": 1, "publish": 1}, {"net": 0, "host": 0}, {"net": 1, "host": 1},
    {"net": 0, "cidr": 0}, {"net": 1, "ipv6": 0}, {"net": 0, "ipv6": 1}, {"net": 1, "udp-timeout": 1},
    {"mtu": 2}, {"user": 0, "uidmap": 0}, {"user": 1, "uidmap": 1}, {"cap-drop": 1, "cap-add": 1},
    {"detach": 0}, {"log": 0}, {"driver": 0}, {"target": 0, "volume": 1}, {"both": 0}, {"effect": 0},
]  # fmt: skip


class Combination:
    def __init__(self, seed, number):
        source = random.Random(f"{seed}.{number}")
        taken = dict(source.choice(STARTS)) if number % 3 == 2 else {}
        for slot in source.sample(list(TABLE), source.randint(2, 9)):
            taken.setdefault(slot, source.randrange(len(TABLE[slot])))
        if "both" in taken:
            taken.pop("session", None)
        slots = list(taken)
        source.shuffle(slots)
        chosen = [{**TABLE, **WRONG}[slot][taken[slot]] for slot in slots]
        self.text = " ".join(words for words, _ in chosen)
        self.status = source.choice([0, 1, 7, 100, 126, 255])
        self.model = dict(DEFAULTS)
        for _, facts in sorted(chosen, key=lambda choice: "hostname" in choice[0]):
            self.add(facts)
        self.causes = [
            cause
            for patterns, cause in CONFLICTS
            if all(re.search(pattern, self.text) for pattern in patterns)
        ]

    def add(self, facts):
        for key, value in facts.items():
            if key == "add":
                value |= self.model.get("add", 0)
            if key == "drop" and "all" in (value, self.model.get("drop")):
                value = "all"
            self.model[key] = value

    # What options mean for each other.
    def expected(self, own_filters, host):
        model = dict(self.model)
        model["Seccomp_filters:"] = str(own_filters + int(model["Seccomp_filters:"]))
        drop, added = model.pop("drop", 0), model.pop("add", 0)
        bounding = 0 if drop == "all" else DEFAULT_BOUNDING & ~drop
        model["CapBnd:"] = f"{bounding | added:016x}"
        is_root = model["ids"] == "0:0"
        model["CapEff:"] = model["CapBnd:"] if is_root else f"{0:016x}"
        if not is_root:
            model["written"] = ""
        net = model.pop("net", "user")
        if net != "user":
            model.update(host if net == "host" else dict.fromkeys(host, ""))
            model.update(mtu=None, mac=None)
        return {key: value for key, value in model.items() if value is not None}


class Runner:
    def __init__(self, rootfs, directory, command):
        self.rootfs, self.directory, self.command = rootfs, directory, command
        self.count = 0
        os.makedirs(f"{directory}/data")
        self.write("env", "GIVEN=of file\n")
        self.write("data/token", "of volume\n")
        own = subprocess.run(["busybox", "sh", "-c", FACTS, "facts", "0"], cwd=directory, check=False,
                             capture_output=True, text=True)  # fmt: skip
        facts = self.parse(own.stdout)
        self.filters = int(facts["Seccomp_filters:"])
        self.host = {key: facts[key] for key in ("devices", "ipv4", "ipv6")}

    def write(self, name, text):
        with open(f"{self.directory}/{name}", "w", encoding="utf-8") as file:
            file.write(text)

    @staticmethod
    def parse(output):
        lines = [line.strip().split("=", 1) for line in output.splitlines() if "=" in line]
        facts = {"ipv4": "", "ipv6": ""}
        facts.update((key, value.strip()) for key, value in lines)
        return facts

    def run(self, text, status):
        """Returns exit status, facts, information and lines of standard error."""
        reader, writer = os.pipe()
        self.count += 1
        upper = f"{self.directory}/upper.{self.count}"
        os.mkdir(upper)
        words = text.replace("%D/upper", upper).replace("%D", self.directory).split()
        name = [] if "--name" in text else ["--name=box"]
        result = subprocess.run(
            [*self.command, "--info-fd", str(writer), *name, *words, self.rootfs]
            + ["/bin/sh", "-c", FACTS, "facts", str(status)],
            pass_fds=[writer], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
            env={**os.environ, "MARKER": "outer"},
        )  # fmt: skip
        os.close(writer)
        with open(reader, encoding="utf-8") as info:
            return result.returncode, result.stdout, info.read(), result.stderr.splitlines()

    def left(self):
        """What a run left, which is removed: the probe in ROOTFS, whatever was not cleaned up."""
        left = []
        if os.path.exists(f"{self.rootfs}/probe"):
            os.unlink(f"{self.rootfs}/probe")
            left.append("probe")
        for _, directories, files in os.walk(os.environ["XDG_RUNTIME_DIR"] + "/netns-run"):
            left += directories + files
        return left


def check_refused(combination, status, output, errors):
    if status != 125 or output:
        yield f"status {status} and output {output!r}, not 125 and none"
    if not any(re.search(cause, errors[0] if errors else "") for cause in combination.causes):
        yield f"the cause is none of {combination.causes}"
    if not errors or not errors[0].startswith("netns-run: ") or len(errors) > 2:
        yield "not one line of cause"
    if len(errors) == 2 and not errors[1].startswith("netns-run: hint: "):
        yield "not one line of cure"


def check_info(model, text, info):
    ports = [port["guest_port"] for port in info["ports"]]
    if ports != model.get("ports", []) or not all(port["host_port"] for port in info["ports"]):
        yield f"ports are {info['ports']}"
    expected = {
        "net": model.get("net", "user"),
        "name": "other" if "--name" in text else "box",
        "no_new_privs": model["NoNewPrivs:"] == "1",
    }
    for key, value in expected.items():
        if info[key] != value:
            yield f"--info-fd: {key} is {info[key]!r}, not {value!r}"


# A host port that was chosen is told; else there is silence.
def check_errors(ports, errors):
    told = [re.fullmatch(r"netns-run: published .*:(\d+)/(tcp|udp)", line) for line in errors]
    if FULL and [int(line[1]) for line in told if line] + [0] * told.count(None) != ports:
        yield "other lines than those of the published ports"


def check_done(runner, combination, output, info):
    model = combination.expected(runner.filters, runner.host)
    facts = runner.parse(output)
    for key in model.keys() - {"kept", "ports"}:
        if facts.get(key) != model[key]:
            yield f"{key} is {facts.get(key)!r}, not {model[key]!r}"
    if info:
        yield from check_info(combination.model, combination.text, json.loads(info))
    else:
        yield "nothing in --info-fd"


def check(runner, combination):
    status, output, info, errors = runner.run(combination.text, combination.status)
    left = runner.left()
    probe = False
    if combination.causes:
        yield from check_refused(combination, status, output, errors)
    elif status != combination.status:
        yield f"status {status}, not {combination.status}: {errors}"
    else:
        yield from check_done(runner, combination, output, info)
        yield from check_errors(combination.model.get("ports", []), errors)
        model = combination.expected(runner.filters, runner.host)
        probe = model["written"] and model.get("kept", True)
    if left != (["probe"] if probe else []):
        yield f"left: {left}"


def run_random(first, last, rootfs, directory, command):
    global DEFAULT_BOUNDING
    seed = os.environ.get("NETNS_TEST_SEED", "24")
    runner = Runner(rootfs, directory, command)
    status, output, _, errors = runner.run("", 0)
    DEFAULT_BOUNDING = int(runner.parse(output).get("CapBnd:", "0"), 16)
    runner.left()
    if status or DEFAULT_BOUNDING & (SYS_ADMIN | NET_RAW) != NET_RAW:
        sys.exit(f"without options: status {status}, bounding set {DEFAULT_BOUNDING:x}, {errors}")
    wrong = 0
    for number in range(first, last):
        combination = Combination(seed, number)
        for difference in check(runner, combination):
            wrong += 1
            print(f"combination {number}: {combination.text}: {difference}")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    run_random(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4], sys.argv[6:])
