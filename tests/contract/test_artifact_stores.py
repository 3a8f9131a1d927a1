"""Every store of releases keeps the one contract."""

import os
import subprocess
import threading
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ecluse.ports.cache import UnreachableError
from ecluse.providers.git.artifacts import REFS, GitArtifacts
from ecluse.system.artifacts import FolderArtifacts
from ecluse.system.commands import SupervisedRunner
from ecluse.testing.artifacts import NAME, ArtifactStoreContract, file
from support import repositories


def answers_nothing(store, folder, why):
    """Whatever it is asked: what can't be looked into isn't empty."""
    digest, path = file(folder, b"content")
    for ask in (
        lambda: store.read(NAME),
        lambda: store.claim(NAME, b""),
        lambda: store.put(NAME, b""),
        lambda: store.holds(digest, 7),
        lambda: store.keep(digest, path),
        lambda: store.fetch(digest, folder / "back"),
    ):
        with pytest.raises(UnreachableError, match=why):
            ask()


class TestFolderArtifacts(ArtifactStoreContract):
    @pytest.fixture
    def store(self, tmp_path):
        return FolderArtifacts(tmp_path / "releases")

    def test_a_spoilt_file_is_never_given_and_is_kept_again(self, store, tmp_path):
        digest, path = file(tmp_path, b"content")
        store.keep(digest, path)
        (kept,) = (one for one in (tmp_path / "releases" / "files").rglob("*") if one.is_file())
        kept.write_bytes(b"cut")
        assert not store.fetch(digest, tmp_path / "back")
        store.keep(digest, path)
        assert store.fetch(digest, tmp_path / "back")

    def test_nothing_is_left_beside_what_is_kept(self, store, tmp_path):
        store.claim(NAME, b"mine")
        store.claim(NAME, b"theirs")
        assert [one.name for one in (tmp_path / "releases").rglob("*") if one.is_file()] == [NAME[2:]]


class TestObjectArtifacts(ArtifactStoreContract):
    @pytest.fixture
    def store(self, tmp_path):
        pytest.importorskip("obstore", reason="the extra `store` isn't installed")
        from ecluse.providers.objects.artifacts import ObjectArtifacts

        (tmp_path / "objects").mkdir()
        return ObjectArtifacts(f"file://{tmp_path}/objects")


