#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# session_client - sends one request to the launcher's socket and prints the answer as JSON
#
# session_client.py NAME VERB [ARGUMENTS-AS-JSON [FIFO]]; exit status 1 when the answer is an error. A
# line in FIFO tells that the request has been sent.
import json
import os
import socket
import sys


def main():
    name, verb = sys.argv[1:3]
    request = {"execute": verb}
    if len(sys.argv) > 3:
        request["arguments"] = json.loads(sys.argv[3])
    path = os.path.join(os.environ["XDG_RUNTIME_DIR"], "netns-run", name)
    directory = os.open(path, os.O_PATH)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as client:
        client.settimeout(20)
        client.connect(f"/proc/self/fd/{directory}/launcher.sock")
        client.send(json.dumps(request).encode())
        if len(sys.argv) > 4:
            with open(sys.argv[4], "w") as fifo:
                fifo.write("sent\n")
        answer = json.loads(client.recv(1 << 20))
    print(json.dumps(answer.get("return", answer)))
    return "error" in answer


if __name__ == "__main__":
    sys.exit(main())
