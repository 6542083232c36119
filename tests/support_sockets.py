"""Hosts that behave badly: each does with a connection whatever a test tells it."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

LOOPBACK = ("127.0.0.1",)
"""The host of servers of tests, which is on the inside."""
Script = Callable[[socket.socket], None]
"""What a host does with a connection after it read a request."""


class Host:
    """A host on loopback that runs a script for each request, and counts them."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.asked: list[str] = []
        self._listening = socket.create_server(("127.0.0.1", 0))

    @property
    def name(self) -> str:
        """The host with its port, as in an address."""
        return f"127.0.0.1:{self._listening.getsockname()[1]}"

    @property
    def url(self) -> str:
        """The address of something on it."""
        return f"http://{self.name}/table"

    def run(self) -> None:
        """Take connections until the host is closed."""
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def close(self) -> None:
        """Take no more connections, and wake who waits for one."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                if not (more := connection.recv(4096)):
                    return
                head += more
            self.asked.append(head.split(b"\r\n")[0].decode().rpartition(" ")[0])
            self.script(connection)


@contextmanager
def open_host(script: Script) -> Iterator[Host]:
    """A running host."""
    host = Host(script)
    thread = threading.Thread(target=host.run)
    thread.start()
    try:
        yield host
    finally:
        host.close()
        thread.join()


@contextmanager
def open_full() -> Iterator[str]:
    """The address of a host that lets nobody connect, since those who wait fill its queue."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listening:
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(listening.getsockname())
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/table"
        finally:
            for one in waiting:
                one.close()


def says(*pieces: bytes, pause: float = 0.0) -> Script:
    """Send these pieces, with a pause after each, and hang up."""

    def script(connection: socket.socket) -> None:
        for piece in pieces:
            connection.sendall(piece)
            if pause:
                threading.Event().wait(pause)

    return script


def drips(start: bytes, drop: bytes, pause: float = 0.03) -> Script:
    """Send a start, and then a drop now and then for as long as somebody listens, or ten seconds."""
    return says(start, *[drop] * int(10 / pause), pause=pause)


def silent(start: bytes = b"") -> Script:
    """Send a start and then nothing, until whoever asked hangs up."""

    def script(connection: socket.socket) -> None:
        connection.sendall(start)
        connection.recv(1)

    return script


def resets(start: bytes = b"") -> Script:
    """Send a start and then reset the connection."""

    def script(connection: socket.socket) -> None:
        connection.sendall(start)
        # To linger for no time at all makes closing a reset.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return script


def answer(
    body: bytes, *headers: str, status: str = "200 OK", promised: int | None = None, connection: str = "close"
) -> bytes:
    """An answer with its length, or one that it does not keep."""
    length = f"Content-Length: {len(body) if promised is None else promised}"
    return "\r\n".join([f"HTTP/1.1 {status}", f"Connection: {connection}", length, *headers, "", ""]).encode() + body


def chunked(*chunks: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    """An answer in chunks."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"".join(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n" for chunk in chunks) + end
