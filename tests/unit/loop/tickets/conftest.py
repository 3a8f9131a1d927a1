"""Two laptops with ledgers of their own, and a board that they share."""

import pytest

from ecluse.model.ticket import Ticket
from ecluse.providers.memory.tracker import Board
from support.tickets import Laptop


@pytest.fixture
def board():
    return Board({f"ABC-{n}": Ticket(key=f"ABC-{n}", title=f"Window {n}", status="To Do") for n in range(1, 6)})


@pytest.fixture
def laptop(tmp_path, board):
    return Laptop(tmp_path / "one", board)


@pytest.fixture
def other(tmp_path, board):
    return Laptop(tmp_path / "other", board)
