"""Makes the bundled sample by running the real ingest against invented sources instead of the publishers.

    python -m pipelines.sample.make_sample [FOLDER]

The resulting landing is byte for byte the same every time.
"""

import shutil
import sys
import tempfile
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from pipelines.clients.hosts import Pace
from pipelines.clients.http import HttpClient
from pipelines.clients.registry import addresses
from pipelines.ingest.origins import LiveOrigin
from pipelines.ingest.refresh import refresh
from pipelines.landing.store import Landing
from pipelines.sample.serve_files import drop_files
from pipelines.sample.serve_ogc import notices_of
from pipelines.sample.source import SampleSource
from pipelines.settings import CARDS, SAMPLE_LANDING, Settings
from pipelines.sources.access import Protocol
from pipelines.sources.card import SourceCard, load_cards
from schemas.shapes import check_shape

LANDED_AT = "2026-11-02T06:00:00+00:00"


class SampleAdapter(BaseAdapter):
    """Answers the requests of a session from the invented sources, without a network."""

    def __init__(self, source: SampleSource) -> None:
        super().__init__()
        self.source = source

    def send(self, request: requests.PreparedRequest, *args: object, **kwargs: object) -> requests.Response:
        """The response to one request; for HEAD, the headers only."""
        found = self.source.respond(str(request.url))
        answer = requests.Response()
        answer.request = request
        answer.url = str(request.url)
        answer.status_code = found.status
        answer.headers = CaseInsensitiveDict({**found.headers, "Content-Length": str(len(found.body))})
        answer.raw = BytesIO(b"" if request.method == "HEAD" else found.body)
        return answer

    def close(self) -> None:
        """Does nothing: nothing is held open."""


class NoPace(Pace):
    """A pace without pauses: there is no server to spare."""

    def wait(self, host: str, rate: float) -> None:
        """Does nothing: every request may be sent immediately."""


def sample_origin(cards: dict[str, SourceCard], drop: Path) -> LiveOrigin:
    """The invented sources as an origin.

    Args:
        cards: the cards; the sources have exactly what they ask for.
        drop: an empty folder, which receives the files that a person would fetch.
    """
    bases = {**addresses(Settings()), Protocol.DROP: str(drop)}
    source = SampleSource(cards, bases)
    drop_files(cards, drop)
    session = requests.Session()
    for scheme in {urlsplit(url).scheme for url in bases.values()} | {"https", "http"} - {""}:
        session.mount(f"{scheme}://", SampleAdapter(source))
    return LiveOrigin(
        HttpClient(session, tries=1, pace=NoPace()),
        bases,
        is_invented=True,
        notices=notices_of(cards.values()),
        clock=lambda: LANDED_AT,
    )


def make_sample(folder: Path) -> int:
    """Land every card from the invented sources below `folder`; returns the number of rows."""
    cards = load_cards(CARDS)
    shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory() as work:
        origin = sample_origin(cards, Path(work) / "drop")
        landing, raw = Landing(folder), Path(work) / "raw"
        return sum(refresh(card, origin, landing, raw, check_shape).rows for card in cards.values())


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLE_LANDING
    rows = make_sample(target)
    size = sum(f.stat().st_size for f in target.rglob("*") if f.is_file())
    sys.stdout.write(f"{rows} rows, {size / 1e6:.1f} MB in {target}\n")
