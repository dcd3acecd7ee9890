#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# publish - services inside that are reached at ports of the host

load common

fetch()
{
	curl --silent --show-error --max-time "$PATIENCE" "$@"
}

start_httpd()
{
	local line

	rootfs
	start_container "$@" "$ROOTFS" sh -c 'httpd -p 80 -h /www; echo up; exec sleep infinity'
	read_out line
	equal "$line" up
}

# A host port that is free now.
free_port()
{
	free_ports 1
}

# The first of a few consecutive host ports that are free now.
free_ports()
{
	"$PYTHON" "$TOOLS/free_ports.py" "$1"
}

@test "publish: a web server, by 127.0.0.1, [::1] and the LAN addresses" {
	local port address

	port=$(free_port)
	start_httpd --publish "$port:80"
	for address in 127.0.0.1 '[::1]' "$HOST4" "[$HOST6]"; do
		equal "$(fetch "http://$address:$port/")" "hello from rootfs"
	done
	equal "$(as_neighbour curl -s "http://$HOST4:$port/")" "hello from rootfs"
	equal "$(as_neighbour curl -s "http://[$HOST6]:$port/")" "hello from rootfs"
}

@test "publish: port 0 takes a free port and says which" {
	start_httpd --publish 0:80
	matches "$(cat "$ERR")" "published $(published):80/tcp"
	equal "$(fetch "http://127.0.0.1:$(published)/")" "hello from rootfs"
	equal "$(fetch "http://[::1]:$(published)/")" "hello from rootfs"
}

@test "publish: an explicit port is not announced" {
	start_container --publish "$(free_port):80" / sleep infinity
	equal "$(cat "$ERR")" ""
}

@test "publish: an address of the host, v4" {
	start_httpd --publish 127.0.0.1:0:80
	equal "$(fetch "http://127.0.0.1:$(published)/")" "hello from rootfs"
	equal "$(client connect tcp "$HOST4" "$(published)")" ECONNREFUSED
	equal "$(client connect tcp ::1 "$(published)")" ECONNREFUSED
}

@test "publish: an address of the host, v6 in brackets" {
	start_httpd --publish "[$HOST6]:0:80"
	equal "$(fetch "http://[$HOST6]:$(published)/")" "hello from rootfs"
	equal "$(client connect tcp ::1 "$(published)")" ECONNREFUSED
	equal "$(client connect tcp 127.0.0.1 "$(published)")" ECONNREFUSED
}

@test "publish: 0.0.0.0 is IPv4 alone" {
	start_httpd --publish 0.0.0.0:0:80
	equal "$(fetch "http://127.0.0.1:$(published)/")" "hello from rootfs"
	equal "$(client connect tcp ::1 "$(published)")" ECONNREFUSED
}

@test "publish: [::] is IPv6 alone" {
	start_httpd --publish '[::]:0:80'
	equal "$(fetch "http://[::1]:$(published)/")" "hello from rootfs"
	equal "$(client connect tcp 127.0.0.1 "$(published)")" ECONNREFUSED
}

@test "publish: 0.0.0.0 and [::] can have one port for different services" {
	local port

	port=$(free_port)
	start_httpd --publish "0.0.0.0:$port:80" --publish "[::]:$port:81"
	equal "$(fetch "http://127.0.0.1:$port/")" "hello from rootfs"
	run fetch "http://[::1]:$port/"
	((status != 0)) || fail "port 81 answers"
}

@test "publish: two containers have 0.0.0.0 and [::] of one port" {
	local port

	port=$(free_port)
	start_httpd --publish "0.0.0.0:$port:80"
	start_httpd --publish "[::]:$port:80"
	equal "$(fetch "http://127.0.0.1:$port/")" "hello from rootfs"
	equal "$(fetch "http://[::1]:$port/")" "hello from rootfs"
}

@test "publish: with --no-ipv6 the command is reached over IPv4" {
	start_httpd --no-ipv6 --publish 0:80
	equal "$(fetch "http://127.0.0.1:$(published)/")" "hello from rootfs"
}

