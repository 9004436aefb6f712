#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# load under faults: whatever ends it, nothing half of a run is visible, the next load completes, no row is there twice.
# Run by tests/with_cluster, which gives it a server of its own.

bats_require_minimum_version 1.5.0

setup_file() {
    [ -n "${RELSOGI_STATE:-}" ] || { echo "run this as: tests/with_cluster bats tests/fault/load.bats" >&2; return 1; }
    export tree="$BATS_TEST_DIRNAME/../.."
    export bin="${RELSOGI_BIN:-$tree/build/bin}"
    "$BATS_TEST_DIRNAME/make_run" "$BATS_FILE_TMPDIR/run" 40000
    # Another content of the same run: one value of one person differs.
    cp -r "$BATS_FILE_TMPDIR/run" "$BATS_FILE_TMPDIR/changed"
    "$BATS_TEST_DIRNAME/make_run" "$BATS_FILE_TMPDIR/small" 10
    "$BATS_TEST_DIRNAME/make_run" "$BATS_FILE_TMPDIR/small2" 10 7
}

setup() { source "$BATS_TEST_DIRNAME/load.bash"; }

@test "every table holds what the server itself reads from the row file" {
    load "$BATS_FILE_TMPDIR/small" whole
    for f in "$BATS_FILE_TMPDIR"/small/*/*.tsv; do
        layout=$(basename "$f" .tsv)
        files=$(echo "$BATS_FILE_TMPDIR"/small/*/"$layout".tsv)
        run env PGUSER=relsogi psql -XAtq -v layout="$layout" -v run=whole -v files="$files" \
            -f "$BATS_TEST_DIRNAME/compare.psql"
        echo "$layout: $output"
        [ "$status" -eq 0 ]
        [ "$output" = 0 ]
    done
    [ "$(persons whole)" -eq 10 ]
}

@test "the same content again: nothing to do, the same ledger" {
    load "$BATS_FILE_TMPDIR/small" again
    cp "$BATS_TEST_TMPDIR/out/ledger.tsv" "$BATS_TEST_TMPDIR/first"
    run load "$BATS_FILE_TMPDIR/small" again
    [ "$status" -eq 0 ]
    [[ "$output" == *"nothing to do"* ]]
    cmp "$BATS_TEST_TMPDIR/first" "$BATS_TEST_TMPDIR/out/ledger.tsv"
    [ "$(ask "select count(*) from relsogi.run where run_id = 'again'")" -eq 1 ]
    # Nor does the order of the directories matter, or the stage's own among them.
    stages='stratify check impute reconcile map ingest'
    run load "$BATS_FILE_TMPDIR/small" again --input "$BATS_TEST_TMPDIR/out"
    [[ "$output" == *"nothing to do"* ]]
}

@test "other content: the next revision, the digest of the one before in the log" {
    load "$BATS_FILE_TMPDIR/small" twice
    old=$(ask "select encode(content_sha256, 'hex') from relsogi.run where run_id = 'twice'")
    load "$BATS_FILE_TMPDIR/small2" twice
    [ "$(ask "select string_agg(revision || status, ' ' order by revision) from relsogi.run where run_id = 'twice'")" = \
        '1superseded 2visible' ]
    [ "$(ask "select encode(content_sha256, 'hex') from audit.log where event = 'replace' and run_id = 'twice'")" = "$old" ]
    [ "$(persons twice)" -eq 10 ]
}

@test "kill -9 in mid-COPY: nothing visible; the next load completes, nothing twice" {
    before=$(visible mid)
    start_load "$BATS_FILE_TMPDIR/run" mid 3>&- &
    pid=$!
    stop_in_copy $pid 100000
    kill -9 $pid
    wait $pid || true
    [ "$before" -eq 0 ]
    [ "$(visible mid)" -eq 0 ]
    [ "$(persons mid)" -eq 0 ]
    [ "$(ask "select count(*) from relsogi.current_person")" -le 10 ]
    load "$BATS_FILE_TMPDIR/run" mid
    [ "$(visible mid)" -eq 1 ]
    [ "$(persons mid)" -eq 40000 ]
    [ "$(loose_tables)" -eq 0 ]
    [ "$(ask "select count(*) from audit.log where event = 'abandon' and run_id = 'mid'")" -eq 1 ]
}

