"""`ecluse drill`: what it prints and with what it ends."""

import json

import pytest
from click.testing import CliRunner

from ecluse.cli import drill
from ecluse.cli.render import drill as render
from ecluse.drill.story import Event, Promise, Rehearsed
from ecluse.model.problem import Exit

HELD = Rehearsed(
    scenario="killed-keeper",
    seconds=9.1,
    timeline=(Event(at=3.25, what="a keeper is killed"),),
    promises=(Promise(what="no request is lost", kept=True, seen="0 of 2000 lost"),),
    recovery=0.5,
    answered=2000,
)
SKIPPED = Rehearsed(scenario="full-disk", impossible="it takes root")


def test_a_scenario_that_does_not_exist_is_wrong_usage():
    done = CliRunner().invoke(drill.command, ["earthquake"])
    assert done.exit_code == 2
    assert "'lost-host'" in done.output


def test_a_scenario_is_told_in_lines():
    assert render.lines(HELD) == [
        "  \x1b[32m✓\x1b[0m no request is lost: 0 of 2000 lost",
        "  \x1b[32m\x1b[1mheld\x1b[0m: recovered in 0.5 s, 0 of 2,000 requests lost",
    ]
    assert "skipped, not possible here: it takes root" in render.lines(SKIPPED)[0]


@pytest.mark.parametrize(("named", "code", "outcome"), [(False, Exit.DONE, "held"), (True, Exit.REFUSED, "broken")])
def test_the_document_has_every_scenario(capsys, named, code, outcome):
    assert render.ended((HELD, SKIPPED), named=named, as_json=True) is code
    document = json.loads(capsys.readouterr().out)
    assert document["outcome"] == outcome
    assert [one["outcome"] for one in document["scenarios"]] == ["held", "skipped"]
    assert document["scenarios"][0] == {
        "outcome": "held", "scenario": "killed-keeper", "seconds": 9.1,
        "timeline": [{"at": 3.25, "what": "a keeper is killed"}],
        "promises": [{"what": "no request is lost", "kept": True, "seen": "0 of 2000 lost"}],
        "recovery": 0.5, "answered": 2000, "lost": 0, "impossible": "", "broke": "",
    }  # fmt: skip
