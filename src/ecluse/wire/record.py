"""Records that are kept on a disk: a line with the SHA-256 of the rest, then JSON. What was cut or changed shows."""

import hashlib
import json
from typing import Any, Dict


class BrokenRecordError(ValueError):
    """The bytes are no record: empty, cut, changed, or of another format."""


def seal(content: Dict[str, Any]) -> bytes:
    body = json.dumps(content, sort_keys=True, indent=1, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return hashlib.sha256(body).hexdigest().encode() + b"\n" + body + b"\n"


def unseal(data: bytes) -> Dict[str, Any]:
    """The content that `seal` wrote; BrokenRecordError for anything else."""
    checksum, _, rest = data.partition(b"\n")
    body = rest[:-1]
    if not data:
        raise BrokenRecordError("it is empty")
    if hashlib.sha256(body).hexdigest().encode() != checksum or rest[-1:] != b"\n":
        raise BrokenRecordError("its checksum doesn't match")
    content = json.loads(body.decode("utf-8", "surrogatepass"))
    if not isinstance(content, dict):
        raise BrokenRecordError("it is no object")
    return content
