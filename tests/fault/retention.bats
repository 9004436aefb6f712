#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Retention over a thousand runs, and what auditors take out of the database.
# Run by tests/with_cluster, which gives it a server of its own.

bats_require_minimum_version 1.5.0

setup_file() {
    [ -n "${RELSOGI_STATE:-}" ] || { echo "run this as: tests/with_cluster bats tests/fault/retention.bats" >&2; return 1; }
    export tree="$BATS_TEST_DIRNAME/../.."
    export bin="${RELSOGI_BIN:-$tree/build/bin}"
    # A thousand days, two tables a run: through the loader's functions, as load calls them.
    PGUSER=relsogi psql -XAtq -v ON_ERROR_STOP=1 >/dev/null <<'SQL'
select pg_advisory_lock(1380273223, 1);
create procedure public.thousand() language plpgsql as $$
declare
    number integer;
    none text := repeat('00', 32);
    tables jsonb := jsonb_build_array(
        jsonb_build_object('layout', 'estimate', 'version', 1, 'rows', 1, 'sha256', none),
        jsonb_build_object('layout', 'link', 'version', 1, 'rows', 1, 'sha256', none));
begin
    for i in 1..1000 loop
        select b.number into number from relsogi.load_begin(jsonb_build_object('run_id', 'r' || i, 'as_of',
            date '2023-01-01' + i, 'content', encode(sha256(i::text::bytea), 'hex'), 'version', 'test', 'tables', tables)) as b;
        execute 'insert into ' || relsogi.load_table(number, 'estimate') || ' (estimate_key, measure, period, dimension,'
            ' stratum, estimator, suppressed) values (gen_random_uuid(), ''m'', ''p'', ''all'', ''all'', ''observed'', true)';
        perform relsogi.load_seal(number, 'estimate', none, '{}');
        execute 'insert into ' || relsogi.load_table(number, 'link') || ' (record_key, person_key, source, rule)'
            ' values (gen_random_uuid(), gen_random_uuid(), ''s'', ''alone'')';
        perform relsogi.load_seal(number, 'link', none, '{}');
        perform relsogi.load_publish(number);
        commit;
    end loop;
end
$$;
call public.thousand();
SQL
}

ask() { PGUSER=relsogi psql -XAtq -v ON_ERROR_STOP=1 -c "$1"; }
visible() { ask "select count(*) from relsogi.run where status = 'visible'"; }

@test "a thousand runs are there, each queryable as of its day" {
    [ "$(visible)" -eq 1000 ]
    [ "$(ask "set relsogi.as_of = '2024-01-01'; select r.run_id from relsogi.current_estimate join relsogi.run r using (run_no)")" = r365 ]
    [ "$(ask "select count(*) from relsogi.estimate where run_no = relsogi.run_as_of('2023-06-01')")" -eq 1 ]
}

@test "--dry-run drops nothing; the loader cannot leave fewer than the least" {
    run --separate-stderr "$bin/relsogi" db prune --keep 998 --dry-run
    [ "$status" -eq 0 ]
    [ "$(grep -c '^  r[12] revision 1' <<<"$output")" -eq 2 ]
    [[ "$output" == *"2 runs would be pruned" ]]
    [ "$(visible)" -eq 1000 ]
    run --separate-stderr "$bin/relsogi" db prune --keep 1 --dry-run
    [[ "$output" == *"990 runs would be pruned" ]]
    run "$bin/relsogi" db prune --keep 0
    [ "$status" -eq 64 ]
    run "$bin/relsogi" db prune --user relsogi_analyst
    [ "$status" -eq 77 ]
}

@test "cut short in the middle, whole runs are gone; the next prune goes on, by default to a hundred" {
    "$bin/relsogi" db prune --keep 500 >/dev/null 2>&1 3>&- &
    pid=$!
    for _ in $(seq 300); do [ "$(visible)" -gt 960 ] || break; sleep 0.01; done
    kill -9 $pid
    wait $pid || true
    left=$(visible)
    echo "left after the kill: $left"
    [ "$left" -lt 1000 ]
    [ "$(ask "select count(*) from relsogi.estimate")" -eq "$(visible)" ]
    [ "$(ask "select count(*) from relsogi.link")" -eq "$(visible)" ]
    run --separate-stderr "$bin/relsogi" db prune
    [ "$status" -eq 0 ]
    [ "$(visible)" -eq 100 ]
    [ "$(ask "select count(*) from pg_class where relnamespace = 'relsogi_parts'::regnamespace and relkind = 'r'")" -eq 200 ]
    [ "$(ask "select count(*) from audit.log where event = 'prune'")" -eq 900 ]
    [ "$(ask "select min(as_of) from relsogi.run where status = 'visible'")" = 2025-06-20 ]
}

