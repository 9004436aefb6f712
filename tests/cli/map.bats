#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# relsogi map on the command line: what it explains, and what it refuses.

setup() {
    source "$BATS_TEST_DIRNAME/common.bash"
    cd "$BATS_TEST_TMPDIR"
}

explain() { "$bin/relsogi" map --explain "$@"; }

@test "explain tells both axes, the rule, the row and the bridge in words" {
    run explain A --element race --system x12_1109
    [ "$status" = 0 ]
    grep -q '^  1997 *ASIAN|NHOPI$' <<<"$output"
    grep -q '^  2024 *ASIAN|NHPI$' <<<"$output"
    grep -q '^  rule *x12_1109:A/B10$' <<<"$output"
    grep -q '^  B10 ' <<<"$output"
    row=$(sed -n 's/.*race_ethnicity.csv, line \([0-9]*\).*/\1/p' <<<"$output")
    sed -n "${row}p" "$top/schemas/codes/race_ethnicity.csv" | grep -q ',x12_1109,A,'
}

@test "both programs explain alike" {
    explain Mandarin >one
    "$bin/relsogi-map" --explain Mandarin >two
    cmp one two
    grep -q '^  value *cmn$' one
}

@test "explain takes a source's overrides from the configuration" {
    cp "$top/schemas/profiles/sample-plan-roster.yaml" clinic.yaml
    printf 'sources:\n  - {profile: ./clinic.yaml, files: none.csv}\n' >plan.yaml
    run explain 3 --element race --system local --config plan.yaml
    [ "$status" = 0 ]
    grep -q 'from source clinic' <<<"$output"
    grep -q 'override:clinic:3' <<<"$output"
    run explain 3 --element race --system local
    ! grep -q override <<<"$output"
    grep -q UNMAPPED <<<"$output"
}

@test "a decline is told apart from unknown" {
    run explain Declined --element race
    grep -q '^  missing *DECLINED$' <<<"$output"
    run explain Unknown --element race
    grep -q '^  missing *UNKNOWN$' <<<"$output"
}

@test "an element that is none is refused" {
    run explain A --element raze
    [ "$status" = 64 ]
    run "$bin/relsogi" map --element race --input . --output out
    [ "$status" != 0 ]
    [ ! -e out/stage.json ]
}

@test "help and man page name it" {
    "$bin/relsogi" map --help | grep -q -- '--explain VALUE'
    "$bin/relsogi" map --man-source | grep -q -- '\*--explain\* _VALUE_'
}

# Assertions of one member: race, orientation, identity, sex at birth, of which one value nobody knows.
sogi_rows() {
    source "$BATS_TEST_DIRNAME/rows.bash"
    make_rows assertion in <<'END'
record_key file_no record_no answer_no seq source element representation system raw collection offset
000102030405060708090a0b0c0d0e0f 1 1 1 1 ehr race code cdcrec 2106-3 self 10
000102030405060708090a0b0c0d0e0f 1 1 2 1 ehr sexual_orientation text \N bisexual self 20
000102030405060708090a0b0c0d0e0f 1 1 3 1 ehr gender_identity text \N zzunheardof self 30
000102030405060708090a0b0c0d0e0f 1 1 4 1 ehr sex_at_birth code hl7_admin_gender F self 40
END
}

@test "a jurisdiction's elements are dropped before they are mapped, and counted" {
    sogi_rows
    echo 'jurisdiction: no_sogi' >plan.yaml
    "$bin/relsogi" map --config plan.yaml --input in --output out
    [ "$(column out/mapped.tsv element)" = race ]
    [ "$(wc -l <out/quarantine.tsv)" = 1 ]
    ! grep -rq -e bisexual -e zzunheardof out
    [ "$(column out/ledger.tsv rows fate=ignored | paste -sd' ')" = '1 1 1' ]
    column out/ledger.tsv reason fate=ignored | grep -qx 'jurisdiction: gender_identity'
    ledgers_balance .
}

