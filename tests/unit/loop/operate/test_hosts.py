"""What a host lacks, from what it says of itself."""

from dataclasses import replace

import pytest

from ecluse.loop.operate.chosen import of_chosen
from ecluse.loop.operate.hosts import findings, prepare
from ecluse.model.app import App, Environment
from ecluse.model.ids import EnvironmentName
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.ports.hosts import HostFacts, Prepared
from ecluse.testing.releases import WEB

LIVE = Environment(name=EnvironmentName("live"), hosts=("web1", "web2"), port=8000)
APP = App(name="example", processes=(WEB,), environments=(LIVE,))
FACTS = HostFacts(
    user="deploy", root=False, python="3.11.2", pythons=("3.11",), system="Linux", kernel="6.1", machine="x86_64",
    libc="glibc 2.36", routing=True, free_bytes=20 * 1024**3, memory_bytes=8 * 1024**3, processors=2,
    open_files=65536, first_free_port=1024, skew=0.2, systemd=True, lingers=True, crontab=True, environments=(),
)  # fmt: skip
READY = Prepared(changes=(), notes=(), facts=FACTS)


class Host:
    def __init__(self, answer):
        self.answer, self.applied = answer, []

    async def prepare(self, *, apply):
        self.applied.append(apply)
        if isinstance(self.answer, Problem):
            raise ProblemError(self.answer)
        return self.answer

    async def close(self): ...


def test_a_host_that_is_ready_lacks_nothing():
    assert list(findings(APP, LIVE, READY)) == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"free_bytes": 200 * 1024**2}, "200 MiB"),
        ({"routing": False}, "relay"),
        ({"open_files": 1024}, "1024 files"),
    ],
)
def test_what_is_in_the_way_is_told(changed, said):
    (finding,) = findings(APP, LIVE, replace(READY, facts=replace(FACTS, **changed)))
    assert said in finding


def test_a_low_port_needs_a_privilege_unless_there_is_no_web_process():
    low = replace(LIVE, port=80)
    (finding,) = findings(APP, low, READY)
    assert "ip_unprivileged_port_start=80" in finding
    assert list(findings(replace(APP, processes=()), low, READY)) == []
    assert list(findings(APP, low, replace(READY, facts=replace(FACTS, root=True)))) == []


def test_what_is_to_be_prepared_and_what_a_person_must_do_are_told():
    found = list(findings(APP, LIVE, replace(READY, changes=("put it there",), notes=("linger",))))
    assert found == ["not prepared, or by another version: `ecluse host prepare`", "linger"]


@pytest.mark.looped
async def test_one_host_that_can_not_be_reached_keeps_no_other_from_being_prepared():
    gone = Problem(code="H004", what="web2 can't be reached", fix="look", exit=Exit.UNREACHABLE)
    hosts = {"web1": Host(READY), "web2": Host(gone)}
    found = await prepare(hosts)
    assert (found.done, found.lost, found.exit) == ({"web1": READY}, {"web2": gone}, Exit.UNREACHABLE)
    assert hosts["web1"].applied == [True]


def test_an_environment_of_this_machine_has_no_hosts():
    with pytest.raises(ProblemError) as error:
        of_chosen(APP, LIVE, {}, ())
    assert error.value.problems[0].code == "H010"
