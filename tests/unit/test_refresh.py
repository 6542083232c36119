"""Which way a card comes by: the first that works, whatever the others fail at; and what is said when none does."""

import io
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import requests
from urllib3 import HTTPResponse

from pipelines.clients.http import HttpClient
from pipelines.errors import AwaitedError, Trouble
from pipelines.ingest.health import state
from pipelines.ingest.origins import LiveOrigin
from pipelines.ingest.refresh import FailedError, Refreshed, read_landed, refresh
from pipelines.landing.store import Failure, Landing
from pipelines.sources.access import Protocol
from pipelines.sources.card import SourceCard
from schemas.shapes import check_shape

DROP = {
    "protocol": "drop",
    "page": "https://x.nl/register",
    "how": {"nl": "Download de CSV.", "en": "Download the CSV."},
}
FILE = {"protocol": "file", "urls": ["https://x.nl/register.csv"]}
BELIEVED = {**FILE, "certainty": "assumed"}
ROWS = "Jaar;Regeling;Ontvanger;Bedrag\n2024;BIZ;Stichting Straat;1.000\n"
Answers = dict[str, tuple[int, str]]


class Network(requests.adapters.BaseAdapter):
    """A network on which addresses answer as they are told to, and all others 404; it remembers what was asked."""

    def __init__(self, answers: Answers) -> None:
        super().__init__()
        self.answers = answers
        self.asked: list[str] = []

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        self.asked.append(str(request.url))
        status, text = self.answers.get(str(request.url), (404, ""))
        answer = requests.Response()
        answer.status_code, answer.request, answer.url = status, request, str(request.url)
        answer.raw = HTTPResponse(io.BytesIO(text.encode()), status=status, preload_content=False)
        return answer

    def close(self) -> None:
        """Nothing is held open."""


