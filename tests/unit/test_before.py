"""A source that sends less than before is refused until somebody says why; what is told elsewhere is no reason."""

import json
from pathlib import Path

import polars as pl
import pytest
from test_refresh import FILE, card, origin

from pipelines.errors import MismatchError, Trouble
from pipelines.ingest.refresh import FailedError, Refreshed, refresh
from pipelines.landing.store import Landing
from pipelines.reading.before import Allowance, Content
from pipelines.reading.raw import raw_folder
from pipelines.sources.card import RowBounds
from schemas.shapes import check_shape

URL = "https://x.nl/register.csv"
CARD = card(FILE).model_copy(update={"rows": RowBounds(min=1, max=100)})


def text(rows: int, amounts: bool = True) -> str:
    lines = [f"2024;BIZ;Stichting {row};{f'{row}.000' if amounts else ''}" for row in range(1, rows + 1)]
    return "\n".join(["Jaar;Regeling;Ontvanger;Bedrag", *lines, ""])


def bring(folder: Path, sent: str, allowance: Allowance = Allowance()) -> Refreshed:  # noqa: B008 # frozen
    return refresh(
        CARD, origin(folder, {URL: (200, sent)}), Landing(folder / "landing"), folder / "raw", check_shape, allowance
    )


def rows_of(folder: Path) -> int:
    return pl.read_parquet(raw_folder(folder / "raw", CARD, invented=False) / "subsidies.parquet").height


@pytest.mark.parametrize(
    ("most", "rows", "is_taken"), [(0.1, 18, True), (0.1, 17, False), (0.2, 16, True), (1.0, 1, True)]
)
def test_fewer_rows_than_may_be_are_refused(tmp_path: Path, most: float, rows: int, is_taken: bool) -> None:
    bring(tmp_path, text(20))
    if is_taken:
        assert bring(tmp_path, text(rows), Allowance(most)).rows == rows_of(tmp_path) == rows
        return
    with pytest.raises(FailedError, match=rf"{rows} rows, expected 90% or more of the 20 before, .*--accept") as error:
        bring(tmp_path, text(rows), Allowance(most))
    assert error.value.trouble == Trouble.CHANGED and rows_of(tmp_path) == 20
    landing = Landing(tmp_path / "landing")
    assert len(landing.snapshots(CARD.dataset_id)) == 1
    assert landing.failure(CARD.dataset_id, invented=False), "so that it is told as kept"


def test_a_field_that_nobody_fills_any_more_is_refused_by_name(tmp_path: Path) -> None:
    bring(tmp_path, text(20))
    with pytest.raises(FailedError, match="nothing in amount_granted_eur, status, expected values like the 20 before"):
        bring(tmp_path, text(20, amounts=False))
    assert rows_of(tmp_path) == 20


def test_it_is_refused_every_time_until_somebody_says_why_and_then_no_more(tmp_path: Path) -> None:
    bring(tmp_path, text(20))
    for _ in range(2):
        with pytest.raises(FailedError, match="--accept"):
            bring(tmp_path, text(10))
    with pytest.raises(FailedError, match="--accept"):
        bring(tmp_path, text(10), Allowance(accept="  "))
    done = bring(tmp_path, text(10), Allowance(accept=" they were\n double "))
    assert (done.rows, done.accepted, rows_of(tmp_path)) == (10, "they were double", 10)
    assert bring(tmp_path, text(10)).rows == 10


@pytest.mark.parametrize("known", ["nothing", "by another reader", "by one of before"])
def test_what_another_reader_read_is_read_again(tmp_path: Path, known: str) -> None:
    folder = bring(tmp_path, text(20)).folder
    marker = json.loads((folder / "raw.json").read_text())
    if known == "nothing":
        (folder / "raw.json").unlink()
    else:
        kept = {"dataset_id", "rows"} if known == "by one of before" else set(marker)
        marker = {**{name: marker[name] for name in kept}, "reading": "of another"}
        (folder / "raw.json").write_text(json.dumps(marker))
    with pytest.raises(FailedError, match="10 rows, expected 90% or more of the 20 before"):
        bring(tmp_path, text(10))


