"""What can be in the way of a drain, at a real HAProxy and a real nginx: each is a Problem, and changes nothing."""

import asyncio
import os
import shutil
import socket
import stat
from dataclasses import replace

import pytest

from ecluse.model.balanced import ServerState
from ecluse.model.balancer import BalancerKind
from ecluse.model.problem import Exit, ProblemError
from ecluse.providers.haproxy.balancer import HaproxyBalancer
from ecluse.providers.nginx.balancer import NginxBalancer
from ecluse.providers.outpost.here import HereOutpost
from ecluse.testing.balancer import A, B
from support.balancers import about, haproxy, nginx, servers
from support.ports import free_port

pytestmark = [pytest.mark.live, pytest.mark.looped]


class Made:
    def __init__(self, folder, kind):
        self.folder, self.listen, ports = folder, free_port(), {"a": free_port(), "b": free_port()}
        self.about, self.ports = about(kind, folder, self.listen, **ports), ports.values()

    def balancer(self, **changed):
        """As the manifest has it but for `changed`."""
        settings = {name: changed.pop(name) for name in ("socket", "file", "reload") if name in changed}
        told = replace(self.about, settings=replace(self.about.settings, **settings), **changed)
        kind = HaproxyBalancer if told.settings.kind is BalancerKind.HAPROXY else NginxBalancer
        return kind(told, HereOutpost(os.environ))


@pytest.fixture
def proxy(tmp_path):
    made = Made(tmp_path, BalancerKind.HAPROXY)
    made.address = f"127.0.0.1:{free_port()}"
    sockets = (f"{tmp_path}/oper.sock level operator", f"ipv4@{made.address} level admin")
    more = "".join(f"    stats socket {one}\n" for one in sockets)
    text = made.balancer().configuration().replace("global\n", f"global\n{more}")
    with servers(*made.ports), haproxy(tmp_path, text, made.listen) as made.running:
        yield made


@pytest.fixture
def web(tmp_path):
    made = Made(tmp_path, BalancerKind.NGINX)
    plain = made.balancer()
    with servers(*made.ports), nginx(tmp_path, plain.configuration(), plain.servers(), made.listen):
        yield made


async def refusal(call):
    with pytest.raises(ProblemError) as error:
        await call
    (problem,) = error.value.problems
    return problem.code, problem.exit, "\n".join([problem.what, problem.fix, *problem.evidence])


async def states(balancer):
    return {host: one.state for host, one in (await balancer.look()).items()}


BOTH = {A: ServerState.READY, B: ServerState.READY}


async def test_a_socket_may_be_an_address(proxy):
    balancer = proxy.balancer(socket=proxy.address)
    await balancer.drain(A)
    assert (await states(proxy.balancer()))[A] is ServerState.DRAINED


async def test_no_socket(proxy):
    code, way_out, said = await refusal(proxy.balancer(socket="/nowhere/admin.sock").drain(A))
    assert (code, way_out) == ("H020", Exit.UNREACHABLE)
    assert "/nowhere/admin.sock: No such file or directory" in said


async def test_nobody_listens_any_more(proxy):
    proxy.running.kill()
    proxy.running.wait()
    code, way_out, said = await refusal(proxy.balancer().drain(A))
    assert (code, way_out) == ("H020", Exit.UNREACHABLE)
    assert "Connection refused" in said
    code, _, said = await refusal(proxy.balancer(socket=proxy.address).look())
    assert (code, "Connection refused" in said) == ("H020", True)


async def test_one_that_hangs(proxy, tmp_path):
    """It takes the connection and says nothing."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "hangs.sock"))
        listener.listen()
        code, way_out, said = await refusal(proxy.balancer(socket=str(tmp_path / "hangs.sock")).look())
    assert (code, way_out, "timed out" in said) == ("H020", Exit.UNREACHABLE, True)


async def test_a_socket_that_may_only_look(proxy):
    balancer = proxy.balancer(socket=str(proxy.folder / "oper.sock"))
    assert await states(balancer) == BOTH
    code, way_out, said = await refusal(balancer.drain(A))
    assert (code, way_out) == ("H024", Exit.REFUSED)
    assert "level admin" in said
    assert "Permission denied" in said, "HAProxy's own words are evidence"
    assert await states(balancer) == BOTH


async def test_another_backend(proxy):
    code, way_out, said = await refusal(proxy.balancer(backend="shop-life").drain(A))
    assert (code, way_out, "did you mean 'shop-live'?" in said) == ("H022", Exit.REFUSED, True)


async def test_another_server(proxy):
    addresses = {**proxy.about.addresses, "c": "127.0.0.1:1"}
    code, way_out, said = await refusal(proxy.balancer(addresses=addresses).drain("c"))
    assert (code, way_out, "it has a, b" in said) == ("H023", Exit.REFUSED, True)


async def test_a_server_in_maintenance_counts_as_drained_and_comes_back(proxy):
    """As somebody else's script leaves it."""
    control = socket.socket(socket.AF_UNIX)
    with control:
        control.connect(str(proxy.folder / "admin.sock"))
        control.sendall(b"disable server shop-live/a\n")
        control.recv(100)
    balancer = proxy.balancer()
    assert (await states(balancer))[A] is ServerState.DRAINED
    await balancer.undrain(A)
    assert (await states(balancer))[A] is ServerState.READY


