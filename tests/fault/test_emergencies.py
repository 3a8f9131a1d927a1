"""The disk is full or the memory is lost: looking, going back and stopping still work, and say what is wrong."""

import contextlib
import json
import os
import sqlite3
import subprocess

import pytest

from support.older_ledger import make_older
from support.shop import Customers

pytestmark = [pytest.mark.fault, pytest.mark.network]


@pytest.fixture
def small_home(shop, tmp_path):
    """The shop keeps everything on a file system of 200 MiB of its own."""
    home = tmp_path / "small"
    home.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=200m", "tmpfs", str(home)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("a file system can't be mounted here")
    shop.env["ECLUSE_HOME"] = str(home)
    yield home
    shop.ecluse("stop")
    subprocess.run(["umount", "--lazy", str(home)], check=True)


def fill(folder):
    with contextlib.suppress(OSError), (folder / "filling").open("wb", buffering=0) as filling:
        while True:
            filling.write(bytes(1024 * 1024))
    with contextlib.suppress(OSError), (folder / "filling").open("ab", buffering=0) as filling:
        while True:
            filling.write(bytes(512))
    assert os.statvfs(folder).f_bavail == 0


@pytest.mark.parametrize("schema", [5, None], ids=["ledger of an earlier version", "ledger of ours"])
def test_on_a_full_disk_one_can_look_go_back_and_stop(shop, small_home, schema):
    first = shop.json("ship")
    shop.sell("two")
    shop.json("ship")
    if schema:
        make_older(small_home / "ledger.db", schema)
    with Customers(shop.url, connections=4) as customers:
        fill(small_home)
        assert len(shop.json("history")["deployments"]) == 2
        (local,) = shop.json("status")["environments"]
        assert (local["health"], local["phase"]) == ("healthy", "serving")
        assert shop.json("rollback")["outcome"] == "rolled_back"
        assert shop.get() == ("shop one", first["version"])
    customers.lost_nothing()
    assert shop.json("stop")["outcome"] == "stopped"
    (small_home / "filling").unlink()
    assert shop.json("ship")["outcome"] == "shipped"


@pytest.mark.parametrize("damage", ["all of it", "a part"])
def test_with_a_damaged_ledger_one_can_look_and_stop(serving, damage):
    ledger = serving.root / ".ecluse" / "ledger.db"
    data = ledger.read_bytes()
    ledger.write_bytes(b"\x00garbage" * 4000 if damage == "all of it" else data[:4096] + b"\xff" * (len(data) - 4096))
    seen = serving.ecluse("status")
    assert seen.returncode == 0, seen.stderr
    assert "healthy" in seen.stdout
    assert "going on without it, nothing is recorded" in seen.stderr
    refused = serving.ecluse("ship")
    assert (refused.returncode, "L001" in refused.stderr) == (2, True)
    assert serving.get()[0] == "shop one"
    assert serving.ecluse("stop").returncode == 0
    with pytest.raises(OSError, match="refused"):
        serving.get()


def test_with_a_ledger_that_can_not_be_written_one_can_go_back_and_the_next_look_records_it(serving):
    one = serving.get()
    serving.sell("two")
    two = serving.json("ship")["version"]
    ledger = sqlite3.connect(serving.root / ".ecluse" / "ledger.db", isolation_level=None)
    with contextlib.closing(ledger):
        ledger.execute("UPDATE head SET number = number + 1")
        with Customers(serving.url, connections=4) as customers:
            back = serving.ecluse("rollback")
        assert (back.returncode, "L008" in back.stderr) == (0, True), back.stderr
        customers.lost_nothing()
        assert serving.get() == one
        assert "L008" in serving.ecluse("ship").stderr
        ledger.execute("UPDATE head SET number = number - 1")
    serving.json("status")
    assert json.loads(serving.ecluse("events", "--json").stdout.splitlines()[-1])["kind"] == "DifferenceSeen"
    assert serving.json("rollback", "--dry-run")["version"] == two


def test_with_a_lost_ledger_what_the_host_keeps_is_not_said_to_be_gone(serving):
    serving.sell("two")
    serving.json("ship")
    (serving.root / ".ecluse" / "ledger.db").unlink()
    refused = serving.ecluse("rollback")
    assert (refused.returncode, "D038" in refused.stderr) == (1, True), refused.stderr
    assert serving.ecluse("logs").stderr.startswith(f"lines of {serving.get()[1]}, which serves")
    assert serving.get()[0] == "shop two"


def test_after_git_clean_what_serves_is_still_known_and_can_be_shipped_and_stopped(serving):
    # Else git would look at what the keeper makes anew, and goes away while it looks.
    serving.write(".gitignore", ".ecluse/\n")
    serving.commit("chore: ignore what is kept here")
    serving.git("clean", "-fdxq")
    with Customers(serving.url, connections=4) as customers:
        serving.sell("two")
        assert serving.json("ship")["outcome"] == "shipped"
    customers.lost_nothing()
    assert serving.get()[0] == "shop two"
    assert serving.json("stop")["outcome"] == "stopped"


DAMAGES = {"no TOML": "[app", "unknown key": "[app]\nname = 'shop'\nnmae = 1\n", "gone": ""}


@pytest.mark.parametrize("damage", DAMAGES)
def test_with_a_manifest_that_can_not_be_read_one_can_look_go_back_and_stop(serving, damage):
    one = serving.get()
    serving.sell("two")
    two = serving.json("ship")["version"]
    manifest = serving.root / "ecluse.toml"
    manifest.unlink()
    if DAMAGES[damage]:
        manifest.write_text(DAMAGES[damage])
    done = serving.ecluse("status", "--json")
    assert (done.returncode, two in done.stdout) == (0, True), done.stderr
    assert f"going by the manifest of {two}" in done.stderr
    assert serving.ecluse("logs").returncode == 0
    assert serving.json("rollback")["outcome"] == "rolled_back"
    assert serving.get() == one
    assert serving.json("stop")["outcome"] == "stopped"
    assert serving.ecluse("ship").returncode == 2
