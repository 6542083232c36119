"""A process that serves a release: uvicorn's own, with an application that is made and tried before it listens.

Belongs here: what happens within one such process, and what its parent may know of it. Not here: which there are and
who takes over from whom, which is `supervisor.py`.
"""

import asyncio
import logging
import os
import signal
import socket
import threading
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from uvicorn import Config, Server
from uvicorn.supervisors.multiprocess import Process

from pipelines.commands.patience import PatientProtocol
from pipelines.commands.server_process import KEEP_ALIVE_SECONDS, PAGES
from pipelines.settings import PORTAL
from portal.asgi import AsgiApp, Receive, Scope, Send
from portal.serving.forwarding import Forwarding
from portal.serving.server import UnfitError, look_at_every_page, open_server, serving_app

DRAIN_SECONDS = 30
# What answers questions takes the processors that pages leave: three queries at a time want more than two of them.
QUESTIONS_NICE = 10


def server_config() -> Config:
    """Returns what all our processes have in common; each makes its application itself."""
    return Config(
        "",
        http=PatientProtocol,
        ws="none",
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=DRAIN_SECONDS - KEEP_ALIVE_SECONDS - 1,
        timeout_worker_healthcheck=30,
    )


class DrainingServer(Server):
    """A server that ends without cutting anybody off: first it tells who is connected to connect anew next time."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stops listening, gives open connections the time after which idle ones close, then ends as uvicorn does."""
        for server in self.servers:
            server.close()
        self.server_state.default_headers.append((b"connection", b"close"))
        until = time.monotonic() + KEEP_ALIVE_SECONDS + 0.5
        while self.server_state.connections and time.monotonic() < until and not self.force_exit:
            await asyncio.sleep(0.1)
        await super().shutdown(sockets)


class Worker(Process):
    """A process that serves a release: its pages and files, or the public's questions.

    Args:
        kind: PAGES or QUESTIONS.
        release: the folder of the release.
        listener: the socket that it answers on, which it shares with who comes after it.
        questions_port: where the process for questions listens; None to answer them itself.
    """

    def __init__(self, kind: str, release: Path, listener: socket.socket, questions_port: int | None) -> None:
        self.kind, self.release, self.listener, self.questions_port = kind, release, listener, questions_port
        self._problem: str | None = None
        super().__init__(server_config(), [listener])

    def again(self) -> "Worker":
        """Returns a new process in the place of this one; it has not started."""
        return Worker(self.kind, self.release, self.listener, self.questions_port)

    @property
    def has_ended(self) -> bool:
        """Whether the process is over."""
        return not self.process.is_alive()

    @property
    def memory(self) -> int:
        """The bytes of memory that it has; 0 where the system does not tell."""
        try:
            pages = Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii").split()[1]
        except OSError:
            return 0
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    @property
    def server(self) -> Server:
        """The server of this process."""
        if self._server is None:
            self._server = DrainingServer(config=self.config)
        return self._server

    def _healthcheck(self, timeout: float) -> bool | None:
        """Whether it has started; an answer that came too late last time is not taken for that of now."""
        self._read_late_answers()
        return super()._healthcheck(timeout)

    def _read_late_answers(self) -> None:
        with suppress(OSError, EOFError):
            while self.parent_conn.poll():
                said = self.parent_conn.recv()
                self._problem = said if isinstance(said, str) else self._problem

    @property
    def problem(self) -> str | None:
        """Why it could not start, in one line; None if it did not say."""
        self._read_late_answers()
        return self._problem

    def target(self, sockets: list[socket.socket] | None = None) -> None:
        """Serves; this is what the new process runs."""
        # Datasette has made some that a question would have come to, when its client hangs up.
        warnings.filterwarnings("ignore", "coroutine .* was never awaited", RuntimeWarning)
        threading.Thread(target=self.always_pong, daemon=True).start()
        self.config.app = _Starting(
            self.release, self.questions_port, self.child_conn.send, has_pages=self.kind == PAGES
        )
        self.server.run(sockets)

    def always_pong(self) -> None:
        """Answers who asks whether this process lives; without a parent it ends."""
        try:
            super().always_pong()
        except (EOFError, OSError):
            os.kill(os.getpid(), signal.SIGTERM)


def _yield_processors() -> None:
    """Lower the priority of this process; Linux has one for each thread, which those that begin later take over."""
    os.nice(QUESTIONS_NICE)
    own = os.getpriority(os.PRIO_PROCESS, 0)
    for thread in Path("/proc/self/task").glob("*"):
        with suppress(ProcessLookupError):
            os.setpriority(os.PRIO_PROCESS, int(thread.name), own)


class _Starting:
    """The application of a worker, which is made in the loop that it runs in, before the first request."""

    def __init__(
        self, release: Path, questions_port: int | None, tell: Callable[[str], None], *, has_pages: bool
    ) -> None:
        self._release, self._port, self._tell, self._has_pages = release, questions_port, tell, has_pages
        self._app: AsgiApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._app is not None and scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return
        await receive()
        try:
            server = open_server(self._release, PORTAL)
            await server.invoke_startup()
            await look_at_every_page(server, has_pages=self._has_pages)
            self._app = await serving_app(server, Forwarding(self._port) if self._port else None)
        except Exception as error:
            told = str(error) if isinstance(error, UnfitError) else f"{type(error).__name__}: {error}"
            self._tell(" ".join(told.split()))
            # It would say that it ends in lines of its own.
            logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
            await send({"type": "lifespan.startup.failed"})
            return
        if not self._has_pages:
            # Not before: a release that takes over should not wait for that.
            _yield_processors()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
