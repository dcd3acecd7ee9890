/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tap_device - makes a TAP in the calling process's network namespace: the only place with TUN
 * ioctls */
#include "link/tap_device.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>

#include "src/autoclose.h"
#include "src/failure.h"

#define TUN_PATH "/dev/net/tun"

static const char *open_cure(int errnum)
{
	switch (errnum) {
	case ENOENT:
		return "load the module (modprobe tun), or give the container the device "
		       "(--device " TUN_PATH ")";
	case EACCES:
	case EPERM:
		return "let users open it, as udev does: chmod 0666 " TUN_PATH
		       "; in a container, allow the device 10:200";
	case ENODEV:
	case ENXIO:
		return "load the module: modprobe tun";
	default:
		return NULL;
	}
}

static const char *open_cause(int errnum)
{
	switch (errnum) {
	case ENOENT:
		return TUN_PATH " does not exist";
	case ENODEV:
	case ENXIO:
		return TUN_PATH " exists, but the kernel has no TUN driver";
	default:
		return "cannot open " TUN_PATH;
	}
}

static int open_tun(GError **error)
{
	int fd = open(TUN_PATH, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	int errnum = errno;

	if (fd < 0)
		failure_set(error, errnum, open_cure(errnum), "%s: %s", open_cause(errnum),
			    g_strerror(errnum));
	return fd;
}

bool tap_device_check(GError **error)
{
	autoclose int fd = open_tun(error);

	return fd >= 0;
}

static int open_named(const char *ifname, short more_flags, GError **error)
{
	struct ifreq request = {.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | more_flags)};
	autoclose int fd = open_tun(error);

	if (fd < 0)
		return -1;
	g_strlcpy(request.ifr_name, ifname, sizeof(request.ifr_name));
	if (ioctl(fd, TUNSETIFF, &request) < 0) {
		failure_errno(error, "make the TAP %s", ifname);
		return -1;
	}
	return g_steal_fd(&fd);
}

int tap_device_open(const char *ifname, GError **error)
{
	return open_named(ifname, 0, error);
}

int tap_device_create(const char *ifname, GError **error)
{
	return open_named(ifname, (short)IFF_TUN_EXCL, error);
}

bool tap_device_adopt(int fd, char *ret_ifname, GError **error)
{
	struct ifreq request = {0};
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || ioctl(fd, TUNGETIFF, &request) < 0)
		return failure_errno(error, "take descriptor %d for a TAP", fd);
	if ((request.ifr_flags & (IFF_TAP | IFF_NO_PI | IFF_VNET_HDR)) != (IFF_TAP | IFF_NO_PI)) {
		failure_set(error, EINVAL, "make it with IFF_TAP | IFF_NO_PI",
			    "descriptor %d (%s) is no TAP with bare frames", fd, request.ifr_name);
		return false;
	}
	if (fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return failure_errno(error, "make the TAP %s non-blocking", request.ifr_name);
	g_strlcpy(ret_ifname, request.ifr_name, IFNAMSIZ);
	return true;
}

bool tap_device_mac(int fd, struct mac_address *ret_mac, GError **error)
{
	struct ifreq request = {0};

	if (ioctl(fd, SIOCGIFHWADDR, &request) < 0)
		return failure_errno(error, "read the MAC address of the TAP");
	memcpy(ret_mac->bytes, request.ifr_hwaddr.sa_data, sizeof(ret_mac->bytes));
	return true;
}

bool tap_device_set_persistent(int fd, bool persistent, GError **error)
{
	if (ioctl(fd, TUNSETPERSIST, persistent ? 1UL : 0UL) < 0)
		return failure_errno(error, "change how long the TAP lives");
	return true;
}
