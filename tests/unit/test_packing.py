"""Compressed forms: what they hold is the file itself, and none is larger than what it stands for."""

import gzip
import io
from pathlib import Path

import pyarrow as pa

from pipelines.publish.packing import TEXTS, pack


def unpacked(path: Path) -> bytes:
    with pa.CompressedInputStream(io.BytesIO(path.read_bytes()), "zstd") as stream:
        return bytes(stream.read())


def test_each_text_has_the_forms_that_make_it_smaller(tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    texts = {name: f'{{"{name}": {"1234567890 " * 500}}}'.encode() for name in TEXTS[1:]}
    # Too short to become smaller.
    texts[TEXTS[0]] = b"{}"
    for name, text in texts.items():
        (tmp_path / name).write_bytes(text)
    tables = {"long.csv": b"a,b\r\n" + b"1,2\r\n" * 5_000, "short.csv": b"a\r\n"}
    for name, text in tables.items():
        (tmp_path / "tables" / f"{name}.gz").write_bytes(gzip.compress(text, mtime=0))
    before = {path.name for path in tmp_path.rglob("*")}
    pack(tmp_path)
    made = {path.name: path for path in tmp_path.rglob("*") if path.name not in before}
    assert f"{TEXTS[0]}.gz" not in made and f"{TEXTS[0]}.zst" not in made
    assert made.keys() >= {f"{name}.gz" for name in TEXTS[1:]} and "long.csv.zst" in made
    for name, path in made.items():
        text = {**texts, **tables}[path.stem]
        assert (gzip.decompress(path.read_bytes()) if name.endswith(".gz") else unpacked(path)) == text
        assert path.stat().st_size < len(text)
        if name.endswith(".zst"):
            assert path.stat().st_size < path.with_suffix(".gz").stat().st_size
    first = {name: path.read_bytes() for name, path in made.items()}
    pack(tmp_path)
    assert {name: path.read_bytes() for name, path in made.items()} == first
