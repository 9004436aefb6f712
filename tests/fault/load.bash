# SPDX-License-Identifier: GPL-3.0-or-later
# What the tests of load share; $bin is the folder of the programs.

stages='ingest map reconcile impute check stratify'
inputs() { for s in $stages; do printf -- '--input %s/%s ' "$1" "$s"; done; }
# load DIR RUN_ID [OPTION...]; start_load takes the place of its shell: its process can be stopped and killed.
load() { (start_load "$@"); }
start_load() {
    local dir=$1 id=$2
    shift 2
    exec "$bin/relsogi-load" --as-of 2026-01-31 $(inputs "$dir") --run-id "$id" --output "$BATS_TEST_TMPDIR/out" \
        --log-format human "$@"
}
ask() { PGUSER=relsogi psql -XAtq -v ON_ERROR_STOP=1 -c "$1"; }
visible() { ask "select count(*) from relsogi.run where run_id = '$1' and status = 'visible'"; }
persons() { ask "select count(*) from relsogi.person join relsogi.run using (run_no) where run_id = '$1'"; }
loose_tables() {
    ask "select count(*) from pg_class where relnamespace = 'relsogi_parts'::regnamespace and relkind = 'r'
        and not relispartition"
}
# Lets process $1, a load, go on until a COPY of at least $2 bytes is under way, and leaves it stopped there: the COPY
# cannot end while the test looks, however slow the machine.
stop_in_copy() {
    for _ in $(seq 1000); do
        kill -STOP "$1"
        [ "$(ask "select count(*) from pg_stat_progress_copy where bytes_processed > $2")" -eq 0 ] || return 0
        kill -CONT "$1"
        sleep 0.005
    done
    return 1
}
