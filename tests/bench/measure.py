# SPDX-License-Identifier: GPL-2.0-or-later
"""measure - the metrics: what is run inside and outside a subject, and what is read off it"""

import json
import resource
import socket
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import processes
from memory_reader import MemoryReader
from remote import BenchError, Remote
from subjects import (HOST, LOOPBACK, Session, Setting, Subject, open_session, start_seconds,
                      start_seconds_without_network)

GRACE_SECONDS = 15
CONNECT_SECONDS = 20
STARTS = 10
CRR_CONNECTIONS = 4
FLOWS_PER_SECOND = 1000
SOCKET_CHECK_SECONDS = 0.2
IDLE_SECONDS = 120
OTHER_DESCRIPTORS = 400  # of the forwarder's: sockets in stock, pipes, and so on
STREAM_SIZES = ",".join(["1000000000"] * 5)  # of one more stream beside idle connections

Sample = dict[str, float]


@dataclass(frozen=True)
class Options:
    """How long and how hard to measure."""

    seconds: int
    congestion: str | None
    idle_connections: int = 10000
    udp_flow_seconds: int = 15


@dataclass(frozen=True)
class Bench:
    """What a test needs: where things are, the host's runner, a look at memory, the options."""

    setting: Setting
    host: Remote
    memory: MemoryReader
    options: Options


@dataclass(frozen=True)
class Test:
    """run measures one subject and returns values by the name of their metric."""

    name: str
    run: Callable[[Bench, Subject], Sample]
    outgoing: bool = True  # the connection, if any, starts inside
    gateway_only: bool = False  # unless it is asked for: there is a goal for this link alone

    def applies_to(self, subject: Subject) -> bool:
        return subject.outgoing if self.outgoing else subject.published


def free_port() -> int:
    """A port that is free for TCP and UDP on the host's loopback."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as stream, \
             socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
            stream.bind((LOOPBACK, 0))
            try:
                datagrams.bind(stream.getsockname())
            except OSError:
                continue
            return int(stream.getsockname()[1])


@dataclass(frozen=True)
class Ends:
    """Who serves and who connects: inside to the host, or the host to what is published."""

    server: Remote
    listen: str
    client: Remote
    connect: str
    port: int


def ends_of(session: Session, outgoing: bool) -> Ends:
    if outgoing:
        return Ends(session.host, LOOPBACK, session.inside, session.gateway, session.port)
    return Ends(session.inside, session.inside_address, session.host, LOOPBACK, session.port)


class CpuMeter:
    """CPU seconds since its creation: of the whole machine, and of the subject's processes."""

    def __init__(self, session: Session) -> None:
        self.helpers = session.helpers()
        self.helper_start = processes.cpu_seconds(self.helpers)
        self.system_start = processes.system_cpu_seconds()

    def read(self) -> tuple[float, float]:
        system = processes.system_cpu_seconds() - self.system_start
        return system, processes.cpu_seconds(self.helpers) - self.helper_start


def _iperf3(bench: Bench, session: Session, ends: Ends, streams: int,
            options: list[str]) -> dict[str, float]:
    """Runs iperf3 between the ends. Returns Gbit/s as the receiver counted, and CPU s/GB."""
    seconds = bench.options.seconds
    ends.server.start("iperf3 server", ["stdbuf", "-oL", "iperf3", "-s", "-1", "-i", "0", "-B",
                                        ends.listen, "-p", str(ends.port)],
                      ready="Server listening")
    ends.client.start("iperf3", ["iperf3", "-c", ends.connect, "-p", str(ends.port), "-t",
                                 str(seconds), "-P", str(streams), "--json", *options])
    # CPU counts while data flows: neither while connections are refused and tried again, nor while
    # buffers drain into a closed socket, for what moves then is not counted as received.
    ends.server.expect("iperf3 server", "connected to", streams, CONNECT_SECONDS)
    meter = CpuMeter(session)
    time.sleep(seconds)
    system, helpers = meter.read()
    result = json.loads(ends.client.finish("iperf3", GRACE_SECONDS))
    received = result["end"]["sum_received"]
    if received["bytes"] == 0:
        raise BenchError("iperf3: nothing was received")
    gigabytes = received["bytes"] / 1e9
    return {"": received["bits_per_second"] / 1e9, "_cpu": system / gigabytes,
            "_helper_cpu": helpers / gigabytes}


