import pytest

from app.jobs import BadJobError, work


def test_words_are_counted() -> None:
    assert work(b'{"text": "to be or not"}') == {"words": 4, "characters": 12}


@pytest.mark.parametrize("job", [b"", b"\xff", b"[]", b"{}", b'{"text": 1}'])
def test_what_is_no_job_is_refused(job: bytes) -> None:
    with pytest.raises(BadJobError):
        work(job)