@test "publish: a range leads port by port" {
	local first line i

	first=$(free_ports 3)
	rootfs
	start_container --publish "$first-$((first + 2)):8000-8002" "$ROOTFS" sh -c '
		for i in 0 1 2; do
			mkdir -p /tmp/$i; echo "service $i" >/tmp/$i/index.html
			httpd -p 800$i -h /tmp/$i
		done; echo up; exec sleep infinity'
	read_out line
	for i in 0 1 2; do
		equal "$(fetch "http://127.0.0.1:$((first + i))/")" "service $i"
		equal "$(fetch "http://[::1]:$((first + i))/")" "service $i"
	done
}

@test "publish: several rules, tcp and udp of one number" {
	local port

	port=$(free_port)
	start_container_server --publish "$port:7000/tcp" --publish "$port:7000/udp" -- \
		udp echo --address 0.0.0.0 --port 7000
	equal "$(client talk udp 127.0.0.1 "$port" --text hello)" hello
	equal "$(client talk udp "$HOST4" "$port" --text hello)" hello
}

@test "publish: UDP over IPv4: loopback, the LAN address and the neighbour" {
	start_container_server --publish 0:7000/udp -- udp echo --address 0.0.0.0 --port 7000
	equal "$(client talk udp 127.0.0.1 "$(published)" --text a)" a
	equal "$(client talk udp "$HOST4" "$(published)" --text b)" b
	equal "$(as_neighbour "$PYTHON" "$TOOLS/client.py" talk udp "$HOST4" "$(published)" --text c)" c
}

@test "publish: UDP over IPv6: loopback, the LAN address and the neighbour" {
	start_container_server --publish 0:7000/udp -- udp echo --address :: --port 7000
	equal "$(client talk udp ::1 "$(published)" --text a)" a
	equal "$(client talk udp "$HOST6" "$(published)" --text b)" b
	equal "$(as_neighbour "$PYTHON" "$TOOLS/client.py" talk udp "$HOST6" "$(published)" --text c)" c
}

@test "publish: the command sees the neighbour's own address" {
	start_container_server --publish 0:7000 -- tcp whoami --port 7000
	matches "$(as_neighbour "$PYTHON" "$TOOLS/client.py" talk tcp "$HOST4" "$(published)")" \
		"^$NEIGHBOUR4 "
	matches "$(as_neighbour "$PYTHON" "$TOOLS/client.py" talk tcp "$HOST6" "$(published)")" \
		"^$NEIGHBOUR6 "
}

@test "publish: the command sees the neighbour's own address over UDP" {
	start_container_server --publish 0:7000/udp -- udp whoami --port 7000
	matches "$(as_neighbour "$PYTHON" "$TOOLS/client.py" talk udp "$HOST4" "$(published)")" \
		"^$NEIGHBOUR4 "
	matches "$(as_neighbour "$PYTHON" "$TOOLS/client.py" talk udp "$HOST6" "$(published)")" \
		"^$NEIGHBOUR6 "
}

@test "publish: a client on the host's loopback appears at the gateway's address" {
	start_container_server --publish 0:7000 -- tcp whoami --port 7000
	matches "$(client talk tcp 127.0.0.1 "$(published)")" "^10\.0\.2\.2 "
	matches "$(client talk tcp ::1 "$(published)")" "^fd00::2 "
}

@test "publish: UDP clients are told apart" {
	local i answers

	start_container_server --publish 0:7000/udp -- udp whoami --port 7000
	answers=$(for i in 1 2 3 4; do client talk udp 127.0.0.1 "$(published)"; done | sort -u | wc -l)
	equal "$answers" 4
}

@test "publish: a service on the command's 127.0.0.1 alone is not reached" {
	start_container_server --publish 0:7000 -- tcp whoami --address 127.0.0.1 --port 7000
	run client talk tcp 127.0.0.1 "$(published)"
	lacks "$output" "10.0"
	inside "$PYTHON" "$TOOLS/client.py" talk tcp 127.0.0.1 7000
}

@test "publish: a service on the command's ::1 alone is not reached" {
	start_container_server --publish 0:7000 -- tcp whoami --address ::1 --port 7000
	run client talk tcp ::1 "$(published)"
	lacks "$output" "fd00"
	inside "$PYTHON" "$TOOLS/client.py" talk tcp ::1 7000
}

