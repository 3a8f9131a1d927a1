"""Repositories as others wrote them, adopted: `init --yes`, a commit of what it wrote, `ship`."""

import json
import re
import subprocess
import sys
import urllib.error
import urllib.request

from support import repositories
from support.ports import free_port

ECLUSE = (sys.executable, "-m", "ecluse")


class Adopted:
    """A repository with a manifest of `init`'s. `stop` it at the end."""

    def __init__(self, folder, files):
        self.folder = folder
        repositories.repository(folder, files)

    def init(self, expect=0):
        """The document that `init` prints. The port is changed: other tests run beside this one."""
        said = self.document("init", "--yes", "--json", expect=expect)
        if not expect:
            path = self.folder / "ecluse.toml"
            path.write_text(re.sub(r"(?m)^port = \d+", f"port = {free_port()}", path.read_text()))
            repositories.commit(self.folder, "Add ecluse.toml")
        return said

    def ship(self):
        return self.document("ship", "--json")

    def change(self, files):
        return repositories.commit(self.folder, "feat: change something", files)

    def document(self, *words, expect=0):
        return json.loads(self.run(*words, expect=expect).stdout)

    def run(self, *words, expect=0):
        done = subprocess.run([*ECLUSE, *words], cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode == expect, done.stdout + done.stderr
        return done

    def stop(self):
        subprocess.run([*ECLUSE, "stop"], cwd=self.folder, capture_output=True, check=False)


def get(url, **headers):
    """Status, body and headers."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=named)) as answer:
            return answer.status, answer.read(), answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read(), error.headers


def post(url, body):
    """Status of a POST of bytes."""
    with urllib.request.urlopen(urllib.request.Request(url, data=body, method="POST")) as answer:
        return answer.status
