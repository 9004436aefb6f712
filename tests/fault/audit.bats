#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# verify against everything somebody could change in the database, by its owner or an administrator.
# Run by tests/with_cluster, which gives it a server of its own.

bats_require_minimum_version 1.5.0

setup_file() {
    [ -n "${RELSOGI_STATE:-}" ] || { echo "run this as: tests/with_cluster bats tests/fault/audit.bats" >&2; return 1; }
    export tree="$BATS_TEST_DIRNAME/../.."
    export bin="${RELSOGI_BIN:-$tree/build/bin}"
    export plan="$BATS_FILE_TMPDIR/plan" run="$BATS_FILE_TMPDIR/runs/t" chain="$BATS_FILE_TMPDIR/chain"
    (umask 077; "$bin/relsogi" synth --members 500 --seed 11 --output "$plan" >/dev/null)
    printf 'audit:\n  chain_file: %s\n' "$chain" >>"$plan/relsogi.yaml"
    "$bin/relsogi" run --config "$plan/relsogi.yaml" --as-of 2026-06-30 --run-id t --output "$BATS_FILE_TMPDIR/runs" \
        >/dev/null 2>&1
}

ask() { PGUSER=relsogi psql -XAtq -v ON_ERROR_STOP=1 -c "$1"; }
verify() { "$bin/relsogi" verify "$run" --database --chain-file "$chain" "$@"; }
number() { ask "select run_no from relsogi.run where run_id = 't' and status = 'visible'"; }
# changed STATEMENT UNDO PATTERN: an administrator does it, verify says so with 65, and it is undone.
changed() {
    ask "$1"
    run verify --user relsogi
    ask "$2"
    echo "$output"
    [ "$status" -eq 65 ]
    [[ "$output" == *CHANGED*$3* ]]
}

@test "as it was loaded there is no fault, for an auditor and for an administrator" {
    run verify
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" == *"vault.identifier not looked at"* ]]
    run verify --user relsogi
    [ "$status" -eq 0 ]
    [[ "$output" != *"not looked at"* ]]
    [[ "$output" == *"0 faults"* ]]
    run "$bin/relsogi" verify "$run" --config "$plan/relsogi.yaml" # audit: is enough to look
    [ "$status" -eq 0 ]
    [[ "$output" == *"log entries"* ]]
    run verify --user relsogi_analyst
    [ "$status" -eq 77 ]
}

@test "the summary shows the head of the chain" {
    run "$bin/relsogi" summary "$run"
    [[ "$output" == *"$(cut -f 2 "$chain" | tail -n 1)"* ]]
}

@test "one value of one row: which table, which key, which column, and no value" {
    key=$(ask "select person_key from relsogi.person order by person_key limit 1")
    part=relsogi_parts.person_$(number)
    old=$(ask "select sex from $part where person_key = '$key'")
    changed "update $part set sex = 'X' where person_key = '$key'" "update $part set sex = nullif('$old', '') where person_key = '$key'" \
        "table person, person_key ${key//-/}: row is changed: sex"
    # The same rows, the one at another place: no fault.
    run verify --user relsogi
    [ "$status" -eq 0 ]
    [[ "$output" == *"the same rows as were loaded, in another order"* ]]
}

@test "a row taken out, a row added" {
    part=relsogi_parts.person_value_$(number)
    row="(select * from $part order by person_key, element, axis, seq limit 1)"
    key=$(ask "select person_key from $row as x")
    ask "create table relsogi_parts.kept as $row"
    changed "delete from $part where (person_key, element, axis, seq) in (select person_key, element, axis, seq from relsogi_parts.kept)" \
        "insert into $part select * from relsogi_parts.kept" "person_key ${key//-/}*row is not in the database"
    changed "insert into $part select run_no, person_key, element, axis, 99, value, missing, collection, effective, source, record_key,
            rule, losers from relsogi_parts.kept" "delete from $part where seq = 99" "seq 99: row is not in the row file"
    ask 'drop table relsogi_parts.kept'
}

@test "an identifier, which only an administrator's verify sees; its value is not shown" {
    part=vault_parts.identifier_$(number)
    changed "update $part set value = value || 'x' where ctid = (select min(ctid) from $part)" \
        "update $part set value = rtrim(value, 'x') where value like '%x'" "table identifier, "
    [[ "$output" == *"value (not shown)"* ]]
}

