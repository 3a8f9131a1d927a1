import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.manifest.codes import CODES
from ecluse.manifest.keys import section_at, sections
from ecluse.manifest.meant import MEANT
from ecluse.manifest.read import read
from ecluse.manifest.toml import toml
from ecluse.model.app import App
from ecluse.model.problem import Problem, ProblemError

HEAD = 'app.name = "shop"\n'


def only(reading, text: str):
    with pytest.raises(ProblemError) as caught:
        reading(HEAD + text)
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize(
    ("text", "where", "code"),
    [
        ("[gates]\ncoverag = 3", "3:1", "M012"),
        ("[processes.web]\ncommand = 'x'\nport = 3", "4:1", "M012"),
        ("porcesses = {}", "2:1", "M012"),
        ("[environments.local]\nport = '80'", "3:8", "M010"),
        ("[environments.local]\nport = true", "3:8", "M010"),
        ("[environments.local]\nport = 80.5", "3:8", "M010"),
        ("[environments.local]\nport = 0", "3:8", "M014"),
        ("[environments.local]\nport = 65536", "3:8", "M014"),
        ("[environments.local]\nstrategy = 'bluegreen'", "3:12", "M013"),
        ("[environments.local]\ntarget = 'kubernetes'", "3:10", "M013"),
        ("[environments.local]\naddress = 'localhost'", "3:11", "M052"),
        ("[environments.local]\naddress = '::1'", "3:11", "M052"),
        ("[environments.local]\naddress = '127.0.0.3'", "3:11", "M052"),
        ("[environments.local]\naddress = 3", "3:11", "M010"),
        ("[environments.local]\nlease = 0.5", "3:9", "M014"),
        ("[environments.local]\nwarm = 'soon'", "3:8", "M016"),
        ("[environments.local]\nwarm = -1", "3:8", "M016"),
        ("[environments.local]\nwarm = 1e300", "3:8", "M016"),
        ("[environments.local]\nwarm = nan", "3:8", "M016"),
        ("[environments.local]\nwarm = true", "3:8", "M010"),
        ("[environments.local]\nwarm = []", "3:8", "M010"),
        ("[environments.Local]", "2:15", "M015"),
        ("[environments.local]\nenv_files = ['../x']", "3:14", "M019"),
        ("[environments.local]\nenv_files = 'x'", "3:13", "M010"),
        ("[environments.local]\nenv.A = 1", "3:9", "M010"),
        ("[environments.local]\nenv.A = true", "3:9", "M010"),
        ("[environments.local]\nenv.A = []", "3:9", "M010"),
        ("[environments.local]\nenv = 'A=1'", "3:7", "M010"),
        ('[environments.local]\nenv = { A = "x\\u0000" }', "3:13", "M015"),
        ("[environments.local]\nenv = { 'A-B' = 'x' }", "3:9", "M015"),
        ("environments = 3", "2:16", "M010"),
        ("environments.local = 3", "2:22", "M010"),
        ("[processes.web]\ncommand = 3", "3:11", "M010"),
        ("[processes.web]\ncommand = ['a', 3]", "3:11", "M010"),
        ("[processes.web]\ncommand = 'a \"b'", "3:11", "M018"),
        ("[processes.web]\ncommand = []", "3:11", "M018"),
        ("[processes.web]\ncommand = ''", "3:11", "M018"),
        ('[processes.web]\ncommand = "a\\u0000"', "3:11", "M018"),
        ("[processes.web]\ncommand = 'x'\nlimits.memory = 'lots'", "4:17", "M017"),
        ("[processes.web]\ncommand = 'x'\nlimits.memory = 12", "4:17", "M014"),
        ("[processes.web]\ncommand = 'x'\nlimits.memory = false", "4:17", "M010"),
        ("[processes.web]\ncommand = 'x'\nfolder = '/etc'", "4:10", "M019"),
        ("[processes.web]\ncommand = 'x'\nfolder = ''", "4:10", "M019"),
        ("[processes.web]\ncommand = 'x'\nfolder = 3", "4:10", "M010"),
        ("[processes.web]\ncommand = 'x'\nstop_signal = 'SIGTERM'", "4:15", "M015"),
        ("[processes.web]\ncommand = 'x'\nstop_signal = 15", "4:15", "M010"),
        ("[processes.web]\ncommand = 'x'\ncount = 0", "4:9", "M014"),
        ("[processes.web]\ncommand = 'x'\nlisten = 'socket'", "4:10", "M013"),
        ("[processes.web]\napp = 'shop'\ninterface = 'wsgi'", "3:7", "M015"),
        ("[processes.web]\napp = 'shop:make(1'\ninterface = 'wsgi'", "3:7", "M015"),
        ("[processes.web]\napp = 'a:b'\ninterface = 'asgi'\nhealth = {}", "5:10", "M011"),
        ("[processes.web]\napp = 'a:b'\ninterface = 'asgi'\nhealth.path = 'x'", "5:15", "M015"),
        ("[processes.web]\napp = 'a:b'\ninterface = 'asgi'\nhealth = {path = '/', status = []}", "5:32", "M014"),
        ("[processes.web]\napp = 'a:b'\ninterface = 'asgi'\nhealth = {path = '/', status = [99]}", "5:33", "M014"),
        ("[processes.web]\napp='a:b'\ninterface='asgi'\nhealth={path='/',host=\"a\\r\\nX: y\"}", "5:23", "M015"),
        ("[steps.x]", "2:1", "M011"),
        ("[steps.x]\ncommand = 'x'\ntimeout = 0", "4:11", "M014"),
        ("[steps.x]\ncommand = 'x'\ngroup = 'deploy'", "4:9", "M013"),
        ("[build]\npython = '3'", "3:10", "M015"),
        ("[build]\npython = 3.12", "3:10", "M010"),
        ("[build]\nexclude_newer = 'yesterday'", "3:17", "M015"),
        ("[build]\nexclude_newer = 2026-01-31T00:00:00", "3:17", "M015"),
        ("[build]\nexclude_newer = 3", "3:17", "M010"),
        ("[build]\ncommands = [['a'], []]", "3:20", "M018"),
        ("[build]\nadd = ['--index-url=x']", "3:8", "M015"),
        ("[build]\nextras = ['a b']", "3:11", "M015"),
        ("[release]\ntag_prefix = '-v'", "3:14", "M015"),
        ("[release]\ntag_prefix = 'a..'", "3:14", "M015"),
        ("[release]\ninitial = '1.0'", "3:11", "M015"),
        ("[app.env]\nA = '${MISSING}'", "3:5", "M020"),
        ("[app.env]\nA = '${MISSING'", "3:5", "M021"),
        ("[environments.local]\nport = '${MISSING}'", "3:8", "M020"),
    ],
)
def test_a_mistake_has_its_place_and_code(reading, text, where, code):
    problem = only(reading, text)
    assert (str(problem.where), problem.code) == (f"ecluse.toml:{where}", code)


