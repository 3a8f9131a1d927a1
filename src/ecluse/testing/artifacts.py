"""The contract of every store of releases. Whoever writes one subclasses this and gives the fixture `store`."""

from __future__ import annotations

import hashlib
from pathlib import Path
from threading import Thread

import pytest

from ecluse.model.ids import Digest
from ecluse.ports.artifacts import ArtifactStore

NAME, OTHER = "a" * 64, "b" * 64


def file(folder: Path, content: bytes) -> tuple[Digest, Path]:
    path = folder / "file"
    path.write_bytes(content)
    return Digest(f"sha256:{hashlib.sha256(content).hexdigest()}"), path


class ArtifactStoreContract:
    @pytest.fixture
    def store(self) -> ArtifactStore:
        raise NotImplementedError("give the store that is to be tested")

    def test_what_nobody_put_is_not_there(self, store: ArtifactStore) -> None:
        assert store.read(NAME) is None

    def test_the_first_claim_counts_for_everybody(self, store: ArtifactStore) -> None:
        assert store.claim(NAME, b"mine") == b"mine"
        assert store.claim(NAME, b"theirs") == b"mine"
        assert store.claim(NAME, b"mine") == b"mine"
        assert (store.read(NAME), store.read(OTHER)) == (b"mine", None)

    def test_of_many_claims_at_once_one_counts(self, store: ArtifactStore) -> None:
        answers: list[bytes] = []
        claims = [Thread(target=lambda n=n: answers.append(store.claim(NAME, b"%d" % n))) for n in range(8)]
        for claim in claims:
            claim.start()
        for claim in claims:
            claim.join()
        assert len(answers) == len(claims)
        assert set(answers) == {store.read(NAME)}

    def test_what_is_put_last_is_read(self, store: ArtifactStore) -> None:
        store.put(NAME, b"one")
        store.put(NAME, b"another")
        assert store.read(NAME) == b"another"

    def test_a_file_comes_back_as_it_was(self, store: ArtifactStore, tmp_path: Path) -> None:
        digest, path = file(tmp_path, b"\0content" * 300_000)
        assert not store.holds(digest, path.stat().st_size)
        store.keep(digest, path)
        store.keep(digest, path)
        assert store.holds(digest, path.stat().st_size)
        assert store.fetch(digest, tmp_path / "back")
        assert (tmp_path / "back").read_bytes() == path.read_bytes()

    def test_a_file_that_was_never_kept_leaves_nothing(self, store: ArtifactStore, tmp_path: Path) -> None:
        digest, _ = file(tmp_path, b"content")
        assert not store.fetch(digest, tmp_path / "back")
        assert not (tmp_path / "back").exists()
