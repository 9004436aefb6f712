/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files as a whole: canonical order, repetition, compression, threads, exact positions; and real extracts. */
#include <zlib.h>
#include "ingest_run.h"

TestSuite(ingest, .init = start, .fini = finish, .timeout = 120);

#define ISA "ISA*00*          *00*          *ZZ*PAYER          *ZZ*PLAN           *250131*0900*^*00501*000000001*0*P*:~"

static void must(const char *sources, const char *out, int threads) {
    struct rs_error error = {0};
    cr_assert(run_sources(sources, out, threads, &error), "%s", error.text);
}

static const struct rs_layout *const made[] = {&rs_layout_file, &rs_layout_record, &rs_layout_identifier,
                                               &rs_layout_coverage, &rs_layout_assertion, &rs_layout_measure_event,
                                               &rs_layout_quarantine, &rs_layout_ledger};

static void same_bytes(const char *a, const char *b) {
    for (size_t i = 0; i < sizeof made / sizeof made[0]; i++) {
        struct rs_manifest m, n;
        struct rs_error error = {0};
        char path[PATH_MAX];
        in_folder(path, a);
        cr_assert(rs_manifest_read(path, made[i], &m, &error), "%s", error.text);
        in_folder(path, b);
        cr_assert(rs_manifest_read(path, made[i], &n, &error), "%s", error.text);
        cr_expect_eq(memcmp(m.content.b, n.content.b, 32), 0, "layout %s: %s and %s differ", made[i]->name, a, b);
    }
}

static void put_gzip(const char *name, const void *bytes, size_t n) {
    char path[PATH_MAX];
    in_folder(path, name);
    gzFile f = gzopen(path, "wb");
    cr_assert(f && gzwrite(f, bytes, (unsigned)n) == (int)n && gzclose(f) == Z_OK);
}

/* ---- many blocks ---------------------------------------------------------------------------------------------- */

enum { MEMBERS = 60000 };

static void make_834(struct rs_buffer *b) {
    rs_buffer_printf(b, "%s\nGS*BE*A*B*20250131*0900*1*X*005010X220A1~\n", ISA);
    for (int set = 0, i = 0; set < 3; set++) {
        rs_buffer_printf(b, "ST*834*%d~BGN*00*1*20250131~", set);
        for (int last = (set + 1) * MEMBERS / 3; i < last; i++)
            rs_buffer_printf(b, "INS*Y*18*030~%sREF*0F*M%d~NM1*IL*1*DOE%d*JO~N3*%d MAIN ST~~DMG*D8*1980%02d01*F**C^H~%s",
                             i % 3 ? "\n" : "", i, i, i, i % 14, i % 5 ? "" : "LUI*LE*ENG**7~\r\n");
        rs_buffer_printf(b, "SE*1*%d~", set);
    }
    rs_buffer_printf(b, "GE*3*1~IEA*1*1~");
}

/* Walks the file anew, by another way, and compares the place of every member. */
static void check_places(const struct rs_buffer *b) {
    const char *rows = ROWS(record, "record_no line segment offset");
    size_t segment = 0, line = 1, record = 0;
    bool fresh = true;
    for (size_t i = 0; i < b->n; i++) {
        char c = b->p[i];
        if (c == '~') {
            fresh = true;
        } else if (c == '\n') {
            line++;
        } else if (fresh && c != '\r') {
            fresh = false;
            segment++;
            if (memcmp(b->p + i, "INS*", 4) != 0) continue;
            size_t no, at_line, at_segment, offset;
            cr_assert_eq(sscanf(rows, "%zu|%zu|%zu|%zu", &no, &at_line, &at_segment, &offset), 4);
            cr_assert(no == ++record && at_line == line && at_segment == segment && offset == i,
                      "member %zu: line %zu segment %zu byte %zu", record, line, segment, i);
            rows = strchr(rows, '\n') + 1;
        }
    }
    cr_expect_eq(record, MEMBERS);
}

