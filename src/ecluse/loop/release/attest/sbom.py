"""The software bill of materials of a bundle: CycloneDX 1.6 in JSON.

Written from what the bundle is made of, the locked wheels with their digests and their own metadata, so it takes
milliseconds and can't differ from what ships; a scanner of environments would install it first.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Mapping
from email.parser import HeaderParser
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

from ecluse import __version__
from ecluse.model.artifact import Bundle, Wheel
from ecluse.model.release import Release
from ecluse.model.values import frozen
from ecluse.ports.store import ContentStore

SPACE = UUID("5d0f7d2c-9c3b-5a0e-8b7a-2f3c1f4f0d11")
"""Of the serial numbers: the same release has the same one."""


@frozen
class Part:
    """One wheel as it describes itself. `needs` are normalized names."""

    wheel: Wheel
    name: str
    version: str
    license: str = ""
    is_expression: bool = False
    needs: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        """A package URL (purl-spec, PyPI)."""
        return f"pkg:pypi/{self.name}@{self.version}"


def sbom(app: str, release: Release, bundle: Bundle, store: ContentStore) -> dict[str, Any]:
    """Of what the app runs with, and the server that Écluse starts. No time of day is in it."""
    wheels = {wheel.name: wheel for house in bundle.wheelhouses for wheel in (*house.app, *house.server)}
    parts = [part_of(wheels[name], store.path(wheels[name].digest)) for name in sorted(wheels)]
    root = f"{app}@{release.version}"
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(SPACE, release.id)}",
        "version": 1,
        "metadata": {
            "tools": {"components": [{"type": "application", "name": "ecluse", "version": __version__}]},
            "component": {
                "type": "application", "bom-ref": root, "name": app, "version": release.version,
                "hashes": [hashed(bundle.digest)],
                "properties": [{"name": "ecluse:commit", "value": release.commit}],
            },
        },
        "components": [component(part) for part in parts],
        "dependencies": list(_dependencies(root, parts)),
    }  # fmt: skip


def component(part: Part) -> dict[str, Any]:
    found: dict[str, Any] = {
        "type": "library",
        "bom-ref": f"{part.reference}#{part.wheel.name}",
        "name": part.name,
        "version": part.version,
        "purl": part.reference,
        "hashes": [hashed(part.wheel.digest)],
        "properties": [{"name": "ecluse:file", "value": part.wheel.name}],
    }
    if part.license:
        told = {"expression": part.license} if part.is_expression else {"license": {"name": part.license}}
        found["licenses"] = [told]
    return found


def hashed(digest: str) -> dict[str, str]:
    return {"alg": "SHA-256", "content": digest.removeprefix("sha256:")}


def part_of(wheel: Wheel, path: Path) -> Part:
    """Read from the wheel's METADATA (PyPA, core metadata)."""
    name, version, *_ = parse_wheel_filename(wheel.name)
    said = _metadata(path)
    expression = _expression(said.get("License-Expression", ""))
    return Part(
        wheel=wheel,
        name=str(name),
        version=str(version),
        license=expression or _plain(said),
        is_expression=bool(expression),
        needs=tuple(_needs(said.get_all("Requires-Dist", []))),
    )


def _metadata(path: Path) -> Any:
    with zipfile.ZipFile(path) as archive:
        name = next((one for one in archive.namelist() if one.endswith(".dist-info/METADATA")), None)
        text = archive.read(name).decode("utf-8", "replace") if name else ""
    return HeaderParser().parsestr(text)


def _expression(text: str) -> str:
    try:
        return str(canonicalize_license_expression(text)) if text else ""
    except InvalidLicenseExpression:
        return ""


def _plain(said: Any) -> str:
    """What older packages say: a word, not the whole text of a licence."""
    lines = [line for line in str(said.get("License", "")).splitlines() if line.strip()]
    if len(lines) == 1 and lines[0].strip().upper() != "UNKNOWN":
        return lines[0].strip()
    kinds = [one.rpartition(" :: ")[2] for one in said.get_all("Classifier", []) if one.startswith("License ::")]
    return kinds[0] if kinds else ""


def _needs(lines: Iterable[str]) -> Iterable[str]:
    for line in lines:
        try:
            yield str(canonicalize_name(Requirement(line).name))
        except InvalidRequirement:
            continue


def _dependencies(root: str, parts: list[Part]) -> Iterable[Mapping[str, Any]]:
    """What is there of what each asks for: markers and extras were decided when it was locked."""
    by_name: dict[str, list[str]] = {}
    for part in parts:
        by_name.setdefault(part.name, []).append(f"{part.reference}#{part.wheel.name}")
    asked = {need for part in parts for need in part.needs if need != part.name}
    top = [reference for name, references in by_name.items() if name not in asked for reference in references]
    yield {"ref": root, "dependsOn": top}
    for part in parts:
        found = {one for need in part.needs if need != part.name for one in by_name.get(need, ())}
        yield {"ref": f"{part.reference}#{part.wheel.name}", "dependsOn": sorted(found)}
