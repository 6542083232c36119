"""What is checked before a release is served: the questions, every file of the release, its rows, and the port."""

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from support import run_cli
from support_releases import seal_again

from pipelines.commands.release_check import ServeError, check_release, resolve_release
from pipelines.commands.serve import refuse_taken_port
from pipelines.commands.server_process import server_command
from pipelines.publish.queries import QueryError, load_queries
from pipelines.publish.release import MANIFEST


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "flipped": flip,
    "cut": lambda file: os.truncate(file, file.stat().st_size // 2),
    "emptied": lambda file: os.truncate(file, 0),
    "missing": lambda file: file.unlink(),
}
# One of each kind: what an ending means depends on the folder.
KINDS = ("tables/*.parquet", "tables/*.nl.csv.gz", "tables/[a-z]*s.csv.gz", "*.json", "*.db", "*.ttl", "*.jsonld")


def files_of_each_kind(release: Path) -> list[str]:
    found = [[path.relative_to(release).as_posix() for path in sorted(release.glob(kind))] for kind in KINDS]
    assert all(found)
    # Each of the JSON files says something of its own.
    return [
        name for kind, names in zip(KINDS, found, strict=True) for name in (names if kind == "*.json" else names[:1])
    ]


def copy_with(release: Path, folder: Path, name: str) -> Path:
    """A release folder in which one file may be changed: the others are those of the release."""
    release = release.resolve()
    shutil.copytree(release, folder, copy_function=os.link)
    (folder / name).unlink()
    shutil.copyfile(release / name, folder / name)
    return folder


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


def test_a_whole_release_is_served_itself_and_not_its_link(sample_release: Path, tmp_path: Path) -> None:
    link = tmp_path / "current"
    link.symlink_to(sample_release.resolve())
    assert check_release(link) == resolve_release(link) == sample_release.resolve()


@pytest.mark.parametrize("damage", DAMAGES)
def test_any_damage_to_any_kind_of_file_is_refused_in_one_line(
    sample_release: Path, tmp_path: Path, damage: str
) -> None:
    names = files_of_each_kind(sample_release)
    assert len(names) > 10
    for number, name in enumerate(names):
        copy = copy_with(sample_release, tmp_path / str(number) / sample_release.resolve().name, name)
        DAMAGES[damage](copy / name)
        if (name, damage) == (MANIFEST, "flipped"):
            # It lists the others and not itself: a letter of a sentence may differ, a number of rows may not.
            told = json.loads((sample_release / name).read_text(encoding="utf-8"))
            told["rows"]["regions"] += 1
            (copy / name).write_text(json.dumps(told), encoding="utf-8")
        with pytest.raises(ServeError) as refused:
            check_release(copy)
        told_line = str(refused.value)
        assert "\n" not in told_line and ("regions" if (name, damage) == (MANIFEST, "flipped") else name) in told_line
        shutil.rmtree(copy)


def test_a_file_too_many_and_a_database_of_another_release_are_refused(sample_release: Path, tmp_path: Path) -> None:
    copy = copy_with(sample_release, tmp_path / "more", MANIFEST)
    (copy / "extra.txt").write_text("x", encoding="utf-8")
    with pytest.raises(ServeError, match=r"release more is damaged: extra\.txt is not in release\.json -> "):
        check_release(copy)
    (copy / "extra.txt").unlink()
    seal_again(copy, release_id="another")
    with pytest.raises(ServeError, match=r"regiokompas\.db is of release sample-\S+, release\.json of another"):
        check_release(copy)


@pytest.mark.parametrize(
    ("name", "damage"), [("regiokompas.db", "cut"), ("metadata.json", "flipped"), (MANIFEST, "cut")]
)
def test_the_command_ends_with_that_line(sample_release: Path, tmp_path: Path, name: str, damage: str) -> None:
    copy = copy_with(sample_release, tmp_path / "releases" / "r1", name)
    (tmp_path / "releases" / "current").symlink_to("r1")
    DAMAGES[damage](copy / name)
    ran = run_cli("serve", "--port", "0", data=tmp_path)
    assert ran.code == 1 and ran.out == ""
    assert len(ran.err.splitlines()) == 1 and f"release r1 is damaged: {name}" in ran.err and " -> " in ran.err


def test_a_release_whose_pages_fail_is_refused_in_one_line(sample_release: Path, tmp_path: Path) -> None:
    broken = copy_with(sample_release, tmp_path / sample_release.resolve().name, "maps.json")
    (broken / "maps.json").write_text("{}", encoding="utf-8")
    seal_again(broken, "maps.json")
    assert check_release(broken)
    ran = subprocess.run(server_command(broken, 0), capture_output=True, text=True, check=False, timeout=300)
    assert ran.returncode == 1 and ran.stdout == "", ran.stdout
    assert len(ran.stderr.splitlines()) == 1 and ran.stderr.startswith(
        f"Error: release {broken.name} cannot be shown: "
    )


def test_serving_nothing_or_on_a_taken_port_is_one_clear_line(tmp_path: Path) -> None:
    nothing = run_cli("serve", data=tmp_path)
    assert nothing.code == 1 and len(nothing.err.splitlines()) == 1 and "There is no release at" in nothing.err
    with pytest.raises(ServeError, match=r"has no regiokompas\.db"):
        check_release(tmp_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ServeError, match=r"Port .* cannot be used"):
            refuse_taken_port(taken.getsockname()[1], "127.0.0.1")
