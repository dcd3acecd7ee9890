#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""function_sizes - prints functions that are too long, and the median if it is

function_sizes.py TAGS LIMIT MEDIAN, with TAGS of ctags --fields=+ne --c-kinds=f
"""
import re
import statistics
import sys

sizes = []
with open(sys.argv[1], encoding="utf-8") as tags:
    for tag in tags:
        found = re.search(r"line:(\d+).*end:(\d+)", tag)
        if not found:
            continue
        size = int(found[2]) - int(found[1]) + 1
        sizes.append(size)
        if size > int(sys.argv[2]):
            print(f"{size} lines: {tag.split(chr(9))[0]} in {tag.split(chr(9))[1]}")
if not sizes:
    sys.exit("no functions found")
if statistics.median(sizes) >= int(sys.argv[3]):
    print(f"median {statistics.median(sizes)}")