Test(ingest, threads_834) {
    struct rs_buffer b = {0};
    make_834(&b);
    cr_assert(b.n > 5u << 20);
    put_file("a.edi", b.p, b.n);
    put_gzip("a.edi.gz", b.p, b.n);
    must("[{profile: 834-5010, source: S, files: a.edi}]", "out", 1);
    must("[{profile: 834-5010, source: S, files: a.edi}]", "three", 3);
    same_bytes("out", "three");
    check_places(&b);
    EXPECT(file, "records compression", "60000|none\n");
    /* ISA GS; each set: ST BGN, 20000 members of 5 segments and a fifth of them with one more, SE */
    EXPECT(quarantine, "segment field raw", "104005|SE01|1\n208008|SE01|1\n312011|SE01|1\n");
    must("[{profile: 834-5010, source: S, files: a.edi.gz}]", "zipped", 2);
    cr_expect_str_eq(rows_in("zipped", &rs_layout_file, "records compression"), "60000|gzip\n");
    struct rs_buffer plain = {0};
    const char *of_plain = ROWS(assertion, "record_key answer_no seq raw line segment offset");
    rs_buffer_add(&plain, of_plain, strlen(of_plain) + 1);
    cr_expect_str_eq(rows_in("zipped", &rs_layout_assertion, "record_key answer_no seq raw line segment offset"), plain.p);
    rs_buffer_free(&plain);
    rs_buffer_free(&b);
}

Test(ingest, threads_csv_and_fhir) {
    struct rs_buffer csv = {0}, json = {0};
    rs_buffer_printf(&csv, "member_id,last_name,race_text\n");
    for (int i = 0; i < MEMBERS; i++) {
        rs_buffer_printf(&csv, "%d,\"line one of a name\nline \"\"two\"\" of the name, %d\",a race of some length %d%s\n", i,
                         i, i, i % 1000 ? "" : ",one field too many");
        rs_buffer_printf(&json, "{\"resourceType\":\"Patient\",\"id\":\"p%d\",\"name\":[{\"family\":\"F\\n%d\"}],"
                                "\"communication\":[{\"language\":{\"text\":\"a language\"}}]%s\n%s",
                         i, i, i % 1000 ? "}" : "", i % 77 ? "" : "\n");
    }
    put_file("a.csv", csv.p, csv.n);
    put_file("a.ndjson", json.p, json.n);
    static const char sources[] = "[{profile: roster-csv, source: A, files: a.csv}, "
                                  "{profile: us-core-fhir, source: B, files: a.ndjson}]";
    must(sources, "out", 1);
    must(sources, "three", 3);
    same_bytes("out", "three");
    EXPECT(file, "format records", "csv|60000\nfhir|60000\n");
    const char *rows = ROWS(record, "file_no record_no line offset");
    for (size_t n = 0; *rows; n++, rows = strchr(rows, '\n') + 1) {
        size_t file, no, line, offset;
        cr_assert_eq(sscanf(rows, "%zu|%zu|%zu|%zu", &file, &no, &line, &offset), 4);
        char id[24];
        if (file == 1) {
            snprintf(id, sizeof id, "%zu,", no - 1);
            cr_assert_eq(memcmp(csv.p + offset, id, strlen(id)), 0);
            cr_assert_eq(line, 2 * no);
        } else {
            snprintf(id, sizeof id, "\"p%zu\"", no - 1);
            cr_assert_eq(memcmp(json.p + offset, "{\"res", 5), 0);
            cr_assert_eq(memcmp(json.p + offset + 31, id, strlen(id)), 0);
        }
    }
    rs_buffer_free(&csv);
    rs_buffer_free(&json);
}

/* ---- files ---------------------------------------------------------------------------------------------------- */

#define ONE(id, day) ISA "GS*BE*A*B*" day "*0900*1*X*005010X220A1~ST*834*1~INS*Y*18*030~REF*0F*" id "~SE*4*1~GE*1*1~IEA*1*1~"

Test(ingest, canonical_order) {
    put_text("z.edi", ONE("M1", "20250101"));
    put_text("a.edi", ONE("M2", "20250301"));
    put_text("m.edi", ONE("M3", "20250201"));
    put_text("copy.edi", ONE("M1", "20250101"));
    put_text("r.csv", "member_id\n9\n");
    must("[{profile: roster-csv, source: C, files: r.csv}, {profile: 834-5010, source: S, files: [z.edi, a.edi, m.edi]}]",
         "out", 1);
    must("[{profile: 834-5010, source: S, files: a.edi}, {profile: 834-5010, source: S, files: ['?.edi', z.edi]}, "
         "{profile: roster-csv, source: C, files: '*.csv'}]", "other", 2);
    same_bytes("out", "other");
    EXPECT(file, "file_no profile name file_date",
           "1|834-5010|z.edi|2025-01-01\n2|834-5010|m.edi|2025-02-01\n3|834-5010|a.edi|2025-03-01\n4|roster-csv|r.csv|-\n");
    /* The same bytes under another name change nothing but which name is said. */
    must("[{profile: roster-csv, source: C, files: r.csv}, {profile: 834-5010, source: S, files: '*.edi'}]", "copies", 1);
    cr_expect_str_eq(rows_in("copies", &rs_layout_file, "file_no name"), "1|copy.edi\n2|m.edi\n3|a.edi\n4|r.csv\n");
    /* Under another source they are another thing. */
    must("[{profile: 834-5010, source: S, files: z.edi}, {profile: 834-5010, source: T, files: copy.edi}]", "two", 1);
    cr_expect_str_eq(rows_in("two", &rs_layout_file, "file_no source"), "1|S\n2|T\n");
}

