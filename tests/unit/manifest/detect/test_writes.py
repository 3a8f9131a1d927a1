"""Where the code writes to while it serves."""

import pytest

from ecluse.manifest.detect import writes
from ecluse.manifest.detect.facts import Kind
from ecluse.manifest.detect.tree import Tree

HEAD = (
    "import os, shutil, sqlite3, tempfile\nfrom pathlib import Path\nfrom flask import Flask\napp = Flask(__name__)\n"
)
FOLDER = """
app.config['UPLOAD_FOLDER'] = os.path.join(app.root_path, 'up')
def f(x, n):
    x.save(os.path.join(app.config['UPLOAD_FOLDER'], n))
"""
DATABASE = """
app.config.from_mapping(DATABASE=os.path.join(app.instance_path, 'a.db'))
def f():
    return sqlite3.connect(app.config['DATABASE'])
"""


SETTINGS = """
from dataclasses import dataclass, field
@dataclass
class Settings:
    uploads: str = {declared}
def f(request, n, b):
    folder = Path(request.app.state.settings.uploads)
    (folder / n).write_bytes(b)
"""


def found(files, kind=Kind.STATE):
    return [fact.value for fact in writes.read(Tree.of(files)) if fact.kind is kind]


def written_by(code, **files):
    return found({"app.py": HEAD + code, **files})


@pytest.mark.parametrize(
    ("code", "path"),
    [
        ("UP = Path(__file__).parent / 'up'\ndef f(n, b):\n    UP.mkdir()\n    (UP / n).write_bytes(b)\n", "up/"),
        ("from logging.handlers import RotatingFileHandler\nRotatingFileHandler('logs/app.log')\n", "logs/"),
        ("from logging.handlers import RotatingFileHandler\nRotatingFileHandler('app.log')\n", "app.log"),
        ("def f():\n    open('history.jsonl', 'a').write('x')\n", "history.jsonl"),
        ("def f(n):\n    open(f'notes/{n}.txt', mode='w')\n", "notes/"),
        ("def f(n):\n    open('notes/' + n, 'x')\n", "notes/"),
        ("def f(n):\n    open('notes/%s.txt' % n, 'wb')\n", "notes/"),
        ("def f(n):\n    open('notes/{}.txt'.format(n), 'wb')\n", "notes/"),
        ("HERE = os.path.dirname(os.path.abspath(__file__))\nos.makedirs(os.path.join(HERE, 'data'))\n", "data/"),
        (FOLDER, "up/"),
        (DATABASE, "instance/a.db"),
        ("DATA = os.environ.get('DATA_DIR', 'data')\ndef f(n):\n    (Path(DATA) / n).write_text('x')\n", "data/"),
        ("def f(src, n):\n    target = Path('kept') / n\n    shutil.copyfileobj(src, target.open('wb'))\n", "kept/"),
        ("def create():\n    up = Path('up')\n    def view(n):\n        (up / n).write_text('x')\n", "up/"),
        ("class Config:\n    MEDIA_ROOT = 'media'\n", "media/"),
        ("def f():\n    with Path('a/b.json').open('r+') as x: ...\n", "a/b.json"),
        ("app.config.update({'U': Path(app.root_path) / 'u'})\ndef f(n):\n    open(app.config['U'] / n, 'w')\n", "u/"),
        ("from sqlite3 import dbapi2 as sqlite3\ndef f():\n    return sqlite3.connect('a.db')\n", "a.db"),
        (SETTINGS.format(declared="'up'"), "up/"),
        (SETTINGS.format(declared="field(default_factory=lambda: os.getenv('UP', 'up'))"), "up/"),
        (SETTINGS.format(declared="Field('up', description='sent by users')"), "up/"),
    ],
)  # fmt: skip
def test_what_is_written_is_state(code, path):
    assert set(written_by(code)) == {path}


