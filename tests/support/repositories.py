"""Git repositories for tests: one author, one time, and no configuration of the machine's."""

import os
import subprocess

GIT = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_AUTHOR_DATE": "2024-05-01T12:00:00Z",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
    "GIT_COMMITTER_DATE": "2024-05-01T12:00:00Z",
}


def empty(folder):
    """A repository without a commit; its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    return folder


def repository(folder, files):
    """A repository with one commit; the name of the commit, and the folder."""
    return commit(empty(folder), "feat: first", files), folder


def write(folder, files):
    """Put `files` (path to content, as text or bytes) into the working tree."""
    for name, content in dict(files).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def commit(folder, message, files=()):
    """Commit `files` on top of what is there; the name of the commit."""
    write(folder, files)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", f"--message={message}")
    return git(folder, "rev-parse", "HEAD")


def git(folder, *arguments, **options):
    """What it prints."""
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=GIT, check=True, capture_output=True, text=True, **options
    )
    return done.stdout.strip()