@test "retention: in the configuration; a query over all runs is planned in a moment" {
    printf 'retention:
  keep: 60
  older_than: 30
' >"$BATS_TEST_TMPDIR/relsogi.yaml"
    "$bin/relsogi" db prune --config "$BATS_TEST_TMPDIR/relsogi.yaml"
    [ "$(visible)" -eq 60 ]
    ms=$(ask "explain (summary) select count(*) from relsogi.estimate" | grep -o 'Planning Time: [0-9]*' | grep -o '[0-9]*$')
    echo "planned in $ms ms"
    [ "$ms" -lt 200 ]
    printf 'retention:
  kep: 60
' >"$BATS_TEST_TMPDIR/relsogi.yaml"
    run "$bin/relsogi" db prune --config "$BATS_TEST_TMPDIR/relsogi.yaml"
    [ "$status" -eq 78 ]
}

@test "auditors take out discrepancies as CSV, and approve runs; nobody else does" {
    "$tree/tests/fault/make_run" "$BATS_TEST_TMPDIR/run" 50
    "$bin/relsogi" load --as-of 2026-01-31 --run-id work $(for s in ingest map reconcile impute check stratify; do
        echo --input "$BATS_TEST_TMPDIR/run/$s"; done) --output "$BATS_TEST_TMPDIR/out" --partial
    "$bin/relsogi" db export discrepancies --output "$BATS_TEST_TMPDIR/d.csv"
    [ "$(stat -c %a "$BATS_TEST_TMPDIR/d.csv")" = 600 ]
    [ "$(wc -l <"$BATS_TEST_TMPDIR/d.csv")" -eq 7 ] # 6 and their names
    [ "$(head -n 1 "$BATS_TEST_TMPDIR/d.csv" | cut -d, -f 1-3)" = run_no,discrepancy_key,person_key ]
    grep -c ',open,' "$BATS_TEST_TMPDIR/d.csv"
    for what in changes facilities identifiers summary actions; do "$bin/relsogi" db export $what >/dev/null; done
    "$bin/relsogi" db export discrepancies --as-of 2025-09-01 | tail -n +2 | { ! grep .; }
    run "$bin/relsogi" db export discrepancies --user relsogi_analyst
    [ "$status" -eq 77 ]
    run "$bin/relsogi" db export people
    [ "$status" -eq 64 ]
    [[ "$output" == *discrepancies* ]]
    "$bin/relsogi" db approve work --reason 'looks like last month'
    "$bin/relsogi" db export actions | grep -q 'relsogi_auditor,approve,work,1,"",looks like last month'
    run "$bin/relsogi" db approve work
    [ "$status" -eq 64 ]
    run "$bin/relsogi" db override nosuch --reason 'looks like last month'
    [ "$status" -eq 66 ]
    run "$bin/relsogi" db approve work --reason 'looks like last month' --user relsogi_analyst
    [ "$status" -eq 77 ]
}

@test "a night with retention: in the configuration drops old runs; its last line says how many" {
    "$bin/relsogi" synth --members 50 --seed 3 --output "$BATS_TEST_TMPDIR/plan" >/dev/null 2>&1
    night() {
        RELSOGI="$bin/relsogi" run "$tree/scripts/nightly" --config "$BATS_TEST_TMPDIR/plan/relsogi.yaml" --as-of 2026-06-30 \
            -- --run-id night --output "$BATS_TEST_TMPDIR/runs"
    }
    before=$(visible)
    night
    [ "$status" -eq 0 ]
    [[ "${lines[-1]}" == *": done, nothing pruned (status 0, "* ]]
    [ "$(visible)" -eq $((before + 1)) ]
    printf 'retention:\n  keep: 20\n' >>"$BATS_TEST_TMPDIR/plan/relsogi.yaml"
    night
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "${lines[-1]}" == *": done, $((before + 1 - 20)) runs pruned (status 0, "* ]]
    [ "$(visible)" -eq 20 ]
    # Another session holds the loader's lock: the run is done, nothing is lost, try again.
    PGAPPNAME=relsogi/load/other psql -XAtq -c 'select pg_advisory_lock(1380273223, 1), pg_sleep(60)' 2>/dev/null 3>&- &
    other=$!
    until [ "$(ask "select count(*) from pg_locks where locktype = 'advisory' and classid = 1380273223")" -gt 0 ]; do sleep 0.05; done
    run "$bin/relsogi" db prune --config "$BATS_TEST_TMPDIR/plan/relsogi.yaml" --if-configured
    ask "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'relsogi/load/other'" >/dev/null
    wait $other || true
    [ "$status" -eq 75 ]
}
