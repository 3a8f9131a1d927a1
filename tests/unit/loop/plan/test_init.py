"""`init` tries what it writes: real processes, in the environment the tests run in."""

import asyncio
import tomllib

import pytest

from ecluse.loop.plan.init import Request, initialise
from ecluse.loop.test.known import names
from ecluse.manifest.read import read
from ecluse.model.problem import ProblemError

pytestmark = pytest.mark.once

SERVER = """
import os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
{before}
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        {on_get}
        self.send_response(200 if self.path in {paths!r} else 404)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"hello")
HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
PROCFILE = "web: python server.py $PORT\n"


def server(before="", on_get="pass", paths=("/",)):
    return SERVER.format(before=before, on_get=on_get, paths=paths)


def init(world, **request):
    return asyncio.run(initialise(world, Request(port=lambda: 8123, **request)))


def manifest(found):
    return tomllib.loads(found.text)


def test_what_answered_is_what_is_written(world, repository, tmp_path):
    repository({"Procfile": PROCFILE, "server.py": server(paths=("/", "/healthz"))})
    found = init(world)
    web = manifest(found)["processes"]["web"]
    assert web["command"] == "exec python server.py $PORT"
    assert web["listen"] == "port"
    assert web["health"]["path"] == "/healthz"
    assert manifest(found)["environments"]["local"]["port"] == 8123
    assert [trial.answer for trial in found.proposal.trials][-2:] == ["GET /healthz answered 200", "GET / answered 200"]
    assert "tried it" in found.text
    (tmp_path / "ecluse.toml").write_text(found.text)
    assert read(tmp_path, {}).web is not None


@pytest.mark.parametrize(
    ("admitted", "url"), [(("localhost",), "http://localhost:{port}"), (("localhost", "127.0.0.1"), None)]
)
def test_an_app_that_refuses_the_address_is_told_by_its_name(world, repository, admitted, url):
    on_get = f"if self.headers['Host'].split(':')[0] not in {admitted!r}: self.send_error(400); return"
    repository({"Procfile": PROCFILE, "server.py": server(on_get=on_get)})
    found = init(world)
    assert manifest(found)["environments"]["local"].get("url") == url
    assert ("# it answered 400 to 127.0.0.1" in found.text) == bool(url)


def test_a_health_route_that_fails_is_said(world, repository):
    on_get = "if self.path == '/healthz': self.send_error(500); return"
    repository(
        {"Procfile": PROCFILE, "server.py": server(on_get=on_get), "r.py": "@app.route('/healthz')\ndef h(): ..."}
    )
    found = init(world)
    assert manifest(found)["processes"]["web"]["health"]["path"] == "/"
    assert "Not known: /healthz answered 500" in found.text


STREAM = """if self.path == "/status":
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            while True:
                self.wfile.write(b": still here\\n\\n")
                time.sleep(0.1)"""


def test_a_route_that_streams_keeps_nobody_from_asking_the_others(world, repository):
    repository({"Procfile": PROCFILE, "server.py": server(before="import time", on_get=STREAM)})
    assert manifest(init(world))["processes"]["web"]["health"]["path"] == "/"


def test_a_status_that_is_well_while_every_page_fails_is_a_problem(world, repository):
    on_get = "if self.path != '/status': print('no manifest.json', flush=True); self.send_error(500); return"
    repository({"Procfile": PROCFILE, "server.py": server(on_get=on_get, paths=("/status",))})
    with pytest.raises(ProblemError) as error:
        init(world)
    (problem,) = error.value.problems
    assert problem.code == "I020"
    assert "no manifest.json" in problem.evidence
    assert any(line.startswith("500: ") for line in problem.evidence)


READS = """
import sqlite3, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
PAGE = b"<script src=/a.js></script><img src=/gone.png>"
def answer(path):
    if path == "/status":
        with sqlite3.connect("shop.db") as db:
            db.execute("create table if not exists t (a)").execute("select * from t")
    return {"/": PAGE, "/health": b"ok", "/status": b"ok", "/a.js": b"1"}.get(path)
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        try:
            body = answer(self.path)
            self.send_response(404 if body is None else 200)
        except sqlite3.Error:
            self.send_response(500)
            body = None
        self.send_header("Content-Type", "text/html" if self.path == "/" else "text/plain")
        self.end_headers()
        self.wfile.write(body or b"")
HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def test_the_route_that_reads_the_database_is_preferred_and_the_three_are_said(world, repository):
    repository({"Procfile": PROCFILE, "server.py": READS})
    found = init(world)
    assert manifest(found)["processes"]["web"]["health"]["path"] == "/status"
    assert "reads the database" in found.proposal.reasons["processes.web.health.path"]
    said = {trial.what: trial.answer for trial in found.proposal.trials}
    assert said["find a route that reads the database"] == "GET /status fails without it"
    assert "/gone.png, which / loads, answered 404" in found.proposal.unknown
    assert manifest(found)["app"]["state"] == ["shop.db"]


def test_nothing_is_left_in_the_home_but_what_is_kept(world, repository):
    repository({"Procfile": PROCFILE, "server.py": server()})
    init(world)
    assert list((world.home / "work").iterdir()) == []


def test_what_a_killed_init_left_is_cleared_by_the_next(world, repository, tmp_path):
    left, tree = world.home / "work" / "init-before", tmp_path / "tree"
    left.mkdir(parents=True)
    tree.mkdir()
    (left / "lock").touch()
    (left / "places").write_text(f"{tree}\0")
    repository({"Procfile": PROCFILE, "server.py": server()})
    init(world, should_try=False)
    assert [left.exists(), tree.exists()] == [False, False]


@pytest.mark.usefixtures("veils")
def test_the_developer_s_own_env_file_is_not_found_by_what_is_tried(world, repository):
    look = "import pathlib\nfor above in pathlib.Path.cwd().parents: assert not (above / '.env').exists()\n"
    look += f"assert not os.path.exists({str(world.root / '.env')!r})"
    repository({"Procfile": PROCFILE, "server.py": server(before=look), ".env": "A=1\n", ".gitignore": ".env\n"})
    assert init(world).proposal.trials[-1].ok


def test_the_caller_s_variables_are_not_seen(world, repository):
    code = server(before="assert 'SECRET_OF_THE_CALLER' not in os.environ")
    repository({"Procfile": PROCFILE, "server.py": code})
    assert init(world).proposal.trials[-1].ok


def test_files_that_it_wrote_are_state(world, repository):
    before = "os.makedirs('data', exist_ok=True); open('data/x.db', 'w').close(); open('notes.txt', 'a').write('x')"
    repository({"Procfile": PROCFILE, "server.py": server(before=before), "notes.txt": ""})
    assert manifest(init(world))["app"]["state"] == ["data/", "notes.txt"]


def test_a_folder_that_it_made_and_one_that_it_will_write_to_are_state(world, repository):
    before = "os.makedirs(os.environ.get('NOWHERE') or 'data', exist_ok=True)"
    on_get = "self.path == '/never' and open('uploads/' + self.path, 'w')"
    repository({"Procfile": PROCFILE, "server.py": server(before=before, on_get=on_get)})
    found = init(world)
    assert manifest(found)["app"]["state"] == ["data/", "uploads/"]
    assert found.proposal.reasons["app.state.uploads/"] == "server.py:7"


BESIDE = """
from pathlib import Path
{before}
def application(environ, start_response):
    (Path(__file__).parent / "uploads" / "x").write_bytes(b"")
"""


BUILT = '[project]\nname = "shop"\n[build-system]\nbuild-backend = "hatchling.build"\n'


@pytest.mark.parametrize(("before", "is_tree"), [("", True), ("from shop import _version", False)])
def test_code_that_writes_beside_itself_runs_from_the_tree_if_it_can(world, repository, before, is_tree):
    repository({"src/shop/__init__.py": "", "src/shop/web.py": BESIDE.format(before=before), "pyproject.toml": BUILT})
    with pytest.raises(ProblemError):  # no server for WSGI in this environment, nor a package that is installed
        init(world)
    ends = [(name, ok) for name, ok, _ in world.reporter.ends]
    assert (("import shop.web:application", True) in ends) == is_tree
    assert (("run it from the tree", False) in ends) != is_tree


def test_a_write_that_cannot_be_followed_is_told(world, repository):
    before = "def keep(path):\n    open(path, 'w')"
    repository({"Procfile": PROCFILE, "server.py": server(before=before)})
    assert "server.py:5" in next(line for line in init(world).proposal.unknown if "writes to" in line)


WSGI = """
import configparser, sqlite3
config = configparser.ConfigParser()
config.read("shop.ini")
sqlite3.connect(config["db"]["path"]).execute("CREATE TABLE IF NOT EXISTS note (text)").connection.close()
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]
"""


def test_the_folder_of_a_database_that_no_code_names_is_made_and_kept(world, repository):
    repository({"shop.py": WSGI, "requirements.txt": "", "shop.ini": "[db]\npath = var/db/shop.sqlite\n"})
    found = init(world)
    assert manifest(found)["app"]["state"] == ["var/db/"]
    assert "unable to open database file" in found.text


