"""The processes of a portal, and how a new release takes over from an old one.

uvicorn's supervisor starts processes, asks them whether they live and hands us signals. What it does not do is here:
two kinds of processes that belong together, following the link `current`, and a change that cuts nobody off.
"""

import os
import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from uvicorn.supervisors.multiprocess import Multiprocess

from pipelines.commands.release_check import ServeError, check_release
from pipelines.commands.server_process import PAGES, QUESTIONS
from pipelines.commands.workers import Worker, server_config

START_SECONDS = 120.0
# After what a process gives its clients to finish: what has not ended by then is ended.
LEAVE_SECONDS = 32.0


@dataclass
class Generation:
    """The processes that serve one release together: those of its pages ask those of its questions.

    Args:
        release: the folder of the release.
        workers: its processes.
        since: when it was started, or told to end.
    """

    release: Path
    workers: list[Worker]
    since: float = field(default_factory=time.monotonic)

    @property
    def is_ready(self) -> bool:
        """Whether all processes answer."""
        return all(worker.is_ready(timeout=0.5) for worker in self.workers)

    @property
    def has_failed(self) -> bool:
        """Whether it does not come to answer."""
        is_late = time.monotonic() > self.since + START_SECONDS
        return is_late or any(worker.has_ended for worker in self.workers)

    def leave(self) -> None:
        """Tells its processes to finish and end; that for questions only when nobody asks it any more."""
        self.since = time.monotonic()
        for worker in self.workers:
            if worker.kind == PAGES:
                worker.terminate()

    def see_off(self) -> bool:
        """Whether all processes have ended; ends the last ones, by force when they take too long."""
        is_late = time.monotonic() > self.since + LEAVE_SECONDS
        left = [worker for worker in self.workers if not worker.has_ended]
        for worker in left:
            if is_late:
                worker.kill()
            elif all(other.kind == QUESTIONS for other in left):
                worker.terminate()
        self.workers = left
        return not left


class Supervisor(Multiprocess):
    """Keeps a release served, the newest that can be.

    Args:
        link: where the newest release is: `current`.
        listeners: the socket that readers connect to, of PAGES; beside it that of QUESTIONS, where a proxy tells their
            requests apart. Without that, the processes for pages hand on what is for those for questions.
        most_memory: the bytes that a process may have before others take over.
    """

    def __init__(self, link: Path, listeners: dict[str, socket.socket], most_memory: int) -> None:
        super().__init__(server_config(), list(listeners.values()))
        self._link, self._listeners, self._most_memory = link, listeners, most_memory
        self._now: Generation | None = None
        self._coming: Generation | None = None
        self._leaving: list[Generation] = []
        self._refused: Path | None = None
        self.exit_code = 0

    def init_processes(self) -> None:
        """Starts the processes of the release that is current."""
        self._coming = self._start(self._link.resolve())

    def keep_subprocess_alive(self) -> None:
        """Sees what has changed since it was last asked, and does what that takes."""
        self._bring_in()
        self._restart_dead()
        self._follow()
        self._leaving = [generation for generation in self._leaving if not generation.see_off()]

    def handle_hup(self) -> None:
        """Replaces every process, also when the release is the same."""
        self._refused = None
        if self._coming is None:
            self._try(self._link.resolve(), "asked to")

    def terminate_all(self) -> None:
        """Tells every process to end."""
        for generation in (self._now, self._coming):
            if generation is not None:
                generation.leave()
                self._leaving.append(generation)

    def join_all(self) -> None:
        """Waits until all have ended."""
        while any([not generation.see_off() for generation in self._leaving]):
            time.sleep(0.05)

    def _start(self, release: Path) -> Generation:
        port = None
        for_questions = self._listeners.get(QUESTIONS)
        if for_questions is None:
            for_questions = socket.create_server(("127.0.0.1", 0), backlog=512)
            port = for_questions.getsockname()[1]
        workers = [
            Worker(QUESTIONS, release, for_questions, None),
            Worker(PAGES, release, self._listeners[PAGES], port),
        ]
        for worker in workers:
            worker.start()
        return Generation(release, workers)

    def _bring_in(self) -> None:
        if self._coming is None:
            return
        if self._coming.has_failed:
            self._give_up(self._coming)
            self._coming = None
        elif self._coming.is_ready:
            before, self._now, self._coming = self._now, self._coming, None
            self._tell(f"Release {self._now.release.name} is on {self._address} (Ctrl+C stops it)")
            if before is not None:
                before.leave()
                self._leaving.append(before)

    def _give_up(self, generation: Generation) -> None:
        problems = [worker.problem for worker in generation.workers if worker.problem]
        for worker in generation.workers:
            worker.kill()
            worker.process.join()
        told = f"release {generation.release.name} cannot be shown: {(problems or ['it does not start'])[0]}"
        if self._now is None:
            self._tell(f"Error: {told}", err=True)
            self.exit_code = 1
            self.should_exit.set()
        else:
            self._refused = generation.release
            self._tell(f"Release {self._now.release.name} stays: {told}", err=True)

    def _restart_dead(self) -> None:
        if self._now is None:
            return
        for place, worker in enumerate(self._now.workers):
            if not worker.is_alive(timeout=self.config.timeout_worker_healthcheck):
                worker.kill()
                worker.process.join()
                self._tell(f"The process for {worker.kind} has died and is started again", err=True)
                self._now.workers[place] = worker.again()
                self._now.workers[place].start()
            elif worker.memory > self._most_memory and self._coming is None:
                told = f"the process for {worker.kind} has {worker.memory >> 20} MB"
                self._try(self._now.release, told)

    def _follow(self) -> None:
        newest = self._link.resolve()
        if self._now is None or self._coming is not None or newest in (self._now.release, self._refused):
            return
        self._try(newest, f"it is {self._link.name} now")

    def _try(self, release: Path, why: str) -> None:
        try:
            check_release(release)
        except ServeError as error:
            self._refused = release
            self._tell(f"Release {self._now.release.name if self._now else 'none'} stays: {error}", err=True)
            return
        self._tell(f"Release {release.name} is being started: {why}")
        self._coming = self._start(release)

    @property
    def _address(self) -> str:
        listener = self._listeners[PAGES]
        if listener.family == socket.AF_UNIX:
            return str(listener.getsockname())
        host, port = listener.getsockname()[:2]
        return f"http://{host}:{port}"

    def _tell(self, told: str, *, err: bool = False) -> None:
        # Readers are served on, also when nobody can be told: the log may be on a disk that is full. What Python itself
        # could not write it would keep, and then fail to start a process.
        with suppress(OSError):
            os.write(2 if err else 1, f"{told}\n".encode())
