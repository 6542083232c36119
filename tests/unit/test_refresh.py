"""Which road a card comes by: the first that offers it, and what is said when none does."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import requests

from pipelines.card import SourceCard
from pipelines.clients.http import HttpClient
from pipelines.errors import AwaitedError, GoneError
from pipelines.health import state
from pipelines.landing import Landing
from pipelines.refresh import LiveOrigin, refresh
from pipelines.roads import Protocol
from schemas.shapes import check_shape

DROP = {
    "protocol": "drop",
    "page": "https://x.nl/register",
    "how": {"nl": "Download de CSV.", "en": "Download the CSV."},
}
GONE = {"protocol": "file", "urls": ["https://x.nl/register.csv"]}


class Nowhere(requests.adapters.BaseAdapter):
    """A network on which every address answers 404."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        answer = requests.Response()
        answer.status_code, answer._content, answer.request, answer.url = 404, b"", request, str(request.url)
        return answer

    def close(self) -> None:
        """Nothing is held open."""


def card(*roads: dict[str, Any]) -> SourceCard:
    return SourceCard.model_validate(
        {
            "publisher": "den_haag",
            "table": "subsidies",
            "roads": roads,
            "title": {"nl": "Register", "en": "Register"},
            "licence": "CC0",
            "licence_url": "https://creativecommons.org/publicdomain/zero/1.0/",
            "attribution": "Gemeente",
            "homepage": "https://x.nl",
            "cadence": "yearly",
            "register": {"region": "GM0518", "grantor": "Gemeente"},
            "layout": {
                "format": "csv",
                "columns": {
                    "Jaar": {"to": "year", "reads": "year"},
                    "Regeling": {"to": "scheme"},
                    "Ontvanger": {"to": "recipient"},
                    "Bedrag": {"to": "amount_granted_eur", "reads": "dutch_number"},
                },
            },
            "rows": {"min": 1, "max": 10},
        }
    )


def origin(folder: Path) -> LiveOrigin:
    session = requests.Session()
    session.mount("https://", Nowhere())
    addresses = {Protocol.FILE: "", Protocol.DROP: str(folder / "drop")}
    return LiveOrigin(HttpClient(session, tries=1), addresses)


def drop(folder: Path) -> None:
    place = folder / "drop" / "den_haag__subsidies"
    place.mkdir(parents=True)
    (place / "2026-11-20.csv").write_text("Jaar;Regeling;Ontvanger;Bedrag\n2024;BIZ;Stichting Straat;1.000\n")


def bring(one: SourceCard, folder: Path) -> Any:
    return refresh(one, origin(folder), Landing(folder / "landing"), folder / "raw", check_shape)


def test_a_card_that_only_a_person_fetches_waits_and_is_no_failure(tmp_path: Path) -> None:
    with pytest.raises(AwaitedError, match="nothing was put here yet -> Download the CSV; put the file into"):
        bring(card(DROP), tmp_path)
    assert Landing(tmp_path / "landing").failure("den_haag/subsidies", invented=False) is None


def test_a_file_that_is_gone_is_told_even_where_a_person_could_help(tmp_path: Path) -> None:
    with pytest.raises(GoneError) as error:
        bring(card(GONE, DROP), tmp_path)
    told = str(error.value)
    assert "file HTTP 404" in told and "Download the CSV" in told and str(tmp_path / "drop") in told
    failure = Landing(tmp_path / "landing").failure("den_haag/subsidies", invented=False)
    assert failure and failure.gone


def test_a_dropped_file_takes_the_place_of_one_that_is_gone(tmp_path: Path) -> None:
    drop(tmp_path)
    done = bring(card(GONE, DROP), tmp_path)
    assert (done.snapshot.protocol, done.rows, done.snapshot.modified) == ("drop", 1, "2026-11-20")


def test_what_landed_stays_when_the_dropped_file_is_taken_away(tmp_path: Path) -> None:
    drop(tmp_path)
    bring(card(DROP), tmp_path)
    (tmp_path / "drop" / "den_haag__subsidies" / "2026-11-20.csv").unlink()
    with pytest.raises(AwaitedError):
        bring(card(DROP), tmp_path)
    landing = Landing(tmp_path / "landing")
    have = landing.current("den_haag/subsidies", invented=False)
    failure = landing.failure("den_haag/subsidies", invented=False)
    assert have and failure is None
    assert state(card(DROP), have, failure, "2024JJ00", "", date(2026, 11, 24))[0] == "current"