def test_the_folder_of_a_database_outside_of_the_tree_is_said(world, repository):
    repository({"shop.py": WSGI, "requirements.txt": "", "shop.ini": "[db]\npath = /nowhere/shop.sqlite\n"})
    with pytest.raises(ProblemError) as error:
        init(world)
    assert any(line.startswith("/nowhere, where a database") for line in error.value.problems[0].evidence)


def test_a_guessed_database_that_nobody_writes_is_forgotten(world, repository):
    code = server(before="import sqlite3\nURL = 'sqlite:///never.db'")
    repository({"Procfile": PROCFILE, "server.py": code})
    assert "state" not in manifest(init(world))["app"]


def test_a_redirect_is_taken_when_nothing_else_answers(world, repository):
    code = server(on_get="self.send_response(302); self.send_header('Location', '/x'); self.end_headers(); return")
    repository({"Procfile": PROCFILE, "server.py": code})
    assert manifest(init(world))["processes"]["web"]["health"] == {"path": "/", "status": [302]}


def test_a_front_page_that_asks_who_one_is_is_an_answer_too(world, repository):
    code = server(on_get="self.send_response(401); self.end_headers(); return")
    repository({"Procfile": PROCFILE, "server.py": code})
    assert manifest(init(world))["processes"]["web"]["health"] == {"path": "/", "status": [401]}


def test_an_app_that_exits_is_reported_with_its_last_words(world, repository):
    repository({"Procfile": PROCFILE, "server.py": "raise SystemExit('no luck today')\n"})
    with pytest.raises(ProblemError) as error:
        init(world)
    (problem,) = error.value.problems
    assert problem.code == "I022"
    assert problem.what.endswith("says: no luck today")
    assert "no luck today" in problem.evidence
    assert 'command = "exec python server.py $PORT …"' in problem.fix


WANTS = """
import argparse, pathlib
parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, required=True)
parser.add_argument("{name}")
args = parser.parse_args()
path = pathlib.Path(args.{name})
(path / "kept").touch() if path.is_dir() else path.open("a").close()
"""


@pytest.mark.parametrize(("name", "value"), [("database", "data/app.db"), ("folder", "data")])
def test_a_program_that_asks_for_a_place_for_its_data_is_given_one_that_is_state(world, repository, name, value):
    code = server(before=WANTS.format(name=name)).replace("int(sys.argv[1])", "args.port")
    repository({"Procfile": "web: python server.py --port $PORT\n", "server.py": code})
    found = manifest(init(world))
    assert found["processes"]["web"]["command"] == f"exec python server.py --port $PORT {value}"
    assert found["app"]["state"] == ["data/"]


def test_a_program_that_asks_for_what_nobody_knows_is_reported_with_what_to_write(world, repository):
    code = server(before=WANTS.format(name="token")).replace("int(sys.argv[1])", "args.port")
    repository({"Procfile": "web: python server.py --port $PORT\n", "server.py": code})
    with pytest.raises(ProblemError) as error:
        init(world)
    (problem,) = error.value.problems
    assert problem.code == "I022"
    assert problem.what.endswith("the following arguments are required: token")
    assert 'command = "exec python server.py --port $PORT …"' in problem.fix


def test_a_variable_of_the_command_line_alone_is_given_a_value(world, repository):
    repository({"Procfile": "web: python server.py $PORT $SHOP_MODE\n", "server.py": server()})
    found = manifest(init(world))
    assert found["environments"]["local"]["env"] == {"SHOP_MODE": "for-development-only"}
    assert found["processes"]["web"]["command"] == "exec python server.py $PORT $SHOP_MODE"


def test_a_configuration_that_nobody_has_is_not_made_up(world, repository):
    code = server(before="open(sys.argv[2])")
    repository({"Procfile": "web: python server.py $PORT $SHOP_INI\n", "server.py": code})
    with pytest.raises(ProblemError) as error:
        init(world)
    (problem,) = error.value.problems
    assert problem.code == "I022"
    assert '`SHOP_INI = "…"` under [environments.local.env]' in problem.fix


def test_a_configuration_of_the_repository_is_taken_where_the_app_ends_without_one(world, repository):
    before = (
        "import os\nconf = os.environ.get('SHOP_SETTINGS')\n"
        "if not (conf and os.path.exists(conf)):\n    print('no site is configured')\n    raise SystemExit(1)\n"
    )
    files = {"Procfile": PROCFILE, "server.py": server(before=before), "etc/shop-dev.cfg": "[shop]\n"}
    repository(files)
    found = init(world)
    assert manifest(found)["environments"]["local"]["env"] == {"SHOP_SETTINGS": "etc/shop-dev.cfg"}
    assert "no site is configured" in found.text


