"""A front end that must be built, and those that need not."""

import json

import pytest

from ecluse.manifest.detect import detect
from ecluse.manifest.detect.facts import Kind, every, values
from ecluse.manifest.detect.tree import Tree

APP = {"app.py": "from flask import Flask\napp = Flask(__name__)\n"}


def package(build, **more):
    return json.dumps({"scripts": {"build": build}, "devDependencies": {"x": "1"}, **more})


def found(files):
    facts = detect(Tree.of({**APP, **files}))
    return [(fact.folder, fact.value, fact.label) for fact in every(facts, Kind.FRONTEND)], values(facts, Kind.BUILT)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"package-lock.json": ""}, ("npm run build", "npm ci")),
        ({"pnpm-lock.yaml": ""}, ("pnpm run build", "pnpm install --frozen-lockfile")),
        ({"yarn.lock": ""}, ("yarn run build", "yarn install --frozen-lockfile")),
        ({"yarn.lock": "", ".yarnrc.yml": ""}, ("yarn run build", "yarn install --immutable")),
        ({"bun.lock": ""}, ("bun run build", "bun install --frozen-lockfile")),
        ({}, ("npm run build", "npm install")),
        ({"package.json": package("make", packageManager="pnpm@9.1.0")}, ("pnpm run build", "pnpm install")),
        ({"package.json": '{"scripts": {"build": "make"}}'}, ("npm run build", "")),
    ],
)
def test_the_lock_says_which_tool_builds(files, expected):
    assert found({"package.json": package("make"), **files})[0] == [(".", *expected)]


@pytest.mark.parametrize(
    "text",
    ["{", "[]", '{"scripts": {"lint": "eslint ."}}', package("eslint ."), package("echo nothing"),
     '{"scripts": "build"}', '{"scripts": {"build": 1}}'],
)  # fmt: skip
def test_what_builds_nothing_is_none(text):
    assert found({"package.json": text}) == ([], ())


@pytest.mark.parametrize(
    ("files", "outputs"),
    [
        ({"package.json": package("esbuild a.js --outfile=static/app.js")}, ("static/app.js",)),
        ({"package.json": package("tailwindcss -i in.css -o static/app.css --minify")}, ("static/app.css",)),
        ({"package.json": package("vite build")}, ("dist",)),
        ({"package.json": package("vite build"), "vite.config.js": "build: { outDir: './a/dist' }"}, ("a/dist",)),
        ({"package.json": package("webpack"), "webpack.config.js":
          "output: { path: path.resolve(__dirname, 'shop', 'static') }"}, ("shop/static",)),
        ({"package.json": package("node build.js")}, ()),
        ({"package.json": package("esbuild a.js --outdir=../elsewhere")}, ()),
    ],
)  # fmt: skip
def test_what_is_written_is_read_from_script_and_settings(files, outputs):
    assert found(files)[1] == outputs


def test_what_is_committed_is_not_built_again():
    files = {"package.json": package("esbuild a.js --outdir=static/dist"), "static/dist/a.js": ""}
    assert found(files) == ([], ())


def test_a_placeholder_is_no_built_file():
    files = {"package.json": package("esbuild a.js --outdir=static/dist"), "static/dist/.gitkeep": ""}
    assert found(files)[1] == ("static/dist",)


def test_a_front_end_beside_the_app_is_the_app_s_if_that_names_it():
    files = {"frontend/package.json": package("vite build")}
    assert found(files)[0] == []
    named = {**files, "app.py": APP["app.py"] + "DIST = ROOT / 'frontend' / 'dist'\n"}
    assert found(named)[0][0][0] == "frontend"
    image = {
        **files,
        "Dockerfile": "FROM node AS f\nRUN npm run build\nCOPY --from=f /app/frontend/dist d\n",
    }
    assert found(image)[0][0][0] == "frontend"
    assert found(image)[1] == ("frontend/dist",)


def test_versions_of_node_are_read_where_they_stand():
    files = {"package.json": package("make", engines={"node": ">=18 <21"}), ".nvmrc": "v20.11.1\n"}
    assert values(detect(Tree.of({**APP, **files})), Kind.NODE) == (">=18 <21", "20")
