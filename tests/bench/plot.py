# SPDX-License-Identifier: GPL-2.0-or-later
"""plot - the ratios to host loopback as grouped bars, in SVG"""

from html import escape

from report import METRICS, Metric
from results import RATIO_GOALS, Results
from subjects import Subject

# Okabe and Ito's colours, which colour-blind readers can tell apart; darker ones of the same first.
COLOURS = ["#0072b2", "#56b4e9", "#009e73", "#8fd3be", "#d55e00", "#e69f00", "#cc79a7", "#7b3f6b",
           "#555555"]
BAR_HEIGHT = 11
GROUP_GAP = 14
LABEL_WIDTH = 210
PLOT_WIDTH = 560
MARGIN = 24
FULL_SCALE = 1.2
HEAD_HEIGHT = 64
LEGEND_COLUMN = 150


def _text(x: float, y: float, text: str, anchor: str = "start", size: int = 11,
          weight: str = "normal") -> str:
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" '
            f'font-weight="{weight}">{escape(text)}</text>')


def _scale(ratio: float) -> float:
    return MARGIN + LABEL_WIDTH + min(ratio, FULL_SCALE) / FULL_SCALE * PLOT_WIDTH


def _bar(y: float, ratio: float, colour: str, title: str) -> list[str]:
    left = MARGIN + LABEL_WIDTH
    width = max(_scale(ratio) - left, 1)
    return [f'<rect x="{left}" y="{y:.1f}" width="{width:.1f}" height="{BAR_HEIGHT - 1}" '
            f'fill="{colour}"><title>{escape(title)}</title></rect>',
            # The halo keeps the figure readable where it meets the line of the goal.
            '<g paint-order="stroke" stroke="#fff" stroke-width="3">'
            + _text(left + width + 4, y + BAR_HEIGHT - 2.5, f"{ratio:.2f}", size=9) + "</g>"]


def _group(results: Results, metric: Metric, names: list[str], top: float) -> list[str]:
    """The bars of one metric from top on, and the mark of its goal."""
    height = BAR_HEIGHT * len(names)
    parts = [_text(MARGIN + LABEL_WIDTH - 8, top + height / 2 + 4, metric.label, "end")]
    goal = _scale(RATIO_GOALS[metric.name])
    parts.append(f'<line x1="{goal:.1f}" x2="{goal:.1f}" y1="{top - 3:.1f}" '
                 f'y2="{top + height + 2:.1f}" stroke="#000" stroke-dasharray="3 2"/>')
    for row, name in enumerate(names):
        ratio = results.ratio(name, metric.name)
        if ratio is not None:
            parts += _bar(top + row * BAR_HEIGHT, ratio, COLOURS[row % len(COLOURS)],
                          f"{name}, {metric.label}: {ratio:.3f}")
    return parts


def _axis(top: float, bottom: float) -> list[str]:
    parts = []
    for tenths in range(0, int(FULL_SCALE * 10) + 1, 2):
        x = _scale(tenths / 10)
        colour = "#999" if tenths in (0, 10) else "#e4e4e4"
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top:.1f}" y2="{bottom:.1f}" '
                     f'stroke="{colour}"/>')
        parts.append(_text(x, bottom + 14, f"{tenths / 10:.1f}", "middle"))
    return parts


def _legend(names: list[str], top: float, columns: int) -> list[str]:
    parts = []
    for i, name in enumerate(names):
        x = MARGIN + (i % columns) * LEGEND_COLUMN
        y = top + (i // columns) * 16
        parts.append(f'<rect x="{x}" y="{y:.1f}" width="10" height="10" '
                     f'fill="{COLOURS[i % len(COLOURS)]}"/>')
        parts.append(_text(x + 15, y + 9, name))
    return parts


def svg(results: Results, subjects: list[Subject], subtitle: str) -> str:
    """Grouped bars: one group a metric, one bar a subject, a dashed line at the goal."""
    names = [subject.name for subject in subjects
             if any(results.ratio(subject.name, metric) is not None for metric in RATIO_GOALS)
             and subject.name != "host"]
    metrics = [metric for metric in METRICS if metric.name in RATIO_GOALS
               and any(results.ratio(name, metric.name) is not None for name in names)]
    width = 2 * MARGIN + LABEL_WIDTH + PLOT_WIDTH + 30
    columns = max(1, (width - 2 * MARGIN) // LEGEND_COLUMN)
    top = HEAD_HEIGHT + 16 * -(-len(names) // columns) + 12
    step = BAR_HEIGHT * len(names) + GROUP_GAP
    bottom = top + step * len(metrics)
    parts = [_text(MARGIN, 28, "Ratio to host loopback in the same run", size=16, weight="bold"),
             _text(MARGIN, 46, subtitle + " (dashed: the gateway link's goal)"),
             *_legend(names, HEAD_HEIGHT, columns), *_axis(top - 6, bottom)]
    for row, metric in enumerate(metrics):
        parts += _group(results, metric, names, top + row * step)
    height = bottom + 30
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" font-family="sans-serif" fill="#222">\n'
            f'<rect width="{width}" height="{height}" fill="#fff"/>\n'
            + "\n".join(parts) + "\n</svg>\n")
