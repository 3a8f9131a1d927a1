"""Every forge keeps the one contract."""

import asyncio
from http.server import BaseHTTPRequestHandler

import pytest

from ecluse.model.problem import ProblemError
from ecluse.model.publishing import ForgeKind, ForgePlace
from ecluse.providers.github.forge import GitHubForge
from ecluse.providers.gitlab.forge import GitLabForge
from ecluse.testing.publishing import ForgeContract, MemoryForge
from support.forges import FakeForge, GitHub, GitLab
from support.on_loopback import OnLoopback
from support.published import description

SSH = "git@forge.example.org:team/shop.git"


class TestMemoryForge(ForgeContract):
    @pytest.fixture
    def forge(self):
        return MemoryForge()


@pytest.fixture
def github():
    """A server that takes only what GitHub's own description allows."""
    server = FakeForge(GitHub, description("github").faults)
    yield server
    server.close()
    assert server.faults == []


class TestGitHubForge(ForgeContract):
    @pytest.fixture
    def forge(self, github):
        place = ForgePlace(kind=ForgeKind.GITHUB, token="TOKEN", api=github.url)
        return GitHubForge(place, SSH, token="open sesame", env={})

    def test_a_token_that_may_not_is_told_what_was_said(self, github):
        place = ForgePlace(kind=ForgeKind.GITHUB, token="TOKEN", api=github.url)
        forge = GitHubForge(place, SSH, token="another", env={})
        with pytest.raises(ProblemError) as caught:
            asyncio.run(forge.announce("v1.0.0", "v1.0.0", "Notes"))
        (problem,) = caught.value.problems
        assert (problem.code, problem.evidence[0]) == (
            "R025", "POST /repos/team/shop/releases: HTTP 401 Bad credentials",
        )  # fmt: skip
        assert "another" not in str(problem.evidence)

    def test_a_file_that_was_cut_short_is_sent_again(self, forge, github, tmp_path):
        file = tmp_path / "shop.tar.gz"
        file.write_bytes(b"whole")
        asyncio.run(forge.announce("v1.0.0", "v1.0.0", "Notes"))
        github.releases["v1.0.0"]["assets"].append({"id": 7, "name": file.name, "state": "starter"})
        asyncio.run(forge.attach("v1.0.0", file.name, file))
        page = asyncio.run(forge.release("v1.0.0"))
        assert (page.files, github.files) == ({file.name}, {file.name: b"whole"})

    def test_a_release_that_somebody_made_meanwhile_is_taken_as_it_is(self, forge, github):
        real = asyncio.run(forge.announce("v1.0.0", "v1.0.0", "Notes"))
        again = asyncio.run(forge.announce("v1.0.0", "v1.0.0", "Others"))
        assert again == real


class TestGitLabForge(ForgeContract):
    """By a server of the tests' own: the published description that is at hand is older than releases are."""

    @pytest.fixture
    def server(self):
        server = FakeForge(GitLab)
        yield server
        server.close()

    @pytest.fixture
    def forge(self, server):
        place = ForgePlace(kind=ForgeKind.GITLAB, token="TOKEN", api=f"{server.url}/api/v4")
        return GitLabForge(place, "https://forge.example.org/team/shop.git", token="open sesame", env={})


@pytest.mark.parametrize("token", ["open\nsesame", "open s\u00e9same"])
@pytest.mark.parametrize("kind", [GitHubForge, GitLabForge])
def test_a_token_that_can_not_be_sent_is_not_shown(kind, token):
    server = FakeForge(GitLab)
    place = ForgePlace(kind=ForgeKind.GITLAB, token="TOKEN", api=server.url)
    with pytest.raises(ProblemError) as caught:
        asyncio.run(kind(place, SSH, token=token, env={}).release("v1.0.0"))
    server.close()
    (problem,) = caught.value.problems
    assert (problem.code, "letters that no token has" in problem.evidence[0]) == ("R024", True)
    assert "same" not in problem.evidence[0]


def test_the_end_of_a_line_is_no_part_of_a_token(github):
    place = ForgePlace(kind=ForgeKind.GITHUB, token="TOKEN", api=github.url)
    forge = GitHubForge(place, SSH, token="open sesame\n", env={})
    assert asyncio.run(forge.release("v1.0.0")) is None


