#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""files - serves a directory by HTTP on the host's loopback: files.py DIRECTORY --ready FILE"""
import argparse
import functools
import http.server

parser = argparse.ArgumentParser()
parser.add_argument("directory")
parser.add_argument("--ready", required=True)
arguments = parser.parse_args()
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=arguments.directory)
with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
    with open(arguments.ready, "w", encoding="utf-8") as ready:
        print(server.server_port, file=ready)
    server.serve_forever()
