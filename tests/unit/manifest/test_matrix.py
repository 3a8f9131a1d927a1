"""Matrices: which cells there are, what names them, and what is refused."""

import pytest

from ecluse.model.ids import path_name
from ecluse.model.problem import ProblemError

HEAD = 'app.name = "shop"\n[processes.web]\ncommand = "work"\n'
TEST = HEAD + '[steps.test]\ncommand = "pytest"\ngroup = "test"\n'
MATRIX = TEST + '[steps.test.matrix]\npython = ["3.11", "3.12"]\nenv.DB = ["sqlite", "postgres"]\n'


def cells(app):
    return [step.name for step in app.steps]


def test_each_combination_is_a_step_with_its_own_python_and_settings(reading):
    app = reading(MATRIX + '[steps.test.env]\nSEED = "0"\n')
    assert cells(app) == ["test[3.11-sqlite]", "test[3.11-postgres]", "test[3.12-sqlite]", "test[3.12-postgres]"]
    last = app.steps[-1]
    assert (last.of, last.label, last.python, last.group) == ("test", "3.12-postgres", "3.12", "test")
    assert (last.env, last.cell) == ({"SEED": "0", "DB": "postgres"}, {"python": "3.12", "DB": "postgres"})
    assert path_name(last.name) == "test@3.12-postgres"


def test_combinations_are_left_out_and_cells_added(reading):
    app = reading(MATRIX + 'exclude = [{ python = "3.11", DB = "postgres" }]\ninclude = [{ python = "3.13" }]\n')
    assert cells(app) == ["test[3.11-sqlite]", "test[3.12-sqlite]", "test[3.12-postgres]", "test[3.13]"]
    assert app.steps[-1].env == {}


def test_cells_that_are_included_are_enough_and_one_that_is_there_is_not_doubled(reading):
    app = reading(TEST + 'matrix.include = [{ DB = "a" }, { python = "3.12", DB = "a" }, { DB = "a" }]\n')
    assert cells(app) == ["test[a]", "test[3.12-a]"]


def test_who_needs_the_step_needs_every_cell_and_so_does_a_gate(reading):
    app = reading(MATRIX + '[steps.last]\ncommand = "x"\nneeds = ["test"]\n[environments.local]\ngates = ["test"]\n')
    assert list(app.steps[-1].needs) == cells(app)[:-1]
    assert list(app.environments[0].gates) == cells(app)[:-1]


def test_cells_have_outputs_and_lists_of_their_own(reading):
    app = reading(
        MATRIX.replace("[steps.test.matrix]", 'outputs = ["dist/{cell}/"]\njunit = "r.xml"\n'
                       'known_failures = "known-{cell}.txt"\n[steps.test.matrix]')
    )  # fmt: skip
    assert app.steps[0].outputs == ("dist/3.11-sqlite/",)
    assert app.steps[1].evidence.known_failures == "known-3.11-postgres.txt"


def test_a_step_may_have_a_python_without_a_matrix(reading):
    assert reading(TEST + 'python = "3.12"\n').steps[0].python == "3.12"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (MATRIX.replace('"pytest"', '"x"').replace("command", "playbook").replace('playbook = "work', 'command = "work')
         + '[environments.live]\nhosts = ["deploy@web1"]\n', ["6:1 M033", "7:13 M080"]),
        (MATRIX.replace("[steps.test.matrix]", 'python = "3.12"\n[steps.test.matrix]'), ["7:1 M081"]),
        (MATRIX.replace("[steps.test.matrix]", 'env.DB = "x"\n[steps.test.matrix]'), ["7:5 M081"]),
        (TEST + "[steps.test.matrix]\n", ["7:1 M082"]),
        (TEST + "[steps.test.matrix]\npython = []\n", ["7:1 M082"]),
        (TEST + f"matrix.env.A = {[str(number) for number in range(101)]}\n", ["7:1 M082"]),
        (TEST + 'matrix.env.A = ["a/b", "a:b"]\n', ["7:1 M083"]),
        (MATRIX + 'exclude = [{ python = "3.13" }]\n', ["10:23 M084"]),
        (MATRIX + 'exclude = [{ DC = "sqlite" }]\n', ["10:14 M084"]),
        (MATRIX + 'exclude = [{ DB = "sqlite" }]\ninclude = [{ DB = "sqlite" }]\n', ["11:12 M084"]),
        (MATRIX.replace("[steps.test.matrix]", 'outputs = ["dist/"]\n[steps.test.matrix]'), ["7:12 M085"]),
        (TEST + 'outputs = ["dist/{cell}"]\n', ["7:12 M086"]),
        (MATRIX.replace("[steps.test.matrix]", 'secrets = ["DB"]\n[steps.test.matrix]'), ["10:5 M045"]),
        (MATRIX + 'pythn = ["3.12"]\n', ["10:1 M012"]),
        (TEST + 'matrix.python = ["4"]\n', ["7:18 M015"]),
        (TEST + "matrix.env.A = [1]\n", ["7:17 M010"]),
        (MATRIX.replace("[steps.test.matrix]", 'outputs = ["dist/{cell}"]\n[steps.test.matrix]')
         + '[steps.pack]\ncommand = "x"\noutputs = ["dist/3.11-sqlite"]\n', ["13:12 M043"]),
    ],
)  # fmt: skip
def test_what_a_matrix_cannot_be(wrong, text, expected):
    assert wrong(text) == expected


@pytest.mark.parametrize(("key", "said"), [("DB", "write it as `env.DB`"), ("pyton", "did you mean 'python'?")])
def test_an_axis_that_stands_by_itself_is_told_where_it_belongs(reading, key, said):
    with pytest.raises(ProblemError) as caught:
        reading(TEST + f'[steps.test.matrix]\n{key} = ["a"]\n')
    assert said in caught.value.problems[0].fix
