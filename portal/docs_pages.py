"""The documentation, `docs/*.md`, as HTML for the portal; links between its pages stay links.

`using.md` is a page in English, `using.nl.md` the same page in Dutch. Nothing here depends on a release.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from portal.pages import page_url

_BESIDE = Path(__file__).parents[1]
# Next to the package in a checkout; in an installation, in the folder for data files.
_INSTALLED = _BESIDE / "regiokompas_project"
DOCS_FOLDER = (_INSTALLED if _INSTALLED.is_dir() else _BESIDE) / "docs"
# The address of the portal in the documentation; readers see the address of the portal that shows it.
WRITTEN_ADDRESS = "http://127.0.0.1:8001"
DUTCH = ".nl"
_LINK = re.compile(r"(?P<name>[\w-]+)(?P<dutch>\.nl)?\.md(?P<anchor>#.*)?")


@dataclass(frozen=True)
class DocPage:
    """One page in one language."""

    name: str
    lang: str
    title: str
    lead: str
    html: str


@cache
def read_docs(lang: str) -> dict[str, DocPage]:
    """Returns every page by name for readers of a language, those that exist in both languages first.

    A page without a Dutch version is shown in English to everyone.
    """
    dutch = _dutch_names()
    names = {path.name.removesuffix(".md") for path in DOCS_FOLDER.glob("*.md")} - {f"{name}{DUTCH}" for name in dutch}
    pages = [_read_page(name, "nl" if lang == "nl" and name in dutch else "en", lang) for name in names]
    pages.sort(key=lambda page: (page.name not in dutch, page.title))
    return {page.name: page for page in pages}


def docs_paths() -> list[dict[str, str]]:
    """Returns the path of every page by language, for the languages that it is written in."""
    english, dutch = read_docs("en"), read_docs("nl")
    return [
        {page.lang: page_url("doc", page.lang, name=name) for page in (dutch[name], english[name])} for name in english
    ]


def slug(heading: str) -> str:
    """Returns the anchor of a heading, as Markdown hosts make it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@cache
def _dutch_names() -> frozenset[str]:
    return frozenset(path.name.removesuffix(f"{DUTCH}.md") for path in DOCS_FOLDER.glob(f"*{DUTCH}.md"))


def _read_page(name: str, lang: str, reader: str) -> DocPage:
    path = DOCS_FOLDER / f"{name}{DUTCH if lang == 'nl' else ''}.md"
    markdown = _markdown()
    tokens = markdown.parse(path.read_text(encoding="utf-8"))
    headings = [(token, _plain(tokens[at + 1])) for at, token in enumerate(tokens) if token.type == "heading_open"]
    for token, text in headings:
        token.attrSet("id", slug(text))
    lead = next(tokens[at + 1] for at, token in enumerate(tokens) if token.type == "paragraph_open")
    html = markdown.renderer.render(tokens, markdown.options, {"reader": reader})
    return DocPage(name, lang, headings[0][1], _plain(lead), html)


def _plain(inline: Token) -> str:
    return "".join(" " if part.type == "softbreak" else part.content for part in inline.children or ())


def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    for name, rule in _RULES.items():
        markdown.add_render_rule(name, rule)
    return markdown


def _link_open(renderer: RendererHTML, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    """Links to another page of the documentation go to that page of the portal, in the language of the link."""
    if found := _LINK.fullmatch(str(tokens[at].attrGet("href"))):
        is_english = not found["dutch"] and (env["reader"] == "en" or found["name"] in _dutch_names())
        lang = "en" if is_english else "nl"
        tokens[at].attrSet("href", page_url("doc", lang, name=found["name"]) + (found["anchor"] or ""))
    return renderer.renderToken(tokens, at, options, env)


def _fence(renderer: RendererHTML, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    """Makes a block that scrolls reachable by keyboard."""
    return f'<pre tabindex="0"><code>{escape(tokens[at].content, quote=False)}</code></pre>\n'


def _table_open(renderer: RendererHTML, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    """Does the same for a table, which is named after the heading above it."""
    heading = next(n for n in range(at, -1, -1) if tokens[n].type == "heading_open")
    label = escape(_plain(tokens[heading + 1]))
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{label}"><table>\n'


_RULES: dict[str, Callable[..., str]] = {
    "link_open": _link_open,
    "fence": _fence,
    "table_open": _table_open,
    "table_close": lambda *_: "</table></div>\n",
    "th_open": lambda *_: '<th scope="col">',
}
