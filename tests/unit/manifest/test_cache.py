import json
import subprocess
import sys
from pathlib import Path

import pytest

from ecluse.manifest.cache import load
from ecluse.manifest.read import read
from ecluse.model.frozen import app_from_json, app_to_json
from ecluse.model.problem import ProblemError

ASK = """
import sys
from pathlib import Path
from ecluse.manifest.cache import load
print(load(Path(sys.argv[1]), {}, Path(sys.argv[2])).name, bool({"pydantic", "tomlkit"} & sys.modules.keys()))
"""


@pytest.fixture
def root(tmp_path: Path, plain: str) -> Path:
    root = tmp_path / "repository"
    root.mkdir()
    (root / "ecluse.toml").write_text(plain)
    return root


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def entries(home: Path) -> list[Path]:
    return list((home / "cache/manifest").glob("*"))


def loading(root: Path, home: Path) -> list[str]:
    asked = subprocess.run([sys.executable, "-c", ASK, root, home], capture_output=True, text=True, check=True)
    return asked.stdout.split()


def test_a_second_reading_needs_no_pydantic_and_no_tomlkit(root, home):
    assert loading(root, home) == ["shop", "True"]
    assert loading(root, home) == ["shop", "False"]


ASK_WHAT_IS_WRONG = """
import sys
from pathlib import Path
from ecluse.manifest.cache import load
from ecluse.model.problem import ProblemError
try:
    load(Path(sys.argv[1]), {}, Path(sys.argv[2]))
except ProblemError as error:
    print(error.problems[0].code, "pydantic" in sys.modules)
"""


@pytest.mark.parametrize(("data", "code"), [(b"[app\n", "M004"), (b"# caf\xe9\n", "M003")])
def test_what_is_no_toml_is_told_without_pydantic(root, home, data, code):
    (root / "ecluse.toml").write_bytes(data)
    asked = subprocess.run([sys.executable, "-c", ASK_WHAT_IS_WRONG, root, home], capture_output=True, check=True)
    assert asked.stdout.decode().split() == [code, "False"]


def test_what_is_remembered_is_what_was_read(root, home):
    first, second = load(root, {}, home), load(root, {}, home)
    assert first == second == read(root, {})
    assert len(entries(home)) == 1


def test_another_text_is_read_again(root, home, plain):
    load(root, {}, home)
    (root / "ecluse.toml").write_text(plain.replace("shop", "mill"))
    assert load(root, {}, home).name == "mill"


def test_another_value_of_a_variable_is_read_again(root, home, plain):
    (root / "ecluse.toml").write_text(plain + '[app.env]\nA = "${A:-none}"\n')
    assert [load(root, env, home).env["A"] for env in ({"A": "1"}, {"A": "2"}, {}, {"A": "1"})] == [
        "1",
        "2",
        "none",
        "1",
    ]


def test_a_variable_that_is_not_referred_to_changes_nothing(root, home):
    load(root, {"A": "1"}, home)
    (entry,) = entries(home)
    before = entry.stat().st_mtime_ns
    load(root, {"A": "2"}, home)
    assert entry.stat().st_mtime_ns == before


def test_values_of_variables_are_kept_as_digests(root, home, plain):
    (root / "ecluse.toml").write_text(plain.replace("shop", "${A}"))
    load(root, {"A": "harbour"}, home)
    (entry,) = entries(home)
    assert "harbour" not in json.dumps(json.loads(entry.read_text())["variables"])
    assert entry.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "spoilt", ["", "{", "[]", "{}", '{"variables": {}, "app": {}}', '{"variables": [], "app": 3}', "\udcff"]
)
def test_a_spoilt_entry_is_made_again(root, home, spoilt):
    load(root, {}, home)
    (entry,) = entries(home)
    entry.write_bytes(spoilt.encode(errors="surrogateescape"))
    assert load(root, {}, home).name == "shop"
    assert json.loads(entry.read_text())["app"]["name"] == "shop"


def test_problems_are_not_remembered(root, home):
    (root / "ecluse.toml").write_text("[app]\n")
    for _ in range(2):
        with pytest.raises(ProblemError):
            load(root, {}, home)
    assert not entries(home)


def test_a_home_that_cannot_be_written_is_no_error(root, tmp_path):
    (tmp_path / "file").write_text("")
    assert load(root, {}, tmp_path / "file").name == "shop"


def test_a_few_entries_are_kept(root, home, plain):
    for number in range(12):
        (root / "ecluse.toml").write_text(f"{plain}# {number}\n")
        load(root, {}, home)
    assert len(entries(home)) == 8


def test_an_app_survives_freezing_whatever_is_set(reading, plain):
    app = reading(
        plain
        + """
[processes.worker]
command = "w"
count = 3
env = { A = "b" }
drain = "1500ms"
limits = { memory = "1G" }
[steps.test]
command = "pytest"
inputs = ["a"]
junit = "j.xml"
coverage = "c.json"
[gates]
coverage = 80
[build]
commands = [["a", "b"]]
[environments.a]
gates = ["test"]
"""
    )
    assert app_from_json(json.loads(json.dumps(app_to_json(app)))) == app
