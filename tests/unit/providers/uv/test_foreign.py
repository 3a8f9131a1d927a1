"""What poetry, pdm and pipenv wrote, as requirement lines."""

import json

import pytest

from ecluse.providers.uv.foreign import pins, pipfile_lines, pipfile_lock, poetry_lines, poetry_table, project_lines

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
        "both",
        "old==1.2.* ; (python_full_version < '3.11')",
        "windows==1.2.3 ; (sys_platform == 'win32')",
        "many==1.0.0 ; (python_full_version < '3.11')",
        "many==2.0.0 ; (python_full_version >= '3.11')",
        "fork @ git+ssh://forge/fork@abc",
        "file @ file:///f.whl",
    )


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
    "entry",
    [
        {"source": {"type": "git", "url": "ssh://forge/fork", "resolved_reference": "abc"}},
        {"git": "ssh://forge/fork", "revision": "abc"},
    ],
)
def test_a_package_out_of_git_is_pinned_to_its_commit(entry):
    assert pins({"package": [{"name": "fork", "version": "1", **entry}]}, "3.11.7") == (
        ("fork @ git+ssh://forge/fork@abc",),
        {},
    )


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


def test_a_pipfile_without_a_lock():
    document = {"packages": {"flask": "*", "net": {"version": ">=2", "extras": ["a", "b"]}}, "dev-packages": {"x": "1"}}
    assert pipfile_lines(document, dev=False) == ("flask", "net[a,b]>=2")
    assert len(pipfile_lines(document, dev=True)) == 3
