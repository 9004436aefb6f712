#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# load when what it stands on gives way: the disk, the connection, another load. Nothing half of a run is visible, the
# next load completes, no row is there twice. Run by tests/with_cluster, which gives it a server of its own.

bats_require_minimum_version 1.5.0

setup_file() {
    [ -n "${RELSOGI_STATE:-}" ] || { echo "run this as: tests/with_cluster bats tests/fault/load_lost.bats" >&2; return 1; }
    export tree="$BATS_TEST_DIRNAME/../.."
    export bin="${RELSOGI_BIN:-$tree/build/bin}"
    "$BATS_TEST_DIRNAME/make_run" "$BATS_FILE_TMPDIR/run" 60000
    "$BATS_TEST_DIRNAME/make_run" "$BATS_FILE_TMPDIR/small" 10
}

setup() { source "$BATS_TEST_DIRNAME/load.bash"; }

# After the fault: nothing of run $1 is visible, and what earlier runs loaded is as it was.
nothing_of() {
    [ "$(visible "$1")" -eq 0 ]
    [ "$(persons "$1")" -eq 0 ]
    [ "$(ask "select count(*) from relsogi.current_person")" -eq "${2:-0}" ]
}
# The next load: whole, once, nothing loose.
completes() {
    load "$BATS_FILE_TMPDIR/run" "$1"
    [ "$(visible "$1")" -eq 1 ]
    [ "$(persons "$1")" -eq 60000 ]
    [ "$(ask "select count(*) - count(distinct person_key) from relsogi.current_person")" -eq 0 ]
    [ "$(ask "select count(*) from relsogi.current_posterior")" -eq 60000 ]
    [ "$(loose_tables)" -eq 0 ]
}

# ---- the disk ----

