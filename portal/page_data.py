"""What one of our own pages is, for search engines and for those who share its address: schema.org, and a picture.

The description of a table of the release is in `structured_data.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.context import ReleaseContext
from portal.csv_text import Row
from portal.pages import PATHS, page_url

SITE = "Regiokompas"
REGION_PAGES = ("municipality", "region")
# Pages whose address does not begin with that of the page they belong to.
ELSEWHERE = {"indicator": "indicators"}
FIGURES_OF = ("indicator", "map", "figure", "municipality_figure")
ARTICLES = ("doc", "api")


@dataclass(frozen=True)
class OwnPage:
    """A page as it is sent: its kind, language and texts, the site and its own address, and what it is about."""

    kind: str
    lang: str
    title: str
    description: str
    site: str
    address: str
    region: Row | None = None
    indicator: Row | None = None
    pictured: str | None = None
    """The indicator whose figure for the region is its picture, if the page has no picture of its own."""


def shape_of(path: str) -> list[str]:
    """Returns the parts of an address with a name of a part as a brace."""
    return ["{" if part.startswith("{") else part for part in path.split("/") if part]


def parents_of(kind: str) -> list[str]:
    """Returns the pages that a page belongs to, home first: those whose address is the beginning of its own."""
    own = shape_of(PATHS[kind]["nl"])
    shapes = {other: shape_of(paths["nl"]) for other, paths in PATHS.items() if other != kind}
    found = sorted(
        (other for other, shape in shapes.items() if len(shape) < len(own) and own[: len(shape)] == shape),
        key=lambda other: len(shapes[other]),
    )
    return [*found, ELSEWHERE[kind]] if kind in ELSEWHERE else found


def trail_of(page: OwnPage, release: ReleaseContext) -> list[tuple[str, str]]:
    """Returns the name and address of every page from home to this one."""
    trail = []
    for parent in parents_of(page.kind):
        if parent in REGION_PAGES and page.region is not None:
            path = release.region_url(page.region["region_code"], page.lang)
            trail.append((str(page.region["name"]), path))
        elif "{" not in PATHS[parent][page.lang]:
            name = SITE if parent == "home" else release.text("menu", parent, page.lang)
            trail.append((name, page_url(parent, page.lang)))
    return [*((name, f"{page.site}{path}") for name, path in trail), (page.title, page.address)]


def describe_page(page: OwnPage, release: ReleaseContext) -> dict[str, Any]:
    """Returns a page in schema.org: what it is, and the way to it."""
    crumbs = [
        {"@type": "ListItem", "position": place, "name": name, "item": address}
        for place, (name, address) in enumerate(trail_of(page, release), 1)
    ]
    way = {"@type": "BreadcrumbList", "itemListElement": crumbs}
    return {"@context": "https://schema.org", "@graph": [_content(page, release), way]}


def _content(page: OwnPage, release: ReleaseContext) -> dict[str, Any]:
    same = {"name": page.title, "description": page.description, "url": page.address, "inLanguage": page.lang}
    if page.kind == "home":
        search = f"{page.site}{page_url('home', page.lang)}?q={{search_term_string}}"
        action = {"@type": "SearchAction", "target": search, "query-input": "required name=search_term_string"}
        return {"@type": "WebSite", **same, "name": SITE, "potentialAction": action}
    if page.kind in FIGURES_OF and page.indicator is not None:
        return {"@type": "Dataset", **same, **_dataset(page, page.indicator, release)}
    about = {"about": _place(page.region)} if page.region is not None else {}
    return {"@type": "TechArticle" if page.kind in ARTICLES else "WebPage", **same, **about}


def _dataset(page: OwnPage, indicator: Row, release: ReleaseContext) -> dict[str, Any]:
    sources = release.registry.sources_of(indicator["indicator_id"])
    notice = dict(release.notice_parts).get(page.lang)
    texts = [f"{notice}." if notice else "", page.description, str(indicator[f"definition_{page.lang}"])]
    return {
        # Programs want a description of some length; that of a figure is a short sentence.
        "description": " ".join(dict.fromkeys(filter(None, texts))),
        "isAccessibleForFree": True,
        "license": list(dict.fromkeys(source["licence_url"] for source in sources)),
        "isBasedOn": list(dict.fromkeys(source["homepage_url"] for source in sources)),
        "creator": {"@type": "Organization", "name": SITE, "url": f"{page.site}/"},
        "version": release.release_id,
        "dateModified": release.newest_landed_at,
        "spatialCoverage": _place(page.region) if page.region else {"@type": "Place", "name": "Nederland"},
        "variableMeasured": {
            "@type": "PropertyValue",
            "name": indicator[f"title_{page.lang}"],
            "unitText": indicator[f"unit_{page.lang}"],
        },
        "distribution": [
            {"@type": "DataDownload", "encodingFormat": "text/csv", "contentUrl": f"{page.address}.csv"},
        ],
    }


def _place(region: Row) -> dict[str, Any]:
    return {"@type": "AdministrativeArea", "name": region["name"], "identifier": region["region_code"]}


def picture_of(page: OwnPage, release: ReleaseContext) -> str | None:
    """Returns the address of the picture that a shared link shows: a chart of the page, else a map, if there is one."""
    if page.pictured and page.region is not None:
        return f"{page.site}{release.figure_url(page.region['region_code'], page.pictured, page.lang)}.png"
    own = page.indicator["indicator_id"] if page.indicator is not None else None
    mapped = own if own in release.maps.shown_at else release.maps.first
    return f"{page.site}{page_url('map', page.lang, indicator=mapped)}.png" if mapped else None


def page_from(context: Mapping[str, Any], title: str, description: str, address: str) -> OwnPage:
    """Returns the page that a template is writing."""
    return OwnPage(
        kind=context["kind"],
        lang=context["lang"],
        title=title,
        description=description,
        site=context["address"],
        address=address,
        region=context.get("region") or None,
        indicator=context.get("indicator") or None,
        pictured=context.get("pictured") or None,
    )
