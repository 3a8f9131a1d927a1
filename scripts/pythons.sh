# Shared by the scripts that run tests on other Pythons. Source it from the repository's root.
uv=.venv/bin/uv

find_python() { # 3.12 -> the path of such an interpreter, on PATH or among those of a version manager; else nothing
    for candidate in "$(command -v "python$1" || true)" "${PYENV_ROOT:-$HOME/.pyenv}/versions/$1".*/bin/python; do
        if [ -x "$candidate" ] && "$candidate" -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$1')" 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
}

prepare() { # venv, interpreter, lock
    if [ "$1/.tools" -nt "$3" ]; then return; fi
    eval "$(python3 scripts/uv_settings.py)"
    unset UV_CONSTRAINT
    "$uv" venv --quiet --clear --python "$2" "$1"
    "$uv" pip sync --quiet --python "$1/bin/python" --require-hashes --compile-bytecode "$3"
    touch "$1/.tools"
}