def test_an_app_without_a_page_that_is_well_is_reported_with_every_answer_and_the_log_of_its_faults(world, repository):
    on_get = "self.path == '/login' and 1 / 0"
    repository({"Procfile": PROCFILE, "server.py": server(on_get=on_get, paths=())})
    with pytest.raises(ProblemError) as error:
        init(world)
    evidence = error.value.problems[0].evidence
    assert any(line.startswith("404: /health, ") for line in evidence)
    on_get = "if self.path == '/login': print('no table', flush=True); self.send_error(503); return"
    repository({"server.py": server(on_get=on_get, paths=())})
    with pytest.raises(ProblemError) as error:
        init(world)
    evidence = error.value.problems[0].evidence
    assert evidence[-1] == "503: /login"
    assert "no table" in evidence


def test_an_app_that_refuses_every_question_may_not_know_its_hosts(world, repository):
    repository({"Procfile": PROCFILE, "server.py": server(on_get="self.send_error(400); return")})
    with pytest.raises(ProblemError) as error:
        init(world)
    (problem,) = error.value.problems
    assert "hosts localhost and 127.0.0.1" in problem.fix


def test_a_repository_without_an_app_is_one_problem(world, repository):
    repository({"README.md": "# hello\n"})
    for should_try in (True, False):
        with pytest.raises(ProblemError) as error:
            init(world, should_try=should_try)
        assert [problem.code for problem in error.value.problems] == ["I001"]


LOOP = "import time\nif __name__ == '__main__':\n    {body}\n"


@pytest.mark.parametrize(
    "files",
    [
        {"worker.py": LOOP.format(body="time.sleep(600)")},
        {"Procfile": "mailer: python send.py\n", "send.py": "import time\ntime.sleep(600)\n"},
        {"mailer/__init__.py": "", "mailer/__main__.py": LOOP.format(body="time.sleep(600)")},
    ],
)
def test_what_serves_nothing_and_stays_up_is_an_app_of_background_processes(world, repository, files, tmp_path):
    repository(files)
    found = init(world)
    (process,) = found.proposal.app.processes
    assert process.enabled
    assert (f"start {process.name}", True, "it stays up") in world.reporter.ends
    assert any("no web app was found" in line for line in found.proposal.unknown)
    (tmp_path / "ecluse.toml").write_text(found.text)
    assert [one.command for one in read(tmp_path, {}).processes] == [process.command]


def test_what_serves_nothing_and_ends_is_a_problem_with_what_it_said(world, repository):
    repository({"worker.py": LOOP.format(body="raise SystemExit('no queue')")})
    with pytest.raises(ProblemError) as error:
        init(world)
    (problem,) = error.value.problems
    assert problem.code == "I021"
    assert any("no queue" in line for line in problem.evidence)


def test_a_script_that_nobody_called_a_worker_is_not_run_but_its_line_is_told(world, repository):
    repository({"clear_everything.py": LOOP.format(body="open('ran', 'w')")})
    with pytest.raises(ProblemError) as error:
        init(world)
    (problem,) = error.value.problems
    assert problem.code == "I001"
    assert '`[processes.worker] command = ["python", "clear_everything.py"]` alone works' in problem.fix
    assert world.reporter.ends == []


def test_a_folder_beside_that_runs_by_itself_is_told_with_what_was_tried(world, repository):
    loop = "if __name__ == '__main__':\n    print()\n"
    beside = {"mailer/worker.py": loop, "mailer/requirements.txt": "redis\n"}
    repository({"Procfile": PROCFILE, "server.py": server(), **beside})
    assert any("mailer/ is to this app" in line for line in init(world).proposal.unknown)


def test_reading_only_starts_nothing_and_says_so(world, repository):
    repository({"Procfile": PROCFILE, "server.py": server()})
    found = init(world, should_try=False)
    assert "NOT TRIED" in found.text
    assert found.proposal.trials == ()
    assert world.toolchain.asked == []


def test_an_import_that_fails_ends_in_its_last_lines(world, repository):
    repository({"web.py": "import no_such_thing\ndef application(environ, start_response): ...\n"})
    with pytest.raises(ProblemError) as error:
        init(world)
    assert "ModuleNotFoundError: No module named 'no_such_thing'" in error.value.problems[0].evidence


def test_a_variable_that_the_import_wants_is_learned(world, repository):
    code = (
        "import os\ndef key():\n    return os.environ['SHOP_KEY']\nKEY = key()\n"
        "def application(environ, start_response): ...\n"
    )
    repository({"web.py": code, ".env.example": "SHOP_KEY=sesame\n"})
    with pytest.raises(ProblemError):  # no server for WSGI in this environment
        init(world)
    ends = [(name, ok) for name, ok, _ in world.reporter.ends]
    assert ends[1:4] == [
        ("import web:application", False),
        ("learn", True),
        ("import web:application", True),
    ]