@test "kill -9 at any moment: all or nothing" {
    killed=0
    for delay in 0.01 0.03 0.06 0.1 0.15 0.2 0.25 0.3 0.35 0.4 0.5 0.6; do
        timeout -s KILL $delay "$bin/relsogi-load" --as-of 2026-01-31 $(inputs "$BATS_FILE_TMPDIR/run") \
            --run-id moment$delay --output "$BATS_TEST_TMPDIR/out" --quiet 3>&- || killed=$((killed + 1))
        there=$(ask "select coalesce(sum(n), 0) from (select count(*) as n from relsogi.person join relsogi.run
            using (run_no) where run_id = 'moment$delay' union all select count(*) from relsogi.posterior
            join relsogi.run using (run_no) where run_id = 'moment$delay') as x")
        echo "after $delay s: $there rows"
        [ "$there" -eq $((80000 * $(visible moment$delay))) ]
    done
    [ "$killed" -ge 3 ]
    load "$BATS_FILE_TMPDIR/run" moment
    [ "$(persons moment)" -eq 40000 ]
    [ "$(loose_tables)" -eq 0 ]
}

@test "kill -9 while a revision takes another's place: the one or the other, whole" {
    load "$BATS_FILE_TMPDIR/small" swap
    last=$(ask "select run_no from relsogi.run where run_id = 'swap'")
    for delay in 0.05 0.15 0.3 0.4 0.45 0.5 0.55 0.6 0.7 0.8; do
        timeout -s KILL $delay "$bin/relsogi-load" --as-of 2026-01-31 $(inputs "$BATS_FILE_TMPDIR/run") --threads 2 \
            --run-id swap --output "$BATS_TEST_TMPDIR/out" --quiet 3>&- || true
        [ "$(visible swap)" -eq 1 ]
        there=$(persons swap)
        now=$(ask "select run_no from relsogi.run where run_id = 'swap' and status = 'visible'")
        echo "after $delay s: run number $now, $there persons"
        if [ "$now" = "$last" ]; then [ "$there" -eq 10 ]; else [ "$there" -eq 40000 ]; fi
        [ "$there" -eq 10 ] || load "$BATS_FILE_TMPDIR/small" swap
        last=$(ask "select run_no from relsogi.run where run_id = 'swap' and status = 'visible'")
    done
    load "$BATS_FILE_TMPDIR/run" swap
    [ "$(persons swap)" -eq 40000 ]
    [ "$(loose_tables)" -eq 0 ]
}

@test "the server's process is killed in mid-COPY: 74; the next load completes" {
    start_load "$BATS_FILE_TMPDIR/run" server 2>"$BATS_TEST_TMPDIR/log" 3>&- &
    pid=$!
    stop_in_copy $pid 100000
    kill -9 "$(ask 'select pid from pg_stat_progress_copy limit 1')"
    kill -CONT $pid
    status=0
    wait $pid || status=$?
    cat "$BATS_TEST_TMPDIR/log"
    [ "$status" -eq 74 ]
    for _ in $(seq 100); do ask 'select 1' 2>/dev/null && break; sleep 0.1; done
    [ "$(visible server)" -eq 0 ]
    load "$BATS_FILE_TMPDIR/run" server
    [ "$(persons server)" -eq 40000 ]
    [ "$(loose_tables)" -eq 0 ]
}

