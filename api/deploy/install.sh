#!/bin/sh
# Installs a bundle that gather.sh made, without any network:
#
#     sh BUNDLE/install.sh /opt/qa-engine
#
# Models go to /opt/qa-engine/models: start with QA_ENGINE_CACHE=/opt/qa-engine/models. Run again with
# a newer bundle to upgrade. EXTRAS as when it was gathered; PYTHON names the interpreter.
set -eu

[ $# -eq 1 ] || { echo "usage: install.sh FOLDER" >&2; exit 2; }
bundle=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3}
where=$1

(cd "$bundle" && sha256sum --quiet -c SHA256SUMS) || {
    echo "$bundle: was damaged on its way; copy it again" >&2
    exit 1
}
made_for=$(cat "$bundle/MADE_FOR")
here=$("$python" -c 'import platform as p; print(*p.python_version_tuple()[:2], p.system(), p.machine())')
[ "$made_for" = "$here" ] || {
    echo "$bundle: was gathered for Python $made_for, this machine has $here;" \
        "gather it with that one, or set PYTHON" >&2
    exit 2
}

"$python" -m venv "$where"
from_bundle() { "$where/bin/pip" install -q --no-index --find-links "$bundle/wheels" "$@"; }
# The bundle's own, also where what is installed has the same version: pip would leave that as it is.
from_bundle --force-reinstall --no-deps qa-engine
from_bundle --upgrade "qa-engine${EXTRAS:+[$EXTRAS]}"
if [ -d "$bundle/models" ]; then
    mkdir -p "$where/models"
    cp -R "$bundle/models/." "$where/models/"
fi
"$where/bin/qa-engine" --help > /dev/null
echo "$where/bin/qa-engine is installed"
