#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# A server elsewhere: TLS with the server's name verified, a service file, passwords in PGPASSFILE and nowhere else.

bats_require_minimum_version 1.5.0

setup_file() {
    source "$BATS_TEST_DIRNAME/common.bash"
    export PATH=$PATH:/usr/lib/postgresql/15/bin
    command -v initdb openssl >/dev/null || skip "no PostgreSQL server or no openssl here"
    unset PGHOST PGHOSTADDR PGPORT PGSERVICE PGSERVICEFILE PGDATABASE PGUSER PGPASSWORD PGPASSFILE PGOPTIONS PGSSLMODE
    export there=$(mktemp -d /tmp/relsogi-tls-XXXXXX)
    export port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("localhost", 0)); print(s.getsockname()[1])')
    for who in admin relsogi_loader relsogi_auditor; do
        printf 'localhost:%s:*:%s:secret-of-%s\n' "$port" "$who" "$who"
    done >"$there/passwords"
    make_server
    services >"$there/services"
    export PGSERVICEFILE=$there/services PGPASSFILE=$there/passwords
    export psql="psql -XAtq -v ON_ERROR_STOP=1"
    PGSERVICE=admin $psql -d postgres -c 'create database relsogi'
    make_plan 300 "$there/plan"
    printf 'database:\n  service: plan\n' >>"$there/plan/relsogi.yaml"
}

teardown_file() {
    [ -n "${there:-}" ] || return 0
    as_server pg_ctl stop -s -m fast -D "$there/server/data" || true
    rm -rf "$there"
}

as_server() { (cd / && if [ "$(id -u)" -eq 0 ]; then runuser -u postgres -- env PATH="$PATH" "$@"; else "$@"; fi); }

# Listens on localhost only, speaks to nobody without TLS, knows an administrator by password.
make_server() {
    local server=$there/server
    mkdir "$server"
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
        -keyout "$server/key" -out "$server/certificate" 2>/dev/null
    cp "$server/certificate" "$there/authority"
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=somebody-else -keyout "$there/other.key" \
        -out "$there/other" 2>/dev/null
    echo secret-of-admin >"$server/password"
    [ "$(id -u)" -ne 0 ] || { chmod 755 "$there" && chown -R postgres "$server"; }
    as_server initdb -D "$server/data" -U admin -A scram-sha-256 --pwfile "$server/password" -E UTF8 --locale=C.UTF-8 \
        >/dev/null
    rm "$server/password"
    printf '%s\n' "listen_addresses = 'localhost'" "port = $port" "unix_socket_directories = ''" 'ssl = on' \
        "ssl_cert_file = '$server/certificate'" "ssl_key_file = '$server/key'" 'log_connections = on' \
        'log_min_messages = info' | as_server sh -c 'cat >>"$1"' sh "$server/data/postgresql.conf"
    echo 'hostssl all all localhost scram-sha-256' | as_server sh -c 'cat >"$1"' sh "$server/data/pg_hba.conf"
    as_server pg_ctl start -w -s -D "$server/data" -l "$server/log" 3>&-
}

services() {
    for who in admin:admin plan:relsogi_loader auditor:relsogi_auditor; do
        printf '[%s]\nhost=localhost\nport=%s\ndbname=relsogi\nuser=%s\nsslmode=verify-full\nsslrootcert=%s\n\n' \
            "${who%:*}" "$port" "${who#*:}" "$there/authority"
    done
}

setup() {
    source "$BATS_TEST_DIRNAME/common.bash"
    runs=$there/runs
    run_it() {
        "$bin/relsogi" run --config "$there/plan/relsogi.yaml" --as-of $as_of --run-id t --output "$runs" "$@"
    }
}

# The command line and the environment of every process, over and over, while the file $there/watch is there.
watch_processes() {
    while [ -e "$there/watch" ]; do
        cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\0' '\n' | grep -o 'secret-o[f]-[a-z_]*' >>"$there/seen" || true
    done
}

