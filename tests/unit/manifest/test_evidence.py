"""Why the manifest's lines are as they are, read from its comments."""

from hypothesis import given
from hypothesis import strategies as st

from ecluse.manifest.evidence import LONGEST, WORDS, Note, as_lines, evidence, notes

MANIFEST = """\
# Not known: nothing
[app]
name = "a # b" # pyproject.toml:2
state = [
    "db.sqlite3", # settings.py:7
    'media/', # written while it was tried
]

[processes.web]
app = "shop:app" # shop.py:3
interface = "wsgi"

[environments.local]
env = { SECRET_KEY = "x#y" } # made up; read at shop.py:9

#: processes.web tried serve shop:app: GET / answered 200 (0.4 s)
#: processes.web.app also other:app (other.py:1)
#: app failed none of these
"""


def found(name, text=MANIFEST, table=()):
    known = evidence(text, name, table)
    return [(line.number, line.said) for line in known.lines], [(note.word, note.said) for note in known.notes]


def test_a_key_is_told_with_its_place_and_what_was_tried():
    assert found("processes.web.app") == (
        [(10, "shop.py:3")],
        [("tried", "serve shop:app: GET / answered 200 (0.4 s)"), ("also", "other:app (other.py:1)")],
    )


def test_a_table_is_told_with_all_its_keys():
    lines, said = found("processes")
    assert [number for number, _ in lines] == [10, 11]
    assert len(said) == 2


def test_each_item_of_a_list_has_its_own_reason():
    assert found("app.state")[0] == [(4, ""), (5, "settings.py:7"), (6, "written while it was tried"), (7, "")]


def test_a_list_of_several_lines_is_told_whole_and_what_is_noted_stands_below_it():
    command = 'command = [\n    "pytest",\n    "a = b",\n] # tox.ini:2\n'
    text = f'[steps.test]\n{command}group = "test"\n\n#: steps.test tried it\n'
    assert list(as_lines(evidence(text, "steps.test"))) == [
        "     2  command = [",
        '     3    "pytest",',
        '     4    "a = b",',
        "     5  ]   ← tox.ini:2",
        "        tried  it",
        '     6  group = "test"',
    ]


def test_an_item_is_told_by_its_name():
    assert found("app.state.db.sqlite3") == ([(5, "settings.py:7")], [])


def test_a_hash_in_a_text_begins_no_comment():
    assert found("app.name")[0] == [(3, "pyproject.toml:2")]
    assert found("environments.local.env.SECRET_KEY")[0] == [(14, "made up; read at shop.py:9")]


def test_what_is_noted_stands_below_its_line():
    lines = list(as_lines(evidence(MANIFEST, "")))
    at = lines.index('    10  app = "shop:app"   ← shop.py:3')
    assert lines[at + 2] == "        also   other:app (other.py:1)"


def test_a_part_of_another_file_is_told_by_our_names():
    shared = '[project]\nname = "x" # theirs\n[tool.ecluse.app]\nname = "y" # ours\n'
    assert found("app.name", shared, ("tool", "ecluse"))[0] == [(4, "ours")]


def test_what_is_not_there_has_no_evidence():
    assert found("build.python") == ([], [])


@given(st.text(min_size=1), st.sampled_from(WORDS), st.text(min_size=1))
def test_a_note_is_read_back_whatever_it_says(key, word, said):
    (read,) = notes(f"#{Note(key=key, word=word, said=f'x {said}')}\n")
    assert (read.key, read.word) == (key, word)
    assert read.said.startswith("x")
    assert len(read.said) <= LONGEST
