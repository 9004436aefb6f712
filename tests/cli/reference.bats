#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# relsogi reference: packs from the default tables and from one's own, and what it says when it cannot.

setup() {
    source "$BATS_TEST_DIRNAME/common.bash"
    work=$BATS_TEST_TMPDIR
    cd "$work"
}

own_tables() {
    printf 'name,white,black,aian,api,multi,hispanic\nSMITH,70,20,1,1,3,5\nALL OTHER NAMES,10,10,10,10,10,10\n' >names.csv
    printf 'id,white,black,aian,api,multi,hispanic,some_other\n34021000100,10,20,0,10,0,5,4\n34003000100,1,1,1,1,1,1,0\n' |
        gzip >tracts.csv.gz
}

@test "the default tables give the same pack again" {
    "$bin/relsogi-reference" build --output a.pack
    "$bin/relsogi-reference" build --output b.pack
    cmp a.pack b.pack
    [ "$(stat -c %a a.pack)" = 600 ]
}

@test "info names the sources and the file's own digest" {
    "$bin/relsogi-reference" build --output a.pack
    "$bin/relsogi-reference" info a.pack >info.json
    grep -q "\"sha256\": \"$(sha256sum a.pack | cut -d' ' -f1)\"" info.json
    grep -q '"vintage": "2010 Census"' info.json
    grep -q '"universe": "residents of 18 and over, 50 states, DC and Puerto Rico"' info.json
    grep -q '"licence": "Public domain' info.json
    grep -q '"tract": 85395' info.json
}

@test "own tables, plain and gzip, make a pack" {
    own_tables
    "$bin/relsogi-reference" build --no-defaults --surnames names.csv --geography tract=tracts.csv.gz --output own.pack
    "$bin/relsogi-reference" info own.pack >info.json
    grep -q '"county": 2' info.json
    # some other race is spread over the non-Hispanic groups: 20 x 44/40, and 1
    grep -q '"BLACK": 23.0' info.json
}

@test "exit codes: 64 usage, 65 data, 66 no input" {
    own_tables
    run "$bin/relsogi-reference" build --geography village=tracts.csv.gz
    [ "$status" -eq 64 ]
    run "$bin/relsogi-reference" frobnicate
    [ "$status" -eq 64 ]
    run "$bin/relsogi-reference" build --surnames nowhere.csv --output x.pack
    [ "$status" -eq 66 ]
    run "$bin/relsogi-reference" build --surnames tracts.csv.gz --output x.pack
    [ "$status" -eq 65 ]
    [[ "$output" == *"no column \`name\`"* ]]
    run "$bin/relsogi-reference" info names.csv
    [ "$status" -eq 65 ]
    [ ! -e x.pack ]
}

@test "a table that is not the one described is refused" {
    cp "$top"/schemas/reference/* .
    gzip -dc zcta_2020.csv.gz | sed '2s/,/,1/' | gzip >changed && mv changed zcta_2020.csv.gz
    run "$bin/relsogi-reference" build --tables . --output x.pack
    [ "$status" -eq 65 ]
    [[ "$output" == *"zcta_2020.csv.gz"*"SHA-256 differs"* ]]
}

@test "the script that makes the tables knows its options" {
    "$top/scripts/reference" --help | grep -q -- --block-groups
    run "$top/scripts/reference" --frobnicate
    [ "$status" -eq 64 ]
}
