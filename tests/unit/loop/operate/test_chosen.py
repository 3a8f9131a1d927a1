"""Which hosts are meant."""

import pytest

from ecluse.loop.operate.chosen import chosen, of_chosen
from ecluse.model.app import App, Environment
from ecluse.model.ids import EnvironmentName
from ecluse.model.problem import ProblemError

LIVE = Environment(name=EnvironmentName("live"), hosts=("deploy@web1", "web2", "jobs1:2222"))
APP = App(
    name="shop", processes=(), environments=(LIVE,), groups={"web": ("deploy@web1", "web2", "other"), "far": ("other",)}
)


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        ((), ("web1", "web2", "jobs1:2222")),
        (("web",), ("web1", "web2")),
        (("@web", "web2"), ("web1", "web2")),
        (("jobs1:2222", "web1"), ("web1", "jobs1:2222")),
    ],
)
def test_hosts_are_named_by_themselves_or_together(on, expected):
    assert chosen(APP, LIVE, on) == expected


@pytest.mark.parametrize("name", ["web3", "far"])
def test_what_is_none_of_them_is_told_with_what_there_is(name):
    with pytest.raises(ProblemError, match="H012") as error:
        chosen(APP, LIVE, ("web1", name))
    assert "jobs1:2222, web, far" in error.value.problems[0].fix


def test_hosts_that_are_not_chosen_are_left_out():
    hosts = {name: object() for name in LIVE.host_names}
    assert of_chosen(APP, LIVE, hosts, ("web",)) == {name: hosts[name] for name in ("web1", "web2")}
    assert list(of_chosen(APP, LIVE, hosts, ())) == list(hosts)
