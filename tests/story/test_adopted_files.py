"""Adopted unedited: style sheets and uploads are served where another server did it, and outlive releases."""

import pytest

from support import repos_django
from support.adopted import Adopted, get, post

pytestmark = [pytest.mark.network, pytest.mark.timeout(600)]


@pytest.fixture
def adopt(tmp_path):
    """A repository of these files, to be adopted."""
    made = []

    def adopt(files):
        made.append(Adopted(tmp_path / "shop", files))
        return made[-1]

    yield adopt
    for one in made:
        one.stop()


def test_a_django_project_has_its_style_sheets_and_keeps_its_uploads(adopt):
    shop = adopt(repos_django.FILES)
    shop.init()
    url = shop.ship()["url"]
    status, body, headers = get(f"{url}/static/admin/css/base.css")
    assert (status, headers["Content-Type"]) == (200, "text/css; charset=utf-8")
    assert get(f"{url}/static/admin/css/base.css", If_None_Match=headers["ETag"])[0] == 304
    assert b"static/admin/css/base.css" in get(f"{url}/admin/login/")[1]
    assert post(f"{url}/notes/a.txt/", b"a note") == 200
    shop.change({"README.md": "changed\n"})
    assert shop.ship()["outcome"] == "shipped"
    for _ in range(2):
        assert get(f"{url}/media/notes/a.txt")[:2] == (200, b"a note")
        assert get(f"{url}/notes/")[1] == b"notes/a.txt"
        assert get(f"{url}/static/admin/css/base.css")[1] == body
        shop.run("rollback")
