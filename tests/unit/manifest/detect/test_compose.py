"""Compose files say what is started, with which variables, and how it is asked."""

import pytest

from ecluse.manifest.detect import compose, detect
from ecluse.manifest.detect.facts import Kind, every
from ecluse.manifest.detect.nodes import parsed
from ecluse.manifest.detect.tree import Tree

COMPOSE = """\
x-app: &app
  build: .
  environment: &env
    MODE: dev
    TOKEN: ${TOKEN:-abc}
    SECRET: ${SECRET}
services:
  db:
    image: postgres:16
  web:
    <<: *app
    command: ["gunicorn", "-w", "3", "shop.wsgi:app"]
    healthcheck:
      test: ["CMD", "curl", "-f", "http://localhost:8000/alive"]
  worker:
    <<: *app
    command: >
      celery -A shop worker
    environment:
      <<: *env
      MODE: work
  mails:
    build: {context: .}
    command: python manage.py sendalerts
"""


def test_yaml_keeps_lines_and_what_is_written():
    node = parsed("a:\n  - 3.10\n  - yes\nb: !x {c: null}\n")
    assert (node.at("a").texts(), node.at("a").members()[1].line, node.at("b", "c").text) == (["3.10", "yes"], 3, "")
    assert [name for name, _ in node.walk()] == ["a", "b", "c"]


def test_what_is_no_yaml_is_nothing():
    assert not parsed("a: [")
    assert not parsed("\t:\n- {")
    assert not parsed("")
    assert parsed("&a a: *a\n").items().keys() == {"a"}


def test_a_document_that_names_itself_over_and_over_is_read_once():
    lines = ["a0: &a0 {x: [1]}"]
    lines += [
        f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}], y: [{', '.join([f'*a{n - 1}'] * 9)}]}}"
        for n in range(1, 12)
    ]
    node = parsed("\n".join(lines))
    assert node.at("a11").items().keys() == {"x", "y"}
    assert sum(1 for _ in node.walk()) < 200
    assert parsed("&a {<<: *a, b: 1}").items().keys() == {"b"}


def test_services_are_there_with_their_places_and_variables():
    services = {each.name: each for each in compose.services(Tree.of({"compose.yaml": COMPOSE}))}
    assert (services["db"].image, services["db"].context) == ("postgres:16", "")
    assert (services["web"].context, services["web"].line) == (".", 12)
    assert services["web"].environment == {"MODE": "dev", "TOKEN": "abc"}
    assert services["worker"].environment == {"MODE": "work", "TOKEN": "abc"}


def test_web_and_workers_of_a_compose_file_are_found():
    manage = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'conf')\n"
    facts = detect(Tree.of({"compose.yaml": COMPOSE, "manage.py": manage}))
    assert [(fact.value, fact.place) for fact in every(facts, Kind.WSGI)] == [("shop.wsgi:app", "compose.yaml:12")]
    assert [fact.value for fact in every(facts, Kind.COUNT)] == ["3"]
    assert {(fact.label, fact.value) for fact in every(facts, Kind.WORKER)} == {
        ("worker", "celery -A shop worker"), ("mails", "python manage.py sendalerts"),
    }  # fmt: skip
    assert "/alive" in {fact.value for fact in every(facts, Kind.ROUTE)}


def test_an_env_file_and_a_start_script_are_followed():
    text = "services:\n  web:\n    build: ./api\n    env_file: [.env.dev]\n    command: ./start.sh\n"
    script = "#!/bin/bash\nset -e\npython manage.py migrate\nexec gunicorn ${APP:-main:app} -b :${PORT:-80}\n"
    files = {
        "docker-compose.yml": text,
        ".env.dev": "MODE=x\n",
        "api/start.sh": script,
        "api/main.py": "app = make()\n",
    }
    assert compose.services(Tree.of(files))[0].environment == {"MODE": "x"}
    facts = detect(Tree.of(files))
    assert [(fact.value, fact.folder) for fact in every(facts, Kind.WSGI)] == [("main:app", "api")]
    assert [fact.value for fact in every(facts, Kind.RELEASE)] == ["python manage.py migrate"]


