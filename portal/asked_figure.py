"""The figure that an address names, for its page, its files and the page to show within others.

Not here: what is answered, which the plugin of figures decides.
"""

from dataclasses import dataclass

from datasette.app import Datasette
from datasette.utils.asgi import Request, Response

from portal.context import context_of
from portal.csv_text import Row
from portal.figure_page import FigurePage, file_name, read_figure_page
from portal.pages import MUNICIPALITY, figure_page, language, led_to, moved, not_found, page_url, parts_of
from portal.peer_groups import PEER_GROUP


@dataclass(frozen=True)
class AskedFigure:
    """The figure that an address names, and where its page is."""

    region: Row
    indicator: Row
    lang: str
    url: str

    @property
    def name(self) -> str:
        """The name of its files."""
        return file_name(self.url)


async def _find(request: Request, datasette: Datasette) -> AskedFigure | Response:
    """The figure that an address names; a redirect to its one address, or what is not there."""
    release, lang, parts = context_of(datasette), language(request), parts_of(request)
    scheme, indicator_id = parts.get("scheme", MUNICIPALITY), release.slugs.indicator_id(parts["indicator"], lang)
    region = release.registry.regions.get(release.slugs.region_code(scheme, parts["region"]) or "")
    if region is None or indicator_id is None:
        return await _not_there(request, datasette, region, indicator_id)
    code = region["region_code"]
    if not region["is_current"]:
        return moved(request, release.region_url(code, lang))
    is_embedded = "/embed/" in request.path
    url = release.figure_url(code, indicator_id, lang, is_embedded=is_embedded)
    if elsewhere := led_to(request, url):
        return elsewhere
    return AskedFigure(
        region, release.registry.indicators[indicator_id], lang, release.figure_url(code, indicator_id, lang)
    )


async def _not_there(request: Request, datasette: Datasette, region: Row | None, indicator_id: str | None) -> Response:
    """Says which of the two is not known, or that there is no figure of these; and leads to what there is."""
    release, lang, parts = context_of(datasette), language(request), parts_of(request)
    links, key = {}, "no_region"
    if region is not None:
        key = "no_indicator" if indicator_id is None else "no_figure"
        profile = release.text("region", "profile", lang).format(name=region["name"])
        links[release.region_url(region["region_code"], lang)] = profile
    if indicator_id is not None:
        about = release.registry.indicators[indicator_id]
        links[page_url("indicator", lang, indicator=indicator_id)] = about[f"title_{lang}"]
    else:
        links[page_url("indicators", lang)] = release.text("indicator", "all", lang)
    title = release.text("figure", key, lang).format(region=parts["region"], indicator=parts["indicator"])
    page = figure_page(parts.get("scheme", MUNICIPALITY) if "scheme" in parts else MUNICIPALITY)
    return await not_found(datasette, request, page, title, links=links, query=parts["region"] if not region else "")


async def read_asked(request: Request, datasette: Datasette) -> tuple[AskedFigure, FigurePage] | Response:
    """Returns a figure and all that its page shows, or what to answer instead."""
    asked = await _find(request, datasette)
    if isinstance(asked, Response):
        return asked
    group = request.args.get(PEER_GROUP)
    codes = asked.region["region_code"], asked.indicator["indicator_id"]
    page = await read_figure_page(datasette, context_of(datasette), *codes, group, asked.lang)
    return (asked, page) if page else await _not_there(request, datasette, asked.region, codes[1])
