/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was seen of a file becomes a profile: names of columns that are known (schemas/columns.yaml) say what a column
 * is, its values only in which code system it is. The proposal is read by a person before it is used. */
#include "propose.h"
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>
#include "pipeline/base/config.h"
#include "pipeline/base/file.h"
#include "pipeline/base/log.h"

/* What a column is taken for. group: record, coverage, assertions, member_id, private; key: of the group. */
struct use {
    const char *group, *key;
    bool answer; /* its values may be shown */
    bool taken;  /* the proposal uses it; else another column is the same */
};

struct proposal {
    const struct rs_look *look;
    struct use *uses;
    int member; /* column with the member's id, -1 for none */
    struct rs_buffer *out;
};

/* ---- names of columns -------------------------------------------------------------------------------------------- */

enum { LONGEST_NAME = 64 };

static void plain(struct rs_view name, char out[LONGEST_NAME]) {
    size_t n = 0;
    for (size_t i = 0; i < name.n && n + 1 < LONGEST_NAME; i++) {
        char c = name.p[i];
        if (c >= 'A' && c <= 'Z') c = (char)(c + 32);
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) out[n++] = c;
    }
    out[n] = 0;
}

static bool listed(const json_t *list, const char *name) {
    size_t i;
    const json_t *word;
    json_array_foreach(list, i, word) if (json_is_string(word) && strcmp(json_string_value(word), name) == 0) return true;
    return false;
}

static bool use_of_name(const json_t *known, const char *name, struct use *use) {
    static const char *const flat[] = {"member_id", "private", NULL}, *const deep[] = {"record", "coverage", "assertions", NULL};
    const char *key;
    const json_t *list;
    for (const char *const *group = deep; *group; group++)
        json_object_foreach(json_object_get(known, *group), key, list) if (listed(list, name)) {
            *use = (struct use){.group = *group, .key = key, .answer = strcmp(*group, "assertions") == 0};
            return true;
        }
    for (const char *const *group = flat; *group; group++)
        if (listed(json_object_get(known, *group), name)) {
            *use = (struct use){.group = *group};
            return true;
        }
    return false;
}

/* As it stands, else without "member", "patient" and the like before it. */
static struct use use_of(const json_t *known, struct rs_view column) {
    char name[LONGEST_NAME];
    struct use use = {.group = NULL};
    size_t i;
    const json_t *prefix;
    plain(column, name);
    if (!name[0] || use_of_name(known, name, &use)) return use;
    json_array_foreach(json_object_get(known, "prefixes"), i, prefix) {
        size_t n = strlen(json_string_value(prefix) ? json_string_value(prefix) : "");
        if (n && strncmp(name, json_string_value(prefix), n) == 0 && use_of_name(known, name + n, &use)) return use;
    }
    return use;
}

static bool is_use(const struct use *u, const char *group, const char *key) {
    return u->group && strcmp(u->group, group) == 0 && (!key || (u->key && strcmp(u->key, key) == 0));
}

/* Such names can be written into a profile and found again in the header. */
static bool usable(const struct proposal *p, size_t i) {
    struct rs_view name = p->look->columns[i].name;
    if (!rs_has(name) || !rs_utf8_valid(name)) return false;
    for (size_t k = 0; k < name.n; k++)
        if ((unsigned char)name.p[k] < 0x20) return false;
    for (size_t k = 0; k < p->look->n_columns; k++)
        if (k != i && rs_eq_nocase(p->look->columns[k].name, name)) return false;
    return true;
}

/* ---- the member's id --------------------------------------------------------------------------------------------- */

static bool is_whole(const struct rs_look *look, const struct rs_seen *c) {
    return c->filled + look->odd_rows == look->rows && c->filled > 0;
}
static bool is_unique(const struct rs_seen *c) { return (double)rs_seen_different(c) >= .85 * (double)c->filled; }

