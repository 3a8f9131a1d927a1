"""`ecluse tickets` and `ecluse plan` as programs, beside a tracker that kills them, hangs up, or is away."""

import json
import os
import signal
import subprocess
import sys

import pytest

from ecluse.ledger.sqlite.ledger import SqliteLedger
from ecluse.model.events.tickets import TicketTold
from ecluse.system.clock import SystemClock
from support import trackers
from support.repositories import commit, git, repository
from support.tickets import named

MANIFEST = """
app.name = "shop"
[processes.worker]
command = "work"
[environments.local]
[tickets]
tracker = "{kind}"
url = "{url}"
{more}
on_release = "{done}"
"""
KINDS = {
    "github": (trackers.Github, 'project = "acme/shop"', "#{}", "closed"),
    "jira": (trackers.Jira, 'project = "ABC"\naccount = "bot@example.org"', "ABC-{}", "Done"),
}


class Shop:
    """A repository beside a tracker, with what its commands printed."""

    def __init__(self, folder, mock, kind):
        _, more, self.form, done = KINDS[kind]
        manifest = MANIFEST.format(kind=kind, url=mock.url, more=more, done=done)
        self.root = repository(folder / "shop", {"ecluse.toml": manifest})[1]
        git(self.root, "tag", "v1.3.0")
        self.home, self.mock, self.printed = folder / "home", mock, ""
        self.key = self.form.format(1)

    def name_ticket(self):
        self.ledger(lambda ledger: ledger.append(named(self.key)))

    def ledger(self, work):
        self.home.mkdir(exist_ok=True)
        ledger = SqliteLedger(self.home / "ledger.db", SystemClock(), "anne@here")
        try:
            return work(ledger)
        finally:
            ledger.close()

    def start(self, *words, token=trackers.TOKEN):
        env = {"PATH": os.environ["PATH"], "HOME": str(self.home), "ECLUSE_HOME": str(self.home), "NO_COLOR": "1",
               "PYTHONPATH": os.pathsep.join(sys.path)}  # fmt: skip
        return subprocess.Popen(
            [sys.executable, "-m", "ecluse", *words], cwd=self.root, env={**env, "TICKETS_TOKEN": token},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(self, *words, **more):
        process = self.start(*words, **more)
        out, err = process.communicate(timeout=60)
        self.printed += out + err
        return process.returncode, out, err

    @property
    def comments(self):
        """How many of ours are there, whatever is hidden where."""
        return sum("ecluse:1" in json.dumps(one) for one in self.mock.state.issues[self.key].comments)


@pytest.fixture
def kind():
    return "github"


@pytest.fixture
def shop(kind, tmp_path):
    state, _, form, _ = KINDS[kind]
    there = state(form.format(1), form.format(2))
    there.chatter(form.format(1), 2)
    with trackers.served(there) as mock:
        made = Shop(tmp_path, mock, kind)
        yield made
        assert mock.rejected == []
        everything = made.printed + "".join(
            path.read_bytes().decode(errors="replace") for path in made.home.rglob("*") if path.is_file()
        )
        assert trackers.TOKEN not in everything


def killing(process, *, at, first):
    """What the server does at a request: kills who asks, before or after it has done what was asked."""

    def answer(method, path, do):
        if (method, path.rpartition("/")[2].partition("?")[0]) != at:
            answer.again.insert(0, answer)
            return do()
        done = None if first == "kill" else do()
        os.kill(process().pid, signal.SIGKILL)
        return done if first == "answer" else None

    return answer


POST = {"github": ("POST", "comments"), "jira": ("POST", "comment")}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("first", ["kill", "do"])
def test_a_command_that_is_killed_while_it_comments_leaves_one_comment(shop, first):
    shop.name_ticket()
    asking = []
    answer = killing(lambda: asking[0], at=POST[shop.mock.state.kind], first=first)
    answer.again = shop.mock.script
    shop.mock.script.append(answer)
    asking.append(shop.start("tickets", "sync"))
    asking[0].communicate(timeout=60)
    assert asking[0].returncode == -signal.SIGKILL
    assert shop.comments == (first == "do")
    code, out, _ = shop.run("tickets", "sync")
    assert (code, shop.comments) == (0, 1)
    assert (": said" if first == "do" else ": told") in out
    assert shop.run("tickets")[1] == "every ticket is told\n"
    told = shop.ledger(lambda ledger: [r.event for r in ledger.events() if isinstance(r.event, TicketTold)])
    assert len(told) == 1


def test_a_tracker_that_is_away_is_told_of_and_asked_again(shop):
    shop.name_ticket()
    shop.mock.script = [(503, {})]
    code, _, err = shop.run("tickets", "sync")
    assert (code, shop.comments) == (5, 0)
    assert "[T001]" in err
    assert "the tracker failed 1 time in a row" in shop.run("tickets")[1]
    document = json.loads(shop.run("tickets", "--json")[1])
    assert (document["outcome"], document["code"], document["failures"]) == ("waiting", "T001", 1)
    assert shop.run("tickets", "sync")[0] == 0
    assert shop.comments == 1


def test_what_would_be_released_is_told_with_where_tickets_stand(shop):
    commit(shop.root, f"feat: a window ({shop.key})")
    commit(shop.root, "tidy up, read UTF-8")
    code, out, _ = shop.run("plan")
    assert code == 0
    assert "next release: 1.4.0 as v1.4.0" in out
    assert "A window" in out
    document = json.loads(shop.run("plan", "--json")[1])
    (ticket,) = document["tickets"]
    assert (ticket["key"], ticket["done"], ticket["title"]) == (shop.key, False, "A window")
    assert [one["subject"] for one in document["without_ticket"]] == ["tidy up, read UTF-8"]


def test_a_plan_says_unknown_where_the_tracker_is_away(shop):
    commit(shop.root, f"feat: a window ({shop.key})")
    shop.mock.script = [(503, {})]
    code, out, err = shop.run("plan", "--json")
    document = json.loads(out)
    assert (code, document["tickets"][0]["status"], document["problems"][0]["code"]) == (0, "unknown", "T001")
    assert "[T001]" not in err
    assert shop.run("plan", token="")[0] == 0


def test_a_manifest_without_a_tracker_plans_too(tmp_path):
    manifest = 'app.name = "shop"\n[processes.worker]\ncommand = "work"\n[environments.local]\n'
    root = repository(tmp_path / "shop", {"ecluse.toml": manifest})[1]
    env = {**os.environ, "ECLUSE_HOME": str(tmp_path / "home"), "PYTHONPATH": os.pathsep.join(sys.path)}

    def run(*words):
        return subprocess.run(
            [sys.executable, "-m", "ecluse", *words], cwd=root, env=env, capture_output=True, text=True, check=False
        )

    assert "next release: 0.1.0 as v0.1.0" in run("plan").stdout
    done = run("tickets")
    assert (done.returncode, "[T011]" in done.stderr) == (2, True)
