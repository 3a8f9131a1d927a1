"""What several commands are asked about."""

import pytest

from ecluse.ledger.sqlite.ledger import SqliteLedger
from ecluse.loop.build.bundle import keep_bundle
from ecluse.loop.deploy.wanted import keep_app
from ecluse.manifest.cache import load
from ecluse.model.events.releases import ReleaseMade
from ecluse.system.clock import SystemClock
from ecluse.system.store import FolderStore
from support.repositories import git, repository

MANIFEST = """
app.name = "shop"
[processes.worker]
command = "work"
[environments.local]
[environments.production]
port = 8001
[environments.production.policy]
freeze = ["2020-01-01 - 2099-12-31 UTC"]
approvals = 1
approvers = ["anne", "bob@example.org"]
"""


@pytest.fixture
def strict(tmp_path, monkeypatch):
    """A repository whose production asks for much, with release 1.4.0 made by Anne; we are Bob."""
    monkeypatch.setenv("ECLUSE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ECLUSE_ACTOR", "bob@example.org")
    home = tmp_path / "home"
    root = repository(tmp_path / "shop", {"ecluse.toml": MANIFEST})[1]
    store, commit = FolderStore(home / "store"), git(root, "rev-parse", "HEAD")
    bundle = keep_bundle(commit, dirty=False, files=(), houses=(), store=store).digest
    config = keep_app(load(root, {}, home), store)
    ledger = SqliteLedger(home / "ledger.db", SystemClock(), "anne@here")
    made = ReleaseMade(release="r-1", version="1.4.0", commit=commit, bundle=bundle, config=config, tag="v1.4.0")
    ledger.append(made)
    ledger.close()
    return root
