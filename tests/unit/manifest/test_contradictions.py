import pytest

from ecluse.model import service
from ecluse.model.problem import ProblemError
from ecluse.wire import services

HEAD = 'app.name = "shop"\n'
WSGI = '[processes.web]\napp = "a:b"\ninterface = "wsgi"\n'
ASGI = '[processes.web]\napp = "a:b"\ninterface = "asgi"\n'
LISTENS = '[processes.web]\ncommand = "serve"\nlisten = "port"\n'
WORKER = '[processes.web]\ncommand = "work"\n'


@pytest.mark.parametrize("text", [WSGI, ASGI, LISTENS, WORKER, WSGI + "threads = 2\nkeep_alive = 1\n"])
def test_each_kind_of_process_is_fine_by_itself(reading, text):
    assert reading(HEAD + text).processes


def test_a_command_with_a_health_check_is_told_how_it_gets_traffic(reading):
    with pytest.raises(ProblemError) as error:
        reading(HEAD + WORKER + 'health = { path = "/" }')
    (problem,) = error.value.problems
    assert problem.fix.startswith('add listen = "port"')


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (WSGI + 'command = "x"', ["5:1 M030"]),
        ("[processes.web]", ["2:1 M031"]),
        ('[processes.web]\napp = "a:b"', ["3:7 M032"]),
        ('[processes.web]\ninterface = "asgi"\ncommand = "x"', ["3:13 M032"]),
        ("app.migrate_timeout = 3", ["2:5 M033"]),
        (LISTENS + 'server = "granian"', ["5:1 M033"]),
        (LISTENS + "threads = 3", ["5:1 M033"]),
        (LISTENS + 'static = { "/static/" = "static" }', ["5:1 M033"]),
        (WORKER + "keep_alive = 3", ["4:1 M033"]),
        (WORKER + 'health = { path = "/" }', ["4:1 M033"]),
        (ASGI + 'listen = "fd"', ["5:1 M033"]),
        (ASGI + "threads = 3", ["5:1 M033"]),
        (WORKER + 'why_off = "no broker"', ["4:1 M033"]),
        (WSGI + LISTENS.replace("web", "other"), ["5:1 M034"]),
        (WSGI + 'drain = "5s"', ["5:9 M035"]),
        (WSGI + 'keep_alive = "30s"', ["5:14 M035"]),
        (WSGI + 'health = { path = "/", timeout = "1s", interval = "500ms" }', ["5:34 M036"]),
        (WSGI + 'health = { path = "/", successes = 1000 }', ["5:10 M036"]),
    ],
)
def test_processes_that_contradict_themselves(wrong, text, expected):
    assert wrong(HEAD + text) == expected


@pytest.mark.parametrize(
    "text",
    [
        WORKER + 'enabled = false\nwhy_off = "no broker"',
        LISTENS + "drain = 1",
        'app.migrate = "m"\napp.migrate_timeout = 3',
        LISTENS + 'health = { path = "/" }',
    ],
)
def test_settings_that_have_an_effect_are_fine(reading, text):
    assert reading(HEAD + text)


