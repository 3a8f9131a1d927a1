"""Steps print a secret in every form: nothing that is shown or kept holds one of them."""

import base64
import json
import os
from pathlib import Path
from urllib.parse import quote

import pytest
from click.testing import CliRunner

from ecluse.cli import crash
from ecluse.cli.main import cli
from ecluse.model.forms import forms_of
from support import repositories

pytestmark = pytest.mark.once  # slow, and not about Python

TOKEN = "s3cr&t/\"Wört'+x"
KEY = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ\nEFAASCBKcwgg+SjAgEAAoIBAQ\n-----END PRIVATE KEY-----"
PRINTS = """
import base64, html, json, os, sys, time, urllib.parse
for name in ("TOKEN", "KEY"):
    text = os.environ[name]
    data = text.encode()
    print(text, repr(text), json.dumps({"is": text}), json.dumps(json.dumps(text)), urllib.parse.quote(text, safe=""))
    for before, after in ((b"", b""), (b"u:", b""), (b"u", b"@h"), (b"use", b"@ho")):
        print(base64.b64encode(before + data + after), base64.urlsafe_b64encode(before + data + after).decode())
    sys.stdout.flush()
    for byte in data:
        os.write(1, bytes([byte]))
    print()
    print("".join(f"web | {line}\\n" for line in text.splitlines()))
    failure = f"<failure message={json.dumps(html.escape(text))}>{html.escape(text)}</failure>"
    open("report.xml", "w").write(f"<testsuite><testcase name='a'>{failure}</testcase></testsuite>")
if "quote" in sys.argv:
    raise ValueError({"token": os.environ["TOKEN"], "key": os.environ["KEY"].encode()})
"""
MANIFEST = """
[app]
name = "demo"

[processes.worker]
command = ["sleep", "600"]

[steps.prints]
command = ["python3", "prints.py"]
secrets = ["TOKEN", "KEY"]
group = "check"

[steps.raises]
command = ["python3", "prints.py", "quote"]
secrets = ["TOKEN", "KEY"]
group = "test"

[steps.reports]
command = ["sh", "-c", "python3 prints.py quote; exit 1"]
secrets = ["TOKEN", "KEY"]
junit = "report.xml"
group = "test"

[steps.short]
command = ["sh", "-c", "echo 1 of 11, PIN $PIN"]
secrets = ["PIN"]

[environments.local]
"""


@pytest.fixture
def root(tmp_path, monkeypatch):
    for name, value in {"TOKEN": TOKEN, "KEY": KEY, "PIN": "1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("ECLUSE_HOME", raising=False)
    return repositories.repository(tmp_path / "repository", {"ecluse.toml": MANIFEST, "prints.py": PRINTS})[1]


def ecluse(root, *arguments):
    done = CliRunner().invoke(cli, [arguments[0], "-C", str(root), *arguments[1:]])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def kept(root):
    """All that the home holds, the ledger and its journal too."""
    return {path: path.read_bytes() for path in (root / ".ecluse").rglob("*") if path.is_file()}


def holding(contents):
    needles = {form.core for secret in (TOKEN, KEY) for form in forms_of(secret)}
    return sorted(str(name) for name, data in contents.items() if any(needle in data for needle in needles))


def test_no_form_of_a_secret_is_shown_or_kept(root):
    shown = {}
    for verb in ("check", "test", "check"):  # the last one from what was kept
        for way in ((), ("--json",)):
            done = ecluse(root, verb, *way)
            shown[f"{verb} {way}"] = (done.stdout + done.stderr).encode()
    shown["events"] = ecluse(root, "events", "--json").output.encode()
    assert holding(shown) == []
    files = kept(root)
    assert holding(files) == []
    logs = [data for path, data in files.items() if path.name == "raises.log"]
    assert logs
    assert all(b"ValueError" in data and b"[secret]" in data for data in logs)
    assert any(path.name == "reports.report.xml" and b"[secret]" in data for path, data in files.items())
    assert any("cache" in path.parts and b"[secret]" in data for path, data in files.items())


WRITES = {
    "raw": str,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "inside": lambda text: base64.b64encode(f"x{text}y".encode()).decode(),
    "url": quote,
    "json": json.dumps,
}


@pytest.mark.parametrize("form", WRITES)
def test_an_output_that_holds_a_secret_in_any_form_fails_its_step_and_is_not_kept(root, form, monkeypatch):
    monkeypatch.setenv("FORM", WRITES[form](KEY))
    leaks = """
[steps.leaks]
command = ["sh", "-c", 'mkdir out; head -c 1048570 /dev/zero > out/a; printf "%s" "$FORM" >> out/a']
pass_env = ["FORM"]
secrets = ["KEY"]
outputs = ["out"]
"""
    (root / "ecluse.toml").write_text(MANIFEST + leaks)
    repositories.commit(root, "leak")
    for _ in range(2):
        done = ecluse(root, "run", "leaks", "--json")
        (verdict,) = json.loads(done.stdout)["steps"]
        assert done.exit_code == 1
        assert verdict["verdict"] == "failed"
        assert "[E008]" in verdict["evidence"][0]
    assert holding(kept(root)) == []


def test_a_secret_that_is_too_short_is_told_and_spoils_nothing(root):
    done = ecluse(root, "run", "short", "--json")
    (verdict,) = json.loads(done.stdout)["steps"]
    assert verdict["verdict"] == "passed"
    assert verdict["evidence"] == [
        "its secret PIN is shown where it is printed: under 4 characters, nothing is masked [E022]"
    ]
    assert Path(verdict["log"]).read_text() == "1 of 11, PIN 1\n"
    findings = json.loads(ecluse(root, "doctor", "--json").stdout)["findings"]
    (found,) = [one for one in findings if one["name"] == "secrets"]
    assert found["grade"] == "warn"
    assert found["detail"].endswith(": PIN")


def test_an_error_of_our_own_is_told_without_a_secret(root, capsys):
    with pytest.raises(ValueError, match="token") as caught:
        raise ValueError({"token": os.environ["TOKEN"]})
    assert crash.tell(caught.value, ["check", "-C", str(root)]) == 1
    told = capsys.readouterr().err
    assert "Traceback" in told
    assert "ValueError: {'token': " in told
    assert holding({"told": told.encode()}) == []
