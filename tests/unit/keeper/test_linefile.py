import json

import pytest

from ecluse.keeper.linefile import LineFile, last_lines


def texts(path, count):
    return [item["n"] for item in last_lines(str(path), count, kept=2)]


@pytest.fixture
def lines(tmp_path):
    made = LineFile(str(tmp_path / "web.jsonl"), size=200, kept=2)
    yield made
    made.close()


def test_the_last_lines_come_oldest_first_from_rotated_files_too(lines, tmp_path):
    for number in range(40):
        lines.append([{"n": number}])
    assert texts(tmp_path / "web.jsonl", 5) == [35, 36, 37, 38, 39]
    assert texts(tmp_path / "web.jsonl", 30) == list(range(10, 40))


def test_the_files_stay_within_their_size_and_number(lines, tmp_path):
    for number in range(500):
        lines.append([{"n": number}])
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["web.jsonl", "web.jsonl.1", "web.jsonl.2"]
    assert all(file.stat().st_size <= 200 for file in files)


def test_a_line_that_a_crash_cut_is_passed_over(lines, tmp_path):
    lines.append([{"n": 1}])
    with (tmp_path / "web.jsonl").open("a") as file:
        file.write('{"n": 2\n[3]\n' + json.dumps({"n": 4}) + "\n")
    assert texts(tmp_path / "web.jsonl", 10) == [1, 4]


def test_a_process_without_lines_has_none(tmp_path):
    assert texts(tmp_path / "nobody.jsonl", 10) == []


def test_a_long_file_is_read_from_its_end(tmp_path):
    long = LineFile(str(tmp_path / "web.jsonl"))
    long.append([{"n": number, "text": "x" * 1000} for number in range(1000)])
    assert texts(tmp_path / "web.jsonl", 700) == list(range(300, 1000))
    long.close()


def test_a_full_disk_gives_up_the_oldest_lines_first(small_disk):
    lines = LineFile(str(small_disk / "web.jsonl"), size=100_000, kept=3)
    kept = 0
    for number in range(400):
        try:
            lines.append([{"n": number, "text": "x" * 2000}])
            kept += 1
        except OSError:
            continue
    assert kept > 300
    assert last_lines(str(small_disk / "web.jsonl"), 1)[0]["n"] > 390
    lines.close()
