"""An app with all that matters to a CI in it, and the programs that judge files for one."""

import os
import shutil

import pytest

from ecluse.manifest.read import read

MANIFEST = """
[app]
name = "shop"

[processes.worker]
command = "work"

[steps.lint]
command = "ruff check"

[steps.build]
command = "make dist"
outputs = ["dist/"]
secrets = ["TOKEN"]

[steps.scan]
command = "scan"
outputs = ["out/scan.sarif"]

[steps.test]
command = "pytest --junitxml=report.xml"
needs = ["build", "lint"]
junit = "report.xml"
group = "test"
timeout = "20m"
retries = 1

[steps.2nd]
command = "true"
needs = ["test"]
gate = false
cache = false

[steps.image]
command = "true"

[steps.wheels]
command = "make wheels"
outputs = ["wheels/{cell}"]
paths = ["native/**"]
gate = false

[steps.wheels.matrix]
python = ["3.11", "3.12"]
env.LIBC = ["glibc", "musl"]
exclude = [{ python = "3.11", LIBC = "musl" }]
include = [{ python = "3.9", LIBC = "glibc" }]

[steps.index]
command = "ls wheels"
needs = ["wheels"]
gate = false

[ci]
branches = ["main", "stable"]
ship = ["staging", "production"]

[environments.staging]
port = 8001

[environments.production]
url = "https://shop.example.com"
secrets = ["SECRET_KEY"]
policy.approvals = 1
"""

REVIEWS = (
    MANIFEST.replace("[ci]", '[ci]\nreview = "review"')
    + """
[environments.review]
hosts = ["deploy@review1"]
port = 9000
instances = 20
url = "https://{instance}.review.example.com"
secrets = ["REVIEW_KEY"]
"""
)
TICKETS = """
[tickets]
tracker = "github"
project = "acme/shop"
"""
PUBLISHED = """
[release]
store = "s3://releases"
sign_with = "RELEASE_KEY"

[release.index]
simple = "https://index.example.com/simple/"
upload = "https://index.example.com/"

[release.forge]
kind = "github"
token = "GITHUB_TOKEN"
"""


def app_of(folder, text):
    file = folder / "ecluse.toml"
    file.write_text(text)
    return read(file, {})


def tool(name):
    """Where the program is: ECLUSE_CI_TOOLS names folders as PATH does; else PATH."""
    folder = os.environ.get("ECLUSE_CI_TOOLS", "")
    found = shutil.which(name, path=folder or None)
    if not found:
        pytest.skip(f"{name} is not here: put it on PATH, or name its folder in ECLUSE_CI_TOOLS")
    return found