def test_a_value_that_the_code_casts_is_found_and_the_last_word_says_what_was_made_up(world, repository):
    code = (
        "import os\ndef read(name):\n    return os.environ[name]\nPAGE = int(read('PAGE'))\n"
        "def application(environ, start_response): ...\n"
    )
    repository({"web.py": code})
    with pytest.raises(ProblemError) as error:  # no server for WSGI in this environment
        init(world)
    ends = [detail for name, ok, detail in world.reporter.ends if name == "learn"]
    assert ends == ["PAGE=for-development-only", "PAGE=1"]
    assert any(line.startswith("PAGE=1 was made up; with 'for-") for line in error.value.problems[0].evidence)


def test_an_entry_point_is_imported_as_it_will_be_served(world, repository):
    code = "def build(currency):\n    assert currency == 'eur'\n    return app\n"
    code += "def app(environ, start_response):\n    start_response('200 OK', [])\n    return [b'hello']\n"
    repository({"rates.py": code, "loading.py": "", "Procfile": """web: gunicorn "rates:build('eur')"\n"""})
    assert manifest(init(world))["processes"]["web"]["app"] == "rates:build('eur')"
    assert ("import rates:build('eur')", True) in [(name, ok) for name, ok, _ in world.reporter.ends]


def test_what_a_program_says_last_is_learned_from(world, repository):
    code = server(
        before="def conf(name): return os.environ[name]\nconf('SHOP_' + 'TOKEN'); int(conf('SHOP_' + 'SIZE'))"
    )
    repository({"Procfile": PROCFILE, "server.py": code})
    with pytest.raises(ProblemError) as error:  # what a size is made of, only the code knows
        init(world)
    assert "learn: SHOP_TOKEN=for-development-only" in error.value.problems[0].evidence
    repository({"server.py": server(before="def conf(name): return os.environ[name]\nconf('SHOP_' + 'TOKEN')")})
    assert manifest(init(world))["environments"]["local"]["env"] == {"SHOP_TOKEN": "for-development-only"}


def test_a_program_that_names_its_own_port_is_served_on_ours(world, repository):
    code = server().replace("int(sys.argv[1])", "8999")
    repository({"server.py": code})
    found = init(world)
    assert "server.py" in manifest(found)["processes"]["web"]["command"]
    assert found.proposal.trials[-1].answer == "GET / answered 200"


def test_a_program_that_binds_where_python_does_not_see_it_is_told(world, repository):
    code = "import http.server, _socket\nclass Own(http.server.HTTPServer):\n    def server_bind(self): exit()\n"
    repository({"server.py": f"{code}http.server.HTTPServer = Own\nhttp.server.HTTPServer(('', 8999), None)\n"})
    with pytest.raises(ProblemError) as error:
        init(world)
    assert any("names port 8999 itself" in line for line in error.value.problems[0].evidence)


def test_an_import_that_never_returns_is_ended(world, repository):
    repository({"web.py": "import os\nos._exit(9)\ndef application(environ, start_response): ...\n"})
    with pytest.raises(ProblemError) as error:
        init(world)
    assert any("it ended the interpreter" in line for line in error.value.problems[0].evidence)


def test_a_second_candidate_is_tried_when_the_first_fails(world, repository):
    repository({"web.py": "import gone\ndef application(environ, start_response): ...\n", "Procfile": PROCFILE,
                "server.py": server()})  # fmt: skip
    found = init(world)
    assert "processes.web.command" in found.proposal.reasons
    assert [fact.value for fact in found.proposal.others] == ["web:application"]


def test_steps_whose_needs_cannot_be_installed_are_no_gates_and_that_is_said(world, repository):
    files = {"Procfile": PROCFILE, "server.py": server(), "tests/test_a.py": "import pytest\ndef test_a(): ...\n"}
    repository(files)
    world.toolchain.lacking = ("pytest",)
    found = init(world)
    step = manifest(found)["steps"]["test"]
    assert step["gate"] is False
    assert step["why_off"] == "what the steps need can't be installed (no set of versions fits)"
    assert any("can't be installed" in line for line in found.proposal.unknown)


def test_tests_run_without_development_packages_that_cannot_be_installed(world, repository):
    files = {"Procfile": PROCFILE, "server.py": server(), "tests/test_a.py": TESTS, "requirements-dev.txt": "broken\n"}
    repository(files)
    world.toolchain.lacking = ("requirements-dev.txt",)
    found = init(world)
    assert "gate" not in manifest(found)["steps"]["test"]
    assert manifest(found)["build"]["test_requirements"] == ["pytest"]
    assert any("develops with can't be installed" in line for line in found.proposal.unknown)


