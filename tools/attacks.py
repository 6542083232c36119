"""Questions that would take all of a machine, for tests and measurements: each was seen to do so without lanes."""

from urllib.parse import quote_plus

ENDLESS = "with recursive c(x) as (select 1 union all select x + 1 from c) select count(*) from c"
HEAP = (
    "with recursive c(x) as (select 1 union all select x + 1 from c limit 9000000)"
    f" select json_group_array(x || '{'a' * 50}') from c"
)
# 900 rows of some 40 kB.
LARGE = (
    "with recursive c(x) as (select 1 union all select x + 1 from c limit 900), a(t) as (select replace(hex('"
    f"{'a' * 50}'), '6', '{'b' * 800}')) select x, t || x as y from c, a"
)
WAITS, HANGS_UP = 30.0, 0.3
"""After how many seconds who asks hangs up."""


def sql(text: str, extension: str = ".json") -> str:
    """Returns the address at which a query is answered."""
    return f"/regiokompas{extension}?sql={quote_plus(text)}"


ATTACKS = {
    "an endless query": sql(ENDLESS),
    "a cross join": sql("select count(*) from observations a, observations b, observations c"),
    "all the memory": sql(HEAP),
    "many facets": "/regiokompas/observations?_facet=value&_facet=period_code&_facet=indicator_id&year__gt=2000",
    "a sort without an index": "/regiokompas/observations?_sort_desc=value",
    "a part of a text": "/regiokompas/observations?region_code__contains=9",
    "a stream": "/regiokompas/observations_on_boundaries.csv?_stream=on&year__gt=1",
    "a wide page": "/regiokompas/human_capital?_size=1000",
    "a large result": sql(LARGE),
}
CASES = [(name, WAITS) for name in ATTACKS] + [
    (name, HANGS_UP) for name in ("an endless query", "a sort without an index", "a stream")
]
"""The attacks, and with what patience their clients make them."""
