"""An address of every kind of page of ours; a new page with a new part in its address adds that part here."""

from portal.pages import PATHS

PARTS = {
    "scheme": "corop",
    "indicator": "jobs_count",
    "name": "using",
    "region": "zwolle",
    "group": "g40",
    "cooperation": "PT02",
    "border": "eurometropool",
    "theme": "human_capital",
}
PARTS_OF = {
    **{page: {"region": "zuidwest-overijssel"} for page in PATHS if page.startswith(("region", "figure", "embed"))},
    "labour_market": {"region": "flevoland"},
}
# Its address is that of a file only.
NO_PAGE = "labour_moves"


def address_of(page: str, lang: str) -> str:
    """Returns an address of a page in a language; of some it is moved to that of a name."""
    return PATHS[page][lang].format(**PARTS | PARTS_OF.get(page, {}))


def kinds(*, embedded: bool = True) -> list[str]:
    """Returns every kind of page; `embedded` also those that others show within theirs."""
    return [page for page in PATHS if page != NO_PAGE and (embedded or "embed" not in page)]


# The kinds of page with line charts that are read period by period, and what their addresses ask for.
READ_CHARTS = {
    "municipality_figure": "",
    "figure": "",
    "compare": "?region=NL01&region=GM0193&region=PT06&indicator=population_count",
    "cooperation": "",
    "border": "",
    # It leads to the first of them.
    "borders": "",
    "indicator": "",
}
# Those whose line charts are not: an embedded page has no script, and a chart on a card leads to its figure.
OTHER_CHARTS = ("municipality_embed", "embed", "municipality", "region")