def card(*ways: dict[str, Any]) -> SourceCard:
    return SourceCard.model_validate(
        {
            "publisher": "den_haag",
            "table": "subsidies",
            "access": ways,
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


def origin(folder: Path, answers: Answers | None = None) -> LiveOrigin:
    session = requests.Session()
    session.mount("https://", Network(answers or {}))
    addresses = {Protocol.FILE: "", Protocol.DROP: str(folder / "drop")}
    return LiveOrigin(HttpClient(session, tries=1, max_wait=0.01), addresses)


def drop(folder: Path, name: str = "2026-11-20.csv", text: str = ROWS) -> Path:
    place = folder / "drop" / "den_haag__subsidies"
    place.mkdir(parents=True, exist_ok=True)
    (place / name).write_text(text)
    return place / name


def bring(one: SourceCard, folder: Path, answers: Answers | None = None) -> Refreshed:
    return refresh(one, origin(folder, answers), Landing(folder / "landing"), folder / "raw", check_shape)


def failure_of(folder: Path) -> Failure | None:
    return Landing(folder / "landing").failure("den_haag/subsidies", invented=False)


def test_a_card_that_only_a_person_fetches_waits_and_is_no_failure(tmp_path: Path) -> None:
    with pytest.raises(AwaitedError, match="nothing was put here yet -> Download the CSV; put the file into"):
        bring(card(DROP), tmp_path)
    assert failure_of(tmp_path) is None


def test_a_file_that_is_gone_is_told_even_where_a_person_could_help(tmp_path: Path) -> None:
    with pytest.raises(FailedError) as error:
        bring(card(FILE, DROP), tmp_path)
    told = str(error.value)
    assert "file HTTP 404" in told and "Download the CSV" in told and str(tmp_path / "drop") in told
    failure = failure_of(tmp_path)
    assert failure and failure.trouble is Trouble.GONE
    assert [attempt.protocol for attempt in failure.attempts] == ["file", "drop"]


# What an address may answer, and which trouble that is.
FAILURES = {
    "gone": ((404, ""), Trouble.GONE),
    "forbidden": ((403, "no"), Trouble.REFUSED),
    "broken": ((500, "no"), Trouble.UNREACHABLE),
    "a page": ((200, "<!doctype html><html>Onderhoud</html>"), Trouble.REFUSED),
    "other columns": ((200, ROWS.replace("Bedrag", "Euro")), Trouble.CHANGED),
    "unreadable": ((200, ROWS.replace("1.000", "duizend")), Trouble.CHANGED),
    "too many rows": ((200, ROWS + "2024;BIZ;Stichting Straat;1.000\n" * 20), Trouble.REFUSED),
}


@pytest.mark.parametrize("kind", FAILURES)
def test_after_any_failure_the_next_way_in_is_tried(tmp_path: Path, kind: str) -> None:
    answer, _ = FAILURES[kind]
    drop(tmp_path)
    done = bring(card(FILE, DROP), tmp_path, {"https://x.nl/register.csv": answer})
    assert (done.snapshot.protocol, done.rows, done.snapshot.modified) == ("drop", 1, "2026-11-20")
    assert failure_of(tmp_path) is None


@pytest.mark.parametrize("kind", FAILURES)
def test_what_no_way_brings_is_told_by_the_way_that_says_most(tmp_path: Path, kind: str) -> None:
    answer, trouble = FAILURES[kind]
    with pytest.raises(FailedError) as error:
        bring(card(FILE, DROP), tmp_path, {"https://x.nl/register.csv": answer})
    failure = failure_of(tmp_path)
    assert failure and failure.trouble is error.value.trouble is trouble
    assert "\n" not in str(error.value) and failure.problem == failure.attempts[0].problem


@pytest.mark.parametrize("kind", FAILURES)
def test_an_address_that_nobody_confirmed_fails_as_expected(tmp_path: Path, kind: str) -> None:
    answer, _ = FAILURES[kind]
    with pytest.raises(FailedError) as error:
        bring(card(BELIEVED, DROP), tmp_path, {"https://x.nl/register.csv": answer})
    assert error.value.trouble is Trouble.UNCONFIRMED
    assert "Download the CSV" in error.value.todo, "what a person could bring helps more than that address"


def test_a_dropped_file_wins_over_an_address_that_nobody_confirmed(tmp_path: Path) -> None:
    drop(tmp_path)
    source = origin(tmp_path, {"https://x.nl/register.csv": (200, ROWS + ROWS.splitlines()[1] + "\n")})
    done = refresh(card(BELIEVED, DROP), source, Landing(tmp_path / "landing"), tmp_path / "raw", check_shape)
    assert (done.snapshot.protocol, done.rows) == ("drop", 1)
    network = source.http.session.get_adapter("https://x.nl")
    assert isinstance(network, Network) and not network.asked


def test_a_dropped_file_of_a_wrong_name_is_told_before_an_address_that_nobody_confirmed(tmp_path: Path) -> None:
    drop(tmp_path, "register van maandag.csv")
    with pytest.raises(FailedError, match="does not say the day of download") as error:
        bring(card(BELIEVED, DROP), tmp_path)
    assert error.value.trouble is not Trouble.UNCONFIRMED


def test_what_landed_stays_when_the_dropped_file_is_taken_away(tmp_path: Path) -> None:
    path = drop(tmp_path)
    bring(card(DROP), tmp_path)
    path.unlink()
    with pytest.raises(AwaitedError):
        bring(card(DROP), tmp_path)
    landing = Landing(tmp_path / "landing")
    have = landing.current("den_haag/subsidies", invented=False)
    assert have and failure_of(tmp_path) is None
    assert state(card(DROP), have, None, "2024JJ00", "", date(2026, 11, 24))[0] == "current"


def test_a_fault_of_the_program_is_told_as_one_and_costs_one_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    drop(tmp_path)
    source, landing = origin(tmp_path), Landing(tmp_path / "landing")
    with pytest.raises(FailedError, match=r"ZeroDivisionError: a bug \(a fault in the program") as error:
        refresh(card(DROP), source, landing, tmp_path / "raw", broken)
    assert error.value.trouble is Trouble.FAULT and failure_of(tmp_path)


YEARS = [f"https://x.nl/subsidies-{year}.csv" for year in (2022, 2023, 2024)]


def of_years() -> SourceCard:
    content = card({"protocol": "file", "urls": YEARS}).model_dump(by_alias=True)
    return SourceCard.model_validate(content)


def of_year(year: int, amount: str = "1.000") -> str:
    return f"Jaar;Regeling;Ontvanger;Bedrag\n{year};BIZ;Stichting Straat;{amount}\n"


@pytest.mark.parametrize("kind", [kind for kind in FAILURES if kind != "too many rows"])
@pytest.mark.parametrize("had_it", [True, False], ids=["landed before", "first time"])
def test_a_year_of_a_register_that_fails_is_told_and_the_others_are_there(
    tmp_path: Path, kind: str, had_it: bool
) -> None:
    whole = {url: (200, of_year(2022 + at)) for at, url in enumerate(YEARS)}
    if had_it:
        bring(of_years(), tmp_path, whole)
    news = {url: (200, of_year(2022 + at, "2.000")) for at, url in enumerate(YEARS)}
    done = bring(of_years(), tmp_path, news | {YEARS[1]: FAILURES[kind][0]})
    rows = pl.read_parquet(done.folder / "subsidies.parquet").sort("year")
    amounts = dict(rows.select("year", "amount_granted_eur").iter_rows())
    assert amounts == {2022: 2000.0, 2024: 2000.0} | ({2023: 1000.0} if had_it else {})
    (lack,) = done.snapshot.lacking
    assert lack.url == YEARS[1] and lack.is_kept is had_it and lack.problem
    assert state(of_years(), done.snapshot, None, "2024JJ00", "", date(2025, 11, 24))[0] == "kept"
    # The next run asks again, and then it is whole.
    healed = bring(of_years(), tmp_path, news)
    assert healed.snapshot.lacking == () and healed.rows == 3


def test_a_register_of_which_no_year_can_be_had_fails_and_keeps_what_it_had(tmp_path: Path) -> None:
    bring(of_years(), tmp_path, {url: (200, of_year(2022 + at)) for at, url in enumerate(YEARS)})
    with pytest.raises(FailedError, match="HTTP 404"):
        bring(of_years(), tmp_path)
    have = Landing(tmp_path / "landing").current("den_haag/subsidies", invented=False)
    assert have and len(have.resources) == 3 and not have.lacking


def test_what_landed_and_cannot_be_read_any_more_fails_as_its_source_does(tmp_path: Path) -> None:
    drop(tmp_path)
    done = bring(card(DROP), tmp_path)
    landing = Landing(tmp_path / "landing")
    for path in done.folder.glob("*"):
        path.unlink()
    landing.path(done.snapshot.resources[0].sha256).write_bytes(b"damaged")
    with pytest.raises(FailedError, match=r"the landing object .* is damaged -> fetch it again"):
        read_landed(card(DROP), landing, tmp_path / "raw", check_shape, invented=False)
    assert failure_of(tmp_path)
