#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# HL7 v2 and single FHIR resources as others wrote them, through the stages; merges join; python3-hl7 sees the same fields.

setup_file() {
    source "$BATS_TEST_DIRNAME/common.bash"
    cd "$BATS_FILE_TMPDIR"
    head -c 32 /dev/urandom >site.key
    chmod 600 site.key
    printf 'MSH|^~\\&|||||20250101||ADT^A01\rPID|||OLD^^^C^MR||Doe^Jane||19800101|F||2106-3\r' >before.hl7
    printf 'MSH|^~\\&|||||20250201||ADT^A40\rPID|||NEW^^^C^MR||Doe^Jane||19800101|F\rMRG|OLD^^^C^MR\r' >merge.hl7
    printf 'MSH|^~\\&|||||20250101||ADT^A01\rPID|||OLD^^^D^MR||Roe^Ann||19700101|F\r' >other.hl7
    printf 'name: m\nsite_key: site.key\nsources:\n  - {profile: hl7v2-adt, source: H, files: [before.hl7, merge.hl7, other.hl7]}\n' >merge.yaml
    "$bin/relsogi" run --config merge.yaml --as-of 2026-06-30 --run-id t --output merged --until reconcile >merge.log 2>&1
    [ -d "$shared/samples/hl7v2" ] || return 0
    cat >relsogi.yaml <<END
name: samples
site_key: site.key
sources:
  - {profile: hl7v2-adt, source: H, files: $shared/samples/hl7v2/*.hl7}
  - {profile: us-core-fhir, source: F, files: $shared/samples/fhir/uscore_*.json}
END
    "$bin/relsogi" run --config relsogi.yaml --as-of 2026-06-30 --run-id t --output runs --until stratify >said 2>log
}

setup() {
    source "$BATS_TEST_DIRNAME/common.bash"
    run=$BATS_FILE_TMPDIR/runs/t
}

samples() { [ -d "$shared/samples/hl7v2" ] || skip "no $shared/samples here"; }

@test "a merge makes one person of the earlier and the surviving number, and of nobody else" {
    cd "$BATS_FILE_TMPDIR/merged/t"
    [ "$(tail -n +2 ingest/record.tsv | wc -l)" = 3 ]
    [ "$(tail -n +2 reconcile/person.tsv | wc -l)" = 2 ]
    [ "$(tail -n +2 reconcile/link.tsv | cut -f 2 | sort | uniq -c | awk '{ print $1 }' | sort -n | xargs)" = "1 2" ]
}

@test "all samples go through, and their ledgers balance" {
    samples
    tail -n 1 "$BATS_FILE_TMPDIR/said" | grep -q ' done: 7 stages run'
    ledgers_balance "$run"
}

@test "every PID and every resource is accounted for" {
    samples
    read_of() { awk -F'\t' -v l="$1" '$2 == l && $4 == "read" { n += $6 } END { print n + 0 }' "$run/ingest/ledger.tsv"; }
    pids=$(cat "$shared"/samples/hl7v2/*.hl7 | tr '\r' '\n' | grep -c '^PID|')
    [ "$(read_of hl7v2)" = "$pids" ]
    [ "$(read_of fhir)" = "$(ls "$shared"/samples/fhir/uscore_*.json | wc -l)" ]
    [ "$(awk -F'\t' '$2 == "hl7v2" && $4 == "written" { n += $6 } END { print n }' "$run/ingest/ledger.tsv")" = "$pids" ]
}

@test "python3-hl7 finds the same fields" {
    samples
    /usr/bin/python3 -c 'import hl7' 2>/dev/null || skip "python3-hl7 is not installed"
    /usr/bin/python3 "$BATS_TEST_DIRNAME/hl7v2_fields.py" "$run/ingest" "$shared"/samples/hl7v2/*.hl7
}

@test "python3-hl7 finds the same in forms that the samples lack" {
    /usr/bin/python3 -c 'import hl7' 2>/dev/null || skip "python3-hl7 is not installed"
    cd "$BATS_TEST_TMPDIR"
    head -c 32 /dev/urandom >site.key
    # other delimiters; a visit's, a usual and the sender's facility, with an escape; observations of both kinds, one taken back
    printf 'MSH#*~\\&#APP#SOUTH\\T\\NORTH#B#C#20250102##ADT*A08#1#P#2.8\rPID###7***A*MR##Doe*Jo##19800101#F##2106-3*White~2028-9#####spa*Spanish#######N*No\rOBX#1#CWE#76690-7*SO*LN##38628009*Gay*SCT######F\rOBX#2#ST#76691-5##nonbinary######F\rOBX#3#CWE#76690-7##X######W\r' >marks.hl7
    printf 'BHS|^~\\&|A\rMSH|^~\\&|A|FAC|||20250102||ADT^A01|2|P|2.5\rPID|||8^^^A^MR||Roe^Al||19810101|M||B^Black^L^2054-5^^CDCREC\rPD1|||USUAL^L\rPV1|1|I|W^3^1^EAST\rMSH|^~\\&|A|FAC|||20250103||ADT^A31|3|P|2.5\rPID|||9^^^A^MR||Poe^Bo||19820101|F\rPD1|||USUAL^L\rNK1|1|Poe^Ma|MTH\rBTS|2\r' >batch.hl7
    # a merge of two persons in one message, the second with two earlier numbers
    printf 'MSH|^~\\&|A|FAC|||20250104||ADT^A40|4|P|2.5\rPID|||N1^^^A^MR||Coe^Cy||19830101|F\rMRG|O1^^^A^MR\rPID|||N2^^^A^MR||Foe^Di||19840101|M\rMRG|O2^^^A^MR~O3^^^A^MR\r' >merges.hl7
    printf 'name: forms\nsite_key: site.key\nsources:\n  - {profile: hl7v2-adt, source: H, files: [marks.hl7, batch.hl7, merges.hl7]}\n' >forms.yaml
    "$bin/relsogi-ingest" --config forms.yaml --output out
    [ "$(tail -n +2 out/record.tsv | wc -l)" = 5 ]
    /usr/bin/python3 "$BATS_TEST_DIRNAME/hl7v2_fields.py" out marks.hl7 batch.hl7 merges.hl7
}
