"""Fetching from a real HTTP server on this machine."""

import asyncio
import base64
import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ecluse.model.problem import ProblemError
from ecluse.providers.uv.download import Downloads, bare, credentials
from ecluse.providers.uv.lock import Remote
from ecluse.system.store import FolderStore

CONTENT = b"a wheel" * 100_000


@pytest.fixture
def answers():
    """Status codes still to be given, before every further answer is the content."""
    return []


@pytest.fixture
def asked():
    return []


@pytest.fixture
def address(answers, asked):
    class Index(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.path, self.headers.get("Authorization")))
            status = answers.pop(0) if answers else 200
            self.send_response(status)
            self.send_header("Content-Length", str(len(CONTENT)))
            self.end_headers()
            self.wfile.write(CONTENT if status == 200 else b"x" * len(CONTENT))

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Index)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture
def store(home):
    return FolderStore(home / "store")


def fetch(home, store, url, sha256="", env=None):
    async def whole():
        async with Downloads(home, store, env or {"HOME": str(home)}).open() as downloader:
            return await downloader.fetch(Remote(url=url, sha256=sha256))

    return asyncio.run(whole())


def refused(*arguments, **more):
    with pytest.raises(ProblemError) as caught:
        fetch(*arguments, **more)
    return caught.value.problems[0]


def sha256(content=CONTENT):
    return hashlib.sha256(content).hexdigest()


def test_a_file_comes_into_the_store_and_is_not_fetched_again(home, store, address, asked):
    digest = fetch(home, store, f"http://{address}/a.whl", sha256())
    assert store.path(digest).read_bytes() == CONTENT
    assert fetch(home, store, f"http://{address}/a.whl", sha256()) == digest
    assert len(asked) == 1
    assert list((home / "tmp").iterdir()) == []


def test_another_file_than_the_locked_one_is_thrown_away(home, store, address):
    problem = refused(home, store, f"http://{address}/a.whl", "0" * 64)
    assert problem.code == "B014"
    assert not store.has(f"sha256:{sha256()}")


def test_a_server_that_stumbles_is_asked_again(home, store, address, answers, asked):
    answers += [503, 500]
    assert store.has(fetch(home, store, f"http://{address}/a.whl", sha256()))
    assert len(asked) == 3


@pytest.mark.parametrize(("codes", "times"), [([404], 1), ([503, 503, 503], 3)])
def test_a_file_that_doesn_t_come_is_a_problem(home, store, address, answers, asked, codes, times):
    answers += codes
    problem = refused(home, store, f"http://{address}/a.whl?token=secret", sha256())
    assert (problem.code, problem.evidence) == ("B013", (f"HTTP {codes[0]}",))
    assert "secret" not in str(problem)
    assert len(asked) == times


def test_nobody_there_is_a_problem(home, store):
    assert refused(home, store, "http://127.0.0.1:9/a.whl").code == "B013"


def test_a_file_of_this_machine_is_copied(home, store, tmp_path):
    path = tmp_path / "a b.whl"
    path.write_bytes(CONTENT)
    assert store.has(fetch(home, store, f"file://{tmp_path}/a%20b.whl"))
    assert store.has(fetch(home, store, str(path)))
    assert refused(home, store, f"file://{tmp_path}/gone.whl").code == "B013"


def test_the_index_s_credentials_go_to_its_files(home, store, address, asked):
    env = {"HOME": str(home), "UV_DEFAULT_INDEX": f"http://ada:s%40fe@{address}/simple"}
    fetch(home, store, f"http://{address}/a.whl", env=env)
    assert asked == [("/a.whl", "Basic " + base64.b64encode(b"ada:s@fe").decode())]


def test_credentials_stay_with_their_host(home):
    env = {"HOME": str(home), "UV_INDEX": "https://ada:secret@one.example/simple"}
    assert credentials("https://two.example/a.whl", env) is None
    home.mkdir()
    (home / ".netrc").write_text("machine two.example login bob password word\n")
    (home / ".netrc").chmod(0o600)
    assert credentials("https://two.example/a.whl", env) == ("bob", "word")


def test_what_is_shown_of_an_address_holds_no_secret():
    assert bare("https://ada:secret@one.example/a.whl?token=t#x") == "https://one.example/a.whl#x"
