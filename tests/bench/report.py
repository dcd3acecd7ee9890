# SPDX-License-Identifier: GPL-2.0-or-later
"""report - the results as a table and as JSON"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from measure import STREAM_TESTS
from results import Results, verdicts
from subjects import Subject


@dataclass(frozen=True)
class Metric:
    """How a metric is shown. with_ratio: beside the value stands its ratio to the host's."""

    name: str
    label: str
    unit: str
    digits: int = 2
    with_ratio: bool = True


def _stream_label(name: str) -> str:
    way, direction, *streams = name.split("_")
    return f"TCP {way} {direction}" + (f", {streams[0]} streams" if streams else "")


_STREAMS = [(test.name, _stream_label(test.name)) for test in STREAM_TESTS]

METRICS = [
    *[Metric(name, label, "Gbit/s") for name, label in _STREAMS],
    Metric("rr", "TCP request/response", "1/s", 0),
    Metric("crr", "TCP connect/request/close", "1/s", 0),
    Metric("udp_out", "UDP out, 1400 B, received", "Gbit/s"),
    Metric("udp_in", "UDP in, 1400 B, received", "Gbit/s"),
    *[Metric(f"{name}_cpu", f"CPU, machine, {label}", "s/GB") for name, label in _STREAMS],
    *[Metric(f"{name}_helper_cpu", f"CPU, helpers, {label}", "s/GB", with_ratio=False)
      for name, label in _STREAMS],
    Metric("idle_rss", "memory idle, RSS", "MB", 1, False),
    Metric("idle_pss", "memory idle, PSS", "MB", 1, False),
    Metric("idle_connections", "idle connections (as many as the limit of descriptors lets)", "",
           0, False),
    Metric("idle_connection", "memory per idle connection, RSS", "bytes", 0, False),
    Metric("idle_connection_pss", "memory per idle connection, PSS", "bytes", 0, False),
    Metric("idle_stream", "a stream beside idle connections", "of without", 2, False),
    Metric("udp_flow_rate", "UDP, short flows", "1/s", 0, False),
    Metric("udp_flow_sockets", "UDP, short flows: most host sockets", "", 0, False),
    Metric("udp_flow_cpu", "UDP, short flows: CPU, helpers", "% of a core", 1, False),
    Metric("udp_flow_unanswered", "UDP, short flows: unanswered", "%", 2, False),
    Metric("start", "start of true", "ms", 1, False),
    Metric("setup", "start, network's part", "ms", 1, False),
]

LEGEND = """\
up: the client sends; down: the client receives. out: the client is inside; published: it is on
the host. Each value is the median of the runs, the number in brackets its ratio to host loopback
in the same run. CPU, machine: busy time of all CPUs, the end programs' share included; helpers:
user and system time of the subject's own processes."""


def _cell(results: Results, subject: str, metric: Metric) -> str:
    value = results.median(subject, metric.name)
    if value is None:
        return "n/a" if metric.name in results.failures.get(subject, {}) else "-"
    text = f"{value:.{metric.digits}f}"
    ratio = results.ratio(subject, metric.name)
    if metric.with_ratio and ratio is not None and subject != "host":
        text += f" ({ratio:.2f})"
    return text


def align(rows: list[list[str]]) -> list[str]:
    """Lays out rows: the first column to the left, the others to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) if i == 0 else cell.rjust(width)
                      for i, (cell, width) in enumerate(zip(row, widths))).rstrip()
            for row in rows]


def _figure(value: float | None) -> str:
    if value is None:
        return "n/a"
    return f"{value:.2f}" if value < 1000 else f"{value:.0f}"


def _goal_lines(results: Results) -> list[str]:
    labels = {metric.name: metric.label for metric in METRICS}
    rows = [["goal", "metric", "wanted", "measured", ""]]
    for verdict in verdicts(results):
        sign = ">=" if verdict.at_least else "<="
        rows.append([f"{verdict.subject}: {verdict.goal}", labels[verdict.metric],
                     f"{sign} {_figure(verdict.bound)}", _figure(verdict.value), verdict.outcome])
    outcomes = Counter(verdict.outcome for verdict in verdicts(results))
    count = ", ".join(f"{number} {outcome}" for outcome, number in outcomes.items())
    return [*align(rows), f"goals: {count}"] if len(rows) > 1 else []


def _failure_lines(results: Results) -> list[str]:
    """One line for each reason, with all tests that it stopped."""
    tests: dict[tuple[str, str], list[str]] = {}
    for subject, failures in results.failures.items():
        for test, reason in failures.items():
            tests.setdefault((subject, reason), []).append(test)
    return [f"{subject}: n/a: {reason} ({', '.join(stopped)})"
            for (subject, reason), stopped in tests.items()]


def table(results: Results, subjects: list[Subject], environment: dict[str, Any]) -> str:
    names = [subject.name for subject in subjects if subject.name in results.samples]
    rows = [["", "unit", *names]]
    for metric in METRICS:
        cells = [_cell(results, name, metric) for name in names]
        if any(cell not in ("-", "n/a") for cell in cells):
            rows.append([metric.label, metric.unit, *cells])
    lines = [f"{key}: {value}" for key, value in environment.items()]
    lines += ["", *align(rows), "", *LEGEND.splitlines()]
    lines += [f"{subject.name}: {subject.note}" for subject in subjects
              if subject.note and subject.name in names]
    failures = _failure_lines(results)
    lines += ["", *failures] if failures else []
    goals = _goal_lines(results)
    lines += ["", *goals] if goals else []
    return "\n".join(lines)


def document(results: Results, subjects: list[Subject],
             environment: dict[str, Any]) -> dict[str, Any]:
    """The same for programs."""
    units = {metric.name: metric.unit for metric in METRICS}
    entries: dict[str, Any] = {}
    for subject in subjects:
        metrics = {
            name: {"median": results.median(subject.name, name), "unit": units[name],
                   "ratio_to_host": results.ratio(subject.name, name), "runs": values}
            for name, values in results.samples.get(subject.name, {}).items()}
        entries[subject.name] = {"metrics": metrics, "note": subject.note,
                                 "failures": results.failures.get(subject.name, {})}
    goals = [{"subject": verdict.subject, "metric": verdict.metric, "goal": verdict.goal,
              "value": verdict.value, "bound": verdict.bound, "outcome": verdict.outcome}
             for verdict in verdicts(results)]
    return {"environment": environment, "subjects": entries, "goals": goals}
