#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# scripts/db and relsogi db: the private cluster, and what migrate does and refuses.

bats_require_minimum_version 1.5.0

setup_file() {
    export tree="$BATS_TEST_DIRNAME/../.."
    export RELSOGI_BIN="${RELSOGI_BIN:-$tree/build/bin}"
    unset PGHOST PGHOSTADDR PGPORT PGSERVICE PGDATABASE PGUSER PGPASSWORD PGPASSFILE PGOPTIONS RELSOGI_TEST_CLUSTER
    RELSOGI_STATE=$(mktemp -d /tmp/relsogi-db-XXXXXX)
    chmod 0755 "$RELSOGI_STATE"
    export RELSOGI_STATE PGSERVICEFILE="$RELSOGI_STATE/none"
    if ! [ -x /usr/lib/postgresql/15/bin/initdb ]; then
        echo "# skipped: no PostgreSQL 15 server here" >&3
        touch "$RELSOGI_STATE/skip"
        return
    fi
    "$tree/scripts/db" start 3>&-
}

teardown_file() {
    "$tree/scripts/db" stop || true
    rm -rf "$RELSOGI_STATE"
}

setup() { [ ! -e "$RELSOGI_STATE/skip" ] || skip "no PostgreSQL 15 server here"; }

db() { "$tree/scripts/db" "$@"; }
ask() {
    eval "$(db env)"
    PGUSER=relsogi psql -XAtq -c "$1"
}

@test "the server is reached by its socket only, keeps checksums, logs no rows, and is not root's" {
    [ "$(ask 'show listen_addresses')" = '' ]
    [ "$(ask 'show data_checksums')" = on ]
    [ "$(ask 'show log_error_verbosity')" = terse ]
    [ "$(ask 'show server_encoding')" = UTF8 ]
    [ "$(ask "select count(*) from pg_hba_file_rules where type <> 'local' or auth_method <> 'peer'")" -eq 0 ]
    [ "$(stat -c %a "$RELSOGI_STATE/pg")" = 700 ]
    pid=$(if [ "$(id -u)" = 0 ]; then runuser -u postgres -- head -1 "$RELSOGI_STATE/pg/data/postmaster.pid"; else
        head -1 "$RELSOGI_STATE/pg/data/postmaster.pid"; fi)
    [ "$(stat -c %u "/proc/$pid")" -ne 0 ]
}

@test "start again changes nothing; stop, start: the rows are still there" {
    ask "insert into audit.log (event, run_id) values ('publish', 'kept')"
    run --separate-stderr db start
    [ "$status" -eq 0 ]
    [[ "$output" == *"0 new migrations"* ]]
    db stop
    run db status
    [ "$status" -eq 3 ]
    db stop # not running: no error
    db start 3>&-
    [ "$(ask "select count(*) from audit.log where run_id = 'kept'")" -eq 1 ]
    run db status
    [ "$status" -eq 0 ]
}

as_server() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
kill_server() {
    pid=$(as_server head -n 1 "$RELSOGI_STATE/pg/data/postmaster.pid")
    kill -KILL "$pid"
    for _ in $(seq 100); do # its workers end when they notice
        [ -n "$(find /proc/[0-9]*/cwd -maxdepth 0 -lname "$RELSOGI_STATE/pg/data" 2>/dev/null)" ] || return 0
        sleep 0.05
    done
    false
}

@test "a killed server, even one nobody has waited for: the next start recovers" {
    kill_server
    run db status
    [ "$status" -eq 3 ]
    db start 3>&-
    [ "$(ask 'select 1')" -eq 1 ]
}

@test "another program with the number the server had is neither taken for it nor ended" {
    kill_server
    as_server sh -c 'echo $$ >"$1"; exec sleep 60' sh "$RELSOGI_STATE/pg/data/other" 3>&- &
    for _ in $(seq 100); do
        other=$(as_server cat "$RELSOGI_STATE/pg/data/other" 2>/dev/null) && [ -n "$other" ] && break
        sleep 0.05
    done
    as_server sh -c 'sed -i "1s/.*/$2/" "$1"' sh "$RELSOGI_STATE/pg/data/postmaster.pid" "$other"
    run db status
    [ "$status" -eq 3 ]
    db stop
    kill -0 "$other"
    db start 3>&-
    [ "$(ask 'select 1')" -eq 1 ]
    kill "$other"
}

