"""`ecluse build` and `ecluse release`: what they print, and a release planned in a real repository."""

import json

import pytest
from click.testing import CliRunner

from ecluse.cli import build, release
from ecluse.loop.release.publish import Published
from ecluse.model.artifact import Bundle, Wheel, Wheelhouse
from ecluse.model.intent import Intent, Kind, ReleaseFile
from ecluse.model.publishing import IndexPlace, ReleasePolicy
from support.repositories import commit, git, repository

pytestmark = pytest.mark.once  # slow, and not about Python

MANIFEST = '[app]\nname = "shop"\n[processes.web]\napp = "app:app"\ninterface = "wsgi"\n[environments.local]\n'
DIGEST = "sha256:" + "a" * 64


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("ECLUSE_HOME", str(tmp_path / "home"))
    return repository(tmp_path / "shop", {"ecluse.toml": MANIFEST, "app.py": ""})[1]


def planned(root, *arguments):
    done = CliRunner().invoke(release.command, ["-C", str(root), "--dry-run", *arguments])
    assert done.exit_code == 0, done.output
    return done


def test_a_planned_release_is_one_document(root):
    git(root, "tag", "v1.2.0")
    last = commit(root, "feat: a window")
    document = json.loads(planned(root, "--json").stdout)
    assert document == {
        "outcome": "planned",
        "version": "1.3.0",
        "previous": "1.2.0",
        "tag": "v1.3.0",
        "commit": last,
        "release": None,
        "digest": None,
        "notes": f"## 1.3.0\n\n### Added\n\n- a window ({last[:7]})\n",
        "begun": False,
        "files": {},
    }


def test_a_planned_release_is_told_and_nothing_is_tagged(root):
    assert "would release 0.1.0 as v0.1.0" in planned(root).output
    assert git(root, "tag", "--list") == ""


def test_a_release_that_is_out_is_not_planned_as_one_that_was_left(root):
    assert CliRunner().invoke(release.command, ["-C", str(root)]).exit_code == 0
    assert planned(root).output.startswith("released before: 0.1.0 as v0.1.0 (")


def test_an_unknown_commit_is_a_problem(root):
    done = CliRunner().invoke(release.command, ["-C", str(root), "--commit", "nowhere"])
    assert done.exit_code == 2


@pytest.fixture
def intent():
    files = (
        ReleaseFile(name="shop-1.3.0.tar.gz", digest=DIGEST, size=9, kind=Kind.SDIST),
        ReleaseFile(name="shop-1.3.0.cdx.json", digest=DIGEST, size=9, kind=Kind.SBOM),
    )
    return Intent(
        app="shop", version="1.3.0", tag="v1.3.0", commit="c" * 40, bundle=DIGEST, config=DIGEST, notes="## 1.3.0\n",
        message="## 1.3.0\n", files=files,
    )  # fmt: skip


def test_a_release_that_was_made_names_what_to_type_next(intent):
    done = Published(intent=intent, is_new=True, is_changed=True, remote="origin", sent=("shop-1.3.0.tar.gz",))
    told = release.done(done, runs=True)
    assert told.startswith("released 1.3.0 as v1.3.0 (cccccccccccc)\n  tag         origin\n")
    assert "sdist       shop-1.3.0.tar.gz  sha256:aaaaaaaaaaaa  sent\n" in told
    assert told.endswith("next: ecluse deploy --release 1.3.0")
    assert "next:" not in release.done(done, runs=False)
    document = release.document(release.as_planned(done), done, intent)
    assert (document["outcome"], document["begun"], document["sent"]) == ("released", False, ["shop-1.3.0.tar.gz"])


def test_a_release_that_was_out_already_is_unchanged(intent):
    done = Published(intent=intent, is_new=False, is_changed=False)
    assert release.done(done, runs=True).startswith("released before, all of it is out: 1.3.0")
    assert release.document(release.as_planned(done), done, intent)["outcome"] == "unchanged"


def test_a_release_that_was_begun_is_planned_as_such(intent):
    policy = ReleasePolicy(
        store="s3://releases", index=IndexPlace(simple="https://index.example.org/simple/", upload="")
    )
    done = Published(intent=intent, is_new=False, is_changed=False)
    told = release.would(release.as_planned(done), intent, policy)
    assert told.startswith(
        "would go on with 1.3.0 as v1.3.0 (cccccccccccc), begun before\n  bytes       s3://releases\n"
    )
    assert "  tag         origin\n  index       https://index.example.org/simple/\n" in told


@pytest.fixture
def bundle():
    wheels = (Wheel(name="a.whl", digest=DIGEST), Wheel(name="b.whl", digest=DIGEST, built=True))
    house = Wheelhouse(
        python="3.12", machine="x86_64", libc="glibc", digest=DIGEST, app=wheels, server=wheels[:1], pip=wheels[0]
    )
    return Bundle(digest=DIGEST, commit="c" * 40, dirty=True, files=(), wheelhouses=(house,))


def test_a_bundle_is_told_with_what_was_built_here(bundle):
    document = build.document(bundle, 1.5, known=False)
    assert (document["outcome"], document["wheelhouses"][0]["built_here"]) == ("built", ["b.whl"])
    assert build.document(bundle, 0.1, known=True)["outcome"] == "unchanged"
    assert "3 wheels for Python 3.12" in build.told(bundle, 1.5, known=False)
    assert "is there already" in build.told(bundle, 0.1, known=True)


def test_a_planned_build_says_whether_there_is_anything_to_build(root):
    last = git(root, "rev-parse", "HEAD").strip()
    done = CliRunner().invoke(build.command, ["-C", str(root), "--dry-run"])
    assert done.stdout == f"would build {last[:12]}\n"
    (root / "app.py").write_text("changed\n")
    document = json.loads(CliRunner().invoke(build.command, ["-C", str(root), "--dry-run", "--dirty", "--json"]).stdout)
    assert document == {"outcome": "planned", "commit": last, "dirty": True, "digest": None}
