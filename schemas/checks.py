"""Statistical checks that SQL constraints cannot express, by name. A model asks for them in `meta.checks`.

Each takes the published frames by table name, and its parameters, and returns the rows that fail it. The frames are
lazy and are read a part at a time, which bounds the memory of a check whatever the size of a table; what a check joins
to one is collected first.
"""

from collections.abc import Callable
from typing import Any

import polars as pl

Frames = dict[str, pl.LazyFrame]
Check = Callable[..., pl.LazyFrame]
CHECKS: dict[str, Check] = {}
# An index has one or two decimals.
INDEX_TOLERANCE = 0.05


def check(function: Check) -> Check:
    """Register a check under its own name."""
    CHECKS[function.__name__] = function
    return function


def failing_rows(frames: Frames, asked: dict[str, Any]) -> pl.DataFrame:
    """Run one entry of `meta.checks`.

    Raises:
        KeyError: no check has that name.
    """
    parameters = {key: value for key, value in asked.items() if key != "name"}
    return CHECKS[asked["name"]](frames, **parameters).collect(engine="streaming")


def refused_indicators(asked: dict[str, Any], rows: pl.DataFrame) -> list[str]:
    """The indicators that a failed check refuses: those in its rows, and all that it compares with each other.

    Empty for a check of something else, such as regions.
    """
    if "indicator_id" not in rows.columns:
        return []
    named = [asked[name] for name in ("total", "lower", "upper") if name in asked]
    return sorted({*rows["indicator_id"].unique(), *named, *asked.get("parts", ())})


def describe(asked: dict[str, Any], rows: pl.DataFrame) -> str:
    """One line that says what a failed check found first, how often, what it expects and what to do."""
    first = ", ".join(f"{k} {v}" for k, v in rows.row(0, named=True).items() if v is not None)
    expected = (CHECKS[asked["name"]].__doc__ or "").splitlines()[0]
    return (
        f"check {asked['name']}: {rows.height} rows fail, the first: {first}; expected: {expected}"
        " -> compare with the source; change a bound or a check only for what you can explain"
    )


def describe_shortly(asked: dict[str, Any], rows: pl.DataFrame) -> str:
    """What a failed check of figures found first and how often, for one line in a terminal."""
    first = {k: v for k, v in rows.row(0, named=True).items() if v is not None and k != "indicator_id"}
    where = " ".join(str(first.pop(k)) for k in ("region_code", "period_code") if k in first)
    told = ", ".join([where, *(f"{k} {v}" for k, v in first.items())])
    return f"{asked['name']} fails in {rows.height} row{'s' if rows.height > 1 else ''}: {told}"


@check
def within_bounds(frames: Frames, table: str = "observations") -> pl.LazyFrame:
    """Every value lies between the bounds on the row of its indicator."""
    bounds = frames["indicators"].select("indicator_id", "min_value", "max_value").collect()
    return (
        frames[table]
        .join(bounds.lazy(), on="indicator_id")
        .filter((pl.col("value") < pl.col("min_value")) | (pl.col("value") > pl.col("max_value")))
        .sort(_key(frames[table]))
        .select("indicator_id", "region_code", "period_code", "value", "min_value", "max_value")
    )


@check
def value_matches_status(frames: Frames, table: str = "observations") -> pl.LazyFrame:
    """A value is present exactly when its status says so: missing is never a number, a final figure never blank."""
    empty = pl.col("value_status").is_in(["missing", "not_applicable", "suppressed"])
    told = ["indicator_id", "region_code", "period_code", "value", "value_status"]
    more = [c for c in ("source_mark", "boundary_method") if c in frames[table].collect_schema()]
    return frames[table].filter(pl.col("value").is_null() != empty).sort(_key(frames[table])).select(*told, *more)


@check
def total_equals_parts(frames: Frames, total: str, parts: list[str], tolerance: float) -> pl.LazyFrame:
    """Where every part is known, the parts add up to the total within rounding."""
    return _sums(frames, total, parts).filter(
        (pl.col("parts_known") == len(parts)) & ((pl.col("parts_sum") - pl.col("total")).abs() > tolerance)
    )


@check
def parts_within_total(frames: Frames, total: str, parts: list[str], tolerance: float) -> pl.LazyFrame:
    """The known parts never add up to more than the total, within rounding."""
    return _sums(frames, total, parts).filter(pl.col("parts_sum") > pl.col("total") + tolerance)


