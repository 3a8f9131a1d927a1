"""What Sigstore's program is asked, where a job has an identity. The program itself isn't run: nothing here has one."""

import asyncio

import pytest

from ecluse.loop.release.attest.identity import bundle_of, signed_by_identity
from ecluse.model.problem import ProblemError
from ecluse.ports.commands import Finished
from ecluse.testing.world import MemoryWorld

STATEMENT = {"predicateType": "https://slsa.dev/provenance/v1", "predicate": {"a": 1}}


class Box:
    async def program(self, tool, name="", say=None):
        from pathlib import Path

        return Path(f"/tools/{tool}")


@pytest.fixture
def memory(tmp_path):
    return MemoryWorld(tmp_path, toolbox=Box())


def sign(memory, file):
    return asyncio.run(signed_by_identity(STATEMENT, [file], memory.world))


def test_a_job_s_identity_signs_each_file(memory, tmp_path):
    file = tmp_path / "shop-1.0.tar.gz"
    file.touch()
    memory.env = {"ACTIONS_ID_TOKEN_REQUEST_TOKEN": "open sesame", "PATH": "/bin", "OTHER": "1"}

    def answer(_):
        bundle_of(file).touch()
        return Finished(exit_code=0)

    memory.commands.script("/tools/sigstore", answer=answer)
    assert sign(memory, file) == (tmp_path / "shop-1.0.tar.gz.sigstore.json",)
    (ran,) = memory.commands.ran
    assert ran.argv[:6] == (
        "/tools/sigstore", "attest", "--predicate", str(tmp_path / "predicate.json"), "--predicate-type",
        "https://slsa.dev/provenance/v1",
    )  # fmt: skip
    assert "open sesame" not in ran.argv
    assert (ran.secrets, "OTHER" in ran.env) == (("open sesame",), False)


def test_without_one_it_is_left_out_and_said(memory, tmp_path):
    assert sign(memory, tmp_path / "x") == ()
    assert memory.commands.ran == []
    assert any("no identity here" in str(told) for told in memory.reporter.heard)


def test_a_refusal_stops_the_release(memory, tmp_path):
    memory.env = {"SIGSTORE_ID_TOKEN": "open sesame"}
    memory.commands.script("/tools/sigstore", answer=Finished(exit_code=1, output="no certificate"))
    with pytest.raises(ProblemError) as caught:
        sign(memory, tmp_path / "x")
    assert (caught.value.problems[0].code, caught.value.problems[0].evidence) == ("R043", ("no certificate",))


def test_why_it_was_refused_is_not_pushed_out_by_advice(memory, tmp_path):
    """As sigstore 4.5 says it without a network; narrower it breaks each line into six."""
    memory.env = {"SIGSTORE_ID_TOKEN": "open sesame"}
    said = (
        *(f"  WARNING  Retrying (Retry(total={left})) after connection broken by  pool.py:874" for left in (2, 1, 0)),
        "           ERROR    Failed to refresh TUF metadata.      errors.py:42", " ",
        "        Please check any Sigstore instance related arguments.", " ",
        "        For detailed error information, run sigstore with the `--verbose` flag.",
    )  # fmt: skip
    memory.commands.script("/tools/sigstore", answer=Finished(exit_code=1, output="\n".join(said)))
    with pytest.raises(ProblemError) as caught:
        sign(memory, tmp_path / "x")
    evidence = caught.value.problems[0].evidence
    assert evidence[0] == "WARNING Retrying (Retry(total=2)) after connection broken by pool.py:874"
    assert int(memory.commands.ran[0].env["COLUMNS"]) >= 400
