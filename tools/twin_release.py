"""A second release that can be told from a first by its figures: for tests and measurements of a change of release."""

import json
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from pipelines.publish.release import MANIFEST, seal
from portal.pages import DATABASE

REGION = "GM0193"
"""The municipality whose figures are all one higher in the second release."""
TABLES = ("observations", "observations_on_boundaries")


def make_twin(release: Path, releases: Path, name: str) -> Path:
    """Writes a copy of a release under another name and with other figures of `REGION`; returns its folder."""
    twin = shutil.copytree(release.resolve(), releases / name, copy_function=os.link)
    file = twin / f"{DATABASE}.db"
    file.unlink()
    shutil.copyfile(release / f"{DATABASE}.db", file)
    with closing(sqlite3.connect(file)) as db:
        db.execute("update release set release_id = ?", [name])
        for table in TABLES:
            db.execute(f"update {table} set value = value + 1 where region_code = ?", [REGION])
        db.commit()
    sealed = json.loads((twin / MANIFEST).read_text(encoding="utf-8"))
    (twin / MANIFEST).unlink()
    facts = {key: fact for key, fact in sealed.items() if key not in ("release_id", "files")}
    seal(twin, name, facts, {key: about for key, about in sealed["files"].items() if key != file.name})
    return twin
