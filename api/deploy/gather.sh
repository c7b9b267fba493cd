#!/bin/sh
# Gathers what an installation without internet needs, on a machine that has it:
#
#     sh api/deploy/gather.sh BUNDLE [MODEL …]        # models: see `qa-engine models list`
#
# Then carry the folder BUNDLE over and run `sh BUNDLE/install.sh /opt/qa-engine` there. Both machines
# need the same Python version, processor and kind of system: wheels are made for them.
# EXTRAS=postgres,oidc takes those in; PYTHON names the interpreter.
set -eu

[ $# -ge 1 ] || { echo "usage: gather.sh BUNDLE [MODEL …]" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
source=${SOURCE:-$(cd "$here/../.." && pwd)}
python=${PYTHON:-python3}
bundle=$1
shift
[ ! -e "$bundle" ] || { echo "$bundle: is there already; name a new folder" >&2; exit 2; }
mkdir -p "$bundle/wheels"
bundle=$(cd "$bundle" && pwd)
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT

"$python" -m venv "$tools"
"$tools/bin/pip" wheel -q -w "$bundle/wheels" "$source${EXTRAS:+[$EXTRAS]}"
if [ $# -gt 0 ]; then
    "$tools/bin/pip" install -q --no-index --find-links "$bundle/wheels" qa-engine
    for model in "$@"; do
        QA_ENGINE_CACHE="$bundle/models" "$tools/bin/qa-engine" models pull "$model"
    done
fi
cp "$here/install.sh" "$bundle/"
"$python" -c 'import platform as p; print(*p.python_version_tuple()[:2], p.system(), p.machine())' \
    > "$bundle/MADE_FOR"
(cd "$bundle" && find . -type f ! -name SHA256SUMS -exec sha256sum {} + > SHA256SUMS)
echo "$bundle: $(ls "$bundle/wheels" | wc -l) wheels, $(du -sh "$bundle" | cut -f1)"