def test_an_environment_that_cannot_be_made_is_the_toolchain_s_problem(world, repository):
    repository({"Procfile": PROCFILE, "server.py": server(), "requirements.txt": "x\n"})
    world.toolchain.lacking = ("requirements.txt",)
    with pytest.raises(ProblemError) as error:
        init(world)
    assert error.value.problems[0].code == "B012"


def test_a_migration_runs_before_the_start_and_a_preparation_that_fails_is_left_out(world, repository):
    manage = (
        "import os, sys\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'conf')\n"
        "sys.argv[1] == 'migrate' or sys.exit(3)\nopen('db.sqlite3', 'w').close()\n"
    )
    conf = (
        "from pathlib import Path\nSTATIC_ROOT = Path(__file__).parent / 'static'\n"
        "DATABASES = {'d': {'ENGINE': 'sqlite3', 'NAME': 'data/db.sqlite3'}}\n"
    )
    code = server(before="assert os.path.exists('db.sqlite3') and os.path.isdir('data')")
    repository({"Procfile": PROCFILE, "server.py": code, "manage.py": manage, "conf.py": conf})
    found = manifest(init(world))
    assert found["app"]["migrate"] == ["python", "manage.py", "migrate", "--noinput"]
    assert found["app"]["state"] == ["data/db.sqlite3", "db.sqlite3"]
    assert "build" not in found or "commands" not in found["build"]


def test_a_release_line_that_asks_is_answered_or_ends_at_once(world, repository):
    asks = "import os\nassert input('sure? ') == 'y'\nos.makedirs('data', exist_ok=True)\n"
    repository({"Procfile": PROCFILE + "release: yes | python asks.py\n", "server.py": server(), "asks.py": asks})
    assert manifest(init(world))["app"]["migrate"] == "yes | python asks.py"
    repository({"Procfile": PROCFILE + "release: python asks.py\n"})
    found = init(world)
    assert "migrate" not in manifest(found)["app"]
    assert any("`python asks.py`" in line for line in found.proposal.unknown)


@pytest.mark.parametrize(("mode", "kept"), [("w", True), ("x", False)])
def test_a_project_s_own_command_is_run_for_each_release_only_if_it_can_be(world, repository, mode, kept):
    script = f"open('made', {mode!r}).close()  # then create_all\n"
    repository({"Procfile": PROCFILE, "server.py": server(), "make_db.py": script})
    found = init(world)
    assert ("migrate" in manifest(found)["app"]) == kept
    assert any("can't be run twice" in line for line in found.proposal.unknown) != kept


def test_a_migration_that_fails_ends_the_try(world, repository):
    manage = "import os, sys\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'conf')\nsys.exit('no database')\n"
    repository({"Procfile": PROCFILE, "server.py": server(), "manage.py": manage})
    with pytest.raises(ProblemError) as error:
        init(world)
    assert "no database" in error.value.problems[0].evidence


FIXED = "import sqlalchemy\ndef engine():\n    return sqlalchemy.create_engine('postgresql://localhost/shop')\n"
MAKES = "open('made', 'w').close()  # then create_all\n"


def test_a_migration_of_a_database_that_may_be_somebody_s_is_not_run_and_stays_in_the_manifest(world, repository):
    repository({"Procfile": PROCFILE, "server.py": server(), "make_db.py": MAKES, "db.py": FIXED})
    found = init(world)
    assert manifest(found)["app"]["migrate"] == ["python", "make_db.py"]
    said = next(trial for trial in found.proposal.trials if trial.about == "app.migrate")
    assert (said.ok, said.answer) == (False, "not run: it would change postgresql at the address in db.py:3")
    assert any("`python make_db.py` goes well: it was not run" in line for line in found.proposal.unknown)


@pytest.mark.parametrize(("url", "is_run"), [("sqlite:///shop.db", True), ("mysql://localhost/shop", False)])
def test_where_the_framework_knows_the_database_its_word_decides(world, repository, url, is_run):
    web = "def application(environ, start_response): ...\napplication.config = {'SQLALCHEMY_DATABASE_URI': %r}\n"
    repository({"web.py": web % url, "make_db.py": MAKES, "db.py": FIXED})
    with pytest.raises(ProblemError):  # no server for WSGI in this environment
        init(world)
    assert ("python make_db.py", is_run) in [(name, ok) for name, ok, _ in world.reporter.ends]


