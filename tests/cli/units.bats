#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# What starts the night's run: scripts/nightly alone (the program is a stand-in that ends as told), and the files for
# systemd, cron and logrotate.

setup() {
    scripts=$BATS_TEST_DIRNAME/../../scripts
    work=$BATS_TEST_TMPDIR
    # run ends as $work/status says; db says what is in $work/pruned, and ends as $work/prune_status says.
    cat >"$work/program" <<END
#!/bin/sh
echo "\$@" >>$work/args
[ "\$1" = db ] || exit "\$(cat $work/status)"
cat $work/pruned
exit "\$(cat $work/prune_status)"
END
    chmod 755 "$work/program"
    export RELSOGI=$work/program
    echo 'no retention is configured: nothing pruned' >"$work/pruned"
    echo 0 >"$work/prune_status"
}

night() { # STATUS OF THE RUN [OPTION OF RUN...]: and what the night ends with is in $status
    echo "$1" >"$work/status"
    : >"$work/args"
    run "$scripts/nightly" --config c.yaml --as-of 2026-01-31 -- --resume "${@:2}"
    echo "$output"
}
last() { [[ "${lines[-1]}" == "relsogi nightly: as of 2026-01-31: $1 (status $status, "* ]]; }

@test "the status is that of the run, and the last line says what happened" {
    night 0
    [ "$status" -eq 0 ]
    last 'done, nothing pruned'
    [ "$(head -n 1 "$work/args")" = "run --config c.yaml --as-of 2026-01-31 --resume" ]
    night 75
    [ "$status" -eq 75 ]
    last 'locked or told to end: try again'
    night 69
    [ "$status" -eq 69 ]
    last 'failed: no database'
}

@test "old runs are pruned after a good run only; the last line says how many" {
    printf '  a revision 1 as of 2025-01-01: 5 rows\ndatabase relsogi on x: 1 run pruned\n' >"$work/pruned"
    night 0
    [ "$status" -eq 0 ]
    [ "$(tail -n 1 "$work/args")" = "db prune --config c.yaml --if-configured" ]
    [[ "$output" == *"a revision 1 as of 2025-01-01"* ]]
    last 'done, 1 run pruned'
    for status in 65 75; do
        night "$status"
        ! grep '^db' "$work/args"
    done
    night 0 --dry-run
    last 'done'
    ! grep '^db' "$work/args"
}

@test "a good run whose old runs could not be pruned: the status of prune, and both are said" {
    : >"$work/pruned"
    for case in '69 no database' '77 permission' '78 configuration'; do
        echo "${case%% *}" >"$work/prune_status"
        night 0
        [ "$status" -eq "${case%% *}" ]
        last "done, but old runs not pruned: ${case#* }"
    done
    echo 75 >"$work/prune_status"
    night 0
    [ "$status" -eq 75 ]
    last 'done, but old runs not pruned: locked, try again'
}

@test "without retention: nothing is connected to; with a wrong one 78" {
    source "$BATS_TEST_DIRNAME/common.bash"
    export PGHOST=$work/nowhere
    echo 'name: x' >"$work/c.yaml"
    run "$bin/relsogi" db prune --config "$work/c.yaml" --if-configured
    [ "$status" -eq 0 ]
    [ "$output" = 'no retention is configured: nothing pruned' ]
    printf 'retention:\n  keep: 3\n' >>"$work/c.yaml"
    run "$bin/relsogi" db prune --config "$work/c.yaml" --if-configured
    [ "$status" -eq 69 ]
}

@test "a real night: metrics say what came out, and a failed one keeps the time of the last good one" {
    source "$BATS_TEST_DIRNAME/common.bash"
    export RELSOGI=$bin/relsogi
    "$RELSOGI" synth --members 300 --seed 3 --output "$work/plan" >/dev/null 2>&1
    real() { run "$scripts/nightly" --config "$work/plan/relsogi.yaml" --as-of 2026-06-30 --metrics "$work/m.prom" \
        -- --run-id night --output "$work/runs" --until "$@"; }
    real reconcile
    [ "$status" -eq 0 ]
    [[ "${lines[-1]}" == "relsogi nightly: as of 2026-06-30: done, nothing pruned (status 0, "* ]]
    [ "$(stat -c %a "$work/m.prom")" = 644 ]
    said() { sed -n "s/^$1 //p" "$work/m.prom"; }
    [ "$(said relsogi_exit_status)" = 0 ]
    rows=$(($(wc -l <"$work/runs/night/reconcile/person.tsv") - 1))
    [ "$(said 'relsogi_stage_rows{stage="reconcile",layout="person"}')" = "$rows" ]
    [ "$(said relsogi_input_rows)" -gt 300 ]
    [ "$(grep -c '^relsogi_stage_seconds{' "$work/m.prom")" -eq 4 ]
    good=$(said relsogi_last_success_timestamp_seconds)
    sleep 1.1
    mv "$work/plan/plan_834.edi" "$work/plan/gone"
    real reconcile --force
    [ "$status" -ne 0 ]
    [ "$(said relsogi_exit_status)" = "$status" ]
    [ "$(said relsogi_last_success_timestamp_seconds)" = "$good" ]
    [ "$(said relsogi_last_run_timestamp_seconds)" -gt "$good" ]
    # Also where it did not come to a run: a word it does not know, or a configuration that is gone.
    real reconcile --nosuch
    [ "$status" -eq 64 ]
    [ "$(said relsogi_exit_status)" = 64 ]
    rm "$work/plan/relsogi.yaml"
    real reconcile
    [ "$(said relsogi_exit_status)" = 66 ]
    [ "$(said relsogi_last_success_timestamp_seconds)" = "$good" ]
    # One HELP and one TYPE of each, before its samples: the text format of Prometheus.
    awk '/^# (HELP|TYPE) / { if (($2, $3) in seen) exit 1; seen[$2, $3]; next } { split($1, part, "{"); if (!(("TYPE", part[1]) in seen) || NF != 2) exit 1 }' "$work/m.prom"
}

