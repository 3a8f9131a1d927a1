"""What a person sees of a command that runs elsewhere."""

import pytest

from ecluse.providers.keeper.streams import Masking, pour
from ecluse.testing.terminal import HeardTerminal

pytestmark = pytest.mark.looped


async def test_a_secret_that_comes_in_pieces_is_masked_and_nothing_is_kept():
    terminal = HeardTerminal()
    masking = Masking(terminal, ["hush-hush"])
    pieces = [b"a hush-", b"hush b", b" hush-", b""]

    async def read(_):
        return pieces.pop(0)

    await pour(read, masking)
    await masking.write(b"hush-hush", errors=True)
    await masking.finish()
    assert (terminal.heard, terminal.complained) == (b"a [secret] b hush-", b"[secret]")
