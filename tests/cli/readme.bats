#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The README is true: every command in its ```sh blocks is run, in order, in one place.

@test "every command of the README runs" {
    source "$BATS_TEST_DIRNAME/common.bash"
    cd "$BATS_TEST_TMPDIR"
    ln -s "$top/scripts" "$top/schemas" "$top/sql" .
    mkdir build
    ln -s "$bin" build/bin
    ln -s "$(dirname "$bin")/share" build/share
    { echo 'set -euo pipefail; set +o pipefail'; awk '/^```sh$/ { on = 1; next } /^```$/ { on = 0 } on' "$top/README.md"; } >blocks
    grep -q 'relsogi run' blocks
    run "$top/tests/with_cluster" bash blocks
    echo "$output"
    [ "$status" = 0 ]
}

@test "every stage and every script the README names is there" {
    source "$BATS_TEST_DIRNAME/common.bash"
    for path in $(grep -o 'scripts/[a-z_.]*[a-z]' "$top/README.md" | sort -u) $(grep -o 'schemas/[a-z.]*[a-z]' "$top/README.md" | sort -u); do
        [ -e "$top/$path" ] || { echo "$path"; false; }
    done
}