@test "env is the loader's; two starts at once do not disturb each other" {
    run db env
    [ "$output" = "export PGHOST='$RELSOGI_STATE/pg' PGPORT=5432 PGDATABASE=relsogi PGUSER=relsogi_loader" ]
    eval "$output"
    [ "$(psql -XAtqc 'select current_user')" = relsogi_loader ]
    db stop
    db start 3>&- & first=$!
    db start 3>&-
    wait $first
    # Its own address in the environment is not somebody else's server.
    run db status
    [[ "$output" == running* ]]
}

@test "where a server is configured, nothing is started and that one is used" {
    other=$BATS_TEST_TMPDIR/other
    for how in PGHOST=/somewhere PGSERVICE=mine PGHOSTADDR=127.0.0.1; do
        run env "$how" RELSOGI_STATE="$other" "$tree/scripts/db" start
        [ "$status" -eq 0 ]
        [[ "$output" == *"${how%%=*}"*"nothing is started"* ]]
        run env "$how" RELSOGI_STATE="$other" "$tree/scripts/db" env
        [[ "$output" == '#'* ]]
        run env "$how" RELSOGI_STATE="$other" "$tree/scripts/db" reset
        [ "$status" -eq 64 ]
    done
    printf '[relsogi]\nhost=/somewhere\n' >"$BATS_TEST_TMPDIR/services"
    run env PGSERVICEFILE="$BATS_TEST_TMPDIR/services" RELSOGI_STATE="$other" "$tree/scripts/db" start
    [[ "$output" == *"nothing is started"* ]]
    [ ! -e "$other" ]
}

@test "a folder too long for a socket: 78, before anything is made" {
    long=$BATS_TEST_TMPDIR/$(printf 'x%.0s' $(seq 100))
    RELSOGI_STATE=$long run db start
    [ "$status" -eq 78 ]
    [[ "$output" == *RELSOGI_STATE* ]]
    [ ! -e "$long" ]
}

@test "migrate: not by the loader (77); not where an applied migration has another text (78)" {
    eval "$(db env)"
    run "$RELSOGI_BIN/relsogi-db" migrate
    [ "$status" -eq 77 ]
    [[ "$output" == *--user* ]]
    ask "update relsogi.migration set sha256 = sha256('other') where number = 2"
    run "$RELSOGI_BIN/relsogi-db" migrate --user relsogi
    [ "$status" -eq 78 ]
    [[ "$output" == *002_layouts.sql* ]]
    ask "update relsogi.migration set sha256 = (select decode('$(sha256sum <"$tree/sql/migrations/002_layouts.sql" | cut -d' ' -f1)', 'hex'))
        where number = 2"
    run --separate-stderr "$RELSOGI_BIN/relsogi-db" migrate --user relsogi
    [ "$status" -eq 0 ]
    [[ "$output" == *"0 new migrations"* ]]
}

@test "migrate by an administrator who is no superuser" {
    ask 'create role steward login createrole'
    ask 'create database elsewhere owner steward'
    run env PGUSER=relsogi PGOPTIONS='-c session_authorization=steward' PGDATABASE=elsewhere PGHOST="$RELSOGI_STATE/pg" \
        "$RELSOGI_BIN/relsogi-db" migrate --log-format human
    echo "$output"
    [ "$status" -eq 0 ]
    eval "$(db env)"
    [ "$(PGDATABASE=elsewhere psql -XAtqc 'select count(*) from relsogi.run')" -eq 0 ]
    ask 'drop database elsewhere'
    ask 'drop owned by steward'
    ask 'drop role steward'
}

@test "reset empties the private database, even one that cannot be migrated" {
    ask 'drop table relsogi.run cascade'
    db reset 3>&-
    [ "$(ask 'select count(*) from relsogi.run')" -eq 0 ]
    [ "$(ask "select count(*) from audit.log where run_id = 'kept'")" -eq 0 ]
}

@test "wrong words: 64; help: 0" {
    run db frobnicate
    [ "$status" -eq 64 ]
    run "$RELSOGI_BIN/relsogi-db" frobnicate
    [ "$status" -eq 64 ]
    run "$RELSOGI_BIN/relsogi-db" --help
    [ "$status" -eq 0 ]
    [[ "$output" == *migrate* ]]
}
