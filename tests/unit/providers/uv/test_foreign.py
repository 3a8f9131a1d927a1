"""What poetry, pdm and pipenv wrote, as requirement lines."""

import json

import pytest
from packaging.requirements import Requirement

from ecluse.model.problem import ProblemError
from ecluse.providers.uv.foreign import (
    pins,
    pipfile_lines,
    pipfile_lock,
    poetry_lines,
    poetry_origins,
    poetry_table,
    project_lines,
    uv_origins,
)

POETRY = {
    "tool": {
        "poetry": {
            "dependencies": {
                "python": "^3.10",
                "Flask": "^2.3",
                "any": "*",
                "both": ">=1,<2 || >=3",
                "old": {"version": "1.2", "python": "<3.11"},
                "windows": {"version": "1.2.3", "markers": "sys_platform == 'win32'"},
                "net": {"version": ">=2", "extras": ["socks"], "optional": True},
                "many": [{"version": "1.0.0", "python": "<3.11"}, {"version": "2.0.0", "python": ">=3.11"}],
                "fork": {"git": "ssh://forge/fork", "rev": "abc"},
                "file": {"url": "file:///f.whl"},
            },
            "extras": {"more": ["net"]},
            "group": {"test": {"dependencies": {"pytest": ">=8"}}},
            "dev-dependencies": {"black": "*"},
        }
    }
}


def test_poetry_s_main_group():
    assert poetry_lines(POETRY, (), ()) == (
        "Flask<3,>=2.3",
        "any",
        "both!=2.*,>=1",
        "old==1.2 ; (python_full_version < '3.11')",
        "windows==1.2.3 ; (sys_platform == 'win32')",
        "many==1.0.0 ; (python_full_version < '3.11')",
        "many==2.0.0 ; (python_full_version >= '3.11')",
        "fork @ git+ssh://forge/fork@abc",
        "file @ file:///f.whl",
    )


def of_poetry(**dependencies):
    return {"tool": {"poetry": {"dependencies": dependencies}}}


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        ({"path": "../shared", "develop": True}, "it @ ../shared"),
        ({"path": "libs/shared", "extras": ["a"]}, "it[a] @ ./libs/shared"),
        ({"path": "/srv/shared"}, "it @ /srv/shared"),
        ({"file": "wheels/it.whl", "python": ">=3.8"}, "it @ ./wheels/it.whl ; (python_full_version >= '3.8')"),
        (
            {"git": "https://forge/it", "tag": "v1", "subdirectory": "py"},
            "it @ git+https://forge/it@v1#subdirectory=py",
        ),
        ({"git": "git@forge.example:o/it.git"}, "it @ git+ssh://git@forge.example/o/it.git"),
        ({"git": "git@forge.example:/o/it.git"}, "it @ git+ssh://git@forge.example/o/it.git"),
        ({"git": "ssh://git@forge.example:22/o/it.git"}, "it @ git+ssh://git@forge.example:22/o/it.git"),
        ({"url": "https://forge/it.zip", "subdirectory": "py"}, "it @ https://forge/it.zip#subdirectory=py"),
    ],
)
def test_a_package_comes_from_where_the_manifest_says(entry, line):
    assert poetry_lines(of_poetry(it=entry), (), ()) == (line,)


def test_a_constraint_that_isn_t_understood_isn_t_left_out():
    assert poetry_lines(of_poetry(one="~1", two="=1.2.3"), (), ()) == ("one==1.*,>=1", "two==1.2.3")
    with pytest.raises(ProblemError, match="it = latest"):
        poetry_lines(of_poetry(it="latest"), (), ())


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("1.2", "it==1.2"),
        ("1", "it==1"),
        ("1.2.*", "it==1.2.*"),
        ("^1.0 || ^2.0", "it<3,>=1"),
        ("^1.0 || ^3.0", "it!=2.*,<4,>=1"),
        ("<2 | >=3.0.0", "it!=2.*"),
        ("~1.2 || ~1.4 || ~1.5", "it!=1.3.*,<1.6,>=1.2"),
        ("* || ^2", "it"),
    ],
)
def test_poetry_s_words_for_versions_bind(text, line):
    assert poetry_lines(of_poetry(it=text), (), ()) == (line,)


