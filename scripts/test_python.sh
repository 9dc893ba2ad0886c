#!/bin/sh
# Test gapwise on another Python, or with the newest versions that pyproject.toml allows, beside .venv.
# Usage: test_python.sh PYTHON locked|newest [TESTS...]
#   test_python.sh python3.13 locked              all tests of `make test`, then a night of a small company
#   test_python.sh python3.13 newest tests/unit   those tests alone, then the night
#   test_python.sh python3.13 locked none         the night alone
# Environments are made under build/pythons and kept, so that a second run is quick; delete one to have its versions
# resolved anew. What was seen is written as one row of a table into docs/reports/pythons.md; the night's marts must
# be the same on every Python (by content hash).
set -eu

usage() {
    sed -n '2,5p' "$0" >&2
    exit 2
}
[ $# -ge 2 ] || usage
python=$1
versions=$2
shift 2
[ $# -gt 0 ] || set -- tests
case "$versions" in locked | newest) ;; *) usage ;; esac

version=$("$python" -c 'import platform; print(platform.python_version())')
venv=build/pythons/$version-$versions
if [ ! -f "$venv/installed" ]; then
    "$python" -m venv --clear "$venv"
    quiet_pip() {
        "$venv/bin/python" -m pip --disable-pip-version-check install --quiet "$@"
    }
    if [ "$versions" = locked ]; then
        quiet_pip --require-hashes -r requirements-dev.txt
        quiet_pip --no-deps --no-build-isolation --editable .
    else
        quiet_pip --upgrade --upgrade-strategy eager --editable '.[dev]'
    fi
    touch "$venv/installed"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
log=build/python-$version-$versions.txt
mkdir -p build docs/reports
: >"$log"
echo "Python $version, $versions versions: tests ($*), then a night; everything is said in $log"
tests=0
said=–
if [ "$*" != none ]; then
    "$venv/bin/python" -m pytest -n 2 -p no:cacheprovider -m "not deep" \
        --basetemp="$work/tests" "$@" >>"$log" 2>&1 || tests=$?
    said=$(tail -n 1 "$log")
fi
night=0
tiny='import pathlib, sys; from pipelines.demo import write_demo_company; write_demo_company(pathlib.Path(sys.argv[1]), scale="tiny")'
"$venv/bin/python" -c "$tiny" "$work/company" >>"$log" 2>&1 &&
    "$venv/bin/python" -m pipelines.cli nightly --home "$work/company" >>"$log" 2>&1 || night=$?
"$venv/bin/python" scripts/python_report.py "$work/company" docs/reports/pythons.md \
    --versions "$versions" --tests "$*" --said "$said" --tests-exit "$tests" --night-exit "$night"
[ "$tests" -eq 0 ] && [ "$night" -eq 0 ]
