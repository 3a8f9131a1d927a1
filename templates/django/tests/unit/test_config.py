from app.config import secret_key


def test_a_developer_gets_a_key_of_their_own() -> None:
    assert secret_key("", debug=True) != secret_key("", debug=True)


def test_the_key_that_is_set_is_used() -> None:
    assert secret_key("of-ours", debug=False) == "of-ours"
