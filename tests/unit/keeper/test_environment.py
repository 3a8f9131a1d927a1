import pytest

from ecluse.keeper import environment
from ecluse.keeper.places import Home

WEB = {"name": "web", "interface": "asgi", "server": "auto", "app": "shop:app", "count": 2, "env": {"A": "process"}}


@pytest.fixture
def home(tmp_path):
    return Home(str(tmp_path))


@pytest.fixture
def running():
    return {
        "release": {"id": "r-1", "version": "1.2.0", "commit": "abc"},
        "app": "shop",
        "environment": "local",
        "address": "0.0.0.0",
        "port": 8000,
        "stamp": False,
        "env": {"A": "environment", "DATA": "{state}/db", "JSON": '{"state": {}}'},
        "secrets": {"TOKEN": "s3cret"},
    }


def test_settings_of_the_process_win_and_places_are_filled_in(home, running):
    built = environment.build(home, running, slot="blue", process=WEB)
    assert (built["A"], built["DATA"], built["JSON"]) == ("process", f"{home.path}/state/db", '{"state": {}}')
    assert (built["PORT"], built["HOST"], built["TOKEN"]) == ("8000", "0.0.0.0", "s3cret")
    assert built["PATH"].startswith(f"{home.path}/releases/r-1/venv/bin:")
    assert built["ECLUSE_PAGE"] == f"{home.path}/slots/blue.page"


def test_a_one_off_command_has_no_slot(home, running):
    built = environment.build(home, running)
    assert (built["A"], built["ECLUSE_SLOT"], built["ECLUSE_PAGE"]) == ("environment", "", "")


def test_a_server_behind_a_relay_listens_on_its_own_port_of_the_loopback(home, running):
    built = environment.build(home, running, slot="blue", process=WEB, port=9001)
    assert (built["PORT"], built["HOST"]) == ("9001", "127.0.0.1")


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, []),
        ({"threads": 4}, ["--threads", "4"]),
    ],
)
def test_an_app_is_started_by_the_launcher(home, running, changed, expected):
    words = environment.command(home, running, {**WEB, **changed, "keep_alive": 5.0, "drain": 2.5}, 0, "blue")
    release = f"{home.path}/releases/r-1"
    assert words == [
        f"{release}/venv/bin/python",
        f"{release}/server/launch",
        *("--app", "shop:app", "--interface", "asgi", "--server", "auto"),
        *("--fd", "3", "--page", f"{home.path}/slots/blue.page", "--workers", "2"),
        *expected,
        *("--keep-alive", "5", "--drain", "2.5", "--version", "1.2.0"),
    ]


def test_files_are_served_and_data_below_them_by_a_mount_of_its_own(home, running):
    process = {**WEB, "static": {"/static/": "app/static", "/robots.txt": "robots.txt"}}
    running["state"] = ["app/static/uploads/", "media/", "db.sqlite3"]
    words = environment.command(home, running, process, 0, "blue")
    tree = f"{home.path}/releases/r-1/tree"
    assert words[words.index("--static") :] == [
        *("--static", f"/static/={tree}/app/static"),
        *("--static", f"/robots.txt={tree}/robots.txt"),
        *("--static", f"/static/uploads/={tree}/app/static/uploads"),
    ]


def test_answers_are_stamped_where_it_is_switched_on(home, running):
    assert environment.command(home, {**running, "stamp": True}, WEB, 0, "blue")[-1] == "--stamp"


def test_a_command_is_run_as_it_is(home, running):
    process = {"interface": "command", "command": ["./serve", "--port={port}", "{venv}/x", "{unknown}"]}
    words = environment.command(home, running, process, 0, "blue")
    assert words == ["./serve", "--port=8000", f"{home.path}/releases/r-1/venv/x", "{unknown}"]


def test_it_works_in_its_folder_of_the_tree(home, running):
    assert environment.folder(home, running, {"folder": "src"}) == f"{home.path}/releases/r-1/tree/src"
    assert environment.folder(home, running) == f"{home.path}/releases/r-1/tree"
