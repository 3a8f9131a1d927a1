"""pip's settings, as uv hears them."""

import pytest

from ecluse.providers.uv.settings import certificates, pip_settings, uv_environment, without_pip


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture
def env(home):
    """No file of this machine counts."""
    return {"HOME": str(home), "XDG_CONFIG_DIRS": str(home / "shared"), "PIP_CONFIG_FILE": str(home / "named.conf")}


def config(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_every_setting_of_index_and_network_is_handed_on(env):
    env |= {
        "PIP_INDEX_URL": "https://index.example/simple",
        "PIP_EXTRA_INDEX_URL": "https://one.example/simple\nhttps://two.example/simple",
        "PIP_FIND_LINKS": "/one /two",
        "PIP_NO_INDEX": "true",
        "PIP_TRUSTED_HOST": "one.example two.example",
        "PIP_CERT": "/bundle.pem",
        "PIP_PROXY": "http://proxy.example:3128",
        "PIP_TIMEOUT": "60",
        "PIP_CONSTRAINT": "/limits.txt",
    }
    said = uv_environment(env, pip_settings(env))
    assert said["UV_DEFAULT_INDEX"] == "https://index.example/simple"
    assert said["UV_INDEX"] == "https://one.example/simple https://two.example/simple"
    assert said["UV_INDEX_STRATEGY"] == "unsafe-best-match"
    assert said["UV_FIND_LINKS"] == "/one,/two"
    assert said["UV_NO_INDEX"] == "1"
    assert said["UV_INSECURE_HOST"] == "one.example two.example"
    assert said["SSL_CERT_FILE"] == "/bundle.pem"
    assert said["HTTPS_PROXY"] == "http://proxy.example:3128"
    assert said["UV_HTTP_TIMEOUT"] == "60"
    assert said["UV_CONSTRAINT"] == "/limits.txt"


def test_files_count_weakest_first_and_the_environment_last(env, home):
    config(home / "shared" / "pip" / "pip.conf", "[global]\nindex-url = shared\ntimeout = 1\nfind-links = a\n b\n")
    config(home / ".config" / "pip" / "pip.conf", "[global]\nindex-url = own\n[install]\ncert = /own.pem\n")
    config(home / "pip.conf", "[global]\ntimeout = 2\n")
    found = pip_settings(env, home / "pip.conf")
    assert found == {**found, "index-url": "own", "timeout": "2", "find-links": "a b", "cert": "/own.pem"}
    config(home / "named.conf", "[global]\nindex-url = named\n")
    assert pip_settings(env)["index-url"] == "named"
    assert pip_settings({**env, "PIP_INDEX_URL": "said"})["index-url"] == "said"


def test_no_file_counts_when_pip_reads_none(env, home):
    config(home / ".config" / "pip" / "pip.conf", "[global]\nindex-url = own\n")
    assert pip_settings({**env, "PIP_CONFIG_FILE": "/dev/null"}) == {}


def test_a_file_that_is_none_says_nothing(env, home):
    config(home / "named.conf", "index-url = nowhere")
    assert "index-url" not in pip_settings(env)


def test_an_index_that_isn_t_forbidden_isn_t(env):
    assert "UV_NO_INDEX" not in uv_environment(env, {"no-index": "false"})


def test_what_uv_was_told_itself_wins(env):
    said = uv_environment({**env, "UV_DEFAULT_INDEX": "told"}, {"index-url": "pip's"})
    assert said["UV_DEFAULT_INDEX"] == "told"


def test_nothing_of_the_caller_s_own_environment_leaks_in(env):
    said = uv_environment({**env, "VIRTUAL_ENV": "/mine", "PYTHONPATH": "/mine", "KEEP": "1"}, {})
    assert {"VIRTUAL_ENV", "PYTHONPATH"}.isdisjoint(said)
    assert (said["KEEP"], said["UV_PYTHON_DOWNLOADS"]) == ("1", "never")


def test_a_lock_of_uv_s_own_is_read_without_pip_s_indexes(env):
    said = without_pip(env, {"index-url": "pip's", "cert": "/bundle.pem"})
    assert "UV_DEFAULT_INDEX" not in said
    assert said["SSL_CERT_FILE"] == "/bundle.pem"


def test_the_machine_s_own_bundle_counts_where_nobody_says_otherwise(env, tmp_path):
    """A house whose proxy opens TLS puts its authority there, and pip believes it."""
    (bundle := tmp_path / "machine.pem").touch()
    bundles = ("/nowhere.pem", str(bundle), "/other.pem")
    assert certificates(env, {}, bundles) == {"SSL_CERT_FILE": str(bundle)}
    assert certificates(env, {"cert": "/pip.pem"}, bundles) == {"SSL_CERT_FILE": "/pip.pem"}
    assert certificates({**env, "UV_SYSTEM_CERTS": "1"}, {}, bundles) == {}
    assert certificates(env, {}, ("/nowhere.pem",)) == {}
