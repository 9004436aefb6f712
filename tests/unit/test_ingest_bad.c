/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that are not what they should be: each ends with rows set aside or with an error that names the file, in bounded
 * memory, and never leaves a half-made stage. */
#include <sys/resource.h>
#include <zlib.h>
#include "ingest_run.h"
#include "stages/ingest/reader.h"

TestSuite(ingest_bad, .init = start, .fini = finish, .timeout = 120);

#define X12_HEAD "ISA*00*          *00*          *ZZ*PAYER          *ZZ*PLAN           *250131*0900*^*00501*000000001*0*P*:~" \
                 "GS*BE*PAYER*PLAN*20250131*0900*1*X*005010X220A1~ST*834*0001~"
#define MEMBER "INS*Y*18*030~REF*0F*M1~NM1*IL*1*DOE*JO~"

/* Ends with this code, names the file, and leaves no stage.json. */
static void refused(const char *profile, int code, const char *says) {
    struct rs_error error = {0};
    char sources[256], path[PATH_MAX];
    snprintf(sources, sizeof sources, "[{profile: %s, source: S, files: in}]", profile);
    cr_expect(!run_sources(sources, "out", 2, &error));
    cr_expect_eq(error.code, code, "%d: %s", error.code, error.text);
    cr_expect(strstr(error.text, "/in") && strstr(error.text, says), "%s", error.text);
    in_folder(path, "out/stage.json");
    cr_expect(!rs_exists(path));
}

static long peak_kib(void) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return u.ru_maxrss;
}

/* The digest is taken first; then the file is read. Other bytes of the same length in between are found. */
static bool read_after(const char *profile, const char *before, const char *after, struct rs_error *error) {
    char path[PATH_MAX];
    uint64_t bytes;
    struct rs_source source = {.file_no = 1, .source = RS_LIT("S"), .path = path};
    struct rs_sources sources = {.s = &source, .n = 1};
    struct rs_reader reader = {.sources = &sources};
    struct rs_batch batch = {0};
    bool more = true, ok = true;
    struct rs_profile *p = rs_profile_read(profile, NULL, error);
    source.profile = p;
    in_folder(path, "in");
    put_text("in", before);
    cr_assert(rs_sha256_file(path, &source.sha256, &bytes, error));
    put_text("in", after);
    while (ok && more) {
        batch.in.n = 0;
        ok = rs_reader_next(&reader, &batch, &more, error);
    }
    rs_reader_close(&reader);
    rs_buffer_free(&batch.in);
    free(source.fields);
    rs_profile_free(p);
    return ok;
}

Test(ingest_bad, changed_while_read) {
    static const char one[] = X12_HEAD MEMBER "SE*5*0001~GE*1*1~IEA*1*1~", two[] = X12_HEAD "INS*N*18*030~REF*0F*M1~NM1*IL*1*DOE*JO~SE*5*0001~GE*1*1~IEA*1*1~";
    struct rs_error error = {0};
    cr_expect(read_after("834-5010", one, one, &error), "%s", error.text);
    cr_expect(!read_after("834-5010", one, two, &error));
    cr_expect_eq(error.code, RS_DATA);
    cr_expect(strstr(error.text, "/in: changed while"), "%s", error.text);
    cr_expect(!read_after("roster-csv", "member_id\n1\n", "member_id\n1\n2\n", &error));
    cr_expect(!read_after("us-core-fhir", "{}\n", "", &error));
}

Test(ingest_bad, empty) {
    static const char *const profiles[] = {"834-5010", "us-core-fhir", "roster-csv"};
    for (int i = 0; i < 3; i++) {
        ingest(profiles[i], "");
        EXPECT(file, "records", "0\n");
        EXPECT(quarantine, "rule", "");
    }
}

Test(ingest_bad, rubbish) {
    struct rs_buffer b = {0};
    struct rs_random r = rs_random(7, 0, 0);
    for (int i = 0; i < 3 << 20; i++) rs_buffer_byte(&b, (char)rs_random_u32(&r));
    b.p[0] = 1; /* neither gzip nor a byte order mark */
    put_file("in", b.p, b.n);
    refused("834-5010", RS_DATA, "ISA");
    refused("roster-csv", RS_DATA, "line 1");
    /* rubbish behind an envelope: unknown segments, counted; the file is said to be cut off */
    struct rs_buffer with = {0};
    rs_buffer_printf(&with, "%s%s", X12_HEAD, MEMBER);
    rs_buffer_add(&with, b.p, b.n);
    ingest_bytes("834-5010", with.p, with.n);
    cr_expect(strncmp(ROWS(record, "family_raw"), "DOE", 3) == 0);
    cr_expect(strstr(ROWS(quarantine, "rule"), "x12_unclosed"));
    cr_expect(strstr(ROWS(ledger, "layout fate reason"), "x12_segment|ignored|unknown segment"));
    rs_buffer_free(&with);
    rs_buffer_free(&b);
}

