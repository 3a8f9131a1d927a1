import pytest

from ecluse.loop.security.looking import looked_at, uncovered
from ecluse.loop.security.programs import _fault
from ecluse.model.security import Scanner, SecurityPolicy

DEPLOYMENT = "apiVersion: apps/v1\nkind: Deployment\n"
FILES = {
    "app.py": "", "gui.pyw": "", "README.md": "",
    "bin/tool": "#!/usr/bin/env python3\n", "bin/run": "#!/bin/sh\npython",
    "Dockerfile": "", "docker/Dockerfile.prod": "", "worker.Dockerfile": "", "Containerfile": "",
    "docs/Dockerfile.md.txt/x": "", ".dockerignore": "", "Dockerfile.dockerignore": "", "MyDockerfile.txt": "",
    "Dockerfile-dev": "", "Dockerfile_notes.md": "",
    ".github/workflows/ci.yml": "on: push", ".github/dependabot.yml": "", "actions/x/action.yaml": "",
    ".github/workflows/README.md": "", "infra/main.tf": "", "infra/x.tf.json": "", "terraform.tfvars": "",
    "k8s/web.yaml": DEPLOYMENT, "k8s/two.yml": "---\na: b\n---\nkind: Service\nmetadata: x\napiVersion: v1\n",
    "values.yaml": "kind: none\n", "compose.yml": "services: {}\n", "package-lock.json": "{}",
}  # fmt: skip
DOCKERFILES = {"Dockerfile", "docker/Dockerfile.prod", "worker.Dockerfile", "Containerfile", "Dockerfile-dev"}


@pytest.mark.parametrize(
    ("scanner", "expected"),
    [
        (Scanner.CODE, {"app.py", "gui.pyw", "bin/tool"}),
        (Scanner.SECRETS, set(FILES)),
        (Scanner.DOCKERFILE, DOCKERFILES),
        (Scanner.WORKFLOWS, {".github/workflows/ci.yml", ".github/dependabot.yml", "actions/x/action.yaml"}),
        (Scanner.TERRAFORM, {"infra/main.tf", "infra/x.tf.json"}),
        (Scanner.KUBERNETES, {"k8s/web.yaml", "k8s/two.yml"}),
        (Scanner.DEPENDENCIES, {"*"}),
        (Scanner.LICENCES, set()),
    ],
)
def test_what_is_for_whom(scanner, expected):
    assert set(looked_at(scanner, FILES, FILES.get, SecurityPolicy())) == expected


def test_licences_are_looked_at_where_there_is_a_list():
    assert looked_at(Scanner.LICENCES, FILES, FILES.get, SecurityPolicy(deny=("AGPL-*",))) == ("*",)


def test_what_no_scanner_looks_at_is_said():
    assert uncovered(["app.py", "web/package-lock.json"]) == ("not looked at: npm packages (web/package-lock.json)",)


POD = "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: IMAGE}]}\n"
ALERT = 'apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nspec: {summary: "{{ $labels.job }} is down"}\n'
BOARD = 'apiVersion: v1\nkind: ConfigMap\ndata:\n  board.json: |\n    {"legend": "{{job}}"}\n'


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (POD, ""),
        (ALERT, ""),
        (f"{BOARD}---\n{POD}", ""),
        (POD.replace("IMAGE", '"{{ .Values.image }}"'), "template"),
        (POD.replace("IMAGE", "{{ .Values.image }}"), "template"),
        (f"{{{{- if .Values.on }}}}\n{POD}{{{{- end }}}}\n", "template"),
        (f"{ALERT}---\n{POD.replace('IMAGE', chr(34) + '{{ image }}' + chr(34))}", "template"),
        (POD + "  : [", "can't be parsed"),
    ],
)
def test_a_manifest_with_braces_is_a_template_where_they_are_for_who_renders_it(text, why):
    fault = _fault(text)
    assert why in fault if why else not fault
