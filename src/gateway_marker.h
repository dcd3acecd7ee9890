/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gateway_marker - how the forwarder tells the gateway that a SYN is for the gateway's own TCP */
#pragma once

/*
 * The destination MAC of a SYN frame that the forwarder writes back to the TAP of a gateway link:
 * the gateway's rules deliver it to the transparent listener instead of sending it to the command.
 * No link may have it as its own.
 */
#define GATEWAY_MARKER_MAC                                                                         \
	{                                                                                          \
		{                                                                                  \
			0x02, 0x00, 0x00, 0x00, 0x00, 0x01                                         \
		}                                                                                  \
	}
#define GATEWAY_MARKER_MAC_TEXT "02:00:00:00:00:01"
