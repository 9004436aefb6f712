#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# relsogi profile: what it proposes, ingest accepts; and it shows no value of a name, an identifier, a date or a place.

setup() {
    source "$BATS_TEST_DIRNAME/common.bash"
    source "$BATS_TEST_DIRNAME/rows.bash"
    cd "$BATS_TEST_TMPDIR"
    (umask 077 && head -c 32 /dev/zero | tr '\0' k >site.key)
}

# accepted FILE: profile proposed for it, then ingested by it.
accepted() {
    "$bin/relsogi" profile "$1" --output proposed.yaml
    printf 'site_key: site.key\nsources:\n  - {profile: ./proposed.yaml, files: %s}\n' "$1" >plan.yaml
    "$bin/relsogi" ingest --config plan.yaml --as-of $as_of --output ingested
}

elements() { column ingested/assertion.tsv "$1" | sort -u | paste -sd' '; }

@test "the clinic's roster of the sample plan" {
    make_plan 2000 plan
    accepted "$PWD/plan/clinic_roster.csv"
    [ "$(elements element)" = 'ethnicity interpreter language_preferred race' ]
    [ "$(($(wc -l <ingested/record.tsv) - 1))" -gt 100 ]
    [ "$(column ingested/record.tsv family_raw | grep -cv '^\\N$')" -gt 100 ]
    [ "$(column ingested/record.tsv birth_raw | grep -cv '^\\N$')" -gt 100 ]
    # the record's key is that of the profile written by hand: the same source and the same column
    sed 's/^source: .*/source: clinic/' proposed.yaml >again.yaml
    printf 'site_key: site.key\nsources:\n  - {profile: ./again.yaml, files: plan/clinic_roster.csv}\n' >by_proposal.yaml
    printf 'site_key: site.key\nsources:\n  - {profile: sample-plan-roster, files: plan/clinic_roster.csv}\n' >by_hand.yaml
    for how in by_proposal by_hand; do
        "$bin/relsogi" ingest --config $how.yaml --as-of $as_of --output $how
        column $how/record.tsv record_key >$how.keys
    done
    cmp by_proposal.keys by_hand.keys
    # no name, identifier, date or street of the file in the proposal
    grep '^#' proposed.yaml >shown
    for c in 1 2 3 4 7 9 12 17; do
        sed 1d plan/clinic_roster.csv | python3 -c "import csv, sys; [print(r[$c]) for r in csv.reader(sys.stdin.buffer.read().decode('latin-1').splitlines()) if len(r) > $c and len(r[$c]) > 4]" | sort -u >values
        ! grep -qFf values shown
    done
}

@test "Synthea's patients" {
    file=$shared/samples/csv_omop/synthea_patients.csv
    [ -e "$file" ] || skip "no $file here"
    accepted "$(realpath "$file")"
    [ "$(elements element)" = 'ethnicity race' ]
    [ "$(elements representation)" = text ]
    [ "$(($(wc -l <ingested/record.tsv) - 1))" = "$(($(wc -l <"$file") - 1))" ]
    grep -q 'white [0-9]' proposed.yaml
    ! grep -q -e Mosciski -e 999-17 -e Somerville -e 2014-10-06 proposed.yaml
    # the social security number is not proposed for anything
    ! sed '/^#/d' proposed.yaml | grep -qi ssn
}

@test "tabs, gzip, quotes, a byte order mark, and odd names of columns" {
    printf '\xEF\xBB\xBFMember "No"\tPatient Last Name\tDOB\tRace\tRace\tPreferred-Language\tlocal code\n' >odd.txt
    for i in 1 2 3 4 5 6; do printf '"A""%s"\t"Doe, X"\t2001-01-0%s\t1\t2\ten-US\tq\n' $i $i; done >>odd.txt
    gzip odd.txt
    accepted "$PWD/odd.txt.gz"
    grep -q '^delimiter: tab' proposed.yaml
    [ "$(elements element)" = language_preferred ]
    [ "$(column ingested/assertion.tsv system | sort -u)" = bcp47 ]
    [ "$(column ingested/record.tsv family_raw | sort -u)" = 'Doe, X' ]
    grep -q 'stands twice' proposed.yaml
    ! grep -q Doe proposed.yaml
}

@test "codes decide the system; what stands once is not shown" {
    { echo 'mrn,race_code,race_description,ethnicity,sex at birth'
      for i in $(seq 20); do echo "$i,2106-3,White,N,F"; done
      echo '21,2054-5,see the letter of Dr Smith,Y,M'; } >codes.csv
    accepted "$PWD/codes.csv"
    [ "$(column ingested/assertion.tsv system element=race representation=code | sort -u)" = cdcrec ]
    [ "$(column ingested/assertion.tsv system element=sex_at_birth | sort -u)" = hl7_admin_gender ]
    [ "$(column ingested/assertion.tsv system element=ethnicity | sort -u)" = local ]
    [ "$(column ingested/assertion.tsv answer_no element=race record_no=3 | sort -u | wc -l)" = 1 ]
    ! grep -q -e Smith -e 2054 proposed.yaml
}

@test "what is no CSV is refused in words" {
    run "$bin/relsogi" profile nothing.csv
    [ "$status" = 66 ]
    : >empty.csv
    run "$bin/relsogi" profile empty.csv
    [ "$status" = 65 ]
    echo 'color,size' >odd.csv
    run "$bin/relsogi" profile odd.csv
    [ "$status" = 65 ]
    run "$bin/relsogi" profile
    [ "$status" = 64 ]
    # no header, or all in one line: the first person would stand where names of columns do
    printf 'M1,Doe,1980-02-29,F\nM2,Roe,1981-03-01,M\n' >headless.csv
    run "$bin/relsogi" profile headless.csv
    [ "$status" = 65 ]
    [[ $output == *'column 3'* ]]
    [[ $output != *Doe* ]]
    printf 'member_id,last_name\rM1,Doe\rM2,Roe\r' >returns.csv
    run "$bin/relsogi" profile returns.csv
    [ "$status" = 65 ]
    [[ $output == *'CR alone'* ]]
    [[ $output != *Doe* ]]
    "$bin/relsogi" profile --help | grep -q -- --output
}
