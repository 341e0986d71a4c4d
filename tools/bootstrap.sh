#!/bin/sh
# Makes .venv from uv.lock, with nothing but Python 3.11: tools/bootstrap.sh GROUP...  (dependency groups and extras)
# uv comes from the PATH where it is new enough, else by pip into .tools/. A stamp per set of groups makes the second
# call instant. Set PYTHON to say which Python; UV to say which uv.
set -eu
cd "$(dirname "$0")/.."

UV_VERSION=0.13.9
OLDEST_MINOR=11

fail() {
    printf '\nregulars: %s\n' "$1" >&2
    shift
    for line in "$@"; do printf '  %s\n' "$line" >&2; done
    exit 1
}

# The first Python that runs and is new enough; what was found instead goes into the message.
find_python() {
    found=""
    for candidate in ${PYTHON:-python3.11 python3 python3.12 python3.13 python3.14 python}; do
        version=$("$candidate" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null) || continue
        if "$candidate" -c "import sys; sys.exit(sys.version_info < (3, $OLDEST_MINOR))" 2>/dev/null; then
            "$candidate" -c 'import sys; print(sys.executable)'
            return
        fi
        found="$found $candidate is $version;"
    done
    fail "Python 3.$OLDEST_MINOR or later is needed, and was not found.${found:+ Found:${found%;}.}" \
        "Debian, Ubuntu: apt-get install python3.11 python3.11-venv;  macOS: brew install python@3.11" \
        "Where it lies elsewhere: make PYTHON=/path/to/python3.11 ..."
}

new_enough() {
    version=$("$1" --version 2>/dev/null | awk '{print $2}') || return 1
    [ -n "$version" ] && [ "$(printf '%s\n%s\n' "$UV_VERSION" "$version" | sort -V | head -n 1)" = "$UV_VERSION" ]
}

find_uv() {
    for candidate in "${UV:-uv}" .tools/bin/uv; do
        if new_enough "$candidate"; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    "$python" -c 'import venv, ensurepip' 2>/dev/null ||
        fail "$python cannot make virtual environments: its modules venv and ensurepip are missing." \
            "Debian, Ubuntu: apt-get install python3-venv"
    echo "regulars: putting uv $UV_VERSION into .tools/" >&2
    rm -rf .tools && mkdir .tools && echo "*" >.tools/.gitignore
    "$python" -m venv .tools >&2 || fail "$python could not make a virtual environment in .tools/ (see above)."
    .tools/bin/python -m pip install --quiet --disable-pip-version-check --no-input "uv==$UV_VERSION" >&2 ||
        fail "uv could not be installed (see above): is there a network?" \
            "Behind a proxy: set https_proxy;  with a mirror of PyPI: set PIP_INDEX_URL and UV_DEFAULT_INDEX" \
            "With uv $UV_VERSION or later from elsewhere: make UV=/path/to/uv ..."
    printf '%s\n' .tools/bin/uv
}

groups=$(printf '%s\n' "$@" | LC_ALL=C sort -u | tr '\n' ' ')
stamp=".venv/.made-with-$(printf '%s' "$groups" | tr ' ' '_')stamp"
key="$(pwd) $(cksum <uv.lock) $(cksum <pyproject.toml) ${PYTHON:-}"
[ -x .venv/bin/python ] && [ "$(cat "$stamp" 2>/dev/null)" = "$key" ] && exit 0

options=""
for group in $groups; do
    case $group in
        dask | postgres | spark) options="$options --extra $group" ;;
        *) options="$options --group $group" ;;
    esac
done
# `--inexact` keeps what another target installed; an extra follows the lock once it is there.
for extra in distributed:dask psycopg:postgres pyspark:spark; do
    if ls -d .venv/lib/python3.*/site-packages/"${extra%:*}" >/dev/null 2>&1; then options="$options --extra ${extra#*:}"; fi
done

if [ -z "${PYTHON:-}" ] && [ -x .venv/bin/python ]; then PYTHON=.venv/bin/python; fi
python=$(find_python)
uv=$(find_uv)
unset VIRTUAL_ENV CONDA_PREFIX
# shellcheck disable=SC2086 # options are words
UV_PROJECT_ENVIRONMENT=.venv UV_PYTHON="$python" \
    "$uv" sync --locked --inexact $options ||
    fail "the environment .venv could not be made (see above)." \
        "The first time needs a network (PyPI); behind a proxy: set https_proxy;  with a mirror: set UV_DEFAULT_INDEX" \
        "Where uv.lock is out of date: uv lock"
printf '%s\n' "$key" >"$stamp"
