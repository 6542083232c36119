"""What all our own pages share: addresses in both languages, how a page is sent, and the page for what is not found."""

from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote, urlencode, urlsplit

from datasette.app import Datasette
from datasette.utils.asgi import Request, Response

from portal.revisions import HISTORY, REVISIONS

DATABASE = "regiokompas"
# How the address of a ready-made question says its language; Datasette keeps a name with `_` in front out of the SQL.
QUESTION_LANGUAGE = "_lang"
_SCRIPTS = "script-src 'self'; connect-src 'self'; "
OWN_PAGES_POLICY = (
    f"default-src 'none'; {_SCRIPTS}style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'self'"
)
# A page that other sites may show within theirs: it has no scripts, no forms, and nothing to press but links.
EMBED_POLICY = OWN_PAGES_POLICY.replace(_SCRIPTS, "").replace("ancestors 'self'", "ancestors *")
HEADERS = {"Content-Security-Policy": OWN_PAGES_POLICY, "Cache-Control": "max-age=60"}

# The only list of page addresses. Routes, links and the language switch follow from it.
PATHS = {
    "home": {"nl": "/", "en": "/en"},
    "municipality": {"nl": "/gemeente/{region}", "en": "/en/municipality/{region}"},
    "region": {"nl": "/regio/{scheme}/{region}", "en": "/en/region/{scheme}/{region}"},
    "municipality_theme": {"nl": "/gemeente/{region}/thema/{theme}", "en": "/en/municipality/{region}/theme/{theme}"},
    "region_theme": {
        "nl": "/regio/{scheme}/{region}/thema/{theme}",
        "en": "/en/region/{scheme}/{region}/theme/{theme}",
    },
    "municipality_baseline": {"nl": "/gemeente/{region}/nulmeting", "en": "/en/municipality/{region}/baseline"},
    "region_baseline": {"nl": "/regio/{scheme}/{region}/nulmeting", "en": "/en/region/{scheme}/{region}/baseline"},
    "municipality_similar": {"nl": "/gemeente/{region}/vergelijkbaar", "en": "/en/municipality/{region}/similar"},
    "municipality_brief": {"nl": "/gemeente/{region}/kort", "en": "/en/municipality/{region}/brief"},
    "region_brief": {"nl": "/regio/{scheme}/{region}/kort", "en": "/en/region/{scheme}/{region}/brief"},
    "municipality_figure": {"nl": "/gemeente/{region}/{indicator}", "en": "/en/municipality/{region}/{indicator}"},
    "figure": {"nl": "/regio/{scheme}/{region}/{indicator}", "en": "/en/region/{scheme}/{region}/{indicator}"},
    "municipality_embed": {
        "nl": "/embed/gemeente/{region}/{indicator}",
        "en": "/en/embed/municipality/{region}/{indicator}",
    },
    "embed": {
        "nl": "/embed/regio/{scheme}/{region}/{indicator}",
        "en": "/en/embed/region/{scheme}/{region}/{indicator}",
    },
    "compare": {"nl": "/vergelijk", "en": "/en/compare"},
    "own_region": {"nl": "/eigen-regio", "en": "/en/own-region"},
    "maps": {"nl": "/kaart", "en": "/en/map"},
    "map": {"nl": "/kaart/{indicator}", "en": "/en/map/{indicator}"},
    "indicator": {"nl": "/indicator/{indicator}", "en": "/en/indicator/{indicator}"},
    "indicators": {"nl": "/indicatoren", "en": "/en/indicators"},
    "programmes": {"nl": "/programma", "en": "/en/programme"},
    "programme": {"nl": "/programma/{group}", "en": "/en/programme/{group}"},
    "cooperations": {"nl": "/samenwerking", "en": "/en/cooperation"},
    "cooperation": {"nl": "/samenwerking/{cooperation}", "en": "/en/cooperation/{cooperation}"},
    "borders": {"nl": "/grens", "en": "/en/border"},
    "border": {"nl": "/grens/{border}", "en": "/en/border/{border}"},
    "sources": {"nl": "/bronnen", "en": "/en/sources"},
    "changes": {"nl": "/wijzigingen", "en": "/en/changes"},
    "data": {"nl": "/gegevens", "en": "/en/data"},
    "labour_markets": {"nl": "/arbeidsmarkt", "en": "/en/labour-market"},
    "labour_market": {"nl": "/arbeidsmarkt/{region}", "en": "/en/labour-market/{region}"},
    "labour_moves": {"nl": "/arbeidsmarkt/{region}/overstap", "en": "/en/labour-market/{region}/moves"},
    "api": {"nl": "/v1", "en": "/en/v1"},
    "docs": {"nl": "/docs", "en": "/en/docs"},
    "doc": {"nl": "/docs/{name}", "en": "/en/docs/{name}"},
}
MUNICIPALITY, SCHEME = "municipality", "scheme"
# Below it is each release that is kept: `/release/2026-11-02-5d7cfc0b/gemeente/zwolle`.
FROZEN = "/release"
# `.csv`, and `.nl.csv` for Dutch Excel.
CSV_EXTENSION = r"(?:nl\.)?csv"
# Of what is typed in a search field.
MAX_QUERY_CHARACTERS = 100


