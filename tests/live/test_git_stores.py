"""The store of releases on real git servers, with the settings that forges have."""

import os
import subprocess

import pytest

from ecluse.ports.artifacts import KeepsMany
from ecluse.ports.cache import UnreachableError
from ecluse.providers.git.artifacts import REFS, GitArtifacts
from ecluse.system.commands import SupervisedRunner
from ecluse.testing.artifacts import NAME, OTHER, ArtifactStoreContract, file
from support import repositories
from support.git_servers import GitDaemon, GitOverHttp, GitOverSsh, bare, hook, refs

pytestmark = pytest.mark.live

FORGE = {
    "http__receivepack": "true",
    "receive__denyDeletes": "true",
    "receive__denyNonFastForwards": "true",
    "receive__fsckObjects": "true",
    "receive__advertisePushOptions": "false",
    "transfer__hideRefs": "refs/pull",
    "uploadpack__allowAnySHA1InWant": "false",
}
ONLY_BRANCHES_AND_TAGS = (
    "while read -r _ _ ref; do",
    '    case "$ref" in refs/heads/* | refs/tags/*) ;; *) echo "$ref is illegal" >&2; exit 1 ;; esac',
    "done",
)
NO_LARGE_FILE = (
    "while read -r _ new _; do",
    '    for size in $(git rev-list --objects "$new" | git cat-file --batch-check="%(objectsize)"); do',
    '        [ "$size" -le 1000000 ] || { echo "error: content exceeds our file size limit of 1 MB" >&2; exit 1; }',
    "    done",
    "done",
)


@pytest.fixture
def commands():
    runner = SupervisedRunner()
    yield runner
    runner.close()


@pytest.fixture
def remote(tmp_path):
    return bare(tmp_path / "forge.git", **FORGE)


def settle(remote, name, value):
    subprocess.run(["git", "-C", str(remote), "config", "--add", name, value], check=True)


@pytest.fixture
def opened(tmp_path, commands):
    """A store in the remote at an address."""

    def made(address, **env):
        _, root = repositories.repository(tmp_path / "root", {"a": "a\n"})
        repositories.git(root, "remote", "add", "origin", address)
        return GitArtifacts("origin", root, commands, {**os.environ, **env})

    return made


@pytest.fixture
def forge(tmp_path):
    server = GitOverHttp(tmp_path)
    yield server
    server.close()


@pytest.fixture
def store(opened, forge, remote):
    return opened(forge.address(remote.name))


class TestOverHttp(ArtifactStoreContract):
    @pytest.fixture
    def store(self, opened, forge, remote):
        return opened(forge.address(remote.name))


class TestOverHttpByTheOldProtocol(ArtifactStoreContract):
    @pytest.fixture
    def store(self, opened, forge, remote):
        old = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "protocol.version", "GIT_CONFIG_VALUE_0": "0"}
        return opened(forge.address(remote.name), **old)


class TestOverSsh(ArtifactStoreContract):
    @pytest.fixture
    def store(self, opened, remote, tmp_path):
        server = GitOverSsh(tmp_path / "ssh")
        yield opened(server.address(str(remote)), GIT_SSH_COMMAND=server.command("rw"))
        server.close()


class TestOfADaemon(ArtifactStoreContract):
    @pytest.fixture
    def store(self, opened, remote, tmp_path):
        server = GitDaemon(tmp_path)
        yield opened(server.address(remote.name))
        server.close()


def many(folder, count, size=100):
    found = {}
    for number in range(count):
        place = folder / f'odd "{number}"\n\\'
        place.mkdir(exist_ok=True, parents=True)
        digest, path = file(place, b"%d " % number * size)
        found[digest] = path
    return found


def test_many_files_go_by_one_push_and_come_by_one_answer(store, forge, tmp_path):
    """GitHub wants six pushes a minute at most."""
    assert isinstance(store, KeepsMany)
    files = many(tmp_path / "files", 60)
    store.keep_all(files)
    assert len(forge.pushes) == 1
    forge.doors.asked.clear()
    back = {digest: tmp_path / f"back-{number}" for number, digest in enumerate(files)}
    missing, _ = file(tmp_path, b"never kept")
    assert store.fetch_all(back | {missing: tmp_path / "missing"}) == files.keys()
    assert all(back[digest].read_bytes() == path.read_bytes() for digest, path in files.items())
    assert not (tmp_path / "missing").exists()
    assert len(forge.doors.asked) <= 6


def test_what_is_there_is_not_sent_again(store, forge, tmp_path):
    files = many(tmp_path / "files", 3)
    store.keep_all(files)
    store.keep_all(files)
    assert len(forge.pushes) == 1
    store.keep_all(many(tmp_path / "files", 4))
    assert len(forge.pushes) == 2


