"""Data that moves on with its releases, on the real process target. Django is played by a script of twenty lines."""

import pytest

pytestmark = pytest.mark.network

MANAGE = """\
import os, pathlib, sqlite3, sys

files = sorted(pathlib.Path("store/migrations").glob("0*.py"))
data = sqlite3.connect(os.environ["ECLUSE_STATE"] + "/shop.db", isolation_level=None)
data.execute("CREATE TABLE IF NOT EXISTS done (name TEXT, key TEXT)")
done = {name for name, _ in data.execute("SELECT * FROM done")}
for file in files:
    if sys.argv[1] == "showmigrations":
        print("[%s]  store.%s" % ("X" if file.stem in done else " ", file.stem))
    elif file.stem not in done:
        data.execute(file.read_text().split("# ")[1].splitlines()[0])
        data.execute("INSERT INTO done VALUES (?, ?)", (file.stem, os.environ["DB_KEY"]))
        print("Applying store.%s... OK" % file.stem)
"""
MIGRATION = "# {sql}\nclass Migration(migrations.Migration):\n    operations = [migrations.{operation}]\n"
KEY = {"DB_KEY": "hunter2hunter2"}


def migrates(shop, number, sql, operation):
    shop.write(f"store/migrations/000{number}_more.py", MIGRATION.format(sql=sql, operation=operation))


@pytest.fixture
def store(shop):
    manifest = (shop.root / "ecluse.toml").read_text()
    manifest = manifest.replace('name = "shop"', 'name = "shop"\nmigrate = ["python", "manage.py", "migrate"]')
    shop.write("ecluse.toml", manifest.replace("[environments.local]", '[environments.local]\nsecrets = ["DB_KEY"]'))
    shop.write("manage.py", MANAGE)
    migrates(shop, 1, "CREATE TABLE item (name TEXT, price INT)", "CreateModel('Item', fields=[])")
    shop.sell("one")
    return shop


def migrated(shipped):
    return next(moved["detail"] for moved in shipped["timeline"] if moved["what"] == "migrate")


def test_data_moves_on_once_and_not_back(store):
    first = store.ecluse("ship", "--json", env=KEY)
    assert (first.returncode, "hunter2" in first.stdout + first.stderr) == (0, False)

    store.sell("two")
    again = store.ecluse("ship", env=KEY)
    assert "nothing to migrate" in again.stdout

    migrates(store, 2, "ALTER TABLE item DROP COLUMN price", "RemoveField('item', 'price')")
    store.sell("three")
    planned = store.ecluse("ship", "--dry-run", env=KEY).stdout
    assert "! migration store.0002_more can't be gone back from: removes item.price" in planned
    third = store.ecluse("ship", env=KEY)
    assert "store.0002_more" in third.stdout

    refused = store.ecluse("rollback", env=KEY)
    assert (refused.returncode, "[D080]" in refused.stderr) == (1, True)
    assert store.get()[0] == "shop three"
    assert store.ecluse("rollback", "--override", "nobody reads the price", env=KEY).returncode == 0
    assert store.get()[0] == "shop two"
    assert "schema overridden by" in store.ecluse("history").stdout
    (local,) = store.json("status")["environments"]
    assert (local["open"], local["lease"]) == (None, None)
