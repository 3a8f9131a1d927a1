"""What this machine can do."""

from ecluse.system.machine import existing, number_in, read_machine, takes_programs


def test_the_facts_are_read_without_a_home(tmp_path):
    machine = read_machine(tmp_path / "not" / "there", step_layer="namespace", veils=True, interpreters=["3.11.2"])
    assert machine.free_bytes > 0
    assert machine.interpreters == ("3.11.2",)
    assert not (tmp_path / "not").exists()


def test_asking_for_kernel_routing_leaves_an_answer():
    assert takes_programs() in {True, False}


def test_a_number_that_is_not_there_is_none(tmp_path):
    (tmp_path / "text").write_text("many")
    assert number_in(tmp_path / "text") is None
    assert number_in(tmp_path / "missing") is None


def test_the_nearest_existing_folder_is_found(tmp_path):
    assert existing(tmp_path / "a" / "b") == tmp_path
