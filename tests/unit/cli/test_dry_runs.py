"""Whatever changes something can be asked what it would do."""

import importlib

import pytest
from click.testing import CliRunner

from ecluse.cli import approve
from ecluse.cli.main import COMMANDS
from ecluse.ledger.sqlite.ledger import SqliteLedger
from ecluse.system.clock import SystemClock

LOOKS = {"plan", "why", "status", "logs", "history", "events", "doctor", "explain", "schema", "completion"}
STAYS = {
    "exec": "runs what the person wrote",
    "tunnel": "opens a port here, for as long as it lasts",
    "drill": "changes nothing but the scratch environment that it makes and removes",
}


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - LOOKS - set(STAYS)))
def test_every_command_that_changes_something_has_a_dry_run(name):
    command = importlib.import_module(f"ecluse.cli.{name}").command
    assert "--dry-run" in [option for parameter in command.params for option in parameter.opts]


def test_a_dry_approval_is_not_recorded(strict, tmp_path):
    done = CliRunner().invoke(approve.command, ["-C", str(strict), "--dry-run"])
    assert done.output.splitlines()[-1] == "would approve 1.4.0 for production as bob@example.org"
    ledger = SqliteLedger(tmp_path / "home" / "ledger.db", SystemClock(), "anne@here")
    kinds = [type(record.event).__name__ for record in ledger.events()]
    ledger.close()
    assert "ReleaseApproved" not in kinds
