from datetime import timedelta
from pathlib import Path

import pytest

from ecluse.manifest.read import read
from ecluse.model.app import App, Environment, Health, Interface, Process
from ecluse.model.problem import Exit, ProblemError


def test_a_plain_manifest_is_an_app_with_defaults(reading, plain):
    assert reading(plain) == App(
        name="shop",
        processes=(
            Process(name="web", app="shop.wsgi:application", interface=Interface.WSGI, health=Health(path="/health")),
        ),
        environments=(Environment(name="local", tag=False, stamp=True, services=True),),
    )


def test_every_section_reaches_the_app(reading, plain):
    app = reading(
        plain
        + """
[processes.worker]
command = "celery -A shop worker"
stop_signal = "INT"
drain = "1m30s"
limits = { memory = "512M", open_files = 1024 }

[steps.lint]
command = ["ruff", "check", "."]

[steps.test]
command = "pytest | tee log"
needs = ["lint"]
junit = "r.xml"
coverage = "c.json"
inputs = []
timeout = 90

[gates]
coverage = 80

[build]
exclude_newer = 2026-01-31T00:00:00Z
commands = ["python manage.py collectstatic", ["a", "b"]]

[release]
tag_prefix = "shop/v-"

[environments.production]
port = 80
secrets = ["KEY"]
"""
    )
    worker = app.processes[1]
    assert worker.command == ("celery", "-A", "shop", "worker")
    assert (worker.stop_signal, worker.drain) == ("INT", timedelta(seconds=90))
    assert (worker.limits.memory, worker.limits.open_files) == (512 * 1024**2, 1024)
    lint, test = app.steps
    assert lint.inputs is None
    assert test.inputs == ()
    assert test.command == ("/bin/sh", "-euc", "pytest | tee log")
    assert (test.needs, test.timeout) == (("lint",), timedelta(seconds=90))
    assert (test.evidence.junit, test.evidence.coverage) == ("r.xml", "c.json")
    assert app.gates.coverage == 80
    assert app.build.exclude_newer == "2026-01-31T00:00:00Z"
    assert app.build.commands == (("python", "manage.py", "collectstatic"), ("a", "b"))
    assert app.release.tag_prefix == "shop/v-"
    assert app.environments == (Environment(name="production", port=80, secrets=("KEY",)),)


def test_an_environment_called_local_is_stamped_and_not_tagged(reading, plain):
    local, staging = reading(plain + "[environments.local]\n[environments.staging]\nport = 8001\n").environments
    assert (local.tag, local.stamp) == (False, True)
    assert (staging.tag, staging.stamp) == (True, False)


def test_stamp_and_tag_can_be_chosen(reading, plain):
    (local,) = reading(plain + "[environments.local]\ntag = true\nstamp = false\n").environments
    assert (local.tag, local.stamp) == (True, False)


def test_the_manifest_may_stand_in_pyproject(tmp_path: Path):
    (tmp_path / "pyproject.toml").write_text('[tool.ecluse.app]\nname = "shop"\n')
    assert read(tmp_path, {}).name == "shop"
    assert read(tmp_path / "pyproject.toml", {}).name == "shop"


def test_places_in_pyproject_are_those_of_the_file(tmp_path: Path):
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\n\n[tool.ecluse.app]\nnam = "shop"\n')
    with pytest.raises(ProblemError) as caught:
        read(tmp_path, {})
    assert [str(problem.where) for problem in caught.value.problems] == ["pyproject.toml:4:1", "pyproject.toml:5:1"]


def test_two_manifests_are_refused(tmp_path: Path, plain):
    (tmp_path / "ecluse.toml").write_text(plain)
    (tmp_path / "pyproject.toml").write_text('[tool.ecluse.app]\nname = "shop"\n')
    with pytest.raises(ProblemError, match="M002"):
        read(tmp_path, {})


@pytest.mark.parametrize("other", ["", "[tool.black]\n", "tool = 'ecluse'\n", "not toml [ecluse\n"])
def test_a_pyproject_of_others_is_no_manifest(tmp_path: Path, other):
    (tmp_path / "pyproject.toml").write_text(other)
    with pytest.raises(ProblemError, match="M001") as caught:
        read(tmp_path, {})
    assert caught.value.exit is Exit.USAGE


def test_a_broken_pyproject_that_holds_ours_is_shown(tmp_path: Path):
    (tmp_path / "pyproject.toml").write_text("[tool.ecluse.app]\nname = \n")
    with pytest.raises(ProblemError, match=r"pyproject.toml:2:8: .*M004"):
        read(tmp_path, {})


def test_a_manifest_that_is_not_there_is_a_problem(tmp_path: Path):
    with pytest.raises(ProblemError, match="M003"):
        read(tmp_path / "other.toml", {})


def test_a_path_that_no_system_takes_is_a_problem(tmp_path: Path):
    with pytest.raises(ProblemError, match="M003"):
        read(tmp_path / ("x" * 300), {})


def test_broken_toml_has_a_place(wrong):
    assert wrong('[app]\nname = "shop\n') == ["2:13 M004"]


def test_toml_that_ends_too_early_is_placed_at_its_end(wrong):
    assert wrong('[app]\nname = """shop') == ["2:15 M004"]


def test_what_is_not_utf8_is_a_problem(tmp_path: Path):
    (tmp_path / "ecluse.toml").write_bytes(b'[app]\nname = "caf\xe9"\n')
    with pytest.raises(ProblemError, match=r"ecluse.toml:2:12: .*UTF-8.*M003"):
        read(tmp_path, {})


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path):
    (tmp_path / "ecluse.toml").write_bytes(b'\xef\xbb\xbf[app]\r\nname = "shop"\r\n')
    assert read(tmp_path, {}).name == "shop"


@pytest.mark.parametrize(("version", "fix"), [(2, "newer"), (0, "changelog")])
def test_a_manifest_of_another_format_is_only_that(reading, version, fix):
    with pytest.raises(ProblemError, match="M005") as caught:
        reading(f"nonsense = true\nmanifest = {version}\n")
    (problem,) = caught.value.problems
    assert str(problem.where) == "ecluse.toml:2:12"
    assert fix in problem.fix


def test_a_format_that_is_no_number_is_a_wrong_type(wrong, plain):
    assert wrong(plain.replace("manifest = 1", 'manifest = "1"')) == ["1:12 M010"]


@pytest.mark.parametrize("entry", ["shop:app", "shop:make()", "shop:Site(root='/', debug=False).app()"])
def test_an_entry_point_may_be_called_with_arguments(reading, plain, entry):
    assert reading(plain.replace("shop.wsgi:application", entry)).web.app == entry