@test "publish: a megabyte up and down, checksummed" {
	start_container_server --publish 0:7000 --publish 0:7001 -- tcp checksum --port 7000
	client send tcp 127.0.0.1 "$(published)" --size 1000000
	client send tcp ::1 "$(published)" --size 1000000
	start_container_server --publish 0:7000 -- tcp produce --size 1000000 --port 7000
	client receive tcp 127.0.0.1 "$(published)" --size 1000000
	client receive tcp ::1 "$(published)" --size 1000000
}

@test "publish: a port that is taken names its owner" {
	local port

	serve port tcp hold --address 127.0.0.1
	run --separate-stderr netns_run --publish "127.0.0.1:$port:80" / true
	assert_failed 125 ".*127\.0\.0\.1:$port/tcp.*python3.*${SERVERS[0]}"
	assert_hint "publish another"
}

@test "publish: a port that is taken by all-addresses names its owner" {
	local port

	serve port tcp hold --address 0.0.0.0
	run --separate-stderr netns_run --publish "$port:80" / true
	assert_failed 125 ".*0\.0\.0\.0:$port/tcp.*python3"
}

@test "publish: a UDP port that is taken names its owner" {
	local port

	serve port udp hold --address ::1
	run --separate-stderr netns_run --publish "[::1]:$port:80/udp" / true
	assert_failed 125 ".*\[::1\]:$port/udp.*python3"
}

@test "publish: a port that another container has names netns-run's container" {
	start_container --name first --publish 127.0.0.1:0:80 / sleep infinity
	run --separate-stderr netns_run --publish "127.0.0.1:$(published):80" / true
	assert_failed 125 ".*127\.0\.0\.1:$(published)/tcp.*(netns-forwarder|first)"
}

@test "publish: of a range with one port taken, none stays bound" {
	local first port

	first=$(free_ports 3)
	serve port tcp hold --address 127.0.0.1 --port $((first + 2))
	run --separate-stderr netns_run --publish "127.0.0.1:$first-$((first + 2)):80-82" / true
	assert_failed 125 ".*127\.0\.0\.1:$((first + 2))/tcp"
	equal "$(client connect tcp 127.0.0.1 "$first")" ECONNREFUSED
}

@test "publish: a port below 1024 names the sysctl" {
	run --separate-stderr netns_run --publish 80:80 / true
	assert_failed 125 ".*:80/tcp.*below 1024"
	assert_hint "sysctl -w net.ipv4.ip_unprivileged_port_start=80"
}

@test "publish: an address that is not the host's" {
	run --separate-stderr netns_run --publish 192.0.2.99:0:80 / true
	assert_failed 125 ".*192\.0\.2\.99.*no such address"
	assert_hint "ip address"
}

@test "publish: the ports are free again when the command has ended" {
	local port

	port=$(free_port)
	netns_run --publish "$port:80" --publish "$port:80/udp" / true
	netns_run --publish "$port:80" --publish "$port:80/udp" / true
}

@test "publish: the first instruction is reachable" {
	local port

	port=$(free_port)
	start_container_server --publish "127.0.0.1:$port:7000" -- tcp whoami --port 7000
	matches "$(client talk tcp 127.0.0.1 "$port")" "^10\.0\.2\.2 "
}

@test "publish: two clients with one port, both at the gateway's address, are served at once" {
	only_on gateway # libslirp has one connection for both
	start_container_server --publish 0:7000 -- tcp echo --quiet --port 7000
	run "$PYTHON" - "$(published)" <<-'EOF2'
		import socket, sys
		port, own = int(sys.argv[1]), 0
		clients = []
		for address in "127.0.0.1", "127.0.0.2":
		    client = socket.socket()
		    client.settimeout(10)
		    client.bind((address, own))
		    own = client.getsockname()[1]
		    client.connect(("127.0.0.1", port))
		    clients.append(client)
		for client in clients:
		    client.sendall(b"hello")
		print(*(client.recv(5).decode() for client in clients))
	EOF2
	equal "$output" "hello hello"
}