@test "two loads at once: the second ends with 75 and says who is at work" {
    PGAPPNAME=relsogi/load/other psql -XAtq -c 'select pg_advisory_lock(1380273223, 1), pg_sleep(60)' 2>/dev/null 3>&- &
    other=$!
    for _ in $(seq 200); do
        [ "$(ask "select count(*) from pg_locks where locktype = 'advisory' and classid = 1380273223")" -eq 0 ] || break
        sleep 0.01
    done
    run load "$BATS_FILE_TMPDIR/small" locked
    ask "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'relsogi/load/other'" >/dev/null
    wait $other || true
    [ "$status" -eq 75 ]
    [[ "$output" == *"relsogi/load/other"* ]]
    [ "$(visible locked)" -eq 0 ]
}

@test "no server: 69, and what to do" {
    PGHOST="$BATS_TEST_TMPDIR" run load "$BATS_FILE_TMPDIR/small" nowhere
    [ "$status" -eq 69 ]
    [[ "$output" == *"scripts/db start"* ]]
    PGDATABASE=nosuch run load "$BATS_FILE_TMPDIR/small" nowhere
    [ "$status" -eq 69 ]
}

@test "a database without tables: 78; a user who may not: 77; a password in the configuration: 78" {
    PGDATABASE=postgres run load "$BATS_FILE_TMPDIR/small" x
    [ "$status" -eq 78 ]
    [[ "$output" == *"relsogi db migrate"* ]]
    PGUSER=relsogi_analyst run load "$BATS_FILE_TMPDIR/small" x
    [ "$status" -eq 77 ]
    printf 'database:\n  host: /tmp\n  password: secret\n' >"$BATS_TEST_TMPDIR/relsogi.yaml"
    run load "$BATS_FILE_TMPDIR/small" x --config "$BATS_TEST_TMPDIR/relsogi.yaml"
    [ "$status" -eq 78 ]
    [[ "$output" == *PGPASSFILE* ]]
    [[ "$output" != *secret* ]]
}

@test "a row file that was changed: 65, nothing visible" {
    sed -i '20000s/v1/v2/' "$BATS_FILE_TMPDIR/changed/reconcile/person.tsv"
    run load "$BATS_FILE_TMPDIR/changed" changed
    [ "$status" -eq 65 ]
    [[ "$output" == *person.tsv* ]]
    [ "$(visible changed)" -eq 0 ]
    [ "$(loose_tables)" -eq 0 ]
}

@test "a row file changed together with its manifest: 65 where the stage says what it made" {
    cp -r "$BATS_FILE_TMPDIR/small" "$BATS_TEST_TMPDIR/agreed"
    f=$BATS_TEST_TMPDIR/agreed/reconcile/person
    digest() { sha256sum <"$f.tsv" | cut -d' ' -f1; }
    printf '{"provenance":{"stage":"reconcile"},"sha256":{"person":"%s"}}' "$(digest)" \
        >"$BATS_TEST_TMPDIR/agreed/reconcile/stage.json"
    sed -i "s/$(digest)/DIGEST/g; s/\"rows\":10/\"rows\":9/" "$f.json"
    sed -i '$d' "$f.tsv"
    sed -i "s/DIGEST/$(digest)/g" "$f.json"
    run load "$BATS_TEST_TMPDIR/agreed" agreed
    [ "$status" -eq 65 ]
    [[ "$output" == *person.tsv*stage.json* ]]
    rm "$BATS_TEST_TMPDIR/agreed/reconcile/stage.json" # nobody says otherwise
    load "$BATS_TEST_TMPDIR/agreed" agreed
    [ "$(persons agreed)" -eq 9 ]
}

@test "a key twice: 65, and the message does not quote it" {
    cp -r "$BATS_FILE_TMPDIR/small" "$BATS_TEST_TMPDIR/double"
    f=$BATS_TEST_TMPDIR/double/impute/posterior
    sed -i 4d "$f.tsv"
    sed -n 3p "$f.tsv" >>"$f.tsv"
    sed -i "s/\"sha256\":\"[0-9a-f]*\"/\"sha256\":\"$(sha256sum <"$f.tsv" | cut -d' ' -f1)\"/" "$f.json"
    run load "$BATS_TEST_TMPDIR/double" double
    [ "$status" -eq 65 ]
    [[ "$output" == *23505* ]]
    [[ "$output" != *000007d0* ]]
    [ "$(visible double)" -eq 0 ]
}

