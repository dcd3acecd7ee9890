# SPDX-License-Identifier: GPL-2.0-or-later
"""subjects - how each subject is started with a command in its network"""

import json
import os
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import processes
from remote import BenchError, Remote, runner_argv

READY_SECONDS = 10.0
EXIT_SECONDS = 5.0
COMMAND_IPV4 = "10.0.2.100"
GATEWAY_IPV4 = "10.0.2.2"
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Setting:
    """What all subjects of a run share."""

    build: Path
    scratch: Path  # short enough for the path of a unix socket

    @property
    def netns_run(self) -> Path:
        return self.build / "launcher" / "netns-run"

    @property
    def netbench(self) -> Path:
        return self.build / "tests" / "bench" / "netbench"


@dataclass
class Launch:
    """One start of a subject: its processes, and how the command reaches the host."""

    setting: Setting
    port: int  # TCP and UDP; where the host's servers listen, or what is published
    publish: bool
    errors: Path
    before: set[int]  # processes below us that are not the subject's
    gateway: str = GATEWAY_IPV4
    started: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def spawn(self, argv: list[str], pass_fds: tuple[int, ...] = ()) -> "subprocess.Popen[bytes]":
        """Starts a program, its input and output in pipes, its errors in a file."""
        with self.errors.open("ab") as errors:
            try:
                process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                           stderr=errors, bufsize=0, pass_fds=pass_fds)
            except OSError as error:
                raise BenchError(f"{argv[0]}: {error.strerror}") from error
        self.started.append(process)
        return process

    def failure(self, what: str) -> BenchError:
        """A failure whose reason is the last line of what the programs complained about."""
        lines = self.errors.read_text(errors="replace").strip().splitlines()
        return BenchError(f"{what}: {lines[-1]}" if lines else what)

    def read_line(self, fd: int, what: str) -> bytes:
        """Reads from fd up to the end of a line or of the stream."""
        deadline = time.monotonic() + READY_SECONDS
        line = b""
        while not line.endswith(b"\n"):
            left = max(0.0, deadline - time.monotonic())
            if not select.select([fd], [], [], left)[0]:
                raise self.failure(f"{what} not ready after {READY_SECONDS:g} s")
            data = os.read(fd, 4096)
            if not data:
                break
            line += data
        if not line:
            raise self.failure(f"{what} has failed")
        return line


Starter = Callable[[Launch, list[str]], "subprocess.Popen[bytes]"]


@dataclass(frozen=True)
class Subject:
    """start runs a command in the subject's network and returns the process with its pipes."""

    name: str
    start: Starter
    outgoing: bool = True
    published: bool = True
    note: str = ""


def _start_host(launch: Launch, command: list[str]) -> "subprocess.Popen[bytes]":
    launch.gateway = LOOPBACK
    return launch.spawn(command)


def _netns_run(link: str, mtu: int | None) -> Starter:
    def start(launch: Launch, command: list[str]) -> "subprocess.Popen[bytes]":
        argv = [str(launch.setting.netns_run), f"--link={link}"]
        argv += ["--mtu", str(mtu)] if mtu else []
        if launch.publish:
            rule = f"{LOOPBACK}:{launch.port}:{launch.port}"
            argv += ["-p", rule, "-p", rule + "/udp"]
        else:
            argv += ["--host-port", str(launch.port), "--host-port", f"{launch.port}/udp"]
        info, info_inside = os.pipe()
        try:
            process = launch.spawn(argv + ["--info-fd", str(info_inside), "/", *command],
                                   pass_fds=(info_inside,))
            os.close(info_inside)
            info_inside = -1
            launch.gateway = json.loads(launch.read_line(info, "netns-run"))["gateway"]
        finally:
            os.close(info)
            if info_inside >= 0:
                os.close(info_inside)
        return process
    return start


def _slirp4netns_forward(socket_path: Path, port: int) -> None:
    for protocol in ("tcp", "udp"):
        request = {"execute": "add_hostfwd", "arguments": {
            "proto": protocol, "host_addr": LOOPBACK, "host_port": port,
            "guest_addr": COMMAND_IPV4, "guest_port": port}}
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(READY_SECONDS)
            client.connect(str(socket_path))
            client.sendall(json.dumps(request).encode())
            client.shutdown(socket.SHUT_WR)
            answer = json.loads(client.recv(4096))
        if "error" in answer:
            raise BenchError(f"slirp4netns: {answer['error']['desc']}")


def _slirp4netns(mtu: int) -> Starter:
    def start(launch: Launch, command: list[str]) -> "subprocess.Popen[bytes]":
        wait = 'echo ready && read -r go && exec "$@"'
        process = launch.spawn(["unshare", "-Urn", "sh", "-c", wait, "sh", *command])
        assert process.stdout is not None and process.stdin is not None
        launch.read_line(process.stdout.fileno(), "unshare")
        api = launch.setting.scratch / "slirp4netns.sock"
        ready, ready_inside = os.pipe()
        try:
            launch.spawn(["slirp4netns", "-c", "-m", str(mtu), "-r", str(ready_inside),
                          "-a", str(api), str(process.pid), "tap0"], pass_fds=(ready_inside,))
            os.close(ready_inside)
            ready_inside = -1
            launch.read_line(ready, "slirp4netns")
        finally:
            os.close(ready)
            if ready_inside >= 0:
                os.close(ready_inside)
        if launch.publish:
            _slirp4netns_forward(api, launch.port)
        process.stdin.write(b"go\n")
        return process
    return start


def _pasta(mtu: int) -> Starter:
    def start(launch: Launch, command: list[str]) -> "subprocess.Popen[bytes]":
        ports = f"{LOOPBACK}/{launch.port}" if launch.publish else "none"
        return launch.spawn(["pasta", "--config-net", "-4", "-a", COMMAND_IPV4, "-n", "24",
                             "-g", GATEWAY_IPV4, "-m", str(mtu), "-T", "none", "-U", "none",
                             "-t", ports, "-u", ports, "--", *command])
    return start


