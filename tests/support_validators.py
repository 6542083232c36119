"""What others say of our Data Packages and CSV: the schemas of version 2, frictionless and csvw. None asks the net."""

import json
from pathlib import Path
from typing import Any

import dplib
import frictionless
from csvw import CSVW
from jsonschema import Draft7Validator
from referencing import Registry

PROFILE = Path(dplib.__file__).parent / "profiles" / "2.0" / "datapackage.json"


def schema_problems(package: dict[str, Any]) -> list[str]:
    """What the JSON schema of Data Package 2 refuses; the empty registry fetches nothing."""
    schema = json.loads(PROFILE.read_text(encoding="utf-8"))
    validator = Draft7Validator(schema, registry=Registry())
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(package)]


def data_problems(package: dict[str, Any], folder: Path) -> list[str]:
    """What frictionless finds in the files: types, what must be filled, keys, sizes and digests."""
    report = frictionless.Package.from_descriptor(package, basepath=str(folder)).validate()
    return [f"{kind}: {message}" for kind, message in report.flatten(["type", "message"])]


def web_problems(metadata: Path) -> list[str]:
    """What csvw finds in the tables that the metadata file names."""
    found = CSVW(str(metadata), validate=True)
    try:
        valid = found.is_valid
    except ValueError as error:
        return [str(error)]
    return [] if valid else [str(warning.message) for warning in found.warnings] or ["not valid"]
