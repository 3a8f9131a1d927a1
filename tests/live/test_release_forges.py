"""`ecluse release` against git servers as forges are: by what somebody is let in, and what nobody gets to see."""

import base64
import json
import subprocess
import sys
from dataclasses import replace
from hashlib import sha256

import pytest

from support.git_servers import GitOverHttp, GitOverSsh, hook, refs
from support.releasing import TO_INDEX, Index, open_releasing, tags_on_remote
from support.typed import Person

pytestmark = [pytest.mark.live, pytest.mark.network]
TOKEN = "ghp_open-sesame"
STORED = '[release]\nstore = "git:origin"\nremote = "origin"\n'


@pytest.fixture
def forge(tmp_path):
    server = GitOverHttp(tmp_path, **{TOKEN: "rw", "only-reads": "r"})
    yield server
    server.close()


@pytest.fixture
def shop(tmp_path, forge):
    """Nobody is let in yet."""
    shop = open_releasing(tmp_path, STORED)
    opened_up(tmp_path / "remote.git")
    shop.git("remote", "set-url", "origin", forge.address("remote.git"))
    return shop


def opened_up(remote):
    subprocess.run(["git", "-C", str(remote), "config", "http.receivepack", "true"], check=True)


def header(user, token):
    return f"AUTHORIZATION: basic {base64.b64encode(f'{user}:{token}'.encode()).decode()}"


def in_address(shop, forge):
    """As GitLab's runner clones."""
    shop.git("remote", "set-url", "origin", forge.address("remote.git", f"gitlab-ci-token:{TOKEN}"))


def by_gitlabs_job(shop, forge):
    shop.env |= {"CI": "true", "CI_SERVER_URL": forge.url, "CI_JOB_TOKEN": TOKEN}


def by_gitlabs_runner(shop, forge):
    in_address(shop, forge)
    by_gitlabs_job(shop, forge)


def by_githubs_token(shop, forge):
    shop.env |= {"CI": "true", "GITHUB_SERVER_URL": forge.url, "GITHUB_TOKEN": TOKEN}


def by_checkout(shop, forge):
    """actions/checkout up to its fifth version."""
    shop.git("config", f"http.{forge.url}/.extraheader", header("x-access-token", TOKEN))


def by_checkout_elsewhere(shop, forge):
    """actions/checkout since its sixth version: in a file that is included for this repository alone."""
    settings = shop.root.parent / "git-credentials.config"
    subprocess.run(
        ["git", "config", "--file", str(settings), f"http.{forge.url}/.extraheader", header("x-access-token", TOKEN)],
        check=True,
    )
    shop.git("config", f"includeIf.gitdir:{shop.root}/.git.path", str(settings))


def by_checkout_and_token(shop, forge):
    by_checkout(shop, forge)
    by_githubs_token(shop, forge)


def by_a_setting_of_the_caller(shop, forge):
    shop.env |= {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{forge.address('', f'x:{TOKEN}')}.insteadOf",
        "GIT_CONFIG_VALUE_0": f"{forge.url}/",
    }


WAYS = [
    in_address, by_gitlabs_job, by_gitlabs_runner, by_githubs_token, by_checkout, by_checkout_elsewhere,
    by_checkout_and_token, by_a_setting_of_the_caller,
]  # fmt: skip


def clone(shop, forge, *arguments):
    """On the next machine."""
    elsewhere = shop.root.parent / "elsewhere"
    address = forge.address("remote.git", f"x:{TOKEN}")
    subprocess.run(["git", "clone", "--quiet", *arguments, address, str(elsewhere)], check=True)
    shop.root = elsewhere
    shop.git("remote", "set-url", "origin", forge.address("remote.git"))


def told(done):
    """The first Problem, and all that was printed."""
    (problem, *_) = json.loads(done.stdout)["problems"]
    return problem, done.stdout + done.stderr


def quoted(problem):
    return "\n".join(problem["evidence"])


