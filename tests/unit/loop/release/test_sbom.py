"""The bill of materials says what ships, in CycloneDX's own terms."""

import json
import os
from pathlib import Path

import pytest

from ecluse.loop.release.attest.sbom import part_of, sbom
from ecluse.model.artifact import Bundle, Wheel, Wheelhouse
from ecluse.model.release import Release
from ecluse.system.store import FolderStore
from support.packages import wheel

DIGEST = "sha256:" + "a" * 64


@pytest.fixture
def store(tmp_path):
    return FolderStore(tmp_path / "store")


@pytest.fixture
def made(store, tmp_path):
    """A wheel in the store."""

    def make(name, **about):
        path = wheel(tmp_path / "wheels", name, **about)
        return Wheel(name=path.name, digest=store.put_file(path))

    return make


def of(store, *wheels):
    house = Wheelhouse(
        python="3.12", machine="x86_64", libc="glibc", digest=DIGEST, app=wheels, server=(),
        pip=Wheel(name="pip-1-py3-none-any.whl", digest=DIGEST),
    )  # fmt: skip
    bundle = Bundle(digest=DIGEST, commit="c" * 40, dirty=False, files=(), wheelhouses=(house,))
    release = Release(version="1.2.0", commit="c" * 40, bundle=DIGEST, config=DIGEST)
    return sbom("shop", release, bundle, store)


def test_each_wheel_is_a_component_with_its_digest(store, made):
    lib = made("Lib_Of_Mine", version="2.1")
    (component,) = of(store, lib)["components"]
    assert (component["name"], component["version"]) == ("lib-of-mine", "2.1")
    assert component["purl"] == "pkg:pypi/lib-of-mine@2.1"
    assert component["hashes"] == [{"alg": "SHA-256", "content": lib.digest.removeprefix("sha256:")}]


def test_who_needs_whom_is_told_of_what_is_there(store, made):
    lib, app = made("lib"), made("app", requires=("Lib>=1", 'absent; sys_platform == "win32"', "app[extra]"))
    document = of(store, lib, app)
    needs = {one["ref"].partition("#")[0]: one["dependsOn"] for one in document["dependencies"]}
    assert [one.partition("#")[0] for one in needs["shop@1.2.0"]] == ["pkg:pypi/app@1.0"]
    assert [one.partition("#")[0] for one in needs["pkg:pypi/app@1.0"]] == ["pkg:pypi/lib@1.0"]
    assert needs["pkg:pypi/lib@1.0"] == []


def test_the_same_release_gives_the_same_document(store, made):
    lib = made("lib")
    assert of(store, lib) == of(store, lib)


@pytest.mark.parametrize(
    ("lines", "license_", "is_expression"),
    [
        ("License-Expression: MIT or apache-2.0\n", "MIT OR Apache-2.0", True),
        ("License: BSD\n", "BSD", False),
        ("License: UNKNOWN\nClassifier: License :: OSI Approved :: MIT License\n", "MIT License", False),
        ("License-Expression: nonsense!\n", "", False),
        ("", "", False),
    ],
)
def test_a_licence_is_read_as_the_package_says_it(tmp_path, lines, license_, is_expression):
    import zipfile

    path = tmp_path / "lib-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("lib-1.0.dist-info/METADATA", f"Metadata-Version: 2.4\nName: lib\nVersion: 1.0\n{lines}\n")
    part = part_of(Wheel(name=path.name, digest=DIGEST), path)
    assert (part.license, part.is_expression) == (license_, is_expression)


def schemas():
    """CycloneDX's own, as its Python library carries them, in the environment of the programs of ECLUSE_TESTS_TOOLS."""
    for folder in os.environ.get("ECLUSE_TESTS_TOOLS", "").split(":"):
        for found in Path(folder).resolve().parent.glob("lib/python*/site-packages/cyclonedx/schema/_res"):
            return found
    pytest.skip("cyclonedx-python-lib is not installed (ECLUSE_TESTS_TOOLS names the folder of its programs)")


def test_it_is_what_the_schema_of_cyclonedx_allows(store, made):
    from jsonschema import Draft7Validator
    from referencing import Registry, Resource

    folder = schemas()
    names = ("bom-1.6", "spdx", "jsf-0.82")
    texts = {name: json.loads((folder / f"{name}.SNAPSHOT.schema.json").read_text()) for name in names}
    registry = Registry().with_resources(
        [(text["$id"], Resource.from_contents(text)) for text in texts.values()]
        + [(f"{name}.SNAPSHOT.schema.json", Resource.from_contents(text)) for name, text in texts.items()]
    )
    document = of(store, made("lib"), made("app", requires=("lib",)))
    errors = list(Draft7Validator(texts["bom-1.6"], registry=registry).iter_errors(document))
    assert [error.message for error in errors] == []
    document["components"][0]["type"] = "nonsense"
    assert not Draft7Validator(texts["bom-1.6"], registry=registry).is_valid(document)
