import pytest

from ecluse.loop.security.licences import is_allowed, judged, licensed
from ecluse.loop.security.packages import headers
from ecluse.model.finding import Finding, Unchecked
from ecluse.model.package import Package
from ecluse.model.security import SecurityPolicy

PACKAGE = Package.of("Some_Package", "1.0")


def under(metadata, **policy):
    asked = SecurityPolicy(**policy)
    return judged(licensed(PACKAGE, headers(metadata.encode()), asked), asked)


@pytest.mark.parametrize(
    ("expression", "allow", "deny", "answer"),
    [
        ("MIT", (), (), True),
        ("MIT", ("MIT",), (), True),
        ("mit", ("MIT",), (), True),
        ("MIT", ("Apache-2.0",), (), False),
        ("AGPL-3.0-only", (), ("AGPL-*",), False),
        ("GPL-3.0-only", (), ("AGPL-*",), True),
        ("LGPL-3.0-only", (), ("GPL-*",), True),
        ("MIT OR GPL-2.0-only", (), ("GPL-*",), True),
        ("MIT AND GPL-2.0-only", (), ("GPL-*",), False),
        ("(MIT OR GPL-2.0-only) AND BSD-3-Clause", ("MIT", "BSD-*"), (), True),
        ("MIT AND (GPL-2.0-only OR GPL-3.0-only)", (), ("GPL-*",), False),
        ("GPL-2.0-only WITH Classpath-exception-2.0", (), ("GPL-*",), False),
        ("GPL-2.0-only WITH Classpath-exception-2.0", ("GPL-2.0-only WITH Classpath-*",), (), True),
        ("MIT", ("MIT",), ("MIT",), False),
    ],
)
def test_expressions(expression, allow, deny, answer):
    assert is_allowed(expression, allow, deny) is answer


@pytest.mark.parametrize("text", ["", "MIT OR", "(MIT", "MIT)", "AND", "MIT MIT", "MIT WITH", "()"])
def test_what_is_no_expression(text):
    with pytest.raises(ValueError, match="licences"):
        is_allowed(text, (), ())


@pytest.mark.parametrize(
    "metadata",
    [
        "License-Expression: MIT\nLicense: something else\n",
        "License: MIT License\n",
        "License: MIT\nClassifier: License :: OSI Approved\n",
        "License: UNKNOWN\nClassifier: License :: OSI Approved :: MIT License\n",
        "Name: x\nClassifier: Programming Language :: Python\nClassifier: License :: OSI Approved :: MIT License\n",
    ],
)
def test_where_a_licence_is_found(metadata):
    assert under(metadata, allow=("MIT",)) is None
    found = under(metadata, deny=("MIT",))
    assert isinstance(found, Finding)
    assert found.place == "some-package"
    assert "some-package 1.0 is under MIT" in found.message


@pytest.mark.parametrize(
    "metadata",
    [
        "", "License: Whatever\n", "License-Expression: MIT OR\n", "License: " + "x" * 99,
        "Classifier: License :: OSI Approved :: MIT License\nClassifier: License :: Other/Proprietary License\n",
        "License: MIT\nClassifier: License :: Free for non-commercial use\n",
    ],
)  # fmt: skip
def test_what_cannot_be_told_is_not_checked_with_either_list(metadata):
    assert isinstance(under(metadata, allow=("MIT",)), Unchecked)
    assert isinstance(under(metadata, deny=("AGPL-*",)), Unchecked)


def test_the_manifest_may_say_it():
    assert under("", deny=("AGPL-*",), licences={"some-package": "MIT"}) is None
