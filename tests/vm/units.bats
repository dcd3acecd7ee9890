#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# units - a network for a service of the user's systemd, as README tells it

load common

ATTACH=$NETNS_BUILD/plugins/netns-attach

teardown()
{
	systemctl --user stop netns-test-unit 2>/dev/null || true
	systemctl --user reset-failed netns-test-unit 2>/dev/null || true
}

# The process behind a network of that name.
pid_of()
{
	"$CTL" ls --json | jq -r --arg name "$1" '(if type == "array" then .[] else . end) |
		select(.name == $name).pid'
}

@test "units: a service with a private network gets one" {
	local link main port line helper

	for link in tap gateway; do
		mkfifo "$T/$link.go" "$T/$link.out"
		systemd-run --user --quiet --service-type=exec --unit=netns-test-unit -p PrivateNetwork=yes \
			-p PrivateUsers=yes bash -c 'read -r _ <"$0"; ip -brief address >"$1"
				exec busybox httpd -f -p 8080 -h /usr/share/common-licenses' "$T/$link.go" "$T/$link.out"
		main=$(systemctl --user show --property=MainPID --value netns-test-unit)
		port=$("$PYTHON" "$TOOLS/free_ports.py" 1)
		NAME=$("$ATTACH" --link="$link" --detach --publish "127.0.0.1:$port:8080" "$main" 3>&-)
		helper=$(pid_of "$NAME")
		echo >"$T/$link.go"
		line=$(timeout "$PATIENCE" cat "$T/$link.out")
		matches "$line" 'eth0.* 10\.0\.2\.100/24'
		client await tcp 127.0.0.1 "$port"
		curl --silent --fail --max-time "$PATIENCE" "http://127.0.0.1:$port/GPL-2" |
			grep --quiet 'GNU GENERAL PUBLIC LICENSE'
		systemctl --user stop netns-test-unit
		timeout "$PATIENCE" tail --follow --pid="$helper" /dev/null
	done
}
