"""Files under URL prefixes: what is found, and how it is answered."""

import os

import pytest

from ecluse.serving.files import PIECE, Mounts

ALL = b"0123456789"


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "static"
    (folder / "css").mkdir(parents=True)
    (folder / "css" / "a.css").write_bytes(b"0123456789")
    (folder / "app.0123456789ab.js").write_bytes(b"x")
    (folder / ".htpasswd").write_bytes(b"secret")
    (folder / "empty.txt").touch()
    (tmp_path / "out.txt").write_bytes(b"outside")
    return folder


def ask(folder, path, method="GET", prefix="/static/", **headers):
    """Status, headers and body; None when the app has to answer."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    reply = Mounts([(prefix, str(folder))]).reply(method, os.fsencode(path), lambda name: named.get(name, ""))
    if reply is None:
        return None
    try:
        return reply.status, dict(reply.headers), b"".join(reply.pieces())
    finally:
        reply.close()


def test_a_file_is_answered_with_its_type_and_validators(folder):
    status, headers, body = ask(folder, "/static/css/a.css")
    assert (status, body, headers["Content-Length"]) == (200, b"0123456789", "10")
    assert headers["Content-Type"] == "text/css; charset=utf-8"
    assert headers["Cache-Control"] == "no-cache"
    assert headers["ETag"].startswith('"')
    assert headers["Last-Modified"].endswith("GMT")


@pytest.mark.parametrize(
    "path",
    ["/other/css/a.css", "/static/", "/static/css", "/static/css/", "/static/none.css", "/static/../out.txt",
     "/static/css/../../out.txt", "/static//css/a.css", "/static/./css/a.css", "/static/.htpasswd",
     "/static/css/a.css\0", "/static/" + "x" * 300, "/static"],
)  # fmt: skip
def test_what_is_no_file_below_the_folder_is_the_app_s(folder, path):
    assert ask(folder, path) is None


def test_a_link_out_of_the_folder_is_not_followed_and_one_inside_is(folder, tmp_path):
    (folder / "out.txt").symlink_to(tmp_path / "out.txt")
    (folder / "up").symlink_to(tmp_path)
    (folder / "in.css").symlink_to("css/a.css")
    assert ask(folder, "/static/out.txt") is None
    assert ask(folder, "/static/up/out.txt") is None
    assert ask(folder, "/static/in.css")[2] == b"0123456789"


def test_the_folder_itself_may_be_a_link(folder, tmp_path):
    (tmp_path / "media").symlink_to(folder)
    assert ask(tmp_path / "media", "/media/css/a.css", prefix="/media/")[0] == 200


def test_what_is_no_regular_file_is_left_alone(folder):
    os.mkfifo(folder / "pipe")
    assert ask(folder, "/static/pipe") is None


def test_a_prefix_without_a_slash_is_one_file(folder):
    assert ask(folder / "css" / "a.css", "/robots.txt", prefix="/robots.txt")[2] == b"0123456789"
    assert ask(folder / "css" / "a.css", "/robots.txt.bak", prefix="/robots.txt") is None


def test_the_longest_prefix_wins(folder, tmp_path):
    uploads = tmp_path / "uploads"
    uploads.mkdir()
    (uploads / "u.png").write_bytes(b"png")
    mounts = Mounts([("/static/", str(folder)), ("/static/uploads/", str(uploads))])
    reply = mounts.reply("GET", b"/static/uploads/u.png", lambda _: "")
    assert b"".join(reply.pieces()) == b"png"
    reply.close()


def test_head_has_the_headers_alone(folder):
    status, headers, body = ask(folder, "/static/css/a.css", "HEAD")
    assert (status, headers["Content-Length"], body) == (200, "10", b"")


def test_what_the_client_has_is_not_sent_again(folder):
    _, headers, _ = ask(folder, "/static/css/a.css")
    tag, changed = headers["ETag"], headers["Last-Modified"]
    assert ask(folder, "/static/css/a.css", if_none_match=tag)[0] == 304
    assert ask(folder, "/static/css/a.css", if_none_match=f'"x", W/{tag}')[0] == 304
    assert ask(folder, "/static/css/a.css", if_modified_since=changed)[0] == 304
    assert ask(folder, "/static/css/a.css", if_none_match='"other"', if_modified_since=changed)[0] == 200


def test_an_older_file_after_a_rollback_is_sent(folder):
    assert ask(folder, "/static/css/a.css", if_modified_since="Fri, 01 Jan 2100 00:00:00 GMT")[0] == 200


@pytest.mark.parametrize(
    ("wanted", "status", "body"),
    [("bytes=2-4", 206, b"234"), ("bytes=7-", 206, b"789"), ("bytes=-3", 206, b"789"), ("bytes=0-99", 206, ALL),
     ("bytes=-99", 206, ALL), ("bytes=10-", 416, b""), ("bytes=-0", 416, b""), ("bytes=4-2", 200, ALL),
     ("bytes=0-1,3-4", 200, ALL), ("lines=0-1", 200, ALL), ("bytes=-", 200, ALL)],
)  # fmt: skip
def test_a_range_is_answered_by_its_bytes(folder, wanted, status, body):
    answer = ask(folder, "/static/css/a.css", range=wanted)
    assert (answer[0], answer[2]) == (status, body)
    if status == 206:
        assert answer[1]["Content-Length"] == str(len(body))
        assert answer[1]["Content-Range"].endswith("/10")
    if status == 416:
        assert answer[1]["Content-Range"] == "bytes */10"


def test_a_range_of_another_version_is_the_whole(folder):
    tag = ask(folder, "/static/css/a.css")[1]["ETag"]
    assert ask(folder, "/static/css/a.css", range="bytes=0-1", if_range=tag)[0] == 206
    assert ask(folder, "/static/css/a.css", range="bytes=0-1", if_range='"old"')[0] == 200


def test_a_name_that_says_its_content_is_kept_for_ever(folder):
    assert "immutable" in ask(folder, "/static/app.0123456789ab.js")[1]["Cache-Control"]


def test_the_compressed_form_that_a_release_brings_is_sent_to_who_takes_it(folder):
    packed = folder / "css" / "a.css.gz"
    packed.write_bytes(b"packed")
    packed.chmod(0o444)
    _, headers, body = ask(folder, "/static/css/a.css", accept_encoding="br;q=1.0, gzip")
    assert (headers["Content-Encoding"], body, headers["Content-Type"]) == (
        "gzip",
        b"packed",
        "text/css; charset=utf-8",
    )
    assert ask(folder, "/static/css/a.css", accept_encoding="gzip;q=0")[2] == b"0123456789"
    assert ask(folder, "/static/css/a.css.gz")[1]["Content-Type"] == "application/gzip"


def test_a_compressed_form_that_may_be_somebody_s_upload_is_not(folder):
    (folder / "css" / "a.css.gz").write_bytes(b"another's")
    assert ask(folder, "/static/css/a.css", accept_encoding="gzip")[2] == b"0123456789"


def test_an_empty_file_is_empty(folder):
    assert ask(folder, "/static/empty.txt")[::2] == (200, b"")


def test_a_file_that_is_cut_short_breaks_off(folder):
    (folder / "long").write_bytes(b"x" * (PIECE + 1))
    reply = Mounts([("/static/", str(folder))]).reply("GET", b"/static/long", lambda _: "")
    os.truncate(folder / "long", 10)
    with pytest.raises(OSError, match="cut short"):
        list(reply.pieces())
    reply.close()
