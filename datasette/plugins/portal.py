"""What every page must know of the one release that this process serves, read once at the start.

The other plugins and the templates find it as `datasette.portal` and the template global `portal`.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from datasette import hookimpl
from datasette.app import Datasette

from portal.pages import DATABASE, page_url
from portal.release_form import refuse_unknown
from portal.words import LANGUAGES, Texts, read_words

PORTAL_FOLDER = Path(__file__).parents[1]


@dataclass(frozen=True)
class Portal:
    """The release and the words around it; both stay the same for the life of the process."""

    folder: Path
    release_id: str
    notice: str | None
    newest_landed_at: str | None
    texts: Texts
    other_names: dict[str, list[str]]
    style_version: str

    def text(self, group: str, key: str, lang: str) -> str:
        """Returns a sentence; a key that the catalogue lacks (a state that is new, say) is shown as it is."""
        entry = self.texts[group].get(key)
        return entry[lang] if entry else key.replace("_", " ")

    @property
    def notice_parts(self) -> list[tuple[str, str]]:
        """Returns the sample notice as (language, sentence), nothing for a release of published figures."""
        return list(zip(LANGUAGES, self.notice.split(" / "), strict=True)) if self.notice else []

    @property
    def ascii_notice(self) -> str | None:
        """Returns the sample notice in the characters that an HTTP header can carry."""
        return self.notice.encode("ascii", "replace").decode() if self.notice else None


async def read_portal(datasette: Datasette) -> Portal:
    """Returns the facts of the release that this process serves.

    Raises:
        UnknownFormatError: it is of a form that this portal cannot read.
    """
    database = datasette.get_database(DATABASE)
    release = dict((await database.execute("select * from release")).first())
    refuse_unknown(release)
    style = b"".join(path.read_bytes() for path in sorted((PORTAL_FOLDER / "static").glob("*.css")))
    return Portal(
        folder=Path(database.path).parent,
        release_id=release["release_id"],
        notice=release["notice"] if release["invented"] else None,
        newest_landed_at=release["newest_landed_at"],
        texts={**read_texts(), **await read_words(datasette)},
        other_names=_read_yaml("names.yml"),
        style_version=hashlib.sha256(style).hexdigest()[:8],
    )


def read_texts() -> Texts:
    """Returns every group of texts/*.yml.

    Raises:
        ValueError: two files have the same group.
    """
    texts: Texts = {}
    for path in sorted((PORTAL_FOLDER / "texts").glob("*.yml")):
        for group, entries in yaml.safe_load(path.read_text(encoding="utf-8")).items():
            if group in texts:
                raise ValueError(
                    f"texts/{path.name}: the group `{group}` is in another file too -> give it another name"
                )
            texts[group] = entries
    return texts


def _read_yaml(name: str) -> Any:
    return yaml.safe_load((PORTAL_FOLDER / name).read_text(encoding="utf-8"))


@hookimpl(tryfirst=True)
def startup(datasette: Datasette) -> Any:
    """Reads the release before the first request is answered."""

    async def inner() -> None:
        portal = await read_portal(datasette)
        datasette.portal = portal
        # A global and not a template variable: Datasette renders its error pages without plugin variables.
        datasette.jinja_env.globals["portal"] = portal
        datasette.jinja_env.globals["page_url"] = page_url

    return inner
