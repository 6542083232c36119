"""What is checked before a release is served: the questions, the release itself and the port."""

import socket
from pathlib import Path

import pytest

from pipelines.commands.serve import ServeError, datasette_command, refuse_taken_port, serve
from pipelines.publish.queries import QueryError, load_queries


def test_questions_say_what_is_wrong_with_a_file(tmp_path: Path) -> None:
    file = tmp_path / "1_x.sql"
    head = "-- ---\n-- title_nl: a\n-- title_en: b\n-- description_nl: c\n"
    for text, expected in [
        ("select 1", "1_x.sql: start the file"),
        (f"{head}-- ---\nselect 1", "description_en: Field required"),
        (f"{head}-- description_en: d\n-- ---\nselect :region", r"takes \['region'\]"),
        (f"{head}-- description_en: d\n-- surprise: d\n-- ---\nselect 1", "surprise"),
    ]:
        file.write_text(text, encoding="utf-8")
        with pytest.raises(QueryError, match=expected):
            load_queries(tmp_path)


def test_the_command_names_the_release_itself_and_not_the_link(sample_release: Path, tmp_path: Path) -> None:
    link = tmp_path / "current"
    link.symlink_to(sample_release.resolve())
    command = datasette_command(link, 8001)
    assert str(sample_release.resolve() / "regiokompas.db") in command
    assert not [part for part in command if str(link) in part]
    assert "--cors" in command and "--immutable" in command


def test_serving_nothing_or_on_a_taken_port_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(ServeError, match="There is no release at"):
        serve(tmp_path / "current", 8001)
    with pytest.raises(ServeError, match=r"has no regiokompas\.db"):
        serve(tmp_path, 8001)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ServeError, match=r"Port .* cannot be used"):
            refuse_taken_port(taken.getsockname()[1], "127.0.0.1")
