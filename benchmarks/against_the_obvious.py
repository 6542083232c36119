"""Compares the two heaviest steps of the pipeline with the obvious way to write them, side by side in one run.

    python benchmarks/against_the_obvious.py [ROWS] [ROUNDS]

Reading: landed pages of CBS OData v4 to Parquet, against json.loads and a loop over the rows.
The landed bulk zip of CBS to Parquet, against `read_csv` of its member (`with_pandas.py`).
Publishing: the table `observations` from DuckDB to SQLite, against sqlite3 executemany over fetchmany; and against
copying the published table to another file inside SQLite, which no other way can be faster than.
"""

import csv
import io
import json
import sqlite3
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import duckdb
import polars as pl

from benchmarks.ingest import FRAMES, PANDAS, WITH_PANDAS
from benchmarks.ratios import Ratio, alternately, quotient, show, speed
from pipelines.ingest.origins import asked
from pipelines.landing.store import Landing, Resource, Snapshot
from pipelines.publish.manifest import PublicColumn, PublicTable
from pipelines.publish.sqlite import write_sqlite
from pipelines.reading.raw import write_raw
from pipelines.settings import CARDS
from pipelines.sources.access import CbsAccess, Protocol
from pipelines.sources.card import RowBounds, SourceCard, load_cards
from pipelines.sources.dimensions import Certainty, Dimension, DimensionCode, Measure

PAGE = 100_000


