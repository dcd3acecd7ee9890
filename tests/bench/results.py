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


@dataclass
class Results:
    """samples[subject][metric] are the runs' values; failures[subject][test] is a reason."""

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


def _gateway_verdicts(results: Results) -> Iterator[Verdict]:
    for metric, bound in RATIO_GOALS.items():
        yield Verdict(GATEWAY, metric, f"at least {bound:.2f} of host",
                      results.ratio(GATEWAY, metric), bound, True)
    for metric in ("out_up_cpu", "out_down_cpu", "published_up_cpu", "published_down_cpu"):
        yield Verdict(GATEWAY, metric, "at most half of the best peer",
                      results.median(GATEWAY, metric), _cpu_bound(results, metric), False)
    yield Verdict(GATEWAY, "idle_connection", "under 1 KB each",
                  results.median(GATEWAY, "idle_connection"), IDLE_CONNECTION_BYTES, False)


def _tap_verdicts(results: Results) -> Iterator[Verdict]:
    for ours, peer in SAME_MTU:
        for metric in RATIO_GOALS:
            yield Verdict(ours, metric, f"not slower than {peer}", results.median(ours, metric),
                          results.median(peer, metric), True)


def verdicts(results: Results) -> list[Verdict]:
    """All goals, of the subjects and metrics of which anything was measured."""
    found = [*_gateway_verdicts(results), *_tap_verdicts(results)]
    for subject in OURS:
        shared = "idle_pss" if results.median(subject, "idle_pss") is not None else "idle_rss"
        found.append(Verdict(subject, shared, f"under {IDLE_MEGABYTES:g} MB",
                             results.median(subject, shared), IDLE_MEGABYTES, False))
        found.append(Verdict(subject, "setup", f"under {SETUP_MILLISECONDS:g} ms",
                             results.median(subject, "setup"), SETUP_MILLISECONDS, False))
    measured = {metric for values in results.samples.values() for metric in values}
    return [verdict for verdict in found
            if verdict.metric in measured and verdict.subject in results.samples]
