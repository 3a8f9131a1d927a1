import json

from ecluse.model.artifact import Bundle, SourceFile, Wheel, Wheelhouse, bundle_from_json, canonical, digest_of
from ecluse.model.ids import Commit, Digest

HOUSE = Wheelhouse(
    python="3.12",
    machine="x86_64",
    libc="glibc-2.36",
    digest=Digest("sha256:" + "1" * 64),
    app=(Wheel(name="a-1-py3-none-any.whl", digest=Digest("sha256:" + "2" * 64), built=True),),
    server=(),
    pip=Wheel(name="pip-25.0-py3-none-any.whl", digest=Digest("sha256:" + "3" * 64)),
)
BUNDLE = Bundle(
    digest=Digest("sha256:" + "0" * 64),
    commit=Commit("c" * 40),
    dirty=False,
    files=(SourceFile(path="écluse.py", mode="file", digest=Digest("sha256:" + "4" * 64)),),
    wheelhouses=(HOUSE,),
)


def test_a_bundle_survives_json():
    assert bundle_from_json(json.loads(json.dumps(BUNDLE.to_json()))) == BUNDLE


def test_the_digest_leaves_itself_out():
    document = BUNDLE.to_json()
    assert digest_of(document) == digest_of({**document, "digest": "another"})


def test_the_digest_depends_on_what_is_named():
    document = BUNDLE.to_json()
    assert digest_of(document) != digest_of({**document, "dirty": True})


def test_canonical_bytes_ignore_the_order_of_keys():
    assert canonical({"b": 1, "a": "é"}) == canonical({"a": "é", "b": 1}) == '{"a":"é","b":1}'.encode()
