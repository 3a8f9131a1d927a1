"""What is left of a cure that helped nobody."""

from dataclasses import fields, replace
from types import SimpleNamespace

from ecluse.loop.plan.proposing.proposal import Proposal, Trial
from ecluse.loop.plan.trying.case import Case
from ecluse.loop.plan.trying.curing import restore
from ecluse.manifest.detect.facts import Fact, Kind
from ecluse.model.app import App, Build

APP = App(name="shop", processes=())
FACT = Fact(kind=Kind.PROGRAM, value="mailer", file="mailer.py")
BEFORE = Proposal(
    app=APP, reasons={"app.name": "setup.py"}, unknown=("what for",), others=(FACT,), beside=(FACT,),
    also={"build.python": (FACT,)}, trials=(Trial(what="import", ok=False, answer="no"),), known={"test": {"a": "no"}},
    made_up=("SHOP_KEY",), withdrawn={"SENTRY_DSN": "refused"},
)  # fmt: skip


def test_what_it_set_is_taken_back_and_what_was_said_stays_said():
    assert all(getattr(BEFORE, field.name) for field in fields(Proposal))
    cured = replace(APP, build=Build(python="3.9"))
    said = (*BEFORE.trials, Trial(what="cure", ok=True, answer="Python 3.9"))
    case = Case(replace(BEFORE, app=cured, trials=said), (), SimpleNamespace())
    restore(case, BEFORE)
    assert case.proposal == replace(BEFORE, trials=said)
