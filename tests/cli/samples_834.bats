#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Every real 834 through the whole pipeline, file by file: each INS segment has one fate, the ledgers balance, and the
# table of fates is printed with the test (bats --verbose-run, or --print-output-on-failure).

setup() {
    source "$BATS_TEST_DIRNAME/common.bash"
    [ -d "$shared/samples/x12_834" ] || skip "no $shared/samples/x12_834 here"
    cd "$BATS_TEST_TMPDIR"
    head -c 32 /dev/urandom >site.key
}

# Members as another reader counts them: segments by the file's own terminator.
count_ins() {
    perl -0777 -ne 's/^\xEF\xBB\xBF//; my $e = substr($_, 3, 1); my @f = split /\Q$e\E/, $_, 18; my $t = substr($f[16], 1, 1);
        my $n = 0; for (split /\Q$t\E/) { s/^\s+//; $n++ if /^INS\Q$e\E/ } print $n' "$1"
}

@test "every 834 sample: fates add up to its INS segments, and none is lost on the way" {
    for f in "$shared"/samples/x12_834/*.edi; do
        name=$(basename "$f" .edi)
        profile=834-5010
        [[ $name == nysdoh* ]] && profile=834-ny-emedny
        printf 'name: t\nsite_key: site.key\nsources:\n  - {profile: %s, source: s, files: %s}\n' $profile "$f" >relsogi.yaml
        "$bin/relsogi" run --config relsogi.yaml --as-of 2026-06-30 --run-id t --output "runs/$name" --until stratify >said 2>log
        run=runs/$name/t
        ledgers_balance "$run"
        read=$(awk -F'\t' '$2 == "x12_834" && $4 == "read" { n += $6 } END { print n + 0 }' "$run/ingest/ledger.tsv")
        written=$(awk -F'\t' '$2 == "x12_834" && $4 == "written" { n += $6 } END { print n + 0 }' "$run/ingest/ledger.tsv")
        values=$(($(wc -l <"$run/ingest/assertion.tsv") - 1))
        why=$(cat "$run"/*/quarantine.tsv | awk -F'\t' '$1 != "stage" { n[$2 " " $9 " " $8]++ } END { for (k in n) print n[k] " " k }' | sort | paste -sd';')
        printf '| %s | %s | %s | %s | %s |\n' "$name" "$read" "$values" "$((read - written))" "$why"
        [ "$read" = "$(count_ins "$f")" ]
        [ "$read" -gt 0 ]
        [ "$(($(wc -l <"$run/normalize/demographic.tsv") - 1))" = "$written" ]
    done
}