@pytest.mark.parametrize(
    ("code", "path"),
    [
        ("UP = Path(__file__).resolve().parents[1] / 'up'\ndef f(n, b):\n    (UP / n).write_bytes(b)\n", "up/"),
        ("UP = Path(__file__).parents[0].joinpath('a', 'b')\ndef f():\n    (UP / 'x').write_text('')\n", "shop/a/b/x"),
        ("def f(n, s):\n    open(os.path.join('up', n, 'x', s), 'w')\n", "shop/up/"),
        ("def f(n):\n    open(os.path.join(os.getcwd(), 'up', n), 'w')\n", "shop/up/"),
        ("def f(n):\n    (Path.cwd() / 'up' / n).write_text('x')\n", "shop/up/"),
        ("def f(n):\n    (Path(f'up/{n}').parent / 'x').write_text('x')\n", "shop/up/"),
        ("def f(n):\n    open(os.path.dirname('up/x') + '/y', 'w')\n", "shop/up/y"),
    ],
)  # fmt: skip
def test_a_path_is_followed_from_the_file_that_names_it_and_from_where_the_app_starts(code, path):
    assert set(found({"shop/app.py": HEAD + code})) == {path}


@pytest.mark.parametrize(
    "code",
    [
        "def f(base):\n    open(os.path.join(base, 'x', 'y'), 'w')\n",
        "def f(n):\n    open('ab' * n, 'w')\n",
        "def f(made):\n    open(made.name, 'w')\n",
        "def f():\n    open(Path('up/x').name, 'w')\n",
        "def f(paths):\n    open(paths[0], 'w')\n",
        "def f(paths, n):\n    open(paths.parents[n], 'w')\n",
        "def f(book):\n    open(book['UPLOADS'], 'w')\n",
        "def f(book):\n    open(book.get('uploads', 'up'), 'w')\n",
        "def f(made):\n    open(made(), 'w')\n",
        "def f():\n    open(os.path.join(), 'w')\n",
    ],
)
def test_a_path_that_is_only_known_while_the_app_runs_is_told(code):
    files = {"app.py": HEAD + code}
    assert (found(files), len(found(files, Kind.WRITES))) == ([], 1)


@pytest.mark.parametrize(
    "code",
    [
        "(Path('/data') / 'x').parent.joinpath('y').write_text('x')",
        "(Path(__file__).parents[3] / 'x').write_text('x')",
        "open(os.path.join('up', '/data/x'), 'w')",
    ],
)
def test_a_path_that_leads_out_of_the_tree_stays_out(code):
    files = {"app.py": HEAD + code + "\n"}
    assert (found(files), found(files, Kind.WRITES)) == ([], [])


@pytest.mark.parametrize(
    "code",
    [
        "open('/var/log/x', 'w')",
        "open(os.path.join(tempfile.mkdtemp(), 'x'), 'w')",
        "with tempfile.NamedTemporaryFile() as t: open(t.name, 'w')",
        "with tempfile.TemporaryDirectory() as t: (Path(t) / 'x').write_text('x')",
        "(Path.home() / '.x').write_text('x')",
        "open(os.path.expanduser('~/x'), 'w')",
        "open(os.devnull, 'w')",
        "open('../x', 'w')",
        "open('x').read()",
        "sqlite3.connect(':memory:')",
        "cache.save('key')",
        "os.makedirs('lib', exist_ok=True)",
        "open('lib/code.py', 'w')",
        "open('lib/made.js', 'w')",
        "def f():\n    os.chdir(tempfile.mkdtemp())\n    open('x.txt', 'w')",
        "if __name__ == '__main__':\n    open('x', 'w')",
    ],
)
def test_what_lies_elsewhere_or_holds_source_is_none(code):
    assert written_by(code + "\n", **{"lib/code.py": ""}) == []


@pytest.mark.parametrize(
    ("folder", "kept", "is_state"),
    [
        ("static/uploads", "static/uploads/.gitkeep", True),
        ("static", "static/logo.png", False),
        ("data", "data/first.json", True),
        ("data", "data/load.py", False),
    ],
)
def test_a_folder_with_source_stays_with_the_release_and_is_told(folder, kept, is_state):
    files = {"app.py": f"{HEAD}def f(n):\n    open(f'{folder}/{{n}}', 'w')\n", kept: ""}
    assert bool(found(files)) == is_state
    assert bool(found(files, Kind.WRITES)) != is_state


