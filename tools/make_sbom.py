"""Writes what the software is made of, as CycloneDX: every locked package with its hashes and its licence.

Run as `make sbom`, which writes `sbom.cdx.json`. It is made from `requirements.lock` and from what installed packages
say of themselves, so equal ones give an equal file.
"""

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata, version
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

PROJECT = Path(__file__).parents[1]
LOCK, SBOM = PROJECT / "requirements.lock", PROJECT / "sbom.cdx.json"
_LOCKED = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[^\s;]+)(?P<rest>(?:.*\\\n)*.*)$", re.MULTILINE)
# Of those that say nothing in their metadata, as their repositories do.
_SAID_ELSEWHERE = {"resvg-py": "MIT"}


@dataclass(frozen=True)
class Locked:
    """A package of the lock: its name, its version, and the sha256 of each file that it may be."""

    name: str
    version: str
    hashes: tuple[str, ...]

    @property
    def licence(self) -> str | None:
        """The licence that it names, as an expression or in words; None where it is not installed here."""
        try:
            said = metadata(self.name)
        except PackageNotFoundError:
            return None
        classifiers = [c.rpartition(" :: ")[2] for c in said.get_all("Classifier") or [] if c.startswith("License :: ")]
        first_line = (said.get("License") or "").strip().partition("\n")[0]
        told = said.get("License-Expression") or " OR ".join(classifiers) or first_line
        return told or _SAID_ELSEWHERE.get(self.name, "")


def locked(lock: Path = LOCK) -> Iterator[Locked]:
    """Every package of a lock, in its order."""
    for found in _LOCKED.finditer(lock.read_text(encoding="utf-8")):
        yield Locked(found["name"], found["version"], tuple(re.findall(r"sha256:(\w{64})", found["rest"])))


def make_sbom(lock: Path = LOCK) -> str:
    """The bill of materials, as CycloneDX 1.6 in JSON."""
    licences = LicenseFactory()
    kind, name = ComponentType.APPLICATION, "regiokompas"
    software = Component(name=name, version=version(name), type=kind, bom_ref=name)
    software.licenses.add(licences.make_from_string("EUPL-1.2"))
    bom = Bom(serial_number=uuid5(NAMESPACE_URL, lock.read_text(encoding="utf-8")))
    bom.metadata.component = software
    for package in locked(lock):
        purl = PackageURL("pypi", name=package.name, version=package.version)
        part = Component(name=package.name, version=package.version, purl=purl, bom_ref=str(purl))
        part.hashes.update(HashType(alg=HashAlgorithm.SHA_256, content=each) for each in package.hashes)
        if package.licence:
            part.licenses.add(licences.make_from_string(package.licence))
        bom.components.add(part)
    bom.register_dependency(software, bom.components)
    content = json.loads(JsonV1Dot6(bom).output_as_string())
    # It would make equal ones differ.
    del content["metadata"]["timestamp"]
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SBOM.write_text(make_sbom(), encoding="utf-8")
    sys.stdout.write(f"{SBOM.name}: {sum(1 for _ in locked())} packages\n")
