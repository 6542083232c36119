"""/mcp, asked by the client of the protocol's own kit: every tool, every indicator, and what is refused."""

import asyncio
import html
import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from datasette.app import Datasette
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from support import query
from support_portal import ask, fetch, release_of

from portal.sentences import RELATIVE

ADDRESS = "http://localhost"
# Clients of before 2026 shake hands first.
WAYS = ("auto", "legacy")
TAGS = re.compile(r"<[^>]*>")
COMMON = """
select period_code, count(*) from observations_on_boundaries
where indicator_id = ? and region_code in (?, ?) and value is not null and is_over group by 1 having count(*) = 2
"""
VALUES = """
select region_code, value from observations_on_boundaries
where indicator_id = ? and region_code in (?, ?) and period_code = ? order by 1
"""
HAS_NONE = "select count(value) from baseline where indicator_id = ? and region_code = 'GM0193'"
PAIR = ("GM0150", "GM0193")


def talk(portal: Datasette, questions: Callable[[Client], Awaitable[Any]], way: Any = "auto") -> Any:
    """What comes of questions to a server."""

    async def main() -> Any:
        await portal.invoke_startup()
        transport = httpx2.ASGITransport(app=portal.app())
        async with (
            httpx2.AsyncClient(transport=transport, base_url=ADDRESS) as http,
            Client(streamable_http_client(f"{ADDRESS}/mcp", http_client=http), mode=way) as client,
        ):
            return await questions(client)

    return asyncio.run(main())


def call_all(portal: Datasette, tool: str, all_arguments: list[dict[str, Any]], way: str = "auto") -> list[Any]:
    async def questions(client: Client) -> list[Any]:
        return [await client.call_tool(tool, arguments) for arguments in all_arguments]

    found: list[Any] = talk(portal, questions, way)
    return found


def call(portal: Datasette, tool: str, **arguments: Any) -> dict[str, Any]:
    (found,) = call_all(portal, tool, [arguments])
    assert not found.is_error, found.content[0].text
    told: dict[str, Any] = found.structured_content
    assert json.loads(found.content[0].text) == told
    return told


def refusal(portal: Datasette, tool: str, **arguments: Any) -> str:
    (found,) = call_all(portal, tool, [arguments])
    assert found.is_error
    return str(found.content[0].text)


@pytest.mark.parametrize("way", WAYS)
def test_every_tool_only_reads_and_says_what_it_takes_and_gives(portal: Datasette, way: str) -> None:
    tools = talk(portal, lambda client: client.list_tools(), way).tools
    assert {tool.name for tool in tools} == {
        *("about_release", "find_regions", "find_indicators", "get_figure", "compare_regions")
    }
    for tool in tools:
        assert tool.description and tool.annotations.read_only_hint and tool.output_schema["type"] == "object"
        described = [about.get("description") or name for name, about in tool.input_schema["properties"].items()]
        assert described and tool.input_schema["type"] == "object"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("lang", ["nl", "en"])
def test_every_indicator_is_told_as_its_page_tells_it(
    portal: Datasette, sample_release: Path, lang: str, way: str
) -> None:
    asked = [name for (name,) in query(sample_release, "select indicator_id from indicators order by 1")]
    # Each of the four combinations takes its turn, so that together they take all.
    mine = asked[2 * WAYS.index(way) + (lang == "en") :: 4]
    region, notice = "Zwolle", dict(release_of(portal).notice_parts)[lang]
    answers = call_all(
        portal, "get_figure", [{"region": region, "indicator": name, "language": lang} for name in mine], way
    )
    told = 0
    for name, answer in zip(mine, answers, strict=True):
        if answer.is_error:
            assert query(sample_release, HAS_NONE, name) == [(0,)] and "There is no figure" in answer.content[0].text, (
                name
            )
            continue
        figure, told = answer.structured_content, told + 1
        path = figure["page"].removeprefix(ADDRESS)
        page = html.unescape(TAGS.sub("", fetch(portal, path).text))
        assert " ".join(figure["sentence"].split()) in " ".join(page.split()), name
        assert figure["about"]["notice"] == notice and notice in figure["citation"]
        assert figure["sources"] and all(source["attribution"] and source["licence"] for source in figure["sources"])
        assert figure["fixed_page"] == f"{ADDRESS}/release/{figure['about']['release']}{path}"
        assert figure["fixed_page"] in figure["citation"]
        for link in ("picture", "csv"):
            assert ask(portal, figure[link].removeprefix(ADDRESS), "HEAD").status_code == 200, figure[link]
        assert figure["newest"]["value"] is not None and "rank" not in json.dumps(figure)
    assert told