Test(ingest, file_dates) {
    put_text("r.csv", "member_id\n9\n");
    must("[{profile: roster-csv, source: C, files: r.csv, file_date: 2025-06-30}]", "out", 1);
    EXPECT(file, "file_date", "2025-06-30\n");
    EXPECT(record, "record_date", "2025-06-30\n");
}

static void fails(const char *sources, int code, const char *word) {
    struct rs_error error = {0};
    cr_expect(!run_sources(sources, "out", 1, &error));
    cr_expect_eq(error.code, code, "%d: %s", error.code, error.text);
    cr_expect(strstr(error.text, word), "%s", error.text);
    char path[PATH_MAX];
    in_folder(path, "out/stage.json");
    cr_expect(!rs_exists(path), "a stage that failed has not happened");
}

Test(ingest, errors) {
    fails("[]", RS_CONFIG, "nothing to read");
    fails("[{profile: nobody, files: x}]", RS_CONFIG, "nobody");
    fails("[{profile: 834-5010, files: x}]", RS_CONFIG, "source");
    fails("[{profile: 834-5010, source: S}]", RS_CONFIG, "files");
    fails("[{profile: 834-5010, source: S, files: absent.edi}]", RS_NO_INPUT, "absent.edi");
    fails("[{profile: 834-5010, source: S, files: 'absent*'}]", RS_NO_INPUT, "absent");
    fails("[{profile: 834-5010, source: S, files: x, colour: red}]", RS_CONFIG, "colour");
    fails("[{profile: 834-5010, source: S, files: x, file_date: soon}]", RS_CONFIG, "file_date");
}

Test(ingest, truncated_gzip) {
    struct rs_buffer b = {0}, zipped = {0};
    struct rs_error error = {0};
    char path[PATH_MAX];
    make_834(&b);
    put_gzip("whole.gz", b.p, b.n);
    in_folder(path, "whole.gz");
    cr_assert(rs_read_file(path, &zipped, 1 << 30, &error));
    put_file("cut.gz", zipped.p, zipped.n / 2);
    fails("[{profile: 834-5010, source: S, files: cut.gz}]", RS_DATA, "cut.gz");
    rs_buffer_free(&b);
    rs_buffer_free(&zipped);
}

/* A record without end stops with the place, instead of taking all memory. */
Test(ingest, endless_record) {
    size_t n = (64u << 20) + 4096;
    char *p = rs_alloc(n);
    memset(p, 'x', n);
    memcpy(p, "member_id\n", 10);
    put_file("long.csv", p, n);
    free(p);
    fails("[{profile: roster-csv, source: S, files: long.csv}]", RS_DATA, "byte 10");
}

Test(ingest, bytes_of_any_kind) {
    unsigned char bytes[4096];
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (unsigned char)(i * 197 + i / 256);
    put_file("x.ndjson", bytes, sizeof bytes);
    memcpy(bytes, "member_id\n", 10);
    put_file("x.csv", bytes, sizeof bytes);
    must("[{profile: us-core-fhir, source: S, files: x.ndjson}, {profile: roster-csv, source: S, files: x.csv}]", "out", 1);
}

/* ---- real extracts -------------------------------------------------------------------------------------------- */

static bool samples(char *path) {
    const char *shared = getenv("RELSOGI_SHARED");
    snprintf(path, PATH_MAX, "%s/samples", shared ? shared : RELSOGI_SOURCE_DIR "/../shared");
    if (rs_exists(path)) return true;
    cr_skip_test("no %s: tests on real extracts are skipped", path);
    return false;
}

static unsigned count(const char *text, const char *what) {
    unsigned n = 0;
    for (; (text = strstr(text, what)); text++) n++;
    return n;
}

