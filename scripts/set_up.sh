#!/bin/sh
# Make an environment and install the locked packages and gapwise itself into it.
# Usage: set_up.sh requirements.txt [.venv]
# PYTHON names an interpreter; otherwise the first Python >= 3.11 that runs is taken.
set -eu

requirements=$1
venv=${2:-.venv}
is_usable='import sys; sys.exit(sys.version_info < (3, 11))'

find_python() {
    for candidate in ${PYTHON:-python3.13 python3.12 python3.11 python3 python}; do
        if "$candidate" -c "$is_usable" >/dev/null 2>&1; then
            echo "$candidate"
            return
        fi
    done
    found=$("${PYTHON:-python3}" --version 2>/dev/null || true)
    echo "gapwise needs Python 3.11 or later; ${PYTHON:-python3} is: ${found:-not there}." >&2
    echo "Install one (Debian and Ubuntu: apt-get install python3.11 python3.11-venv;" >&2
    echo "macOS: brew install python@3.12), or name one: make nightly PYTHON=/path/to/python3.12" >&2
    exit 2
}

make_venv() {
    python=$(find_python)
    if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        echo "$python cannot make virtual environments: its venv or ensurepip module is missing." >&2
        echo "On Debian and Ubuntu: apt-get install python$version-venv" >&2
        exit 2
    fi
    echo "Setting up $venv with $("$python" --version); the first time takes a few minutes."
    "$python" -m venv --clear "$venv"
    pwd >"$venv/made-in"
}

# One whose interpreter has gone or is too old, or that was moved (its scripts name their old
# place), is made anew; one that is only linked to belongs to somebody else and is never cleared.
is_moved() {
    [ ! -L "$venv" ] && [ -f "$venv/made-in" ] && [ "$(cat "$venv/made-in")" != "$(pwd)" ]
}
if is_moved || ! "$venv/bin/python" -c "$is_usable" >/dev/null 2>&1; then
    make_venv
fi

# The user's own pip settings (mirrors, certificates, proxies) are honoured; hashes decide what is
# installed. A reader needs no list of 130 packages, but does need the words of an error.
quiet_pip() {
    "$venv/bin/python" -m pip --disable-pip-version-check install --quiet --compile "$@"
}
quiet_pip --require-hashes -r "$requirements"
# setuptools is in the lock, so that this step asks the network for nothing.
quiet_pip --no-deps --no-build-isolation --editable .

# What the first night would otherwise wait for: bytecode of gapwise itself, and the parsed dbt project.
"$venv/bin/python" -m compileall -q pipelines
"$venv/bin/python" -c 'from pipelines.dbt.runner import prepare; prepare()'