@check
def not_more_than(frames: Frames, lower: str, upper: str) -> pl.LazyFrame:
    """One indicator is never larger than another of the same region and period."""
    return _sums(frames, upper, [lower]).filter(pl.col("parts_sum") > pl.col("total"))


@check
def index_is_100_in_its_base_year(frames: Frames, table: str = "observations") -> pl.LazyFrame:
    """An index is 100 in the year that its unit names, so that dividing by it gives amounts in prices of that year."""
    base = pl.col("unit_en").str.extract(r"^(\d{4}) = 100$").cast(pl.Int32)
    indices = frames["indicators"].filter(pl.col("kind") == "index").select("indicator_id", "unit_en").collect()
    return (
        frames[table]
        .join(indices.lazy(), on="indicator_id")
        .filter(pl.col("period_code") == base.cast(pl.String) + "JJ00", (pl.col("value") - 100).abs() > INDEX_TOLERANCE)
        .sort(_key(frames[table]))
        .select("indicator_id", "region_code", "period_code", "value", "unit_en")
    )


@check
def current_regions_count(frames: Frames, scheme: str, min: int, max: int) -> pl.LazyFrame:
    """The newest boundaries have a plausible number of regions of a scheme; passes until any boundaries have landed."""
    regions = frames["regions"].filter(pl.col("is_current")).select("scheme").collect()
    count = regions.filter(pl.col("scheme") == scheme).height
    wrong = regions.height > 0 and not min <= count <= max
    return pl.LazyFrame({"scheme": [scheme], "count": [count], "min": [min], "max": [max]}).filter(pl.lit(wrong))


@check
def one_region_per_scheme(frames: Frames, schemes: list[str]) -> pl.LazyFrame:
    """No municipality is in two regions of a scheme on any date."""
    spans = frames["region_membership"].filter(pl.col("scheme").is_in(schemes))
    spans = spans.with_columns(pl.col("valid_to").cast(pl.String).fill_null("9999-12-31"))
    spans = spans.with_columns(pl.col("valid_from").cast(pl.String)).collect().lazy()
    other = spans.select("scheme", "municipality_code", "region_code", "valid_from", "valid_to")
    return (
        spans.join(other, on=["scheme", "municipality_code"], suffix="_other")
        .filter(
            (pl.col("region_code") < pl.col("region_code_other"))
            & (pl.col("valid_from") <= pl.col("valid_to_other"))
            & (pl.col("valid_from_other") <= pl.col("valid_to"))
        )
        .sort("scheme", "region_code", "municipality_code", "valid_from", "region_code_other", "valid_from_other")
    )


@check
def a_region_on_any_date(frames: Frames, schemes: list[str]) -> pl.LazyFrame:
    """In every scheme that is read at all, a municipality is in some region on each day of its existence."""
    end = pl.date(9999, 12, 31)
    days = (pl.col("valid_to").fill_null(end) - pl.col("valid_from")).dt.total_days().sum() + pl.len()
    spans = frames["region_membership"].group_by("scheme", "municipality_code").agg(days.alias("days")).collect().lazy()
    exists = spans.filter(pl.col("scheme") == "municipality").select(
        "municipality_code", pl.col("days").alias("exists")
    )
    read = spans.filter(pl.col("scheme").is_in(schemes)).select("scheme").unique()
    return (
        exists.join(read, how="cross")
        .join(spans, on=["scheme", "municipality_code"], how="left")
        .filter(pl.col("days").fill_null(0) != pl.col("exists"))
        .sort("scheme", "municipality_code")
    )


def _sums(frames: Frames, total: str, parts: list[str]) -> pl.LazyFrame:
    key, is_total = ["region_code", "period_code"], pl.col("indicator_id") == total
    return (
        frames["observations"]
        .filter(pl.col("indicator_id").is_in([total, *parts]), pl.col("value").is_not_null())
        .group_by(key)
        .agg(
            pl.col("value").filter(is_total).first().alias("total"),
            pl.col("value").filter(~is_total).sum().alias("parts_sum"),
            (~is_total).sum().alias("parts_known"),
        )
        .filter(pl.col("total").is_not_null(), pl.col("parts_known") > 0)
        .with_columns(pl.lit(total).alias("indicator_id"))
        .sort(key)
    )


def _key(frame: pl.LazyFrame) -> list[str]:
    """What a figure is one of, in the order of the published table."""
    key = ("indicator_id", "region_code", "period_code", "boundary_year")
    return [column for column in key if column in frame.collect_schema()]
