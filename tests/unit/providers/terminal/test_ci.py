"""What the log of a forge's CI is told."""

import io
import re

import pytest

from ecluse.model.problem import Place, Problem
from ecluse.providers.terminal.choice import reporter
from ecluse.providers.terminal.folding import FoldingReporter
from ecluse.providers.terminal.github import GithubFolds, annotation
from ecluse.providers.terminal.gitlab import GitlabFolds
from ecluse.providers.terminal.reporter import PlainReporter
from ecluse.testing.clock import FakeClock


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def out():
    return io.StringIO()


@pytest.fixture
def summary(tmp_path):
    return tmp_path / "summary.md"


@pytest.fixture
def github(out, clock, summary):
    return FoldingReporter(out, clock, GithubFolds(summary, token=lambda: "secret"))


def test_output_is_in_a_group_and_can_give_no_commands(github, out, clock):
    github.began("test")
    github.line("test", "::add-mask::a")
    clock.advance(2)
    github.ended("test", ok=True, detail="3 tests")
    assert out.getvalue().splitlines() == [
        "… test", "::group::test", "::stop-commands::secret", "::add-mask::a", "::secret::", "::endgroup::",
        "✓ test 2.0s 3 tests",
    ]  # fmt: skip


def test_the_word_that_ends_it_is_another_each_time(out, clock):
    words = iter("abc")
    folded = FoldingReporter(out, clock, GithubFolds(None, token=lambda: next(words)))
    for name in ("one", "two"):
        folded.began(name)
        folded.ended(name, ok=True)
    assert re.findall(r"::stop-commands::(\w+)", out.getvalue()) == ["a", "b"]


def test_groups_of_steps_at_once_do_not_mix(github, out):
    github.began("a")
    github.began("b")
    github.line("a", "a1")
    github.line("b", "b1")
    github.line("a", "a2")
    github.ended("a", ok=True)
    github.line("b", "b2")
    github.ended("b", ok=True)
    plain = [line for line in out.getvalue().splitlines() if "secret" not in line]
    assert plain == [
        "… a", "::group::a", "a1", "a2", "::endgroup::", "✓ a 0.0s",
        "… b", "::group::b", "b1", "b2", "::endgroup::", "✓ b 0.0s",
    ]  # fmt: skip


def test_what_ends_before_the_one_that_is_shown_is_told_at_once(github, out):
    github.began("long")
    github.began("short")
    github.line("long", "l1")
    github.line("short", "s1")
    github.ended("short", ok=True)
    github.line("long", "l2")
    github.ended("long", ok=True)
    plain = [line for line in out.getvalue().splitlines() if "secret" not in line]
    assert plain.index("✓ short 0.0s") < plain.index("l2")
    assert plain.count("::group::long") == 2
    assert sum(line.startswith("::group::") for line in plain) == plain.count("::endgroup::") == 3
    assert [plain.count(line) for line in ("l1", "l2", "s1")] == [1, 1, 1], "what was shown isn't shown again"


def test_a_failure_is_told_outside_of_what_is_shown(github, out):
    """Where commands are stopped it would be a line of somebody else's output."""
    github.began("long")
    github.began("short")
    github.ended("short", ok=False, detail="exit code 1")
    told = out.getvalue()
    assert "::secret::\n::endgroup::\n✗ short 0.0s exit code 1\n::error title=short::exit code 1\n" in told
    assert told.endswith("::group::long\n::stop-commands::secret\n")


def test_a_failure_is_annotated_where_its_output_says(github, out):
    github.began("lint")
    for line in ("src/a.py:3:7: F401 unused, 100% sure", "src/b.py:9: error: no", "Found 2 errors.", "http://x:1: y"):
        github.line("lint", line)
    github.ended("lint", ok=False, detail="exit code 1")
    assert [line for line in out.getvalue().splitlines() if line.startswith("::error")] == [
        "::error title=lint::exit code 1",
        "::error file=src/a.py,line=3,col=7,title=lint::F401 unused, 100%25 sure",
        "::error file=src/b.py,line=9,title=lint::error: no",
    ]


def test_no_more_is_annotated_than_is_shown(github, out):
    github.began("lint")
    for number in range(50):
        github.line("lint", f"a.py:{number}: no")
    github.ended("lint", ok=False)
    assert out.getvalue().count("::error") == 10


def test_the_summary_is_a_table_that_no_text_can_break(github, summary):
    github.began("lint")
    github.ended("lint", ok=True)
    github.ended("test", ok=False, detail="a \\| b\n<script> ![x](y)")
    github.close()
    github.close()
    assert summary.read_text().splitlines() == [
        "| | | | |", "|---|---|---|---|", "| ✅ | lint | 0.0s |  |",
        "| ❌ | test |  | a &#92;&#124; b &lt;script&gt; !&#91;x&#93;(y) |", "",
    ]  # fmt: skip


def test_a_group_that_is_open_is_closed_at_the_end(github, out):
    github.began("test")
    github.close()
    github.line("test", "a thread that goes on")
    assert out.getvalue().endswith("::secret::\n::endgroup::\n  test | a thread that goes on\n")


def test_a_wait_is_told_now_and_then(github, out, clock):
    github.began("deploy")
    for second in range(7):
        github.waits("deploy", f"waited {second} s")
        clock.advance(1)
    assert re.findall(r"waited \d", out.getvalue()) == ["waited 3", "waited 6"]


def test_what_is_told_is_one_line(github, out):
    github.note("a\n::error::b")
    github.ended("x", ok=True, detail="c\n::error::d")
    assert out.getvalue().splitlines() == ["  a ::error::b", "✓ x c ::error::d"]


def test_the_older_commands_count_anywhere_in_a_line(github, out):
    github.note("a ##[error]b")
    github.line("a thread that goes on", "##[error]b")
    github.began("x", "##[error]b")
    github.ended("x", ok=False, detail="##[error]c")
    assert [line for line in out.getvalue().splitlines() if "##[" in line] == ["::error title=x::##[error]c"]


def test_a_problem_stands_beside_its_line():
    problem = Problem(code="M012", what="unknown key", fix="did you mean: x", where=Place(file="ecluse.toml", line=7))
    assert annotation(problem) == "::error title=M012,file=ecluse.toml,line=7::unknown key; fix: did you mean: x\n"


def test_gitlab_has_a_section_with_its_times(out, clock):
    folded = FoldingReporter(out, clock, GitlabFolds(clock))
    began = int(clock.now().timestamp())
    folded.began("test 1")
    folded.line("test 1", "3 passed")
    clock.advance(2)
    folded.ended("test 1", ok=False, detail="exit code 1")
    assert out.getvalue() == (
        f"… test 1\n\x1b[0Ksection_start:{began}:test_1_1[collapsed=true]\r\x1b[0Ktest 1\n3 passed\n"
        f"\x1b[0Ksection_end:{began + 2}:test_1_1\r\x1b[0K\n✗ test 1 2.0s exit code 1\n"
        "\x1b[31;1mtest 1: exit code 1\x1b[0m\n"
    )


@pytest.mark.parametrize(
    ("env", "kind"),
    [({"GITHUB_ACTIONS": "true"}, FoldingReporter), ({"GITLAB_CI": "true"}, FoldingReporter), ({}, PlainReporter)],
)
def test_the_environment_says_where_we_are(clock, env, kind):
    assert isinstance(reporter(clock, env, no_colour=True), kind)