@test "a row changed, and the digests in run_table with it" {
    part=relsogi_parts.estimate_$(number)
    changed "update $part set rate = rate + 0.01 where ctid = (select ctid from $part where rate is not null order by estimate_key limit 1);
        update relsogi.run_table set content = sha256('x') where layout = 'estimate'" \
        "update $part set rate = rate - 0.01 where ctid = (select max(ctid) from $part);
            update relsogi.run_table as t set content = decode(detail #>> '{tables,estimate,content}', 'hex') from audit.log as l
            where l.event = 'publish' and l.run_no = t.run_no and layout = 'estimate'" "table estimate, estimate_key"
    [[ "$output" == *"CHANGED  relsogi.run_table, layout estimate"* ]]
}

@test "the run's own line: its day, results, packs, operator, program" {
    line() { changed "update relsogi.run set $1" "update relsogi.run set $2" "relsogi.run, t: $3 is not what the log says"; }
    line "as_of = '2026-08-30'" "as_of = '2026-06-30'" as_of
    line "results = results || '{\"x\": 1}'" "results = results - 'x'" results
    line "packs = packs || '{z}'" "packs = array_remove(packs, 'z')" packs
    line "operator = operator || 'x'" "operator = rtrim(operator, 'x')" operator
    line "program_version = program_version || 'x'" "program_version = rtrim(program_version, 'x')" version
    line 'revision = 7' 'revision = 1' revision
    run verify
    [ "$status" -eq 0 ]
}

@test "an entry of the log, its heads made anew: the chain file knows" {
    disable='alter table audit.log disable trigger all;'
    enable='; alter table audit.log enable always trigger append_only; alter table audit.log enable always trigger number'
    changed "$disable update audit.log set actor = 'nobody' where entry = 3 $enable" \
        "$disable update audit.log set actor = 'relsogi' where entry = 3 $enable" "audit.log, entry 3: is not what its head was made of"
    ask "create table relsogi_parts.log as select * from audit.log"
    rechain="do \$\$ declare e audit.log; h bytea := decode(repeat('00', 32), 'hex'); begin
        for e in select * from audit.log order by entry loop
            h := sha256(h || audit.canonical(e)); update audit.log set head = h where entry = e.entry; end loop; end \$\$"
    changed "$disable update audit.log set actor = 'nobody' where entry = 3; $rechain $enable" \
        "$disable delete from audit.log; insert into audit.log select * from relsogi_parts.log $enable" \
        "has not the head that the chain file keeps"
    changed "$disable delete from audit.log where entry = (select max(entry) from audit.log) $enable" \
        "$disable delete from audit.log; insert into audit.log select * from relsogi_parts.log $enable" \
        "is in the chain file, and is missing"
    ask 'drop table relsogi_parts.log'
    run verify --user relsogi
    [ "$status" -eq 0 ]
}

@test "one byte of a row file, and of the chain file" {
    cp -r "$run" "$BATS_TEST_TMPDIR/t"
    byte=$(($(stat -c %s "$run/reconcile/person.tsv") / 2))
    python3 - "$run/reconcile/person.tsv" $byte <<'PY'
import sys
with open(sys.argv[1], "r+b") as f:
    f.seek(int(sys.argv[2])); b = f.read(1); f.seek(-1, 1); f.write(bytes([b[0] ^ 1]))
PY
    run verify
    rm -r "$BATS_FILE_TMPDIR/runs/t"
    cp -r "$BATS_TEST_TMPDIR/t" "$BATS_FILE_TMPDIR/runs/t"
    [ "$status" -eq 65 ]
    [[ "$output" == *"CHANGED  "*person.tsv* ]]
    awk -F'\t' -v OFS='\t' '{ $2 = (substr($2, 1, 1) == "0" ? "1" : "0") substr($2, 2) } 1' "$chain" >"$BATS_TEST_TMPDIR/chain"
    run "$bin/relsogi" verify "$run" --database --chain-file "$BATS_TEST_TMPDIR/chain"
    [ "$status" -eq 65 ]
    [[ "$output" == *"has not the head that the chain file keeps"* ]]
    run "$bin/relsogi" verify "$run" --database --chain-file "$BATS_TEST_TMPDIR/nosuch"
    [ "$status" -eq 66 ]
}

@test "trace says what the database holds of a number, and its place in the chain" {
    id=$(ask "select estimate_key from relsogi.current_estimate where not suppressed order by estimate_key limit 1")
    run "$bin/relsogi" trace "$id" --run "$run" --database
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" == *"head $(ask "select encode(head, 'hex') from audit.log where run_no = $(number) and event = 'publish'")"* ]]
    [[ "$output" == *"loaded "*" by $(id -un)@"*"relsogi_loader"* ]]
    run "$bin/relsogi" trace tabulation:population:ALL --run "$run" --database
    [ "$status" -eq 0 ]
    [[ "$output" == *"digest of table tabulation $(ask "select detail #>> '{tables,tabulation,content}' from audit.log
        where run_no = $(number) and event = 'publish'")"* ]]
}

@test "who may see which source without an entry of the log; the log's triggers" {
    changed "insert into relsogi.source_grant (role, source) values ('relsogi_analyst', '*')" \
        "delete from relsogi.source_grant where role = 'relsogi_analyst'" \
        'role relsogi_analyst, source \*: is there, and the log does not say since when'
    changed "delete from relsogi.source_grant where role = 'relsogi_steward'" \
        "insert into relsogi.source_grant (role, source) values ('relsogi_steward', '*')" 'role relsogi_steward, source \*: is gone'
    changed 'alter table audit.log disable trigger append_only' 'alter table audit.log enable always trigger append_only' \
        'trigger append_only: does not keep the log'
    ask "select relsogi.grant_source('relsogi_steward', 'ehr'), relsogi.revoke_source('relsogi_auditor', '*'),
        relsogi.grant_source('relsogi_auditor', '*')"
    run verify
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "what the database is made of: views, functions, constraints, policies, triggers, columns, rights, roles" {
    view=$(ask "select pg_get_viewdef('relsogi.current_estimate'::regclass)")
    changed "create or replace view relsogi.current_estimate as select * from relsogi.estimate" \
        "create or replace view relsogi.current_estimate as $view" 'view relsogi.current_estimate: is not what the migrations made'
    code=$(ask "select pg_get_functiondef('relsogi.has_source(text)'::regprocedure)")
    changed "create or replace function relsogi.has_source(wanted text) returns boolean language sql stable security definer
        set search_path = pg_catalog, pg_temp as 'select true'" "$code" 'function relsogi.has_source(text): is not what'
    changed 'alter table relsogi.agreement drop constraint agreement_no_small_count' \
        "alter table relsogi.agreement add constraint agreement_no_small_count $(ask "select pg_get_constraintdef(oid) from pg_constraint
            where conname = 'agreement_no_small_count' and conrelid = 'relsogi.agreement'::regclass")" \
        'constraint agreement_no_small_count of relsogi.agreement: is gone'
    changed 'grant select on relsogi.person to relsogi_analyst' 'revoke select on relsogi.person from relsogi_analyst' \
        'table relsogi.person: is not what'
    changed 'grant select (sex) on relsogi.person to relsogi_loader' 'revoke select (sex) on relsogi.person from relsogi_loader' \
        'table relsogi.person: is not what'
    changed 'alter table relsogi.person disable row level security' 'alter table relsogi.person enable row level security' \
        'table relsogi.person: is not what'
    changed 'create policy all_of_it on relsogi.person for select using (true)' 'drop policy all_of_it on relsogi.person' \
        'policy all_of_it of relsogi.person: is not from a migration'
    changed 'grant execute on function vault.reveal(uuid, text, text) to relsogi_auditor' \
        'revoke execute on function vault.reveal(uuid, text, text) from relsogi_auditor' 'function vault.reveal('
    changed 'grant relsogi_sogi to relsogi_analyst' 'revoke relsogi_sogi from relsogi_analyst' 'role relsogi_sogi: is not what'
    changed 'alter role relsogi_analyst bypassrls' 'alter role relsogi_analyst nobypassrls' 'role relsogi_analyst: is not what'
    changed 'alter default privileges for role relsogi_owner in schema relsogi_parts grant select on tables to relsogi_analyst' \
        'alter default privileges for role relsogi_owner in schema relsogi_parts revoke select on tables from relsogi_analyst' \
        'rights given in advance in relsogi_parts by relsogi_owner'
    changed "create trigger quiet before insert on relsogi.run for each row execute function audit.refuse()" \
        'drop trigger quiet on relsogi.run' 'trigger quiet of relsogi.run: is not from a migration'
    part=relsogi_parts.person_$(number)
    changed "grant select on $part to relsogi_analyst" "revoke select on $part from relsogi_analyst" \
        "table $part: gives rights to relsogi_analyst"
    run verify # each was undone: nothing is left
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "definitions: another revision is no change; migrating again does not make right, unseen, what somebody changed" {
    "$bin/relsogi-db" migrate --user relsogi 2>"$BATS_TEST_TMPDIR/said"
    entries=$(ask 'select count(*) from audit.log')
    "$bin/relsogi-db" migrate --user relsogi
    [ "$(ask 'select count(*) from audit.log')" = "$entries" ] # the same definitions are not written twice
    ! grep -q 'found before' "$BATS_TEST_TMPDIR/said"
    ask "create function relsogi.mine() returns integer language sql as 'select 1'"
    "$bin/relsogi-db" migrate --user relsogi 2>"$BATS_TEST_TMPDIR/said"
    grep -q 'function relsogi.mine() is not from a migration' "$BATS_TEST_TMPDIR/said"
    [ "$(ask "select detail ->> 'changed_before' from audit.log order by entry desc limit 1")" = '["function relsogi.mine()"]' ]
    ask 'drop function relsogi.mine()'
    run verify
    [ "$status" -eq 65 ]
    [[ "$output" == *"function relsogi.mine(): is gone"* ]]
    "$bin/relsogi-db" migrate --user relsogi
    "$bin/relsogi" run --config "$plan/relsogi.yaml" --as-of 2026-07-31 --run-id other --output "$BATS_FILE_TMPDIR/runs" >/dev/null 2>&1
    run verify
    echo "$output"
    [ "$status" -eq 0 ]
}
