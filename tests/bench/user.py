# SPDX-License-Identifier: GPL-2.0-or-later
"""user - the ordinary user that all subjects run as"""

import os
import pwd
import resource
import stat
import subprocess
from contextlib import suppress

DEFAULT_USER = "netns-bench"
TUN = "/dev/net/tun"
DESCRIPTORS = 65536


def _find_or_create(name: str) -> pwd.struct_passwd:
    """useradd(8) gives a new user the ranges of subordinate IDs that RootlessKit needs."""
    try:
        return pwd.getpwnam(name)
    except KeyError:
        subprocess.run(["useradd", "--no-create-home", "--home-dir", "/nonexistent",
                        "--shell", "/usr/sbin/nologin", name], check=True)
        return pwd.getpwnam(name)


def open_up_tun() -> None:
    """Makes a root-only /dev/net/tun what udev makes it on ordinary systems."""
    if os.path.exists(TUN) and stat.S_IMODE(os.stat(TUN).st_mode) != 0o666:
        os.chmod(TUN, 0o666)


def raise_descriptor_limit() -> None:
    """To the hard limit, and that, where we may, to what ordinary systems have at least."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard < DESCRIPTORS:
        with suppress(ValueError):  # without CAP_SYS_RESOURCE
            resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))


def find_ordinary() -> pwd.struct_passwd:
    """As root: $NETNS_TEST_USER or a user of our own."""
    return _find_or_create(os.environ.get("NETNS_TEST_USER", DEFAULT_USER))


def become_ordinary() -> str:
    """As root, drops for good to $NETNS_TEST_USER or a user of our own. Returns the user's name."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid()).pw_name
    user = find_ordinary()
    open_up_tun()
    os.initgroups(user.pw_name, user.pw_gid)
    os.setresgid(user.pw_gid, user.pw_gid, user.pw_gid)
    os.setresuid(user.pw_uid, user.pw_uid, user.pw_uid)
    os.environ.update(HOME=user.pw_dir, USER=user.pw_name, LOGNAME=user.pw_name)
    return user.pw_name


def check_tun() -> str | None:
    """Why no subject with a TAP device can work here, or None."""
    if os.access(TUN, os.R_OK | os.W_OK):
        return None
    return f"{TUN} cannot be opened by this user; as root: chmod 0666 {TUN}"