def _start_rootlesskit(launch: Launch, command: list[str]) -> "subprocess.Popen[bytes]":
    argv = ["rootlesskit", "--state-dir", str(launch.setting.scratch / "rootlesskit"),
            "--net=slirp4netns", "--mtu=65520", "--port-driver=builtin"]
    if launch.publish:
        for protocol in ("tcp", "udp"):
            argv += ["-p", f"{LOOPBACK}:{launch.port}:{launch.port}/{protocol}"]
    return launch.spawn(argv + command)


SOURCE_LOST = "published connections lose their source address"

HOST = Subject("host", _start_host)

SUBJECTS = [
    HOST,
    Subject("gateway-1500", _netns_run("gateway", 1500)),
    Subject("tap-1500", _netns_run("tap", 1500)),
    Subject("tap-default", _netns_run("tap", None)),
    Subject("tap-65520", _netns_run("tap", 65520)),
    Subject("slirp4netns-1500", _slirp4netns(1500)),
    Subject("slirp4netns-65520", _slirp4netns(65520)),
    Subject("pasta-1500", _pasta(1500), note=SOURCE_LOST),
    Subject("pasta-65520", _pasta(65520), note=SOURCE_LOST),
    Subject("rootlesskit", _start_rootlesskit, outgoing=False, note=SOURCE_LOST),
]


def tap_subjects(mtu: int) -> list[Subject]:
    """The subjects that the sweep compares at this MTU."""
    return [Subject(f"tap-{mtu}", _netns_run("tap", mtu)),
            Subject(f"slirp4netns-{mtu}", _slirp4netns(mtu))]


@dataclass(frozen=True)
class Session:
    """A running subject, as the metrics see it."""

    subject: Subject
    inside: Remote
    host: Remote
    launch: Launch
    token: str

    @property
    def gateway(self) -> str:
        """The address that reaches the host's loopback from inside."""
        return self.launch.gateway

    @property
    def port(self) -> int:
        """Free on the host and inside; published when the session was opened so."""
        return self.launch.port

    @property
    def inside_address(self) -> str:
        """Where a server inside listens: the subjects deliver to different addresses there."""
        return LOOPBACK if self.subject is HOST else "0.0.0.0"

    def helpers(self) -> set[int]:
        """All processes of the subject: what runs below us, less both runners' programs."""
        below = processes.descendants(os.getpid())
        inside = processes.find_command(runner_argv(self.token), below)
        others = self.launch.before | processes.descendants(self.host.process.pid)
        if inside is not None:
            others |= {inside} | processes.descendants(inside)
        return below - others


@contextmanager
def _launch(setting: Setting, port: int, publish: bool) -> Iterator[Launch]:
    """A launch whose processes are gone at the end, and reaped."""
    before = processes.descendants(os.getpid())
    scratch = Path(tempfile.mkdtemp(dir=setting.scratch))
    launch = Launch(Setting(setting.build, scratch), port, publish,
                    scratch / "errors", before)
    try:
        yield launch
    finally:
        _end_processes(launch)
        shutil.rmtree(scratch, ignore_errors=True)


def _end_processes(launch: Launch) -> None:
    for process in launch.started:
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()
    if launch.started:
        _wait(launch.started[0], EXIT_SECONDS)
    for process in launch.started:
        process.terminate()
        _wait(process, EXIT_SECONDS)
    for process in launch.started:
        process.kill()
        process.wait()
    left_behind = processes.descendants(os.getpid()) - launch.before
    for pid in left_behind:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    processes.wait_gone(left_behind, EXIT_SECONDS)


def _wait(process: "subprocess.Popen[bytes]", seconds: float) -> None:
    """Waits at most so long. Popen.wait() with a timeout sleeps in steps, too coarse to measure."""
    if process.poll() is not None:
        return
    pidfd = os.pidfd_open(process.pid)
    try:
        if select.select([pidfd], [], [], seconds)[0]:
            process.wait()
    finally:
        os.close(pidfd)


def _run_seconds(launch: Launch, start: Callable[[], "subprocess.Popen[bytes]"]) -> float:
    begin = time.monotonic()
    process = start()
    _wait(process, READY_SECONDS)
    elapsed = time.monotonic() - begin
    if process.returncode != 0:
        raise launch.failure(f"ended with {process.returncode}")
    return elapsed


def start_seconds(setting: Setting, subject: Subject, port: int) -> float:
    """How long it takes to run `true` in the subject's network, from start to exit."""
    with _launch(setting, port, False) as launch:
        return _run_seconds(launch, lambda: subject.start(launch, ["true"]))


def start_seconds_without_network(setting: Setting) -> float:
    """The same in new namespaces without a network in them."""
    argv = ["unshare", "-Urnmpf", "--mount-proc", "true"]
    with _launch(setting, 0, False) as launch:
        return _run_seconds(launch, lambda: launch.spawn(argv))


@contextmanager
def open_session(setting: Setting, host: Remote, subject: Subject, port: int,
                 publish: bool = False) -> Iterator[Session]:
    """Starts the subject with a runner inside; ends it afterwards."""
    token = f"inside-{os.getpid()}-{port}"
    with _launch(setting, port, publish) as launch:
        process = subject.start(launch, runner_argv(token))
        inside = Remote(process)
        try:
            inside.run("true", ["true"], READY_SECONDS)  # all is set up when this returns
        except BenchError as error:
            raise launch.failure(str(error)) from error
        try:
            yield Session(subject, inside, host, launch, token)
        finally:
            inside.close()