Test(ingest, real_834) {
    char dir[PATH_MAX], sources[3 * PATH_MAX + 256];
    if (!samples(dir)) return;
    /* What the parser makes of each file, as if each were whole: change files are another test's. */
    put_text("ny.yaml", "base: 834-ny-emedny\nmode: full\n");
    put_text("any.yaml", "base: 834-5010\nmode: full\n");
    snprintf(sources, sizeof sources,
             "[{profile: ny.yaml, files: '%s/x12_834/nysdoh*.edi'}, "
             "{profile: any.yaml, source: S, files: ['%s/x12_834/[a-m]*.edi', '%s/x12_834/py*.edi']}]", dir, dir, dir);
    must(sources, "out", 2);
    const char *files = ROWS(file, "name records");
    cr_expect(strstr(files, "nysdoh_emedny_2.edi|7\n"), "7 ST of one member each");
    cr_expect(strstr(files, "nysdoh_emedny_3.edi|3\n"));
    cr_expect(strstr(files, "pyx12_834_deident_family.edi|3\n"), "subscriber, spouse, child");
    cr_expect(strstr(files, "ca_dhcs_hccinfhir_01.edi|5\n"));
    cr_expect_eq(count(files, "\n"), 11);
    /* New York: A B C H, from the member and never from the prior incorrect one (8); LUI in CHI and ENG. */
    const char *answers = ROWS(assertion, "source element system raw");
    cr_expect_eq(count(answers, "ny-medicaid|race_ethnicity|x12_1109|H"), 1);
    cr_expect_eq(count(answers, "ny-medicaid|race_ethnicity|x12_1109|8"), 2, "both in file 3, in DMG of 2100A");
    cr_expect_eq(count(answers, "|iso639|CHI"), 2);
    /* Oregon: letter race and ethnicity code in one composite. California: NISO qualifier. Michigan: fused text. */
    cr_expect(strstr(answers, "S|race_ethnicity|x12_1109|C\nS|race_ethnicity|cdcrec|2186-5\n"));
    cr_expect_eq(count(answers, "|nisoz39_53|SPA"), 2);
    cr_expect_eq(count(answers, "|ESSPANISH"), 1);
    cr_expect_eq(count(ROWS(record, "family_raw"), "INCORRECT"), 0);
    EXPECT(quarantine, "rule raw", "x12_se_count|68\n");
}

Test(ingest, real_fhir) {
    char dir[PATH_MAX], sources[3 * PATH_MAX + 256];
    if (!samples(dir)) return;
    snprintf(sources, sizeof sources, "[{profile: synthea-fhir, files: ['%s/fhir/*.ndjson', '%s/fhir/*.json']}]", dir, dir);
    must(sources, "out", 2);
    const char *files = ROWS(file, "name records");
    cr_expect(strstr(files, "synthea_10_Patient.ndjson|13\n"));
    cr_expect(strstr(files, "synthea_100_Patient.ndjson|120\n"));
    cr_expect(strstr(files, "synthea_1000_Patient.ndjson|1144\n"));
    const char *ledger = ROWS(ledger, "layout fate reason rows");
    cr_expect(strstr(ledger, "fhir|ignored|not a resource|4\n"), "the export's log");
    cr_expect_eq(count(ledger, "rejected"), 0);
    const char *answers = ROWS(assertion, "element representation system raw");
    cr_expect(strstr(answers, "race|code|null_flavor|UNK\nrace|text|-|Other\n"), "code and text disagree");
    cr_expect(strstr(answers, "race|detail|cdcrec|2036-2\nrace|text|-|Mixed\n"));
    cr_expect(count(answers, "sexual_orientation|code|http://terminology.hl7.org/CodeSystem/data-absent-reason|") >= 1);
    EXPECT(quarantine, "rule", "");
}

Test(ingest, real_csv) {
    char dir[PATH_MAX], sources[PATH_MAX + 256];
    if (!samples(dir)) return;
    snprintf(sources, sizeof sources, "[{profile: synthea-patients-csv, files: '%s/csv_omop/synthea_patients.csv'}]", dir);
    must(sources, "out", 1);
    const char *answers = ROWS(assertion, "element raw");
    cr_expect(strstr(answers, "race|hawaiian\nethnicity|hispanic\n"));
    cr_expect(strstr(answers, "ethnicity|nonhispanic\n"));
    cr_expect(strstr(ROWS(record, "zip_raw"), "02155\n"), "the leading zero stays");
    EXPECT(file, "records", "27\n");
    EXPECT(quarantine, "rule", "");
}
