"""The page of the changes tells what was accepted with a release, and why, in both languages."""

import html
import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from datasette.app import Datasette
from support_portal import fetch, open_portal, release_of
from support_releases import BEFORE, EARLIER, REVISED, publish_after

from pipelines.publish.gate import Bounds, movements_beyond
from pipelines.publish.movements import Movements, Revision
from pipelines.settings import PORTAL, Settings

REASON = 'GM0457 <merged>, and "goals" were ours to begin with'
ACCEPTED = {
    "reason": REASON,
    "older": EARLIER,
    "figures": 12_345,
    "had": 67_890,
    "indicators": ["jobs_count", "an_old_count"],
    "municipalities": ["GM0193", "GM9999"],
}
BOTH = pytest.mark.parametrize(
    ("path", "heading", "numbers"),
    [
        ("/wijzigingen", "Wat is aanvaard", ("12.345", "67.890")),
        ("/en/changes", "What was accepted", ("12,345", "67,890")),
    ],
)


def publish(sample_release: Path, folder: Path, accepted: dict[str, object] | None) -> Datasette:
    return open_portal(publish_after(folder / "releases", sample_release, {REVISED: BEFORE}, accepted).folder)


def section_of(page: str) -> str:
    found = re.search(r'<section id="accepted">(.*?)</section>', page, re.DOTALL)
    assert found, "the page has no section of accepted losses"
    return found[1]


@pytest.fixture(scope="module")
def portal_with_losses(sample_release: Path, tmp_path_factory: pytest.TempPathFactory) -> Datasette:
    return publish(sample_release, tmp_path_factory.mktemp("accepted"), ACCEPTED)


@BOTH
def test_who_lost_what_and_why_is_told(
    portal_with_losses: Datasette, path: str, heading: str, numbers: tuple[str, str]
) -> None:
    section = section_of(fetch(portal_with_losses, path).text)
    assert f"<h2>{heading}</h2>" in section and EARLIER in section
    assert all(number in section for number in numbers)
    (quote,) = re.findall(r"<blockquote>(.*?)</blockquote>", section)
    assert html.unescape(quote) == REASON and "<merged>" not in section
    # What this release still knows has its name, and what it does not know at least its code.
    named = dict(re.findall(r'<li>([^<]+) <span class="detail">([^<]+)</span></li>', section))
    assert "GM0193" in named.values() and "Zwolle" in named and "jobs_count" in named.values()
    assert "<li>GM9999</li>" in section and "<li>an_old_count</li>" in section
    assert f'href="{path}?change=removed"' in section


@BOTH
def test_losses_of_an_earlier_release_stand_with_that_one(
    portal_with_losses: Datasette, path: str, heading: str, numbers: tuple[str, str]
) -> None:
    release = release_of(portal_with_losses).release_id
    section = section_of(fetch(portal_with_losses, f"{path}?release={release}").text)
    assert f'href="{path}?change=removed&amp;release={release}"' in section


@BOTH
def test_nothing_is_told_where_nothing_had_to_be_accepted(
    revised_release: Path, path: str, heading: str, numbers: tuple[str, str]
) -> None:
    page = fetch(open_portal(revised_release), path).text
    assert heading not in page and 'id="accepted"' not in page and 'id="figures"' in page


MOVED = [
    {"rule": rule, "subjects": subjects}
    for rule, subjects in {
        "settled_moved": [],
        "part_moved": ["jobs_count"],
        "revised_most": ["an_old_count"],
        "sum_parted": ["jobs_count"],
        "table_shrunk": ["observations"],
    }.items()
]


@pytest.fixture(scope="module")
def portal_with_moves(sample_release: Path, tmp_path_factory: pytest.TempPathFactory) -> Datasette:
    nothing_lost = {"figures": 0, "indicators": [], "municipalities": [], "moved": MOVED}
    return publish(sample_release, tmp_path_factory.mktemp("moved"), ACCEPTED | nothing_lost)


@BOTH
def test_what_moved_is_told_by_the_rule_that_saw_it(
    portal_with_moves: Datasette, path: str, heading: str, numbers: tuple[str, str]
) -> None:
    section = section_of(fetch(portal_with_moves, path).text)
    assert f"<h2>{heading}</h2>" in section and not any(number in section for number in numbers)
    assert f'href="{path}?change=removed' not in section
    lists = re.findall(r"<h3>([^<]+)</h3>\s*<ul[^>]*>(.*?)</ul>", section, re.DOTALL)
    assert len(lists) == 4 and len({title for title, _ in lists}) == 4
    # By name if the release knows it, by its code if not.
    found = [re.findall(r"<li>(.*?)</li>", items) for _, items in lists]
    assert found[1] == ["an_old_count"] and found[3] == ["observations"]
    assert found[0] == found[2] and '<span class="detail">jobs_count</span>' in found[0][0]


def test_every_rule_of_the_gate_has_a_title() -> None:
    texts = yaml.safe_load((PORTAL / "texts" / "changes.yml").read_text(encoding="utf-8"))["changes_accepted"]
    loose = replace(Bounds.of(Settings()), share_moved=-1, part_moved=-1, gap=-1, revision=-1, rows=-2)
    revision = Revision("jobs_count", "GM0193", "2025JJ00", 1, 2, 0.5)
    all_at_once = Movements({"jobs_count": (9, 9)}, (revision,), {}, (("jobs_count", "2025", 1, 2),), {"a": (2, 1)})
    rules = {found.rule for found in movements_beyond(all_at_once, "a", loose)}
    assert rules | {"indicators", "municipalities"} == texts.keys() and len(rules) == 5
