import os

import pytest

from ecluse.keeper.lease import Lease, pid_namespace
from ecluse.wire.codes import HELD, SUPERSEDED, OrderError

ANNE = {"id": "anne-1", "host": "here", "pid": 11, "start_time": 1, "boot": "b1", "user": "anne", "command": "ship"}
BERT = {**ANNE, "id": "bert-2", "pid": 22, "user": "bert"}


class Machine:
    """What a lease asks its machine: the time since boot, the boot, which processes there are."""

    def __init__(self, folder):
        self.folder = str(folder)
        self.now = 100.0
        self.boot = "b1"
        self.gone = set()

    def lease(self) -> Lease:
        return Lease(self.folder, lambda: self.now, self.boot, lambda holder: holder["pid"] not in self.gone)


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def grant(holder, generation):
    return {"holder": holder, "generation": generation}


def refused(call, *args):
    with pytest.raises(OrderError) as error:
        call(*args)
    return error.value


def test_the_generation_grows_with_each_take(machine):
    lease = machine.lease()
    assert lease.take(ANNE, 30) == 1
    lease.give_back("anne-1", 1)
    assert lease.take(BERT, 30) == 2


def test_a_holder_may_take_again(machine):
    lease = machine.lease()
    lease.take(ANNE, 30)
    assert lease.take(ANNE, 30) == 2
    assert refused(lease.check, grant(ANNE, 1)).code == SUPERSEDED


def test_a_held_lease_is_refused_with_its_holder(machine):
    lease = machine.lease()
    lease.take(ANNE, 30)
    machine.now += 10
    error = refused(lease.take, BERT, 30)
    assert error.code == HELD
    assert error.evidence == {"holder": ANNE, "generation": 1, "age": 10.0, "left": 20.0}
    assert "anne" in error.message


def test_an_expired_lease_is_taken_over(machine):
    lease = machine.lease()
    lease.take(ANNE, 30)
    machine.now += 30
    assert lease.take(BERT, 30) == 2
    assert refused(lease.check, grant(ANNE, 1)).code == SUPERSEDED


def test_a_holder_that_is_provably_gone_is_taken_over(machine):
    lease = machine.lease()
    lease.take(ANNE, 30)
    machine.gone.add(11)
    assert lease.take(BERT, 30) == 2


def test_of_a_holder_on_another_machine_nothing_is_known(machine):
    lease = machine.lease()
    lease.take({**ANNE, "boot": "another"}, 30)
    machine.gone.add(11)
    assert refused(lease.take, BERT, 30).code == HELD


def test_of_a_holder_in_another_process_namespace_nothing_is_known(machine):
    lease = machine.lease()
    lease.take({**ANNE, "namespace": "pid:[1]"}, 30)
    machine.gone.add(11)
    assert refused(lease.take, BERT, 30).code == HELD


def test_a_holder_in_this_process_namespace_can_be_looked_for(machine):
    lease = machine.lease()
    lease.take({**ANNE, "namespace": pid_namespace()}, 30)
    machine.gone.add(11)
    assert lease.take(BERT, 30) == 2


def test_renewing_extends_from_now(machine):
    lease = machine.lease()
    lease.take(ANNE, 30)
    machine.now += 20
    lease.renew("anne-1", 1, 30)
    machine.now += 20
    lease.check(grant(ANNE, 1))
    assert lease.seen()["left"] == 10.0


def test_an_expired_lease_is_not_renewed(machine):
    lease = machine.lease()
    lease.take(ANNE, 30)
    machine.now += 31
    assert refused(lease.renew, "anne-1", 1, 30).code == SUPERSEDED
    assert refused(lease.check, grant(ANNE, 1)).code == SUPERSEDED


@pytest.mark.parametrize("wrong", [None, {}, grant(BERT, 1), grant(ANNE, 2), grant({}, 1), {"generation": 1}])
def test_another_grant_is_refused(machine, wrong):
    lease = machine.lease()
    lease.take(ANNE, 30)
    assert refused(lease.check, wrong).code == SUPERSEDED


def test_giving_back_ends_it(machine):
    lease = machine.lease()
    lease.take(ANNE, 30)
    lease.give_back("anne-1", 1)
    assert lease.lapsed()
    assert lease.seen() is None
    assert refused(lease.check, grant(ANNE, 1)).code == SUPERSEDED


def test_a_superseded_holder_gives_nothing_back(machine):
    lease = machine.lease()
    lease.take(ANNE, 1)
    machine.now += 1
    lease.take(BERT, 30)
    lease.give_back("anne-1", 1)
    assert lease.seen()["holder"] == BERT


def test_a_restarted_keeper_grants_no_extra_time(machine):
    machine.lease().take(ANNE, 30)
    machine.now += 20
    again = machine.lease()
    again.check(grant(ANNE, 1))
    assert again.seen()["left"] == 10.0
    machine.now += 10
    assert again.lapsed()


def test_a_lease_of_another_boot_has_expired(machine):
    machine.lease().take(ANNE, 30)
    machine.boot, machine.now = "b2", 1.0
    again = machine.lease()
    assert again.lapsed()
    assert again.take(BERT, 30) == 2


def test_whoever_holds_it_takes_it_again_though_others_wait(machine):
    lease = machine.lease()
    lease.take(ANNE, 30)
    lease.line.show(BERT, 0)
    assert lease.take(ANNE, 30, 7) == 7
    machine.now += 4
    lease.line.show(BERT, 0)
    lease.give_back("anne-1", 7)
    assert refused(lease.take, ANNE, 30).code == HELD


def test_an_expired_lease_is_no_way_past_the_line(machine):
    lease = machine.lease()
    lease.take(ANNE, 3)
    lease.line.show(BERT, 0)
    machine.now += 3
    assert refused(lease.take, ANNE, 30).code == HELD


def test_a_new_lease_has_lapsed(machine):
    assert machine.lease().lapsed()
    assert machine.lease().generation == 0


def test_the_generation_survives_a_damaged_file(machine, tmp_path):
    machine.lease().take(ANNE, 30)
    (tmp_path / "lease.json").write_bytes(b"")
    again = machine.lease()
    assert again.generation == 1
    assert "copy" in again.recovered


def test_a_process_namespace_has_a_name():
    assert pid_namespace() == os.readlink("/proc/self/ns/pid")
