"""Dead Simple Signing Envelopes (DSSE 1.0). Pure but for whoever signs."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Sequence

from ecluse.ports.signing import Signer, Verifier

IN_TOTO = "application/vnd.in-toto+json"


class NotSignedError(Exception):
    """Why an envelope isn't believed, for people."""


def authenticated(kind: str, payload: bytes) -> bytes:
    """What is signed (PAE): neither the type nor the payload can be taken for part of the other."""
    return b"DSSEv1 %d %s %d %s" % (len(kind.encode()), kind.encode(), len(payload), payload)


def sealed(payload: bytes, signer: Signer, kind: str = IN_TOTO) -> bytes:
    signature = signer.sign(authenticated(kind, payload))
    envelope = {
        "payloadType": kind,
        "payload": b64encode(payload).decode(),
        "signatures": [{"keyid": signer.key, "sig": b64encode(signature).decode()}],
    }
    return json.dumps(envelope).encode() + b"\n"


def opened(envelope: bytes, verifiers: Sequence[Verifier], kind: str = IN_TOTO) -> bytes:
    """The payload, if one of `verifiers` agrees with a signature. A key's name is a hint, so it decides nothing.
    NotSignedError says why not."""
    try:
        document = json.loads(envelope)
        said, payload = str(document["payloadType"]), b64decode(document["payload"], validate=True)
        signatures = [(str(one.get("keyid", "")), b64decode(one["sig"], validate=True))
                      for one in document["signatures"]]  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise NotSignedError("the attestation can't be read") from error
    if said != kind:
        raise NotSignedError(f"the attestation is about something else ({said})")
    signed = authenticated(said, payload)
    if any(verifier.agrees(signature, signed) for verifier in verifiers for _, signature in signatures):
        return payload
    known = {verifier.key for verifier in verifiers}
    others = [name[:16] for name, _ in signatures if name not in known]
    if others or not signatures:
        raise NotSignedError(f"it is signed by another key ({', '.join(others) or 'none'})")
    raise NotSignedError("the signature doesn't fit what it is about: one of them was changed")