def landed(landing: Landing, rows: int) -> tuple[SourceCard, Snapshot]:
    """Lands a v4 table of `rows` observations; returns its card and snapshot."""
    base = load_cards(CARDS)["cbs/81575NED"]
    total = DimensionCode(code="T001081", title="Totaal", certainty=Certainty.RECORDED)
    card = base.model_copy(
        update={
            "access": (CbsAccess(protocol=Protocol.CBS_ODATA4),),
            "dimensions": {
                "BedrijfstakkenBranchesSBI2008": Dimension(role="category", codes=(total,)),
                "RegioS": Dimension(role="region"),
                "Perioden": Dimension(role="period"),
            },
            "measures": (Measure(code="M000200", title="Vestigingen", certainty=Certainty.RECORDED),),
            "rows": RowBounds(min=1, max=10**9),
        }
    )
    regions = [f"GM{n:04d}" for n in range(1, 2001)]
    periods = [f"{1800 + n // 12}MM{n % 12 + 1:02d}" for n in range(rows // len(regions) + 1)]
    observations = [
        {
            "Id": i,
            "Measure": "M000200",
            "ValueAttribute": "None",
            "Value": float(i % 99991),
            "StringValue": None,
            "BedrijfstakkenBranchesSBI2008": "T001081",
            "RegioS": regions[i % len(regions)],
            "Perioden": periods[i // len(regions)],
        }
        for i in range(rows)
    ]
    bodies: dict[str, object] = {
        "Dimensions": {"value": [{"Identifier": d} for d in card.dimensions]},
        "MeasureCodes": {"value": [{"Identifier": "M000200", "Index": 1, "Title": "Vestigingen"}]},
        "BedrijfstakkenBranchesSBI2008Codes": {"value": [{"Identifier": "T001081", "Title": "Totaal"}]},
        "RegioSCodes": {"value": [{"Identifier": r, "Title": r} for r in regions]},
        "PeriodenCodes": {"value": [{"Identifier": p, "Title": p, "Status": "Definitief"} for p in periods]},
        "Observations-count": rows,
    }
    for start in range(0, rows, PAGE):
        bodies[f"Observations/{start // PAGE:05d}"] = {"value": observations[start : start + PAGE]}
    resources = []
    for name, body in bodies.items():
        content = json.dumps(body).encode()
        resources.append(Resource(name=name, url="", sha256=landing.put(content), size=len(content)))
    snapshot = Snapshot(
        dataset_id=card.dataset_id,
        protocol="cbs_odata4",
        asked=asked(card),
        modified="",
        landed_at="2026-01-01T00:00:00+01:00",
        is_invented=True,
        resources=tuple(resources),
    )
    return card, snapshot


def landed_bulk(landing: Landing, card: SourceCard, snapshot: Snapshot) -> Snapshot:
    """Lands the same table as a bulk zip."""
    columns = ["Id", "Measure", *card.dimensions, "Value", "StringValue", "ValueAttribute"]
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name in ("Dimensions", "MeasureCodes", *(f"{d}Codes" for d in card.dimensions)):
            rows = json.loads(landing.get(snapshot.named(name).sha256))["value"]
            archive.writestr(f"{name}.csv", as_csv(list(rows[0]), ([row[k] for k in rows[0]] for row in rows)))
        counted = snapshot.named("Observations-count")
        archive.writestr("Properties.csv", f"Modified;ObservationCount\n2026;{int(landing.get(counted.sha256))}\n")
        with archive.open("Observations.csv", "w") as member:
            member.write((";".join(columns) + "\n").encode())
            for page in snapshot.below("Observations"):
                rows = json.loads(landing.get(page.sha256))["value"]
                member.write(as_csv(None, ([row[k] for k in columns] for row in rows)).encode())
    content = body.getvalue()
    resource = Resource(name="zip/00000", url="", sha256=landing.put(content), size=len(content))
    return snapshot.model_copy(update={"protocol": "cbs_bulk", "resources": (resource,)})


def as_csv(header: list[str] | None, rows: Iterable[list[object]]) -> str:
    """Rows as CBS writes them in its bulk files, with a decimal comma."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\n")
    writer.writerows([header] if header else [])
    writer.writerows([str(v).replace(".", ",") if isinstance(v, float) else v for v in row] for row in rows)
    return text.getvalue()


def read_obvious(landing: Landing, snapshot: Snapshot, target: Path) -> None:
    """Reads every page with json.loads and a loop that makes the same row shape, to Parquet."""
    codes = {
        name: {c["Identifier"].strip(): c for c in json.loads(landing.get(snapshot.named(name).sha256))["value"]}
        for name in ("BedrijfstakkenBranchesSBI2008Codes", "RegioSCodes", "PeriodenCodes")
    }
    rows = []
    for page in snapshot.below("Observations"):
        for row in json.loads(landing.get(page.sha256))["value"]:
            region, period, sector = (
                row["RegioS"].strip(),
                row["Perioden"].strip(),
                row["BedrijfstakkenBranchesSBI2008"],
            )
            if region not in codes["RegioSCodes"] or sector not in codes["BedrijfstakkenBranchesSBI2008Codes"]:
                raise ValueError(f"unknown code in {row}")
            rows.append(
                {
                    "dataset_id": snapshot.dataset_id,
                    "measure_code": row["Measure"].strip(),
                    "region_code": region,
                    "period_code": period,
                    "dims": f"BedrijfstakkenBranchesSBI2008={sector}",
                    "value": row["Value"],
                    "value_text": None,
                    "value_attribute": row["ValueAttribute"],
                    "period_status": codes["PeriodenCodes"][period]["Status"],
                    "landed_sha256": page.sha256,
                }
            )
    pl.DataFrame(rows).write_parquet(target)


def read_csv(archive: Path) -> None:
    """Reads the observations of a bulk zip into a data frame, to Parquet, in a process of its own."""
    subprocess.run([PANDAS, WITH_PANDAS, "bulk", str(archive)], check=True, stdout=subprocess.DEVNULL)


def publish_obvious(source: Path, target: Path) -> None:
    """Publishes with sqlite3 executemany over fetchmany, then makes the same index."""
    target.unlink(missing_ok=True)
    with duckdb.connect(str(source), read_only=True) as con, sqlite3.connect(target) as db:
        db.execute("create table observations (region text, period text, value real, primary key (region, period))")
        cursor = con.execute("select * from observations order by region, period")
        while batch := cursor.fetchmany(10_000):
            db.executemany("insert into observations values (?, ?, ?)", batch)
        db.execute("create index i on observations (period)")


def copied(source: Path, target: Path) -> None:
    """Copies a published table to another file, with its index, and nothing else."""
    target.unlink(missing_ok=True)
    with sqlite3.connect(target) as db:
        db.execute("pragma journal_mode = off")
        db.execute("attach ? as published", [str(source)])
        (made,) = db.execute("select sql from published.sqlite_master where name = 'observations'").fetchone()
        db.execute(made)
        db.execute("insert into observations select * from published.observations")
        db.execute("create index i on observations (period)")


def seconds(work: Callable[[], object]) -> float:
    """How long one call takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def compare(
    work: str, beside: str, ours: Callable[[], object], other: Callable[[], object], rows: int, rounds: int, goal: float
) -> Ratio:
    """Run both alternately."""
    mine, others, ratio = quotient(alternately(lambda: seconds(ours), lambda: seconds(other), rounds))
    return Ratio(work, beside, speed(rows, mine), speed(rows, others), ratio, goal)


def measure(rows: int = 500_000, rounds: int = 5) -> list[Ratio]:
    """Make the data, then run the comparisons."""
    lines: list[Ratio] = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        landing = Landing(folder / "landing")
        card, snapshot = landed(landing, rows)
        lines.append(
            compare(
                "reading landed pages of v4",
                "`json.loads` and a loop",
                lambda: write_raw(card, snapshot, landing, folder / "raw" / card.slug, lambda _: None),
                lambda: read_obvious(landing, snapshot, folder / "obvious.parquet"),
                rows,
                rounds,
                1.0,
            )
        )
        bulk = landed_bulk(landing, card, snapshot)
        archive = folder / "bulk.zip"
        archive.write_bytes(landing.get(bulk.resources[0].sha256))
        lines.append(
            compare(
                "reading the bulk zip",
                f"`{FRAMES}.read_csv` of its member",
                lambda: write_raw(card, bulk, landing, folder / "bulk" / card.slug, lambda _: None),
                lambda: read_csv(archive),
                rows,
                rounds,
                3.0,
            )
        )
        source = folder / "build.duckdb"
        parquet = folder / "raw" / card.slug / "observations.parquet"
        with duckdb.connect(str(source)) as con:
            con.execute(
                "create table observations as select region_code as region, period_code as period, value"
                f" from read_parquet('{parquet}')"
            )
        columns = tuple(
            PublicColumn(
                name=name,
                data_type=kind,
                is_nullable=False,
                description_en=name,
                description_nl=name,
                unit=None,
                unit_nl=None,
                is_facet=name == "period",
                references=None,
            )
            for name, kind in (("region", "string"), ("period", "string"), ("value", "double"))
        )
        table = PublicTable(
            name="observations",
            model="observations",
            title_nl="",
            title_en="",
            description_nl="",
            description_en="",
            columns=columns,
            primary_key=("region", "period"),
            label_column=None,
            fts=(),
            checks=(),
            data_themes=(),
        )

        def publish() -> object:
            return write_sqlite(source, [table], folder / "ours.db")

        def obvious() -> None:
            publish_obvious(source, folder / "obvious.db")

        lines.append(compare("publishing to SQLite", "`executemany`", publish, obvious, rows, rounds, 1.0))
        mine, limit, _ = quotient(
            alternately(
                lambda: seconds(publish),
                lambda: seconds(lambda: copied(folder / "ours.db", folder / "copy.db")),
                rounds,
            )
        )
        lines.append(
            Ratio(
                "publishing to SQLite",
                "copying inside SQLite",
                f"{mine:.2f} s",
                f"{limit:.2f} s",
                mine / limit,
                1.6,
                is_share=True,
            )
        )
    return lines


if __name__ == "__main__":
    show(measure(*map(int, sys.argv[1:])))
