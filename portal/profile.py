"""What the pages of one region have in common: which region an address names, where they are, and the tabs."""

from dataclasses import dataclass
from typing import Any

from datasette.app import Datasette
from datasette.utils.asgi import Request, Response

from portal.context import ReleaseContext, context_of
from portal.cooperation import cooperation_url
from portal.csv_text import Row
from portal.figure_page import named
from portal.pages import MUNICIPALITY, language, led_to, moved, not_found, page_url, parts_of, profile_tab
from portal.programme import GROUPS, PROVINCES
from portal.slugs import slug_of
from portal.words import LANGUAGES

THEME, BASELINE, SIMILAR, BRIEF = "theme", "baseline", "similar", "brief"


@dataclass(frozen=True)
class AskedTab:
    """A page beside the profile of a region: of which, its address, and that in the other language."""

    region: Row
    page: str
    url: str
    twin: str


def is_compared(region: Row) -> bool:
    """Returns whether a region is compared with others: only the municipalities of today are."""
    return region["scheme"] == MUNICIPALITY and bool(region["is_current"])


def theme_slug(release: ReleaseContext, theme: str, lang: str) -> str:
    """Returns the word for a theme in addresses."""
    return slug_of(release.text("themes", theme, lang))


def theme_named(release: ReleaseContext, asked: str, lang: str) -> str | None:
    """Returns the theme that an address names: by its title in either language, or by its id."""
    slug = slug_of(asked)
    for each in (lang, *(other for other in LANGUAGES if other != lang)):
        for theme in release.texts["themes"]:
            if slug in (theme_slug(release, theme, each), slug_of(theme)):
                return theme
    return None


def tab_url(release: ReleaseContext, kind: str, region: Row, lang: str, **parts: str) -> str:
    """Returns the address of a page beside the profile of a region."""
    name = release.slugs.regions[region["region_code"]]
    return page_url(profile_tab(kind, region["scheme"]), lang, scheme=region["scheme"], region=name, **parts)


def theme_url(release: ReleaseContext, region: Row, theme: str, lang: str) -> str:
    """Returns the address of a theme of a region."""
    return tab_url(release, THEME, region, lang, theme=theme_slug(release, theme, lang))


async def find_region(request: Request, datasette: Datasette, asked: str, page: str) -> Row | Response:
    """Returns the region that an address names, or the page that says that there is none."""
    release, lang, scheme = context_of(datasette), language(request), parts_of(request).get("scheme", MUNICIPALITY)
    code = release.slugs.region_code(scheme, asked)
    if code is None:
        title = release.text("profile_errors", "unknown", lang).format(code=asked)
        return await not_found(datasette, request, page, title, query=asked)
    return named(release.registry.regions[code], release, lang)


async def find_tab(
    request: Request, datasette: Datasette, kind: str, parts: dict[str, dict[str, str]] | None = None
) -> AskedTab | Response:
    """Returns the page beside a profile that an address names; a redirect to its one address, or what is not there.

    `parts` are the other parts of the address, by language. A region that ended has its profile only.
    """
    release, lang, asked = context_of(datasette), language(request), parts_of(request)
    written = profile_tab(kind, "" if "scheme" in asked else MUNICIPALITY)
    region = await find_region(request, datasette, asked["region"], written)
    if isinstance(region, Response):
        return region
    if not region["is_current"] or (kind == SIMILAR and not is_compared(region)):
        return moved(request, release.region_url(region["region_code"], lang))
    urls = {each: tab_url(release, kind, region, each, **(parts or {}).get(each, {})) for each in LANGUAGES}
    if elsewhere := led_to(request, urls[lang]):
        return elsewhere
    query = f"?{request.query_string}" if request.query_string else ""
    return AskedTab(region, written, urls[lang], f"{urls['nl' if lang == 'en' else 'en']}{query}")


def tabs_of(release: ReleaseContext, region: Row, lang: str, current: str) -> list[dict[str, Any]]:
    """Returns the tabs of a region: its profile, a page for each theme, and the municipalities that are like it.

    `current` is the theme that is shown, or the name of another tab.
    """
    found = [("overview", release.region_url(region["region_code"], lang), "profile_tabs")]
    found += [(theme, theme_url(release, region, theme, lang), "themes") for theme in release.texts["themes"]]
    if is_compared(region):
        found.append((SIMILAR, tab_url(release, SIMILAR, region, lang), "profile_tabs"))
    return [
        {"url": url, "title": release.text(group, key, lang), "is_current": key == current} for key, url, group in found
    ]


def cooperation_links(release: ReleaseContext, region: Row, lang: str) -> dict[str, str]:
    """Returns the pages of the cooperations that a region is a member of: address and name."""
    found = {}
    for larger in release.relations.part_of.get(region["region_code"], ()):
        if url := cooperation_url(release, larger["region_code"], lang):
            found[url] = release.region_name(larger["region_code"], lang)
    return found


def programme_links(release: ReleaseContext, region: Row, lang: str) -> dict[str, str]:
    """Returns the pages that have the goals of a region beside those of others: address and words."""
    larger = (row["scheme"] for row in release.relations.part_of.get(region["region_code"], ()))
    # A municipality is not beside provinces.
    groups = [region["scheme"], *(scheme for scheme in larger if scheme != PROVINCES)]
    found = {}
    for group in (each for each in groups if each in GROUPS):
        words = release.text("profile", "side_by_side_provinces" if group == PROVINCES else "side_by_side", lang)
        name = release.text("schemes", group, lang)
        found[page_url("programme", lang, group=group)] = words.format(group=name)
    return found
