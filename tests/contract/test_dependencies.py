"""What the software is made of: every locked package has a licence that is known and allowed, and is in the SBOM."""

import json
import re

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tools.make_sbom import Locked, locked, make_sbom

# Those that ask for no more than their own text, or for the source of what was changed in them.
ALLOWED = {
    *("Apache-2.0", "Apache Software License", "Apache License, Version 2.0"),
    *("MIT", "MIT License", "MIT-0", "0BSD", "ISC License (ISCL)", "Zlib"),
    *("BSD", "BSD License", "BSD-2-Clause", "BSD-3-Clause", "BSD 3-Clause", "3-Clause BSD License"),
    *("MPL-2.0", "Mozilla Public License 2.0 (MPL 2.0)", "PSF-2.0", "Python Software Foundation License"),
    *("Artistic License", "OFL-1.1", "CC0-1.0", "Public Domain"),
}
PACKAGES = list(locked())
INSTALLED = [package for package in PACKAGES if package.licence is not None]


def is_allowed(licence: str) -> bool:
    """Whether one of its alternatives asks for nothing that is not allowed."""
    alternatives = [re.split(r"\s+AND\s+", either) for either in re.split(r"\s+OR\s+", licence)]
    return any(all({part, part.strip("()")} & ALLOWED for part in parts) for parts in alternatives)


@pytest.mark.parametrize("package", INSTALLED, ids=lambda package: package.name)
def test_every_licence_is_known_and_allowed(package: Locked) -> None:
    assert package.licence and is_allowed(package.licence), package.licence


def test_only_packages_of_other_systems_are_not_installed() -> None:
    assert len(INSTALLED) > 150 and len(PACKAGES) - len(INSTALLED) < 10


@pytest.mark.parametrize("licence", ["GPL-3.0-only", "MIT AND GPL-3.0-only", "", "Proprietary"])
def test_another_licence_is_not_allowed(licence: str) -> None:
    assert not is_allowed(licence)


def test_the_sbom_is_valid_and_has_every_package_with_its_hashes() -> None:
    made = make_sbom()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(made) is None
    content = json.loads(made)
    assert [(part["name"], part["version"]) for part in content["components"]] == sorted(
        (package.name, package.version) for package in PACKAGES
    )
    assert all(part["hashes"] for part in content["components"]) and make_sbom() == made
