"""`[security]`: the security gate."""

from __future__ import annotations

from typing import Literal

from ecluse.manifest.schema.key import Table, key, section
from ecluse.manifest.schema.types import ZERO, Duration, Inside, Truth
from ecluse.model.security import FAIL_AT, Scanner, SecurityPolicy

ScannerName = Literal[
    "code", "dependencies", "secrets", "licences", "dockerfile", "workflows", "terraform", "kubernetes"
]
SeverityName = Literal["low", "medium", "high", "critical"]
_DEFAULT = SecurityPolicy()


def _threshold(scanner: Scanner, what: str) -> SeverityName:
    found: SeverityName = key(f"{what}.", example="critical", default=FAIL_AT[scanner].value)
    return found


class FailAtTable(Table):
    """The least severity of a finding that stops; one below it is told."""

    code: SeverityName = _threshold(Scanner.CODE, "Of the Python code (bandit)")
    dependencies: SeverityName = _threshold(
        Scanner.DEPENDENCIES, "Of vulnerabilities; one whose severity the source doesn't tell counts as high"
    )
    secrets: SeverityName = _threshold(
        Scanner.SECRETS, "Of secrets (detect-secrets): high by a key's shape, medium by a guess"
    )
    licences: SeverityName = _threshold(Scanner.LICENCES, "Of licences, each of which is high")
    dockerfile: SeverityName = _threshold(
        Scanner.DOCKERFILE, "Of Dockerfiles (hadolint): an error is high, a warning medium"
    )
    workflows: SeverityName = _threshold(Scanner.WORKFLOWS, "Of GitHub's workflows (zizmor)")
    terraform: SeverityName = _threshold(Scanner.TERRAFORM, "Of Terraform files (checkov), each of which is medium")
    kubernetes: SeverityName = _threshold(Scanner.KUBERNETES, "Of Kubernetes files (checkov), each of which is medium")


class LicencesTable(Table):
    """The licences that packages of the bundle may have. Without `allow` and `deny` nobody looks."""

    allow: list[str] = key(
        "SPDX names that are allowed, `*` for any part; none: all that `deny` doesn't name.",
        example=["MIT", "BSD-*", "Apache-2.0"],
        default_factory=list,
    )
    deny: list[str] = key(
        "SPDX names that aren't, even if `allow` names them.", example=["AGPL-*"], default_factory=list
    )
    packages: dict[str, str] = key(
        "What a package is under whose metadata doesn't say it in a way that can be read: an SPDX expression.",
        example={"some-package": "MIT"},
        default_factory=dict,
    )


class SecurityTable(Table):
    """The security gate, a step with the name `security`. With this table, empty too, it is run by `ecluse test`, and
    before each ship and deploy. What can't be checked is no pass in any environment but `local`."""

    scanners: list[ScannerName] | None = key(
        "What is looked at; none: all that the repository has, licences where a list of them is given.",
        example=["code", "secrets"],
        default=_DEFAULT.scanners,
    )
    exclude: list[str] = key(
        "Globs of files that no scanner looks at, in the history too.",
        example=["tests/fixtures/**"],
        default_factory=list,
    )
    source: Literal["pypi", "osv", "folder"] = key(
        "Who knows the vulnerabilities of packages: PyPI's JSON interface, OSV's, or a folder of files in OSV's "
        "format, which asks nobody.",
        example="folder",
        default=_DEFAULT.source.value,
    )
    at: str = key(
        "Address of an index (`pypi`) or service (`osv`) of one's own, or the folder, beside the manifest or absolute.",
        example="/srv/advisories",
        default=_DEFAULT.at,
    )
    baseline: Inside = key(
        "File with what is accepted until a day; `ecluse security baseline` writes it.",
        example="security/baseline.toml",
        default=_DEFAULT.baseline,
    )
    history: Truth = key(
        "Whether secrets are looked for in all that was ever committed, too.", example=False, default=_DEFAULT.history
    )
    timeout: Duration = key("Time for each scanner.", example="30m", default=_DEFAULT.timeout, gt=ZERO)
    fail_at: FailAtTable = section(default_factory=FailAtTable)
    licences: LicencesTable = section(default_factory=LicencesTable)