class TestGitArtifacts(ArtifactStoreContract):
    @pytest.fixture
    def commands(self):
        runner = SupervisedRunner()
        yield runner
        runner.close()

    @pytest.fixture
    def remote(self, tmp_path):
        remote = tmp_path / "remote.git"
        subprocess.run(["git", "init", "--quiet", "--bare", str(remote)], check=True)
        return remote

    @pytest.fixture
    def root(self, tmp_path, remote):
        """Of somebody who has commits of their own, and settings that git would heed elsewhere."""
        _, root = repositories.repository(tmp_path / "root", {"a": "a\n"})
        for words in (
            ("remote", "add", "origin", str(remote)),
            ("config", "fetch.prune", "true"),
            ("config", "commit.gpgSign", "true"),
            ("push", "--quiet", "origin", "HEAD:refs/heads/main"),
            ("fetch", "--quiet"),
        ):
            subprocess.run(["git", "-C", str(root), *words], check=True)
        return root

    @pytest.fixture
    def store(self, root, commands):
        return GitArtifacts("origin", root, commands, dict(os.environ))

    def test_the_repository_here_keeps_nothing_of_it(self, store, root, tmp_path):
        def seen():
            return sorted(path.relative_to(root) for path in (root / ".git").rglob("*"))

        before = seen()
        digest, path = file(tmp_path, b"content")
        store.claim(NAME, b"mine")
        store.put(NAME, b"theirs")
        store.keep(digest, path)
        assert store.fetch(digest, tmp_path / "back")
        assert store.read(NAME) == b"theirs"
        assert seen() == before

    def test_a_repository_may_lie_anywhere(self, root, commands, tmp_path):
        odd = tmp_path / 'here: "\\ü\n'
        root.rename(odd)
        store = GitArtifacts("origin", odd, commands, dict(os.environ))
        digest, path = file(odd, b"content")
        store.keep(digest, path)
        assert store.claim(NAME, b"mine") == b"mine"
        assert store.fetch(digest, tmp_path / "back")

    def test_who_clones_gets_nothing_of_it(self, store, remote, tmp_path):
        store.claim(NAME, b"mine")
        subprocess.run(["git", "clone", "--quiet", str(remote), str(tmp_path / "clone")], check=True)
        told = ["git", "-C", str(tmp_path / "clone"), "for-each-ref", "--format=%(refname)"]
        refs = subprocess.run(told, check=True, capture_output=True, text=True).stdout.split()
        assert "refs/remotes/origin/main" in refs
        assert not [ref for ref in refs if "ecluse" in ref]

    def test_a_file_that_somebody_changed_is_never_given(self, store, remote, tmp_path):
        digest, path = file(tmp_path, b"content")
        store.keep(digest, path)
        store.claim(NAME, b"CONTENT")
        other, mine = f"{REFS}/documents/{NAME}", f"{REFS}/files/{digest.removeprefix('sha256:')}-7"
        subprocess.run(["git", "-C", str(remote), "update-ref", mine, other], check=True)
        assert not store.fetch(digest, tmp_path / "back")
        assert not (tmp_path / "back").exists()

    def test_a_remote_that_is_away_is_no_empty_one(self, store, remote, tmp_path):
        remote.rename(tmp_path / "elsewhere")
        answers_nothing(store, tmp_path, "does not appear to be a git repository")

    def test_many_files_go_by_one_push(self, store, remote, tmp_path):
        hook = remote / "hooks" / "post-receive"
        hook.write_text("#!/bin/sh\necho pushed >> pushes\n")
        hook.chmod(0o755)
        files = {}
        for number in range(20):
            (tmp_path / f"{number}").mkdir()
            digest, files[digest] = file(tmp_path / f"{number}", b"%d" % number)
        store.keep_all(files)
        store.keep_all(files)
        assert (remote / "pushes").read_text() == "pushed\n"
        back = {digest: tmp_path / digest for digest in files}
        assert store.fetch_all(back) == files.keys()

    def test_a_remote_that_takes_nothing_says_why(self, store, remote):
        hook = remote / "hooks" / "pre-receive"
        hook.write_text("#!/bin/sh\necho no refs of yours here >&2\nexit 1\n")
        hook.chmod(0o755)
        with pytest.raises(UnreachableError, match="no refs of yours here"):
            store.claim(NAME, b"mine")


class Slow(BaseHTTPRequestHandler):
    """Takes and gives what it is asked for in two seconds."""

    def do_HEAD(self):
        self.send_error(404)

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "7")
        self.send_header("Last-Modified", "Sat, 03 Jan 2026 00:00:00 GMT")
        self.end_headers()
        time.sleep(2)
        self.wfile.write(b"content")

    def do_PUT(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(2)
        self.send_response(201)
        self.end_headers()

    def log_message(self, *_):
        pass


def test_a_file_may_be_longer_on_its_way_than_a_store_may_be_silent(tmp_path):
    pytest.importorskip("obstore", reason="the extra `store` isn't installed")
    from ecluse.providers.objects.artifacts import ObjectArtifacts

    digest, path = file(tmp_path, b"content")
    with ThreadingHTTPServer(("127.0.0.1", 0), Slow) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        store = ObjectArtifacts(f"http://127.0.0.1:{server.server_port}/", patience=timedelta(seconds=0.5))
        store.keep(digest, path)
        assert store.fetch(digest, tmp_path / "back")
        with pytest.raises(UnreachableError):
            store.read(NAME)
        server.shutdown()


def test_who_shares_a_folder_by_a_group_can_write_beside_what_another_wrote(tmp_path):
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o2775)
    store, (digest, path) = FolderArtifacts(folder, mounted=True), file(tmp_path, b"content")
    before = os.umask(0o022)
    try:
        store.claim(NAME, b"mine")
        store.keep(digest, path)
    finally:
        os.umask(before)
    made = [one for one in folder.rglob("*") if one.is_dir()]
    assert len(made) == 4
    assert {one.stat().st_mode & 0o7777 for one in made} == {0o2775}


def test_a_mounted_folder_that_is_away_is_no_empty_one(tmp_path):
    answers_nothing(FolderArtifacts(tmp_path / "away", mounted=True), tmp_path, "away")
    assert not (tmp_path / "away").exists()