/* A column of that name, filled and of many values before one that is not; else any unique one whose name ends in id. */
static int find_member(const struct proposal *p) {
    int best = -1, best_score = 0;
    for (size_t i = 0; i < p->look->n_columns; i++) {
        const struct rs_seen *c = &p->look->columns[i];
        char name[LONGEST_NAME];
        plain(c->name, name);
        size_t n = strlen(name);
        bool named = is_use(&p->uses[i], "member_id", NULL);
        bool ends = !p->uses[i].group && n >= 2 && strcmp(name + n - 2, "id") == 0;
        int score = (named ? 4 : ends ? 1 : 0);
        if (!score || !usable(p, i)) continue;
        score += (is_whole(p->look, c) ? 2 : 0) + (is_unique(c) ? 1 : 0);
        if (score > best_score) best_score = score, best = (int)i;
    }
    return best;
}

/* ---- YAML -------------------------------------------------------------------------------------------------------- */

static void quoted(struct rs_buffer *out, struct rs_view v) {
    rs_buffer_byte(out, '"');
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] == '"' || v.p[i] == '\\') rs_buffer_byte(out, '\\');
        rs_buffer_byte(out, v.p[i]);
    }
    rs_buffer_byte(out, '"');
}

/* Safe in a comment: no line break, nothing but UTF-8. */
static void commented(struct rs_buffer *out, struct rs_view v) {
    if (!rs_utf8_valid(v)) {
        rs_buffer_printf(out, "(not UTF-8)");
        return;
    }
    for (size_t i = 0; i < v.n && i < 60; i++) rs_buffer_byte(out, (unsigned char)v.p[i] < 0x20 ? ' ' : v.p[i]);
}

/* "source" of "Clinic Roster 2026.csv": clinic_roster_2026. */
static void source_name(const char *path, char out[LONGEST_NAME]) {
    const char *base = strrchr(path, '/');
    size_t n = 0;
    base = base ? base + 1 : path;
    for (; *base && *base != '.' && n + 1 < LONGEST_NAME; base++) {
        char c = *base >= 'A' && *base <= 'Z' ? (char)(*base + 32) : *base;
        bool fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (fits) out[n++] = c;
        else if (n && out[n - 1] != '_') out[n++] = '_';
    }
    while (n && out[n - 1] == '_') n--;
    out[n] = 0;
    if (!n) snprintf(out, LONGEST_NAME, "source");
}

/* Shares of all rows, so that a reader sees at once what is empty. */
static const char *looks_like(const struct rs_seen *c) {
    if (!c->filled) return "empty";
    if (c->codes * 10 >= c->filled * 9) return "CDC concept ids";
    if (c->dates * 10 >= c->filled * 9) return "dates";
    if (c->digits == c->filled) return "digits";
    return c->longest <= 3 ? "short codes" : "text";
}

static int by_rows(const void *a, const void *b) {
    const struct rs_seen_value *x = a, *y = b;
    if (x->rows != y->rows) return x->rows < y->rows ? 1 : -1;
    return rs_compare(rs_view(x->text, x->n), rs_view(y->text, y->n));
}

static bool may_show(struct rs_view v) {
    size_t digits = 0;
    for (size_t i = 0; i < v.n; i++) digits += v.p[i] >= '0' && v.p[i] <= '9';
    return digits <= 8 && memchr(v.p, '@', v.n) == NULL;
}

/* What stands in one row only may be anything a clerk typed: counted, not shown. */
static void show_values(const struct proposal *p, const struct rs_seen *c) {
    struct rs_seen_value *v = rs_alloc(sizeof c->values);
    size_t shown = 0, once = 0;
    memcpy(v, c->values, sizeof c->values);
    qsort(v, c->n_values, sizeof *v, by_rows);
    for (size_t i = 0; i < c->n_values; i++) {
        if (v[i].rows < 2 || !may_show(rs_view(v[i].text, v[i].n))) {
            once++;
            continue;
        }
        rs_buffer_printf(p->out, shown++ ? ", " : "#     ");
        commented(p->out, rs_view(v[i].text, v[i].n));
        rs_buffer_printf(p->out, " %llu", (unsigned long long)v[i].rows);
    }
    if (c->many) rs_buffer_printf(p->out, "%sand others: it has more than %d values", shown ? "; " : "#     ", RS_SEEN_VALUES);
    else if (once) rs_buffer_printf(p->out, "%s%zu not shown", shown ? "; " : "#     ", once);
    rs_buffer_byte(p->out, '\n');
    free(v);
}