def test_a_worker_that_stays_up_is_on_and_ends_with_the_try(world, repository):
    worker = "import os, time\nopen('jobs.log', 'w').write(str(os.getpid()))\ntime.sleep(600)\n"
    repository({"Procfile": PROCFILE + "mailer: python mailer.py\n", "server.py": server(), "mailer.py": worker})
    found = manifest(init(world))
    assert "enabled" not in found["processes"]["mailer"]
    assert found["app"]["state"] == ["jobs.log"]
    assert ("start mailer", True, "it stays up") in world.reporter.ends


@pytest.mark.parametrize("ends", ["raise SystemExit('no queue')", "print('no queue')"])
def test_a_worker_that_ends_is_off_with_what_it_said(world, repository, ends):
    repository({"Procfile": PROCFILE + "mailer: python mailer.py\n", "server.py": server(), "mailer.py": f"{ends}\n"})
    found = init(world)
    mailer = manifest(found)["processes"]["mailer"]
    assert (mailer["enabled"], mailer["why_off"]) == (False, "when tried: no queue")
    assert any("no queue" in line for line in found.proposal.unknown)


def test_a_worker_whose_program_has_another_name_by_now_is_called_by_that(world, repository):
    worker = "import time\ntime.sleep(600)\n"
    repository({"Procfile": PROCFILE + "queue: python3.py mailer.py\n", "server.py": server(), "mailer.py": worker})
    queue = manifest(init(world))["processes"]["queue"]
    assert queue["command"] == ["python3", "mailer.py"]
    assert "enabled" not in queue


def test_a_worker_whose_program_is_not_there_is_off(world, repository):
    repository({"Procfile": PROCFILE + "queue: no-such-worker --all\n", "server.py": server()})
    assert "no-such-worker" in manifest(init(world))["processes"]["queue"]["why_off"]


def test_a_release_line_that_is_no_migration_and_fails_is_left_out_and_said(world, repository):
    repository({"Procfile": PROCFILE + "release: ./tell-everybody\n", "server.py": server()})
    found = init(world)
    assert "migrate" not in manifest(found)["app"]
    assert any("./tell-everybody" in line for line in found.proposal.unknown)


TESTS = "import pytest\ndef test_right(): assert True\n"


def test_tests_that_pass_are_a_gate(world, repository):
    repository({"Procfile": PROCFILE, "server.py": server(), "tests/test_a.py": TESTS})
    found = init(world)
    step = manifest(found)["steps"]["test"]
    assert step["junit"] == "junit.xml"
    assert "gate" not in step
    assert "known_failures" not in step
    assert found.lists == {}


def test_tests_that_fail_are_listed_by_name(world, repository):
    code = TESTS + "def test_wrong(): assert False\n"
    repository({"Procfile": PROCFILE, "server.py": server(), "tests/test_a.py": code})
    found = init(world)
    step = manifest(found)["steps"]["test"]
    assert step["known_failures"] == "known-failures.txt"
    assert "retries" not in step
    assert names(found.lists["known-failures.txt"]) == {"tests.test_a.test_wrong"}
    assert found.proposal.trials[-1].answer == "2 tests, 1 fail and is listed as known to"


@pytest.mark.parametrize(
    ("tests", "why"),
    [
        (TESTS, []),
        (TESTS + "def test_wrong(): assert False\n", ["test-repeated: to tell a test that always fails"]),
        ("import nothing_like_it\n" + TESTS, ["test-again: files of tests couldn't be imported"]),
    ],
)
def test_a_suite_that_runs_once_more_is_announced_with_the_reason(world, repository, tests, why):
    repository({"Procfile": PROCFILE, "server.py": server(), "tests/test_a.py": tests})
    init(world)
    notes = [text for text in world.reporter.notes if "runs once more" in text]
    assert len(notes) == len(why)
    assert all(text.startswith(f"test runs once more, as {told}") for text, told in zip(notes, why, strict=True))


def test_what_was_said_about_a_known_failure_is_kept(world, repository):
    code = TESTS + "def test_wrong(): assert False\n"
    said = "tests/test_a.py::test_wrong  # see #7\ntests/test_a.py::test_right  # slow\n"
    repository({"Procfile": PROCFILE, "server.py": server(), "tests/test_a.py": code, "known-failures.txt": said})
    assert init(world).lists == {"known-failures.txt": "tests/test_a.py::test_wrong  # see #7\n"}


FLAKY = """
import pathlib, pytest
SEEN = pathlib.Path({seen!r})
def test_right(): assert True
def test_wrong(): assert False
def test_now_and_then():
    first = not SEEN.exists()
    SEEN.touch()
    assert not first
"""


