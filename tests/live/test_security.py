"""The security gate with the real scanners, on what was planted for them; sources that fail; no network at all."""

import asyncio
import json
import os
import random
import shutil
import socket
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from ecluse.loop.security import secrets
from ecluse.loop.security.texts import is_lock
from ecluse.loop.test.steps import run_steps
from ecluse.manifest.resolve import security_step
from ecluse.model.app import App
from ecluse.model.package import Package
from ecluse.model.security import Scanner, SecurityPolicy
from ecluse.model.verdict import Answer
from ecluse.providers.advisories.program import PipAudit
from ecluse.providers.uv.toolbox import UvToolbox
from ecluse.system.commands import SupervisedRunner
from ecluse.system.store import FolderStore
from support import repositories
from support.advisory_servers import TROUBLES, osv, serving
from support.security_tools import Wheels
from support.worlds import world as world_of

pytestmark = [pytest.mark.live, pytest.mark.network, pytest.mark.once]

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  containers:
    - name: a
      image: a:latest
      securityContext: {privileged: true}
"""
WORKFLOW = """\
name: ci
on: push
permissions: {}
jobs:
  a:
    name: a
    runs-on: ubuntu-latest
    steps:
      - run: echo "EXPRESSION"
"""
OPEN = """\
resource "aws_security_group" "open" {
  ingress {
    from_port = 22
    to_port = 22
    protocol = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}
"""
AWS = "AKIA" + "QYLPMN5HFIQR7XYA"
PLANTED = {
    Scanner.CODE: ("app.py", "import subprocess\nsubprocess.call(input(), shell=True)\n", "B602"),
    Scanner.SECRETS: ("conf.py", f'key = "{AWS}"\n', "aws-access-key"),
    Scanner.DOCKERFILE: ("Dockerfile", "FROM debian:12\nRUN sudo true\n", "DL3004"),
    Scanner.WORKFLOWS: (
        ".github/workflows/ci.yml",
        WORKFLOW.replace("EXPRESSION", "${{ github.event.head_commit.message }}"),
        "template-injection",
    ),
    Scanner.TERRAFORM: ("infra/main.tf", OPEN, "CKV_AWS_24"),
    Scanner.KUBERNETES: ("k8s/pod.yaml", POD, "CKV_K8S_16"),
}
FINE = {
    Scanner.CODE: ("app.py", "print(1)\n"),
    Scanner.SECRETS: ("conf.py", "key = os.environ['KEY']\n"),
    Scanner.DOCKERFILE: ("Dockerfile", 'FROM debian:12\nCMD ["true"]\n'),
    Scanner.WORKFLOWS: (".github/workflows/ci.yml", WORKFLOW.replace("EXPRESSION", "hello")),
    Scanner.TERRAFORM: ("infra/main.tf", 'locals {\n  a = "b"\n}\n\noutput "a" {\n  value = local.a\n}\n'),
    Scanner.KUBERNETES: (
        "k8s/map.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: b}\ndata: {a: b}\n"
    ),
}  # fmt: skip
BROKEN = {
    Scanner.CODE: ("app.py", "def (:\n"),
    Scanner.DOCKERFILE: ("Dockerfile", "FROM\nRUNN x\n"),
    Scanner.WORKFLOWS: (".github/workflows/ci.yml", "on: [push\n"),
    Scanner.TERRAFORM: ("infra/main.tf", 'resource "x" {\n'),
    Scanner.KUBERNETES: ("k8s/pod.yaml", "apiVersion: v1\nkind: Pod\n  bad: [\n"),
}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Where tools are fetched to, once."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def commands():
    runner = SupervisedRunner()
    yield runner
    runner.close()


@pytest.fixture(scope="module")
def toolbox(home, commands):
    return UvToolbox(home=home, env=dict(os.environ), commands=commands, python=Path(sys.executable))


class Toolchain(Wheels):
    def interpreters(self):
        return ()

    def content_of(self, environment):
        return "an environment"

    async def environment(self, tree, build, *, tests, identity="", say=None):
        return tree


@pytest.fixture
def scan(tmp_path, commands, toolbox):
    root = repositories.empty(tmp_path / "repository")

    def scan(files, scanner):
        store = FolderStore(tmp_path / "home" / "store")
        world = world_of(
            root, tmp_path / "home", commands, toolchain=Toolchain(store, {}), store=store, toolbox=toolbox
        )
        policy = SecurityPolicy(scanners=(scanner,))
        app = App(name="shop", processes=(), steps=(security_step(policy),), security=policy)
        commit = repositories.commit(root, "change", files)
        (verdict,) = asyncio.run(run_steps(app, world, commit=commit))
        report = json.loads((Path(verdict.log).parent / "security.security.json").read_text())
        return verdict, report

    return scan


@pytest.mark.parametrize("scanner", PLANTED)
def test_what_was_planted_is_found(scan, scanner):
    path, text, rule = PLANTED[scanner]
    verdict, report = scan({path: text}, scanner)
    assert verdict.answer is Answer.FAILED, verdict.evidence
    assert (rule, path) in {(one["rule"], one["place"]) for one in report["findings"]}
    assert AWS not in json.dumps(report)


def test_braces_of_a_dashboard_hide_nothing_beside_it(scan):
    board = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\ndata:\n  b.json: |\n    {"legend": "{{job}}"}\n'
    alert = 'apiVersion: a.example.com/v1\nkind: Alert\nmetadata: {name: c}\nspec: {said: "{{ $labels.job }}"}\n'
    _, report = scan({"k8s/all.yaml": f"{board}---\n{alert}---\n{POD}", "k8s/b.yaml": board}, Scanner.KUBERNETES)
    assert "CKV_K8S_16" in {one["rule"] for one in report["findings"] if one["place"] == "k8s/all.yaml"}
    assert (report["not_checked"], report["scanners"][0]["looked_at"]) == ([], 2)


@pytest.mark.parametrize("scanner", FINE)
def test_what_is_fine_passes(scan, scanner):
    verdict, report = scan(dict([FINE[scanner]]), scanner)
    assert verdict.answer is Answer.PASSED, verdict.evidence
    assert report["scanners"][0]["looked_at"] == 1


@pytest.mark.parametrize("scanner", BROKEN)
def test_what_cannot_be_parsed_is_not_checked(scan, scanner):
    verdict, report = scan(dict([BROKEN[scanner]]), scanner)
    assert verdict.answer is Answer.NOT_CHECKED, verdict.evidence
    assert report["not_checked"]


def test_what_bandit_is_told_to_leave_out_is_said_and_it_leaves_out_nothing_else(scan):
    _, bad, _ = PLANTED[Scanner.CODE]
    settings = '[tool.bandit]\nexclude_dirs = ["tests", "*/old/*"]\n'
    out, there = ("tests/a.py", "app/old/b.py"), (".github/x.py", "app/.tox/y.py", "bin/tool")
    script = f"#!/usr/bin/env python3\n{bad}"
    verdict, report = scan({"pyproject.toml": settings, **dict.fromkeys((*out, *there), script)}, Scanner.CODE)
    assert verdict.answer is Answer.FAILED
    assert {one["place"] for one in report["findings"]} == set(there)
    assert report["not_checked"] == []
    assert report["scanners"][0]["notes"] == ["2 left out by `exclude_dirs` of [tool.bandit]"]


NAMED = """
[release.index]
simple = "https://packages.example.com/simple/"
upload = "https://packages.example.com/legacy/"
username = "INDEX_USER"
password = "INDEX_PASSWORD"

[release.image]
address = "https://registry.example.com/team/shop"
username = "REGISTRY_USER"
password = "REGISTRY_PASSWORD"
"""


@pytest.mark.parametrize("file", ["ecluse.toml", "app/pyproject.toml"])
def test_the_name_of_a_variable_in_a_manifest_is_no_secret(scan, file):
    text = NAMED.replace("[release", "[tool.ecluse.release") if "py" in file else NAMED
    verdict, report = scan({file: text}, Scanner.SECRETS)
    assert (verdict.answer, report["findings"]) == (Answer.PASSED, [])
    verdict, report = scan({file: text.replace("REGISTRY_PASSWORD", "open-sesame")}, Scanner.SECRETS)
    assert {(one["place"], one["line"]) for one in report["findings"]} == {(file, 11)}, "there it is the secret itself"
    verdict, report = scan({file: ""}, Scanner.SECRETS)
    assert len(report["findings"]) == 1, "names are none in the history either"


def test_what_a_manifest_names_hides_nothing_elsewhere(scan):
    verdict, report = scan({"ecluse.toml": NAMED, "b.ini": '[a]\npassword = "INDEX_PASSWORD"\n'}, Scanner.SECRETS)
    assert verdict.answer is Answer.FAILED
    assert [one["place"] for one in report["findings"]] == ["b.ini"]


def test_a_secret_that_was_taken_out_is_found_where_it_was(scan):
    path, text, rule = PLANTED[Scanner.SECRETS]
    first = scan({path: text}, Scanner.SECRETS)[1]["commit"]
    verdict, report = scan({path: "key = os.environ['KEY']\n"}, Scanner.SECRETS)
    assert verdict.answer is Answer.FAILED
    assert [(one["rule"], one["place"], one["commit"]) for one in report["findings"]] == [(rule, path, first)]


def test_no_name_and_no_encoding_hides_a_secret(scan, toolbox):
    """Of all names that the program itself passes over only those of lock files, which is said."""
    program = asyncio.run(toolbox.program(secrets.TOOL))
    ask = "from detect_secrets.filters.heuristic import IGNORED_FILE_EXTENSIONS as names; print(*names)"
    python = program.with_name("python")
    passed_over = subprocess.run([python, "-c", ask], check=True, capture_output=True, text=True).stdout.split()
    assert ".css" in passed_over
    files = {f"a{suffix}": f'key = "{AWS}"\n' for suffix in [*passed_over, "-swagger.json", ".py"]}
    encoded = {encoding: f'# caf\xe9\nkey = "{AWS}"\n'.encode(encoding) for encoding in ("latin-1", "utf-16", "utf-32")}
    _, report = scan({**files, **encoded}, Scanner.SECRETS)
    found = {one["place"] for one in report["findings"]}
    assert {*files, *encoded} - found == {name for name in files if is_lock(name)} == {"a.lock", "a.sum"}


# Each line once.

GITHUB, OTHER_AWS = "ghp_" + "x1Yq" * 9, "AKIA" + "QYLPMN5HFIQR7XYB"
ALLOWED, NEXT = "  # pragma: allowlist secret", "# pragma: allowlist nextline secret"
HEX, RANDOM = "0a1b2c3d4e5f60718293a4b5c6d7e8f9", "Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MEFCQ0RFRkdISUpL"
POOL = (
    "", "  ", "pass", "[section]", "a: 1", "- b", "key: value  # c", "{", "}", '"x": 1,', "\tvalue", "# only said",
    "\x0c", "é", NEXT, f"; {NEXT}", f"{NEXT} {AWS}", "# pragma: allowlist nextline  secret", f"id = '{AWS}'",
    f"  key: {AWS}", f"id = '{AWS}'{ALLOWED}", f"id = '{AWS}'  // pragma: allowlist secret", f"token: {GITHUB}",
    f'token = "{GITHUB}"', f"password = '{GITHUB}'", "password = 'hunter22!'", "password: hunter22!",
    "password = get('password')", 'if "hunter23!" == my_password:', "secret = ${SECRET}", "db_pass=hunter24",
    "api_key := 'hunter25!'", "-----BEGIN RSA PRIVATE KEY-----", "url = 'https://anne:hunter26@example.com'",
    f"h = '{HEX}'", f"user_id = '{RANDOM}'", f'q = "{RANDOM}"', f"x: !!binary {RANDOM}", f"long = '{HEX * 60}' {AWS}",
)  # fmt: skip
NAMES = (
    "a.py",
    "b.yaml",
    "c.ini",
    ".env",
    "d.json",
    "e.md",
    "f.go",
    "g.cs",
    "h.cpp",
    "Dockerfile",
    "i.toml",
    "j\nk 'é.py",
)


def results_of(words, folder):
    done = subprocess.run(words, cwd=folder, env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}, check=True,
                          capture_output=True)  # fmt: skip
    document = json.loads(done.stdout)
    return document, {
        (name.removeprefix("./"), one["type"], one["line_number"], one["hashed_secret"])
        for name, found in document["results"].items() for one in found
    }  # fmt: skip


def plainly(program, folder):
    """What detect-secrets finds by itself."""
    arguments = [word for word in secrets.ARGUMENTS if word not in {"-I", str(secrets.PROGRAM)}]
    return results_of([program, *arguments, "."], folder)[1]


def test_each_line_once_finds_what_the_program_finds(toolbox, tmp_path):
    program, chance = asyncio.run(toolbox.program(secrets.TOOL)), random.Random(11)
    texts = [[chance.choice(POOL) for _ in range(chance.choice([1, 2, 3, 8, 40]))] for _ in range(400)]
    ends = ("\n", "\n", "\r\n", "\r", "\u2028", "\x85")
    files = {
        f"{number}/{chance.choice(NAMES)}": chance.choice(ends).join(lines).encode()
        for number, lines in enumerate(texts)
    }
    repositories.write(tmp_path, files)
    document, found = results_of([program.with_name("python"), *secrets.ARGUMENTS, "."], tmp_path)
    assert document["missed"] == {}
    assert found == plainly(program, tmp_path)
    assert len(found) > 500
    assert len({kind for _, kind, _, _ in found}) > 6


def test_a_line_that_takes_hours_is_not_checked_and_the_rest_is(toolbox, tmp_path):
    program = asyncio.run(toolbox.program(secrets.TOOL))
    spaces, fewer = " " * 300_000, " " * 100_000
    repositories.write(tmp_path, {
        "fine.py": f"a = 1{spaces}b\n{spaces}\nkey = '{AWS}'\n",
        "slow.py": f"id = '{OTHER_AWS}'\nkey = '{AWS}'{fewer}b\n",
        "ini.txt": f"a{fewer}b\n",
        "other.py": f"key = '{GITHUB}'\n",
        "deep.yaml": "[" * 5000,
    })  # fmt: skip
    hurried = secrets.PROGRAM.read_text().replace(
        "LEAST, LINE, FILE = 5.0, 1e-5, 1e-4", "LEAST, LINE, FILE = 1.0, 1e-5, 1e-5"
    )
    (tmp_path / "program").mkdir()
    (tmp_path / "program" / "it").write_text(hurried)
    arguments = [
        str(tmp_path / "program" / "it") if word == str(secrets.PROGRAM) else word for word in secrets.ARGUMENTS
    ]
    document, found = results_of([program.with_name("python"), *arguments, "."], tmp_path)
    assert document["missed"] == {
        "./slow.py": "line 2: it takes too long to look at",
        "./ini.txt": "all of it takes too long to look at",
        "./deep.yaml": "it can't be read: RecursionError",
    }
    assert {(name, line) for name, _, line, _ in found} == {("fine.py", 3), ("slow.py", 1), ("other.py", 1)}


def test_all_that_was_ever_committed_is_found_as_one_finds_it_commit_by_commit(scan, toolbox, tmp_path):
    root, git = tmp_path / "repository", repositories.git

    def key(number):
        return f"key{number} = 'AKIA{number:016d}'\n"

    scan(
        {"gone.py": key(1), "moved.py": key(2) + "# moved\n" * 9, "a b\n'é\".py": key(3), "nested/deep/x.env": key(4)},
        Scanner.SECRETS,
    )
    (root / os.fsdecode(b"odd-\xff.py")).write_text(key(5))
    (root / "large.sql").write_text("".join(f"insert {n};\n" for n in range(20_000)) + key(6))
    (root / "sub").mkdir()
    git(root, "update-index", "--add", "--cacheinfo", f"160000,{git(root, 'rev-parse', 'HEAD')},sub")
    repositories.commit(root, "odd")
    for path in ("gone.py", "a b\n'é\".py", os.fsdecode(b"odd-\xff.py"), "large.sql", "sub"):
        git(root, "rm", "--quiet", "-r", "--cached", "--", path)
    shutil.rmtree(root / "sub")
    git(root, "mv", "moved.py", "there.py")
    git(root, "commit", "--quiet", "--message=gone")
    git(root, "clean", "--quiet", "-fd")
    git(root, "checkout", "--quiet", "-b", "side")
    repositories.commit(root, "side", {"side.py": key(7)})
    repositories.commit(root, "side, gone", {"side.py": ""})
    git(root, "checkout", "--quiet", "main")
    repositories.commit(root, "main", {"main.py": key(8)})
    git(root, "merge", "--quiet", "--no-commit", "side")
    repositories.commit(root, "merge", {"merged.py": key(9)})
    repositories.commit(root, "nothing", {"merged.py": "", "main.py": ""})
    _, report = scan({"wide.txt": key(10).encode("utf-16"), "b.png": b"\0" + key(11).encode()}, Scanner.SECRETS)

    program, found = asyncio.run(toolbox.program(secrets.TOOL)), set()
    for commit in git(root, "rev-list", "HEAD").split():
        folder = tmp_path / "trees" / commit
        folder.mkdir(parents=True)
        git(root, "--work-tree", str(folder), "checkout", "--quiet", commit, "--", ".")
        found |= {(kind, hashed) for _, kind, _, hashed in plainly(program, folder)}
    assert len(found) == 9
    assert report["not_checked"] == []
    assert sorted(one["place"] for one in report["findings"]) == sorted([
        "a b\n'é\".py", "gone.py", "large.sql", "main.py", "merged.py", "nested/deep/x.env",
        os.fsdecode(b"odd-\xff.py"), "side.py", "there.py", "wide.txt",
    ])  # fmt: skip


# pip-audit.

SHOP, OTHER = Package("shop", "1.0"), Package("other", "3.1")


def audited(toolbox, commands, at, *packages, service="osv", env=None):
    source = PipAudit(
        service=service, at=at, toolbox=toolbox, commands=commands, env=env or {}, timeout=timedelta(minutes=2),
        patience=1,
    )  # fmt: skip
    return asyncio.run(source.ask(packages))


def test_pip_audit_tells_what_a_source_knows(toolbox, commands):
    with serving(osv({"shop"})) as source:
        answers = audited(toolbox, commands, source.url, SHOP, OTHER)
    assert [one.id for one in answers[SHOP]] == ["PYSEC-2030-1"]
    assert answers[SHOP][0].fixed == ("2.0",)
    assert answers[OTHER] == ()


@pytest.mark.parametrize("trouble", TROUBLES)
def test_pip_audit_with_a_source_in_trouble_has_no_answer(toolbox, commands, trouble):
    with serving(TROUBLES[trouble]) as source:
        answers = audited(toolbox, commands, source.url, SHOP, OTHER)
    assert all(isinstance(answer, str) and answer for answer in answers.values()), answers


def test_pip_audit_with_nobody_there_has_no_answer(toolbox, commands):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        answers = audited(toolbox, commands, f"http://{address}", SHOP)
        proxied = audited(toolbox, commands, "", SHOP, service="pypi", env={"HTTPS_PROXY": f"http://{address}"})
    assert isinstance(answers[SHOP], str)
    assert isinstance(proxied[SHOP], str)


# Nothing leaves this machine.

TELLS = """\
import runpy, sys

def heard(event, arguments):
    if event in {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}:
        with open(FILE, "a") as told:
            print(event, *arguments, file=told)
        raise OSError("not from here")

sys.addaudithook(heard)
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
CANDIDATES = {
    "aws.py": f'id = "{AWS}"\naws_secret = "{"wJa7MDxR" * 5}"\n',
    "github.py": f'token = "ghp_{"x1Y" * 12}"\n',
    "mail.py": f'key = "{"0a1b2c3d" * 4}-us12"\n',
    "pay.py": f'key = "sk_live_{"a1B2c3D4" * 3}"\n',
    "slack.py": 'slack = "xoxb-' + '34532454-e039d02840a0b9379c"\n',
}


def test_no_candidate_is_sent_anywhere(toolbox, tmp_path):
    """Each try to find or to reach somebody is told by the interpreter itself, and fails."""
    program = asyncio.run(toolbox.program(secrets.TOOL))
    repositories.write(tmp_path / "tree", CANDIDATES)
    told = tmp_path / "told"
    tells = TELLS.replace("FILE", repr(str(told)))

    def run(*arguments):
        words = (program.with_name("python"), "-I", "-c", tells, *arguments, ".")
        done = subprocess.run(
            words, cwd=tmp_path / "tree", env={"PATH": "/usr/bin:/bin"}, check=False, capture_output=True
        )
        return {name.removeprefix("./") for name in json.loads(done.stdout or b'{"results": []}')["results"]}

    arguments = [word for word in secrets.ARGUMENTS if word != "-I"]
    assert run(*arguments) == set(CANDIDATES)
    assert not told.exists()
    run(*(word for word in arguments if word != "--no-verify"))
    assert "slack.com" in told.read_text(), "without our option it would have been: the hook hears it"


MANIFEST = """
[app]
name = "shop"

[processes.worker]
command = ["sleep", "600"]

[security]
scanners = ["dependencies", "secrets"]

[environments.local]
[environments.production]
port = 8001
"""
PROJECT = '[project]\nname = "shop"\nversion = "1"\ndependencies = ["packaging==24.1"]\n'


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="only root gives itself another network")
def test_without_a_network_dependencies_are_not_checked_and_that_stops_everywhere_but_in_local(tmp_path):
    root = repositories.repository(tmp_path / "shop", {"ecluse.toml": MANIFEST, "pyproject.toml": PROJECT})[1]

    def ecluse(*arguments, alone=True):
        start = ["unshare", "--net"] if alone else []
        return subprocess.run(
            [*start, sys.executable, "-m", "ecluse", *arguments], cwd=root, capture_output=True, text=True, check=False
        )

    prepared = ecluse("security", "--json", alone=False)  # fetches the tools and the wheel
    assert prepared.returncode in {0, 1}, prepared.stdout + prepared.stderr
    answers = {name: ecluse("security", "--json", "--fresh", *options) for name, options in
               {"none": (), "production": ("--env", "production"), "local": ("--env", "local")}.items()}  # fmt: skip
    assert {name: done.returncode for name, done in answers.items()} == {"none": 1, "production": 1, "local": 0}
    for done in answers.values():
        report = json.loads(done.stdout)["report"]
        assert report["verdict"] == "not_checked"
        assert [one["scanner"] for one in report["not_checked"]] == ["dependencies"]
    waived = ecluse("security", "baseline", "--until", "2099-01-01", "--reason", "no network here")
    assert waived.returncode == 0, waived.stderr
    repositories.commit(root, "Accept what can't be asked here")
    assert ecluse("security").returncode == 0
