#!/bin/sh
# Compare every locked package with published advisories. Needs a network that reaches an advisory
# service; without one it says so and exits 2: nothing was audited then.
set -eu

venv=build/audit-venv
if [ ! -x "$venv/bin/pip-audit" ]; then
    "${PYTHON:-python3}" -m venv --clear "$venv"
    "$venv/bin/python" -m pip --disable-pip-version-check install --quiet pip-audit || {
        echo "pip-audit cannot be installed here; nothing was audited." >&2
        exit 2
    }
fi

found=0
for lock in requirements.txt requirements-deploy.txt requirements-dev.txt; do
    echo "== $lock"
    # Every pin is locked with hashes, so nothing needs to be resolved or downloaded.
    "$venv/bin/pip-audit" --disable-pip --require-hashes --progress-spinner off -r "$lock" || found=1
done
exit $found
