#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The sample plan as its users see it, and the comparison of a run with its truth.

setup() {
    source "$BATS_TEST_DIRNAME/common.bash"
    work=$BATS_TEST_TMPDIR
}

synth() { "$bin/relsogi" synth "$@"; }

@test "synth --help lists the departures" {
    run synth --help
    [ "$status" = 0 ]
    [[ $output == *households* && $output == *--without* ]]
}

@test "synth without an output, with a wrong part or a stray word is wrong usage" {
    run synth
    [ "$status" = 64 ]
    run synth --output "$work/a" --without gravity
    [ "$status" = 64 ]
    run synth --output "$work/a" --members 0
    [ "$status" = 64 ]
    run synth --output "$work/a" more
    [ "$status" = 64 ]
    [ ! -e "$work/a" ]
}

@test "synth without a reference pack says how to make one" {
    run synth --output "$work/a" --reference "$work/none.pack"
    [ "$status" = 66 ]
    [[ $output == *"reference build"* ]]
    [ ! -e "$work/a" ]
}

@test "synth leaves all files for nobody else's eyes, and the truth apart" {
    synth --members 300 --output "$work/a" 2>"$work/log"
    [ "$(cd "$work/a" && echo *)" = "clinic_roster.csv ehr_patients.ndjson measures.csv plan_834.edi relsogi.yaml site.key truth" ]
    [ -z "$(find "$work/a" -perm /077)" ]
    [ "$(wc -l <"$work/a/truth/truth.tsv")" = 301 ]
    ! grep -q truth "$work/a/relsogi.yaml"
}

@test "a second sample in the same place replaces the first" {
    synth --members 300 --output "$work/a" 2>"$work/log"
    synth --members 200 --output "$work/a" 2>"$work/log"
    [ "$(wc -l <"$work/a/truth/truth.tsv")" = 201 ]
    grep -q '200 members' "$work/a/relsogi.yaml"
}

# Row files written by hand. Truth: A and B White, C, D and E Black. P(White) .9 .6 .3 1 .25: mean .61 beside a share of
# 2/5. D said White and is Black: not in the log-loss, which of White is (-ln .9 - ln .6) / 2 = .308093; of Black
# (-ln .65 - ln .75) / 2 = .359233; of all four (.616186 + .718466) / 4 = .333663. E reported Black and may be White by the
# model. One of two intervals holds the true rate.
@test "evaluate computes what a person would by hand" {
    command -v python3 >/dev/null || skip "no python3"
    mkdir -p "$work/s/truth" "$work/r"
    echo "as_of: 2026-06-30" >"$work/s/relsogi.yaml"
    printf 'member_id\tgroup\tbirth_date\tdepartures\tdamage\nA\tWHITE\t1980-01-01\t\\N\t\\N\nB\tWHITE\t2010-01-01\tchildren\t\\N\nC\tBLACK\t1990-01-01\t\\N\t\\N\nD\tBLACK\t1990-01-01\t\\N\t\\N\nE\tBLACK\t1990-01-01\t\\N\t\\N\n' >"$work/s/truth/truth.tsv"
    printf 'measure\tdimension\tstratum\ttrue_rate\ttrue_difference\nCBP\trace_ethnicity\tWHITE\t0.70\t0\nCBP\trace_ethnicity\tBLACK\t0.60\t-0.10\n' >"$work/s/truth/rates.tsv"
    printf 'record_key\tperson_key\n1\tp\n2\tq\n3\tr\n4\ts\n5\tt\n' >"$work/r/link.tsv"
    printf 'record_key\tid_type\tid_system\tvalue\n1\tmember\tx\tA\n2\tmember\tx\tB\n3\tmember\tx\tC\n4\tmember\tx\tD\n5\tmember\tx\tE\n' >"$work/r/identifier.tsv"
    printf 'person_key\tcensus6\np\tWHITE\nq\t\\N\nr\t\\N\ns\t\\N\nt\tBLACK\n' >"$work/r/person.tsv"
    {
        printf 'person_key\tmodel\tp_white\tp_black\tp_aian\tp_api\tp_multi\tp_hispanic\tsurname_match\tgeography_level\tnarrowed\n'
        printf 'p\tbisg\t0.9\t0.1\t0\t0\t0\t0\texact\ttract\tWHITE\nq\tbisg\t0.6\t0.4\t0\t0\t0\t0\texact\tzcta\t\\N\nr\tbisg\t0.3\t0.65\t0.05\t0\t0\t0\tjoined\ttract\tBLACK|AIAN|WHITE\ns\tbisg\t1\t0\t0\t0\t0\t0\texact\ttract\tWHITE|HISPANIC\nt\tbisg\t0.25\t0.75\t0\t0\t0\t0\texact\ttract\tBLACK\n'
    } >"$work/r/posterior.tsv"
    {
        printf 'measure\tstratum\testimator\tdimension\tn\trate\tlower\tupper\tdifference\tdifference_lower\tdifference_upper\treference\tsuppressed\tflags\n'
        printf 'CBP\tWHITE\tbirdie\trace_ethnicity\t2\t0.70\t0.60\t0.80\t\\N\t\\N\t\\N\t\\N\tN\t\\N\n'
        printf 'CBP\tBLACK\tbirdie\trace_ethnicity\t1\t0.80\t0.70\t0.90\t-0.05\t-0.20\t0.10\tWHITE\tN\t\\N\n'
    } >"$work/r/estimate.tsv"
    run "$BATS_TEST_DIRNAME/../synth/evaluate" "$work/r" "$work/s"
    [ "$status" = 0 ]
    [[ $output == *"5 members in the truth, 5 persons"* ]]
    grep -q '^all imputed: 5 persons, log-loss 0.3337 ' <<<"$output"
    grep -Fqx '  contradicted by their own answer, not in the log-loss: 1 persons (1 BLACK)' <<<"$output"
    grep -Eq '^  WHITE +2 +0\.4000 +0\.6100 +\+0\.2100 .* 0\.308 ' <<<"$output"
    grep -Eq '^  BLACK +3 +0\.6000 +0\.3800 +-0\.2200 .* 0\.359 ' <<<"$output"
    grep -q '^said a part: 2 persons, log-loss 0.4308 ' <<<"$output"
    grep -q 'birdie: 1 of 2 intervals hold the true rate; 1 of 1 the true difference' <<<"$output"
}