class Moved(BaseHTTPRequestHandler):
    """Everything is at `place`, and nobody answers twice."""

    place, asked = "", []

    def do_GET(self):
        self.asked.append(dict(self.headers))
        self.send_response(307 if self.place else 404)
        if self.place:
            self.send_header("Location", self.place + self.path)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.mark.parametrize("kind", [GitHubForge, GitLabForge])
def test_a_token_is_not_sent_to_where_a_forge_is_said_to_be_now(kind):
    asked = []
    elsewhere = OnLoopback(Moved, asked=asked)
    moved = OnLoopback(Moved, asked=[], place=elsewhere.url)
    place = ForgePlace(kind=ForgeKind.GITHUB, token="TOKEN", api=moved.url)
    with pytest.raises(ProblemError) as caught:
        asyncio.run(kind(place, SSH, token="open sesame", env={}).release("v1.0.0"))
    elsewhere.close()
    moved.close()
    assert ("HTTP 307" in caught.value.problems[0].evidence[0], asked) == (True, [])


def test_a_repository_that_was_renamed_is_found_on_its_server():
    """GitHub answers so, with the repository's number."""

    class Renamed(Moved):
        def do_GET(self):
            if self.path.startswith("/repos/team/shop"):
                self.place = ""
            super().do_GET()

    server = OnLoopback(Renamed, asked=(asked := []))
    server.handler.place = f"{server.url}/repos/team/shop?"
    place = ForgePlace(kind=ForgeKind.GITHUB, token="TOKEN", api=server.url, repository="team/old")
    found = asyncio.run(GitHubForge(place, SSH, token="open sesame", env={}).release("v1.0.0"))
    server.close()
    assert (found, len(asked)) == (None, 2)


@pytest.mark.parametrize(
    ("address", "env", "found"),
    [
        ("https://github.com/team/shop", {}, "https://api.github.com"),
        ("ssh://git@forge.example.org:2222/team/shop.git", {}, "https://forge.example.org/api/v3"),
        ("", {"GITHUB_API_URL": "https://a.example.org", "GITHUB_REPOSITORY": "team/shop"}, "https://a.example.org"),
    ],
)
def test_where_its_api_is_follows_from_the_remote_or_the_ci(address, env, found):
    forge = GitHubForge(ForgePlace(kind=ForgeKind.GITHUB, token="TOKEN"), address, token="x", env=env)
    assert (forge._asking.api, forge._repository) == (found, "team/shop")


@pytest.mark.parametrize("kind", [GitHubForge, GitLabForge])
def test_a_folder_s_address_names_no_repository(kind):
    with pytest.raises(ProblemError) as caught:
        kind(ForgePlace(kind=ForgeKind.GITHUB, token="TOKEN"), "/srv/shop.git", token="x", env={})
    assert caught.value.problems[0].code == "R028"


class Anything(BaseHTTPRequestHandler):
    """A wrong address: 200 to whatever it is asked."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.text)))
        self.end_headers()
        self.wfile.write(self.text)

    def log_message(self, *_):
        pass


@pytest.mark.parametrize("kind", [GitHubForge, GitLabForge])
@pytest.mark.parametrize(
    "text",
    [b'"welcome"', b"7", b"[1]", b'{"html_url": 5, "assets": 7, "_links": 5}', b'{"assets": [{"state": "uploaded"}]}'],
)
def test_what_is_no_api_is_a_problem_without_the_token(kind, text):
    server = OnLoopback(Anything, text=text)
    try:
        place = ForgePlace(kind=ForgeKind.GITHUB, token="TOKEN", api=server.url)
        with pytest.raises(ProblemError) as caught:
            asyncio.run(kind(place, SSH, token="open sesame", env={}).release("v1.0.0"))
    finally:
        server.close()
    (problem,) = caught.value.problems
    assert problem.code == "R035"
    assert "open sesame" not in str(problem)


def test_a_page_for_people_is_no_api_of_gitlab():
    """As its address without `/api/v4` answers."""
    server = OnLoopback(Anything, text=b"<html>sign in</html>")
    try:
        place = ForgePlace(kind=ForgeKind.GITLAB, token="TOKEN", api=server.url)
        with pytest.raises(ProblemError) as caught:
            asyncio.run(GitLabForge(place, SSH, token="open sesame", env={}).release("v1.0.0"))
    finally:
        server.close()
    assert caught.value.problems[0].code == "R035"
