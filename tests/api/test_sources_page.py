"""The page of the sources and that of the changes, on a release that is the first of its kind."""

import csv
import html
import io
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from datasette.app import Datasette
from support import query
from support_portal import fetch, open_portal, release_of, runs_script

from portal.ages import days_in_words, format_age
from portal.formats import format_number

BOTH = [("/bronnen", "nl"), ("/en/sources", "en")]


def row_of(page: str, title: str) -> str:
    return page.split(f">{title}</a>", 1)[1].split("</tr>")[0]


@pytest.mark.parametrize(("path", "lang"), BOTH)
def test_every_source_is_there_under_its_publisher(
    portal: Datasette, sample_release: Path, path: str, lang: str
) -> None:
    page = fetch(portal, path).text
    names = release_of(portal).texts["publishers"]
    parts = dict(re.findall(r'<section class="publisher">\s*<h2>([^<]+?) <.*?</h2>(.*?)</section>', page, re.DOTALL))
    sql = f"select publisher, table_id, title_{lang}, licence from sources"
    for publisher, table, title, licence in query(sample_release, sql):
        part = html.unescape(parts[names[publisher][lang]].replace("<wbr>", ""))
        assert title in part and licence in part
        # A publisher's own number for it; a name that only we gave it is for programs.
        if table[0].isdigit() or publisher == "eurostat":
            assert table in part


@pytest.fixture(scope="module")
def drifted(sample_release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The release with sources that changed in their tables once and more often: in the sample nothing drifts."""
    folder = tmp_path_factory.mktemp("drifted")
    shutil.copyfile(sample_release / "regiokompas.db", folder / "regiokompas.db")
    with closing(sqlite3.connect(folder / "regiokompas.db")) as db:
        changes = [(1, 0, "cbs/81575NED"), (3, 2, "cbs/70072ned")]
        db.executemany(
            "update source_health set drift_count = ?, blocked_indicators_count = ? where dataset_id = ?", changes
        )
        db.commit()
    return folder


def test_a_source_shows_how_it_is_doing(drifted: Path, sample_release: Path) -> None:
    portal = open_portal(sample_release, drifted / "regiokompas.db")
    page, months = fetch(portal, "/en/sources").text, release_of(portal).texts["months"]
    rows = query(
        drifted,
        "select s.title_en, s.reason_en, h.municipalities_count, h.municipalities_expected, h.drift_count,"
        " h.is_overdue, s.expected_next from sources as s join source_health as h using (dataset_id)",
    )
    assert any(overdue for *_, overdue, _ in rows) and any(drift for *_, drift, _, _ in rows)
    for title, reason, count, expected, drift, overdue, due in rows:
        row = row_of(page, title.replace("'", "&#39;"))
        assert reason is None or days_in_words(reason, months, "en").replace("'", "&#39;") in row
        assert expected is None or f"{count} of {expected}" in row
        assert (f"{drift} change" in row) == bool(drift)
        assert (">overdue<" in row) == bool(overdue)
        assert due is None or due[:4] in row


@pytest.mark.parametrize(("path", "lang"), BOTH)
def test_rows_that_were_received_and_left_out_are_told(
    portal: Datasette, sample_release: Path, path: str, lang: str
) -> None:
    page = fetch(portal, path).text
    counts = query(
        sample_release,
        f"select s.title_{lang}, s.dataset_id, sum(r.rows_count),"
        " coalesce(sum(r.rows_count) filter (where r.outcome <> 'kept'), 0)"
        " from sources as s left join source_rows as r using (dataset_id) group by 1, 2",
    )
    assert sum(left_out > 0 for *_, left_out in counts) > 3
    words = {"nl": "weggelaten", "en": "left out"}[lang]
    for title, _, received, left_out in counts:
        row = row_of(page, title.replace("'", "&#39;"))
        assert re.findall(rf">([0-9.,]+) {words}", row) == ([format_number(left_out, 0, lang)] if left_out else [])
        assert received is None or format_number(received, 0, lang) in row
    rows = csv.DictReader(io.StringIO(fetch(portal, f"{path}.csv").text))
    found = {row["dataset_id"]: (row["received_rows_count"], row["left_out_rows_count"] or "0") for row in rows}
    assert found == {name: (str(received or ""), str(left_out)) for _, name, received, left_out in counts}


@pytest.mark.parametrize(("path", "lang"), BOTH)
@pytest.mark.parametrize("state", ["archived", "current", "overdue", "nothing"])
def test_sources_are_filtered_by_state(
    portal: Datasette, sample_release: Path, path: str, lang: str, state: str
) -> None:
    wanted = "h.is_overdue" if state == "overdue" else f"s.state = '{state}'"
    sql = f"select dataset_id from sources as s join source_health as h using (dataset_id) where {wanted}"
    expected = {dataset_id for (dataset_id,) in query(sample_release, sql)}
    page = fetch(portal, f"{path}?state={state}").text
    assert page.count('<th scope="row">') == len(expected)
    rows = csv.DictReader(io.StringIO(fetch(portal, f"{path}.csv?state={state}").text))
    assert {row["dataset_id"] for row in rows} == expected
    other = "/en/sources" if lang == "nl" else "/bronnen"
    assert f'href="{other}?state={state}"' in page


def test_every_state_that_a_source_can_be_in_is_explained(portal: Datasette) -> None:
    texts = release_of(portal).texts
    assert texts["sources_states"].keys() == texts["states"].keys()


def test_a_strange_state_is_shown_as_text(portal: Datasette) -> None:
    page = fetch(portal, "/bronnen?state=%3Cscript%3E%22").text
    assert not runs_script(page) and "style=" not in page


@pytest.mark.parametrize(
    ("days", "dutch", "english"),
    [
        (None, "", ""),
        (-3, "loopt nog", "still running"),
        (1, "1 dag", "1 day"),
        (45, "45 dagen", "45 days"),
        (306, "10 maanden", "10 months"),
        (3593, "9 jaar", "9 years"),
    ],
)
def test_an_age_is_written_as_people_say_it(days: int | None, dutch: str, english: str) -> None:
    assert (format_age(days, "nl"), format_age(days, "en")) == (dutch, english)


@pytest.mark.parametrize(
    ("path", "words"), [("/wijzigingen", "is de eerste release"), ("/en/changes", "is the first release")]
)
def test_the_first_release_has_nothing_to_compare_with_and_says_so(portal: Datasette, path: str, words: str) -> None:
    answer = fetch(portal, path)
    assert words in answer.text and release_of(portal).release_id in answer.text
    rows = list(csv.DictReader(io.StringIO(fetch(portal, f"{path}.csv").text)))
    assert rows == []
