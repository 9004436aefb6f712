/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Makes the sample a plan that runs as it stands: configuration and key beside the files, the truth apart. */
#include "files.h"
#include <limits.h>
#include <stdio.h>
#include "pipeline/base/file.h"
#include "pen.h"

void rs_synth_sum_add(struct rs_synth_rates_sum *sum, const struct rs_synth_person *p) {
    int strata[] = {p->group, p->language ? RS_GROUPS + 1 : RS_GROUPS};
    sum->group[p->group]++;
    sum->in_plan += p->in_plan;
    sum->in_ehr += p->in_ehr;
    sum->in_roster += p->in_roster;
    sum->other_language += p->language != 0;
    for (int m = 0; p->in_plan && m < RS_S_MEASURES; m++) {
        for (int i = 0; p->denominator[m] && i < 2; i++) {
            sum->p[m][strata[i]] += p->p[m];
            sum->n[m][strata[i]]++;
            sum->met[m][strata[i]] += p->numerator[m];
        }
    }
}

void rs_synth_sum_merge(struct rs_synth_rates_sum *into, const struct rs_synth_rates_sum *from) {
    for (int m = 0; m < RS_S_MEASURES; m++) {
        for (int s = 0; s < RS_S_STRATA; s++) {
            into->p[m][s] += from->p[m][s];
            into->n[m][s] += from->n[m][s];
            into->met[m][s] += from->met[m][s];
        }
    }
    for (int g = 0; g < RS_GROUPS; g++) into->group[g] += from->group[g];
    into->in_plan += from->in_plan;
    into->in_ehr += from->in_ehr;
    into->in_roster += from->in_roster;
    into->measures += from->measures;
    into->other_language += from->other_language;
}

static const char *stratum_name(int s) {
    return s < RS_GROUPS ? rs_group_names[s] : s == RS_GROUPS ? "English" : "other language";
}

static void print_rates(struct rs_buffer *b, const struct rs_synth_world *w, const struct rs_synth_rates_sum *sum) {
    rs_buffer_printf(b, "measure\tdimension\tstratum\tn\ttrue_rate\tshare_met\treference\ttrue_difference\n");
    for (int m = 0; m < RS_S_MEASURES; m++) {
        for (int s = 0; s < RS_S_STRATA; s++) {
            int reference = s < RS_GROUPS ? RS_WHITE : RS_GROUPS;
            if (!sum->n[m][s]) continue;
            double n = (double)sum->n[m][s], rate = sum->p[m][s] / n;
            rs_buffer_printf(b, "%.*s\t%s\t%s\t%llu\t%.6f\t%.6f\t%s\t", (int)w->tables.measure[m].name.n,
                             w->tables.measure[m].name.p, s < RS_GROUPS ? "race_ethnicity" : "language",
                             stratum_name(s), (unsigned long long)sum->n[m][s], rate, (double)sum->met[m][s] / n,
                             stratum_name(reference));
            if (sum->n[m][reference])
                rs_buffer_printf(b, "%.6f\n", rate - sum->p[m][reference] / (double)sum->n[m][reference]);
            else
                rs_buffer_printf(b, "\\N\n");
        }
    }
}

static void print_readme(struct rs_buffer *b, const struct rs_synth_world *w, const struct rs_synth_rates_sum *sum) {
    const struct rs_synth_options *o = w->options;
    rs_buffer_printf(b,
        "What is true of this sample plan. The pipeline never reads this directory.\n\n"
        "Made by: relsogi synth --members %llu --seed %llu --states %s\n"
        "Reference pack: %s\nSwitched off:", (unsigned long long)o->members, (unsigned long long)o->seed, o->states,
        rs_pack_id(w->pack));
    bool any = false;
    for (int i = 0; i < RS_SYNTH_PARTS; i++)
        if (o->off[i]) rs_buffer_printf(b, " %s", rs_synth_part_names[i]), any = true;
    rs_buffer_printf(b, "%s\n\nNobody here is real. Names, places, groups follow census tables; orientation and gender "
        "identity are drawn\nfrom age alone.\n\n"
        "truth.tsv   a line a member: group in the census tables' six, OMB 2024 categories as the person would answer\n"
        "            (empty: some other race alone), origin, language, SOGI, tract lived in and tract that the plan's\n"
        "            address is in, for each measure the true probability p_ and the outcome y_ (\\N: not in the\n"
        "            denominator), departures and damage that hit this member (`vintage` and `report` hit all)\n"
        "rates.tsv   true rates and differences by group and by language, over the members in measures.csv:\n"
        "            true_rate is the mean of the probabilities, share_met the share of outcomes\n\n",
        any ? "" : " nothing");
    rs_buffer_printf(b, "Members by group:");
    for (int g = 0; g < RS_GROUPS; g++)
        rs_buffer_printf(b, " %s %llu", rs_group_names[g], (unsigned long long)sum->group[g]);
    rs_buffer_printf(b, "\nIn the 834: %llu. In the EHR export: %llu. In the roster: %llu. Rows of measures: %llu. "
        "Language not English: %llu.\n\nTrue rates:\n\n", (unsigned long long)sum->in_plan,
        (unsigned long long)sum->in_ehr, (unsigned long long)sum->in_roster, (unsigned long long)sum->measures,
        (unsigned long long)sum->other_language);
    print_rates(b, w, sum);
    rs_buffer_printf(b, "\nRates that were set (name, value, part that switches it off, share of what):\n\n");
    rs_synth_rates_print(b, o);
}