STEPS = """\
[steps.a]
command = "x"
outputs = ["dist/", "report.xml"]
[steps.b]
command = "x"
"""
PLAY = '[steps.c]\nplaybook = "site.yml"\n'
TWO = '\n[environments.live]\nport = 8000\nhosts = ["deploy@web1"]\n'
HERE = TWO.replace("deploy@web1", "@a") + '[groups]\na = ["keeper:a"]\n'
LISTED = """\
[steps.a]
command = "x"
junit = "a.xml"
known_failures = "k.txt"
[steps.b]
command = "x"
junit = "b.xml"
known_failures = "{}"
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (STEPS + 'needs = ["c"]', ["7:10 M040"]),
        (STEPS + 'needs = ["a", "a"]', ["7:15 M041"]),
        (STEPS + 'needs = ["b"]', ["7:9 M042"]),
        (STEPS + 'outputs = ["report.xml"]', ["7:12 M043"]),
        (STEPS + 'outputs = ["x", "dist/wheel"]', ["7:17 M043"]),
        (STEPS + 'outputs = ["."]', ["7:12 M043"]),
        (STEPS + 'known_failures = "k.txt"', ["7:1 M033"]),
        (STEPS + 'why_off = "slow"', ["7:1 M033"]),
        (STEPS + 'playbook = "site.yml"', ["7:1 M066"]),
        (STEPS + "[steps.c]", ["7:1 M011"]),
        (STEPS + 'hosts = "x"', ["7:1 M033"]),
        (STEPS + PLAY + 'group = "test"' + TWO, ["9:1 M033"]),
        (STEPS + PLAY + "cache = true" + TWO, ["9:1 M033"]),
        (STEPS + PLAY, ["7:1 M067"]),
        (STEPS + PLAY + 'hosts = "x"', ["9:9 M067"]),
        (STEPS + PLAY + TWO + TWO.replace("live", "next").replace("8000", "8001"), ["7:1 M067"]),
        (STEPS + PLAY + HERE, ["7:1 M067"]),
        (STEPS + 'needs = ["c"]\n' + PLAY + TWO, ["7:10 M069"]),
        (STEPS + PLAY + TWO + '[environments.next]\nport = 8001\ngates = ["a", "c"]', ["15:15 M069"]),
        (LISTED.format("k.txt"), ["9:18 M050"]),
        (STEPS + "[gates]\ncoverage = 80", ["8:12 M044"]),
        (STEPS + '[environments.x]\ngates = ["a", "test"]', ["8:15 M040"]),
        (STEPS + '[environments.x]\ngates = ["a", "a"]', ["8:15 M041"]),
        (STEPS + 'secrets = ["K"]\nenv = { K = "v" }', ["8:9 M045"]),
        (STEPS + 'secrets = ["K"]\npass_env = ["J", "K"]', ["8:18 M045"]),
    ],
)
def test_steps_that_contradict_each_other(wrong, text, expected):
    assert wrong(HEAD + text) == expected


def test_steps_on_the_same_hosts_may_need_each_other(reading):
    after = '[steps.d]\nplaybook = "after.yml"\nneeds = ["c"]\n'
    assert reading(HEAD + PLAY + after + TWO + 'gates = ["d"]').steps[1].needs == ("c",)


@pytest.mark.parametrize("said", ["", 'hosts = "live"\n'])
def test_a_playbook_works_on_the_hosts_of_the_environment_that_has_some(reading, said):
    step = reading(HEAD + PLAY + said + TWO).steps[0]
    assert (step.playbook, step.hosts, step.group, step.command) == ("site.yml", "live", "hosts", ())
    assert not step.cache, "hosts change without us"


def test_a_circle_of_steps_is_shown_in_its_order(reading):
    steps = "".join(f'[steps.{name}]\ncommand = "x"\nneeds = ["{need}"]\n' for name, need in ("ab", "bc", "ca"))
    with pytest.raises(ProblemError, match=r"(a → b → c → a|b → c → a → b|c → a → b → c)"):
        reading(HEAD + steps)


def test_outputs_beside_each_other_are_fine(reading):
    assert reading(HEAD + STEPS + 'outputs = ["dist2/", "report.xm"]').steps


def test_a_step_may_name_nested_outputs_of_its_own(reading):
    assert reading(HEAD + '[steps.a]\ncommand = "x"\noutputs = ["dist", "dist/x"]').steps


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[environments.a]\n[environments.b]", ["3:1 M051"]),
        ("[environments.a]\nport = 9000\n[environments.b]\nport = 9000", ["5:8 M051"]),
        (
            '[environments.a]\nport = 9000\nhosts = ["keeper:x", "keeper:y"]\n[environments.b]\nport = 9001',
            ["6:8 M051"],
        ),
        ('[environments.a]\nhosts = ["keeper:x", "keeper:./x"]', ["3:22 M057"]),
        ("[environments.local]\ninstances = 9", ["3:13 M091"]),
        ('[environments.a]\nhosts = ["keeper:x"]\ninstances = 9', ["4:13 M091"]),
        ('[environments.a]\ninstances = 9\n[environments.a-1]\nhosts = ["x@web1"]', ["4:1 M091"]),
        ("[environments.a]\nport = 9000\ninstances = 9\n[environments.b]\nport = 9008", ["6:8 M051"]),
        ("[environments.a]\nport = 65530\ninstances = 9", ["4:13 M057"]),
        (
            '[ci]\nship = ["a"]\n[environments.a]\ninstances = 9\n[environments.b]\nport = 9100\npolicy.staging = "a"',
            ["3:9 M056", "8:18 M056"],
        ),
        (
            '[environments.a]\nrollout = {batch = "2", sticky = true, promote_within = "1h"}',
            ["3:12 M033", "3:25 M033", "3:40 M033"],
        ),
        ('[environments.a]\nstrategy = "canary"\nrollout = {sticky = true, error_limit = 0.1}', ["4:27 M033"]),
        ('[environments.a]\nport = 65535\nhosts = ["keeper:x", "keeper:y"]', ["4:9 M057"]),
        ('[environments.a]\nhosts = ["web1", "deploy@web1"]', ["3:18 M057"]),
        ('[environments.a]\nhosts = ["web1", "keeper:x"]', ["3:9 M057"]),
        ('[environments.a]\nhosts = ["web1"]\nroles = {web = ["web1"]}', ["4:16 M057"]),
        (WSGI + '[environments.a]\nhosts = ["web1"]\nroles = {web = ["web1", "web2"]}', ["7:25 M057"]),
        ('[environments.a]\nhosts = ["@web"]', ["3:10 M065"]),
        ('[groups]\nweb = ["web1", "web1"]', ["3:16 M057"]),
        ('[groups]\nweb = ["web1", "@web2"]\nweb2 = ["x@web1"]', ["3:16 M057"]),
        ('[groups]\na = ["@b"]\nb = ["@c", "web1"]\nc = ["@a"]', ["3:5 M068"]),
        ('[groups]\nweb = ["web1"]\n[environments.a]\nhosts = ["web1", "@web"]', ["5:18 M057"]),
        ('[groups]\nweb = []\n[environments.a]\nhosts = ["@web"]', ["5:9 M057"]),
        (
            '[groups]\nweb = ["web1"]\njobs = ["jobs1"]\n'
            + WSGI
            + '[environments.a]\nhosts = ["@web"]\nroles.web = ["@jobs"]',
            ["10:14 M057"],
        ),
        (
            '[groups]\nweb = ["web1"]\n[environments.a]\nhosts = ["@web"]\n[environments.b]\nhosts = ["x@web1"]',
            ["6:1 M051"],
        ),
        ('[environments.a]\naddress = "0.0.0.0"\n[environments.b]\naddress = "10.0.0.1"', ["4:1 M051"]),
        ('[environments.a]\nsecrets = ["K"]\nenv = { K = "v" }', ["4:9 M045"]),
        ('[environments.a]\nsecrets = ["K"]\n[app.env]\nK = "v"', ["5:1 M045"]),
        ('[environments.a]\nsecrets = ["K"]\n[processes.w]\ncommand = "w"\nenv.K = "v"', ["6:5 M045"]),
    ],
)
def test_environments_that_contradict_each_other(wrong, text, expected):
    assert wrong(HEAD + text) == expected


def test_groups_stand_for_their_hosts_and_may_share_some(reading):
    groups = '[groups]\nweb = ["deploy@web1", "both"]\njobs = ["jobs1", "both"]\nall = ["@web", "@jobs"]\n'
    app = reading(HEAD + groups + WSGI + '[environments.a]\nhosts = ["@all"]\nroles.web = ["@web"]')
    (environment,) = app.environments
    assert environment.hosts == ("deploy@web1", "both", "jobs1")
    assert environment.roles == {"web": ("deploy@web1", "both")}
    assert app.groups["all"] == environment.hosts


def test_a_balancer_shares_between_the_hosts_of_a_group(reading):
    groups = '[groups]\nweb = ["deploy@web1", "web2"]\n'
    hosts = '[environments.a]\nhosts = ["@web"]\nroles.web = ["@web"]\n[environments.a.balancer]\nkind = "haproxy"\n'
    (environment,) = reading(HEAD + groups + WSGI + hosts).environments
    assert environment.balancer is not None


def test_one_port_on_two_addresses_is_fine(reading):
    text = '[environments.a]\naddress = "10.0.0.1"\n[environments.b]\naddress = "10.0.0.2"'
    assert len(reading(HEAD + text).environments) == 2


def test_a_secret_of_one_environment_may_be_plain_in_another(reading):
    text = '[environments.a]\nsecrets = ["K"]\n[environments.b]\nport = 1\nenv = { K = "v" }'
    assert len(reading(HEAD + text).environments) == 2


DB = '[services.db]\nkind = "postgres"\nenv = { URL = "{host}" }\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (DB + "[app.env]\nURL = 'x'", ["6:1 M046"]),
        (DB + "[environments.local]\nenv = { URL = 'x' }", ["6:9 M046"]),
        (DB + "[environments.local]\nsecrets = ['URL']", ["6:12 M046"]),
        (DB + '[services.cache]\nkind = "redis"\nenv = { URL = "{host}" }', ["7:9 M046"]),
        (DB.replace("{host}", "{host}:{prot}"), ["4:15 M047"]),
        (DB + '[processes.db]\ncommand = "x"', ["2:11 M048"]),
        (DB + '[steps.a]\ncommand = "x"\nservices = ["db", "cache"]', ["7:19 M049"]),
        (DB + '[environments.local]\nhosts = ["keeper:a", "keeper:b"]', ["6:9 M064"]),
        (DB + "[environments.production]\nport = 1", ["2:11 M033"]),
        ('[services.db]\nkind = "oracle"', ["3:8 M013"]),
    ],
)
def test_services_that_contradict_what_is_beside_them(wrong, text, expected):
    assert wrong(HEAD + text) == expected


@pytest.mark.parametrize(
    "text",
    [
        DB,
        DB + "[environments.production]\nservices = true",
        DB + "[environments.local]\n[environments.production]\nport = 1\nsecrets = ['URL']",
        DB.replace("{host}", "{host} {} {a b}"),
        DB + '[steps.a]\ncommand = "x"\nservices = ["db"]\nenv = { URL = "sqlite://" }',
    ],
)
def test_services_that_are_fine(reading, text):
    assert reading(HEAD + text).services[0].asks is False


def test_the_fields_of_an_address_are_the_ones_that_are_filled_in():
    assert service.FIELDS == services.FIELDS


HOSTS = '[environments.live]\nhosts = ["deploy@a", "deploy@b"]\n'
BALANCER = '[environments.live.balancer]\nkind = "haproxy"\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[environments.live]\n" + BALANCER, ["3:20 M071"]),
        (HOSTS + BALANCER + 'reload = "x"', ["6:1 M033"]),
        (HOSTS + BALANCER + 'file = "/x"', ["6:1 M033"]),
        (HOSTS + BALANCER.replace("haproxy", "nginx") + 'socket = "/x"', ["6:1 M033"]),
        (HOSTS + BALANCER + "drain = true", ["6:1 M033"]),
        (HOSTS + 'strategy = "rolling"\nrollout.batch = "2"\n' + BALANCER + "drain = true", ["8:9 M071"]),
        (HOSTS + BALANCER + 'addresses = { c = "10.0.0.1" }', ["6:19 M071"]),
        (HOSTS + BALANCER + 'socket = "admin.sock"', ["6:10 M015"]),
        (HOSTS + BALANCER + 'listen = "80"', ["6:10 M015"]),
        (HOSTS + BALANCER.replace("haproxy", "caddy"), ["5:8 M013"]),
        ('[environments.live]\nhosts = ["keeper:a/b", "keeper:a-b"]\n' + BALANCER, ["4:1 M071"]),
    ],
)
def test_balancers_that_contradict_their_environment(wrong, text, expected):
    assert wrong(HEAD + text) == expected


@pytest.mark.parametrize(
    "text",
    [
        HOSTS + BALANCER,
        HOSTS + 'strategy = "rolling"\n' + BALANCER + "drain = true",
        HOSTS + BALANCER + 'hosts = ["deploy@lb1", "lb2:2222"]\nsocket = "127.0.0.1:9999"',
        HOSTS + BALANCER + 'addresses = { a = "10.0.0.1:80", "deploy@b" = "10.0.0.2" }',
        HOSTS + BALANCER.replace("haproxy", "nginx") + 'file = "/etc/nginx/x"\nreload = ["sudo", "-n", "x"]',
    ],
)
def test_balancers_that_are_fine(reading, text):
    assert reading(HEAD + text).environment("live").balancer


INDEX = '[release.index]\nsimple = "https://i.example.org/simple/"\nupload = "https://i.example.org/"\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (INDEX + 'token = "T"\nusername = "U"\npassword = "P"', ["7:9 M095"]),
        (INDEX + 'username = "U"', ["7:12 M096"]),
        ('[release.image]\naddress = "https://r.example.org/shop"\npassword = "P"', ["6:12 M096"]),
    ],
)
def test_what_a_release_is_sent_with_fits_together(wrong, text, expected):
    assert wrong(HEAD + WORKER + text) == expected


def test_a_release_has_all_of_its_places(reading):
    text = (
        INDEX + 'username = "U"\npassword = "P"\nprojects = ["a", "b"]\n[release.forge]\nkind = "gitlab"\ntoken = "T"'
    )
    release = reading(HEAD + WORKER + "[release]\nsigstore = true\n" + text).release
    assert (release.index.projects, release.index.secrets, release.forge.kind) == (("a", "b"), ("U", "P"), "gitlab")
    assert (release.pushed_to, release.store, release.image, release.sigstore) == ("origin", "", None, True)
    assert reading(HEAD + WORKER).release.pushed_to == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[security]\n[steps.security]\ncommand = 'x'", ["3:8 M092"]),
        ("[security]\nsource = 'folder'", ["3:10 M093"]),
        ("[security]\nsource = 'osv'\nat = 'advisories'", ["4:6 M093"]),
        ("[security]\nscanners = ['code', 'licences']", ["3:21 M094"]),
        ("[security.licences]\nallow = ['MIT']\ndeny = ['MIT']", ["3:10 M094"]),
        ("[environments.production]\ngates = ['security']", ["3:10 M040"]),
    ],
)
def test_a_security_gate_that_contradicts_itself(wrong, text, expected):
    assert wrong(HEAD + text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "[security]",
        "[security]\nsource = 'folder'\nat = '/srv/advisories'",
        "[security]\nsource = 'pypi'\nat = 'https://index.example.com/pypi'",
        "[security]\n[environments.production]\ngates = ['security']",
        "[security]\n[steps.a]\ncommand = 'x'\nneeds = ['security']",
    ],
)
def test_a_security_gate_is_a_step(reading, text):
    (gate,) = (step for step in reading(HEAD + text).steps if step.builtin)
    assert (gate.name, gate.group, gate.gate) == ("security", "security", True)
