"""Where no mount namespace may be made, as in many containers and for users of Ubuntu 24.04: it is said."""

import json
import os
import subprocess
import sys

import pytest

from support import repositories

pytestmark = pytest.mark.live

REFUSED = "echo 0 > /proc/sys/user/max_mnt_namespaces && echo 0 > /proc/sys/user/max_user_namespaces"
APP = 'def app(environ, start):\n    start("200 OK", [])\n    return [b"fine"]\n'


@pytest.fixture
def there():
    """What starts a command there: in a user namespace of its own, whose limits bind nobody else."""
    prefix = ("unshare", "--user", "--map-root-user", "--mount", "/bin/sh", "-c", f'{REFUSED} && exec "$@"', "sh")
    tried = subprocess.run([*prefix, "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"this system lets nobody make a user namespace: {tried.stderr}")
    return prefix


def said(there, *arguments):
    command = [*there, sys.executable, "-m", "ecluse", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=dict(os.environ), check=False)


def test_doctor_warns_that_steps_see_all_that_we_may(there, tmp_path):
    _, shop = repositories.repository(tmp_path / "shop", {"app.py": APP})
    found = json.loads(said(there, "doctor", "-C", str(shop), "--json").stdout)["findings"]
    (steps,) = (one for one in found if one["name"] == "steps")
    assert steps["grade"] == "warn"
    assert "all that you may" in steps["detail"]
    assert steps["fix"]


def test_init_says_that_what_it_tries_may_write_anywhere(there, tmp_path):
    _, shop = repositories.repository(tmp_path / "shop", {"app.py": APP, "requirements.txt": ""})
    assert "but may write what you may" in said(there, "init", "--yes", "-C", str(shop)).stderr
