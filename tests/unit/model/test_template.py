"""Names of new projects."""

import pytest

from ecluse.model.template import KINDS, Kind, package_of, why_not


def test_every_kind_is_told_what_it_is():
    assert set(KINDS) == set(Kind)


@pytest.mark.parametrize(
    ("kind", "name", "package"),
    [(Kind.LIBRARY, "My-Durations", "my_durations"), (Kind.CLI, "a.b", "a_b"), (Kind.FLASK, "shop", "app")],
)
def test_what_is_imported_has_a_name_that_python_takes(kind, name, package):
    assert package_of(kind, name) == package


@pytest.mark.parametrize("name", ["shop", "Shop-2", "a", "s" * 32, "json"])
def test_an_app_may_be_called_like_a_module_since_nobody_imports_it(name):
    assert why_not(Kind.FASTAPI, name) == ""


@pytest.mark.parametrize("name", ["", "2shop", "-shop", "shop-", "sh op", "shöp", "s" * 33, "a/b"])
def test_what_no_index_would_take_is_refused(name):
    assert "letters" in why_not(Kind.WORKER, name)


@pytest.mark.parametrize("name", ["json", "class", "pytest", "Tests", "JSON"])
def test_a_package_hides_no_other_module(name):
    assert why_not(Kind.LIBRARY, name)
