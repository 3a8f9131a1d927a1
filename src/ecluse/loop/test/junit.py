"""Reading JUnit XML, as pytest, unittest runners and others write it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from xml.parsers import expat

from ecluse.model.values import frozen

LARGEST = 256 * 1024 * 1024


SET_UP = ("collection failure", "failed on setup with", "failed on teardown with")
"""How pytest begins where no test failed, but what stands around it."""


class UnreadableReportError(Exception):
    """The report isn't JUnit XML; the message says why."""


@frozen
class TestReport:
    """What a test run says it did. Names are canonical (`canonical`)."""

    executed: int = 0
    passed: frozenset[str] = frozenset()
    skipped: int = 0
    failed: Mapping[str, str] = field(default_factory=dict)
    """Name to the first line of why."""

    __test__ = False  # for pytest, which would collect it


def canonical(name: str) -> str:
    """One spelling for a test: `tests/test_a.py::TestB::test_c[1/2]` is `tests.test_a.TestB.test_c[1/2]`."""
    plain, bracket, parameters = name.partition("[")
    return plain.replace(".py::", ".").replace("::", ".").replace("/", ".").lstrip(".") + bracket + parameters


def parse_junit(data: bytes, masked: Callable[[str], str] = str) -> TestReport:
    """`masked` is asked for what may be shown of a failure, before it is cut. Raises UnreadableReportError. A document
    type is refused: entities could grow without bound."""
    if len(data) > LARGEST:
        raise UnreadableReportError("it is too large")
    reading = _Reading(masked)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reading.start
    parser.EndElementHandler = reading.end
    parser.CharacterDataHandler = reading.text
    parser.StartDoctypeDeclHandler = _refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise UnreadableReportError(f"not XML: {error}") from error
    if not reading.is_junit:
        raise UnreadableReportError("XML, but not a JUnit report")
    return TestReport(
        executed=reading.executed, passed=frozenset(reading.passed), skipped=reading.skipped, failed=reading.failed
    )


def together(reports: Iterable[TestReport]) -> TestReport:
    """One suite that was reported in several files."""
    found = tuple(reports)
    return TestReport(
        executed=sum(report.executed for report in found),
        passed=frozenset().union(*(report.passed for report in found)),
        skipped=sum(report.skipped for report in found),
        failed={name: why for report in found for name, why in report.failed.items()},
    )


def _refuse(*_: object) -> None:
    raise UnreadableReportError("it declares a document type, which no JUnit report does")


class _Reading:
    def __init__(self, masked: Callable[[str], str]) -> None:
        self._masked = masked
        self.is_junit = False
        self.passed: set[str] = set()
        self.executed = 0
        self.skipped = 0
        self.failed: dict[str, str] = {}
        self._case: str | None = None
        self._ended = "passed"
        self._why: list[str] = []
        self._in_failure = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag in {"testsuite", "testsuites"}:
            self.is_junit = True
        elif tag == "testcase":
            self._case = _case_name(attributes)
            self._ended, self._why = "passed", []
        elif tag in {"failure", "error"} and self._case is not None:
            self._ended = "failed"
            self._in_failure = True
            self._why += [attributes.get("message", "")]
        elif tag == "skipped" and self._case is not None and self._ended == "passed":
            self._ended = "skipped"

    def text(self, text: str) -> None:
        if self._in_failure:
            self._why.append(text)

    def end(self, tag: str) -> None:
        if tag in {"failure", "error"}:
            self._in_failure = False
        if tag != "testcase" or self._case is None:
            return
        self.executed += self._ended != "skipped"
        if self._ended == "failed":
            self.failed[self._case] = _reason(self._masked("\n".join(self._why)))
        elif self._ended == "skipped":
            self.skipped += 1
        else:
            self.passed.add(self._case)
        self._case = None


def _case_name(attributes: Mapping[str, str]) -> str:
    return canonical(".".join(filter(None, [attributes.get("classname"), attributes.get("name")])))


def _reason(text: str) -> str:
    """The first line; of what pytest could not import or set up, the error's own, which is the last one marked so."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    marked = [line.removeprefix("E ").strip() for line in lines if line.startswith("E ")]
    told = marked[-1:] if lines and lines[0].startswith(SET_UP) and marked else lines
    return next(iter(told), "")[:300]
