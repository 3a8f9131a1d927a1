import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.model.app import App, Environment
from ecluse.model.ids import EnvironmentName
from ecluse.model.instance import environment_named, instances_among, made_of

REVIEW = Environment(
    name=EnvironmentName("review"),
    port=9000,
    instances=20,
    url="https://{instance}.example.org",
    env={"DATABASE": "shop_{instance}", "PLAIN": "x"},
)


def app(*declared, patterns=(REVIEW,)):
    environments = tuple(Environment(name=EnvironmentName(name)) for name in declared)
    return App(name="shop", processes=(), environments=environments, patterns=tuple(patterns))


def test_one_that_is_made_by_name_has_a_port_and_settings_of_its_own():
    made = environment_named(app(), "review-12")

    assert (made.name, made.pattern, made.port) == ("review-12", "review", 9012)
    assert made.url == "https://12.example.org"
    assert made.env == {"DATABASE": "shop_12", "PLAIN": "x"}
    assert made.instances == 0


@pytest.mark.parametrize("name", ["review", "review-", "review-A", "review-a/b", "review-..", "other-1"])
def test_what_is_no_name_of_an_instance_is_not_found(name):
    assert environment_named(app("production"), name) is None


def test_what_is_declared_goes_first_and_the_longer_pattern():
    longer = Environment(name=EnvironmentName("review-eu"), port=9500, instances=5)

    assert environment_named(app("production"), "production").pattern == ""
    assert environment_named(app(patterns=(REVIEW, longer)), "review-eu-3").pattern == "review-eu"


def test_those_of_the_ledger_that_patterns_explain():
    found = instances_among(app("local"), ["review-3", "local", "gone", "review-1"])

    assert [environment.name for environment in found] == ["review-1", "review-3"]


@given(st.from_regex(r"[a-z0-9][a-z0-9_-]{0,20}", fullmatch=True))
def test_a_port_is_always_one_of_the_patterns(name):
    assert made_of(REVIEW, name).port in range(9000, 9020)


@given(st.integers(0, 10_000))
def test_numbers_that_follow_each_other_have_ports_of_their_own(first):
    ports = {made_of(REVIEW, f"pr-{number}").port for number in range(first, first + 20)}

    assert len(ports) == 20
