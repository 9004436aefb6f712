#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Input that is not what it should be, at its real size and through the program: a line of 1 GB, cut-off gzip, rubbish, other
# encodings, nothing at all, a file that grows while it is read. Memory stays bounded, the message says which file and what
# is wrong, and nothing half-written stays. The readers' own tests: tests/unit/test_ingest_bad.c.

setup() {
    source "$BATS_TEST_DIRNAME/common.bash"
    cd "$BATS_TEST_TMPDIR"
    head -c 32 /dev/urandom >site.key
    echo "site_key: site.key" >plan.yaml
    peak=0
}

isa='ISA*00*          *00*          *ZZ*PAYER          *ZZ*PLAN           *250131*0900*^*00501*000000001*0*P*:~'
declare -gA profile=([x12]=834-5010 [fhir]=us-core-fhir [csv]=roster-csv [hl7]=hl7v2-adt)
declare -gA head=(
    [x12]="${isa}GS*BE*PAYER*PLAN*20250131*0900*1*X*005010X220A1~ST*834*0001~INS*Y*18*030~REF*0F*M1~NM1*IL*1*DOE*"
    [fhir]='{"resourceType":"Patient","id":"p1","name":[{"family":"'
    [csv]=$'member_id,last_name\n1,'
    [hl7]=$'MSH|^~\\&|A|B|||20250101||ADT^A01|1|P|2.5\rPID|1||1^^^C^MR||DOE^')

# ingest KIND FILE: status, output and peak memory in MiB. The process is measured by its parent, which is not this shell.
ingest() {
    run /usr/bin/python3 -c '
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
open("peak", "w").write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10))
sys.exit(code)' "$bin/relsogi-ingest" --config plan.yaml --threads 2 --profile "${profile[$1]}" --source s --input "$2" --output out
    peak=$(cat peak)
}

# refused WORDS...: data error that names the file, and nothing in the output.
refused() {
    [ "$status" = 65 ] || { echo "$status: $output"; return 1; }
    for word in "$@"; do [[ $output == *"$word"* ]] || { echo "not said: $word: $output"; return 1; }; done
    [ -z "$(ls out 2>/dev/null)" ]
}

@test "a line of 1 GB, in each format, plain and packed: refused within 150 MiB" {
    [ -z "${RELSOGI_BUILD-}" ] || skip "memory is that of the release build"
    [ "$(df -Pk . | awk 'NR == 2 { print $4 }')" -gt 200000 ] || skip "the disk is nearly full"
    # plain: a sparse file, zeros; packed: letters, 1 GB of them in 5 MB
    head -c 1G /dev/zero | tr '\0' N | gzip -1 >letters.gz
    for kind in x12 fhir csv hl7; do
        printf '%s' "${head[$kind]}" >long
        truncate -s 1G long
        ingest $kind long
        echo "$kind plain: $peak MiB: $output"
        refused long "64 MiB"
        [ "$peak" -lt 150 ]
        rm long
        { printf '%s' "${head[$kind]}" | gzip; cat letters.gz; } >long.gz
        ingest $kind long.gz
        echo "$kind packed: $peak MiB: $output"
        refused long.gz "64 MiB"
        [ "$peak" -lt 150 ]
        rm long.gz
    done
}

@test "gzip cut off, and gzip with a wrong byte" {
    for kind in x12 fhir csv hl7; do
        rm -f in.gz cut.gz bad.gz
        case $kind in
        x12) { printf '%s' "${head[x12]%INS*}"; for i in $(seq 20000); do printf 'INS*Y*18*030~REF*0F*M%d~NM1*IL*1*DOE*JO~' "$i"; done; } ;;
        fhir) for i in $(seq 20000); do printf '{"resourceType":"Patient","id":"p%d"}\n' "$i"; done ;;
        csv) echo member_id,last_name; for i in $(seq 20000); do echo "$i,DOE"; done ;;
        hl7) for i in $(seq 20000); do printf 'MSH|^~\\&|A|B|||20250101||ADT^A01|1|P|2.5\rPID|1||%d^^^C^MR||DOE^JO\r' "$i"; done ;;
        esac | gzip >in.gz
        size=$(stat -c %s in.gz)
        head -c $((size / 2)) in.gz >cut.gz
        ingest $kind cut.gz
        refused cut.gz truncated
        { head -c $((size / 2)) in.gz; printf 'XXXXXXXX'; tail -c +$((size / 2 + 9)) in.gz; } >bad.gz
        ingest $kind bad.gz
        refused bad.gz damaged
    done
}

@test "rubbish: no format takes it for its own but the one that reads lines, and that has no row of it" {
    head -c 3000000 /dev/urandom >noise
    printf '\x01' | dd of=noise conv=notrunc status=none # neither gzip nor a byte order mark
    for kind in x12 csv hl7; do
        ingest $kind noise
        refused noise
    done
    ingest fhir noise
    [ "$status" = 0 ]
    [ "$(tail -n +2 out/record.tsv | wc -l)" = 0 ]
    [ "$(awk -F'\t' '$2 == "fhir" && $4 == "read" { n = $6 } $2 == "fhir" && ($4 == "rejected" || $4 == "ignored") { m += $6 } END { print (n > 0), (n == m) }' out/ledger.tsv)" = "1 1" ]
}

@test "Latin-1 and Windows-1252 are read, and the file is said to be so" {
    for kind in x12 fhir csv hl7; do
        rm -rf out
        case $kind in
        x12) printf '%sMU\xd1OZ*JO~SE*5*0001~GE*1*1~IEA*1*000000001~' "${head[x12]}" ;;
        fhir) printf '{"resourceType":"Patient","id":"p1","name":[{"family":"MU\xd1OZ"}]}\n' ;;
        csv) printf 'member_id,last_name\n1,MU\xd1OZ\n' ;;
        hl7) printf 'MSH|^~\\&|A|B|||20250101||ADT^A01|1|P|2.5\rPID|1||1^^^C^MR||MU\xd1OZ^JO\r' ;;
        esac >latin
        ingest $kind latin
        [ "$status" = 0 ]
        [ "$(cut -f 10 out/file.tsv | tail -n 1)" = windows-1252 ]
        grep -q MUÑOZ out/record.tsv
    done
}

@test "an empty file is no row, and is told" {
    : >nothing
    for kind in x12 fhir csv hl7; do
        rm -rf out
        ingest $kind nothing
        [ "$status" = 0 ]
        [[ $output == *nothing*empty* ]]
        [ "$(tail -n +2 out/record.tsv | wc -l)" = 0 ]
    done
}

@test "a file that grows while it is read is refused" {
    # large enough that its end is read a while after its digest is taken
    { echo member_id,last_name; seq -f '%.0f,DOE' 3000000; } >grows
    while :; do echo "x,DOE" >>grows; sleep 0.01; done &
    writer=$!
    ingest csv grows
    kill $writer
    wait $writer 2>/dev/null || true
    refused grows "changed while"
}
