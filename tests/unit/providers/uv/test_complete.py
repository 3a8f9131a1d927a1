"""What is known of environments that were made."""

from ecluse.providers.uv.complete import COMPLETE, content_of, versions_in
from ecluse.providers.uv.keep import keep


def test_versions_are_those_of_the_environment_with_that_content(tmp_path):
    for name, version in (("a", "3.0.0"), ("b", "3.1.0")):
        wheels = [f"flask-{version}-py3-none-any.whl"]
        (tmp_path / name).mkdir()
        keep(tmp_path / name / COMPLETE, {"python": "3.12.1", "wheels": wheels, "content": f"content of {name}"})
    assert versions_in(tmp_path, content_of(tmp_path / "b")) == {"Python": "3.12.1", "package flask": "3.1.0"}
    assert versions_in(tmp_path, "another") == versions_in(tmp_path / "nowhere", "content of a") == {}
