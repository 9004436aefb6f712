# SPDX-License-Identifier: GPL-3.0-or-later
# Runs made by hand, and pages opened in a headless browser, for tests of the report.

# stage_of DIR STAGE: stage.json for the row files that lie in DIR, vouching for them.
stage_of() {
    local m
    {
        printf '{"key": "k", "provenance": {"stage": "%s", "stage_version": 1}, "results": {}, "rows": {}, "sha256": {' "$2"
        for m in "$1"/*.json; do
            case $m in */stage.json) continue ;; esac
            printf '"%s": "%s", ' "$(basename "$m" .json)" "$(sed -n 's/.*"sha256": "\([0-9a-f]*\)".*/\1/p' "$m")"
        done
        printf '"-": "-"}}\n'
    } >"$1/stage.json"
}

# finished DIR: results.json of a run that ended well.
finished() {
    printf '{"run_id": "hand", "as_of": "2026-06-30", "status": "done", "program": "relsogi 0.1.0", "stages": []}\n' >"$1/results.json"
}

browser() { command -v chromium || command -v chromium-browser || command -v google-chrome; }

# dom FILE [OPTION...]: the page as it stands after its scripts have run. What the browser's console says goes to
# $BATS_TEST_TMPDIR/console.
dom() {
    local file=$1
    shift
    timeout 120 "$(browser)" --headless --no-sandbox --disable-gpu --no-first-run --user-data-dir="$BATS_TEST_TMPDIR/browser" \
        --enable-logging=stderr --virtual-time-budget=4000 "$@" --dump-dom "file://$file" 2>"$BATS_TEST_TMPDIR/browser.log"
    grep CONSOLE "$BATS_TEST_TMPDIR/browser.log" >"$BATS_TEST_TMPDIR/console" || true
}

# with_script FILE OUT SCRIPT: the page without its policy and with one more script, to press its buttons.
with_script() {
    script=$3 awk '/http-equiv="Content-Security-Policy"/ { next } /^<\/body>$/ { print "<script>" ENVIRON["script"] "</script>" } { print }' \
        "$1" >"$2"
}

# table PAGE NAME: a table of the data of a page in $work/out, one JSON object a row.
table() {
    python3 - "$work/out/$1.html" "$2" <<'PY'
import json, re, sys
t = json.loads(re.search(r'id="data">(.*?)</script>', open(sys.argv[1]).read(), re.S).group(1))[sys.argv[2]]
for row in t["rows"]:
    print(json.dumps({c: t["texts"][c][v] if c in t["texts"] and v is not None else v for c, v in zip(t["columns"], row)}))
PY
}
