"""What scanners print, as they print it."""

import json

import pytest

from ecluse.loop.security.readers import bandit, checkov, detect_secrets, hadolint, zizmor
from ecluse.loop.security.readers.reading import Printed, UnreadableError
from ecluse.model.security import Scanner, Severity


def found(line, severity, confidence, text, rule, name):
    return {
        "filename": "./app.py", "line_number": line, "issue_severity": severity, "issue_confidence": confidence,
        "issue_text": text, "test_id": rule, "test_name": name, "more_info": "",
    }  # fmt: skip


BANDIT = {
    "errors": [{"filename": "./old.py", "reason": "syntax error while parsing AST from file"}],
    "metrics": {"./app.py": {"loc": 3}, "./old.py": {"loc": 1}, "_totals": {"loc": 4}},
    "results": [
        found(3, "HIGH", "HIGH", "subprocess call with shell=True identified,\n security issue.", "B602", "shell"),
        found(4, "MEDIUM", "LOW", "Possible SQL injection", "B608", "hardcoded_sql_expressions"),
        found(
            5, "LOW", "MEDIUM", "Possible hardcoded password: 'hunter2: really'", "B105", "hardcoded_password_string"
        ),
    ],
}
HADOLINT = [
    {"code": "DL3004", "column": 1, "file": "./Dockerfile", "level": "error", "line": 2, "message": "Do not use sudo"},
    {"code": "DL3007", "column": 1, "file": "./Dockerfile", "level": "warning", "line": 1, "message": "latest"},
    {"code": "SC2086", "column": 1, "file": "./Dockerfile", "level": "info", "line": 3, "message": "Double quote"},
    {"code": "DL1000", "column": 5, "file": "./b.Dockerfile", "level": "error", "line": 1, "message": "unexpected x"},
]
ZIZMOR = [
    {
        "ident": "template-injection", "desc": "code injection via template expansion", "url": "https://example.org/t",
        "determinations": {"confidence": "High", "severity": "High", "persona": "Regular"}, "ignored": ignored,
        "locations": [
            {
                "symbolic": {"key": {"Local": {"verbatim_path": "./.github/workflows/ci.yml"}}, "kind": kind,
                             "annotation": "may expand"},
                "concrete": {"location": {"start_point": {"row": row, "column": 0}}, "feature": "echo  ${{ x }}"},
            }
            for kind, row in (("Hidden", 5), ("Primary", 6))
        ],
    }
    for ignored in (False, True)
]  # fmt: skip
CHECKOV = {
    "check_type": "terraform",
    "summary": {"parsing_errors": 2},
    "results": {
        "failed_checks": [
            {
                "check_id": "CKV_AWS_24", "check_name": "No open port 22", "file_abs_path": "/tmp/x/tree/infra/main.tf",
                "file_line_range": [5, 12], "resource": "aws_security_group.open", "severity": None, "guideline": None,
            }
        ],
        "parsing_errors": ["/tmp/x/tree/infra/broken.tf"],
    },
}  # fmt: skip


def printed(document, code=0, **more):
    return Printed(out=json.dumps(document).encode(), exit_code=code, line=lambda path, _: f" {path} ", **more)


def test_bandit_tells_findings_and_what_it_could_not_parse():
    told = bandit.read(printed(BANDIT, 1, paths=("app.py", "old.py", "gone.py")))
    shell, sql, password = told.findings
    assert (shell.rule, shell.where, shell.severity, shell.anchor) == ("B602", "app.py:3", Severity.HIGH, "app.py")
    assert shell.message == "subprocess call with shell=True identified, security issue."
    assert sql.severity is Severity.LOW, "bandit is unsure itself"
    assert [(one.place, one.why) for one in told.unchecked] == [
        ("old.py", "syntax error while parsing AST from file"),
        ("gone.py", "bandit left it out"),
    ]
    assert "hunter2" not in password.message


def test_hadolint_tells_findings_and_what_it_could_not_parse():
    told = hadolint.read(printed(HADOLINT, 1))
    assert [(one.rule, one.severity) for one in told.findings] == [
        ("DL3004", Severity.HIGH), ("DL3007", Severity.MEDIUM), ("SC2086", Severity.LOW)
    ]  # fmt: skip
    assert "koalaman" in told.findings[2].url
    assert [(one.place, one.why) for one in told.unchecked] == [("b.Dockerfile", "line 1: unexpected x")]


@pytest.mark.parametrize("before", [b"./Dockerfile:2 DL3004 error: no [sudo]\n", b'{"runs": [{"results": [1]}]}'])
def test_a_format_of_the_project_s_own_hides_nothing(before):
    told = hadolint.read(Printed(out=before + json.dumps(HADOLINT).encode(), exit_code=1))
    assert [one.rule for one in told.findings] == ["DL3004", "DL3007", "SC2086"]
    with pytest.raises(UnreadableError):
        hadolint.read(Printed(out=before, exit_code=1))


def test_zizmor_tells_the_place_that_it_means_and_nothing_that_is_ignored():
    (one,) = zizmor.read(printed(ZIZMOR)).findings
    assert (one.where, one.severity, one.anchor) == (".github/workflows/ci.yml:7", Severity.HIGH, "echo ${{ x }}")


def test_checkov_tells_findings_and_which_files_it_could_not_parse():
    told = checkov.read(printed([CHECKOV], 1, paths=("infra/main.tf", "infra/broken.tf")), Scanner.TERRAFORM)
    (one,) = told.findings
    assert (one.rule, one.where, one.severity) == ("CKV_AWS_24", "infra/main.tf:5", Severity.MEDIUM)
    assert [one.place for one in told.unchecked] == ["infra/broken.tf", ""], "of two it names one"


def test_checkov_has_no_question_about_some_files_but_must_say_so():
    nothing = {"passed": 0, "failed": 0, "skipped": 0, "parsing_errors": 0, "resource_count": 0}
    assert checkov.read(printed(nothing), Scanner.TERRAFORM).findings == ()
    for wrong in (nothing | {"parsing_errors": 1}, nothing | {"resource_count": 3}, {"passed": 0}, CHECKOV | nothing):
        with pytest.raises(UnreadableError):
            checkov.read(printed(wrong), Scanner.KUBERNETES)


def test_detect_secrets_tells_kinds_and_hashes():
    results = {"./a/b.py": [{"type": "AWS Access Key", "line_number": 3, "hashed_secret": "ab"}]}
    told = detect_secrets.read(printed({"results": results, "missed": {"./a/b.py": "why", "./c.py": "why"}}))
    found = detect_secrets.Secretive("AWS Access Key", 3, "ab")
    assert told == {"a/b.py": detect_secrets.Seen((found,), "why"), "c.py": detect_secrets.Seen((), "why")}


READERS = [
    bandit.read, hadolint.read, zizmor.read, detect_secrets.read,
    lambda told: checkov.read(told, Scanner.KUBERNETES),
]  # fmt: skip


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize(
    "wrong",
    [
        Printed(out=b"", exit_code=0),
        Printed(out=b"<html>", exit_code=0),
        Printed(out=b"17", exit_code=0),
        Printed(out=b"[1]", exit_code=0),
        Printed(out=b'{"results": [{}], "errors": [], "metrics": {}}', exit_code=0),
        Printed(out=b"[{}]", exit_code=0),
        Printed(out=b"{}", exit_code=2, errors="usage: no\nsuch option"),
        Printed(out=b"{}", exit_code=None, errors="it took longer"),
    ],
)
def test_what_is_no_report_is_never_a_pass(read, wrong):
    with pytest.raises(UnreadableError) as raised:
        read(wrong)
    assert str(raised.value)