def test_what_fails_once_and_passes_when_it_is_repeated_is_no_known_failure(world, repository, tmp_path):
    tests = FLAKY.format(seen=str(tmp_path / "seen")) + "def test_b(): ...\ndef test_c(): ...\n"
    repository({"Procfile": PROCFILE, "server.py": server(), "tests/test_a.py": tests})
    found = init(world)
    step = manifest(found)["steps"]["test"]
    assert step["retries"] == 1
    assert names(found.lists["known-failures.txt"]) == {"tests.test_a.test_wrong"}
    assert "fails sometimes: tests.test_a.test_now_and_then" in found.proposal.trials[-1].answer


def test_a_suite_that_wants_a_database_says_which(world, repository):
    said = "import pytest\nraise OSError('connection to server at 127.0.0.1, port 5432 failed: Connection refused')\n"
    repository({"Procfile": PROCFILE, "server.py": server(), "tests/test_a.py": said})
    step = manifest(init(world))["steps"]["test"]
    assert step["gate"] is False
    assert step["why_off"] == "when tried: 1 of 1 tests fail: no PostgreSQL answers, which it wants"


def test_a_suite_that_takes_too_long_is_no_gate_and_that_is_said(world, repository):
    from datetime import timedelta

    slow = "import time\ndef test_slow(): time.sleep(600)\n"
    repository({"Procfile": PROCFILE, "server.py": server(), "tests/test_a.py": slow})
    found = init(world, step_limit=timedelta(seconds=3))
    assert "it took longer than 3 s" in manifest(found)["steps"]["test"]["why_off"]
    assert any("it took longer than 3 s" in line for line in found.proposal.unknown)


def test_a_file_that_cannot_be_collected_does_not_hide_the_others(world, repository):
    files = {"tests/test_a.py": TESTS, "tests/test_b.py": "import gone\n"}
    repository({"Procfile": PROCFILE, "server.py": server(), **files})
    found = init(world)
    step = manifest(found)["steps"]["test"]
    assert names(found.lists[step["known_failures"]]) == {"tests.test_b"}
    assert "--continue-on-collection-errors" in step["command"]


def test_a_suite_that_needs_the_app_s_settings_gets_them(world, repository):
    code = "import os\nKEY = os.environ['SHOP_KEY']\n" + server()
    files = {"Procfile": PROCFILE, "server.py": code, "tests/test_a.py": "import os\nos.environ['SHOP_KEY']\n" + TESTS}
    repository(files)
    step = manifest(init(world))["steps"]["test"]
    assert step["env"] == {"SHOP_KEY": "for-development-only"}
    assert "gate" not in step


def test_a_suite_that_sets_its_own_keeps_to_that(world, repository):
    code = "import os\nKEY = os.environ['SHOP_KEY']\n" + server()
    tests = "import os\nassert os.environ.setdefault('SHOP_KEY', 'mine') == 'mine'\n" + TESTS
    repository({"Procfile": PROCFILE, "server.py": code, "tests/test_a.py": tests})
    assert "env" not in manifest(init(world))["steps"]["test"]


def test_tests_that_mostly_fail_are_no_gate(world, repository):
    code = TESTS + "def test_w(): assert 0\ndef test_v(): assert 0\n"
    repository({"Procfile": PROCFILE, "server.py": server(), "tests/test_a.py": code})
    found = init(world)
    assert manifest(found)["steps"]["test"]["gate"] is False
    assert any("2 of 3 tests fail" in line for line in found.proposal.unknown)


def test_without_time_left_steps_are_no_gates(world, repository):
    from datetime import timedelta

    repository({"Procfile": PROCFILE, "server.py": server(), "tests/test_a.py": TESTS})
    found = init(world, budget=timedelta(seconds=14))
    assert manifest(found)["steps"]["test"]["gate"] is False
    assert "no time was left to try it" in found.text


PACKAGE = '{"scripts": {"build": "make"}, "engines": {"node": ">=99"}}'


def test_a_front_end_that_cannot_be_built_here_is_left_out_and_said(world, repository):
    repository({"Procfile": PROCFILE, "server.py": server(), "package.json": PACKAGE})
    found = init(world)
    assert "frontend" not in manifest(found)
    assert any("Node.js >=99 is not on this machine" in line for line in found.proposal.unknown)


def test_what_was_left_out_is_told_with_what_then_fails(world, repository):
    code = "open('dist/manifest.json')\n" + server()
    repository({"Procfile": PROCFILE, "server.py": code, "package.json": PACKAGE})
    with pytest.raises(ProblemError) as error:
        init(world)
    evidence = error.value.problems[0].evidence
    assert any("Node.js >=99" in line for line in evidence)
    assert any("dist/manifest.json" in line for line in evidence)
