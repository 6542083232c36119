"""What every page must know of the one release that this process serves, read once at the start.

Plugins and the modules of this package find it with `context_of`, templates as the global `portal`. All of it is read
before the first request is answered, so no reader waits for it and a release that cannot be read is no running server.
What belongs to one request does not belong here.
"""

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import yaml
from datasette.app import Datasette

from portal.api.facts import Facts, read_facts
from portal.csv_text import Row
from portal.extract import Texts
from portal.maps import Maps, read_maps
from portal.overview import Overview, read_overview
from portal.pages import DATABASE
from portal.registry import Registry, read_registry, search_regions

SEEDS_FOLDER = Path(__file__).parents[1] / "dbt_project" / "seeds"
LANGUAGES = ("nl", "en")


@dataclass(frozen=True)
class ReleaseContext:
    """The release and the words around it; both stay the same for the life of the process.

    Args:
        folder: where its files are.
        release_id: its name.
        notice: that its figures are invented, in both languages; None for published figures.
        newest_landed_at: when the newest of its sources was fetched.
        texts: every sentence of the pages, by group, key and language.
        other_names: what else people call a region, by its code.
        headlines: the indicators that a profile shows first, in that order.
        style_version: changes with the style sheets, so that a browser fetches them again.
        registry: what there is to choose from.
        overview: what the home page shows everybody.
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
    style_version: str
    registry: Registry
    overview: Overview
    maps: Maps
    api: Facts

    def text(self, group: str, key: str, lang: str) -> str:
        """Returns a sentence; a key that the catalogue lacks (a state that is new, say) is shown as it is."""
        entry = self.texts[group].get(key)
        return entry[lang] if entry else key.replace("_", " ")

    @property
    def notice_parts(self) -> list[tuple[str, str]]:
        """Returns the sample notice as (language, sentence), nothing for a release of published figures."""
        return list(zip(LANGUAGES, self.notice.split(" / "), strict=True)) if self.notice else []

    def find_regions(self, asked: str) -> list[Row]:
        """Returns the regions that somebody may mean, see `search_regions`."""
        return search_regions(asked, self.registry, list(self.texts["schemes"]), self.other_names)

    @property
    def ascii_notice(self) -> str | None:
        """Returns the sample notice in the characters that an HTTP header can carry."""
        return self.notice.encode("ascii", "replace").decode() if self.notice else None


_contexts: WeakKeyDictionary[Datasette, ReleaseContext] = WeakKeyDictionary()


def context_of(datasette: Datasette) -> ReleaseContext:
    """Returns the release that a server serves; there is one as soon as the server has started."""
    return _contexts[datasette]


async def attach_context(datasette: Datasette) -> ReleaseContext:
    """Reads the release of a server that starts, for `context_of` to find."""
    context = _contexts[datasette] = await read_context(datasette)
    return context


async def read_context(datasette: Datasette) -> ReleaseContext:
    """Returns the facts of the release that this process serves; fails when it has no release row."""
    database = datasette.get_database(DATABASE)
    release = (await database.execute("select * from release")).first()
    release_id, notice = release["release_id"], release["notice"] if release["invented"] else None
    folder, portal_folder = Path(database.path).parent, _portal_folder(datasette)
    style = b"".join(path.read_bytes() for path in sorted((portal_folder / "static").glob("*.css")))
    texts, registry = read_texts(portal_folder), await read_registry(datasette)
    return ReleaseContext(
        folder=folder,
        release_id=release_id,
        notice=notice,
        newest_landed_at=release["newest_landed_at"],
        texts=texts,
        other_names=_read_yaml(portal_folder / "names.yml"),
        headlines=_read_yaml(portal_folder / "headlines.yml"),
        style_version=hashlib.sha256(style).hexdigest()[:8],
        registry=registry,
        overview=await read_overview(datasette, folder, registry, list(texts["themes"])),
        maps=await read_maps(datasette),
        api=await read_facts(datasette, release_id, notice, texts),
    )


def _portal_folder(datasette: Datasette) -> Path:
    """Where the words and the looks of this portal are: the folder whose plugins are running.

    Raises:
        ValueError: the server was started without one.
    """
    if datasette.config_dir is None:
        raise ValueError("This server has no configuration directory -> start it as `regiokompas serve` does")
    return Path(datasette.config_dir)


def read_texts(portal_folder: Path) -> Texts:
    """Returns every group of texts/*.yml with the titles of the seeds, the smallest kind of region first.

    Raises:
        ValueError: two files have the same group.
    """
    texts: Texts = {}
    for path in sorted((portal_folder / "texts").glob("*.yml")):
        for group, entries in yaml.safe_load(path.read_text(encoding="utf-8")).items():
            if group in texts:
                raise ValueError(
                    f"texts/{path.name}: the group `{group}` is in another file too -> give it another name"
                )
            texts[group] = entries
    schemes = sorted(_read_seed("region_schemes"), key=lambda row: -int(row["level_order"]))
    return {
        **texts,
        "themes": {row["theme"]: _titles(row) for row in _read_seed("themes")},
        "sub_themes": {row["sub_theme"]: _titles(row) for row in _read_seed("sub_themes")},
        "building_blocks": {row["building_block"]: _titles(row) for row in _read_seed("building_blocks")},
        "usage_warnings": {row["warning_id"]: _titles(row) for row in _read_seed("usage_warnings")},
        "usage_warning_texts": {row["warning_id"]: _in_both(row, "text") for row in _read_seed("usage_warnings")},
        "periods": _period_titles(),
        "schemes": {row["scheme"]: _titles(row) for row in schemes},
    }


def _read_seed(name: str) -> list[dict[str, str]]:
    with (SEEDS_FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _titles(row: dict[str, str]) -> dict[str, str]:
    return _in_both(row, "title")


def _period_titles() -> dict[str, dict[str, str]]:
    """What each part of a year is called, by the last four characters of a period code."""
    return {
        f"{row['period_letters']}{number:02}": {
            lang: title.replace("{n}", str(number)) for lang, title in _titles(row).items()
        }
        for row in _read_seed("period_kinds")
        for number in range(int(row["first_number"]), int(row["last_number"]) + 1)
    }


def _in_both(row: dict[str, str], column: str) -> dict[str, str]:
    return {lang: row[f"{column}_{lang}"] for lang in LANGUAGES}


def _read_yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))