# stage_account DIR STAGE VERSION: stage.json as that version of the stage wrote it, of the row files that lie there.
stage_account() {
    local m
    {
        printf '{"provenance": {"stage": "%s", "stage_version": %s}, "sha256": {"-": "-"' "$2" "$3"
        for m in "$1"/*.tsv; do printf ', "%s": "%s"' "$(basename "$m" .tsv)" "$(sha256sum <"$m" | cut -d' ' -f1)"; done
        echo '}}'
    } >"$1/stage.json"
}

@test "a run made before a layout was there is loaded as it is; one that has lost it is not" {
    cp -r "$BATS_FILE_TMPDIR/small" "$BATS_TEST_TMPDIR/old"
    stage_account "$BATS_TEST_TMPDIR/old/reconcile" reconcile 5 # its account has agreement: lost, not too old
    rm "$BATS_TEST_TMPDIR"/old/reconcile/agreement.*
    run load "$BATS_TEST_TMPDIR/old" old
    [ "$status" -eq 66 ]
    stage_account "$BATS_TEST_TMPDIR/old/reconcile" reconcile 6 # it would have made one
    run load "$BATS_TEST_TMPDIR/old" old
    [ "$status" -eq 66 ]
    stage_account "$BATS_TEST_TMPDIR/old/reconcile" reconcile 5
    run load "$BATS_TEST_TMPDIR/old" old
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" == *"made no layout agreement"* ]]
    [ "$(persons old)" -eq 10 ]
    [ "$(ask "set relsogi.run = 'old'; select count(*) from relsogi.current_agreement")" = 0 ]
}

@test "a layout is missing: 66, unless --partial; no run id: 64" {
    cp -r "$BATS_FILE_TMPDIR/small" "$BATS_TEST_TMPDIR/part"
    rm "$BATS_TEST_TMPDIR/part/impute/posterior.json"
    run load "$BATS_TEST_TMPDIR/part" part
    [ "$status" -eq 66 ]
    [[ "$output" == *posterior* ]]
    load "$BATS_TEST_TMPDIR/part" part --partial
    [ "$(persons part)" -eq 10 ]
    run "$bin/relsogi-load" --as-of 2026-01-31 $(inputs "$BATS_FILE_TMPDIR/small") --output "$BATS_TEST_TMPDIR/o"
    [ "$status" -eq 64 ]
}

@test "--dry-run says what would be loaded, and loads nothing" {
    run load "$BATS_FILE_TMPDIR/small" dry --dry-run
    [ "$status" -eq 0 ]
    [[ "$output" == *"would load person: 10 rows"* ]]
    [ "$(visible dry)" -eq 0 ]
    [ ! -e "$BATS_TEST_TMPDIR/out" ]
}

@test "nothing of a row is in the server's log" {
    # The start of the second person's key, as row files and as uuids have it; the test before gave the server reason.
    grep -q 'could not create unique index' "$RELSOGI_STATE/pg/log"
    ! grep '000007d0' "$RELSOGI_STATE/pg/log"
}

# ---- the audit chain ----

chained() { # DIR RUN_ID [OPTION...]: with a chain file
    printf 'audit:\n  chain_file: chain\n' >"$BATS_TEST_TMPDIR/relsogi.yaml"
    load "$@" --config "$BATS_TEST_TMPDIR/relsogi.yaml"
}

@test "the log's head goes to the results and to a file of mode 0600 outside the database, once" {
    chained "$BATS_FILE_TMPDIR/small" chain
    chain=$BATS_TEST_TMPDIR/chain
    [ "$(stat -c %a "$chain")" = 600 ]
    head=$(ask "select entry || e'\t' || encode(head, 'hex') from audit.log where event = 'publish' and run_id = 'chain'")
    [ "$(cut -f 1-2 "$chain")" = "$head" ]
    grep -q "\"head\": \"${head#*	}\"" "$BATS_TEST_TMPDIR/out/stage.json"
    chained "$BATS_FILE_TMPDIR/small" chain
    [ "$(wc -l <"$chain")" -eq 1 ]
    # A load that ended before it could add its line: the next one does.
    chained "$BATS_FILE_TMPDIR/small2" chain
    [ "$(wc -l <"$chain")" -eq 2 ]
    head -n 1 "$chain" | tr -d '\n' >"$chain.new" # and what a crash cut off does not run into it
    cp "$chain.new" "$chain"
    chained "$BATS_FILE_TMPDIR/small2" chain
    [ "$(wc -l <"$chain")" -eq 2 ]
}

@test "a chain file that others may read, or that knows another head: refused; the rerun adds what is missing" {
    touch "$BATS_TEST_TMPDIR/chain"
    chmod 0644 "$BATS_TEST_TMPDIR/chain"
    run chained "$BATS_FILE_TMPDIR/small" mode
    [ "$status" -eq 77 ]
    [[ "$output" == *"chmod 0600"* ]]
    chmod 0600 "$BATS_TEST_TMPDIR/chain"
    chained "$BATS_FILE_TMPDIR/small" mode
    [ "$(wc -l <"$BATS_TEST_TMPDIR/chain")" -eq 1 ]
    printf '9999\t%064d\tx\t1\tx\n' 0 >>"$BATS_TEST_TMPDIR/chain"
    run chained "$BATS_FILE_TMPDIR/small2" mode
    [ "$status" -eq 65 ]
    [[ "$output" == *"relsogi verify"* ]]
}

@test "identifiers are in the vault, or with vault: off nowhere" {
    load "$BATS_FILE_TMPDIR/small" vault
    [ "$(ask "select count(*) from vault.identifier join relsogi.run using (run_no) where run_id = 'vault'")" -eq 10 ]
    printf 'vault: off\n' >"$BATS_TEST_TMPDIR/relsogi.yaml"
    load "$BATS_FILE_TMPDIR/small" vault --config "$BATS_TEST_TMPDIR/relsogi.yaml"
    [ "$(ask "select count(*) from vault.identifier join relsogi.run using (run_no) where run_id = 'vault'")" -eq 0 ]
    [ "$(ask "select string_agg(revision || status, ' ' order by revision) from relsogi.run where run_id = 'vault'")" = \
        '1superseded 2visible' ]
}

@test "a cell that a spreadsheet would take for a formula is text in auditors' CSV" {
    load "$BATS_FILE_TMPDIR/small" cells
    for reason in '=HYPERLINK("http://x","y")' '=12345' '+1 is a number no more' '-2+cmd|x' '@SUM(1,2) looks' 'as = it + was' \
        $'=two\nlines, "and" more' '-12.5e-3'; do
        "$bin/relsogi" db approve cells --reason "$reason" >/dev/null
    done
    "$bin/relsogi" db export actions --output "$BATS_TEST_TMPDIR/a.csv"
    run python3 - "$BATS_TEST_TMPDIR/a.csv" <<'PY'
import csv, sys
rows = [r["reason"] for r in csv.DictReader(open(sys.argv[1], newline="")) if r["run_id"] == "cells" and r["event"] == "approve"]
print(rows)
assert rows == ["'=HYPERLINK(\"http://x\",\"y\")", "'=12345", "'+1 is a number no more", "'-2+cmd|x", "'@SUM(1,2) looks", "as = it + was",
                "'=two\nlines, \"and\" more", "-12.5e-3"]
PY
    echo "$output"
    [ "$status" -eq 0 ]
}
