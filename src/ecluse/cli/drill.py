"""`ecluse drill`"""

from __future__ import annotations

import sys

import click

from ecluse.cli import options
from ecluse.cli.render import drill as render
from ecluse.drill.rehearsal import SCENARIOS, rehearse


@click.command(
    epilog="Examples:  ecluse drill    ecluse drill killed-deployer lost-host    ecluse drill --hosts 5 --json"
)
@click.argument("scenarios", metavar="[SCENARIO]...", nargs=-1, type=click.Choice(list(SCENARIOS)))
@click.option("--hosts", type=click.IntRange(1, 9), default=3, show_default=True, help="Hosts of the scratch fleet.")
@options.as_json
def command(scenarios: tuple[str, ...], hosts: int, as_json: bool) -> None:
    """Rehearse what can go wrong, on a scratch environment: bad-release, killed-deployer, killed-keeper, lost-host,
    full-disk (default: all of them).

    Ships a small app of its own to hosts of its own on this machine, breaks something while strict customers ask, and
    says what happened, how long it took to recover, how many requests were lost, and whether that is what is promised.
    Your environments aren't touched, and nothing of it is left.

    Exit 0 when every promise was kept, else 1. What isn't possible here is skipped, never passed; skipped although you
    named it is 1 too.
    """
    found = rehearse(scenarios or SCENARIOS, hosts, render.Told(as_json=as_json))
    sys.exit(int(render.ended(found, named=bool(scenarios), as_json=as_json)))
