"""The state of a source: current, kept, stale, stopped, archived, awaited or absent, and when news is expected."""

from datetime import date
from typing import Any

import pytest

from pipelines.errors import Trouble
from pipelines.ingest.health import TROUBLES, expected_next, state
from pipelines.landing.store import Failure, Lacking, Snapshot
from pipelines.sources.card import SourceCard
from pipelines.sources.strict import Bilingual

TODAY = date(2026, 11, 24)


def card(**changes: Any) -> SourceCard:
    return SourceCard.model_validate(
        {
            "publisher": "cbs",
            "table": "1NED",
            "access": [{"protocol": "cbs_odata4"}],
            "title": {"nl": "Tabel", "en": "Table"},
            "licence": "CC BY 4.0",
            "licence_url": "https://creativecommons.org/licenses/by/4.0/",
            "attribution": "Bron: CBS",
            "homepage": "https://opendata.cbs.nl",
            "cadence": "yearly",
            "dimensions": {"Perioden": {"role": "period"}},
            "measures": [{"code": "M1", "title": "Banen", "certainty": "recorded"}],
            "rows": {"min": 1, "max": 10},
        }
        | changes
    )


SNAPSHOT = Snapshot(
    dataset_id="cbs/1NED",
    protocol="cbs_odata4",
    asked="",
    modified="2026-03-01T02:00:00+01:00",
    landed_at="2026-11-01T06:00:00+00:00",
    is_invented=False,
    resources=(),
)
FAILED = Failure(
    failed_at="2026-11-20T06:00:00+00:00",
    since="2026-11-18T06:00:00+00:00",
    trouble=Trouble.UNREACHABLE,
    problem="HTTP 503",
)
DROP = [{"protocol": "drop", "page": "https://www.uwv.nl", "how": {"nl": "Kies CSV", "en": "Choose CSV"}}]
LAYOUT = {
    "format": "csv",
    "columns": {"Jaar": {"to": "period", "reads": "year"}, "Banen": {"to": "M1", "reads": "number"}},
}


@pytest.mark.parametrize(
    ("changes", "newest", "expected"),
    [
        ({}, "2024JJ00", date(2026, 12, 31)),
        ({"publication_lag_months": 3}, "2024JJ00", date(2026, 3, 31)),
        ({"publication_lag_months": -5}, "2025JJ00", date(2026, 7, 31)),
        ({"cadence": "quarterly"}, "2026KW02", date(2027, 1, 31)),
        ({"cadence": "monthly"}, "2026MM08", date(2026, 12, 31)),
        ({"cadence": "half_yearly"}, "2026HJ01", date(2027, 6, 30)),
        ({"cadence": "weekly"}, "2026W132", date(2026, 9, 30)),
        ({"cadence": "weekly"}, "20260706", date(2026, 8, 31)),
        ({"cadence": "once"}, "2026JJ00", None),
        ({}, "2026X000", None),
        ({}, None, None),
        ({"ended": {"since": "2023-05-16", "state": "archived", "reason": {"nl": "x", "en": "x"}}}, "2023JJ00", None),
    ],
)
def test_the_next_figures_are_expected_on_a_day(changes: dict[str, Any], newest: str | None, expected: date) -> None:
    assert expected_next(card(**changes), newest) == expected


@pytest.mark.parametrize(
    ("changes", "landed", "failure", "newest", "says", "expected", "told"),
    [
        ({}, True, None, "2025JJ00", "Regulier", "current", None),
        ({}, True, None, "2024JJ00", "Regulier", "current", None),
        ({}, True, None, "2023JJ00", "Regulier", "stale", "2025-12-31: expected then, newest is 2023JJ00"),
        ({"publication_lag_months": 18}, True, None, "2023JJ00", "Regulier", "current", None),
        ({"cadence": "once"}, True, None, "2015JJ00", "", "current", None),
        ({}, True, FAILED, "2015JJ00", "", "kept", "it gives no answer"),
        ({}, True, FAILED.model_copy(update={"trouble": Trouble.GONE}), "2025JJ00", "", "kept", "no longer offered"),
        ({}, True, None, "2025JJ00", "Gediscontinueerd Stopgezet", "stopped", "discontinued"),
        ({}, False, None, None, "", "absent", None),
        ({}, False, FAILED, None, "", "absent", "it gives no answer"),
        ({"access": DROP, "layout": LAYOUT}, False, None, None, "", "awaited", None),
        # A file that a person brought under a wrong name was brought all the same.
        ({"access": DROP, "layout": LAYOUT}, False, FAILED, None, "", "absent", "it gives no answer"),
    ],
)
def test_the_state_follows(
    changes: dict[str, Any],
    landed: bool,
    failure: Failure | None,
    newest: str | None,
    says: str,
    expected: str,
    told: str | None,
) -> None:
    found, reason = state(card(**changes), SNAPSHOT if landed else None, failure, newest, says, TODAY)
    assert found == expected
    assert (reason is None) == (told is None)
    assert reason is None or (told or "") in reason.en


def test_a_source_that_ended_never_looks_current() -> None:
    ended = {"since": "2023-05-16", "state": "archived", "reason": {"nl": "bevroren", "en": "frozen"}}
    found, reason = state(card(ended=ended), SNAPSHOT, None, "20230516", "Regulier", date(2023, 5, 17))
    assert found == "archived" and reason == Bilingual(nl="2023-05-16: bevroren", en="2023-05-16: frozen")


@pytest.mark.parametrize("trouble", list(Trouble))
@pytest.mark.parametrize("landed", [True, False])
def test_whatever_a_source_fails_at_it_is_kept_or_absent_since_the_day_that_it_began(
    trouble: Trouble, landed: bool
) -> None:
    failure = FAILED.model_copy(update={"trouble": trouble})
    found, reason = state(card(), SNAPSHOT if landed else None, failure, "2025JJ00", "", TODAY)
    told = TROUBLES[trouble]
    assert found == ("kept" if landed else "absent")
    assert reason == Bilingual(nl=f"2026-11-18T06:00:00+00:00: {told.nl}", en=f"2026-11-18T06:00:00+00:00: {told.en}")


@pytest.mark.parametrize("named", [True, False])
def test_a_source_that_lacks_some_of_its_files_says_which_in_the_words_of_its_card(named: bool) -> None:
    lacking = (
        Lacking(url="https://x.nl/2015?v=1", problem="HTTP 404", since="2026-11-10T06:00:00+00:00", is_kept=False),
        Lacking(url="https://x.nl/2016/", problem="no workbook", since="2026-11-12T06:00:00+00:00", is_kept=True),
    )
    files = {"protocol": "file", "urls": [lack.url for lack in lacking]}
    changes: dict[str, Any] = {"access": [files], "layout": LAYOUT} if named else {}
    landed = SNAPSHOT.model_copy(update={"lacking": lacking})
    found, reason = state(card(**changes), landed, None, "2025JJ00", "", date(2026, 11, 24))
    names = " (2015, 2016)" if named else ""
    assert found == "kept" and reason == Bilingual(
        nl=f"2026-11-10T06:00:00+00:00: 2 bestanden ontbreken{names}; zoals eerder opgehaald: 1",
        en=f"2026-11-10T06:00:00+00:00: 2 files are missing{names}; shown as landed before: 1",
    )
