import pickle

import pytest

from ecluse.model.secret import Secret


def test_a_secret_prints_as_secret_however_it_is_printed():
    secret = Secret("hush")
    printed = [
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret:>10}",
        f"{[secret]}",
        f"{secret!r}",
        f"{secret}",
    ]
    assert not any("hush" in text for text in printed)
    assert f"{secret:>10}" == "  [secret]"


def test_a_secret_is_revealed_on_request_only():
    assert Secret("hush").reveal() == "hush"


def test_secrets_are_equal_to_secrets_alone():
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1


def test_a_secret_is_not_pickled():
    with pytest.raises(TypeError, match="pickled"):
        pickle.dumps(Secret("hush"))