@test "metrics that cannot be written: 73 or 74, although the run is good" {
    source "$BATS_TEST_DIRNAME/common.bash"
    "$bin/relsogi" synth --members 50 --seed 3 --output "$work/plan" >/dev/null 2>&1
    run "$bin/relsogi" run --config "$work/plan/relsogi.yaml" --as-of 2026-06-30 --run-id n --output "$work/runs" \
        --until ingest --metrics "$work/none/m.prom"
    [[ "$status" -eq 73 || "$status" -eq 74 ]]
    [[ "$output" == *--metrics* ]]
}

@test "systemd takes service and timer" {
    command -v systemd-analyze >/dev/null || skip "no systemd-analyze"
    sed "s|=relsogi-nightly|=$(realpath "$scripts/nightly")|" "$scripts/relsogi.service" >"$work/relsogi.service"
    cp "$scripts/relsogi.timer" "$work"
    run systemd-analyze verify "$work/relsogi.service" "$work/relsogi.timer"
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" != *relsogi.service:* && "$output" != *relsogi.timer:* ]]
}

@test "the user and the folders of the service: made by systemd, those that its command and the others name" {
    said() { sed -n "s/^$1=//p" "$scripts/relsogi.service"; }
    [ "$(awk '$1 == "u" { print $2 }' "$scripts/relsogi.sysusers")" = "$(said User)" ]
    [ "$(said StateDirectory)" = relsogi/nightly ] && [ "$(said StateDirectoryMode)" = 0755 ]
    [ "$(said LogsDirectory)" = relsogi ] && [ "$(said LogsDirectoryMode)" = 0750 ]
    [[ "$(said ExecStart)" == *"--metrics /var/lib/$(said StateDirectory)/"* ]]
    grep -q "/var/log/$(said LogsDirectory)/nightly.log" "$scripts/relsogi.cron"
    # All that an administrator without systemd makes by hand.
    for folder in "/var/lib/$(said StateDirectory)" "/var/log/$(said LogsDirectory)"; do
        grep -q "install -d -o relsogi .*$folder\$" "$scripts/README.md"
    done
    command -v systemd-sysusers >/dev/null || skip "no systemd-sysusers"
    mkdir -p "$work/root/etc"
    run systemd-sysusers --root="$work/root" "$(realpath "$scripts/relsogi.sysusers")"
    echo "$output"
    [ "$status" -eq 0 ]
    grep -q '^relsogi:.*:/var/lib/relsogi/nightly:' "$work/root/etc/passwd"
}

@test "logrotate takes its file, and turns the log over" {
    PATH=$PATH:/usr/sbin command -v logrotate >/dev/null || skip "no logrotate (scripts/packages --test)"
    local logrotate user group
    logrotate=$(PATH=$PATH:/usr/sbin command -v logrotate) user=$(id -un) group=$(id -gn)
    mkdir -m 0750 "$work/log"
    sed "s|/var/log/relsogi|$work/log|; s/relsogi relsogi/$user $group/" "$scripts/relsogi.logrotate" >"$work/conf"
    chmod 644 "$work/conf"
    echo line >"$work/log/nightly.log"
    run "$logrotate" -d -s "$work/state" "$work/conf"
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "${output,,}" != *error* ]]
    [[ "$output" == *"26 rotations"* ]]
    "$logrotate" -f -s "$work/state" "$work/conf"
    [ -e "$work/log/nightly.log.1" ]
    [ "$(stat -c '%a %s' "$work/log/nightly.log")" = '600 0' ]
}

@test "cron's file: times, a user, a command that nightly takes, and nothing that cron would change" {
    cron=$scripts/relsogi.cron
    [ "$(tail -c 1 "$cron" | od -An -c | tr -d ' ')" = '\n' ] # else cron leaves the last line out
    line=$(grep -v '^#' "$cron" | grep -v '^[A-Z]*=')
    [ "$(wc -l <<<"$line")" -eq 1 ]
    [[ "$line" != *%* ]] # cron's newline
    set -f
    read -r minute hour day month weekday user command <<<"$line"
    [[ "$minute" =~ ^[0-5]?[0-9]$ && "$hour" =~ ^(1?[0-9]|2[0-3])$ ]]
    [ "$day $month $weekday $user" = '* * * relsogi' ]
    set +f
    # Run by the shell that the file names, with what it has on its path; folders are the test's.
    mkdir "$work/bin" "$work/etc" "$work/var"
    ln -s "$(realpath "$scripts/nightly")" "$work/bin/relsogi-nightly"
    echo 0 >"$work/status"
    command=$(sed "s|/etc/relsogi|$work/etc|; s|/var/lib/relsogi/nightly|$work/var|; s|/var/log/relsogi|$work/var|" <<<"$command")
    env -i RELSOGI="$RELSOGI" PATH="$work/bin:$(sed -n 's/^PATH=//p' "$cron")" "$(sed -n 's/^SHELL=//p' "$cron")" -c "$command"
    grep -q ': done, nothing pruned (status 0, ' "$work/var/nightly.log"
    grep -q "^run --config $work/etc/relsogi.yaml --as-of [-0-9]* --metrics $work/var/relsogi.prom" "$work/args"
}
