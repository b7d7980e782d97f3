"""Unpacking batches within bounds: what is some kilobytes on the wire may stand for gigabytes.

aiokafka unpacks whatever it is; a process that does dies for want of memory, and so does the next.
"""

import zlib
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import cramjam
from aiokafka.record import default_records

MAX_BYTES = 32 * 1024 * 1024  # of a batch, unpacked; no topic takes one of more than 3 MiB packed
FIRST_BYTES = 64 * 1024
LIKELY_RATIO = 16
GZIP = 31  # zlib's name for its window and header


class TooLarge(ValueError):
    """A batch is larger than any that our producers could have packed."""


def unpack_within_bounds() -> None:
    """Let all clients of this process unpack within bounds from now on; snappy has some of its own."""
    modules: list[Any] = [default_records]
    with suppress(ImportError):
        from aiokafka.record._crecords import default_records as compiled

        modules.append(compiled)
    for module in modules:
        module.gzip_decode = _gzip
        module.lz4_decode = lambda packed: _grow(cramjam.lz4.decompress_into, packed)
        module.zstd_decode = lambda packed: _grow(cramjam.zstd.decompress_into, packed)


def _gzip(packed: Any) -> bytes:
    left, unpacked = bytes(packed), bytearray()
    while left:  # one member after another
        member = zlib.decompressobj(wbits=GZIP)
        unpacked += member.decompress(left, MAX_BYTES + 1 - len(unpacked))
        if len(unpacked) > MAX_BYTES:
            raise TooLarge
        if not member.eof:
            raise EOFError
        left = member.unused_data
    return bytes(unpacked)


def _grow(unpack: Callable[[Any, bytearray], int], packed: Any) -> bytes:
    """Unpack into more and more room, for neither codec says beforehand how much it takes."""
    size = max(FIRST_BYTES, LIKELY_RATIO * len(packed))
    while True:
        room = bytearray(min(size, MAX_BYTES))
        try:
            return bytes(memoryview(room)[: unpack(packed, room)])
        except cramjam.DecompressionError:  # too little room, or no such format: it does not say which
            if size >= MAX_BYTES:
                raise
        size *= 8
