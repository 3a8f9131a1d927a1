"""The bundle of a release in a real registry (`docker-registry`, in a folder of ECLUSE_TESTS_TOOLS or on PATH)."""

import base64
import json
import os
import shutil
import subprocess
import urllib.request

import pytest

from support.ports import free_port
from support.releasing import await_answer, open_releasing, tags_on_remote

pytestmark = [pytest.mark.live, pytest.mark.network]
SETTINGS = """\
version: 0.1
log: {{level: error}}
storage: {{filesystem: {{rootdirectory: {folder}/data}}}}
http: {{addr: "127.0.0.1:{port}"}}
auth: {{htpasswd: {{realm: shop, path: {folder}/passwords}}}}
"""
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
HASHED = "$2b$04$dfdZfwhXpE/0VMvqTgSP5uKeqftWD8YcrvDv5uJ579tPGNPh7MxGW"
"""The password `open sesame`, by bcrypt at its cheapest."""
NOTHING = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
"""The digest of `{}`."""
LOGIN = "Basic " + base64.b64encode(b"ada:open sesame").decode()


@pytest.fixture
def registry(tmp_path):
    where = f"{os.environ.get('ECLUSE_TESTS_TOOLS', '')}:{os.environ['PATH']}"
    program = shutil.which("docker-registry", path=where)
    if program is None:
        pytest.skip("docker-registry is not installed (ECLUSE_TESTS_TOOLS names its folder)")
    folder, port = tmp_path / "registry", free_port()
    folder.mkdir()
    (folder / "config.yml").write_text(SETTINGS.format(folder=folder, port=port))
    (folder / "passwords").write_text(f"ada:{HASHED}\n")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, "serve", folder / "config.yml"], stdout=log, stderr=log)
    try:
        await_answer(f"http://127.0.0.1:{port}/v2/")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def shop(tmp_path, registry):
    image = f'[release.image]\naddress = "{registry}/team/shop"\nusername = "INDEX_USER"\npassword = "INDEX_PASSWORD"\n'
    return open_releasing(tmp_path, image)


def get(url, kind="*/*"):
    request = urllib.request.Request(url, headers={"Accept": kind, "Authorization": LOGIN})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read(), answer.headers


def send(method, url, data, kind):
    request = urllib.request.Request(
        url, data=data, method=method, headers={"Content-Type": kind, "Authorization": LOGIN}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.headers


def test_the_bundle_lies_there_by_its_version(shop, registry):
    done = shop.json("release")
    document, headers = get(f"{registry}/v2/team/shop/manifests/0.1.0", MANIFEST)
    assert done["image"] == f"{registry.removeprefix('http://')}/team/shop@{headers['Docker-Content-Digest']}"
    manifest = json.loads(document)
    titles = {layer["annotations"]["org.opencontainers.image.title"]: layer for layer in manifest["layers"]}
    assert {"bundle.json", "source.tar", "shop-0.1.0.cdx.json"} <= set(titles)
    assert titles["bundle.json"]["digest"] == done["digest"]
    bundle = json.loads(get(f"{registry}/v2/team/shop/blobs/{done['digest']}")[0])
    assert {file["path"] for file in bundle["files"]} >= {"pyproject.toml", "ecluse.toml"}


def test_a_second_time_nothing_is_sent_and_another_is_never_overwritten(shop, registry):
    shop.json("release")
    before = get(f"{registry}/v2/team/shop/manifests/0.1.0", MANIFEST)[0]
    assert shop.json("release")["outcome"] == "unchanged"
    other = before.replace(b'"schemaVersion":2', b'"schemaVersion": 2')
    send("PUT", f"{registry}/v2/team/shop/manifests/0.1.0", other, MANIFEST)
    done = shop.ecluse("release", "--json")
    assert (done.returncode, json.loads(done.stdout)["problems"][0]["code"]) == (6, "R029")
    assert get(f"{registry}/v2/team/shop/manifests/0.1.0", MANIFEST)[0] == other


OCI, DOCKER = "application/vnd.oci.image", "application/vnd.docker"


@pytest.mark.parametrize(
    ("kind", "document"),
    [
        (f"{OCI}.index.v1+json", {"mediaType": f"{OCI}.index.v1+json", "manifests": []}),
        (f"{DOCKER}.distribution.manifest.list.v2+json",
         {"mediaType": f"{DOCKER}.distribution.manifest.list.v2+json", "manifests": []}),
        (f"{DOCKER}.distribution.manifest.v2+json",
         {"mediaType": f"{DOCKER}.distribution.manifest.v2+json", "layers": [],
          "config": {"mediaType": f"{DOCKER}.container.image.v1+json", "size": 2, "digest": NOTHING}}),
    ],
)  # fmt: skip
def test_an_image_of_another_kind_is_seen_before_anything_is_tagged(shop, registry, kind, document):
    """A registry says of a kind that wasn't asked for that there is nothing."""
    begun = send("POST", f"{registry}/v2/team/shop/blobs/uploads/", b"", "application/octet-stream")["Location"]
    send("PUT", f"{begun}&digest={NOTHING}", b"{}", "application/octet-stream")
    address, said = f"{registry}/v2/team/shop/manifests/0.1.0", json.dumps({"schemaVersion": 2, **document}).encode()
    send("PUT", address, said, kind)
    done = shop.ecluse("release", "--json")
    assert (done.returncode, json.loads(done.stdout)["problems"][0]["code"]) == (6, "R029")
    assert get(address, kind)[0] == said
    assert tags_on_remote(shop) == []


@pytest.mark.parametrize("point", ["image.before", "image.after"])
def test_killed_while_it_is_sent_it_goes_on(shop, registry, tmp_path, point):
    witness = tmp_path / "reached"
    killed = shop.ecluse("release", env={"ECLUSE_RELEASE_FAULT": f"{point}:{witness}"})
    assert (killed.returncode, witness.read_text()) == (-9, point)
    assert shop.json("release")["image"]