static void describe(const struct proposal *p, size_t i) {
    const struct rs_seen *c = &p->look->columns[i];
    const struct use *u = &p->uses[i];
    double fill = p->look->rows ? 100. * (double)c->filled / (double)p->look->rows : 0;
    rs_buffer_printf(p->out, "#   %zu. ", i + 1);
    commented(p->out, c->name);
    rs_buffer_printf(p->out, ": %.0f %% filled, %s%llu different, %s", fill, c->n_hashes == RS_SEEN_HASHES ? "about " : "",
                     (unsigned long long)rs_seen_different(c), looks_like(c));
    if ((int)i == p->member) rs_buffer_printf(p->out, "; the member's id");
    else if (!usable(p, i)) rs_buffer_printf(p->out, "; its name is empty, stands twice or cannot be written: not used");
    else if (u->taken) rs_buffer_printf(p->out, "; %s", u->key);
    else if (u->group && u->key) rs_buffer_printf(p->out, "; not used: another column is %s", u->key);
    else rs_buffer_printf(p->out, "; not used");
    rs_buffer_byte(p->out, '\n');
    if (u->answer && c->filled) show_values(p, c);
}

/* ---- answers ----------------------------------------------------------------------------------------------------- */

static bool all_values(const struct rs_seen *c, bool (*fits)(struct rs_view)) {
    if (c->many || !c->n_values) return false;
    for (size_t i = 0; i < c->n_values; i++)
        if (!fits(rs_view(c->values[i].text, c->values[i].n))) return false;
    return true;
}
static bool letters(struct rs_view v, size_t least, size_t most) {
    for (size_t i = 0; i < v.n; i++)
        if (!((v.p[i] >= 'A' && v.p[i] <= 'Z') || (v.p[i] >= 'a' && v.p[i] <= 'z'))) return false;
    return v.n >= least && v.n <= most;
}
static bool is_iso639(struct rs_view v) { return letters(v, 2, 3); }
static bool is_tag(struct rs_view v) { return letters(rs_split(&v, '-'), 2, 3); }
static bool is_gender(struct rs_view v) { return v.n == 1 && strchr("FMOUfmou", v.p[0]) != NULL; }
static bool is_short(struct rs_view v) { return v.n <= 3; }

/* Short values are local codes until somebody says whose they are; the sender's own list decides, not their look. */
static const char *system_of(const char *element, const struct rs_seen *c) {
    if (strncmp(element, "language", 8) == 0) return all_values(c, is_iso639) ? "iso639" : all_values(c, is_tag) ? "bcp47" : NULL;
    if (strcmp(element, "sex_at_birth") == 0 && all_values(c, is_gender)) return "hl7_admin_gender";
    if (c->filled && c->codes * 10 >= c->filled * 9) return "cdcrec";
    /* Numbers among words are the sender's own; words are understood as local codes, too. */
    for (size_t i = 0; i < c->n_values; i++)
        if (c->values[i].n <= 3 && rs_all_digits(rs_view(c->values[i].text, c->values[i].n))) return "local";
    return all_values(c, is_short) ? "local" : NULL;
}

static const char *separator_of(const struct rs_seen *c) {
    for (const char *s = ";|~"; *s; s++)
        for (size_t i = 0; i < c->n_values; i++)
            if (memchr(c->values[i].text, *s, c->values[i].n)) return *s == ';' ? ";" : *s == '|' ? "|" : "~";
    return NULL;
}

static void put_part(struct proposal *p, size_t i, const char *element, bool text) {
    const struct rs_seen *c = &p->look->columns[i];
    const char *system = text ? NULL : system_of(element, c), *separator = separator_of(c);
    rs_buffer_printf(p->out, "      - {from: ");
    quoted(p->out, c->name);
    rs_buffer_printf(p->out, system ? ", representation: code, system: %s" : ", representation: text", system);
    if (separator) rs_buffer_printf(p->out, ", separator: \"%s\"", separator);
    rs_buffer_printf(p->out, "}\n");
}