async def test_a_host_that_is_down_is_told_apart(proxy):
    shutil.copy(proxy.folder / "haproxy.cfg", proxy.folder / "kept.cfg")
    addresses = {"a": proxy.about.addresses["a"], "b": proxy.about.addresses["b"]}
    made = Made(proxy.folder, BalancerKind.HAPROXY)
    told = replace(made.about, addresses={**addresses, "b": f"127.0.0.1:{free_port()}"})
    down = HaproxyBalancer(told, HereOutpost(os.environ))
    text = down.configuration().replace("inter 2s", "inter 100ms")
    proxy.running.kill()
    proxy.running.wait()
    with haproxy(proxy.folder, text, made.listen):
        for _ in range(100):
            if (await states(down))[B] is ServerState.DOWN:
                break
            await asyncio.sleep(0.1)
        assert (await states(down))[B] is ServerState.DOWN
        await down.drain(B)
        assert (await states(down))[B] is ServerState.DRAINED


async def test_no_file(web):
    code, way_out, said = await refusal(web.balancer(file="/nowhere/shop.servers").drain(A))
    assert (code, way_out, "No such file" in said) == ("H020", Exit.UNREACHABLE, True)


async def test_a_reload_that_fails_leaves_the_file_as_it_was(web):
    file = web.folder / "shop.servers"
    (web.folder / "shop.conf").write_text("not nginx's\n")
    before, mode = file.read_text(), stat.S_IMODE(file.stat().st_mode)
    code, way_out, said = await refusal(web.balancer().drain(A))
    assert (code, way_out) == ("H024", Exit.REFUSED)
    assert "[emerg]" in said
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode)) == (before, mode)
    assert sorted(path.name for path in web.folder.glob("shop.*")) == ["shop.conf", "shop.servers"]


@pytest.mark.parametrize("reload", [("no-such-program",), ("sh", "-c", "exit 3")])
async def test_a_reload_that_can_not_be_run(web, reload):
    code, _, said = await refusal(web.balancer(reload=reload).drain(A))
    assert (code, reload[0] in said) == ("H024", True)
    assert await states(web.balancer()) == BOTH


async def test_a_file_of_others(web):
    (web.folder / "shop.servers").write_text("server 127.0.0.1:1;  # somebody\n")
    code, _, said = await refusal(web.balancer().look())
    assert (code, "it has somebody" in said) == ("H022", True)
    code, _, said = await refusal(web.balancer().drain(A))
    assert (code, "it has somebody" in said) == ("H023", True)


async def test_several_at_once_don_t_overwrite_each_other(web):
    balancer = web.balancer()
    await asyncio.gather(balancer.drain(A), web.balancer().drain(B))
    assert set((await states(balancer)).values()) == {ServerState.DRAINED}


async def test_an_interrupt_waits_for_the_reload(web):
    """A file that says `down` and an nginx that was never told would be believed."""
    mark, gate = web.folder / "reloaded", web.folder / "gate"
    os.mkfifo(gate)
    slow = web.balancer(reload=("sh", "-c", f"read go <{gate}; touch {mark}"))
    work = asyncio.ensure_future(slow.drain(A))
    async with asyncio.timeout(20):
        while (await states(web.balancer()))[A] is not ServerState.DRAINED:  # noqa: ASYNC110  nothing tells of it
            await asyncio.sleep(0.01)
    work.cancel()
    await asyncio.to_thread(gate.write_text, "go\n")
    with pytest.raises(asyncio.CancelledError):
        await work
    assert mark.exists()
