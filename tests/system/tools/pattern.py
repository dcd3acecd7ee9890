# SPDX-License-Identifier: GPL-2.0-or-later
"""pattern - bytes that reveal loss, repetition and exchange: what transfers carry"""
import zlib

# A prime number of bytes, so that no buffer size is a multiple of it.
_PERIOD = bytes((i * 167 + (i >> 8) * 13) & 0xff for i in range(1000003))


def pieces(size):
    """The first `size` bytes of the pattern, piece by piece."""
    view = memoryview(_PERIOD)
    while size > 0:
        for start in range(0, len(_PERIOD), 65536):
            piece = view[start:start + min(65536, size)]
            size -= len(piece)
            if piece:
                yield piece
            if size == 0:
                return


def checksum(size):
    crc = 0
    for piece in pieces(size):
        crc = zlib.crc32(piece, crc)
    return f"{size} {crc}"