static void put_overrides(struct proposal *p, const char *element, size_t i) {
    const struct rs_seen *c = &p->look->columns[i];
    const char *system = system_of(element, c);
    if (!system || strcmp(system, "local") != 0) return;
    rs_buffer_printf(p->out, "# %s: codes of the sender's own go into overrides, one line each:\n"
                             "#   - {element: %s, code: \"...\", %s}\n",
                     element, element, strstr(element, "race") || strstr(element, "ethn") ? "omb1997: ..., omb2024: ..." : "value: ...");
}

/* Columns of one element: each a coded answer of its own, but all parts of one where there are several. */
static void put_answer(struct proposal *p, const char *element) {
    char text_key[LONGEST_NAME];
    bool begun = false;
    snprintf(text_key, sizeof text_key, "%s_text", element);
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < p->look->n_columns; i++) {
            if (!is_use(&p->uses[i], "assertions", pass ? text_key : element) || !usable(p, i) || (int)i == p->member) continue;
            if (!begun) rs_buffer_printf(p->out, "  - element: %s\n    columns:\n", element);
            begun = p->uses[i].taken = true;
            put_part(p, i, element, pass == 1);
        }
}

static void put_answers(struct proposal *p, const json_t *known) {
    const char *element;
    const json_t *names;
    size_t start = p->out->n;
    rs_buffer_printf(p->out, "assertions:\n");
    size_t empty = p->out->n;
    json_object_foreach(json_object_get(known, "assertions"), element, names) {
        size_t n = strlen(element);
        if (n < 5 || strcmp(element + n - 5, "_text") != 0) put_answer(p, element);
    }
    if (p->out->n == empty) {
        p->out->n = start;
        rs_buffer_printf(p->out, "# No column is named like an answer: write assertions here (schemas/profiles/README.md).\n");
        return;
    }
    for (size_t i = 0; i < p->look->n_columns; i++)
        if (p->uses[i].taken && p->uses[i].answer) put_overrides(p, p->uses[i].key, i);
}

/* ---- the rest of the profile ------------------------------------------------------------------------------------- */

static void put_map(struct proposal *p, const json_t *known, const char *group) {
    const char *key;
    const json_t *names;
    bool begun = false;
    json_object_foreach(json_object_get(known, group), key, names)
        for (size_t i = 0; i < p->look->n_columns; i++) {
            if (!is_use(&p->uses[i], group, key) || !usable(p, i) || (int)i == p->member) continue;
            if (!begun) rs_buffer_printf(p->out, "%s:\n", group);
            begun = p->uses[i].taken = true;
            rs_buffer_printf(p->out, "  %s: ", key);
            quoted(p->out, p->look->columns[i].name);
            rs_buffer_byte(p->out, '\n');
            break; /* the first of that name */
        }
}

static bool has_product(const struct proposal *p) {
    for (size_t i = 0; i < p->look->n_columns; i++)
        if (is_use(&p->uses[i], "coverage", "product") && usable(p, i)) return true;
    return false;
}

static bool put_profile(struct proposal *p, const json_t *known, const char *path, const char *source,
                        struct rs_error *error) {
    char named[LONGEST_NAME];
    if (p->member < 0)
        return rs_fail(error, RS_DATA, "%s: no column looks like a member's id: name one of them so (member_id, MRN ...), or "
                       "write the profile by hand after schemas/profiles/roster-csv.yaml", path);
    source_name(path, named);
    rs_buffer_printf(p->out, "about: Proposed by relsogi profile; every line wants a look.\nformat: csv\nsource: ");
    quoted(p->out, rs_cstr(source ? source : named));
    if (p->look->delimiter == '\t') rs_buffer_printf(p->out, "\ndelimiter: tab");
    else if (p->look->delimiter != ',') rs_buffer_printf(p->out, "\ndelimiter: \"%c\"", p->look->delimiter);
    rs_buffer_printf(p->out, "\n# Who gave the answers: self, related_person, administrative, observed. Nobody but the sender knows.\n"
                             "collection: unknown\nmember_id:\n  - ");
    quoted(p->out, p->look->columns[p->member].name);
    rs_buffer_printf(p->out, "\n# Links with other sources only with the id_system they have too, and links: yes.\nidentifiers:\n  - {from: ");
    quoted(p->out, p->look->columns[p->member].name);
    rs_buffer_printf(p->out, ", id_type: member, id_system: ");
    quoted(p->out, rs_cstr(source ? source : named));
    rs_buffer_printf(p->out, "}\n");
    put_map(p, known, "record");
    if (has_product(p)) put_map(p, known, "coverage");
    put_answers(p, known);
    return true;
}

