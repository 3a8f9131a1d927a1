"""A keeper that was shut stays away until somebody takes the environment again."""

from datetime import timedelta

import pytest

from ecluse.model.problem import Exit, ProblemError
from support.process_target import HOLDER, place, programs  # noqa: F401 fixtures

pytestmark = pytest.mark.looped
LEASE = timedelta(seconds=60)


async def test_a_renewal_starts_no_keeper_again(place):  # noqa: F811
    target = place.target()
    grant = await target.take(HOLDER, LEASE)
    await target.shut(grant)
    assert place.left() == []
    with pytest.raises(ProblemError) as error:
        await target.renew(grant)
    assert error.value.exit is Exit.UNREACHABLE
    assert place.left_now() == []
    assert (await target.take(HOLDER, LEASE)).generation > grant.generation
    await target.close()
