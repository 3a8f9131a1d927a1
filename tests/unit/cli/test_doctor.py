"""`ecluse doctor` on a folder that Écluse hasn't been in."""

import json

import pytest
from click.testing import CliRunner

from ecluse.cli import doctor
from support.repositories import repository

pytestmark = pytest.mark.once
MANIFEST = '[app]\nname = "x"\n[processes.w]\ncommand = "true"\n[environments.local]\n'


@pytest.mark.parametrize("files", [{"README": "nothing yet"}, {"ecluse.toml": MANIFEST}])
def test_it_leaves_nothing_behind(tmp_path, monkeypatch, files):
    monkeypatch.delenv("ECLUSE_HOME", raising=False)
    root = repository(tmp_path / "shop", files)[1]
    done = CliRunner().invoke(doctor.command, ["-C", str(root), "--json"])
    assert json.loads(done.stdout)["findings"]
    assert sorted(path.name for path in root.iterdir()) == sorted([".git", *files])
