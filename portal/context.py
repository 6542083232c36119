"""What every page needs to know about the one release that this process serves, read once at startup.

Plugins and the modules of this package get it from `context_of`, templates from the global `portal`. All of it is read
before the first request is answered, so no request waits for it, and the server does not start on a release that it
cannot read. Nothing that depends on a request belongs here.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import yaml
from datasette.app import Datasette

from portal.api.facts import Facts, read_facts
from portal.comparisons import Comparisons, read_comparisons
from portal.csv_text import Row
from portal.extract import Texts
from portal.maps import Maps, read_maps
from portal.overview import Overview, read_overview
from portal.pages import DATABASE, figure_page, page_url, profile_page
from portal.pictures import resolve_style
from portal.registry import Registry, read_registry
from portal.relations import Relations, read_relations
from portal.release_form import refuse_unknown
from portal.revisions import earlier_titles
from portal.search import FoundFigure, Topic, make_topics, search_figures, search_regions, search_topics
from portal.slugs import Slugs, slugs_of
from portal.words import LANGUAGES, read_words


@dataclass(frozen=True)
class ReleaseContext:
    """The release and the texts of the pages; both stay the same for the life of the process.

    Args:
        folder: the folder with its files.
        release_id: its id.
        notice: in both languages, that its figures are invented; None for published figures.
        newest_landed_at: when the newest of its sources was fetched.
        texts: every sentence of the pages, by group, key and language.
        other_names: the other names of regions, by region code.
        headlines: the indicators that a profile chooses its first figures from, in that order.
        picture_style: the styles of a chart in a picture that stands alone.
        map_style: those of a map in a picture.
        style_version: changes with the style sheets and scripts, so that a browser fetches them again.
        registry: what readers can choose from.
        relations: what regions are to each other.
        comparisons: what a figure is laid beside.
        slugs: how addresses name the regions and indicators.
        overview: what the home page shows.
        topics: what can be found besides regions.
        maps: what maps look like.
        api: the release as the API sees it.
    """

    folder: Path
    release_id: str
    notice: str | None
    newest_landed_at: str | None
    texts: Texts
    other_names: dict[str, list[str]]
    headlines: list[str]
    picture_style: str
    map_style: str
    style_version: str
    registry: Registry
    relations: Relations
    comparisons: Comparisons
    slugs: Slugs
    overview: Overview
    topics: list[Topic]
    maps: Maps
    api: Facts

    def text(self, group: str, key: str, lang: str) -> str:
        """Returns a sentence; a key that the texts lack (a new state, say) is shown as it is."""
        entry = self.texts[group].get(key)
        return entry[lang] if entry else key.replace("_", " ")

    def place_said(self, place: str, lang: str) -> str:
        """Returns that a place or a postcode lies in the region that was found by it."""
        return self.text("found", "postcode" if place.isdigit() else "place", lang).format(place=place)

    @property
    def notice_parts(self) -> list[tuple[str, str]]:
        """Returns the sample notice as (language, sentence); empty for a release of published figures."""
        return list(zip(LANGUAGES, self.notice.split(" / "), strict=True)) if self.notice else []

    def find_regions(self, asked: str) -> list[Row]:
        """Returns the regions that a reader may mean, see `search_regions`."""
        return search_regions(asked, self.registry, list(self.texts["schemes"]), self.other_names)

    def find_topics(self, asked: str) -> list[Topic]:
        """Returns the indicators, themes and questions that a reader may mean, see `search_topics`."""
        return search_topics(asked, self.topics)

    def find_figures(self, asked: str) -> list[FoundFigure]:
        """Returns the figures that a reader may mean, see `search_figures`."""
        return search_figures(asked, self.find_regions, self.topics)

    def region_url(self, region_code: str, lang: str) -> str:
        """Returns the address of the profile of a municipality or of any other region."""
        scheme = self.registry.regions[region_code]["scheme"]
        return page_url(profile_page(scheme), lang, scheme=scheme, region=self.slugs.regions[region_code])

    def figure_url(self, region_code: str, indicator_id: str, lang: str, *, is_embedded: bool = False) -> str:
        """Returns the address of the page of one figure, which is there if the region has the figure."""
        scheme = self.registry.regions[region_code]["scheme"]
        return page_url(
            figure_page(scheme, is_embedded=is_embedded),
            lang,
            scheme=scheme,
            region=self.slugs.regions[region_code],
            indicator=self.slugs.indicators[lang][indicator_id],
        )

    def region_name(self, region_code: str, lang: str) -> str:
        """Returns the name of a region in a language, as far as the release has one in that language."""
        group = self.relations.groups.get(region_code)
        return str(group[f"name_{lang}"] if group else self.registry.regions[region_code]["name"])

    @property
    def ascii_notice(self) -> str | None:
        """Returns the sample notice in characters that an HTTP header can hold."""
        return self.notice.encode("ascii", "replace").decode() if self.notice else None


_contexts: WeakKeyDictionary[Datasette, ReleaseContext] = WeakKeyDictionary()


def context_of(datasette: Datasette) -> ReleaseContext:
    """Returns the release that a server serves; available as soon as the server has started."""
    return _contexts[datasette]


async def attach_context(datasette: Datasette) -> ReleaseContext:
    """Reads the release of a server that is starting, for `context_of` to find."""
    context = _contexts[datasette] = await read_context(datasette)
    return context


async def read_context(datasette: Datasette) -> ReleaseContext:
    """Returns the context of the release that this process serves.

    Raises:
        UnknownFormatError: the release has a form that this portal cannot read.
    """
    database = datasette.get_database(DATABASE)
    release = dict((await database.execute("select * from release")).first())
    refuse_unknown(release)
    release_id, notice = release["release_id"], release["notice"] if release["is_invented"] else None
    folder, portal_folder = Path(database.path).parent, _portal_folder(datasette)
    static = sorted((portal_folder / "static").iterdir())
    style = b"".join(path.read_bytes() for path in static if path.suffix in (".css", ".js"))
    texts = {**read_texts(portal_folder), **await read_words(datasette)}
    registry = await read_registry(datasette)
    other_names = _read_yaml(portal_folder / "names.yml")
    overview = await read_overview(datasette, registry)
    return ReleaseContext(
        folder=folder,
        release_id=release_id,
        notice=notice,
        newest_landed_at=release["newest_landed_at"],
        texts=texts,
        other_names=other_names,
        headlines=_read_yaml(portal_folder / "headlines.yml"),
        picture_style=resolve_style(_style_sheet(portal_folder, "charts"), _style_sheet(portal_folder, "portal")),
        map_style=resolve_style(_style_sheet(portal_folder, "map_colours"), _style_sheet(portal_folder, "portal")),
        style_version=hashlib.sha256(style).hexdigest()[:8],
        registry=registry,
        relations=await read_relations(datasette, list(texts["schemes"])),
        comparisons=await read_comparisons(datasette, registry.boundary_year, registry.periods),
        slugs=slugs_of(
            registry.regions.values(), registry.indicators.values(), other_names, LANGUAGES, earlier_titles(folder)
        ),
        overview=overview,
        topics=make_topics(registry, texts, overview.questions, _read_yaml(portal_folder / "synonyms.yml")),
        maps=await read_maps(datasette, folder, texts["schemes"]),
        api=await read_facts(datasette, release_id, notice, texts),
    )


def _portal_folder(datasette: Datasette) -> Path:
    """The folder with the texts and style of this portal: the one whose plugins are running.

    Raises:
        ValueError: the server was started without such a folder.
    """
    if datasette.config_dir is None:
        raise ValueError("This server has no configuration directory -> start it as `regiokompas serve` does")
    return Path(datasette.config_dir)


def read_texts(portal_folder: Path) -> Texts:
    """Returns every group of texts/*.yml.

    Raises:
        ValueError: two files define the same group.
    """
    texts: Texts = {}
    for path in sorted((portal_folder / "texts").glob("*.yml")):
        for group, entries in yaml.safe_load(path.read_text(encoding="utf-8")).items():
            if group in texts:
                raise ValueError(
                    f"texts/{path.name}: the group `{group}` is in another file too -> give it another name"
                )
            texts[group] = entries
    return texts


def _style_sheet(portal_folder: Path, name: str) -> str:
    return (portal_folder / "static" / f"{name}.css").read_text(encoding="utf-8")


def _read_yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))
