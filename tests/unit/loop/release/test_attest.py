"""What is signed of a release, and that nothing else is believed."""

import asyncio
import base64
import json
from dataclasses import replace

import pytest

from ecluse.loop.release.attest.attest import attest, statement_of
from ecluse.loop.release.attest.dsse import NotSignedError, authenticated, opened, sealed
from ecluse.loop.release.attest.provenance import BUILD, LOCAL, builder_of
from ecluse.loop.release.attest.verify import require_signed
from ecluse.loop.release.names import attestation_name
from ecluse.loop.release.store import Shelf
from ecluse.model.app import Environment
from ecluse.model.artifact import canonical
from ecluse.model.problem import ProblemError
from ecluse.providers.ed25519.keys import Ed25519Signer, Ed25519Verifier
from support.repositories import git
from support.signing import pair

pytestmark = pytest.mark.once  # slow, and not about Python

PRIVATE, PUBLIC = pair()
OTHER_PRIVATE, OTHER_PUBLIC = pair(is_openssh=False)


def test_what_is_signed_is_framed_as_the_specification_says():
    assert authenticated("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


class TestEnvelope:
    @pytest.fixture
    def envelope(self):
        return sealed(b'{"a": 1}', Ed25519Signer(PRIVATE))

    def test_one_of_the_keys_is_enough(self, envelope):
        verifiers = [Ed25519Verifier(OTHER_PUBLIC), Ed25519Verifier(PUBLIC)]
        assert opened(envelope, verifiers) == b'{"a": 1}'

    def test_another_key_is_said(self, envelope):
        with pytest.raises(NotSignedError, match="another key"):
            opened(envelope, [Ed25519Verifier(OTHER_PUBLIC)])

    @pytest.mark.parametrize("part", ["payload", "payloadType", "sig"])
    def test_one_changed_bit_anywhere_is_seen(self, envelope, part):
        """`keyid` is a hint outside of what is signed, so it has no say either way."""
        whole = json.loads(envelope)
        place = whole["signatures"][0] if part == "sig" else whole
        raw = place[part].encode() if part == "payloadType" else base64.b64decode(place[part])
        for at in range(len(raw)):
            changed = bytes([*raw[:at], raw[at] ^ 1, *raw[at + 1 :]])
            place[part] = changed.decode() if part == "payloadType" else base64.b64encode(changed).decode()
            with pytest.raises(NotSignedError):
                opened(json.dumps(whole).encode(), [Ed25519Verifier(PUBLIC)])

    def test_the_name_of_the_key_decides_nothing(self, envelope):
        whole = json.loads(envelope)
        whole["signatures"][0]["keyid"] = "made up"
        assert opened(json.dumps(whole).encode(), [Ed25519Verifier(PUBLIC)]) == b'{"a": 1}'
        with pytest.raises(NotSignedError):
            opened(json.dumps(whole).encode(), [Ed25519Verifier(OTHER_PUBLIC)])

    @pytest.mark.parametrize(
        "text", [b"", b"[]", b"{}", b'{"payload": "*", "payloadType": "x", "signatures": []}', b"\xff", b"null"]
    )
    def test_what_is_none_is_refused(self, text):
        with pytest.raises(NotSignedError):
            opened(text, [Ed25519Verifier(PUBLIC)])

    def test_without_a_signature_there_is_nothing_to_believe(self, envelope):
        whole = {**json.loads(envelope), "signatures": []}
        with pytest.raises(NotSignedError):
            opened(json.dumps(whole).encode(), [Ed25519Verifier(PUBLIC)])


class TestKeys:
    def test_both_forms_of_a_private_key_are_read(self):
        for private, public in (pair(), pair(is_openssh=False)):
            signer, verifier = Ed25519Signer(private), Ed25519Verifier(public)
            assert signer.key == verifier.key
            assert verifier.agrees(signer.sign(b"x"), b"x")
            assert not verifier.agrees(signer.sign(b"x"), b"y")

    @pytest.mark.parametrize("text", ["", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n", "secret"])
    def test_what_is_no_key_is_a_value_error_that_does_not_quote_it(self, text):
        with pytest.raises(ValueError) as caught:
            Ed25519Signer(text)
        assert "secret" not in str(caught.value)

    def test_a_key_of_another_kind_is_refused(self):
        with pytest.raises(ValueError):
            Ed25519Verifier("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAQQC7 x")


@pytest.fixture
def signing(machine):
    machine.env = {"RELEASE_KEY": PRIVATE}
    machine.__post_init__()
    return machine


@pytest.fixture
def app(signing):
    return signing.app(sign_with="RELEASE_KEY")


@pytest.fixture
def released(signing, app):
    """The intent of a signed release, its bundle, and what asks for it."""
    done = signing.release(app)
    from ecluse.loop.build.remembered import kept_bundle

    bundle = kept_bundle(done.intent.bundle, signing.world.store)

    def ask(*keys, release=done.intent.release, bundle=bundle, app=app):
        place = Environment(name="production", signed_by=keys)
        return asyncio.run(require_signed(app, place, release, bundle, signing.world))

    ask.intent, ask.bundle = done.intent, bundle
    return ask


def refused(ask, *arguments, **options):
    with pytest.raises(ProblemError) as caught:
        ask(*arguments, **options)
    (problem,) = caught.value.problems
    assert problem.code == "R042"
    return " ".join(problem.evidence)


class TestBeforeADeploy:
    def test_what_the_right_key_signed_may_go(self, released):
        assert released(OTHER_PUBLIC, PUBLIC) == Ed25519Verifier(PUBLIC).key

    def test_where_nobody_asks_nothing_is_asked(self, released):
        assert released(release=replace(released.intent.release, version="9.9.9")) == ""

    def test_what_another_key_signed_may_not(self, released):
        assert "another key" in refused(released, OTHER_PUBLIC)

    def test_what_nobody_signed_may_not(self, released):
        assert "no attestation" in refused(released, PUBLIC, release=replace(released.intent.release, version="9.9.9"))

    @pytest.mark.parametrize(
        ("part", "value"),
        [
            ("version", "9.9.9"),
            ("commit", "f" * 40),
            ("bundle", "sha256:" + "f" * 64),
            ("config", "sha256:" + "e" * 64),
        ],
    )
    def test_the_attestation_of_one_release_is_none_of_another(self, released, signing, app, part, value):
        """Put where that of the other one is looked for."""
        other = replace(released.intent.release, **{part: value})
        shelf = Shelf.of(app.release, signing.world)
        envelope = asyncio.run(shelf.read(attestation_name(released.intent.release.id)))
        asyncio.run(shelf.put(attestation_name(other.id), envelope))
        why = refused(released, PUBLIC, release=other)
        assert ("the bundle isn't the one" if part == "bundle" else "it was signed for") in why

    def test_a_manifest_that_was_changed_is_seen(self, released, signing):
        """It says what is run: another command would go out under the signature."""
        path = signing.world.store.path(released.intent.config)
        path.chmod(0o644)
        path.write_bytes(path.read_bytes().replace(b'"shop"', b'"shed"'))
        assert "the manifest isn't the one" in refused(released, PUBLIC)

    def test_an_envelope_without_end_is_none(self, released, signing, app):
        shelf, name = Shelf.of(app.release, signing.world), attestation_name(released.intent.release.id)
        asyncio.run(shelf.put(name, b"[" * 100_000))
        assert "can't be read" in refused(released, PUBLIC)

    def test_a_store_that_is_away_lets_nothing_in(self, released, app, tmp_path):
        away = replace(app, release=replace(app.release, store=str(tmp_path / "away")))
        with pytest.raises(ProblemError) as caught:
            released(PUBLIC, app=away)
        (problem,) = caught.value.problems
        assert (problem.code, problem.state.partition(";")[0]) == ("R018", "nothing moved")

    def test_a_bundle_that_was_changed_is_seen(self, released):
        changed = replace(released.bundle, files=released.bundle.files[:-1])
        assert "isn't the one" in refused(released, PUBLIC, bundle=changed)

    @pytest.mark.parametrize(
        "change",
        [
            lambda said: said | {"_type": "https://example.org/other"},
            lambda said: said | {"predicateType": "https://example.org/other"},
            lambda said: said | {"subject": []},
            lambda said: said | {"predicate": {}},
            lambda said: [],
        ],
    )
    def test_what_the_right_key_signed_of_something_else_is_refused(self, released, signing, app, change):
        shelf, name = Shelf.of(app.release, signing.world), attestation_name(released.intent.release.id)
        said = json.loads(opened(asyncio.run(shelf.read(name)), [Ed25519Verifier(PUBLIC)]))
        asyncio.run(shelf.put(name, sealed(canonical({"x": 1}) if change(said) == [] else canonical(change(said)),
                                           Ed25519Signer(PRIVATE))))  # fmt: skip
        refused(released, PUBLIC)

    def test_its_files_are_signed_too(self, released, signing, app):
        shelf = Shelf.of(app.release, signing.world)
        envelope = asyncio.run(shelf.read(attestation_name(released.intent.release.id)))
        said = json.loads(opened(envelope, [Ed25519Verifier(PUBLIC)]))
        signed = {one["name"]: f"sha256:{one['digest']['sha256']}" for one in said["subject"]}
        files = {file.name: file.digest for file in released.intent.files if file.kind != "attestation"}
        assert files.items() <= signed.items()
        assert said["predicate"]["buildDefinition"]["buildType"] == BUILD
        assert said["predicate"]["buildDefinition"]["resolvedDependencies"][0]["digest"] == {
            "gitCommit": released.intent.commit
        }


def test_a_release_that_a_ship_makes_is_signed_once(signing, app, released):
    from ecluse.loop.build.remembered import kept_bundle

    shipped = replace(released.intent.release, version="0.1.1", tag="v0.1.1")
    bundle = kept_bundle(released.intent.bundle, signing.world.store)
    for _ in range(2):
        asyncio.run(attest(app, shipped, bundle, signing.world))
    assert released(PUBLIC, release=shipped)


@pytest.mark.parametrize("user", ["ada:sesame", "x:open@sesame", "sesame"])
def test_whose_address_the_source_is_is_not_told(signing, app, released, user):
    git(signing.root, "remote", "set-url", "origin", f"https://{user}@forge.example.org/shop.git")
    world = signing.world
    said = asyncio.run(statement_of(app, released.intent.release, released.bundle, (), world.clock.now(), world))
    (source, *_) = said["predicate"]["buildDefinition"]["resolvedDependencies"]
    assert source["uri"] == "git+https://forge.example.org/shop.git"


def test_a_ci_s_job_is_the_builder_by_its_own_name():
    job = {"GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": "https://forge.example.org",
           "GITHUB_WORKFLOW_REF": "team/shop/.github/workflows/ecluse.yml@refs/heads/main"}  # fmt: skip
    assert builder_of(job) == "https://forge.example.org/team/shop/.github/workflows/ecluse.yml@refs/heads/main"
    assert builder_of({"CI_JOB_URL": "https://forge.example.org/team/shop/-/jobs/1"}).endswith("/jobs/1")
    assert builder_of({}) == LOCAL


def test_nothing_is_signed_without_a_key(machine):
    done = machine.release()
    assert "attestation" not in {file.kind for file in done.intent.files}
