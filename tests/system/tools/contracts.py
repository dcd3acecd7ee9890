#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""contracts - prints the headers whose prototypes have no comment above them

contracts.py FOLDER...

One comment may hold for the prototypes that follow it without an empty line between; x_free, x_done
and the like need none of their own.
"""
import pathlib
import re
import sys

PROTOTYPE = re.compile(r"^\w[\w *]*?\b(\w+)\([^;{]*\)[^;{]*;", re.MULTILINE)
OBVIOUS = re.compile(r"_(free|done|init|new|unref)$")


def uncommented(text):
    for block in re.split(r"\n\s*\n", text):
        if "/*" in block or "static inline" in block:
            continue
        for found in PROTOTYPE.finditer(block):
            if not block.lstrip().startswith("#") and not OBVIOUS.search(found[1]):
                yield found[1]


for folder in sys.argv[1:]:
    for header in sorted(pathlib.Path(folder).rglob("*.h")):
        for name in uncommented(header.read_text(encoding="utf-8")):
            print(f"{header}: {name}()")
