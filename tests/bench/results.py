# SPDX-License-Identifier: GPL-2.0-or-later
"""results - what was measured, and whether it meets the goals of DESIGN.md 2.5"""

import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field

from measure import STREAM_TESTS

GATEWAY = "gateway-1500"
OURS = ("gateway-1500", "tap-1500", "tap-default", "tap-65520")
SAME_MTU = [("tap-1500", "slirp4netns-1500"), ("tap-65520", "slirp4netns-65520")]
CPU_PEERS = ("slirp4netns", "pasta")

RATIO_GOALS = {
    **{test.name: 0.95 if test.name in ("out_up", "out_down", "published_up", "published_down")
       else 0.9 for test in STREAM_TESTS},
    "rr": 0.85, "crr": 0.60, "udp_out": 0.60, "udp_in": 0.60}
IDLE_MEGABYTES = 8.0
SETUP_MILLISECONDS = 20.0
IDLE_CONNECTION_BYTES = 1024.0
IDLE_STREAM_RATIO = 0.9
UDP_FLOW_SOCKETS = 4104.0  # the cap of forwarder/udp_flows.c, and a few that serve no flow
UDP_FLOW_CPU_PERCENT = 20.0


@dataclass
class Results:
    """samples[subject][metric] are the runs' values; failures[subject][test] is a reason."""

    with_all_tests: bool = False  # then what could not be measured is a goal not shown to be met
    samples: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    failures: dict[str, dict[str, str]] = field(default_factory=dict)

    def add(self, subject: str, sample: dict[str, float]) -> None:
        for metric, value in sample.items():
            self.samples.setdefault(subject, {}).setdefault(metric, []).append(value)

    def fail(self, subject: str, test: str, reason: str) -> None:
        self.failures.setdefault(subject, {})[test] = reason

    def median(self, subject: str, metric: str) -> float | None:
        values = self.samples.get(subject, {}).get(metric)
        return statistics.median(values) if values else None

    def ratio(self, subject: str, metric: str) -> float | None:
        """The median against the host's median of the same run."""
        value, host = self.median(subject, metric), self.median("host", metric)
        return value / host if value is not None and host else None


@dataclass(frozen=True)
class Verdict:
    """One goal of one subject. value and bound are None where they could not be measured."""

    subject: str
    metric: str
    goal: str
    value: float | None
    bound: float | None
    at_least: bool

    @property
    def outcome(self) -> str:
        if self.value is None or self.bound is None:
            return "n/a"
        good = self.value >= self.bound if self.at_least else self.value <= self.bound
        return "met" if good else "missed"


def _cpu_bound(results: Results, metric: str) -> float | None:
    """Half of what the best peer needs, each at its best MTU."""
    values = [results.median(subject, metric) for subject in results.samples
              if subject.startswith(CPU_PEERS)]
    known = [value for value in values if value is not None]
    return min(known) / 2 if known else None


def _shared(results: Results, subject: str, pss: str, rss: str) -> str:
    """The metric that counts: shared memory by its share, where that is known."""
    return pss if results.median(subject, pss) is not None else rss


def _gateway_verdicts(results: Results) -> Iterator[Verdict]:
    for metric, bound in RATIO_GOALS.items():
        yield Verdict(GATEWAY, metric, f"at least {bound:.2f} of host",
                      results.ratio(GATEWAY, metric), bound, True)
    for metric in ("out_up_cpu", "out_down_cpu", "published_up_cpu", "published_down_cpu"):
        yield Verdict(GATEWAY, metric, "at most half of the best peer",
                      results.median(GATEWAY, metric), _cpu_bound(results, metric), False)
    each = _shared(results, GATEWAY, "idle_connection_pss", "idle_connection")
    for metric, goal, bound, at_least in (
            (each, "under 1 KB each", IDLE_CONNECTION_BYTES, False),
            ("idle_stream", "within 10 % of without", IDLE_STREAM_RATIO, True),
            ("udp_flow_sockets", "bounded at 1,000 new flows/s", UDP_FLOW_SOCKETS, False),
            ("udp_flow_cpu", "under 20 % of a core", UDP_FLOW_CPU_PERCENT, False)):
        yield Verdict(GATEWAY, metric, goal, results.median(GATEWAY, metric), bound, at_least)


def _tap_verdicts(results: Results) -> Iterator[Verdict]:
    for ours, peer in SAME_MTU:
        for metric in RATIO_GOALS:
            yield Verdict(ours, metric, f"not slower than {peer}", results.median(ours, metric),
                          results.median(peer, metric), True)


def verdicts(results: Results) -> list[Verdict]:
    """All goals, of the subjects and metrics of which anything was measured."""
    found = [*_gateway_verdicts(results), *_tap_verdicts(results)]
    for subject in OURS:
        shared = _shared(results, subject, "idle_pss", "idle_rss")
        found.append(Verdict(subject, shared, f"under {IDLE_MEGABYTES:g} MB",
                             results.median(subject, shared), IDLE_MEGABYTES, False))
        found.append(Verdict(subject, "setup", f"under {SETUP_MILLISECONDS:g} ms",
                             results.median(subject, "setup"), SETUP_MILLISECONDS, False))
    measured = {metric for values in results.samples.values() for metric in values}
    return [verdict for verdict in found if verdict.subject in results.samples and
            (verdict.metric in measured or
             (results.with_all_tests and verdict.subject == GATEWAY))]
