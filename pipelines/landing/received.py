"""What a source sent, as packed for the way: gzip in, bytes out. Not here: how much may be sent, or where it goes."""

import ctypes
import io
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress

# What glibc calls the size from which a block of memory is given back once it is free. By itself it learns to keep
# larger ones, for each thread that had one: twice the memory of the bodies that are under way.
_M_MMAP_THRESHOLD, _LARGE = -3, 1 << 20
with suppress(AttributeError, OSError, TypeError):
    ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE)

# More at a time is slower: zlib makes room for what comes out by doubling and copying what it has.
_PIECE, _MOST_OF_A_PIECE = 1 << 16, 1 << 20


class Received(bytes):
    """A body as a source meant it.

    Attributes:
        packed: the gzip in which it was sent, or is kept; None where there is none.
    """

    packed: bytes | None = None


def unpacked(packed: bytes) -> Iterator[bytes]:
    """What a gzip holds, a piece of at most a megabyte at a time: a small one can hold gigabytes.

    Raises:
        EOFError: it is cut short.
        zlib.error: it is something else, or damaged; so is what comes after it.
    """
    view, member = memoryview(packed), zlib.decompressobj(zlib.MAX_WBITS | 16)
    for start in range(0, len(view), _PIECE):
        rest: bytes | memoryview = view[start : start + _PIECE]
        while rest:
            if member.eof:
                # A gzip may have several members, one after another.
                member = zlib.decompressobj(zlib.MAX_WBITS | 16)
            yield member.decompress(rest, _MOST_OF_A_PIECE)
            rest = member.unconsumed_tail or member.unused_data
    if not member.eof:
        raise EOFError("the gzip ends before its end")


def together(pieces: Iterable[bytes]) -> bytes:
    """All pieces as one, of which none is kept in memory twice."""
    whole = io.BytesIO()
    for piece in pieces:
        whole.write(piece)
    return whole.getvalue()
