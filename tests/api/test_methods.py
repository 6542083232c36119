"""The portal is to read: at any address a method that would change something is refused, with what is allowed."""

import pytest
from datasette.app import Datasette
from support_page_kinds import address_of, kinds
from support_portal import ask, release_of, run_sql

ALLOWED = "GET, HEAD, OPTIONS"
OTHERS = [
    "/downloads/regions.csv",
    "/gemeente/zwolle/banen.csv",
    "/kaart/jobs_count.png",
    "/regiokompas",
    "/regiokompas/regions",
    "/regiokompas/regions.json",
    "/regiokompas?sql=select+1",
    "/sitemap.xml",
    "/static/portal.css",
    "/-/search",
    "/no-such-page",
]
PAGES = [address_of(page, lang) for page in kinds() for lang in ("nl", "en")]
OWN_ANSWER = ("/v1", "/mcp")


@pytest.mark.parametrize("path", [*(path for path in PAGES if not path.startswith(OWN_ANSWER)), *OTHERS])
def test_what_would_change_something_is_refused(portal: Datasette, path: str) -> None:
    # A server has started before it answers.
    assert release_of(portal)
    for method in ("POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"):
        answer = ask(portal, path, method)
        assert (answer.status_code, answer.headers.get("allow")) == (405, ALLOWED), method
    asked = ask(portal, path, "OPTIONS")
    assert (asked.status_code, asked.headers["allow"], asked.content) == (204, ALLOWED, b"")
    assert asked.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(("path", "allowed"), [("/v1/regions", ALLOWED), ("/mcp", "POST")])
def test_who_answers_for_itself_still_does(portal: Datasette, path: str, allowed: str) -> None:
    answer = ask(portal, path, "DELETE")
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)


@pytest.mark.parametrize("table", ["sqlite_stmt", "SQLite_Stmt", "dbstat", "main.dbstat"])
def test_what_others_ask_and_how_the_file_is_laid_out_is_not_shown(portal: Datasette, table: str) -> None:
    answer = run_sql(portal, f"select * from {table}")
    assert answer.status_code == 400
    assert any(told in answer.text for told in ("not authorized", "prohibited", "no such table"))
