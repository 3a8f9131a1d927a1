"""What Terraform says of the machine that a new project proposes.

Neither it nor a provider comes from an index of packages: ECLUSE_TESTS_TERRAFORM_PLUGINS names a folder with a provider
as `terraform providers mirror` lays it out, unpacked. So this runs in `make test-full` alone.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from ecluse.model.template import Kind
from support.new_projects import Beginner

pytestmark = [pytest.mark.full, pytest.mark.live, pytest.mark.network]

DEPLOYED = [kind for kind in Kind if not kind.is_packaged]


@pytest.fixture(scope="module")
def terraform():
    found, plugins = shutil.which("terraform"), os.environ.get("ECLUSE_TESTS_TERRAFORM_PLUGINS")
    if not found or not plugins:
        pytest.skip("there is no terraform, or ECLUSE_TESTS_TERRAFORM_PLUGINS names no folder with its provider")
    return found, Path(plugins).absolute()


def there_is(plugins):
    """The newest version of the provider in that folder."""
    versions = {path.name for path in plugins.glob("*/hashicorp/aws/*")}
    return max(versions, key=lambda version: tuple(map(int, version.split("."))))


@pytest.mark.parametrize("kind", DEPLOYED)
def test_its_machine_is_one_that_terraform_takes(tmp_path, terraform, kind):
    """With the schema of the provider that is there: where it isn't of the version asked for, that is what is asked."""
    program, plugins = terraform
    ada = Beginner.at(tmp_path / "ada", tmp_path / "cache")
    ada.types("new", kind, "--kind", kind)
    folder = ada.folder / kind / "infrastructure" / "terraform"
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}

    def said(*words):
        return subprocess.run(
            [program, *words, "-no-color"], cwd=folder, env=env, capture_output=True, text=True, check=False
        )

    assert said("fmt", "-check", "-diff").stdout == ""
    versions = folder / "versions.tf"
    asked = re.sub(r'(hashicorp/aws"\s+version = ")[^"]+', rf"\g<1>{there_is(plugins)}", versions.read_text())
    versions.write_text(asked)
    begun = said("init", "-backend=false", "-plugin-dir", str(plugins))
    assert begun.returncode == 0, begun.stderr
    valid = said("validate")
    assert valid.returncode == 0, valid.stdout + valid.stderr