as_server() { if [ "$(id -u)" -eq 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }

@test "a table that finds no room in the server's files: 74; nothing visible; with room the next load completes" {
    load "$BATS_FILE_TMPDIR/small" before
    postmaster=$(ask "select pg_read_file('postmaster.pid')" | head -n 1)
    # What the server's new processes may write to one file: no less than a segment of its log, and less than the
    # largest table. A limit is met where it is like a full disk: a file cannot be made longer.
    as_server prlimit --pid "$postmaster" --fsize=17000000:
    run load "$BATS_FILE_TMPDIR/run" room --threads 1
    as_server prlimit --pid "$postmaster" --fsize=unlimited:
    echo "$output"
    [ "$status" -eq 74 ]
    [[ "$output" == *"could not"* ]]
    nothing_of room 10
    [ "$(loose_tables)" -eq 0 ]
    completes room
}

@test "the server's disk is full: 74; nothing visible; with room the next load completes" {
    [ "$(id -u)" -eq 0 ] || skip "mounting needs root"
    disk=$(mktemp -d /tmp/relsogi-disk-XXXXXX)
    mount -t tmpfs -o size=150m,mode=0755 relsogi-test "$disk" || skip "no file system can be mounted here"
    export RELSOGI_STATE=$disk PGHOST=$disk/pg
    "$tree/scripts/db" start
    load "$BATS_FILE_TMPDIR/small" before
    # All but 12 MB of what is left is taken: the larger tables do not fit.
    dd if=/dev/zero of="$disk/taken" bs=1M count=$(($(df --output=avail -m "$disk" | tail -n 1) - 12)) status=none
    run load "$BATS_FILE_TMPDIR/run" full
    echo "$output"
    [ "$status" -eq 74 ]
    [[ "$output" == *"could not extend file"* || "$output" == *"connection was lost"* ]]
    rm "$disk/taken"
    mount -o remount,size=600m "$disk"
    "$tree/scripts/db" start # where it was the server's own log that had no room, it is down
    nothing_of full 10
    completes full
}

teardown() {
    [ -n "${disk:-}" ] || return 0
    RELSOGI_STATE=$disk "$tree/scripts/db" stop || true
    umount "$disk" || true
    rmdir "$disk"
}

# ---- the connection ----

@test "the server's administrator ends the connection in mid-COPY: 74; the next load completes" {
    before=$(ask "select count(*) from relsogi.current_person")
    start_load "$BATS_FILE_TMPDIR/run" ended 2>"$BATS_TEST_TMPDIR/log" 3>&- &
    pid=$!
    stop_in_copy $pid 100000
    ask "select pg_terminate_backend(pid) from pg_stat_progress_copy" >/dev/null
    kill -CONT $pid
    status=0
    wait $pid || status=$?
    cat "$BATS_TEST_TMPDIR/log"
    [ "$status" -eq 74 ]
    nothing_of ended "$before"
    completes ended
}

# through_relay WHEN DIR RUN_ID [OPTION...]: a load through a relay before the server's socket, which cuts all of its
# connections once WHEN has gone through it: a number of bytes of the load's, or a word in them.
through_relay() {
    local when=$1 real=$PGHOST pid
    shift
    mkdir -p "$BATS_TEST_TMPDIR/relay"
    python3 "$BATS_TEST_DIRNAME/relay.py" "$real/.s.PGSQL.5432" "$BATS_TEST_TMPDIR/relay/.s.PGSQL.5432" "$when" 3>&- &
    pid=$!
    until [ -S "$BATS_TEST_TMPDIR/relay/.s.PGSQL.5432" ]; do sleep 0.01; done
    PGHOST=$BATS_TEST_TMPDIR/relay run load "$@"
    kill $pid 2>/dev/null || true
    wait $pid || true
    echo "$output"
}
quiet_server() {
    for _ in $(seq 200); do
        [ "$(ask "select count(*) from pg_stat_activity where application_name like 'relsogi/load/%'")" -ne 0 ] || return 0
        sleep 0.05
    done
    return 1
}

@test "the line is cut in mid-COPY: 74, and it says so; the next load completes" {
    before=$(ask "select count(*) from relsogi.current_person")
    through_relay 3000000 "$BATS_FILE_TMPDIR/run" cut
    [ "$status" -eq 74 ]
    [[ "$output" == *"the connection was lost"* ]]
    quiet_server
    nothing_of cut "$before"
    completes cut
}

@test "the line is cut as the run is made visible: whichever it was, the next load finds one whole run" {
    through_relay load_publish "$BATS_FILE_TMPDIR/run" late
    [ "$status" -eq 74 ]
    quiet_server
    there=$(visible late)
    [ "$(persons late)" -eq $((60000 * there)) ]
    completes late
    # Done or not is for the server to know: loaded once, by the one load or by the other.
    [ "$(ask "select count(*) from audit.log where event = 'publish' and run_id = 'late'")" -eq 1 ]
    [ "$(ask "select string_agg(revision::text, ' ') from relsogi.run where run_id = 'late'")" = 1 ]
}

# ---- another load ----

@test "two loads of one run at once: the second ends with 75 and names the first, which completes" {
    start_load "$BATS_FILE_TMPDIR/run" both 2>"$BATS_TEST_TMPDIR/log" 3>&- &
    pid=$!
    stop_in_copy $pid 100000
    run load "$BATS_FILE_TMPDIR/run" both
    [ "$status" -eq 75 ]
    [[ "$output" == *"relsogi/load/both"* ]]
    run load "$BATS_FILE_TMPDIR/small" both --output "$BATS_TEST_TMPDIR/other"
    [ "$status" -eq 75 ]
    kill -CONT $pid
    wait $pid
    [ "$(persons both)" -eq 60000 ]
    [ "$(loose_tables)" -eq 0 ]
    run load "$BATS_FILE_TMPDIR/run" both
    [ "$status" -eq 0 ]
    [[ "$output" == *"nothing to do"* ]]
    [ "$(ask "select count(*) from relsogi.run where run_id = 'both'")" -eq 1 ]
}

@test "three loads started together: one after the other or 75, never two of one run" {
    for i in 1 2 3; do
        start_load "$BATS_FILE_TMPDIR/small" together --output "$BATS_TEST_TMPDIR/out$i" 2>"$BATS_TEST_TMPDIR/log$i" 3>&- &
        pids[i]=$!
    done
    done=0
    for i in 1 2 3; do
        status=0
        wait ${pids[i]} || status=$?
        cat "$BATS_TEST_TMPDIR/log$i"
        [ "$status" -eq 0 ] || [ "$status" -eq 75 ]
        [ "$status" -ne 0 ] || done=$((done + 1))
    done
    [ "$done" -ge 1 ]
    [ "$(ask "select count(*) from relsogi.run where run_id = 'together'")" -eq 1 ]
    [ "$(persons together)" -eq 10 ]
    [ "$(loose_tables)" -eq 0 ]
}
