"""How a row and an upload get into an app, and how they are found again."""

import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from adopting import ECLUSE

MARK = "----end"
UPLOAD = "an upload"
PATIENCE = 20
"""Seconds for a worker to do what it was given."""


class LostError(Exception):
    """Something that was put in isn't there."""


@dataclass(frozen=True)
class Running:
    """A repository, and where its app answers."""

    folder: Path
    url: str

    def get(self, path, statuses=(200,)):
        """The text of a page. LostError when its status is another, where redirects led."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=30) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as error:
            if error.code in statuses:
                return ""
            raise LostError(f"GET {path} answered {error.code}") from error

    def execute(self, *argv):
        """What a command prints in the release that serves."""
        done = subprocess.run(
            [*ECLUSE, "exec", "--", *argv], cwd=self.folder, check=True, capture_output=True, text=True
        )
        return done.stdout


@dataclass(frozen=True)
class Use:
    put: Callable[[Running], None]
    found: Callable[[Running], dict]
    """What is there, by what it should be."""

    def look(self, running, *, after="putting it in"):
        until = time.monotonic() + PATIENCE
        while lost := [wanted for wanted, there in self.found(running).items() if wanted not in there]:
            if time.monotonic() > until:
                raise LostError(f"lost after {after}: {', '.join(lost)}")
            time.sleep(0.5)


def post_note(running):
    """One multipart form (RFC 7578)."""
    text = f'--{MARK}\r\nContent-Disposition: form-data; name="text"\r\n\r\nkept words\r\n'
    head = 'Content-Disposition: form-data; name="file"; filename="a.txt"\r\nContent-Type: text/plain'
    body = f"{text}--{MARK}\r\n{head}\r\n\r\n{UPLOAD}\r\n--{MARK}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={MARK}"}
    with urllib.request.urlopen(urllib.request.Request(running.url + "/notes", data=body, headers=headers), timeout=30):
        pass


def notes(running):
    return {"kept words": running.get("/notes"), UPLOAD: running.get("/files/a.txt")}


def counted(running):
    """The worker writes how many words there are behind them."""
    return {'"kept words", 2': running.get("/notes"), UPLOAD: running.get("/files/a.txt")}


PUT_IN_WAGTAIL = """
from django.core.files.base import ContentFile
from wagtail.documents.models import Document
from wagtail.models import Page
Document.objects.create(title="kept", file=ContentFile(b"an upload", name="a.txt"))
home = Page.objects.get(depth=2).specific
home.add_child(instance=type(home)(title="kept words", slug="kept"))
"""


def put_in_wagtail(running):
    running.execute("python", "manage.py", "shell", "-c", PUT_IN_WAGTAIL)


def in_wagtail(running):
    return {"kept words": running.get("/kept/"), UPLOAD: running.get("/documents/1/a.txt")}


def put_in_streamlit(running):
    running.execute("python", "-c", f"import store; store.add('kept words', 'a.txt', {UPLOAD.encode()!r})")


def in_streamlit(running):
    said = running.execute("python", "-c", "import store; print(store.notes(), (store.DATA / 'a.txt').read_text())")
    return {"kept words": said, UPLOAD: said}


def put_in_pypiserver(running):
    """Without a password file nobody may upload: a person copies packages into the folder, as its manual begins."""
    running.execute("sh", "-c", f"mkdir -p ~/packages && printf '{UPLOAD}' > ~/packages/kept-1.0.tar.gz")


def in_pypiserver(running):
    return {"kept/": running.get("/simple/"), UPLOAD: running.get("/packages/kept-1.0.tar.gz", (200, 404))}


NOTES = Use(post_note, notes)
COUNTED = Use(post_note, counted)
WAGTAIL = Use(put_in_wagtail, in_wagtail)
STREAMLIT = Use(put_in_streamlit, in_streamlit)
PYPISERVER = Use(put_in_pypiserver, in_pypiserver)
