"""Alerts: a trouble is told once when it begins and once when it is over, and no run fails because of one."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from support_http import Answer, Site, open_site

from pipelines.concerns import FAILED, HELD_BACK, TITLES, WARNED, Concern
from pipelines.errors import Trouble
from pipelines.orchestration.alerts import KINDS, alert_sensors, send_news, troubles
from pipelines.settings import Settings

LOG = logging.getLogger("alerts")
ASKED = {"cbs/1", "cbs/2", "cbs/3"}
CHANGED = Concern(Trouble.CHANGED, "cbs/1", "no column A_1, expected by indicator a_count", "compare the card")
SILENT = Concern(Trouble.UNREACHABLE, "cbs/2", "no answer within 20 s", "try again later")
HELD = Concern(HELD_BACK, "a_count", "chooses nothing")
REFUSED = Concern(FAILED, "release 2026-11-30-1", "5.0% of the figures are gone")
REMARK = Concern(WARNED, "cbs/3", "a new column")


@pytest.fixture
def receiver() -> Iterator[Site]:
    with open_site() as site:
        site.put("/hook/secret", b"")
        yield site


@pytest.fixture
def settings(receiver: Site, tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, webhook=f"{receiver.url}/hook/secret", public_url="https://figures.example")


def told(receiver: Site) -> list[tuple[str, str]]:
    return [(alert["kind"], alert["subject"]) for alert in receiver.posted[-1]["alerts"]]


def test_every_group_of_concerns_but_remarks_is_some_kind_of_alert() -> None:
    assert KINDS.keys() == TITLES.keys() - {WARNED}
    assert {alert.kind for alert in troubles(Concern(group, "a", "b") for group in TITLES)} == set(KINDS.values())


def test_a_message_has_the_form_that_is_documented(settings: Settings, receiver: Site) -> None:
    send_news(settings, [CHANGED], ASKED, LOG)
    (message,) = receiver.posted
    assert message.keys() == {"version", "sent_at", "portal", "release", "alerts"}
    assert (message["version"], message["portal"], message["release"]) == (1, "https://figures.example", None)
    assert message["alerts"] == [
        {
            "kind": "drifted",
            "subject": "cbs/1",
            "problem": "no column A_1, expected by indicator a_count",
            "todo": "compare the card",
        }
    ]
    text = (Path(__file__).parents[2] / "docs" / "running-live.md").read_text(encoding="utf-8")
    example = json.loads(text.split("```json\n")[-1].split("```")[0])
    assert example.keys() == message.keys() and example["alerts"][0].keys() == message["alerts"][0].keys()
    assert all(f"| `{kind}` |" in text for kind in {*KINDS.values(), "refused", "recovered"})


def test_a_trouble_is_told_when_it_begins_and_when_it_is_over(settings: Settings, receiver: Site) -> None:
    send_news(settings, [CHANGED, SILENT, REMARK], ASKED, LOG)
    assert told(receiver) == [("drifted", "cbs/1"), ("stale", "cbs/2")]
    send_news(settings, [CHANGED, SILENT, HELD], ASKED, LOG)
    assert told(receiver) == [("drifted", "a_count")]
    assert send_news(settings, [CHANGED, SILENT, HELD], ASKED, LOG) == [] and len(receiver.posted) == 2
    send_news(settings, [HELD], ASKED, LOG)
    assert told(receiver) == [("recovered", "cbs/1"), ("recovered", "cbs/2")]
    assert "no longer stale: no answer within 20 s" in receiver.posted[-1]["alerts"][1]["problem"]
    send_news(settings, [CHANGED], ASKED, LOG)
    assert told(receiver) == [("drifted", "cbs/1"), ("recovered", "a_count")]


def test_a_run_of_other_sources_does_not_end_a_trouble(settings: Settings, receiver: Site) -> None:
    send_news(settings, [CHANGED, SILENT, HELD], ASKED, LOG)
    send_news(settings, [], {"cbs/2"}, LOG)
    assert told(receiver) == [("recovered", "cbs/2"), ("recovered", "a_count")]
    assert send_news(settings, [CHANGED], ASKED, LOG) == []
    send_news(settings, [], ASKED, LOG)
    assert told(receiver) == [("recovered", "cbs/1")]


def test_a_refusal_is_one_trouble_however_often_it_is_built(settings: Settings, receiver: Site) -> None:
    send_news(settings, [REFUSED, Concern(FAILED, "release 2026-11-30-1", "another line")], ASKED, LOG)
    assert told(receiver) == [("refused", "release")]
    assert send_news(settings, [Concern(FAILED, "release 2026-12-01-2", "again")], ASKED, LOG) == []


def test_without_an_address_nothing_is_sent_or_kept(tmp_path: Path) -> None:
    assert send_news(Settings(data=tmp_path), [CHANGED], ASKED, LOG) == [] and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("status", [400, 500, 503])
def test_what_could_not_be_sent_is_tried_again_and_names_no_address(
    settings: Settings, receiver: Site, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.put("/hook/secret", Answer(status=status))
    assert send_news(settings, [CHANGED], ASKED, LOG) == [] and len(receiver.asked) == 3
    assert "alerts were not sent: HTTPError" in caplog.text and "secret" not in caplog.text
    receiver.put("/hook/secret", b"")
    send_news(settings, [CHANGED], ASKED, LOG)
    assert told(receiver) == [("drifted", "cbs/1")]


def test_a_short_failure_of_the_receiver_is_survived(settings: Settings, receiver: Site) -> None:
    receiver.put("/hook/secret", Answer(status=503), b"")
    assert len(send_news(settings, [CHANGED], ASKED, LOG)) == 1 and len(receiver.posted) == 1


@pytest.mark.parametrize("content", ["", "[{", '[{"a": 1}]', "{}"])
def test_a_damaged_memory_tells_too_much_rather_than_too_little(
    settings: Settings, receiver: Site, content: str
) -> None:
    (settings.data / "alerts.json").write_text(content, encoding="utf-8")
    send_news(settings, [CHANGED], ASKED, LOG)
    assert told(receiver) == [("drifted", "cbs/1")]


@pytest.mark.parametrize(("webhook", "status"), [("", "STOPPED"), ("https://example.org/x", "RUNNING")])
def test_the_sensors_run_where_there_is_an_address(tmp_path: Path, webhook: str, status: str) -> None:
    sensors = alert_sensors(Settings(data=tmp_path, webhook=webhook))
    assert {sensor.name for sensor in sensors} == {"alerts_after_success", "alerts_after_failure"}
    assert {sensor.default_status.value for sensor in sensors} == {status}
