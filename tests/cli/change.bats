#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Change files from night to night: an older full file and the changes since give the persons of a newer full file.

setup() {
    source "$BATS_TEST_DIRNAME/common.bash"
    cd "$BATS_TEST_TMPDIR"
    head -c 32 /dev/urandom >site.key
}

# x12 DATE PURPOSE <SEGMENTS, a line each
x12() {
    printf 'ISA*00*          *00*          *ZZ*PAYER          *ZZ*PLAN           *250131*0900*^*00501*000000001*0*P*:~\n'
    printf 'GS*BE*PAYER*PLAN*%s*0900*1*X*005010X220A1~\nST*834*1~\nBGN*00*1*%s*0900****%s~\n' "$1" "$1" "$2"
    awk '{ print $0 "~"; n++ } END { printf "SE*%d*1~\nGE*1*1~\nIEA*1*000000001~\n", n + 3 }'
}

# member MAINTENANCE ID FAMILY GIVEN RACE HD01 START END
member() {
    printf 'INS*Y*18*%s\nREF*0F*M%s\nNM1*IL*1*%s*%s\nN3*1 OAK\nN4*ALBANY*NY*12207\nDMG*D8*19800101*F**%s\n' "$1" "$2" "$3" "$4" "$5"
    [ -z "$6" ] || printf 'HD*%s**HLT\nDTP*348*D8*%s\n' "$6" "$7"
    [ -z "$8" ] || printf 'DTP*349*D8*%s\n' "$8"
}

plan() { printf 'name: t\nsite_key: site.key\nsources:\n  - {profile: 834-5010, source: s, files: %s}\n' "$1" >"$2.yaml"; }

run_on() { # PLAN AS-OF [OPTION...]
    local plan=$1 day=$2
    shift 2
    "$bin/relsogi" run --config "$plan.yaml" --as-of "$day" --run-id "$plan" --output "runs-$plan" --until reconcile "$@" >said 2>log
}

@test "older full file + change file = newer full file, as persons" {
    { for i in $(seq 1 40); do member 030 "$i" "FAMILY$i" GIVEN C 030 20240101; done; } | x12 20250131 4 >full1
    { for i in 3 9; do member 001 "$i" "FAMILY$i" CHANGED B 001 20240101; done
      member 024 5 FAMILY5 GIVEN C 024 20240101 20250228
      member 021 41 FAMILY41 NEW H 021 20250201; } | x12 20250228 2 >change
    { for i in $(seq 1 40); do case $i in
          3 | 9) member 030 "$i" "FAMILY$i" CHANGED B 030 20240101 ;;
          5) member 030 "$i" "FAMILY$i" GIVEN C 030 20240101 20250228 ;;
          *) member 030 "$i" "FAMILY$i" GIVEN C 030 20240101 ;;
      esac; done
      member 030 41 FAMILY41 NEW H 030 20250201; } | x12 20250228 4 >full2
    plan full1 january; plan change february; plan full2 whole
    run_on january 2025-01-31
    run_on february 2025-02-28 --prior runs-january/january
    run_on whole 2025-02-28
    for r in january february whole; do ledgers_balance runs-$r/$r; done
    [ "$(wc -l <runs-whole/whole/reconcile/person.tsv)" -eq 42 ]
    cmp runs-february/february/reconcile/person.tsv runs-whole/whole/reconcile/person.tsv
    # what stands for each; only its date is that of the file it was last said in
    values() { cut -f 1-7,9- "$1/reconcile/person_value.tsv"; }
    [ "$(values runs-february/february)" = "$(values runs-whole/whole)" ]
    spans() { cut -f 1,4-6 "$1/ingest/coverage.tsv" | sort; }
    [ "$(spans runs-february/february)" = "$(spans runs-whole/whole)" ]
    # the lineage of a carried member leads to the bytes of the first file
    offset=$(awk -F'\t' '$2 == 2 { print $6 }' runs-february/february/ingest/record.tsv | sort -n | head -n 1)
    [ "$(tail -c +$((offset + 1)) full1 | head -c 4)" = 'INS*' ]
    [ "$(awk -F'\t' '$1 == 2 { print $6, $9 }' runs-february/february/ingest/file.tsv)" = "full1 $(sha256sum full1 | cut -d' ' -f1)" ]
}

@test "the stage alone takes the run, too, and its key depends on it" {
    member 030 1 DOE ANN C 030 20240101 | x12 20250131 4 >full1
    member 021 2 ROE BEA B 021 20250201 | x12 20250228 2 >change
    plan full1 january; plan change february
    run_on january 2025-01-31
    "$bin/relsogi-ingest" --config february.yaml --prior runs-january/january --output one 2>log
    "$bin/relsogi-ingest" --config february.yaml --prior runs-january/january/ingest --output two 2>log
    "$bin/relsogi-ingest" --config february.yaml --output three 2>log
    [ "$(wc -l <one/record.tsv)" -eq 3 ]
    cmp one/record.tsv two/record.tsv
    [ "$(wc -l <three/record.tsv)" -eq 2 ]
    grep -q 'only change files' log
    key() { sed -n 's/^ *"key": //p' "$1/stage.json"; }
    [ "$(key one)" != "$(key three)" ]
}