Test(ingest_bad, truncated_gzip) {
    char path[PATH_MAX];
    struct rs_buffer b = {0}, packed = {0};
    struct rs_error error = {0};
    rs_buffer_printf(&b, "%s", X12_HEAD);
    for (int i = 0; i < 20000; i++) rs_buffer_printf(&b, "INS*Y*18*030~REF*0F*M%d~NM1*IL*1*DOE%d*JO~", i, i * 7919);
    in_folder(path, "in");
    gzFile f = gzopen(path, "wb");
    cr_assert(f && gzwrite(f, b.p, (unsigned)b.n) == (int)b.n && gzclose(f) == Z_OK);
    cr_assert(rs_read_file(path, &packed, 64 << 20, &error));
    put_file("in", packed.p, packed.n / 2);
    refused("834-5010", RS_DATA, "truncated");
    packed.p[packed.n / 2] = (char)(packed.p[packed.n / 2] ^ 0x55);
    put_file("in", packed.p, packed.n);
    refused("834-5010", RS_DATA, "damaged");
    rs_buffer_free(&packed);
    rs_buffer_free(&b);
}

/* One record without an end, 160 MB of it: refused at 64 MiB, with memory of that order. The file is sparse: zeros. */
Test(ingest_bad, endless_record) {
    static const char *const profiles[] = {"834-5010", "us-core-fhir", "roster-csv"};
    static const char *const heads[] = {X12_HEAD "INS*Y*18*", "{\"resourceType\":\"Patient\",\"id\":\"", "member_id\n1,"};
    for (int i = 0; i < 3; i++) {
        char path[PATH_MAX];
        put_text("in", heads[i]);
        in_folder(path, "in");
        cr_assert_eq(truncate(path, 160 << 20), 0);
        refused(profiles[i], RS_DATA, "64 MiB");
    }
    cr_expect(peak_kib() < 700 << 10, "%ld KiB", peak_kib());
}

/* UTF-16 is refused with what to do; Windows-1252 in any format is converted and said. */
Test(ingest_bad, encodings) {
    put_file("in", "\xFF\xFE" "I\0S\0A\0", 8);
    refused("834-5010", RS_DATA, "UTF-16");
    ingest("roster-csv", "member_id,last_name\n1,MU\xD1OZ\n2,NU\xC3\x91" "EZ\n");
    EXPECT(record, "family_raw", "MUÑOZ\nNUÑEZ\n");
    EXPECT(file, "encoding", "windows-1252\n");
}

/* Fields that ran together: each value has a limit (schemas/codes/value_limits.def). The row goes on without it, and
 * quarantine has the length and the first bytes, never the whole. */
Test(ingest_bad, long_values) {
    enum { LONG = 3 << 20 };
    struct rs_buffer b = {0};
    char *name = rs_alloc(LONG + 1);
    memset(name, 'N', LONG);
    rs_buffer_printf(&b, "%sINS*Y*18*030~REF*0F*M1~NM1*IL*1*%s*JO~DMG*D8*19800229*F**C~LUI***%s*7~SE*7*1~", X12_HEAD, name, name);
    ingest_bytes("834-5010", b.p, b.n);
    EXPECT(record, "family_raw given_raw birth_raw", "-|JO|19800229\n");
    EXPECT(assertion, "element raw", "race_ethnicity|C\n");
    EXPECT(quarantine, "scope field rule", "value|family_raw|too_long\nvalue|language_spoken|too_long\nvalue|envelope|x12_unclosed\n");
    const char *q = ROWS(quarantine, "raw message");
    cr_expect(strncmp(q, "NNNNNNNN", 8) == 0 && strchr(q, '|') - q == 256, "%.300s", q);
    cr_expect(strstr(q, "3145728 bytes, and 300 are the most"), "%.500s", q);

    /* the longest that is taken, and one byte more, in each kind of value */
    name[4001] = 0;
    b.n = 0;
    rs_buffer_printf(&b, "member_id,medicaid_id,last_name,race_text,product\n");
    rs_buffer_printf(&b, "1,%.300s,%.300s,%.4000s,%.300s\n", name, name, name, name);
    rs_buffer_printf(&b, "2,%.301s,%.301s,%.4001s,%.301s\n", name, name, name, name);
    ingest_bytes("roster-csv", b.p, b.n);
    EXPECT(quarantine, "record_no field rule",
           "2|family_raw|too_long\n2|medicaid|too_long\n2|coverage product|too_long\n2|race|too_long\n");
    EXPECT(identifier, "record_no id_type", "1|member\n1|medicaid\n2|member\n");
    EXPECT(coverage, "record_no", "1\n");
    EXPECT(assertion, "record_no representation", "1|text\n");
    free(name);
    rs_buffer_free(&b);
}