@pytest.mark.parametrize("text", ["1.2 || 1.4", ">=1,<1.5 || >=3", ">1,<2 || >=3", "^1 || latest"])
def test_alternatives_that_a_requirement_can_t_say_are_refused_without_a_lock(text):
    with pytest.raises(ProblemError) as caught:
        poetry_lines(of_poetry(it=text), (), ())
    assert caught.value.problems[0].code == "B013"


def test_a_lock_says_what_alternatives_came_to():
    assert poetry_lines(of_poetry(it="1.2 || 1.4"), (), (), locked=True) == ("it",)


def test_alternative_pythons_are_alternatives_in_the_marker():
    (line,) = poetry_lines(of_poetry(it={"version": "*", "python": "3.9.* || >=3.11,<3.13"}), (), ())
    marker = Requirement(line).marker
    for version, wanted in (("3.9.5", True), ("3.10.1", False), ("3.12.0", True), ("3.13.0", False)):
        assert marker.evaluate({"python_full_version": version}) is wanted


def test_origins_are_known_for_names_in_the_standard_tables():
    groups = {"test": {"dependencies": {"fork": {"git": "https://forge/fork"}}}}
    here = {"path": "../shared", "python": ">=3.8", "extras": ["a"]}
    document = {"tool": {"poetry": {"dependencies": {"here": here, "flask": "*"}, "group": groups}}}
    assert poetry_origins(document) == (
        "here @ ../shared ; (python_full_version >= '3.8')",
        "fork @ git+https://forge/fork",
    )
    sources = {
        "core": {"path": "core", "marker": "sys_platform == 'linux'"},
        "member": {"workspace": True},
        "torch": [{"url": "https://forge/cpu.whl", "extra": "cpu"}, {"index": "cuda"}],
    }
    assert uv_origins({"tool": {"uv": {"sources": sources}}}) == ("core @ ./core ; sys_platform == 'linux'",)


def test_poetry_s_extras_and_groups_when_asked_for():
    lines = poetry_lines(POETRY, ("more",), ("test", "dev", "none"))
    assert {"net[socks]>=2", "pytest>=8", "black"} <= set(lines)


def test_a_standard_project_isn_t_poetry_s():
    assert poetry_table({"tool": {"poetry": {"package-mode": False}}}) == {}


def test_groups_include_each_other_and_pdm_s_older_table_counts():
    document = {
        "project": {"dependencies": ["flask"], "optional-dependencies": {"net": ["requests"]}},
        "dependency-groups": {"test": ["pytest", {"include-group": "lint"}], "lint": ["ruff"]},
        "tool": {"pdm": {"dev-dependencies": {"doc": ["mkdocs", "-e file:///here"]}}},
    }
    assert project_lines(document, ("net", "none"), ("test", "doc")) == (
        "flask", "requests", "pytest", "ruff", "mkdocs",
    )  # fmt: skip


def package(name, version, **more):
    files = [{"file": f"{name}-{version}-py3-none-any.whl", "hash": f"sha256:{name}{version}"}]
    return {"name": name, "version": version, "files": files, **more}


def test_a_lock_s_packages_for_this_python():
    lock = {
        "package": [
            package("one", "1.0"),
            package("Two_B", "1.0", **{"python-versions": ">=3.8"}),
            package("Two_B", "2.0", **{"python-versions": ">=3.12"}),
            package("three", "1.0", requires_python="<3.10"),
            package("four", "1.0", markers="python_version < '3.10'"),
            package("four", "2.0", markers="python_version >= '3.10'"),
            package("odd", "1.0", **{"python-versions": "three"}),
        ]
    }
    lines, vouched = pins(lock, "3.11.7")
    assert set(lines) == {
        "one==1.0",
        "Two_B==1.0",
        "four==1.0 ; python_version < '3.10'",
        "four==2.0 ; python_version >= '3.10'",
        "odd==1.0",
    }
    assert vouched["two-b"] == frozenset({"Two_B1.0"})
    assert vouched["four"] == frozenset({"four1.0", "four2.0"})


