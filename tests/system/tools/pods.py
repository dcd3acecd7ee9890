#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""pods - many network namespaces with a CNI plugin: each has a server that is published

pods.py PLUGIN COUNT FIRST-PORT LINK

Adds one after the other, then all at once; prints how long that took. Fails if a pod is not reached
at its own port, or if anything of one is left.
"""
import json
import os
import socket
import statistics
import subprocess
import sys
import time

INNER = 8080
TIMEOUT = 6 * float(os.environ.get("NETNS_TEST_PATIENCE", "10"))
# The child says that it is in its namespaces, and serves when it is told that it has a network.
POD = f"echo up; read -r go; exec busybox nc -ll -p {INNER} -e echo pod-$0"


class Pod:
    def __init__(self, number, port):
        self.number, self.port = number, port
        self.process = subprocess.Popen(
            ["unshare", "--user", "--map-root-user", "--net", "--", "sh", "-c", POD, str(number)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()

    def start(self, plugin, verb, link):
        mapping = {"hostPort": self.port, "containerPort": INNER, "protocol": "tcp"}
        config = {"cniVersion": "1.1.0", "name": "pods", "type": "netns-cni", "link": link,
                  "runtimeConfig": {"portMappings": [mapping]}}
        environment = {"CNI_COMMAND": verb, "CNI_CONTAINERID": f"pod-{self.number}",
                       "CNI_NETNS": f"/proc/{self.process.pid}/ns/net", "CNI_IFNAME": "eth0",
                       "XDG_RUNTIME_DIR": os.environ["XDG_RUNTIME_DIR"],
                       "PATH": os.environ["PATH"]}
        call = subprocess.Popen([plugin], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, env=environment)
        call.stdin.write(json.dumps(config))
        call.stdin.close()
        return call

    def call(self, plugin, verb, link):
        finish(self.start(plugin, verb, link))

    def serve(self):
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    # Until the server listens the connection is reset: there is no sign of that to wait for.
    def reach(self):
        deadline = time.monotonic() + TIMEOUT
        while time.monotonic() < deadline:
            try:
                with socket.create_connection(("127.0.0.1", self.port), TIMEOUT) as connection:
                    answer = connection.makefile().read()
            except OSError:
                answer = ""
            if answer:
                return answer == f"pod-{self.number}\n"
            time.sleep(0.01)
        return False

    def end(self):
        self.process.kill()
        self.process.wait()


def finish(call):
    output = call.stdout.read()
    if call.wait() != 0:
        sys.exit(f"{call.args[0]}: {output}")


def duration(function):
    start = time.monotonic()
    function()
    return time.monotonic() - start


def call_all(pods, plugin, verb, link):
    for call in [pod.start(plugin, verb, link) for pod in pods]:
        finish(call)


def is_free(port):
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) != 0


def run(plugin, count, first, link):
    pods = [Pod(number, first + number) for number in range(count)]
    try:
        times = [duration(lambda pod=pod: pod.call(plugin, "ADD", link)) for pod in pods]
        print(f"{link}: ADD {statistics.median(times) * 1000:.0f} ms at the median of {count}, "
              f"{max(times) * 1000:.0f} ms at most")
        for pod in pods:
            pod.serve()
        lost = [pod.number for pod in pods if not pod.reach()]
        end = duration(lambda: call_all(pods, plugin, "DEL", link))
        left = [pod.port for pod in pods if not is_free(pod.port)]
        start = duration(lambda: call_all(pods, plugin, "ADD", link))
        lost += [pod.number for pod in pods if not pod.reach()]
        call_all(pods, plugin, "DEL", link)
        print(f"{link}: {count} ADD at once {start:.2f} s, {count} DEL at once {end:.2f} s")
    finally:
        for pod in pods:
            pod.end()
    if lost or left:
        sys.exit(f"not reached: {lost}; ports that are left: {left}")


if len(sys.argv) != 5:
    sys.exit(__doc__)
run(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
