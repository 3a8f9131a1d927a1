"""What the code of others gets of the user's environment."""

import pytest

from ecluse.providers.uv.alone import alone


@pytest.fixture
def given(tmp_path):
    return lambda **env: alone({"HOME": "/nobody", **env}, tmp_path)


@pytest.mark.parametrize(
    "name",
    ["UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_OURS_USERNAME", "UV_INDEX_OURS_PASSWORD", "UV_INDEX_TOKEN_USERNAME",
     "UV_CONSTRAINT", "UV_CREDENTIALS_DIR", "NETRC", "HTTPS_PROXY", "SSL_CERT_FILE", "GIT_CONFIG_COUNT",
     "GIT_CONFIG_KEY_0", "GIT_CONFIG_VALUE_0", "GIT_SSH_COMMAND", "SSH_AUTH_SOCK", "PATH", "CC", "CFLAGS",
     "PYTHONHASHSEED", "SETUPTOOLS_SCM_PRETEND_VERSION_FOR_APP"],
)  # fmt: skip
def test_what_finds_packages_and_builds_them_is_kept(given, name):
    assert given(**{name: "/it"})[name] == "/it"


@pytest.mark.parametrize(
    "name",
    ["GIT_TOKEN", "GIT_PASSWORD", "UV_PUBLISH_TOKEN", "UV_PUBLISH_URL", "UV_GITHUB_TOKEN", "UV_PASSWORD",
     "PIP_INDEX_URL", "PIP_PASSWORD", "PYTHONANYWHERE_TOKEN", "PYTHONPATH", "AWS_SECRET_ACCESS_KEY", "DATABASE_URL",
     "TOKEN_HOME", "DOOR_BYPASS"],
)  # fmt: skip
def test_what_may_be_a_secret_is_not(given, name):
    assert name not in given(**{name: "/it"})


def test_a_tool_s_home_is_a_folder(given):
    env = given(JAVA_HOME="/usr/lib/java", PHONE_HOME="https://user:password@example")
    assert env["JAVA_HOME"] == "/usr/lib/java"
    assert "PHONE_HOME" not in env


def test_its_home_is_its_own(given, tmp_path):
    assert (given()["HOME"], given()["TMPDIR"]) == (str(tmp_path), str(tmp_path))
