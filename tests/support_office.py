"""LibreOffice as the reader of Dutch CSV, in the place of a Dutch Excel."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import openpyxl
import pytest

OFFICE = shutil.which("soffice") or shutil.which("libreoffice")
# 59 a semicolon, 34 a quote, 76 UTF-8, 1 the first line, 1043 Dutch (Netherlands), recognise numbers as typed.
DUTCH_CSV = "CSV:59,34,76,1,,1043,false,true"
# As with the browser: absent in CI is a failure, elsewhere a reason to skip.
NEEDS_OFFICE = pytest.mark.skipif(
    OFFICE is None and not os.environ.get("CI"),
    reason="LibreOffice is absent; on Debian: apt-get install --no-install-recommends libreoffice-calc-nogui",
)

Cells = list[dict[str, Any]]


def open_dutch_csv(path: Path, folder: Path) -> Cells:
    """The rows of a CSV file as LibreOffice reads it, each cell of the type that it was given there."""
    assert OFFICE, "LibreOffice is absent, and CI needs it"
    command = [OFFICE, "--headless", f"-env:UserInstallation={(folder / 'user').as_uri()}"]
    command += [f"--infilter={DUTCH_CSV}", "--convert-to", "xlsx", "--outdir", str(folder), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    sheet = openpyxl.load_workbook(folder / f"{path.stem}.xlsx").active
    assert sheet is not None
    header, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(map(str, header), row, strict=True)) for row in rows]