@test "a jurisdiction may be written out, and another one makes another key" {
    sogi_rows
    echo 'jurisdiction: {name: ours, drop: [sexual_orientation]}' >plan.yaml
    "$bin/relsogi" map --config plan.yaml --input in --output out
    [ "$(column out/mapped.tsv element | paste -sd' ')" = 'race gender_identity sex_at_birth' ]
    grep -q '"name": "ours"' out/stage.json
    key() { "$bin/relsogi" map --config "$1" --input in --output "$2" && sed -n 's/^  "key": //p' "$2/stage.json"; }
    echo 'jurisdiction: {name: ours, drop: [pronouns]}' >other.yaml
    [ "$(key plan.yaml a)" != "$(key other.yaml b)" ]
    echo 'jurisdiction: {name: ours, drop: [race]}' >wrong.yaml
    run "$bin/relsogi" map --config wrong.yaml --input in --output c
    [ "$status" = 78 ]
}

@test "what changed tables moved is told by element, values and members" {
    source "$BATS_TEST_DIRNAME/rows.bash"
    one=000102030405060708090a0b0c0d0e0f two=100102030405060708090a0b0c0d0e0f
    make_rows assertion prior/ingest <<END
record_key file_no record_no answer_no seq source element representation system raw collection offset
$one 1 1 1 1 ehr race code local 1 self 10
$one 1 1 2 1 ehr language_preferred code local xx1 self 20
$two 1 2 1 1 ehr race code local 1 self 30
$two 1 2 1 2 ehr race code local 2 self 40
$two 1 3 1 1 ehr race code local 1 self 50
END
    profile() { printf 'format: csv\nsource: ehr\nmember_id: [id]\noverrides:\n%s\n' "$1" >ehr.yaml; }
    printf 'sources:\n  - {profile: ./ehr.yaml, files: none.csv}\n' >plan.yaml
    profile '  - {element: race, code: "1", omb1997: WHITE, omb2024: WHITE}'
    "$bin/relsogi" map --config plan.yaml --input prior/ingest --output prior/map
    # tonight 1 is Black and 2 is Asian; nobody tonight says either
    make_rows assertion in <<END
record_key file_no record_no answer_no seq source element representation system raw collection offset
$one 1 1 1 1 ehr race code cdcrec 2106-3 self 10
END
    profile '  - {element: race, code: "2", omb1997: ASIAN, omb2024: ASIAN}
  - {element: race, code: "1", omb1997: BLACK, omb2024: BLACK}'
    "$bin/relsogi" map --config plan.yaml --input in --prior prior/ingest --prior prior/map --output out
    moved() { python3 -c "import json; print(json.load(open('out/stage.json'))['results']['moved']$1)"; }
    [ "$(moved '["compared"]')" = 5 ]
    [ "$(moved '["values"]')" = 4 ]
    [ "$(moved '["members"]')" = 2 ]
    [ "$(moved '["newly_mapped"]')" = 1 ]
    [ "$(moved '["newly_unmapped"]')" = 0 ]
    [ "$(moved '["elements"]')" = "{'race': {'members': 2, 'values': 4}}" ]
    # the same tables move nothing
    "$bin/relsogi" map --config plan.yaml --input prior/ingest --output again
    "$bin/relsogi" map --config plan.yaml --input in --prior prior/ingest --prior again --output out
    [ "$(moved '["same_tables"]')" = True ]
    [ "$(moved '["values"]')" = 0 ]
}

@test "explain says what a jurisdiction keeps of adults alone, and how a phrase was read" {
    echo 'jurisdiction: adults_only' >plan.yaml
    run "$bin/relsogi" map --explain "Woman, Nonbinary" --element gender_identity --config plan.yaml
    [ "$status" = 0 ]
    [[ "$output" == *"female+nonbinary"*"several answers in one text"*"adults_only"*"under 18"*gender_identity* ]]
    run "$bin/relsogi" map --explain "Other: Mam" --element language_preferred
    [[ "$output" == *"mam"*"words around it add nothing"* ]]
    run "$bin/relsogi" map --explain 5 --element race --system pcornet
    [[ "$output" == *"WHITE"*"written with other zeros"* ]]
}
