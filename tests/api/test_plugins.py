"""A page is a plugin of its own: without it the portal starts, and every other page is as it was."""

import asyncio
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest
from datasette.app import Datasette
from datasette.plugins import pm
from datasette.utils import module_from_path
from support_page_kinds import address_of, kinds
from support_portal import open_portal

from pipelines.settings import PORTAL

PLUGINS = PORTAL / "plugins"
FILES = (
    # Pages that show figures only of what was asked for.
    "/?q=Zw",
    "/vergelijk?region=GM0193",
    "/eigen-regio?municipality=GM0193",
    "/vergelijk.csv?region=GM0193",
    "/vergelijk?region=GM0193&group=g4",
    "/vergelijk.xlsx?region=GM0193",
    "/programma/g4.xlsx",
    "/eigen-regio.csv?municipality=GM0193",
    "/kaart/jobs_count.csv",
    "/indicator/jobs_count.csv",
    "/samenwerking/PT02.csv",
    "/grens/EM01.csv",
    "/arbeidsmarkt/flevoland.csv",
    "/arbeidsmarkt/flevoland/overstap.csv",
    "/bronnen.csv",
    "/wijzigingen.csv",
    "/gemeente/zwolle.zip",
    "/gemeente/zwolle.xlsx",
    *(f"/gemeente/zwolle/banen.{extension}" for extension in ("svg", "png", "csv", "bib", "ris")),
    "/downloads/release.csv",
    "/datapackage.json",
    "/catalogue.ttl",
    "/sitemap.xml",
    "/robots.txt",
    "/atom.xml",
    "/v1/indicators/jobs_count",
    "/v1/openapi.json",
)
STOCK = ("/regiokompas", "/regiokompas/sources", "/regiokompas/regions/GM0193", "/-/search?q=Zwolle")


def pages() -> list[str]:
    """An address of every page of ours, of the kinds of files that it has, and of Datasette's own pages."""
    own = [address_of(page, "nl") for page in kinds()]
    return [*own, *FILES, *STOCK]


def patterns(plugin: Path) -> list[str]:
    """The routes of a plugin, none where it makes no page."""
    module = module_from_path(str(plugin), plugin.name)
    return [pattern for pattern, _ in module.register_routes()] if hasattr(module, "register_routes") else []


PAGE_PLUGINS = [path for path in sorted(PLUGINS.glob("*.py")) if patterns(path)]


@contextmanager
def plugins_set_aside() -> Iterator[None]:
    """A process has one list of plugins for all its servers: ours are taken out of it, and put back."""

    def ours(within: Path) -> list[ModuleType]:
        return [each for each in pm.get_plugins() if within in Path(getattr(each, "__file__", None) or "/").parents]

    kept = ours(PORTAL)
    for module in kept:
        pm.unregister(module)
    others = {pm.get_name(each) for each in pm.get_plugins()}
    try:
        yield
    finally:
        for module in pm.get_plugins():
            if pm.get_name(module) not in others:
                pm.unregister(module)
        for module in kept:
            pm.register(module)


def statuses(portal: Datasette, paths: list[str]) -> dict[str, int]:
    async def ask_all() -> dict[str, int]:
        return {path: (await portal.client.get(path, follow_redirects=True)).status_code for path in paths}

    return asyncio.run(ask_all())


def test_every_page_belongs_to_a_plugin_and_answers(portal: Datasette) -> None:
    routes = [pattern for plugin in PAGE_PLUGINS for pattern in patterns(plugin)]
    for path in pages()[: -len(STOCK)]:
        assert any(re.search(pattern, path.partition("?")[0]) for pattern in routes), path
    assert set(statuses(portal, pages()).values()) == {200}


@pytest.mark.parametrize("plugin", PAGE_PLUGINS, ids=lambda path: path.stem)
def test_without_a_page_the_others_are_there(sample_release: Path, tmp_path: Path, plugin: Path) -> None:
    folder = shutil.copytree(PORTAL, tmp_path / "datasette")
    (folder / "plugins" / plugin.name).unlink()
    gone = [re.compile(pattern) for pattern in patterns(plugin)]
    others = [path for path in pages() if not any(each.search(path.partition("?")[0]) for each in gone)]
    with plugins_set_aside():
        found = statuses(open_portal(sample_release, folder=folder), others)
    assert {path: status for path, status in found.items() if status != 200} == {}
    assert len(found) > len(pages()) / 2
