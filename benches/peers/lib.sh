# What benches/peers/run and benches/peers/workers share: the program, the Python packages and Chromium.
# shellcheck shell=bash
export PROGRAM=${PROGRAM:-target/dist/invoice-dev}
place=target/peers

need_program() {
    [[ -x $PROGRAM ]] || { echo "peers: build $PROGRAM first, or name another one in PROGRAM" >&2; exit 1; }
}

install_python() {
    # Not bin/pip: in a copied folder that would still install into the first one.
    [[ -x $place/bin/python ]] || python3 -m venv "$place"
    "$place/bin/python" -m pip install --quiet --disable-pip-version-check --requirement benches/peers/requirements.txt
}

find_chromium() {
    CHROMIUM=$(command -v chromium-headless-shell chromium chromium-browser | head -n 1 || true)
    if [[ -z $CHROMIUM ]] && apt-get install --yes --quiet --no-install-recommends chromium-headless-shell >"$place/apt.log" 2>&1; then
        CHROMIUM=$(command -v chromium-headless-shell)
    fi
    export CHROMIUM
}