def test_an_unknown_key_gets_a_suggestion(reading):
    problem = only(reading, "[environments.production]\nenv_fils = []")
    assert problem.what == "unknown key 'env_fils' in [environments.production]"
    assert problem.fix == "did you mean 'env_files'?"


def test_an_unknown_key_without_a_neighbour_is_told_what_there_is(reading):
    assert "tag_prefix, initial" in only(reading, "[release]\nzzz = 1").fix


def test_a_key_in_the_wrong_section_is_told_its_home(reading):
    problem = only(reading, "[processes.web]\ncommand = 'x'\nstrategy = 'canary'")
    assert problem.fix == "move it: 'strategy' stands in [environments.*]"


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("[steps.lint]\ncommand = 'x'\nenabled = false", "write `gate = false`"),
        ("[steps.lint]\ncommand = 'x'\nskip = true", "write `gate = false`"),
        ("[steps.lint]\nrun = 'x'\ncommand = 'x'", "write it as `command`"),
        ("[processes.web]\ncommand = 'x'\nport = 80", "the port is the environment's"),
    ],
)
def test_a_key_that_other_tools_have_is_told_what_says_the_same_here(reading, text, fix):
    assert only(reading, text).fix.startswith(fix)


def test_what_is_proposed_for_a_key_of_other_tools_can_be_written():
    for pattern, words in MEANT.items():
        section = section_at(pattern)
        assert set(words).isdisjoint(section.table.model_fields)
        named = set(re.findall(r"`([a-z_]+)(?: = [^`]*)?`", " ".join(words.values())))
        assert named <= set(section.table.model_fields)


