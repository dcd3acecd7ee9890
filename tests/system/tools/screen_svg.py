# SPDX-License-Identifier: GPL-2.0-or-later
"""screen_svg - the screen of a terminal (pyte) as a picture"""
import re
from html import escape

CELL_WIDTH, LINE_HEIGHT, MARGIN = 8.4, 18, 12
FOREGROUND, BACKGROUND = "#d8dee9", "#1f2430"
COLORS = {
    "green": "#8fd694", "cyan": "#6fc8e8", "blue": "#8aa9ff", "red": "#ff7a7a", "brown": "#e8c56f",
}


def style_of(cell):
    foreground = COLORS.get(cell.fg, FOREGROUND)
    if cell.reverse:
        return BACKGROUND, foreground, cell.bold
    return foreground, None, cell.bold


def runs(line, columns):
    """Neighbours of the same style: (first column, text, style)."""
    start, text, style = 0, "", None
    for column in range(columns):
        cell = line[column]
        if style is not None and style_of(cell) != style:
            yield start, text, style
            start, text = column, ""
        style = style_of(cell)
        text += cell.data
    yield start, text, style


def svg(screen):
    width = screen.columns * CELL_WIDTH + 2 * MARGIN
    height = screen.lines * LINE_HEIGHT + 2 * MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}"'
        f' viewBox="0 0 {width:.0f} {height:.0f}" font-family="DejaVu Sans Mono, Menlo, Consolas,'
        ' monospace" font-size="14">',
        f'<rect width="100%" height="100%" rx="8" fill="{BACKGROUND}"/>',
    ]
    for row in range(screen.lines):
        top = MARGIN + row * LINE_HEIGHT
        for column, text, (foreground, background, bold) in runs(screen.buffer[row], screen.columns):
            left, extent = MARGIN + column * CELL_WIDTH, len(text) * CELL_WIDTH
            if background:
                parts.append(f'<rect x="{left:.1f}" y="{top}" width="{extent:.1f}"'
                             f' height="{LINE_HEIGHT}" fill="{background}"/>')
            weight = ' font-weight="bold"' if bold else ""
            # Viewers disagree about blanks in a row.
            for words in re.finditer(r"\S+(?: \S+)*", text):
                parts.append(f'<text x="{left + words.start() * CELL_WIDTH:.1f}" y="{top + 14}"'
                             f' fill="{foreground}"{weight}'
                             f' textLength="{len(words[0]) * CELL_WIDTH:.1f}">'
                             f'{escape(words[0])}</text>')
    parts.append("</svg>\n")
    return "\n".join(parts)