def test_every_comparison_is_of_one_period_and_of_what_can_be_compared(portal: Datasette, sample_release: Path) -> None:
    rows = query(sample_release, "select indicator_id, kind, is_comparable from indicators order by 1")
    answers = call_all(portal, "compare_regions", [{"indicator": name, "regions": list(PAIR)} for name, *_ in rows])
    compared = 0
    for (name, kind, is_comparable), answer in zip(rows, answers, strict=True):
        periods = query(sample_release, COMMON, name, *PAIR)
        text = answer.content[0].text
        if kind not in RELATIVE or not is_comparable:
            assert answer.is_error and "says how large a region is" in text, name
        elif not periods:
            assert answer.is_error and "no period in which all" in text, name
        else:
            assert not answer.is_error, (name, text)
            compared += 1
            given = [(r["region_code"], r["figure"]["value"]) for r in answer.structured_content["regions"]]
            one_period = {r["figure"]["period"] for r in answer.structured_content["regions"]}
            assert one_period == {answer.structured_content["period"]}, name
            assert any(given == query(sample_release, VALUES, name, *PAIR, period) for period, _ in periods), name
    assert compared >= 40


def test_what_is_not_known_is_told_with_what_is_near_it(portal: Datasette) -> None:
    assert "Zwolle (GM0193)" in refusal(portal, "get_figure", region="Zwole", indicator="jobs_count")
    assert "jobs_count" in refusal(portal, "get_figure", region="Zwolle", indicator="bane")
    assert "find_indicators" in refusal(portal, "get_figure", region="Zwolle", indicator="qqqqqq")
    assert "find_regions" in refusal(portal, "get_figure", region="qqqqqq", indicator="jobs_count")
    assert "2 to 45" in refusal(portal, "compare_regions", indicator="unemployment_share_pct", regions=["Zwolle"])
    assert "language" in refusal(portal, "find_regions", text="Zwolle", language="fr")
    assert refusal(portal, "find_regions", text="x" * 200)


def test_a_municipality_that_is_gone_is_told_with_its_heirs(portal: Datasette) -> None:
    registry = release_of(portal).registry
    gone = {code: [heir] for code, heir in registry.successors.items()} | dict(registry.heirs)
    asked = [code for code in gone if code in registry.regions and not registry.regions[code]["is_current"]]
    assert asked
    answers = call_all(portal, "get_figure", [{"region": code, "indicator": "jobs_count"} for code in asked])
    for code, answer in zip(asked, answers, strict=True):
        assert answer.is_error and all(heir in answer.content[0].text for heir in gone[code]), code


def test_a_search_says_how_much_it_left_out(portal: Datasette) -> None:
    found = call(portal, "find_indicators", text="werkloosheid", language="nl")
    assert found["indicators"][0]["indicator_id"] == "unemployment_share_pct"
    regions = call(portal, "find_regions", text="a")
    assert len(regions["regions"]) == 10 and regions["left_out"] == len(release_of(portal).find_regions("a")) - 10
    assert call(portal, "find_regions", text="Zwolle")["regions"][0]["is_exact"]


def test_the_release_says_what_there_is_to_ask(portal: Datasette, sample_release: Path) -> None:
    told = call(portal, "about_release", language="en")
    assert sum(map(len, told["themes"].values())) == query(sample_release, "select count(*) from indicators")[0][0]
    assert told["regions"]["municipality"] == 342 and told["about"]["release"] == release_of(portal).release_id
    assert fetch(portal, told["documentation"].removeprefix(ADDRESS))


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_only_questions_are_taken(portal: Datasette, method: str) -> None:
    answer = ask(portal, "/mcp", method)
    assert answer.status_code == 405 and answer.headers["allow"] == "POST"


@pytest.mark.parametrize(
    ("content", "status"), [(b"{", 400), (b"[]", 400), (b'{"jsonrpc": "2.0"}', 400), (b" " * 70_000, 413)]
)
def test_what_is_no_question_is_refused(portal: Datasette, content: bytes, status: int) -> None:
    headers = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
    assert ask(portal, "/mcp", "POST", content=content, headers=headers).status_code == status