def test_data_that_the_commit_holds_is_said_to_be_the_first_only():
    files = {"app.py": HEAD + "open('data/x.json', 'w')\n", "data/x.json": "{}", "data/.gitkeep": ""}
    (fact,) = writes.read(Tree.of(files))
    assert fact.label == "the first release brings data/x.json, later ones don't change it"


def test_a_file_that_is_replaced_is_kept_with_its_folder():
    assert written_by("def f(t):\n    os.replace(t, 'data/x.json')\n") == ["data/"]
    files = {"app.py": HEAD + "def f(t):\n    os.replace(t, 'x.json')\n"}
    assert (found(files), len(found(files, Kind.WRITES))) == ([], 1)


def test_what_can_not_be_followed_is_told_with_its_place():
    files = {"app.py": HEAD + "def f(path):\n    open(path, 'w')\n"}
    (fact,) = writes.read(Tree.of(files))
    assert (fact.kind, fact.value, fact.place) == (Kind.WRITES, "path", "app.py:6")


def test_constants_of_other_modules_are_followed():
    files = {"shop/__init__.py": "", "shop/app.py": HEAD + "from shop.conf import UP\nimport shop.store\n",
             "shop/conf.py": "from pathlib import Path\nUP = Path(__file__).parent / 'up'\n",
             "shop/store.py": "from . import conf\ndef f(n):\n    (conf.UP / n).write_bytes(b'')\n"}  # fmt: skip
    assert found(files) == ["shop/up/"]


def test_a_relative_path_is_counted_from_where_the_app_is_started():
    files = {"backend/app.py": HEAD + "def f():\n    open('log.txt', 'a')\n"}
    assert found(files) == ["backend/log.txt"]


def test_scripts_tests_and_migrations_do_not_count():
    code = "open('x.txt', 'w')\nif __name__ == '__main__': ...\n"
    names = (
        "train.py",
        "setup.py",
        "tests/test_a.py",
        "migrations/0001.py",
        "shop/management/commands/seed.py",
    )
    assert found({"app.py": HEAD, **dict.fromkeys(names, code), "themes/make.py": "open('x.txt', 'w')\n"}) == []
    assert found({"app.py": HEAD, "Procfile": "worker: python train.py\n", "train.py": code}) == ["x.txt"]


def test_a_module_of_a_folder_without_init_counts_when_it_is_imported():
    files = {"app/main.py": f"{HEAD}from app.store import keep\n", "app/store.py": "open('x.txt', 'w')\n"}
    assert found(files) == ["x.txt"]


def test_a_chain_of_names_that_bites_its_tail_leads_nowhere():
    assert written_by("A = B\nB = A\nopen(A, 'w')\nopen(f'', 'w')\n") == []


@pytest.mark.parametrize(
    ("code", "paths"),
    [
        ("def f(n):\n    p = Path('up')\n    p = p / n\n    p.write_text('')\n", ["up/"]),
        ("def f(n):\n    p = 'd/a.txt' if n else 'd/b.txt'\n    p = 'd/c.txt'\n    open(p, 'w')\n", ["d/"]),
        ("D = None\nif OTHER:\n    D = '/data'\nelse:\n    D = 'data'\nopen(D + '/x', 'w')\n", ["data/x"]),
        ("def f(n):\n    p = 'a.txt'\n    p = 'b.txt'\n    open(p, 'w')\n", []),
    ],
)  # fmt: skip
def test_a_name_that_is_bound_more_than_once_leads_to_the_folder_of_all(code, paths):
    assert written_by(code) == paths


def test_text_that_grows_by_itself_is_followed_in_no_time():
    steps = "".join(f"    x = x + y\n    y = y + x\n    z = f'{{x}}{{y}}{number}'\n" for number in range(60))
    assert written_by(f"def f():\n    x = y = 'a'\n{steps}    open(x + y + z, 'w')\n") == []


def test_a_field_that_two_classes_have_is_followed_nowhere():
    code = SETTINGS.format(declared="'up'") + "class Other:\n    uploads = 'elsewhere'\n"
    assert written_by(code) == []
