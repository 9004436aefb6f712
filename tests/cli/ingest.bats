#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# ingest from the command line: what each kind of mistake exits with, and that nothing half-made stays behind.

setup() {
    source "$BATS_TEST_DIRNAME/common.bash"
    cd "$BATS_TEST_TMPDIR"
    umask 077
    echo "a key of more than 32 bytes, for tests only" >site.key
    echo "site_key: site.key" >plan.yaml
    printf 'member_id,last_name,race\n1,Doe,2106-3\n2,Roe,\n' >roster.csv
}

ingest() { "$bin/relsogi-ingest" --config plan.yaml "$@"; }

@test "one file under a profile" {
    ingest --profile roster-csv --source clinic --input roster.csv --output out
    [ "$(tail -n +2 out/record.tsv | wc -l)" -eq 2 ]
    [ "$(tail -n +2 out/assertion.tsv | cut -f7-10)" = "$(printf 'race\tcode\tcdcrec\t2106-3')" ]
    [ -e out/stage.json ]
}

@test "gzip and threads give the same rows" {
    ingest --profile roster-csv --source clinic --input roster.csv --output one --threads 1
    ingest --profile roster-csv --source clinic --input roster.csv --output two --threads 2
    for f in record identifier assertion coverage measure_event quarantine ledger file; do
        cmp "one/$f.tsv" "two/$f.tsv"
    done
    gzip -n roster.csv
    ingest --profile roster-csv --source clinic --input roster.csv.gz --output three
    cmp one/record.tsv three/record.tsv
    [ "$(cut -f11 three/file.tsv | tail -1)" = gzip ]
}

@test "wrong use is 64" {
    run ingest --profile roster-csv --source clinic --output out
    [ "$status" -eq 64 ]
    [[ $output == *--input* ]]
    run ingest --unknown
    [ "$status" -eq 64 ]
}

@test "data that is not what the profile says is 65, and leaves nothing" {
    run ingest --profile 834-5010 --source plan --input roster.csv --output out
    [ "$status" -eq 65 ]
    [[ $output == *roster.csv*ISA* ]]
    [ -z "$(ls out)" ]
    run ingest --profile synthea-patients-csv --input roster.csv --output out
    [ "$status" -eq 65 ]
    [[ $output == *Id* ]]
}

@test "a file that is not there is 66" {
    run ingest --profile roster-csv --source clinic --input absent.csv --output out
    [ "$status" -eq 66 ]
    [[ $output == *absent.csv* ]]
}

@test "a site key that others may read is 77" {
    chmod 644 site.key
    run ingest --profile roster-csv --source clinic --input roster.csv --output out
    [ "$status" -eq 77 ]
    [[ $output == *"chmod 600"* ]]
}

@test "a wrong configuration is 78" {
    run ingest --output out
    [ "$status" -eq 78 ]
    run ingest --profile roster-csv --input roster.csv --output out
    [ "$status" -eq 78 ]
    [[ $output == *source* ]]
    run ingest --profile no-such --input roster.csv --output out
    [ "$status" -eq 78 ]
    [[ $output == *no-such* ]]
}

@test "messages hold no values" {
    printf 'member_id,last_name\n1,Secret,one,too,many\n' >roster.csv
    run ingest --profile roster-csv --source clinic --input roster.csv --output out
    [ "$status" -eq 0 ]
    [[ $output != *Secret* ]]
    grep -q Secret out/quarantine.tsv
}

@test "the same extract plain and packed is taken once, and said once" {
    for i in $(seq 3000); do echo "$i,NAME$i,$((i % 90 + 10))"; done | sed '1i member_id,last_name,zip' >a.csv
    gzip -9 -c a.csv >b.csv.gz
    gzip -1 -c a.csv >c.csv.gz
    sed '$s/NAME/OTHER/' a.csv | gzip -c >other.csv.gz # begins alike, and is another
    cp a.csv d.csv
    cat >plan.yaml <<'YAML'
site_key: site.key
sources:
  - {profile: roster-csv, source: clinic, files: [a.csv, b.csv.gz, c.csv.gz, d.csv, other.csv.gz]}
  - {profile: roster-csv, source: elsewhere, files: b.csv.gz}
YAML
    "$bin/relsogi-ingest" --config plan.yaml --output one 2>log
    [ "$(grep -c 'taken once' log)" = 3 ]
    for name in a.csv b.csv.gz c.csv.gz d.csv; do grep -q "$name.*taken once\|as .*$name" log; done
    ! grep -q other.csv.gz log
    [ "$(cut -f 2,12 one/file.tsv | sort)" = "$(printf 'clinic\t3000\nclinic\t3000\nelsewhere\t3000\nsource\trecords')" ]
    # in any order of names
    sed -i 's/\[a.csv, b.csv.gz, c.csv.gz, d.csv, other.csv.gz\]/[other.csv.gz, d.csv, c.csv.gz, b.csv.gz, a.csv]/' plan.yaml
    "$bin/relsogi-ingest" --config plan.yaml --output two 2>/dev/null
    cmp one/record.tsv two/record.tsv
    # under the driver, which makes the stage's key too
    "$bin/relsogi" run --config plan.yaml --as-of 2026-06-30 --run-id t --output runs --until ingest 2>log >/dev/null
    [ "$(grep -c 'taken once' log)" = 3 ]
}