def test_a_value_that_is_not_among_the_choices_gets_a_suggestion(reading):
    assert only(reading, "[processes.web]\ncommand='x'\nlisten='prt'").fix == "did you mean 'port'?"
    assert "blue-green" in only(reading, "[environments.local]\nstrategy='bluegreen'").fix


def test_a_number_in_settings_is_told_to_be_quoted(reading):
    assert '"true"' in only(reading, "[app.env]\nDEBUG = true").fix


def test_all_mistakes_come_at_once_in_the_order_of_the_file(wrong):
    text = """\
[app]
nam = "shop"

[app.env]
A = "${NOT_THERE}"

[steps.test]
command = "pytest"
needs = ["lnt"]
timeout = "soon"

[steps.lint]
command = "ruff"
needs = ["absent"]

[environments.a]
[environments.b]
"""
    assert wrong(text) == ["1:1 M011", "2:1 M012", "5:5 M020", "9:10 M040", "10:11 M016", "14:10 M040", "17:1 M051"]


def test_one_mistake_hides_no_contradiction_elsewhere_and_invents_none(wrong):
    text = """\
[app]
name = "shop"
[steps.a]
comand = "x"
[steps.b]
command = "x"
needs = ["a", "c"]
[processes.web]
app = "a:b"
interface = "asg"
[environments.x]
gates = ["a", "d"]
"""
    assert wrong(text) == ["4:1 M012", "7:15 M040", "10:13 M013", "12:15 M040"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('app = "shop"', ["3:7 M015", "5:9 M035"]),
        ('app = "a:b"\nthreds = 3', ["4:1 M012", "6:9 M035"]),
        ('ap = "a:b"', ["3:1 M012", "5:9 M035"]),
        ('app = "a:b"\nlisten = "prt"', ["4:10 M013", "6:9 M035"]),
        ('app = "a:b"\nkeep_aliv = 1', ["4:1 M012", "6:9 M035"]),
    ],
)
def test_a_contradiction_shows_beside_a_mistake_that_has_no_part_in_it(wrong, line, expected):
    assert wrong(f'{HEAD}[processes.web]\n{line}\ninterface = "wsgi"\ndrain = "2s"\n') == expected


def test_a_section_of_the_wrong_type_hides_nothing_else(wrong):
    assert wrong('processes = 3\nsteps = "x"\n[environments.x]\ngates = ["a"]\n') == [
        "1:1 M011",
        "1:13 M010",
        "2:9 M010",
        "4:10 M040",
    ]


def test_an_empty_file_lacks_its_app(wrong):
    assert wrong("") == ["1:1 M011"]


def outcome(root: Path, text: str) -> App | tuple[Problem, ...]:
    root.mkdir(exist_ok=True)
    (root / "ecluse.toml").write_bytes(text.encode(errors="replace"))
    try:
        return read(root, {})
    except ProblemError as error:
        return error.problems


def is_an_answer(found: App | tuple[Problem, ...]) -> bool:
    return isinstance(found, App) or all(problem.code in CODES and problem.where for problem in found)


@given(text=st.text(max_size=80))
def test_whatever_stands_in_the_file_is_an_app_or_problems(tmp_path_factory, text):
    assert is_an_answer(outcome(tmp_path_factory.getbasetemp() / "any", text))


KEYS = st.sampled_from(
    sorted({str(part) for section in sections() for key in section.keys for part in key.path} | {"x"})
)
TREES = st.recursive(
    st.one_of(st.sampled_from(["x", "asgi", "port", "/", "${A}", "1s", "", "a:b"]), st.integers(-1, 3), st.booleans()),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=12,
)


@given(tree=st.dictionaries(KEYS, TREES, max_size=5))
def test_whatever_is_declared_is_an_app_or_problems(tmp_path_factory, tree):
    text = "".join(f"{toml({name: value})[2:-2]}\n" for name, value in tree.items())
    assert is_an_answer(outcome(tmp_path_factory.getbasetemp() / "declared", text))
