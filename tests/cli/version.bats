#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Which program made a result is said to the byte of its source.
load common

digest_of() {
    cmake -DROOT="$1" -DOUTPUT="$1/out.h" -P "$top/pipeline/base/source_digest.cmake"
    cat "$1/out.h"
}

setup() {
    tree="$BATS_TEST_TMPDIR/tree"
    mkdir -p "$tree"/{pipeline,stages/a,schemas/reference,sql}
    touch "$tree/CMakeLists.txt" "$tree/pipeline/a.c" "$tree/schemas/reference/b.csv"
    echo 'int x;' >"$tree/stages/a/a.c"
}

@test "every program names its version and the digest of its sources" {
    run "$bin/relsogi" --version
    [[ $output =~ ^relsogi\ [0-9.]+\ \(source\ [0-9a-f]{16}\)$ ]]
    version=${output#relsogi }
    run "$bin/relsogi-map" --version
    [ "$output" = "relsogi-map $version" ]
}

@test "the digest moves with the code and what it reads, not with prose, place or tables that have their own" {
    first=$(digest_of "$tree")
    cp -r "$tree" "$tree-elsewhere"
    [ "$(digest_of "$tree-elsewhere")" = "$first" ]
    echo prose >"$tree/stages/README.md"
    echo 1 >"$tree/schemas/reference/b.csv"
    [ "$(digest_of "$tree")" = "$first" ]
    echo 'int y;' >"$tree/stages/a/a.c"
    second=$(digest_of "$tree")
    [ "$second" != "$first" ]
    mv "$tree/stages/a/a.c" "$tree/stages/a/b.c"
    [ "$(digest_of "$tree")" != "$second" ]
}
