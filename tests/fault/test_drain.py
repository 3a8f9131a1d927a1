"""What is under way when releases change is finished within the budget; what takes longer is closed in order."""

import json
import time

import pytest

from support.crossing import APP, ASGI, begin, is_alive, slowly, websocket
from support.fleet import until
from support.shop import MANIFEST, Customers, open_shop

pytestmark = [pytest.mark.fault, pytest.mark.network]

BUDGET = 6.0
LATER = 2.0
DEAF = """\
import http.server
import pathlib
import signal
import socket

signal.signal(signal.SIGTERM, signal.SIG_IGN)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "{length}")
        self.end_headers()
        self.wfile.write(b"{version}")


server = http.server.HTTPServer(("127.0.0.1", 0), Handler, bind_and_activate=False)
server.socket.close()
server.socket = socket.socket(fileno=3)
server.serve_forever()
"""
DEAF_MANIFEST = (
    MANIFEST.replace(
        'app = "shop:application"\ninterface = "wsgi"\n', 'command = ["python", "shop.py"]\nlisten = "fd"\n'
    )
    .replace('drain = "3s"', f'drain = "{BUDGET / 3:g}s"')
    .replace('keep_alive = "1s"\n', "")
)


@pytest.fixture(params=["granian", pytest.param("uvicorn", marks=pytest.mark.full)])
def crossed(request, tmp_path):
    manifest = ASGI.replace('drain = "3s"', f'drain = "{BUDGET:g}s"\nserver = "{request.param}"') + 'warm = "0s"\n'
    opened = open_shop(tmp_path / "shop", manifest=manifest)
    sell(opened, "one")
    done = opened.ecluse("ship")
    assert done.returncode == 0, done.stdout + done.stderr
    yield opened
    opened.ecluse("stop")


def sell(shop, version):
    shop.write("shop.py", APP.format(version=version, started=str(witness(shop, version))))
    return shop.commit(f"feat: sell {version}")


def witness(shop, version):
    return shop.root.parent / f"started-{version}"


def processes(shop, version):
    return [
        process["pid"]
        for slot in shop.json("status")["environments"][0]["slots"]
        if slot["version"] == version
        for process in slot["processes"]
    ]


def test_what_crosses_a_swap_is_finished_or_closed_in_order(crossed):
    one = crossed.get()[1]
    (old,) = processes(crossed, one)
    sell(crossed, "two")
    with Customers(crossed.url, connections=4, pause=0.02) as customers:
        ship = crossed.begin("ship", "--json")
        until(witness(crossed, "two").exists, 30, every=0.01)
        port = crossed.port
        crossing = {
            "100 ms": begin("100 ms", port, "GET", "/sleep?seconds=0.1"),
            "3 s": begin("3 s", port, "GET", "/sleep?seconds=3"),
            "upload": begin("upload", port, "POST", "/upload", slowly(30, 0.1), {"Content-Length": "30000"}),
            "events": begin("events", port, "GET", "/events?seconds=3"),
            "60 s": begin("60 s", port, "GET", "/sleep?seconds=60"),
            "endless events": begin("endless events", port, "GET", "/events?seconds=60"),
            "websocket": websocket(port),
        }
        until(lambda: crossed.get()[0] == "two", 20, every=0.02)
        shifted = time.monotonic()
        until(lambda: not is_alive(old), 3 * BUDGET, every=0.02)
        gone = time.monotonic() - shifted
        out, err = ship.communicate(timeout=60)
    assert ship.returncode == 0, f"{out}\n{err}"
    for name, one_of_them in crossing.items():
        one_of_them.wait(5)
        after = one_of_them.ended - shifted
        print(f"\n{name}: {one_of_them.outcome}, {after:+.1f} s after the shift", end="")
    print(f"\nthe old process was gone {gone:.1f} s after the shift; its budget was {BUDGET:g} s")
    customers.lost_nothing()
    for name in ("100 ms", "3 s", "upload", "events"):
        done = crossing[name]
        assert (done.status, done.error, done.release) == (200, "", one), name
        assert done.ended > shifted or name == "100 ms"
    assert crossing["3 s"].body == "one"
    assert crossing["upload"].body == "one 30000"
    assert crossing["events"].body == "".join(f"data: one {turn}\n\n" for turn in range(30))
    assert (crossing["websocket"].status, crossing["websocket"].body) == (1012, "one hello")
    for name in ("60 s", "endless events"):
        assert BUDGET - 1 < crossing[name].ended - shifted < BUDGET + LATER, name
    assert "data: one 40" in crossing["endless events"].body
    # The commit comes after the watch (200 ms), and the budget begins with it.
    assert gone < BUDGET + LATER


def test_an_app_that_ignores_sigterm_is_killed_and_status_says_so(tmp_path):
    shop = open_shop(tmp_path / "shop", manifest=DEAF_MANIFEST + 'warm = "0s"\nunchecked = ""\n')
    try:
        shop.write("shop.py", DEAF.format(version="one", length=3))
        shop.commit("feat: sell one, deaf")
        done = shop.ecluse("ship", "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        one = json.loads(done.stdout)["version"]
        (old,) = processes(shop, one)
        shop.write("shop.py", DEAF.format(version="two", length=3))
        shop.commit("feat: sell two, deaf")
        assert shop.json("ship")["outcome"] == "shipped"
        began = time.monotonic()
        until(lambda: not is_alive(old), 10)
        took = time.monotonic() - began
        until(lambda: shop.json("status")["environments"][0]["warnings"], 5)
        warnings = shop.json("status")["environments"][0]["warnings"]
        print(f"\nkilled {took:.1f} s after the commit (budget {BUDGET / 3:g} s): {warnings}")
        assert took < BUDGET / 3 + LATER
        assert any("had to be killed" in warning for warning in warnings)
        assert shop.get()[0] == "two"
    finally:
        shop.ecluse("stop")
