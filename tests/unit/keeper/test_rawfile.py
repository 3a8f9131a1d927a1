import pytest

from ecluse.keeper.rawfile import CHUNK, LONGEST, RawFile


@pytest.fixture
def raw(tmp_path):
    made = RawFile(str(tmp_path / "raw"))
    yield made
    made.remove()
    assert list(tmp_path.iterdir()) == []


def write(tmp_path, data):
    with (tmp_path / "raw").open("ab") as file:
        file.write(data)


def read(raw):
    found = []
    for lines in raw.lines():
        found += lines
        raw.done()
    return found


def test_only_finished_lines_are_read(raw, tmp_path):
    write(tmp_path, b"one\ntwo\r\nthr")
    assert read(raw) == ["one", "two"]
    write(tmp_path, b"ee\n\n")
    assert read(raw) == ["three", ""]
    assert read(raw) == []


def test_what_was_not_kept_comes_again(raw, tmp_path):
    write(tmp_path, b"one\n")
    assert list(raw.lines()) == [["one"]]
    assert list(raw.lines()) == [["one"]]


def test_another_reader_goes_on_where_the_last_stopped(raw, tmp_path):
    write(tmp_path, b"one\ntwo")
    read(raw)
    write(tmp_path, b"!\n")
    after = RawFile(str(tmp_path / "raw"))
    assert read(after) == ["two!"]
    after.close()


def test_a_line_without_end_is_cut(raw, tmp_path):
    write(tmp_path, b"x" * (LONGEST + 5))
    assert [len(line) for line in read(raw)] == [LONGEST]
    write(tmp_path, b"\n")
    assert read(raw) == ["xxxxx"]


def test_read_data_is_given_back_while_the_file_grows(raw, tmp_path):
    for _ in range(8):
        write(tmp_path, b"y" * 99 + b"\n" + b"z" * (CHUNK // 2) + b"\n")
        read(raw)
    seen = (tmp_path / "raw").stat()
    assert seen.st_size > 4 * CHUNK
    assert seen.st_blocks * 512 < CHUNK


def test_the_rest_holds_an_unfinished_line(raw, tmp_path):
    write(tmp_path, b"a\nb\nc")
    assert raw.rest() == ["a", "b", "c"]


def test_no_rest_is_no_line(raw):
    assert raw.rest() == []


def test_where_holes_can_not_be_made_a_read_file_is_cut(raw, tmp_path):
    write(tmp_path, b"one\n")
    read(raw)
    raw._truncate()
    assert (tmp_path / "raw").stat().st_size == 0
    write(tmp_path, b"two\n")
    raw._truncate()
    assert read(raw) == ["two"]
