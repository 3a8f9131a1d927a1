"""What several commands are asked about."""

import pytest

from ecluse.ledger.sqlite.ledger import SqliteLedger
from ecluse.model import events
from ecluse.system.clock import SystemClock
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
    root = repository(tmp_path / "shop", {"ecluse.toml": MANIFEST})[1]
    ledger = SqliteLedger(tmp_path / "home" / "ledger.db", SystemClock(), "anne@here")
    made = {
        "version": "1.4.0",
        "commit": git(root, "rev-parse", "HEAD"),
        "bundle": "sha256:1",
        "config": "sha256:2",
        "tag": "v1.4.0",
    }
    ledger.append(events.ReleaseMade(release="r-1", **made))
    ledger.close()
    return root
