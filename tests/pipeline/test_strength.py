"""Large tables: fetched side by side, taken up again after a crash, and read and checked in memory that is bounded."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from support import PROJECT, Standin, open_standin

from pipelines.clients.pages import page_addresses, same_address
from pipelines.database import connect
from pipelines.ingest.refresh import Refreshed, refresh
from pipelines.landing.store import Landing
from pipelines.orchestration.checks import TablesRead, contract_problem
from pipelines.publish.manifest import PublicColumn, PublicTable
from pipelines.reading.remainders import remainders_among
from pipelines.sources.card import SourceCard
from schemas.checks import failing_rows
from schemas.wire import check_raw

# A real table of 11,460 observations, in pages of 115: a hundred of them.
TABLE = "83841NED"
PAGE = 115
PAGES = 100
OBSERVATIONS = f"/odata/v1/CBS/{TABLE}/Observations"


def card(connections: int) -> SourceCard:
    measures = ["1050010_1", "1050001_1", "1016445_1", "1050010_2", "1050001_2", "1016445_2"]
    return SourceCard.model_validate(
        {
            "publisher": "cbs",
            "table": TABLE,
            "access": [{"protocol": "cbs_odata4"}],
            "rate": 10_000,
            "title": {"nl": "Inkomen van huishoudens", "en": "Income of households"},
            "licence": "CC BY 4.0",
            "licence_url": "https://creativecommons.org/licenses/by/4.0/",
            "attribution": "Bron: CBS",
            "homepage": "https://opendata.cbs.nl",
            "cadence": "yearly",
            "dimensions": {
                "KenmerkenVanHuishoudens": {"role": "category"},
                "InkomensgrensHuishouden": {"role": "category"},
                "DuurInkomenspositie": {"role": "category"},
                "Perioden": {"role": "period"},
            },
            "measures": [{"code": m, "title": m, "certainty": "recorded"} for m in measures],
            "rows": {"min": 11_460, "max": 11_460},
            "connections": connections,
        }
    )


def fetch(standin: Standin, connections: int, folder: Path) -> Refreshed:
    return refresh(card(connections), standin.origin(), Landing(folder / "landing"), folder / "raw", check_raw)


@pytest.fixture(scope="module")
def paged(standin: Standin) -> Iterator[Standin]:
    with open_standin("--page-size", str(PAGE)) as running:
        yield running


@pytest.mark.standin
def test_four_connections_give_what_one_gives(paged: Standin, tmp_path: Path) -> None:
    paged.heal()
    alone, together = fetch(paged, 1, tmp_path / "one"), fetch(paged, 4, tmp_path / "four")
    assert alone.snapshot.resources == together.snapshot.resources
    assert [r.name for r in together.snapshot.below("Observations")] == [f"Observations/{n:05d}" for n in range(PAGES)]
    one, four = (pl.read_parquet(done.folder / "observations.parquet") for done in (alone, together))
    assert four.equals(one) and four.height == 11_460
    assert paged.asked()[OBSERVATIONS] == 2 * PAGES


@pytest.mark.standin
def test_a_killed_fetch_goes_on_where_it_was(paged: Standin, tmp_path: Path) -> None:
    paged.heal()
    paged.control(faults=[{"match": f"skip={50 * PAGE}", "kind": "slow", "times": 1}])
    program = (
        "import sys; sys.path.insert(0, 'tests'); from pathlib import Path; from support import Standin;"
        "sys.path.insert(0, 'tests/pipeline'); import test_strength as t;"
        f"t.fetch(Standin({paged.address!r}), 1, Path({str(tmp_path)!r}))"
    )
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    process = subprocess.Popen([sys.executable, "-c", program], cwd=PROJECT, env=environment)
    listed = tmp_path / "landing" / "partial" / "cbs" / f"{TABLE}.cbs_odata4.jsonl"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and (not listed.exists() or listed.read_text().count("\n") < 51):
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    received = listed.read_text().count("\n") - 1
    assert received == 50, "the fifty-first page was under way when the process died"
    assert not (tmp_path / "landing" / "locks").exists(), "half a table is no table"
    # The slow answer to the dead process still counts as a request when it is given up.
    time.sleep(2.5)
    paged.heal()
    done = fetch(paged, 4, tmp_path)
    assert done.rows == 11_460
    assert paged.asked()[OBSERVATIONS] == PAGES - received
    assert not listed.exists()


@pytest.mark.standin
def test_pages_of_an_earlier_state_are_not_mixed_in(paged: Standin, tmp_path: Path) -> None:
    paged.heal()
    whole = fetch(paged, 1, tmp_path / "whole")
    landing = Landing(tmp_path / "torn" / "landing")
    landing.copy_objects(whole.snapshot, Landing(tmp_path / "whole" / "landing"))
    listed = landing.partial(f"cbs/{TABLE}", "cbs_odata4")
    listed.parent.mkdir(parents=True)
    pages = [r.model_dump_json() for r in whole.snapshot.below("Observations")]
    state = {"question": whole.snapshot.asked, "modified": "2001-01-01T00:00:00"}
    listed.write_text("\n".join([json.dumps(state), *pages]) + "\n")
    paged.heal()
    fetch(paged, 4, tmp_path / "torn")
    assert paged.asked()[OBSERVATIONS] == PAGES
    listed.write_text(
        "\n".join([json.dumps({**state, "modified": whole.snapshot.modified}), *pages[:40]]) + '\n{"name"'
    )
    (tmp_path / "torn" / "landing" / "locks" / "cbs" / f"{TABLE}.json").unlink()
    paged.heal()
    fetch(paged, 4, tmp_path / "torn")
    assert paged.asked()[OBSERVATIONS] == PAGES - 40


def test_addresses_of_all_pages_follow_from_the_first_next_link() -> None:
    link = "https://x/Observations?$filter=RegioS%20in%20('GM0363')&$count=true&$skip=100"
    addresses = page_addresses(link, 350)
    assert [a.rsplit("=", 1)[1] for a in addresses] == ["100", "200", "300"]
    assert same_address(addresses[0], link)
    assert not same_address(addresses[1], link)
    assert not same_address(addresses[0], None) and same_address(None, None)


@pytest.mark.parametrize("link", [None, "https://x/O?$skiptoken=abc", "https://x/O?$skip=0", "https://x/O?$skip=-1"])
def test_addresses_that_cannot_be_known_are_not_guessed(link: str | None) -> None:
    assert page_addresses(link, 350) == []


def test_addresses_without_a_number_of_rows_are_not_guessed() -> None:
    assert page_addresses("https://x/O?$skip=100", None) == []


PEAK = """
import sys
from pathlib import Path
sys.path.insert(0, "benchmarks")
from pipelines.sources.card import SourceCard
from pipelines.landing.store import Landing, Snapshot
from pipelines.reading.raw import write_raw
from schemas.wire import check_raw
folder = Path(sys.argv[1])
card = SourceCard.model_validate_json((folder / "card.json").read_text())
snapshot = Snapshot.model_validate_json((folder / "snapshot.json").read_text())
write_raw(card, snapshot, Landing(folder), folder / "raw" / "x", check_raw)
# Not from getrusage: that remembers the size of the process which started this one.
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(int(status["VmHWM"].split()[0]) / 1024)
"""


def peak_megabytes(rows: int, folder: Path, access: str) -> float:
    sys.path.insert(0, str(PROJECT / "benchmarks"))
    from against_the_obvious import landed, landed_bulk

    made, snapshot = landed(Landing(folder), rows)
    if access == "cbs_bulk":
        snapshot = landed_bulk(Landing(folder), made, snapshot)
    (folder / "card.json").write_text(made.model_dump_json())
    (folder / "snapshot.json").write_text(snapshot.model_dump_json())
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    done = subprocess.run(
        [sys.executable, "-c", PEAK, str(folder)],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


@pytest.mark.parametrize("access", ["cbs_odata4", "cbs_bulk"])
def test_the_memory_of_reading_is_bounded_whatever_the_size_of_the_table(tmp_path: Path, access: str) -> None:
    small = peak_megabytes(200_000, tmp_path / "small", access)
    large = peak_megabytes(1_000_000, tmp_path / "large", access)
    assert large < 330
    assert large - small < 60, f"200,000 rows took {small:.0f} MB at most, a million {large:.0f} MB"


KINDS = {"indicator_id": "string", "region_code": "string", "period_code": "string", "value": "double"}
KINDS |= dict.fromkeys(("value_status", "unit", "dataset_id", "notice"), "string")
FIGURES = PublicTable(
    name="observations",
    model="fct_observation",
    title_nl="nl",
    title_en="en",
    description_nl="nl",
    description_en="en",
    columns=tuple(
        PublicColumn(name, kind, False, "en", "nl", None, None, is_facet=False, references=None)
        for name, kind in KINDS.items()
    ),
    primary_key=("indicator_id", "region_code", "period_code"),
    label_column=None,
    fts=(),
    checks=(
        {"name": "within_bounds"},
        {"name": "value_matches_status"},
        {"name": "index_is_100_in_its_base_year"},
        {"name": "total_equals_parts", "total": "indicator 0", "parts": ["indicator 1"], "tolerance": 1},
        {"name": "parts_within_total", "total": "indicator 0", "parts": ["indicator 1"], "tolerance": 1},
        {"name": "not_more_than", "lower": "indicator 1", "upper": "indicator 0"},
    ),
    data_themes=("ECON",),
)


def checked_megabytes(file: Path) -> float:
    """What is right is checked by all that is asked of figures; the most memory that this process has had."""
    with connect(file, read_only=True, memory_limit="64MB") as con:
        assert contract_problem(con, FIGURES)[0] == ""
        for asked in FIGURES.checks:
            assert failing_rows(TablesRead(con), asked).is_empty()
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) / 1024


def peak_of_checks(rows: int, file: Path) -> float:
    with connect(file) as con:
        con.execute(
            "create table observations as select 'indicator ' || (i % 100) as indicator_id,"
            " 'region ' || (i // 100 % 1000) as region_code, (1900 + i // 100_000)::varchar || 'JJ00' as period_code,"
            " 5.0::double as value, 'final' as value_status, 'per thousand inhabitants' as unit,"
            " 'publisher/table ' || (i % 100) as dataset_id, 'a note on the figure, number ' || i as notice"
            f" from range({rows}) figures(i)"
        )
        con.execute(
            "create table indicators as select 'indicator ' || i as indicator_id, 0.0 as min_value, 9.0 as max_value,"
            " 'index' as kind, '2024 = 100' as unit_en from range(100) indicators(i)"
        )
    program = (
        "import sys; sys.path[:0] = ['tests', 'tests/pipeline']; from pathlib import Path; import test_strength as t;"
        f"print(t.checked_megabytes(Path({str(file)!r})))"
    )
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=True)
    return float(done.stdout)


def test_the_memory_of_the_checks_is_bounded_whatever_the_size_of_the_table(tmp_path: Path) -> None:
    small = peak_of_checks(200_000, tmp_path / "small.duckdb")
    large = peak_of_checks(1_200_000, tmp_path / "large.duckdb")
    assert large - small < 80, f"200,000 rows took {small:.0f} MB at most, 1.2 million {large:.0f} MB"


def test_a_page_of_many_columns_is_read_in_the_memory_of_its_cells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sys.path.insert(0, str(PROJECT / "benchmarks"))
    import ingest

    topics, records = 200, 5_000
    monkeypatch.setattr(ingest, "TOPICS", topics)
    heard, telling = multiprocessing.Pipe(duplex=False)
    server = multiprocessing.Process(target=ingest.serve, args=(topics * records, 0.0, telling), daemon=True)
    server.start()
    ingest.ours(heard.recv(), ingest.V3, tmp_path)
    server.terminate()
    (file,) = tmp_path.glob("raw/*/*/observations.parquet")
    cells = pl.scan_parquet(file).select(pl.len(), pl.col("value").sum()).collect()
    places = ingest.regions()
    aside = remainders_among(places)
    kept = [i for i in range(records) if places[i % len(places)] not in aside]
    total = sum((i * 7919 + at) % 99_991 for i in kept for at in range(topics))
    assert cells.row(0) == (topics * len(kept), total)