# How addresses name a kind of region; of those that are not here, the name is the scheme itself.
SCHEME_WORDS = {
    "cooperation": {"nl": "samenwerking", "en": "cooperation"},
    "country": {"nl": "land", "en": "country"},
    "eurometropool": {"nl": "eurometropool", "en": "eurometropolis"},
    "labour_market_region": {"nl": "arbeidsmarktregio", "en": "labour-market-region"},
    "nuts_country": {"nl": "land-van-eurostat", "en": "eurostat-country"},
    "own": {"nl": "eigen-selectie", "en": "own-selection"},
    "part_of_country": {"nl": "landsdeel", "en": "part-of-the-country"},
    "proeftuin": {"nl": "proeftuin", "en": "pilot"},
    "province": {"nl": "provincie", "en": "province"},
}
_SCHEMES = {word: scheme for scheme, words in SCHEME_WORDS.items() for word in words.values()}


def page_url(page: str, lang: str, **parts: str) -> str:
    """Returns the address of a page in a language: `page_url("map", "nl", indicator="jobs_count")`."""
    if SCHEME in parts:
        parts[SCHEME] = SCHEME_WORDS.get(parts[SCHEME], {}).get(lang, parts[SCHEME])
    return PATHS[page][lang].format(**{name: _quoted(part) for name, part in parts.items()})


def served_databases(datasette: Datasette) -> list[str]:
    """Returns which of our databases a server has: that of the release, and what changed, if that was told with it."""
    return [name for name in (DATABASE, HISTORY) if name in datasette.databases]


def history_address(datasette: Datasette) -> str | None:
    """Returns the address of the table with what changed, if the server has it."""
    return f"/{HISTORY}/{REVISIONS}" if HISTORY in datasette.databases else None


@lru_cache(maxsize=4096)
def _quoted(part: str) -> str:
    return quote(part, safe="")


def topic_url(kind: str, key: str, lang: str) -> str:
    """Returns the address of a topic: a page or that of an indicator, the section of a theme, a question's answer."""
    if kind == "page":
        return page_url(key, lang)
    if kind == "indicator":
        return page_url("indicator", lang, indicator=key)
    return f"{page_url('indicators', lang)}#{key}" if kind == "theme" else question_url(key, lang)


def question_url(name: str, lang: str, **parameters: str) -> str:
    """Returns the address of a ready-made question, with what is asked; it is in Dutch unless it says otherwise."""
    given = {key: value for key, value in parameters.items() if value}
    asked = urlencode({**given, **({QUESTION_LANGUAGE: lang} if lang != "nl" else {})})
    return f"/{DATABASE}/{name}" + (f"?{asked}" if asked else "")


def profile_page(scheme: str) -> str:
    """Returns the name of the profile of a municipality or of any other region."""
    return MUNICIPALITY if scheme == MUNICIPALITY else "region"


def figure_page(scheme: str, *, is_embedded: bool = False) -> str:
    """Returns the name of the page of one figure of a municipality or of any other region."""
    kind = "embed" if is_embedded else "figure"
    return f"municipality_{kind}" if scheme == MUNICIPALITY else kind


def profile_tab(kind: str, scheme: str) -> str:
    """Returns the name of a page beside the profile, such as `theme`, of a municipality or of any other region."""
    return f"{profile_page(scheme)}_{kind}"


def routes(page: str, view: Any) -> list[tuple[str, Any]]:
    """Returns the routes of a page in both languages; a part in braces matches any text without a slash or a dot.

    Dots are reserved for the files of a page, as in `/gemeente/zwolle.zip`. Nor does such a part match a word that
    another page has in its place: `/gemeente/zwolle/kort` is not an indicator.
    """
    found = []
    for path in PATHS[page].values():
        parts = path.rstrip("/").split("/")
        pattern = "/".join(_part_pattern(parts, place) for place in range(len(parts)))
        found.append((rf"^{pattern}/?$", view))
    return found


