"""The gate as a step: real git, real programs, a baseline, a clock that is set."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from ecluse.loop.security.secrets import BATCH, BYTES, MANY, Piece, _batches
from ecluse.model.events.runs import StepEnded
from ecluse.model.security import Scanner
from ecluse.model.verdict import Answer
from support import repositories
from support.security_tools import LOOKS

BANDIT = {
    "errors": [],
    "metrics": {"./app.py": {}},
    "results": [
        {
            "filename": "./app.py", "line_number": 1, "issue_severity": "HIGH", "issue_confidence": "HIGH",
            "issue_text": "shell", "test_id": "B602", "test_name": "x", "more_info": "https://example.org",
        }
    ],
}  # fmt: skip
CLEAN = {"errors": [], "metrics": {"./app.py": {}}, "results": []}
CODE, SECRETS = (Scanner.CODE,), (Scanner.SECRETS,)
DEPENDENCIES, LICENCES = (Scanner.DEPENDENCIES,), (Scanner.LICENCES,)


def report_of(verdict):
    folder = Path(verdict.log).parent
    return json.loads((folder / "security.security.json").read_text())


def test_nothing_found_passes_and_leaves_both_reports(gate, tools):
    tools.prints("bandit", CLEAN)
    verdict = gate({"app.py": "pass\n"}, scanners=CODE)
    assert (verdict.gate, verdict.answer) == ("security", Answer.PASSED)
    assert verdict.evidence == ("code: 1 looked at, nothing found (bandit 1.0)",)
    sarif = json.loads((Path(verdict.log).parent / "security.security.sarif").read_text())
    assert (sarif["version"], [run["results"] for run in sarif["runs"]]) == ("2.1.0", [[]])
    assert report_of(verdict)["scanners"][0]["state"] == "checked"


def test_a_finding_fails_the_step_and_is_in_the_ledger(gate, tools, world):
    tools.prints("bandit", BANDIT, code=1)
    verdict = gate({"app.py": "call(x)\n"}, scanners=CODE)
    assert verdict.answer is Answer.FAILED
    assert verdict.evidence[0] == "high app.py:1: shell (code B602)"
    (event,) = (one.event for one in world.ledger.events() if isinstance(one.event, StepEnded))
    assert (event.step, event.answer, event.evidence) == ("security", "failed", verdict.evidence)


def test_what_bandits_own_settings_leave_out_is_said(gate, tools):
    settings = '[tool.bandit]\nexclude_dirs = ["tests"]\n'
    tools.prints("bandit", CLEAN)
    verdict = gate({"app.py": "1\n", "tests/a.py": "1\n", "pyproject.toml": settings}, scanners=CODE)
    left_out = "1 left out by `exclude_dirs` of [tool.bandit]"
    assert verdict.evidence == (f"code: 1 looked at, nothing found (bandit 1.0, {left_out})",)


def test_an_accepted_finding_passes_until_its_day(gate, tools, clock):
    tools.prints("bandit", BANDIT, code=1)
    found = report_of(gate({"app.py": "call(x)\n"}, scanners=CODE))["findings"][0]["fingerprint"]
    entry = f'[[accepted]]\nfingerprint = "{found}"\nreason = "r"\nwho = "anne"\nuntil = 2030-01-15\n'
    accepted = gate({"security-baseline.toml": entry}, scanners=CODE)
    assert accepted.answer is Answer.PASSED
    assert "1 accepted one" in accepted.evidence[0]
    clock.advance(12 * 3600)
    assert gate(scanners=CODE).answer is Answer.FAILED, "what was kept of the day before doesn't count"


def test_a_baseline_that_cannot_be_read_is_no_pass(gate, tools):
    tools.prints("bandit", CLEAN)
    verdict = gate({"app.py": "", "security-baseline.toml": "[["}, scanners=CODE)
    assert verdict.answer is Answer.FAILED
    assert "[V024]" in verdict.evidence[0]


@pytest.mark.parametrize(
    "script",
    ["#!/bin/sh\necho Segmentation fault >&2; exit 139\n", "#!/bin/sh\necho hello\n", "#!/bin/sh\nkill -9 $$\n"],
)
def test_a_scanner_that_breaks_is_not_checked(gate, tools, script):
    tools.give("bandit", script)
    verdict = gate({"app.py": ""}, scanners=CODE)
    assert verdict.answer is Answer.NOT_CHECKED
    assert verdict.stops
    assert verdict.evidence[0].startswith("not checked: code, all of it: bandit: ")


def test_a_scanner_that_hangs_is_ended_and_has_not_checked(gate, tools):
    tools.give("bandit", "#!/bin/sh\nsleep 600\n")
    verdict = gate({"app.py": ""}, scanners=CODE, timeout=timedelta(milliseconds=200))
    assert verdict.answer is Answer.NOT_CHECKED
    assert "it took longer than 0:00:00.200000 and was stopped" in verdict.evidence[0]


def test_a_scanner_that_cannot_be_had_is_not_checked_and_the_others_look(gate, tools):
    tools.prints("bandit", BANDIT, code=1)
    verdict = gate({"app.py": "call(x)\n", "Dockerfile": "FROM x\n"}, scanners=(*CODE, Scanner.DOCKERFILE))
    assert verdict.answer is Answer.FAILED
    assert any("not checked: dockerfile, all of it: hadolint could not be fetched [G001]: offline" in line
               for line in verdict.evidence)  # fmt: skip


def test_not_checked_stops_everywhere_but_where_it_is_said_to_be_lenient(gate, world):
    verdict = gate({"app.py": ""}, scanners=CODE, lenient=True)
    assert (verdict.answer, verdict.stops) == (Answer.NOT_CHECKED, False)
    assert world.reporter.oks == [("security", False)], "it isn't shown as passed either"
    again = gate(scanners=CODE)
    assert (again.answer, again.stops, again.cached) == (Answer.NOT_CHECKED, True, "")


def test_what_passed_is_not_looked_at_again_until_the_day_or_the_tool_or_the_source_is_another(
    gate, tools, clock, advisories
):
    (advisories / "a.json").write_text('{"id": "A", "modified": "2030-01-01T00:00:00Z"}')
    tools.prints("bandit", CLEAN)
    wanted = {"scanners": (*CODE, *DEPENDENCIES), "history": False}
    assert not gate({"app.py": ""}, **wanted).cached
    assert gate(**wanted).cached
    tools.prints("bandit", CLEAN | {"more": 1})
    assert not gate(**wanted).cached
    (advisories / "b.json").write_text('{"id": "B", "modified": "2030-01-01T00:00:00Z"}')
    assert not gate(**wanted).cached
    assert gate(**wanted).cached
    clock.advance(12 * 3600)
    assert not gate(**wanted).cached
    assert not gate(fresh=True, **wanted).cached


def test_excluded_files_are_looked_at_by_nobody(gate, tools, spy):
    tools.give("bandit", "#!/bin/sh\necho must not run >&2; exit 3\n")
    verdict = gate({"tests/x.py": "SECRET-1\n", "b.txt": "\n"}, scanners=(*CODE, *SECRETS), exclude=("tests/**",))
    assert verdict.answer is Answer.PASSED
    assert spy.looked == [["b.txt"]]
    assert "code: the commit has nothing of the kind" in verdict.evidence


# Secrets.


def test_a_secret_of_an_old_commit_is_found_with_that_commit(gate, root):
    gate({"settings.py": "KEY = SECRET-abc\n"}, scanners=SECRETS)
    first = repositories.git(root, "rev-parse", "HEAD")
    verdict = gate({"settings.py": "KEY = ''\n"}, scanners=SECRETS)
    assert verdict.answer is Answer.FAILED
    (one,) = report_of(verdict)["findings"]
    assert (one["place"], one["line"], one["commit"]) == ("settings.py", 1, first)
    assert "it is in the history still" in one["message"]
    assert gate(scanners=SECRETS, history=False).answer is Answer.PASSED


def test_a_secret_that_moved_is_one_and_no_excluded_path_hides_where_else_it_was(gate):
    gate({"tests/a.py": "SECRET-abc\n"}, scanners=SECRETS)
    gate({"tests/a.py": "", "app/a.py": "SECRET-abc\n"}, scanners=SECRETS)
    verdict = gate({"app/a.py": ""}, scanners=SECRETS, exclude=("tests/**",))
    assert [one["place"] for one in report_of(verdict)["findings"]] == ["app/a.py"]
    assert len(report_of(gate(scanners=SECRETS))["findings"]) == 1


def test_of_a_shallow_clone_the_history_is_not_checked(gate, root):
    gate({"a.txt": "1\n"}, scanners=SECRETS)
    (root / ".git" / "shallow").write_text(repositories.git(root, "rev-parse", "HEAD") + "\n")
    verdict = gate({"a.txt": "2\n"}, scanners=SECRETS)
    assert verdict.answer is Answer.NOT_CHECKED
    assert [one["place"] for one in report_of(verdict)["not_checked"]] == ["the history"]
    assert gate(scanners=SECRETS, history=False).answer is Answer.PASSED


def test_a_secret_is_nowhere_in_what_is_told(gate, tmp_path):
    verdict = gate({"settings.py": "KEY = SECRET-abc\n"}, scanners=SECRETS)
    papers = b"".join(path.read_bytes() for path in Path(verdict.log).parent.iterdir())
    assert b"settings.py" in papers
    assert b"SECRET-abc" not in papers
    assert "SECRET-abc" not in str(verdict)


def test_each_content_is_looked_at_once(gate, spy):
    gate({"a.py": "1\n", "b.py": "1\n", "c.txt": "2\n"}, scanners=SECRETS)
    assert [sorted(looked) for looked in spy.looked] == [["a.py", "b.py", "c.txt"]], "a name decides how it is read"
    gate({"a.py": "3\n"}, scanners=SECRETS)
    assert spy.looked[1:] == [["a.py"]]
    gate({"a.py": "1\n"}, scanners=SECRETS, fresh=True)
    assert len(spy.looked) == 2


@pytest.mark.once
def test_a_long_look_says_at_once_how_much_there_is(gate, world, spy):
    gate({"a.txt": "1\n"}, scanners=CODE)
    assert (
        gate({f"{number}.txt": f"{number}\n" for number in range(2, MANY + 1)}, scanners=SECRETS).answer
        is Answer.PASSED
    )
    gate({"a.txt": "2\n"}, scanners=SECRETS)
    told = [text for _, text in world.reporter.told if "still" in text]
    assert told == ["secrets: 1,000 contents are still to be looked at"]
    assert [len(looked) for looked in spy.looked] == [MANY, 1], "a program is started once"


def test_what_takes_too_long_is_not_checked_and_tried_again_and_hides_nothing_else(gate, root, spy):
    gate({"old.txt": "TEDIOUS 1\n"}, scanners=CODE)
    gate({"old.txt": "TEDIOUS 2\n"}, scanners=CODE)
    commit = repositories.git(root, "rev-parse", "HEAD")
    files = {"old.txt": "", "new.txt": "TEDIOUS\nSECRET-b\n", "a.py": "SECRET-a\n"}
    report = report_of(gate(files, scanners=SECRETS))
    why = "line 1: it takes too long"
    assert {one["place"]: one["why"] for one in report["not_checked"]} == {
        "new.txt": why, "old.txt in the history": f"at {commit[:12]}: {why}"
    }  # fmt: skip
    assert [one["place"] for one in report["findings"]] == ["a.py", "new.txt"]
    assert gate({"new.txt": "", "a.py": ""}, scanners=SECRETS).answer is Answer.FAILED
    assert spy.looked[-1] == ["new.txt", "old.txt", "old.txt"]


def test_an_old_content_counts_by_each_of_its_names(gate, tools):
    """In a style sheet a guess says nothing."""
    tools.give("detect-secrets", LOOKS.replace("Private Key", "Secret Keyword"))
    gate({"z.py": "SECRET-x\n"}, scanners=CODE)
    gate({"z.py": "", "a.css": "SECRET-x\n"}, scanners=CODE)
    (one,) = report_of(gate(scanners=SECRETS))["findings"]
    assert one["place"] == "z.py"
    (one,) = report_of(gate({"a.css": ""}, scanners=SECRETS))["findings"]
    assert one["place"] == "z.py"


def test_large_contents_are_looked_at_a_few_at_a_time():
    pieces = [Piece(str(number), "a") for number in range(BATCH + 5)]
    sizes = {"0": BYTES // 2, "1": BYTES // 2, "2": 1, "3": 9 * BYTES}
    batches = [[piece.object for piece in batch] for batch in _batches(pieces, sizes)]
    assert batches[:3] == [["0", "1"], ["2"], ["3"]]
    assert [len(batch) for batch in batches[3:]] == [BATCH, 1]


def test_what_is_known_of_contents_is_not_of_other_rules(gate, spy, tools):
    gate({"a.py": "1\n"}, scanners=SECRETS)
    tools.give("detect-secrets", (tools._folder / "detect-secrets").read_text() + "\n# newer\n")
    gate(scanners=SECRETS)
    assert spy.looked == [["a.py"], ["a.py"]]


def test_a_secret_of_the_working_tree_is_found_before_it_is_committed(gate):
    gate({"a.py": "1\n"}, scanners=SECRETS)
    assert gate({"b.py": "SECRET-x\n"}, scanners=SECRETS, dirty=True).answer is Answer.FAILED


@pytest.mark.parametrize("name", ["a.py", "style.css"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16", "utf-32"])
@pytest.mark.once
def test_neither_an_encoding_nor_a_name_hides_a_secret(gate, root, encoding, name):
    (root / name).write_bytes("caf\xe9\nSECRET-x\n".encode(encoding))
    verdict = gate({"b.txt": "1\n"}, scanners=SECRETS)
    assert [(one["place"], one["line"]) for one in report_of(verdict)["findings"]] == [(name, 2)]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_what_is_broken_in_an_encoding_hides_no_secret(gate, root, encoding):
    (root / "a.txt").write_bytes("SECRET-x\n".encode(encoding) + b"\x00\xd8\x00")
    verdict = gate({"b.txt": "1\n"}, scanners=SECRETS)
    assert [(one["place"], one["line"]) for one in report_of(verdict)["findings"]] == [("a.txt", 1)]


def test_of_a_text_full_of_numbers_only_the_shape_of_a_key_counts(gate, tools):
    tools.give("detect-secrets", LOOKS.replace("Private Key", "Secret Keyword"))
    verdict = gate({"style.css": "SECRET-x\n", "a.py": "SECRET-x\n"}, scanners=SECRETS)
    assert [one["place"] for one in report_of(verdict)["findings"]] == ["a.py"]


def test_lock_files_are_left_out_and_that_is_said(gate):
    verdict = gate({"uv.lock": "SECRET-x\n", "web/package-lock.json": "{}\n", "a.py": "1\n"}, scanners=SECRETS)
    assert verdict.answer is Answer.PASSED
    assert "secrets: 1 looked at, nothing found (detect-secrets 1.0, 1 of the history, 2 lock files left out)" in (
        verdict.evidence
    )


def test_binary_files_and_links_are_no_text_and_the_former_are_told(gate, root):
    (root / "logo.png").write_bytes(b"\x89PNG\0SECRET-x")
    (root / "empty.txt").touch()
    (root / "link").symlink_to("/etc/passwd")
    told = "secrets: 1 looked at, nothing found (detect-secrets 1.0, 2 of the history, 1 binary one left out)"
    for _ in range(2):  # the second time from what is remembered
        verdict = gate(scanners=SECRETS)
        assert (verdict.answer, verdict.evidence) == (Answer.PASSED, (told,))


# Packages.


def record(name):
    affected = [{"package": {"name": name, "ecosystem": "PyPI"},
                 "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]}]  # fmt: skip
    return json.dumps({"id": "GHSA-1", "modified": "2030-01-01T00:00:00Z", "affected": affected})


def test_a_vulnerable_package_of_the_bundle_is_a_finding(gate, wheels, advisories):
    wheels |= {"Shop_Kit-1.0-py3-none-any.whl": "", "other-2-py3-none-any.whl": ""}
    (advisories / "a.json").write_text(record("shop-kit"))
    verdict = gate(scanners=DEPENDENCIES)
    assert verdict.answer is Answer.FAILED
    assert "high shop-kit: shop-kit 1.0 has GHSA-1" in verdict.evidence[0]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("pyproject.toml", '[project]\nname = "Shop.Kit"\n'),
        ("core/pyproject.toml", '[tool.poetry]\nname = "shop-kit"\n'),
        ("setup.cfg", "[metadata]\nname = shop_kit\n"),
    ],
)
def test_the_commit_s_own_package_is_asked_of_nobody(gate, wheels, built, advisories, file, text):
    own = "shop_kit-1.0-py3-none-any.whl"
    wheels |= {own: "", "other-2-py3-none-any.whl": "License: MIT\n"}
    (advisories / "a.json").write_text(record("shop-kit"))
    policy = {"scanners": (*DEPENDENCIES, *LICENCES), "deny": ("AGPL-*",)}
    assert gate({file: text}, **policy).answer is Answer.FAILED, "fetched: it is somebody else's"
    built.add(own)
    assert gate(fresh=True, **policy).answer is Answer.PASSED
    assert gate({file: "[broken"}, fresh=True, **policy).answer is Answer.FAILED


def test_a_source_that_does_not_answer_is_told_once(gate, wheels, advisories):
    wheels |= {f"p{number}-1.0-py3-none-any.whl": "" for number in range(9)}
    verdict = gate(scanners=DEPENDENCIES)
    assert (verdict.answer, verdict.stops) == (Answer.NOT_CHECKED, True)
    (one,) = report_of(verdict)["not_checked"]
    assert "the source gave no answer for any package" in one["why"]
    assert "holds no advisory" in one["why"]


def test_licences_are_those_of_the_wheels(gate, wheels):
    wheels |= {
        "good-1.0-py3-none-any.whl": "Name: good\nLicense-Expression: MIT\n",
        "bad-1.0-py3-none-any.whl": "Name: bad\nLicense-Expression: AGPL-3.0-or-later\n",
        "mute-1.0-py3-none-any.whl": "Name: mute\n",
    }
    verdict = gate(scanners=LICENCES, deny=("AGPL-*",))
    assert verdict.answer is Answer.FAILED
    told = report_of(verdict)
    assert [one["place"] for one in told["findings"]] == ["bad"]
    assert [one["place"] for one in told["not_checked"]] == ["mute"]