def kept(shop):
    return b"".join(path.read_bytes() for path in (shop.root / ".ecluse").rglob("*") if path.is_file())


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_shallow_clone_is_released_by_whatever_way_the_ci_is_let_in(shop, forge, tmp_path, way):
    """A shallow one, because the history is asked for too."""
    clone(shop, forge, "--depth=1")
    way(shop, forge)
    done = shop.ecluse("release", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "refs/tags/v0.1.0" in refs(tmp_path / "remote.git")
    assert TOKEN not in done.stdout + done.stderr
    assert TOKEN.encode() not in kept(shop)
    assert base64.b64encode(TOKEN.encode())[:-4] not in kept(shop)


def test_who_the_repository_says_counts_more_than_the_ci_s_own_token(shop, forge):
    """The job's may not push."""
    in_address(shop, forge)
    shop.env |= {"CI": "true", "CI_SERVER_URL": forge.url, "CI_JOB_TOKEN": "only-reads"}
    assert shop.json("release")["outcome"] == "released"


@pytest.mark.parametrize("user", ["ghp_mistyped", "x:ghp_mistyped", "ghp_mistyped:x-oauth-basic"])
def test_a_token_that_is_wrong_ends_at_once_and_is_shown_nowhere(shop, forge, user):
    shop.git("remote", "set-url", "origin", forge.address("remote.git", user))
    done = shop.ecluse("release", "--json")
    problem, printed = told(done)
    assert (done.returncode, problem["code"]) == (5, "R020")
    assert "127.0.0.1" in quoted(problem)
    assert "ghp_mistyped" not in printed
    assert b"ghp_mistyped" not in kept(shop)


def at_a_terminal(shop):
    """What ends it there, where it could ask."""
    words = (sys.executable, "-m", "ecluse", "release")
    with Person(words, shop.root, shop.env, columns=200, rows=40) as person:
        problem = person.sees(r"\[(R\d+)\]", within=30)[1]
        person.sees("goes on", within=30)
        assert person.process.wait(30) == 5
    return problem


@pytest.mark.parametrize("user", ["", "ada"])
def test_who_has_no_token_is_told_so_and_never_asked(shop, forge, user):
    shop.git("remote", "set-url", "origin", forge.address("remote.git", user))
    done = shop.ecluse("release", "--json")
    assert (done.returncode, told(done)[0]["code"]) == (5, "R020")
    assert "terminal prompts disabled" in quoted(told(done)[0])
    assert at_a_terminal(shop) == "R020"


def test_a_token_that_only_reads_tags_nothing_and_is_told_so(shop, forge, tmp_path):
    shop.git("remote", "set-url", "origin", forge.address("remote.git", "x:only-reads"))
    done = shop.ecluse("release", "--json")
    assert (done.returncode, told(done)[0]["code"]) == (5, "R018")
    assert "403" in quoted(told(done)[0])
    assert refs(tmp_path / "remote.git") == ["refs/heads/main"]
    assert shop.git("tag") == ""


@pytest.mark.parametrize("version", ["0", "2"])
def test_the_history_of_a_commit_that_no_branch_ends_with_is_found(shop, forge, version):
    """A job's branch moves on while it runs; by the old protocol nobody gives a commit by its name."""
    in_address(shop, forge)
    shop.json("release")
    shop.commit("feat: what the job is about")
    shop.git("push", "--quiet", "origin", "HEAD:main")
    first = shop.root
    clone(shop, forge, "--depth=1")
    shop.root, job = first, shop.root
    shop.commit("feat: what comes next")
    shop.git("push", "--quiet", "origin", "HEAD:main")
    shop.root = job
    in_address(shop, forge)
    shop.git("config", "protocol.version", version)
    done = shop.json("release", "--dry-run")
    assert (done["version"], done["previous"]) == ("0.2.0", "0.1.0")


def test_a_commit_that_only_a_shallow_clone_has_is_to_be_pushed(shop, forge):
    clone(shop, forge, "--depth=1")
    in_address(shop, forge)
    shop.commit("feat: here alone")
    done = shop.ecluse("release", "--dry-run", "--json")
    assert (done.returncode, told(done)[0]["code"]) == (1, "R036")
    shop.git("push", "--quiet", "origin", "HEAD:main")
    assert shop.json("release", "--dry-run")["version"] == "0.1.0"


class TestPublishing:
    """To an index too, by jobs whose machines are gone afterwards."""

    @pytest.fixture
    def index(self, tmp_path):
        server = Index(tmp_path / "index")
        yield server
        server.close()

    @pytest.fixture
    def job(self, tmp_path, forge, index):
        """A machine of its own, with a clone as a CI makes it."""
        place = TO_INDEX.format(index=index.url, upload=index.url)
        first = open_releasing(tmp_path, f'[release]\nstore = "git:origin"\n{place}')
        opened_up(tmp_path / "remote.git")
        by_githubs_token(first, forge)

        def made(name):
            one = replace(first, root=tmp_path / name, env=dict(first.env))
            address = forge.address("remote.git", f"x:{TOKEN}")
            subprocess.run(["git", "clone", "--quiet", "--depth=1", address, str(one.root)], check=True)
            one.git("remote", "set-url", "origin", forge.address("remote.git"))
            return one

        return made

    @pytest.mark.parametrize("point", ["keep.after", "intend.after", "push.after", "upload.after"])
    def test_a_job_that_was_killed_is_ended_by_another_with_the_same_bytes(self, job, index, tmp_path, point):
        fault = {"ECLUSE_RELEASE_FAULT": f"{point}:{tmp_path}/reached"}
        assert job("killed").ecluse("release", env=fault).returncode == -9
        before = {name: (index.folder / name).read_bytes() for name in index.files}
        assert len(before) == (1 if point == "upload.after" else 0)
        done = job("next").json("release")
        assert (done["outcome"], done["begun"]) == ("released", point != "keep.after")
        assert {name: (index.folder / name).read_bytes() for name in before} == before
        sent = {name: f"sha256:{sha256((index.folder / name).read_bytes()).hexdigest()}" for name in index.files}
        assert len(sent) == 4
        assert sent.items() <= done["files"].items()
        assert refs(tmp_path / "remote.git", "refs/tags") == ["refs/tags/v0.1.0"]

    def test_two_jobs_at_once_release_once(self, job, index, tmp_path):
        running = [job(name).begin("release", "--json") for name in ("one", "other")]
        ended = [(one.communicate(timeout=200)[0], one.returncode) for one in running]
        assert [code for _, code in ended] == [0, 0], ended
        first, second = (json.loads(said) for said, _ in ended)
        assert (first["files"], first["tag"]) == (second["files"], second["tag"])
        sent = {name: f"sha256:{sha256((index.folder / name).read_bytes()).hexdigest()}" for name in index.files}
        assert sent.items() <= first["files"].items()
        assert refs(tmp_path / "remote.git", "refs/tags") == ["refs/tags/v0.1.0"]

    @pytest.mark.parametrize("act", ["cut", "lost"])
    def test_a_push_that_is_cut_is_gone_on_with(self, job, forge, tmp_path, act):
        forge.doors.acts["POST", "git-receive-pack"] = act
        one = job("one")
        first = one.ecluse("release", "--json")
        assert first.returncode == (0 if act == "lost" else 5)
        assert act == "lost" or refs(tmp_path / "remote.git", "refs/tags") == []
        assert job("next").ecluse("release").returncode == 0
        assert refs(tmp_path / "remote.git", "refs/tags") == ["refs/tags/v0.1.0"]


def test_a_tag_that_is_protected_is_told_in_the_forge_s_words(shop, forge, tmp_path):
    in_address(shop, forge)
    words = 'echo "GitLab: You are not allowed to create this tag as it is protected." >&2; exit 1'
    hook(tmp_path / "remote.git", "update", f'case "$1" in refs/tags/*) {words} ;; esac')
    done = shop.ecluse("release", "--json")
    assert (done.returncode, told(done)[0]["code"]) == (1, "R011")
    assert "not allowed to create this tag" in quoted(told(done)[0])
    assert TOKEN not in told(done)[1]
    hook(tmp_path / "remote.git", "update", "exit 0")
    assert shop.json("release")["begun"] is True


class TestSsh:
    @pytest.fixture
    def door(self, tmp_path):
        server = GitOverSsh(tmp_path / "ssh")
        yield server
        server.close()

    @pytest.fixture
    def shop(self, tmp_path, door):
        shop = open_releasing(tmp_path, STORED)
        shop.git("remote", "set-url", "origin", door.address(f"{tmp_path}/remote.git"))
        return shop

    def test_a_deploy_key_that_only_reads_tags_nothing_and_sees_what_was_released(self, shop, door, tmp_path):
        shop.env["GIT_SSH_COMMAND"] = door.command("r")
        done = shop.ecluse("release", "--json")
        assert (done.returncode, told(done)[0]["code"]) == (5, "R018")
        assert "marked as read only" in quoted(told(done)[0])
        assert refs(tmp_path / "remote.git") == ["refs/heads/main"]
        shop.env["GIT_SSH_COMMAND"] = door.command("rw")
        assert shop.json("release")["version"] == "0.1.0"
        shop.env |= {"GIT_SSH_COMMAND": door.command("r"), "ECLUSE_HOME": str(tmp_path / "another")}
        assert shop.json("release", "--dry-run")["begun"] is True
        assert tags_on_remote(shop) == ["v0.1.0"]

    def test_a_host_that_is_not_known_is_not_asked_about(self, shop, door):
        shop.env["GIT_SSH_COMMAND"] = door.command("rw", known=False)
        done = shop.ecluse("release", "--json")
        assert (done.returncode, told(done)[0]["code"]) == (5, "R020")
        assert "Host key verification failed" in quoted(told(done)[0])
        assert at_a_terminal(shop) == "R020"

    def test_a_key_with_a_passphrase_is_not_asked_for_it(self, shop, door):
        locked = ["ssh-keygen", "-q", "-p", "-P", "", "-N", "passphrase", "-f", str(door.folder / "rw")]
        subprocess.run(locked, check=True, capture_output=True)
        shop.env["GIT_SSH_COMMAND"] = door.command("rw")
        done = shop.ecluse("release", "--json")
        assert (done.returncode, told(done)[0]["code"]) == (5, "R020")
        assert "Permission denied" in quoted(told(done)[0])
        assert at_a_terminal(shop) == "R020"