def test_older_poetry_locks_keep_their_hashes_at_the_end():
    lock = {
        "package": [{"name": "one", "version": "1.0"}],
        "metadata": {"files": {"one": [{"file": "one.whl", "hash": "sha256:abc"}]}},
    }
    assert pins(lock, "3.11.7") == (("one==1.0",), {"one": frozenset({"abc"})})


@pytest.mark.parametrize(
    ("entry", "place"),
    [
        (
            {"source": {"type": "git", "url": "ssh://forge/fork", "resolved_reference": "abc"}},
            "git+ssh://forge/fork@abc",
        ),
        ({"git": "ssh://forge/fork", "revision": "abc"}, "git+ssh://forge/fork@abc"),
        (
            {"source": {"type": "git", "url": "git@forge:o/r", "resolved_reference": "abc", "subdirectory": "py"}},
            "git+ssh://git@forge/o/r@abc#subdirectory=py",
        ),
        ({"source": {"type": "directory", "url": "../fork"}}, "../fork"),
        ({"source": {"type": "file", "url": "wheels/fork.whl"}}, "./wheels/fork.whl"),
        ({"source": {"type": "url", "url": "https://forge/fork.whl"}}, "https://forge/fork.whl"),
        ({"path": "./fork", "editable": True}, "./fork"),
        ({"url": "https://forge/fork.whl"}, "https://forge/fork.whl"),
    ],
)
def test_a_package_that_is_of_no_index_is_pinned_to_its_place(entry, place):
    assert pins({"package": [{"name": "fork", "version": "1", **entry}]}, "3.11.7") == ((f"fork @ {place}",), {})


def test_a_package_that_is_of_no_index_needs_no_version():
    assert pins({"package": [{"name": "fork", "path": "./fork"}]}, "3.11.7")[0] == ("fork @ ./fork",)


def test_a_package_of_a_named_index_is_pinned_to_its_version():
    legacy = {"source": {"type": "legacy", "url": "https://index.example", "reference": "ours"}}
    assert pins({"package": [{"name": "it", "version": "1", **legacy}]}, "3.11.7") == (("it==1",), {})


def test_a_pipfile_s_lock_is_taken_whole():
    lock = {
        "default": {"flask": {"version": "==2.3", "hashes": ["sha256:aa"], "markers": "python_version >= '3.8'"}},
        "develop": {"pytest": {"version": "==8.0", "hashes": ["sha256:bb"]}, "here": {"path": "."}},
    }
    text = json.dumps(lock)
    assert pipfile_lock(text, with_tests=False) == (
        ("flask==2.3 ; python_version >= '3.8'",),
        {"flask": frozenset({"aa"})},
    )
    assert set(pipfile_lock(text, with_tests=True)[0]) == {"flask==2.3 ; python_version >= '3.8'", "pytest==8.0"}


def test_a_pipfile_s_own_folders_are_asked_for_but_for_the_project_itself():
    here, core = {"path": ".", "editable": True}, {"path": "./core", "editable": True}
    assert pipfile_lines({"packages": {"here": here, "core": core}}, dev=False) == ("core @ ./core",)


def test_a_pipfile_without_a_lock():
    document = {"packages": {"flask": "*", "net": {"version": ">=2", "extras": ["a", "b"]}}, "dev-packages": {"x": "1"}}
    assert pipfile_lines(document, dev=False) == ("flask", "net[a,b]>=2")
    assert pipfile_lines(document, dev=True)[2:] == ("x==1",)