def test_what_nobody_can_read_any_more_is_counted_by_who_could(tmp_path: Path) -> None:
    folder = bring(tmp_path, text(20)).folder
    marker = json.loads((folder / "raw.json").read_text())
    (folder / "raw.json").write_text(json.dumps({**marker, "reading": "of another"}))
    landing = Landing(tmp_path / "landing")
    (page,) = landing.snapshots(CARD.dataset_id)[0].resources
    landing.path(page.sha256).unlink()
    with pytest.raises(FailedError, match="10 rows, expected 90% or more of the 20 before"):
        bring(tmp_path, text(10))


def test_another_question_has_another_answer(tmp_path: Path) -> None:
    bring(tmp_path, text(20))
    landing = Landing(tmp_path / "landing")
    have = landing.snapshots(CARD.dataset_id)[0]
    Path(tmp_path / "landing" / "locks" / f"{CARD.dataset_id}.json").unlink()
    landing.commit(have.model_copy(update={"asked": "something else"}))
    assert bring(tmp_path, text(10)).rows == 10


# Of a table of figures: two series of one measure, and one of another.
HAD = Content(
    60,
    {"a;Sex=1": 20, "a;Sex=2": 20, "b;Sex=1": 20},
    {"a": 40, "b": 20},
    ("a", "b", "Sex=1", "Sex=2"),
)


@pytest.mark.parametrize(
    ("now", "problem"),
    [
        (HAD, ""),
        # What a table does not describe any more is drift, which holds back what uses it.
        (Content(40, {"a;Sex=1": 20, "a;Sex=2": 20}, {"a": 40}, ("a", "Sex=1", "Sex=2")), ""),
        (Content(40, {"a;Sex=1": 20, "b;Sex=1": 20}, {"a": 20, "b": 20}, ("a", "b", "Sex=1")), ""),
        # What it describes as it did, and does not send, is not.
        (Content(40, {"a;Sex=1": 20, "b;Sex=1": 20}, {"a": 20, "b": 20}, HAD.described), "40 rows, expected 90%"),
        (Content(60, HAD.rows, {"a": 40, "b": 0}, HAD.described), "nothing in b, expected values like the 20 before"),
    ],
)
def test_drift_is_told_as_drift_and_no_loss(tmp_path: Path, now: Content, problem: str) -> None:
    have = bring(tmp_path, text(1)).snapshot
    if not problem:
        assert Allowance().held(CARD, have, now, have, HAD) == ""
        return
    with pytest.raises(MismatchError, match=problem):
        Allowance().held(CARD, have, now, have, HAD)


def test_of_two_protocols_only_the_figures_are_compared(tmp_path: Path) -> None:
    have = bring(tmp_path, text(1)).snapshot
    other = have.model_copy(update={"protocol": "cbs_odata4"})
    without_blanks = Content(30, {"a;Sex=1": 30}, {"a": 30}, ("a", "Sex=1"))
    with_blanks = Content(60, {"a;Sex=1": 60}, {"a": 30}, ("a", "Sex=1"))
    assert Allowance().held(CARD, other, without_blanks, have, with_blanks) == ""
    with pytest.raises(MismatchError, match="20 figures, expected 90% or more of the 30 before"):
        Allowance().held(CARD, other, Content(60, {"a;Sex=1": 60}, {"a": 20}, ("a", "Sex=1")), have, with_blanks)


def test_files_that_are_lacking_are_told_as_such(tmp_path: Path) -> None:
    have = bring(tmp_path, text(1)).snapshot
    lack = {"url": "https://x.nl/2.csv", "problem": "HTTP 404", "since": "2026-01-01", "is_kept": False}
    lacking = type(have).model_validate({**have.model_dump(), "lacking": [lack]})
    assert Allowance().held(CARD, lacking, Content(1, {"": 1}, {}), have, Content(9, {"": 9}, {})) == ""
