"""What is written is SARIF, whatever was found. The schema here has what the standard (2.1.0) demands of the parts
that are used."""

import json
from datetime import date
from urllib.parse import unquote_to_bytes

import jsonschema
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.loop.security.judging import judge
from ecluse.loop.security.report import documents
from ecluse.loop.security.sarif import FINGERPRINT, uri
from ecluse.model.finding import Accepted, Finding, Scan, Unchecked, numbered
from ecluse.model.security import Scanner, SecurityPolicy, Severity

TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}
URI = {"type": "string", "pattern": r"^[A-Za-z0-9\-._~%!$&'()*+,;=:@/]*$"}
SCHEMA = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["tool", "results"],
                "additionalProperties": False,
                "properties": {
                    "tool": {
                        "type": "object",
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "type": "object",
                                "required": ["name"],
                                "properties": {
                                    "rules": {
                                        "type": "array",
                                        "uniqueItems": True,
                                        "items": {"type": "object", "required": ["id"]},
                                    }
                                },
                            }
                        },
                    },
                    "automationDetails": {"type": "object"},
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "invocations": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["executionSuccessful"],
                            "properties": {
                                "executionSuccessful": {"type": "boolean"},
                                "toolExecutionNotifications": {
                                    "type": "array",
                                    "items": {
                                        "type": "object",
                                        "required": ["message"],
                                        "properties": {"message": TEXT, "level": {"enum": ["note", "error"]}},
                                    },
                                },
                            },
                        },
                    },
                    "results": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["message", "locations", "ruleId", "ruleIndex", "partialFingerprints"],
                            "properties": {
                                "message": TEXT,
                                "level": {"enum": ["none", "note", "warning", "error"]},
                                "locations": {
                                    "type": "array",
                                    "minItems": 1,
                                    "items": {
                                        "type": "object",
                                        "required": ["physicalLocation"],
                                        "properties": {
                                            "physicalLocation": {
                                                "type": "object",
                                                "required": ["artifactLocation", "region"],
                                                "properties": {
                                                    "artifactLocation": {
                                                        "type": "object",
                                                        "properties": {"uri": URI, "uriBaseId": {"type": "string"}},
                                                    },
                                                    "region": {
                                                        "type": "object",
                                                        "properties": {"startLine": {"type": "integer", "minimum": 1}},
                                                    },
                                                },
                                            }
                                        },
                                    },
                                },
                                "suppressions": {
                                    "type": "array",
                                    "items": {
                                        "type": "object",
                                        "required": ["kind"],
                                        "additionalProperties": False,
                                        "properties": {
                                            "kind": {"enum": ["inSource", "external"]},
                                            "justification": {"type": "string"},
                                        },
                                    },
                                },
                            },
                        },
                    },
                },
            },
        },
    },
}
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
TODAY = date(2030, 1, 15)
paths = st.text(min_size=1)
findings = st.builds(
    Finding,
    scanner=st.sampled_from(Scanner),
    rule=st.text(min_size=1, max_size=8),
    severity=st.sampled_from(Severity),
    message=st.text(),
    place=st.one_of(paths, st.just("caf\udce9.py")),
    line=st.integers(0, 10**6),
    anchor=st.text(),
    commit=st.sampled_from(["", "c" * 40]),
)
unchecked = st.builds(Unchecked, scanner=st.sampled_from(Scanner), why=st.text(), place=paths)


@settings(max_examples=60)
@given(st.lists(findings, max_size=8), st.lists(unchecked, max_size=3), st.sets(st.integers(0, 7)))
def test_every_judgement_is_sarif_and_nothing_is_lost(found, missed, taken):
    scans = [
        Scan(
            scanner=scanner,
            findings=numbered(one for one in found if one.scanner is scanner),
            unchecked=tuple(one for one in missed if one.scanner is scanner),
        )
        for scanner in Scanner
    ]
    every = [one for scan in scans for one in scan.findings]
    baseline = [
        Accepted(fingerprint=one.fingerprint, reason="r", who="w", until=TODAY)
        for number, one in enumerate(every)
        if number in taken
    ]
    judgement = judge(scans, SecurityPolicy(), baseline, TODAY)
    sarif = json.loads(documents(judgement, "c0ffee", "uv.lock")["security.sarif"])
    VALIDATOR.validate(sarif)
    results = [one for run in sarif["runs"] for one in run["results"]]
    assert [one["partialFingerprints"][FINGERPRINT] for one in results] == [one.fingerprint for one in every]
    for run in sarif["runs"]:
        rules = run["tool"]["driver"]["rules"]
        assert all(rules[one["ruleIndex"]]["id"] == one["ruleId"] for one in run["results"])
    suppressed = {one["partialFingerprints"][FINGERPRINT] for one in results if "suppressions" in one}
    assert suppressed == {one.fingerprint for one, _ in judgement.accepted if isinstance(one, Finding)}
    notes = sum(len(run["invocations"][0]["toolExecutionNotifications"]) for run in sarif["runs"])
    assert notes == len(missed)


def test_the_address_of_a_file_is_its_bytes():
    assert unquote_to_bytes(uri("caf\udce9 ü.py")) == b"caf\xe9 \xc3\xbc.py"


def test_what_was_not_checked_makes_the_invocation_no_success():
    silent = Scan(scanner=Scanner.DEPENDENCIES, unchecked=(Unchecked(scanner=Scanner.DEPENDENCIES, why="HTTP 404"),))
    told = documents(judge([silent], SecurityPolicy(), (), TODAY), "c0ffee", "uv.lock")["security.sarif"]
    (run,) = json.loads(told)["runs"]
    assert run["invocations"][0]["executionSuccessful"] is False
