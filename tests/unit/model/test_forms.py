"""Every form in which a secret may be printed is masked, however the stream is cut."""

import base64
import html
import json
import re
import shlex
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.model.forms import forms_of
from ecluse.model.maskable import is_maskable
from ecluse.model.redaction import MASKED, Mask, finder_for, masked, unmaskable

AWKWARD = "p/w+ö 'x\" <&>\\~9?"
PEM = "-----BEGIN PRIVATE KEY-----\n{}\n{}\nAb+/9xQ=\n-----END PRIVATE KEY-----\n".format(
    "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj",
    "MzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dVMvDuictGeurT8jNbvJZHtCSuYEvu",
)
SECRETS = ("hunter2", "correct horse", AWKWARD, PEM)
TEXT = st.text(st.characters(exclude_categories=("Cs",)), min_size=4, max_size=40).filter(is_maskable)

WRITERS = {
    "raw": str,
    "url": lambda text: quote(text, safe=""),
    "url, lower": lambda text: re.sub("%..", lambda found: found[0].lower(), quote(text, safe="")),
    "url path": quote,
    "url form": quote_plus,
    "json": json.dumps,
    "json, unicode": lambda text: json.dumps(text, ensure_ascii=False),
    "json in json": lambda text: json.dumps(json.dumps(text, ensure_ascii=False), ensure_ascii=False),
    "python": repr,
    "python bytes": lambda text: repr(text.encode()),
    "shell": shlex.quote,
    "xml": html.escape,
    "xml text": lambda text: html.escape(text, quote=False),
    "xml, references": lambda text: html.escape(text).encode("ascii", "xmlcharrefreplace").decode(),
    "crlf": lambda text: text.replace("\n", "\r\n"),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64, url": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "base64, no padding": lambda text: base64.b64encode(text.encode()).decode().rstrip("="),
    "base64, prefix": lambda text: base64.b64encode(b"user:" + text.encode()).decode(),
    "base64, longer prefix": lambda text: base64.b64encode(b"a user:" + text.encode()).decode(),
    "base64, suffix": lambda text: base64.b64encode(text.encode() + b"@host/db").decode(),
    "base64, both": lambda text: base64.b64encode(b"user1:" + text.encode() + b"@host").decode(),
    "base64, quoted": lambda text: quote(base64.b64encode(text.encode()), safe=""),
}


def needles(secret):
    return {form.core for form in forms_of(secret)}


def streamed(mask, *pieces):
    return b"".join([*map(mask.feed, pieces), mask.rest()])


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("writer", WRITERS)
def test_no_form_is_seen_wherever_the_stream_is_cut(secret, writer):
    text = b"a line; it=" + WRITERS[writer](secret).encode() + b" and more\n"
    whole = masked(text, [secret])
    assert whole.startswith(b"a line; it=")
    assert whole.endswith(b" and more\n")
    assert MASKED in whole
    seen = {streamed(Mask([secret]), text[:at], text[at:]) for at in range(len(text))}
    seen.add(streamed(Mask([secret]), *[bytes([byte]) for byte in text]))
    assert not [(needle, shown) for needle in needles(secret) for shown in seen if needle in shown]


@given(TEXT, st.sampled_from(sorted(WRITERS)), st.binary(max_size=9), st.binary(max_size=9), st.data())
def test_any_secret_in_any_form_between_anything(secret, writer, before, after, data):
    text = before + WRITERS[writer](secret).encode() + after
    at = data.draw(st.integers(0, len(text)))
    shown = streamed(Mask([secret]), text[:at], text[at:])
    assert not any(needle in shown.replace(MASKED, b"\0") for needle in needles(secret))
    assert MASKED in shown


@given(st.lists(TEXT, min_size=1, max_size=3), st.lists(st.binary(max_size=30), max_size=6))
def test_what_holds_no_form_comes_through_as_it_was(secrets, pieces):
    whole = b"".join(pieces)
    if not finder_for(secrets).finds(whole):
        assert streamed(Mask(secrets), *pieces) == whole