static bool write_truth(const struct rs_synth_world *w, const struct rs_synth_rates_sum *sum, struct rs_error *error) {
    struct rs_buffer text = {0};
    char path[PATH_MAX];
    print_rates(&text, w, sum);
    bool ok = rs_path(path, sizeof path, error, "%s/truth/rates.tsv", w->options->output) &&
              rs_write_file(path, text.p, text.n, error);
    text.n = 0;
    print_readme(&text, w, sum);
    ok = ok && rs_path(path, sizeof path, error, "%s/truth/README", w->options->output) &&
         rs_write_file(path, text.p, text.n, error);
    rs_buffer_free(&text);
    return ok;
}

/* Made from the seed, so that two machines give the same keys to the same sample; what it is stands in it. The reader
 * takes the first 64 bytes. */
static bool write_key(const struct rs_synth_options *o, struct rs_error *error) {
    struct rs_random r = rs_random(o->seed, 0, RS_STREAM_KEY);
    uint8_t bytes[16];
    char hex[33], path[PATH_MAX], text[128];
    for (int i = 0; i < 16; i++) bytes[i] = (uint8_t)rs_random_u32(&r);
    rs_hex(hex, bytes, sizeof bytes);
    int n = snprintf(text, sizeof text, "%s SAMPLE KEY, MADE FROM A SEED: NOT FOR REAL DATA\n", hex);
    return rs_path(path, sizeof path, error, "%s/site.key", o->output) && rs_write_file(path, text, (size_t)n, error);
}

static void print_source(struct rs_buffer *b, const struct rs_synth_options *o, const char *profile, const char *file,
                         const char *date) {
    rs_buffer_printf(b, "  - profile: sample-plan-%s\n    files: %s%s\n    file_date: %s\n", profile, file,
                     o->gzip ? ".gz" : "", date);
}

static bool write_config(const struct rs_synth_options *o, struct rs_error *error) {
    struct rs_buffer text = {0}, day = {0};
    char path[PATH_MAX];
    rs_put_day(&day, o->as_of, '-');
    rs_put_byte(&day, 0);
    rs_buffer_printf(&text,
        "# A sample plan of %llu members, seed %llu: nobody in it is real.\n# Run it with: relsogi run --config relsogi.yaml\n"
        "name: sample\nas_of: %s\nsite_key: site.key\noutput: runs\nsources:\n", (unsigned long long)o->members,
        (unsigned long long)o->seed, day.p);
    print_source(&text, o, "834", "plan_834.edi", day.p);
    print_source(&text, o, "ehr", "ehr_patients.ndjson", day.p);
    print_source(&text, o, "roster", "clinic_roster.csv", day.p);
    print_source(&text, o, "measures", "measures.csv", day.p);
    bool ok = rs_path(path, sizeof path, error, "%s/relsogi.yaml", o->output) &&
              rs_write_file(path, text.p, text.n, error);
    rs_buffer_free(&text);
    rs_buffer_free(&day);
    return ok;
}

bool rs_synth_write_notes(const struct rs_synth_world *w, const struct rs_synth_rates_sum *sum,
                          struct rs_error *error) {
    return write_truth(w, sum, error) && write_key(w->options, error) && write_config(w->options, error);
}