bool rs_propose(const struct rs_look *look, const char *path, const char *source, struct rs_buffer *out,
                struct rs_error *error) {
    char names[PATH_MAX];
    struct rs_buffer profile = {0};
    if (!rs_path(names, sizeof names, error, "%s/columns.yaml", rs_schemas_dir())) return false;
    json_t *known = rs_yaml_read(names, NULL, error);
    if (!known) return false;
    struct proposal p = {.look = look, .out = &profile};
    p.uses = rs_alloc((look->n_columns + 1) * sizeof *p.uses);
    for (size_t i = 0; i < look->n_columns; i++) p.uses[i] = use_of(known, look->columns[i].name);
    p.member = find_member(&p);
    bool ok = put_profile(&p, known, path, source, error);
    if (ok) {
        p.out = out;
        rs_buffer_printf(out, "# %llu rows%s, %zu columns. Values are shown of columns with answers only, where they stand in two rows or more.\n",
                         (unsigned long long)look->rows, look->odd_rows ? " (some not as wide as the header)" : "", look->n_columns);
        for (size_t i = 0; i < look->n_columns; i++) describe(&p, i);
        rs_buffer_view(out, rs_view(profile.p, profile.n));
    }
    rs_buffer_free(&profile);
    free(p.uses);
    json_decref(known);
    return ok;
}

/* ---- relsogi profile --------------------------------------------------------------------------------------------- */

static const char usage[] =
    "relsogi profile: look at an unknown CSV and propose a source profile\n\n"
    "Usage: relsogi profile FILE.csv [--source NAME] [--output FILE.yaml]\n\n"
    "Reads the whole file, plain or gzip, in bounded memory, and prints a profile (schemas/profiles/README.md) with\n"
    "comments: how far each column is filled, how many values it has, what it is taken for. Values are shown only of\n"
    "columns with answers (race, language ...), where they stand in two rows or more; never of names, identifiers, dates\n"
    "or addresses. Read the proposal before it is used.\n\n"
    "  --source NAME           Name of the source; made of the file's name otherwise.\n"
    "  --output FILE.yaml      Write there; to standard output otherwise.\n"
    "  --help                  Show this help.\n";

static bool write_out(const char *path, const struct rs_buffer *out, struct rs_error *error) {
    if (path) return rs_write_file(path, out->p, out->n, error);
    return fwrite(out->p, 1, out->n, stdout) == out->n || rs_fail_errno(error, RS_IO, "standard output");
}

int rs_profile_main(int argc, char **argv) {
    static const struct option options[] = {{"source", required_argument, NULL, 's'},
                                            {"output", required_argument, NULL, 'o'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    const char *source = NULL, *output = NULL;
    struct rs_error error = {0};
    struct rs_look look = {.columns = NULL};
    struct rs_buffer out = {0};
    optind = 1;
    opterr = 0;
    for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (c == 's') source = optarg;
        else if (c == 'o') output = optarg;
        else if (c == 'h') return fputs(usage, stdout) == EOF ? RS_IO : 0;
        else {
            rs_log(RS_LOG_ERROR, "unknown option, or one without its value; see relsogi profile --help");
            return RS_USAGE;
        }
    }
    if (argc - optind != 1) {
        rs_log(RS_LOG_ERROR, "give one file; see relsogi profile --help");
        return RS_USAGE;
    }
    bool ok = rs_look_at(argv[optind], &look, &error) && rs_propose(&look, argv[optind], source, &out, &error) &&
              write_out(output, &out, &error);
    if (!ok) rs_log(RS_LOG_ERROR, "%s", error.text);
    rs_look_free(&look);
    rs_buffer_free(&out);
    return ok ? 0 : error.code;
}
