"""What a fetch has received so far, so that a crash costs only the page under way."""

import json
from contextlib import suppress
from pathlib import Path
from threading import Lock

from pydantic import ValidationError

from pipelines.errors import DamagedError
from pipelines.landing.store import Lacking, Landing, Resource, Snapshot, now


class ResumableStore:
    """Keeps what a client receives in the landing, and lists the pages as they come.

    The list is valid for one state of one question: `question` and the `modified` given to `resume`. Each line is
    written once its page is safely in the landing, so a complete line means a complete page.

    Args:
        landing: where the bytes go.
        dataset_id: the card.
        protocol: how it is asked.
        question: what is asked, since other pages answer another question.
        have: what landed before, whose files stand in for those that cannot be fetched.
    """

    def __init__(
        self, landing: Landing, dataset_id: str, protocol: str, question: str, have: Snapshot | None = None
    ) -> None:
        self._landing = landing
        self._path = landing.partial(dataset_id, protocol)
        self._question = question
        self._have = have
        self._lacking: dict[str, Lacking] = {}
        self._received: dict[str, Resource] = {}
        self._earlier: dict[str, Resource] = {}
        self._list: Path | None = None
        self._lock = Lock()

    @property
    def resources(self) -> tuple[Resource, ...]:
        """Everything received or recalled: first what came before the pages, then the pages in order."""
        return tuple(sorted(self._received.values(), key=lambda r: ("/" in r.name, r.name if "/" in r.name else "")))

    @property
    def lacking(self) -> tuple[Lacking, ...]:
        """What could not be fetched, in the order of its addresses."""
        return tuple(self._lacking[url] for url in sorted(self._lacking))

    def keep(self, name: str, url: str, body: bytes) -> None:
        """Keep one resource; after `resume` it is also listed for a later fetch."""
        resource = Resource(name=name, url=url, sha256=self._landing.put(body), size=len(body))
        with self._lock:
            self._received[name] = resource
            if self._list:
                with self._list.open("a", encoding="utf-8") as file:
                    file.write(resource.model_dump_json() + "\n")

    def resume(self, modified: str) -> None:
        """Take up the list of an earlier fetch of the same state, or begin a new one."""
        path = self._path
        state = json.dumps({"question": self._question, "modified": modified})
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n") if path.exists() else []
        # The last part is empty, or a line cut short by a crash.
        whole = lines[:-1]
        if whole and whole[0] == state:
            # Of a list that was damaged, nothing is used.
            with suppress(ValidationError):
                pages = [Resource.model_validate_json(line) for line in whole[1:]]
                self._earlier = {page.name: page for page in pages}
        path.parent.mkdir(parents=True, exist_ok=True)
        kept = [state, *(page.model_dump_json() for page in self._earlier.values())]
        path.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")
        self._list = path

    def recall(self, name: str, url: str) -> bytes | None:
        """A page that the earlier fetch received from the same address."""
        resource = self._earlier.get(name)
        if resource is None or resource.url != url:
            return None
        try:
            body = self._landing.get(resource.sha256)
        except DamagedError:
            return None
        with self._lock:
            self._received[name] = resource
        return body

    def lack(self, name: str, url: str, problem: str) -> None:
        """Note that one of several files could not be fetched, and keep the one that landed before from its address."""
        known = self._have.resources if self._have else ()
        before = {r.url: r for r in known if r.url == url and self._landing.is_whole(r.sha256)}
        since = {lack.url: lack.since for lack in self._have.lacking} if self._have else {}
        lack = Lacking(url=url, problem=problem, since=since.get(url, now()), is_kept=url in before)
        with self._lock:
            self._lacking[url] = lack
            if url in before:
                self._received[name] = before[url].model_copy(update={"name": name})