@test "migrate, run, verify and export over TLS; no secret on a command line, in an environment, in a log, in results" {
    touch "$there/watch"
    watch_processes 3>&- &
    # That it would see one: this shell's own $0.
    sh -c 'until [ -s "$1" ]; do sleep 0.01; done' secret-of-nobody "$there/seen"
    PGSERVICE=admin "$bin/relsogi" db migrate >"$BATS_TEST_TMPDIR/log" 2>&1
    # Passwords of roles are the administrator's to set; psql reads them from its input.
    for who in relsogi_loader relsogi_auditor; do
        echo "alter role $who password 'secret-of-$who'" | PGSERVICE=admin $psql
    done
    run_it >>"$BATS_TEST_TMPDIR/log" 2>&1
    "$bin/relsogi" verify "$runs/t" --database --config "$there/plan/relsogi.yaml" --user relsogi_auditor >>"$BATS_TEST_TMPDIR/log" 2>&1
    PGSERVICE=auditor "$bin/relsogi" verify "$runs/t" --database >>"$BATS_TEST_TMPDIR/log" 2>&1
    PGSERVICE=auditor "$bin/relsogi" db export summary --output "$BATS_TEST_TMPDIR/summary.csv"
    rm "$there/watch"
    wait
    cat "$BATS_TEST_TMPDIR/log"
    [ "$(PGSERVICE=admin $psql -c "select count(*) from relsogi.run where run_id = 't' and status = 'visible'")" -eq 1 ]
    grep -q 'database relsogi on localhost' "$BATS_TEST_TMPDIR/log"
    ! grep -v secret-of-nobody "$there/seen"
    ! grep -rq secret-of- "$runs" "$BATS_TEST_TMPDIR" "$there/plan"
    as_server cat "$there/server/log" >"$BATS_TEST_TMPDIR/server"
    grep -q 'user=relsogi_loader.*SSL enabled' "$BATS_TEST_TMPDIR/server"
    ! grep -q secret-of- "$BATS_TEST_TMPDIR/server"
}

# refused STATUS WORDS SERVICE: a load that may not connect says why, tells no secret, and loads nothing.
refused() {
    printf '%s\n' "$3" >"$BATS_TEST_TMPDIR/services"
    PGSERVICEFILE=$BATS_TEST_TMPDIR/services run run_it --only load --force
    echo "$output"
    [ "$status" -eq "$1" ]
    [[ "$output" == *"$2"* ]]
    [[ "$output" != *secret-of-* ]]
    ! grep -rq secret-of- "$runs"
}
service() { services | sed -n '/^\[plan\]/,/^$/p'; }

@test "a server whose certificate nobody vouches for, or of another name: 69" {
    refused 69 'certificate verify failed' "$(service | sed "s,authority,other,")"
    refused 69 'does not match host name' "$(service | sed 's/^host=localhost/host=127.0.0.1/')"
}

@test "without TLS: 77" {
    refused 77 'no encryption' "$(service | sed 's/verify-full/disable/')"
}

@test "encryption that was only preferred, and not had: 78; encryption of a server nobody verified: a warning" {
    sed "s/^localhost:/plan.example:/" "$there/passwords" >"$BATS_TEST_TMPDIR/passwords"
    chmod 600 "$BATS_TEST_TMPDIR/passwords"
    remote() { service | sed "s/^host=.*/host=plan.example\nhostaddr=127.0.0.1/; s/verify-full/$1/"; }
    local hba=$there/server/data/pg_hba.conf
    echo 'host all all 127.0.0.1/32 scram-sha-256' | as_server sh -c 'cat >>"$1"' sh "$hba"
    as_server pg_ctl reload -s -D "$there/server/data"
    PGPASSFILE=$BATS_TEST_TMPDIR/passwords refused 78 'is not encrypted' "$(remote allow)"
    remote disable >"$BATS_TEST_TMPDIR/services"
    PGSERVICEFILE=$BATS_TEST_TMPDIR/services PGPASSFILE=$BATS_TEST_TMPDIR/passwords run run_it --only load --force
    [ "$status" -eq 0 ]
    [[ "$output" == *"go over the network as they are"* ]]
    remote require >"$BATS_TEST_TMPDIR/services"
    PGSERVICEFILE=$BATS_TEST_TMPDIR/services PGPASSFILE=$BATS_TEST_TMPDIR/passwords run run_it --only load --force
    [ "$status" -eq 0 ]
    [[ "$output" == *"nobody vouches"* ]]
    sed '$d' "$hba" 2>/dev/null | as_server sh -c 'cat >"$1.new" && mv "$1.new" "$1"' sh "$hba"
    as_server pg_ctl reload -s -D "$there/server/data"
}

@test "a wrong password, none, or a file of passwords that others may read: 77" {
    sed 's/secret-of-relsogi_loader/secret-of-nobody/' "$there/passwords" >"$BATS_TEST_TMPDIR/passwords"
    PGPASSFILE=$BATS_TEST_TMPDIR/passwords refused 77 'authentication failed' "$(service)"
    PGPASSFILE=$BATS_TEST_TMPDIR/none refused 77 'PGPASSFILE' "$(service)"
    cp "$there/passwords" "$BATS_TEST_TMPDIR/passwords"
    chmod 0644 "$BATS_TEST_TMPDIR/passwords"
    PGPASSFILE=$BATS_TEST_TMPDIR/passwords refused 77 'PGPASSFILE' "$(service)"
}