def _stream_test(name: str, outgoing: bool, down: bool, streams: int) -> Test:
    def run(bench: Bench, subject: Subject) -> Sample:
        congestion = bench.options.congestion
        options = (["-R"] if down else []) + (["-C", congestion] if congestion else [])
        with open_session(bench.setting, bench.host, subject, free_port(),
                          publish=not outgoing) as session:
            ends = ends_of(session, outgoing)
            try:
                values = _iperf3(bench, session, ends, streams, options)
            finally:
                ends.client.stop("iperf3")
                ends.server.stop("iperf3 server")
        return {name + suffix: value for suffix, value in values.items()}
    return Test(name, run, outgoing)


def run_netbench(bench: Bench, ends: Ends, arguments: list[str],
                 limit: float) -> dict[str, object]:
    """Starts a netbench server at one end, a client at the other; returns the client's result."""
    netbench = str(bench.setting.netbench)
    ends.server.start("netbench server", [
        netbench, "server", "-a", ends.listen, "-p", str(ends.port), "-t",
        str(int(limit) + GRACE_SECONDS)], ready='"ready"')
    try:
        argv = [netbench, *arguments, "-a", ends.connect, "-p", str(ends.port)]
        result: dict[str, object] = json.loads(
            ends.client.run("netbench", argv, limit + GRACE_SECONDS))
        return result
    finally:
        ends.server.stop("netbench server")


def _netbench_test(name: str, outgoing: bool, arguments: list[str], key: str) -> Test:
    def run(bench: Bench, subject: Subject) -> Sample:
        seconds = bench.options.seconds
        with open_session(bench.setting, bench.host, subject, free_port(),
                          publish=not outgoing) as session:
            result = run_netbench(bench, ends_of(session, outgoing),
                                  [*arguments, "-t", str(seconds)], seconds)
        value = result[key]
        assert isinstance(value, float)
        return {name: value}
    return Test(name, run, outgoing)


def _run_memory(bench: Bench, subject: Subject) -> Sample:
    with open_session(bench.setting, bench.host, subject, free_port(), publish=True) as session:
        used = bench.memory.read(session.helpers())
    sample = {"idle_rss": used.rss / 1e6}
    if used.pss is not None:
        sample["idle_pss"] = used.pss / 1e6
    return sample


def _run_start(bench: Bench, subject: Subject) -> Sample:
    """Alternates the two kinds of start, so that drift hits both alike."""
    with_network, without = [], []
    failure = BenchError("never started")
    for _ in range(STARTS):
        without.append(start_seconds_without_network(bench.setting))
        try:
            with_network.append(start_seconds(bench.setting, subject, free_port()))
        except BenchError as error:
            failure = error  # RootlessKit misses the end of a short command now and then
    if not with_network:
        raise failure
    start = statistics.median(with_network) * 1e3
    return {"start": start, "setup": start - statistics.median(without) * 1e3}


