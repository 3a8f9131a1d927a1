"""What holds for every test."""

import os

import hypothesis
import pytest

hypothesis.settings.register_profile("untimed", parent=hypothesis.settings(), deadline=None)
hypothesis.settings.load_profile("untimed")
"""As it would be (Hypothesis has a profile for CI), but for time: how long an example takes says nothing here."""

LACKING = "ECLUSE_TESTS_LACKING"
"""`fail`: what a machine lacks is a failure, not a skip (.ci/run)."""


def pytest_collection_modifyitems(items):
    """Stories, which take longest, first: what is left at the end should be short."""
    items.sort(key=lambda item: "story" not in item.path.parts)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.skipped and os.environ.get(LACKING) == "fail" and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, but this machine should lack nothing: {report.longrepr}"
    return report
