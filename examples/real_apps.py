"""Repositories of real applications, made on the spot: sdists of the package index, new projects of Django and Wagtail,
and small ones as people write them (the folders of `apps`)."""

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from ecluse.providers.uv.settings import pip_settings, uv_environment

SAFELY = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
"""Python 3.11.2, which is Debian 12's, has no filters yet."""
SDISTS = ("httpbin", "datasette", "pypiserver")
DJANGO = "django"
WAGTAIL = "wagtail"
APPS = Path(__file__).parent / "apps"
OLD, TOO_NEW = "python-3.12", "python-3.15"
"""One repository, and the same with a demand for a Python that nobody has yet."""

FILES = {
    "notes/models.py": """\
from django.db import models


class Note(models.Model):
    text = models.CharField(max_length=200)
    picture = models.FileField(upload_to="pictures", blank=True)
""",
    "notes/views.py": """\
from django.http import HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from notes.models import Note


@csrf_exempt
def notes(request):
    if request.method == "POST":
        Note.objects.create(text=request.POST["text"], picture=request.FILES.get("picture", ""))
        return HttpResponse(status=201)
    return JsonResponse({"notes": [[note.text, note.picture.name] for note in Note.objects.all()]})


def picture(request, name):
    return HttpResponse(Note.objects.get(picture=name).picture.read())


def health(request):
    return HttpResponse(f"{Note.objects.count()} notes")
""",
    "notes/tests.py": """\
from django.test import TestCase


class NotesTest(TestCase):
    def test_a_note_is_listed(self):
        self.client.post("/notes/", {"text": "hello"})
        self.assertEqual(self.client.get("/notes/").json(), {"notes": [["hello", ""]]})
""",
    "shop/urls.py": """\
from django.urls import path

from notes import views

urlpatterns = [
    path("notes/", views.notes),
    path("picture/<path:name>", views.picture),
    path("health/", views.health),
]
""",
}
SETTINGS = '\nINSTALLED_APPS.append("notes")\nMEDIA_ROOT = BASE_DIR / "media"\n'


def make(name, folder):
    """A git repository of `name` in `folder`, with one commit: DJANGO, WAGTAIL, TOO_NEW, one of APPS, else an sdist."""
    folder.mkdir(parents=True)
    if name == DJANGO:
        make_django(folder)
    elif name == WAGTAIL:
        start_wagtail(folder)
    elif name == TOO_NEW:
        make_too_new(folder)
    elif (APPS / name).is_dir():
        shutil.copytree(APPS / name, folder, dirs_exist_ok=True)
    else:
        unpack(name, folder)
    commit(folder, "First commit")
    return folder


def unpack(name, folder):
    source = folder.parent / f"{name}-sdist"
    pip(folder.parent, "download", "-qq", "--no-binary", name, "--no-deps", "--dest", str(source), name)
    (archive,) = source.glob("*.tar.*")
    with tarfile.open(archive) as packed:
        packed.extractall(source, members=ours(packed), **SAFELY)
    (top,) = (path for path in source.iterdir() if path.is_dir())
    top.rename(folder.with_name(f"{name}-unpacked"))
    folder.rmdir()
    folder.with_name(f"{name}-unpacked").rename(folder)


def ours(packed):
    """The members with us as their owner: root would give the files to whoever packed them, and git refuses those."""
    for member in packed:
        member.uid, member.gid, member.uname, member.gname = os.getuid(), os.getgid(), "", ""
        yield member


def make_django(folder):
    """What `django-admin startproject` and `startapp` write, plus a model, its migration, an upload and a test."""
    packages = folder.parent / "django-packages"
    pip(folder.parent, "install", "-qq", "--target", str(packages), "django")
    env = {**os.environ, "PYTHONPATH": str(packages), "PYTHONDONTWRITEBYTECODE": "1"}

    def python(*words):
        subprocess.run([sys.executable, *words], cwd=folder, env=env, check=True, stdout=subprocess.DEVNULL)

    python("-m", "django", "startproject", "shop", ".")
    python("manage.py", "startapp", "notes")
    for path, text in FILES.items():
        (folder / path).write_text(text)
    with (folder / "shop" / "settings.py").open("a") as settings:
        settings.write(SETTINGS)
    python("manage.py", "makemigrations", "notes")
    (version,) = packages.glob("django-*.dist-info")
    (folder / "requirements.txt").write_text(f"django=={version.stem.removeprefix('django-')}\n")
    (folder / ".gitignore").write_text("__pycache__/\ndb.sqlite3\nmedia/\n")


def start_wagtail(folder):
    """What `wagtail start` writes, as it lies."""
    packages = folder.parent / "wagtail-packages"
    pip(folder.parent, "install", "-qq", "--target", str(packages), "wagtail")
    env = {**os.environ, "PYTHONPATH": str(packages), "PYTHONDONTWRITEBYTECODE": "1"}
    start = [sys.executable, packages / "bin" / "wagtail", "start", "bakery", "."]
    subprocess.run(start, cwd=folder, env=env, check=True, stdout=subprocess.DEVNULL)


def make_too_new(folder):
    shutil.copytree(APPS / OLD, folder, dirs_exist_ok=True)
    project = folder / "pyproject.toml"
    project.write_text(project.read_text().replace(">=3.12", ">=3.15"))


def commit(folder, message):
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    (folder / ".git").exists() or git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, *identity, "commit", "--quiet", "--allow-empty", "--message", message)


def git(folder, *words):
    subprocess.run(["git", *words], cwd=folder, check=True)


def output(*argv, cwd):
    return subprocess.run(argv, cwd=cwd, check=True, capture_output=True, text=True).stdout


def pip(folder, *words):
    """pip, wherever it can be had: an environment that uv made has none."""
    own = folder / "pip"
    if not own.exists():
        env = uv_environment(os.environ, pip_settings(os.environ))
        uv = Path(sys.executable).with_name("uv")
        subprocess.run([uv, "pip", "install", "--quiet", "--target", own, "pip"], env={**os.environ, **env}, check=True)
    env = {**os.environ, "PYTHONPATH": str(own), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    subprocess.run([sys.executable, "-m", "pip", *words], env=env, check=True, stdout=subprocess.DEVNULL)
