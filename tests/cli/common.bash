# SPDX-License-Identifier: GPL-3.0-or-later
# What the command-line tests share. RELSOGI_BUILD names another build directory (a sanitizer's).
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
bin=${RELSOGI_BUILD:-$top/build}/bin
shared=${RELSOGI_SHARED:-$top/../shared}
as_of=2026-06-30
umask 077

# A plan of so many members, made once per file of tests.
make_plan() {
    "$bin/relsogi" synth --members "$1" --seed 11 --output "$2" >/dev/null
}

# run_plan CONFIG OUTPUT [OPTION...]: everything but the database.
run_plan() {
    local config=$1 output=$2
    shift 2
    "$bin/relsogi" run --config "$config" --as-of $as_of --run-id t --output "$output" --until stratify "$@"
}

# The digests of all row files of a run, by stage and layout: what must not depend on threads, order or batch.
content_of() {
    (cd "$1" && for m in */*.json; do
        case $m in */stage.json) continue ;; esac
        printf '%s %s\n' "${m%.json}" "$(sed -n 's/^  "sha256": "\([0-9a-f]*\)".*/\1/p' "$m" | head -n 1)"
    done)
}

# Every ledger of a run adds up: read = the sum of the fates, for each layout and file.
ledgers_balance() {
    local f
    for f in "$1"/*/ledger.tsv; do
        awk -F'\t' -v f="$f" 'NR > 1 && $4 != "made" { k = $2 "/" $3; if ($4 == "read") read[k] += $6; else fate[k] += $6; seen[k] = 1 }
            END { for (k in seen) if (read[k] + 0 != fate[k] + 0) { print f ": " k ": read " read[k] + 0 ", fates " fate[k] + 0; bad = 1 } exit bad }' "$f" || return 1
    done
}
