"""The step cache in a real S3 server (SeaweedFS: `weed` on PATH, or named by ECLUSE_SEAWEEDFS)."""

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from ecluse.ports.cache import UnreachableError
from ecluse.testing.artifacts import ArtifactStoreContract
from ecluse.testing.cache import KEY, StepCacheContract
from support import repositories
from support.ports import free_port

pytestmark = pytest.mark.live
obstore = pytest.importorskip("obstore", reason="the extra `store` isn't installed")
WEED = os.environ.get("ECLUSE_SEAWEEDFS") or shutil.which("weed")
BUCKET = "results"
SERVICES = ("master", "volume", "filer", "s3")
QUIET = ("-master.telemetry=false", "-s3.port.iceberg=0", "-s3.port.lance=0", "-s3.iam=false")
"""It would tell its makers of itself, and listen on ports that it always has."""
NO_KEYS = {"region": "us-east-1", "skip_signature": True, "allow_http": True, "virtual_hosted_style_request": False}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The address of an empty server with one bucket."""
    if not WEED:
        pytest.skip("no S3 server: install SeaweedFS, or name its program in ECLUSE_SEAWEEDFS")
    folder = tmp_path_factory.mktemp("weed")
    ports = {name: (free_port(), free_port()) for name in SERVICES}
    options = [f"-{name}.port={plain}" for name, (plain, _) in ports.items()]
    options += [f"-{name}.port.grpc={grpc}" for name, (_, grpc) in ports.items()]
    argv = [WEED, "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer", "-s3", "-volume.max=8"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([*argv, *options, *QUIET], stdout=log, stderr=log)
    address = f"http://127.0.0.1:{ports['s3'][0]}"
    try:
        make_bucket(address)
        yield address
    finally:
        process.kill()
        process.wait()


def make_bucket(address):
    until = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(urllib.request.Request(f"{address}/{BUCKET}", method="PUT"), timeout=5).read()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return


class TestObjectArtifacts(ArtifactStoreContract):
    @pytest.fixture
    def store(self, server, tmp_path):
        from ecluse.providers.objects.artifacts import ObjectArtifacts

        return ObjectArtifacts(f"s3://{BUCKET}/{tmp_path.name}", endpoint=server, **NO_KEYS)


class TestObjectCache(StepCacheContract):
    @pytest.fixture
    def cache(self, server, tmp_path):
        from ecluse.providers.objects.cache import ObjectCache

        return ObjectCache(f"s3://{BUCKET}/{tmp_path.name}", endpoint=server, **NO_KEYS)


def test_a_store_that_isn_t_there_is_told_in_one_line():
    from ecluse.providers.objects.cache import ObjectCache

    away = ObjectCache(f"s3://{BUCKET}", endpoint=f"http://127.0.0.1:{free_port()}", **NO_KEYS)
    with pytest.raises(UnreachableError, match=r"^s3://results: [^\n]*$"):
        away.get(KEY)


@pytest.mark.parametrize("address", ["nothing://there", "s3://"])
def test_an_address_of_no_store_is_told(address):
    from ecluse.providers.objects.cache import ObjectCache

    with pytest.raises(UnreachableError):
        ObjectCache(address)


MANIFEST = """
[app]
name = "demo"

[processes.worker]
command = ["sleep", "600"]

[steps.makes]
command = "date +%N > made"
inputs = []
outputs = ["made"]

[steps.reads]
command = "cat made"
inputs = []
needs = ["makes"]

[cache]
shared = "s3://results/typed"
"""


def ran(root, address):
    """As somebody types it: the store is named by the variables that its own tools read."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    keys = {"AWS_ENDPOINT_URL": address, "AWS_REGION": "us-east-1", "AWS_SKIP_SIGNATURE": "true"}
    done = subprocess.run(
        [sys.executable, "-m", "ecluse", "run", "reads", "--json", "-C", str(root)],
        env={**own, **keys, "ECLUSE_HOME": str(root / "home")}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return {step["name"]: step for step in json.loads(done.stdout)["steps"]}


def test_two_machines_share_by_a_store_of_their_own_network(server, tmp_path):
    files = {"ecluse.toml": MANIFEST, ".gitignore": "home/\n"}
    one, other = (repositories.repository(tmp_path / name, files)[1] for name in ("one", "other"))
    first = ran(one, server)
    assert set(first) == {"makes", "reads"}, "the store is asked, not told to be away"
    assert not any(step["cached"] for step in first.values())
    assert all(step["cached"] for step in ran(other, server).values())
