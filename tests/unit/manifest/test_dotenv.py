from pathlib import Path

import pytest

from ecluse.manifest.dotenv import settings
from ecluse.model.app import Environment
from ecluse.model.ids import EnvironmentName
from ecluse.model.problem import ProblemError
from ecluse.model.secret import Secret


def environment(**fields) -> Environment:
    return Environment(name=EnvironmentName("local"), **fields)


def problems(root: Path, place: Environment, caller: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(ProblemError) as caught:
        settings(root, place, caller or {})
    return [f"{problem.where or ''} {problem.code}".strip() for problem in caught.value.problems]


def revealed(root: Path, place: Environment, caller: dict[str, str] | None = None) -> dict[str, str]:
    return {name: secret.reveal() for name, secret in settings(root, place, caller or {}).secrets.items()}


def test_without_files_only_what_is_declared_is_there(tmp_path):
    assert settings(tmp_path, environment(env={"A": "1"}), {"B": "2"}) == ({"A": "1"}, {})


def test_a_later_file_wins(tmp_path):
    (tmp_path / ".env").write_text("A=1\nB=1\nC=1\n")
    (tmp_path / ".env.local").write_text("B=2\nC=2\n")
    (tmp_path / "more.env").write_text("C=3\n")
    assert revealed(tmp_path, environment(env_files=("more.env",))) == {"A": "1", "B": "2", "C": "3"}


def test_files_of_other_environments_are_left_alone(tmp_path):
    (tmp_path / ".env.production").write_text("A=1\n")
    assert revealed(tmp_path, environment()) == {}


def test_a_file_wins_over_the_manifest_and_stays_unseen(tmp_path):
    (tmp_path / ".env").write_text("A=hush\n")
    found = settings(tmp_path, environment(env={"A": "1", "B": "2"}), {})
    assert found == ({"B": "2"}, {"A": Secret("hush")})
    assert "hush" not in repr(found)


def test_comments_quotes_and_export_are_read_as_python_dotenv_does(tmp_path):
    (tmp_path / ".env").write_text("# top\nexport A='x y'\nB=\"line\\nbreak\"\n\nC=v # why\nD\nE=\n")
    assert revealed(tmp_path, environment()) == {"A": "x y", "B": "line\nbreak", "C": "v", "E": ""}


def test_values_may_refer_to_earlier_ones_and_to_the_caller(tmp_path):
    (tmp_path / ".env").write_text("A=1\nB=${A}-${HOST:-none}-${X:-none}\n")
    assert revealed(tmp_path, environment(), {"HOST": "h"})["B"] == "1-h-none"


def test_a_secret_comes_from_the_caller_before_a_file(tmp_path):
    (tmp_path / ".env").write_text("KEY=file\n")
    assert revealed(tmp_path, environment(secrets=("KEY",)), {"KEY": "caller"}) == {"KEY": "caller"}
    assert revealed(tmp_path, environment(secrets=("KEY",)), {"KEY": ""}) == {"KEY": "file"}


def test_secrets_of_steps_can_be_asked_for_too(tmp_path):
    assert settings(tmp_path, environment(), {"T": "t"}, also=["T"]).secrets == {"T": Secret("t")}


def test_every_missing_thing_is_said_at_once(tmp_path):
    (tmp_path / ".env").write_text("A=1\n=oops\nB=2\nC=\0\n")
    (tmp_path / "bytes.env").write_bytes(b"A=\xff\n")
    place = environment(secrets=("KEY",), env_files=("none.env", "bytes.env"))
    assert problems(tmp_path, place) == [".env:2 M062", ".env:4 M062", "none.env M060", "bytes.env M061", "M063"]


def test_a_bad_line_is_not_shown(tmp_path):
    (tmp_path / ".env").write_text("\n\n'hush' hush\n")
    with pytest.raises(ProblemError) as caught:
        settings(tmp_path, environment(), {})
    assert "hush" not in repr(caught.value.problems)
    assert str(caught.value.problems[0].where) == ".env:3"
