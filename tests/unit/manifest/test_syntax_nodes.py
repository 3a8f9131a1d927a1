"""The nodes of a module are those of ast.walk, but for contexts and operators."""

import ast
from pathlib import Path

import pytest

from ecluse.manifest.syntax import nodes_of

MUTE = (ast.expr_context, ast.operator, ast.boolop, ast.unaryop, ast.cmpop)
FILES = sorted(Path(ast.__file__).parent.glob("[a-d]*.py"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_none_is_left_out(file):
    body = ast.parse(file.read_bytes())
    wanted = [id(node) for node in ast.walk(body) if not isinstance(node, MUTE)]
    assert sorted(id(node) for node in nodes_of(body)) == sorted(wanted)
