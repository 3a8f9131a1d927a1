"""The step cache in an object store, for machines that share no folder."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, NotFoundError
from obstore.store import from_url

from ecluse.model.ids import Digest
from ecluse.ports.cache import Shelved, UnreachableError

PATIENCE = timedelta(seconds=10)
"""For one question. A store that doesn't answer must not cost a run more than it spares."""
_PREFIX = "sha256:"


class ObjectCache:
    """Fills ports.cache.StepCache in the store at `address` (`s3://bucket/prefix`, `gs://…`, `az://…`, `file:///…`).

    Keys come from where the store's own tools look for them (AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL, a machine's role,
    …). `options` are obstore's, for what an address doesn't say. An object is there whole or not at all.
    """

    troubles = ()

    def __init__(
        self, address: str, *, patience: timedelta = PATIENCE, patience_of_files: timedelta = PATIENCE, **options: Any
    ) -> None:
        """An address that no store can have: UnreachableError. `patience_of_files` is for each file, or piece of one:
        time that it takes on its way counts."""
        self._address = address
        allow_http = address.startswith("http:") or bool(options.pop("allow_http", False))
        open_it: Any = from_url  # which has one signature for each kind of store

        def opened(wait: timedelta) -> Any:
            client = {"timeout": wait, "connect_timeout": PATIENCE, **({"allow_http": True} if allow_http else {})}
            retries = {"max_retries": 1, "retry_timeout": wait}
            return open_it(address, client_options=client, retry_config=retries, **options)

        with self._asked():
            self._store, self._files = opened(patience), opened(patience_of_files)

    def get(self, key: str) -> bytes | None:
        with self._asked():
            try:
                return bytes(obstore.get(self._store, _document(key)).bytes())
            except (NotFoundError, FileNotFoundError):
                return None

    def put(self, key: str, document: bytes) -> None:
        with self._asked():
            obstore.put(self._store, _document(key), document)

    def holds(self, digest: Digest, size: int) -> bool:
        with self._asked():
            try:
                return bool(obstore.head(self._store, _file(digest))["size"] == size)
            except (NotFoundError, FileNotFoundError):
                return False

    def keep(self, digest: Digest, path: Path) -> None:
        if not self.holds(digest, path.stat().st_size):
            with self._asked():
                obstore.put(self._files, _file(digest), path)

    def fetch(self, digest: Digest, into: Path) -> bool:
        found = hashlib.sha256()
        with self._asked():
            try:
                with into.open("xb") as target:
                    for piece in obstore.get(self._files, _file(digest)).stream():
                        found.update(piece)
                        target.write(piece)
            except (NotFoundError, FileNotFoundError):
                into.unlink(missing_ok=True)
                return False
            except BaseException:
                into.unlink(missing_ok=True)
                raise
        if _PREFIX + found.hexdigest() == digest:
            return True
        into.unlink()
        return False

    def documents(self) -> Iterator[tuple[Shelved, bytes]]:
        with self._asked():
            for found in self._listed("documents/"):
                key = found["path"].removeprefix("documents/")
                if (document := self.get(key)) is not None:
                    yield Shelved(key=key, size=len(document), used=found["last_modified"]), document

    def remove(self, *keys: str) -> None:
        with self._asked():
            for key in keys:
                self._delete(_document(key))

    def sweep(self, kept: frozenset[Digest], until: datetime, gone: frozenset[Digest] = frozenset()) -> int:
        freed = 0
        with self._asked():
            for found in self._listed("files/"):
                digest = Digest(_PREFIX + found["path"].removeprefix("files/"))
                if digest not in kept and (digest in gone or found["last_modified"] < until):
                    self._delete(found["path"])
                    freed += found["size"]
        return freed

    def _listed(self, prefix: str) -> list[Any]:
        return [found for page in obstore.list(self._store, prefix) for found in page]

    def _delete(self, path: str) -> None:
        try:
            obstore.delete(self._store, path)
        except (NotFoundError, FileNotFoundError):
            return

    @contextmanager
    def _asked(self) -> Iterator[None]:
        """What a store says about itself, in one line and without what it was asked with."""
        try:
            yield
        except AlreadyExistsError:
            return
        except (BaseError, ValueError) as error:
            raise UnreachableError(f"{self._address}: {_plain(error)}") from error


def _plain(error: Exception) -> str:
    """obstore prints the whole chain of causes; the first line says which."""
    return str(error).strip().partition("\n")[0][:200]


def _document(key: str) -> str:
    return f"documents/{key}"


def _file(digest: Digest) -> str:
    return f"files/{digest.removeprefix(_PREFIX)}"
