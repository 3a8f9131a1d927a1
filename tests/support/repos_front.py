"""A Flask app whose script is made by esbuild from a committed package.json, with a real lock."""

import json

APP = """\
import json
from pathlib import Path

from flask import Flask

app = Flask(__name__)


@app.route("/")
def page():
    built = json.loads((Path(__file__).parent / "static" / "dist" / "meta.json").read_text())["outputs"]
    names = sorted(name for name in built if name.endswith(".js"))
    return "".join(f"<script src='/{name}'></script>" for name in names)


@app.route("/status")
def status():
    return "ok"
"""
ESBUILD = "0.25.0"
BUILD = "esbuild src/app.js --bundle --outdir=static/dist --entry-names=[name]-[hash] --metafile=static/dist/meta.json"
PACKAGE = {"name": "shop", "version": "1.0.0", "private": True, "scripts": {"build": BUILD, "lint": "eslint ."},
           "devDependencies": {"esbuild": ESBUILD}, "engines": {"node": ">=16"}}  # fmt: skip
FILES = {
    "app.py": APP,
    "requirements.txt": "flask==3.1.0\n",
    "package.json": json.dumps(PACKAGE, indent=2),
    "src/app.js": "import { name } from './name.js'\nconsole.log(`hello ${name}`)\n",
    "src/name.js": "export const name = 'world'\n",
    "static/dist/.gitkeep": "",
    ".gitignore": "node_modules/\nstatic/dist/*\n!static/dist/.gitkeep\n",
}