def _part_pattern(parts: list[str], place: int) -> str:
    part = parts[place]
    if not part.startswith("{"):
        return part
    taken = "|".join(reserved_words(parts, place))
    others = rf"(?!(?:{taken})(?:[/.]|$))" if taken else ""
    return f"(?P<{part[1:-1]}>{others}[^/.]+)"


def reserved_words(parts: list[str], place: int) -> list[str]:
    """Returns the words that pages with an address of the same form have where this one has a part in braces."""
    found = set()
    for paths in PATHS.values():
        for other in (path.split("/") for path in paths.values()):
            pairs = [(a, b) for at, (a, b) in enumerate(zip(parts, other, strict=False)) if at != place]
            alike = len(other) == len(parts) and all(a == b or ("{" in a and "{" in b) for a, b in pairs)
            if alike and "{" not in other[place]:
                found.add(other[place])
    return sorted(found)


def file_routes(page: str, view: Any, extension: str = CSV_EXTENSION) -> list[tuple[str, Any]]:
    """Returns the routes of the files of a page: its addresses with an extension, by default that of CSV."""
    return [(pattern.removesuffix("/?$") + rf"\.{extension}$", view) for pattern, _ in routes(page, view)]


def language(request: Request) -> str:
    """Returns the language of the address of a request."""
    return "en" if request.path == "/en" or request.path.startswith("/en/") else "nl"


def parts_of(request: Request) -> dict[str, str]:
    """Returns the parts of the address that the route captured; a kind of region by its scheme, not by its word."""
    parts = {name: unquote(part) for name, part in request.url_vars.items() if part is not None}
    if SCHEME in parts:
        parts[SCHEME] = _SCHEMES.get(parts[SCHEME].lower(), parts[SCHEME])
    return parts


def site_address(datasette: Datasette, request: Request) -> str:
    """Returns the address of the portal without a trailing slash: its public one, or else as the client wrote it."""
    return public_address(datasette) or str(datasette.absolute_url(request, "/")).rstrip("/")


def public_address(datasette: Datasette) -> str | None:
    """Returns the public address that the release was published with; None if nobody set one."""
    url = str((datasette.metadata("contact") or {}).get("url", "")).rstrip("/")
    # Names below .example are nobody's, which is what the setting is by default.
    return url if url and not (urlsplit(url).hostname or "").endswith(".example") else None


def own_address(datasette: Datasette, request: Request, path: str) -> str:
    """Returns the whole address of a path of the portal, in the release whose pages the request is about."""
    frozen = request.scope.get("frozen")
    return f"{site_address(datasette, request)}{f'{FROZEN}/{frozen}' if frozen else ''}{path}"


async def render(
    datasette: Datasette,
    request: Request,
    template: str,
    page: str,
    context: dict[str, Any],
    *,
    query: str | None = None,
    status: int = 200,
    policy: str = OWN_PAGES_POLICY,
) -> Response:
    """Sends a page in the language of its address, with the address of the same page in the other language.

    `query` is the query string, if the page has a fixed order for it; otherwise that of the request is kept.
    `policy` says what the page may load and who may show it within theirs.
    """
    lang = language(request)
    asked = request.query_string if query is None else query
    query = f"?{asked}" if asked else ""
    pair = {each: page_url(page, each, **parts_of(request)) + query for each in PATHS[page]}
    given = {
        "lang": lang,
        "kind": page,
        "own_page": True,
        "here": page_url(page, lang, **parts_of(request)),
        "other_language_url": pair["nl" if lang == "en" else "en"],
        "page_url": page_url,
        "address": site_address(datasette, request),
        **context,
    }
    html = await datasette.render_template(template, given, request=request, view_name=page)
    answer: Response = Response.html(html, status=status, headers={**HEADERS, "Content-Security-Policy": policy})
    return answer


def moved(request: Request, address: str) -> Response:
    """Sends a reader to the one address of a page, for good, with what else was asked."""
    query = f"?{request.query_string}" if request.query_string else ""
    answer: Response = Response.redirect(f"{address}{query}", status=301)
    return answer


def led_to(request: Request, address: str) -> Response | None:
    """Sends a reader to the one address of a page, or its file there; None if that is what was asked for."""
    written, dot, extension = request.path.rstrip("/").partition(".")
    return None if written == address else moved(request, f"{address}{dot}{extension}")


async def not_found(
    datasette: Datasette,
    request: Request,
    page: str,
    title: str,
    *,
    links: dict[str, str] | None = None,
    query: str = "",
) -> Response:
    """Sends our own "not found" page: what is wrong, what to do, and links (address, words) that may help.

    The search field is filled in with `query`.
    """
    context = {"title": title, "links": links or {}, "q": query, "is_missing": True}
    return await render(datasette, request, "not_found.html", page, context, status=404)
