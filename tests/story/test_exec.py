"""A shell and commands in the release that serves here, with a real terminal and with pipes."""

import pytest

from support.shop import open_shop
from support.tunnelled import get, tunnelled
from support.typed import at_a_terminal

pytestmark = pytest.mark.network
PROMPT = r"shop local \S+> "
BUSY = """python -c 'import time; print("bu" + "sy", flush=True); time.sleep(300)'"""


@pytest.fixture(scope="module")
def serving(tmp_path_factory):
    opened = open_shop(tmp_path_factory.mktemp("exec") / "shop")
    manifest = (opened.root / "ecluse.toml").read_text()
    opened.write("ecluse.toml", manifest + 'secrets = ["TOKEN"]\n')
    opened.commit("feat: a secret")
    opened.env["TOKEN"] = "hush-4711-hush"
    assert opened.json("ship")["outcome"] == "shipped"
    yield opened
    opened.ecluse("stop")


def test_a_shell_has_the_terminal_and_the_release(serving):
    serves = get(f"http://127.0.0.1:{serving.port}").removeprefix("shop ")
    with at_a_terminal(serving.root, serving.env, "exec") as person:
        person.sees(PROMPT)
        person.type("stty size; python -c 'import shop; print(shop.VERSION)'; echo $TOKEN.\n")
        person.sees(rf"33 91\s+{serves}\s+hush-4711-hush\.")
        person.sees(PROMPT)
        person.type(f"{BUSY}\n")
        person.sees("busy")
        person.type("\x03")
        person.sees(PROMPT)
        person.resize(120, 50)
        person.type("stty size; exit 7\n")
        person.sees(r"50 120")
        assert person.ends() == 7


def test_an_interrupt_that_is_typed_is_for_the_command(serving):
    script = "import time\ntry:\n    print('up', flush=True); time.sleep(300)\nexcept KeyboardInterrupt:\n    exit(9)"
    with at_a_terminal(serving.root, serving.env, "exec", "--", "python", "-c", script) as person:
        person.sees("up")
        person.type("\x03")
        assert person.ends() == 9


def test_a_command_holds_the_environment_and_a_shell_holds_nobody_up(serving):
    for more, ready, holds in ((("--", "sh", "-c", "echo ready; cat"), "ready", True), ((), PROMPT, False)):
        with at_a_terminal(serving.root, serving.env, "exec", *more) as person:
            person.sees(ready)
            lease = serving.json("status")["environments"][0]["lease"]
            assert bool(lease) is holds
            person.type("\x04")
            assert person.ends() == 0


def test_what_is_piped_is_read_and_secrets_are_masked(serving):
    done = serving.ecluse("exec", "--", "sh", "-c", "echo $TOKEN; echo $TOKEN >&2; printf hush-4; kill -TERM $$")
    assert (done.returncode, done.stdout, done.stderr) == (143, "[secret]\nhush-4", "[secret]\n")


def test_a_shell_reads_what_is_piped(serving):
    with (serving.root / "script").open("w+") as script:
        script.write("echo $ECLUSE_ENVIRONMENT\nexit 4\n")
        script.seek(0)
        done = serving.ecluse("exec", stdin=script)
    assert (done.returncode, done.stdout) == (4, "local\n")


def test_who_is_evicted_is_told(serving):
    asking = serving.begin("exec", "--", "sh", "-c", "echo up; exec sleep 300")
    assert asking.stdout.readline() == "up\n"
    serving.json("unlock")
    said = asking.communicate(timeout=60)[1]
    assert (asking.returncode, "K011" in said) == (4, True), said


def test_an_environment_is_named_before_the_dashes(serving):
    done = serving.ecluse("exec", "env")
    assert (done.returncode, "ecluse exec -- env" in done.stderr) == (2, True), done.stderr


def test_a_tunnel_leads_to_a_release_that_gets_no_traffic(serving):
    serving.sell("two")
    assert serving.json("ship")["outcome"] == "shipped"
    (local,) = serving.json("status")["environments"]
    warm = next(slot["name"] for slot in local["slots"] if slot["weight"] == 0)
    with tunnelled(serving, "local") as now, tunnelled(serving, "local", "web", "--slot", warm) as before:
        assert (get(now["url"]), get(before["url"])) == ("shop two", "shop one")