@given(TEXT, st.lists(st.sampled_from([0, 1, 2, 3, 4, 5]), max_size=8))
def test_no_more_is_held_back_than_the_longest_form_and_a_byte(secret, parts):
    mask, longest = Mask([secret]), finder_for([secret]).longest
    come = gone = 0
    for part in parts:
        piece = secret.encode()[: part * 3] or b"x"
        come, gone = come + len(piece), gone + len(mask.feed(piece).replace(MASKED, b""))
        assert len(mask._held) <= longest + 1


@pytest.mark.parametrize("place", range(3))
@pytest.mark.parametrize("behind", range(4))
def test_of_a_longer_base64_text_just_the_characters_of_the_secret_are_masked(place, behind):
    text = base64.b64encode(b"U" * (6 + place) + b"swordfish" + b"~" * (6 + behind))
    shown = masked(text, ["swordfish"])
    first, last = shown.split(MASKED)
    assert text.startswith(first)
    assert text.endswith(last)
    assert len(text) - len(first) - len(last) in {12, 13, 14}


def test_each_line_of_a_key_is_masked_by_itself():
    log = "".join(f"web | {line}\n" for line in PEM.splitlines())
    assert masked(log.encode(), [PEM]).decode().splitlines() == [
        "web | -----BEGIN PRIVATE KEY-----", *["web | [secret]"] * 3, "web | -----END PRIVATE KEY-----",
    ]  # fmt: skip


@pytest.mark.parametrize("width", [64, 76])
def test_a_long_base64_text_is_masked_in_the_lines_in_which_it_is_wrapped(width):
    whole = base64.b64encode(PEM.encode())
    lines = [whole[at : at + width] for at in range(0, len(whole), width)]
    assert not masked(b"\n".join(lines), [PEM]).replace(MASKED, b"").strip(b"\n=")


@pytest.mark.parametrize("secret", ["hunter2\n", " hunter2", PEM])
def test_space_around_a_secret_is_no_part_of_it(secret):
    """A shell's `$(cat file)` takes away the end of the last line."""
    bare = secret.strip()
    assert masked(base64.b64encode(bare.encode()), [secret]).strip(b"=") == MASKED
    assert masked(bare.encode(), [secret]) == MASKED


@pytest.mark.parametrize("secret", ["    ", "abc \n", "\n\n\n\n"])
def test_space_makes_no_secret_long_enough(secret):
    assert masked(b"abc \n\n\n\n       x", [secret]) == b"abc \n\n\n\n       x"
    assert unmaskable([("NAME", secret)]) == ("NAME",)


def test_an_indented_text_masks_no_indent():
    assert masked(b"x            y", ["first line\n            \nsecond line"]) == b"x            y"


def test_overlapping_secrets_are_masked_as_one():
    assert masked(b"x abcdefghij y", ["abcdef", "defghij"]) == b"x [secret] y"
    assert streamed(Mask(["abcdef", "defghij"]), b"x abcdef", b"ghij y") == b"x [secret] y"


def test_lines_that_wait_can_be_let_go_and_the_rest_is_still_masked():
    mask = Mask([PEM])
    first, second, *rest = PEM.splitlines(keepends=True)
    assert mask.feed((first + second).encode()) == b""
    assert mask.holds_lines
    assert mask.lines() == b"-----BEGIN PRIVATE KEY-----\n[secret]\n"
    assert not mask.holds_lines
    shown = mask.feed("".join(rest).encode()) + mask.rest()
    assert shown == b"[secret]\n[secret]\n-----END PRIVATE KEY-----\n"


def test_a_secret_that_is_too_short_is_named_and_leaves_all_as_it_is():
    assert unmaskable([("PIN", "1"), ("EMPTY", ""), ("TOKEN", "hunter2"), ("PIN", "23")]) == ("PIN",)
    assert masked(b"111 of 111", ["1"]) == b"111 of 111"
    assert masked(b"1 hunter2", ["1", "hunter2"]) == b"1 [secret]"
