"""Commands in a repository with several apps."""

import json

import pytest
from click.testing import CliRunner

from ecluse.assembly import declared
from ecluse.cli import history, init, options, status, stop
from ecluse.cli.init_each import named
from ecluse.whereabouts import apps_of
from support.repositories import repository

pytestmark = pytest.mark.once

APP = """
app.name = "{name}"
[processes.worker]
command = "work"
[environments.local]
"""


@pytest.fixture
def several(tmp_path, monkeypatch):
    monkeypatch.delenv("ECLUSE_HOME", raising=False)
    named = "".join(f'[apps.{name}]\nfolder = "services/{name}"\n' for name in ("shop", "admin"))
    files = {f"services/{name}/ecluse.toml": APP.format(name=name) for name in ("shop", "admin")}
    return repository(tmp_path / "all", {"ecluse.toml": named, **files})[1]


def run(module, *arguments, **options):
    return CliRunner().invoke(module.command, list(arguments), **options)


def test_status_goes_through_all_of_them(several):
    done = run(status, "-C", str(several), "--json")
    found = json.loads(done.stdout)["apps"]
    assert {name: one["environments"][0]["name"] for name, one in found.items()} == {"shop": "local", "admin": "local"}
    assert (done.exit_code, "services/shop" in done.stderr) == (0, True)


def test_one_is_named_by_option_by_variable_or_by_the_folder(several):
    for arguments, env in (
        (("--app", "admin", "-C", str(several)), {}),
        (("-C", str(several)), {"ECLUSE_APP": "admin"}),
        (("-C", str(several / "services/admin")), {}),
    ):
        done = run(status, *arguments, "--json", env=env)
        assert [one["name"] for one in json.loads(done.stdout)["environments"]] == ["local"]
    assert (several / "services/admin/.ecluse").is_dir()
    assert not (several / "services/shop/.ecluse").exists()


def test_a_stop_names_the_app_where_there_are_several(several):
    assert run(stop, "--app", "admin", "-C", str(several)).stdout == "nothing ran in local of admin\n"
    done = run(stop, "-C", str(several))
    assert done.stdout.splitlines() == ["nothing ran in local of shop", "nothing ran in local of admin"]


def test_a_command_for_one_app_asks_which(several):
    done = run(history, "-C", str(several))
    assert (done.exit_code, "there are several apps here: shop, admin; name one" in done.stderr) == (2, True)


@pytest.mark.parametrize(("name", "said"), [("shp", "did you mean 'shop'?"), ("x", "there are shop, admin")])
def test_an_unknown_app_is_told(several, name, said):
    done = run(status, "--app", name, "-C", str(several))
    assert (done.exit_code, said in done.stderr) == (2, True)


def test_the_only_app_needn_t_be_named(several):
    (several / "ecluse.toml").write_text('[apps.admin]\nfolder = "services/admin"\n')
    done = run(status, "-C", str(several), "--json")
    assert "environments" in json.loads(done.stdout)


def test_an_app_without_a_manifest_is_told_before_anything_is_done(several):
    (several / "services/shop/ecluse.toml").unlink()
    done = run(status, "-C", str(several), "--json")
    assert [problem["code"] for problem in json.loads(done.stdout)["problems"]] == ["M001"]
    assert "ecluse init -C services/shop" in done.stderr


def test_what_one_app_says_doesn_t_hold_back_the_others(several):
    (several / "services/shop/ecluse.toml").write_text("wrong")
    done = run(status, "-C", str(several), "--json")
    answer = json.loads(done.stdout)
    assert (done.exit_code, answer["outcome"]) == (2, "halted")
    assert answer["apps"]["shop"]["problems"][0]["code"] == "M004"
    assert "environments" in answer["apps"]["admin"]


def test_names_of_apps_are_completed(several, monkeypatch):
    monkeypatch.chdir(several)
    assert options.complete_app(None, None, "s") == ["shop"]
    (several / "ecluse.toml").write_text("[")
    assert options.complete_app(None, None, "s") == []


FLASK = "from flask import Flask\napp = Flask('x')\n"


@pytest.fixture
def unknown(tmp_path, monkeypatch):
    """A repository with two apps and no manifest."""
    monkeypatch.delenv("ECLUSE_HOME", raising=False)
    files = {f"{folder}/{name}": text for folder in ("api", "web/admin")
             for name, text in (("app.py", FLASK), ("requirements.txt", "flask\n"))}  # fmt: skip
    return repository(tmp_path / "all", files)[1]


def test_init_writes_a_manifest_for_each_and_one_that_names_them(unknown):
    done = run(init, "-C", str(unknown), "--yes", "--no-try", "--json")
    answer = json.loads(done.stdout)
    assert (done.exit_code, answer["outcome"], list(answer["apps"])) == (0, "written", ["api", "admin"])
    assert list(apps_of(unknown)) == ["api", "admin"]
    ports = [declared(unknown / folder).environment("local").port for folder in ("api", "web/admin")]
    assert len(set(ports)) == 2


def test_init_keeps_a_manifest_that_is_there_unless_told_to_replace_it(unknown):
    (unknown / "api/ecluse.toml").write_text(APP.format(name="mine"))
    answer = json.loads(run(init, "-C", str(unknown), "--yes", "--no-try", "--json").stdout)
    assert {name: one["outcome"] for name, one in answer["apps"].items()} == {"api": "kept", "admin": "written"}
    assert declared(unknown / "api").name == "mine"
    run(init, "-C", str(unknown / "api"), "--yes", "--no-try", "--force")
    assert declared(unknown / "api").name == "api"


def test_an_app_that_can_t_be_served_is_told_and_left_out(unknown):
    (unknown / "api/requirements.txt").write_text("nothing-of-that-name-anywhere\n")
    done = run(init, "-C", str(unknown), "--yes", "--json", env={"UV_OFFLINE": "1", "UV_NO_INDEX": "1"})
    answer = json.loads(done.stdout)
    assert answer["apps"]["api"]["problems"][0]["code"].startswith("B")
    assert (done.exit_code != 0, (unknown / "api/ecluse.toml").exists()) == (True, False)


def test_a_dry_run_writes_nothing(unknown):
    done = run(init, "-C", str(unknown), "--dry-run", "--no-try", "--json")
    assert json.loads(done.stdout)["outcome"] == "shown"
    assert not list(unknown.rglob("ecluse.toml"))


def test_one_of_them_can_be_taken_for_itself(unknown):
    run(init, "-C", str(unknown / "api"), "--yes", "--no-try")
    assert [str(path.relative_to(unknown)) for path in unknown.rglob("ecluse.toml")] == ["api/ecluse.toml"]


def test_apps_whose_folders_end_alike_have_longer_names():
    assert [name for name, _ in named(("a/web", "b/web", "B c"))] == ["a-web", "b-web", "b-c"]