def test_one_that_came_meanwhile_does_not_keep_the_others_away(store, forge, remote, tmp_path):
    """Under its name there are other bytes: what is kept is never overwritten."""
    files = many(tmp_path / "files", 3)
    first, *_ = files
    store.claim(NAME, b"theirs")
    ref = f"{REFS}/files/{first.removeprefix('sha256:')}-{files[first].stat().st_size}"
    forge.doors.acts["GET", "git-receive-pack"] = lambda: subprocess.run(
        ["git", "-C", str(remote), "update-ref", ref, f"{REFS}/documents/{NAME}"], check=True
    )
    store.keep_all(files)
    back = {digest: tmp_path / f"back-{number}" for number, digest in enumerate(files)}
    assert store.fetch_all(back) == files.keys() - {first}


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("transfer.hideRefs", "refs/ecluse", "deny updating a hidden ref"),
        ("uploadpack.hideRefs", "refs/ecluse", "takes refs/ecluse/releases/documents/.* and doesn't show it"),
    ],
)
def test_refs_that_are_hidden_are_no_store(store, remote, name, value, why):
    settle(remote, name, value)
    with pytest.raises(UnreachableError, match=why):
        store.claim(NAME, b"mine")


def test_a_forge_of_branches_and_tags_alone_says_so(store, remote, tmp_path):
    hook(remote, "pre-receive", *ONLY_BRANCHES_AND_TAGS)
    with pytest.raises(UnreachableError, match=r"refs/ecluse/releases/documents/\w+ is illegal"):
        store.claim(NAME, b"mine")
    with pytest.raises(UnreachableError, match=r"refs/ecluse/releases/files/\S+ is illegal"):
        store.keep(*file(tmp_path, b"content"))
    assert refs(remote) == []


@pytest.mark.parametrize("limit", ["hook", "receive.maxInputSize", "413"])
def test_a_file_that_is_too_large_is_told_with_its_size(store, remote, forge, tmp_path, limit):
    if limit == "hook":
        hook(remote, "pre-receive", *NO_LARGE_FILE)
        why = "exceeds our file size limit of 1 MB"
    elif limit == "413":
        forge.doors.acts["POST", "git-receive-pack"] = (413, "too large")
        why = "413"
    else:
        settle(remote, limit, "1m")
        why = "pack exceeds maximum allowed size"
    large = file(tmp_path, os.urandom(1_600_000))
    with pytest.raises(UnreachableError, match=rf"(?s){why}.*largest of 1\.6 MB"):
        store.keep_all({**many(tmp_path / "files", 2), large[0]: large[1]})
    assert not store.holds(large[0], 1_600_000)


def test_a_push_that_is_cut_has_kept_nothing_or_all_of_a_file(store, forge, remote, tmp_path):
    files = many(tmp_path / "files", 5, size=50_000)
    forge.doors.acts["POST", "git-receive-pack"] = "cut"
    with pytest.raises(UnreachableError):
        store.keep_all(files)
    assert refs(remote) == []
    store.keep_all(files)
    assert len(refs(remote)) == 5


def test_an_answer_that_is_lost_is_looked_up(store, forge, tmp_path):
    forge.doors.acts["POST", "git-receive-pack"] = "lost"
    store.keep_all(many(tmp_path / "files", 5))
    forge.doors.acts["POST", "git-receive-pack"] = "lost"
    assert store.claim(NAME, b"mine") == b"mine"
    assert store.claim(OTHER, b"other") == b"other"


def test_a_server_that_says_nothing_more_is_left(opened, forge, remote):
    """The caller's patience, which is shorter than ours."""
    impatient = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "http.lowSpeedTime", "GIT_CONFIG_VALUE_0": "2"}
    store = opened(forge.address(remote.name), **impatient)
    forge.doors.acts["GET", "git-upload-pack"] = "hang"
    with pytest.raises(UnreachableError, match="too slow"):
        store.read(NAME)
    forge.doors.acts["POST", "git-receive-pack"] = "hang"
    with pytest.raises(UnreachableError, match=r"too slow|timed out"):
        store.claim(NAME, b"mine")
    assert store.claim(NAME, b"mine") == b"mine"


@pytest.mark.parametrize("how", ["--depth=1", "--single-branch", "--filter=blob:none", "--filter=tree:0"])
def test_any_clone_is_as_good_and_stays_as_it_was(store, forge, remote, commands, tmp_path, how):
    settle(remote, "uploadpack.allowFilter", "true")
    root = tmp_path / "root"
    repositories.commit(root, "another")
    repositories.git(root, "push", "--quiet", "origin", "HEAD:refs/heads/main")
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", how, forge.address(remote.name), str(clone)], check=True)
    files = many(tmp_path / "files", 3)
    store.keep_all(files)
    store.claim(NAME, b"mine")
    before = sorted(clone.rglob("*"))
    there = GitArtifacts("origin", clone, commands, dict(os.environ))
    assert there.claim(NAME, b"theirs") == b"mine"
    assert there.fetch_all({digest: tmp_path / digest for digest in files}) == files.keys()
    there.keep(*file(tmp_path, b"content"))
    assert sorted(clone.rglob("*")) == before
