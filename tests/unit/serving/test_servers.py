from pathlib import Path

import pytest

import ecluse.serving
from ecluse.serving import servers

REQUIREMENTS = Path(ecluse.serving.__file__).parent / "requirements"


@pytest.mark.parametrize("interface", ["wsgi", "asgi"])
def test_auto_means_granian(interface):
    assert servers.choose(interface, "3.12") == servers.choose(interface, "3.12", "granian")


def test_only_asgi_has_websockets_to_end():
    assert "websocket-1012" in servers.choose("asgi", "3.9").guarantees
    assert servers.choose("wsgi", "3.9").guarantees == {"lame-duck", "counts", "stamps", "graceful-stop"}


@pytest.mark.parametrize(
    ("interface", "python", "server", "message"),
    [
        ("command", "3.12", "auto", "no server for the interface 'command'; there are: asgi, wsgi"),
        ("wsgi", "3.12", "uvicorn", "uvicorn doesn't serve wsgi; these do: granian, gunicorn"),
        ("wsgi", "3.8", "auto", "no server is pinned for Python 3.8; there are for 3.9 to 3.13"),
        ("asgi", "3.14", "auto", "no server is pinned for Python 3.14; there are for 3.9 to 3.13"),
    ],
)
def test_what_does_not_fit_says_what_would(interface, python, server, message):
    with pytest.raises(servers.NoServerError) as refused:
        servers.choose(interface, python, server)
    assert str(refused.value) == message


@pytest.mark.parametrize("server", servers.NAMES)
def test_each_server_is_pinned_by_hash_and_without_an_address(server):
    text = (REQUIREMENTS / f"{server}.txt").read_text()
    pins = [line for line in text.splitlines() if line and not line.startswith(("#", " "))]
    assert pins
    assert all("==" in pin and pin.endswith("\\") for pin in pins)
    assert "://" not in text
