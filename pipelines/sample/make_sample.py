"""Makes the bundled sample: the real ingest, run against an invented source instead of CBS.

    python -m pipelines.sample.make_sample [FOLDER]

The landing that comes out is byte for byte the same every time.
"""

import shutil
import sys
import tempfile
from pathlib import Path

import requests
from requests.adapters import BaseAdapter

from pipelines.card import Protocol, load_cards
from pipelines.clients.http import HttpClient
from pipelines.landing import Landing
from pipelines.refresh import LiveOrigin, refresh
from pipelines.sample.source import SampleSource
from pipelines.settings import CARDS, SAMPLE_LANDING, Settings
from schemas.wire import check_raw

LANDED_AT = "2026-11-02T06:00:00+00:00"


class SampleAdapter(BaseAdapter):
    """Answers the requests of a session from the invented source, without a network."""

    def __init__(self, source: SampleSource) -> None:
        super().__init__()
        self.source = source

    def send(self, request: requests.PreparedRequest, *args: object, **kwargs: object) -> requests.Response:
        """The invented source's answer to one request."""
        answer = requests.Response()
        answer.request = request
        answer.url = str(request.url)
        answer.status_code, answer._content = self.source.respond(str(request.url))
        return answer

    def close(self) -> None:
        """Nothing is held open."""


def make_sample(folder: Path) -> int:
    """Land every card from the invented source below `folder`; returns the number of observations."""
    settings = Settings()
    source = SampleSource(settings.cbs_v4_url, settings.cbs_v3_url)
    session = requests.Session()
    session.mount("https://", SampleAdapter(source))
    addresses = {Protocol.CBS_ODATA4: settings.cbs_v4_url, Protocol.CBS_ODATA3: settings.cbs_v3_url}
    origin = LiveOrigin(HttpClient(session, tries=1), addresses, invented=True, clock=lambda: LANDED_AT)
    shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory() as raw:
        return sum(
            refresh(card, origin, Landing(folder), Path(raw), check_raw).rows for card in load_cards(CARDS).values()
        )


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLE_LANDING
    rows = make_sample(target)
    size = sum(f.stat().st_size for f in target.rglob("*") if f.is_file())
    sys.stdout.write(f"{rows} observations, {size / 1e6:.1f} MB in {target}\n")
