"""A Problem stays readable whatever its evidence is."""

import json

from ecluse.cli.render.problems import MOST, WIDEST, lines, shortened
from ecluse.cli.render.steps import lines_of
from ecluse.cli.session import print_json, show
from ecluse.model.problem import Problem
from ecluse.model.verdict import Answer, Verdict

PROBLEM = Problem(code="X001", what="it broke", fix="mend it", state="nothing changed")


def test_what_evidence_state_and_fix_in_this_order():
    problem = Problem(code="X001", what="it broke", evidence=("one\ntwo",), state="nothing changed", fix="mend it")
    assert lines(problem) == ["it broke   [X001]", "  | one", "  | two", "  now: nothing changed", "  fix: mend it"]


def test_a_line_without_an_end_and_output_without_an_end_are_cut():
    endless = Problem(code="X001", what="it broke", evidence=("x" * 100_000, "line\n" * 1000), fix="mend it")
    shown = lines(endless)
    assert len(shown) < MOST + 10
    assert max(map(len, shown)) < WIDEST + 50
    assert "  | (970 lines before)" in shown


def test_the_same_problem_twice_is_told_once(capsys):
    show((PROBLEM, PROBLEM), as_json=False)
    assert capsys.readouterr().err.count("X001") == 1


def test_no_line_can_be_a_command_of_a_forge_s_log():
    assert shortened("  ::add-mask::a") == "|   ::add-mask::a"
    assert shortened("a ##[error]b") == "a ## [error]b", "the older commands count anywhere"
    assert shortened("a\n::error::b\r::error::c") == "a\n| ::error::b\n| ::error::c"
    assert shortened("a::b") == "a::b"


def test_the_name_of_a_test_is_no_command_either():
    verdict = Verdict(gate="test", answer=Answer.FAILED, evidence=("failed: t[a\n::add-mask::b ##[error]]",))
    told = "\n".join(lines_of(verdict)).splitlines()
    assert not [line for line in told if line.lstrip().startswith("::") or "##[" in line]


def test_a_document_holds_it_as_it_is_and_commands_nothing(capsys):
    print_json({"evidence": ["##[add-mask]a", "::add-mask::b"]})
    told = capsys.readouterr().out
    assert json.loads(told) == {"evidence": ["##[add-mask]a", "::add-mask::b"]}
    assert "##[" not in told
    assert not [line for line in told.splitlines() if line.lstrip().startswith("::")]