@pytest.mark.parametrize(
    ("service", "folder"),
    [
        ("build: ./backend", "backend"),
        ("build: {context: backend}\n    working_dir: /app", "backend"),
        ("build: .\n    working_dir: backend", "backend"),
        ("build: .\n    working_dir: /app", "."),
        ("image: shop", "backend"),
        ("build: https://example.org/other.git", "."),
    ],
)
def test_a_worker_runs_in_the_folder_that_its_image_is_built_from(service, folder):
    text = f"services:\n  web:\n    build: ./backend\n    image: shop\n  sums:\n    {service}\n    command: "
    files = {"backend/app/tasks.py": "x = 1\n", "backend/count.py": "x = 1\n"}
    for command in ("celery -A app.tasks worker", "cd /app && celery -A app.tasks worker"):
        facts = detect(Tree.of({**files, "compose.yml": f"{text}{command}\n"}))
        assert [(fact.label, fact.folder) for fact in every(facts, Kind.WORKER)] == [("sums", folder)]


@pytest.mark.parametrize(
    ("command", "workers"),
    [
        ("flask sched-run", ["flask --app shop sched-run"]),
        ("flask --app=other sched-run", ["flask --app=other sched-run"]),
        ("python -m quart jobs", ["quart jobs"]),
        ("flask seed && gunicorn shop:app", []),
        ("flask db upgrade", []),
        ("flask routes", []),
    ],
)
def test_a_command_of_a_framework_s_program_is_a_worker(command, workers):
    text = "services:\n  jobs:\n    build: .\n    environment: {FLASK_APP: shop}\n    command: "
    facts = detect(Tree.of({"shop.py": "x = 1\n", "compose.yml": f"{text}{command}\n"}))
    assert [fact.value for fact in every(facts, Kind.WORKER)] == workers


def suggested(files):
    code = "import os\nMODE = os.environ['MODE']\n"
    facts = detect(Tree.of({**files, "conf.py": code}))
    return next(fact.label for fact in every(facts, Kind.VARIABLE) if fact.value == "MODE")


def test_a_value_is_suggested_by_an_example_before_a_compose_file():
    compose_file = {
        "compose.yml": "services:\n  db: {image: x}\n  web:\n    build: .\n    environment: [MODE=composed]\n"
    }
    assert suggested(compose_file) == "composed"
    assert suggested({**compose_file, ".envs/.local/.app": "MODE=inner\n"}) == "inner"
    assert suggested({**compose_file, ".env.local.example": "MODE=near\n", "a/.env.sample": "MODE=far\n"}) == "near"
    assert suggested({".env.development": "MODE=dev\n"}) == "dev"
    assert suggested({".env.production": "MODE=prod\n"}) == ""


def test_a_value_that_names_another_service_is_not_suggested():
    text = "services:\n  db: {image: x}\n  web:\n    build: .\n    environment:\n      MODE: pg://u:p@db:5432/x\n"
    assert suggested({"compose.yml": text}) == ""
    assert suggested({"compose.yml": text.replace("pg://u:p@db:5432/x", "db")}) == ""
    assert suggested({"compose.yml": text.replace("pg://u:p@db:5432/x", "debug")}) == "debug"


def test_a_script_at_the_root_of_an_image_lies_beside_its_dockerfile():
    text = (
        "services:\n  web:\n    build: {context: ., dockerfile: ./compose/local/app/Dockerfile}\n    command: /start\n"
    )
    files = {
        "local.yml": text,
        "compose/local/app/Dockerfile": "COPY ./compose/local/app/start /start\n",
        "compose/local/app/start": "#!/bin/bash\nexec uvicorn conf.asgi:application\n",
        "compose/prod/app/Dockerfile": 'CMD ["/start"]\n',
        "compose/prod/app/start": "#!/bin/bash\nexec gunicorn conf.wsgi --chdir=/app\n",
    }
    facts = detect(Tree.of(files))
    assert [(fact.value, fact.place) for fact in every(facts, Kind.ASGI)] == [("conf.asgi:application", "local.yml:4")]
    assert [fact.value for fact in every(facts, Kind.WSGI)] == ["conf.wsgi:application"]
