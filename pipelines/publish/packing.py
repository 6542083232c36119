"""The compressed forms of the text files that readers get: made once with the release, and not for each reader anew.

Belongs here: which files have which form. Which form a reader is sent is decided in `portal/sent_files.py`.
"""

import gzip
from pathlib import Path

import pyarrow as pa

from portal.release_form import PACKED, ZSTD

# Texts that describe the release; tables are written packed by `extracts.py`.
TEXTS = ("datapackage.json", "csv-metadata.json", "catalogue.ttl", "catalogue.jsonld")
# A quarter smaller than gzip in a second and a half; twice that time saves two hundredths more. Above 16 a reader would
# need more memory for it than the web allows (RFC 9659).
ZSTD_LEVEL = 9
GZIP_LEVEL = 9


def pack(folder: Path) -> None:
    """Writes `<name>.gz` and `<name>.zst` beside each text of a release, each only where it makes the file smaller.

    Args:
        folder: the folder of the release; the CSV files in its `tables` are there as `<name>.gz`, which stays.
    """
    for name in TEXTS:
        content = (folder / name).read_bytes()
        smallest = _keep(folder / f"{name}{PACKED}", gzip.compress(content, GZIP_LEVEL, mtime=0), len(content))
        _keep(folder / f"{name}{ZSTD}", _zstd(content), smallest)
    for packed in sorted((folder / "tables").glob(f"*.csv{PACKED}")):
        form = packed.read_bytes()
        # Its last four bytes are how long the text is (RFC 1952): where that is known the text is held once, not twice.
        content = pa.decompress(form, int.from_bytes(form[-4:], "little"), codec="gzip")
        _keep(packed.with_suffix(ZSTD), _zstd(content), min(len(content), len(form)))


def _zstd(content: bytes | pa.Buffer) -> bytes:
    return bytes(pa.Codec("zstd", ZSTD_LEVEL).compress(content, asbytes=True))


def _keep(path: Path, form: bytes, most: int) -> int:
    """Writes a form that is smaller than `most` bytes; returns the bytes of the smallest form."""
    if len(form) >= most:
        return most
    path.write_bytes(form)
    return len(form)