def _possible_connections(wanted: int) -> int:
    """The relay takes two descriptors for each, and the hard limit holds for it as for us."""
    return min(wanted, (resource.getrlimit(resource.RLIMIT_NOFILE)[1] - OTHER_DESCRIPTORS) // 2)


def _stream_gbps(bench: Bench, ends: Ends) -> list[float]:
    """Gbit/s of single streams from the client to a netbench server that runs, one by one."""
    output = ends.client.run("netbench sweep", [
        str(bench.setting.netbench), "sweep", "-a", ends.connect, "-p", str(ends.port),
        "-t", "20", "-s", STREAM_SIZES], IDLE_SECONDS)
    transfers = json.loads(output)["transfers"]
    if not all(transfer.get("intact") for transfer in transfers):
        raise BenchError(f"a stream was damaged or cut short: {transfers}")
    return [transfer["bytes"] * 8 / transfer["seconds"] / 1e9 for transfer in transfers]


def _run_idle_connections(bench: Bench, subject: Subject) -> Sample:
    """
    Memory by connection, and what one more stream moves with them, as a ratio to without: the best
    of some short ones each, because what else runs on the machine only ever slows them down.
    """
    netbench = str(bench.setting.netbench)
    count = _possible_connections(bench.options.idle_connections)
    with open_session(bench.setting, bench.host, subject, free_port()) as session:
        ends = ends_of(session, outgoing=True)
        ends.server.start("netbench server", [netbench, "server", "-a", ends.listen, "-p",
                                              str(ends.port), "-t", "300"], ready='"ready"')
        try:
            without = _stream_gbps(bench, ends)
            before = bench.memory.read(session.helpers())
            ends.client.start("netbench idle", [
                netbench, "idle", "-a", ends.connect, "-p", str(ends.port), "-n", str(count),
                "-t", str(IDLE_SECONDS)], ready='"ready"', ready_seconds=IDLE_SECONDS)
            after = bench.memory.read(session.helpers())
            beside = _stream_gbps(bench, ends)
            ends.client.finish("netbench idle", GRACE_SECONDS)
            without += _stream_gbps(bench, ends)
        finally:
            ends.server.stop("netbench server")
    sample = {"idle_connections": count, "idle_connection": (after.rss - before.rss) / count,
              "idle_stream": max(beside) / max(without)}
    if before.pss is not None and after.pss is not None:
        sample["idle_connection_pss"] = (after.pss - before.pss) / count
    return sample


def _most_sockets(seconds: float) -> int:
    """The most UDP sockets that our user has on the host at a time from now on, less those now."""
    before = most = processes.udp_sockets()
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(left, SOCKET_CHECK_SECONDS))
        most = max(most, processes.udp_sockets())
    return most - before


def _run_udp_flows(bench: Bench, subject: Subject) -> Sample:
    """What a resolver's flood costs: each flow is one question and its answer."""
    netbench, seconds = str(bench.setting.netbench), bench.options.udp_flow_seconds
    with open_session(bench.setting, bench.host, subject, free_port()) as session:
        ends = ends_of(session, outgoing=True)
        ends.server.start("netbench server", [
            netbench, "server", "-a", ends.listen, "-p", str(ends.port), "-t",
            str(seconds + GRACE_SECONDS)], ready='"ready"')
        try:
            meter = CpuMeter(session)
            ends.client.start("netbench flows", [
                netbench, "flows", "-a", ends.connect, "-p", str(ends.port), "-t", str(seconds),
                "-r", str(FLOWS_PER_SECOND)])
            sockets = _most_sockets(seconds)
            helpers = meter.read()[1]
            result = json.loads(ends.client.finish("netbench flows", GRACE_SECONDS))
        finally:
            ends.server.stop("netbench server")
    return {"udp_flow_rate": result["rate"], "udp_flow_sockets": sockets,
            "udp_flow_cpu": 100 * helpers / seconds,
            "udp_flow_unanswered": 100 * (1 - result["answered"] / result["sent"])}


def _without_host(run: Callable[[Bench, Subject], Sample]) -> Callable[[Bench, Subject], Sample]:
    """For what only a subject with processes has."""
    return lambda bench, subject: {} if subject is HOST else run(bench, subject)


STREAM_TESTS = [
    _stream_test(f"{way}_{'down' if down else 'up'}{f'_{streams}' if streams > 1 else ''}",
                 way == "out", down, streams)
    for streams in (1, 4, 16) for way in ("out", "published") for down in (False, True)]

TESTS = [
    *STREAM_TESTS,
    _netbench_test("rr", True, ["rr"], "rate"),
    _netbench_test("crr", True, ["crr", "-n", str(CRR_CONNECTIONS)], "rate"),
    _netbench_test("udp_out", True, ["udp"], "gbps"),
    _netbench_test("udp_in", False, ["udp"], "gbps"),
    Test("memory", _without_host(_run_memory), outgoing=False),
    Test("start", _without_host(_run_start), outgoing=False),
    Test("idle_connections", _without_host(_run_idle_connections), gateway_only=True),
    Test("udp_flows", _without_host(_run_udp_flows), gateway_only=True),
]


def pick_congestion(wanted: str | None) -> str | None:
    """
    The congestion control of the end programs: cubic or reno where an ordinary user may take
    them, because bbr paces, and a pace is not what is to be measured. None: the host's default.
    """
    with open("/proc/sys/net/ipv4/tcp_allowed_congestion_control", encoding="ascii") as allowed:
        names = allowed.read().split()
    for name in [wanted] if wanted else ["cubic", "reno"]:
        if name in names:
            return name
    return None
