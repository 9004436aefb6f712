/* SPDX-License-Identifier: GPL-3.0-or-later */
/* 834 change files on a prior snapshot, and full files beside one. What must come of each maintenance type (INS03, HD01) is
 * written by hand from the 005010X220A1 guide. */
#include "ingest_834.h"

TestSuite(ingest_change, .init = start, .fini = finish);

#define ANN "INS*Y*18*%s*XN*A~REF*0F*M1~NM1*IL*1*ALDER*ANN~N3*1 OAK*APT 2~N4*BEND*OR*97701~DMG*D8*19800101*F**C~LUI*LE*ENG**7~HD*%s**HLT*GOLD~DTP*348*D8*20240101~"
#define BOB "INS*Y*18*030~REF*0F*M2~NM1*IL*1*BIRCH*BOB~DMG*D8*19810202*M**B~HD*030**HLT*GOLD~DTP*348*D8*20240101~HD*030**DEN~DTP*348*D8*20240101~"
#define CYD "INS*Y*18*030~REF*0F*M3~NM1*IL*1*CEDAR*CYD~DMG*D8*19820303*F**H~HD*030**HLT*GOLD~DTP*348*D8*20230101~DTP*349*D8*20231231~"

static void january(void) {
    char text[4096];
    snprintf(text, sizeof text, ANN BOB CYD, "030", "030");
    put_834("january", "20250131", "4", text);
    after("january", NULL, "jan");
}

/* Members that a change file does not mention stand as they stood, with their place in the file they came in. */
Test(ingest_change, others_are_carried) {
    january();
    put_834("february", "20250228", "2", "INS*Y*18*021~REF*0F*M4~NM1*IL*1*DOGWOOD*DEE~DMG*D8*19830404*F**A~HD*021**HLT*GOLD~DTP*348*D8*20250201~");
    after("february", "jan", "feb");
    SORTED("feb", file, "file_no name carried records", "1|february|N|1\n2|january|Y|3\n");
    SORTED("feb", record, "family_raw file_no record_no segment maintenance record_date kept",
           "ALDER|2|1|5|030|2025-01-31|-\nBIRCH|2|2|14|030|2025-01-31|-\nCEDAR|2|3|22|030|2025-01-31|-\n"
           "DOGWOOD|1|1|5|021|2025-02-28|-\n");
    SORTED("feb", assertion, "raw file_no record_no answer_no seq segment collection",
           "A|1|1|1|1|8|administrative\nB|2|2|1|1|17|administrative\nC|2|1|1|1|10|administrative\n"
           "ENG|2|1|2|1|11|administrative\nH|2|3|1|1|25|administrative\n");
    SORTED("feb", identifier, "file_no record_no id_system value links",
           "1|1|plan_member|M4|Y\n1|1|plan_subscriber|M4|N\n2|1|plan_member|M1|Y\n2|1|plan_subscriber|M1|N\n"
           "2|2|plan_member|M2|Y\n2|2|plan_subscriber|M2|N\n2|3|plan_member|M3|Y\n2|3|plan_subscriber|M3|N\n");
    cr_expect(strstr(rows_in("feb", &rs_layout_ledger, "layout file_no fate reason rows"),
                     "record|0|read|-|3\nrecord|0|written|-|3\n"));
    cr_expect(strstr(rows_in("feb", &rs_layout_ledger, "layout file_no fate reason rows"),
                     "x12_834|1|read|-|1\nx12_834|1|written|-|1\n"));
    /* and again, a month later: the first file is still the one they came in */
    put_834("march", "20250331", "2", "INS*Y*18*021~REF*0F*M5~NM1*IL*1*ELM*EVE~");
    after("march", "feb", "mar");
    SORTED("mar", file, "file_no name carried records", "1|march|N|1\n2|february|Y|1\n3|january|Y|3\n");
    SORTED("mar", record, "family_raw file_no record_no segment",
           "ALDER|3|1|5\nBIRCH|3|2|14\nCEDAR|3|3|22\nDOGWOOD|2|1|5\nELM|1|1|5\n");
    char sha[2][80];
    sscanf(strstr(rows_in("jan", &rs_layout_file, "name sha256"), "january|"), "january|%79s", sha[0]);
    sscanf(strstr(rows_in("mar", &rs_layout_file, "name sha256"), "january|"), "january|%79s", sha[1]);
    cr_expect_str_eq(sha[0], sha[1]);
}

/* 001: what the row says replaces what stood; on what it is silent, that stands, and the row says where from. */
Test(ingest_change, silence_changes_nothing) {
    january();
    put_834("february", "20250228", "2", "INS*Y*18*001*25~REF*0F*M1~NM1*IL*1*ALDER*ANNA~N3*9 ELM~N4*SALEM*OR*97301~LUI*LE*SPA**6~");
    after("february", "jan", "feb");
    cr_expect(strstr(sorted("feb", &rs_layout_record, "family_raw given_raw birth_raw sex_raw street_raw zip_raw file_no kept"),
                     "ALDER|ANNA|19800101|F|9 ELM|97301|1|2/1:birth_raw,sex_raw\n"));
    SORTED("feb", assertion, "element raw file_no", "language_spoken|ENG|2\nlanguage_written|SPA|1\nrace_ethnicity|B|2\n"
                                                    "race_ethnicity|C|2\nrace_ethnicity|H|2\n");
    cr_expect(strstr(rows_in("feb", &rs_layout_ledger, "layout file_no fate reason rows"),
                     "record|0|read|-|3\nrecord|0|written|-|2\nrecord|0|merged|-|1\n"));
    SORTED("feb", quarantine, "rule", "");
    /* kept once more, by a row that says even less: the origin stays that of the first file */
    put_834("march", "20250331", "2", "INS*Y*18*001~REF*0F*M1~NM1*IL*1*ALDER*ANNA~DMG*D8*19800101*F**7~");
    after("march", "feb", "mar");
    cr_expect(strstr(sorted("mar", &rs_layout_record, "family_raw street_raw file_no kept"),
                     "ALDER|9 ELM|1|2/1:street_raw,city_raw,state_raw,zip_raw\n"));
    cr_expect(strstr(sorted("mar", &rs_layout_assertion, "element raw"), "race_ethnicity|7\n"));
    put_834("april", "20250430", "2", "INS*Y*18*001~REF*0F*M1~NM1*IL*1*ALDER*ANN~N3*1 NEW~");
    after("april", "feb", "apr");
    cr_expect(strstr(sorted("apr", &rs_layout_record, "given_raw birth_raw street_raw zip_raw kept"),
                     "ANN|19800101|1 NEW|-|3/1:birth_raw,sex_raw\n"));
}

/* Enrolment: 024 of the member ends what runs; HD*024 one product; 025 opens again; 021 adds; 002 takes away. */
Test(ingest_change, spans) {
    january();
    put_834("february", "20250228", "2", "INS*Y*18*024*07*A~REF*0F*M1~DTP*357*D8*20250215~NM1*IL*1*ALDER*ANN~"
                                         "INS*Y*18*001~REF*0F*M2~NM1*IL*1*BIRCH*BOB~HD*024**DEN~DTP*349*D8*20250228~"
                                         "INS*Y*18*021~REF*0F*M3~NM1*IL*1*CEDAR*CYD~HD*021**HLT*GOLD~DTP*348*D8*20250201~");
    after("february", "jan", "feb");
    static const char columns[] = "file_no record_no product start_date end_date maintenance";
    SORTED("feb", coverage, columns,
           "1|1|HLT GOLD|2024-01-01|2025-02-15|024\n1|2|DEN|2024-01-01|2025-02-28|024\n"
           "1|3|HLT GOLD|2025-02-01|-|021\n2|2|HLT GOLD|2024-01-01|-|030\n2|3|HLT GOLD|2023-01-01|2023-12-31|030\n");
    put_834("march", "20250331", "2", "INS*Y*18*025~REF*0F*M1~NM1*IL*1*ALDER*ANN~"
                                      "INS*Y*18*001~REF*0F*M2~NM1*IL*1*BIRCH*BOB~HD*002**DEN~HD*001**HLT*GOLD~DTP*348*D8*20240301~"
                                      "INS*Y*18*024~REF*0F*M3~DTP*357*D8*20250310~NM1*IL*1*CEDAR*CYD~HD*024**HLT*GOLD~"
                                      "INS*Y*18*021~REF*0F*M3~NM1*IL*1*CEDAR*CYD~HD*021**HLT*SILVER~DTP*348*D8*20250311~");
    after("march", "feb", "mar");
    SORTED("mar", coverage, columns,
           "1|1|HLT GOLD|2024-01-01|-|025\n1|2|HLT GOLD|2024-03-01|-|001\n1|3|HLT GOLD|2025-02-01|2025-03-10|024\n"
           "1|4|HLT SILVER|2025-03-11|-|021\n3|3|HLT GOLD|2023-01-01|2023-12-31|030\n");
    SORTED("mar", record, "family_raw record_no maintenance", "ALDER|1|025\nBIRCH|2|001\nCEDAR|4|021\n");
    cr_expect(strstr(rows_in("mar", &rs_layout_ledger, "layout file_no fate reason rows"),
                     "x12_834|1|read|-|4\nx12_834|1|written|-|3\nx12_834|1|merged|-|1\n"));
}

/* A newer full file says what an older one and the changes since say together. */
Test(ingest_change, full_is_older_full_and_changes) {
    char text[4096];
    january();
    snprintf(text, sizeof text, "INS*Y*18*024~REF*0F*M2~NM1*IL*1*BIRCH*BOB~HD*024**HLT*GOLD~DTP*349*D8*20250228~"
                                "HD*024**DEN~DTP*349*D8*20250228~"
                                "INS*Y*18*001~REF*0F*M3~NM1*IL*1*CEDAR*CYDNEY~DMG*D8*19820303*F**H^C~"
                                "INS*Y*18*021~REF*0F*M4~NM1*IL*1*DOGWOOD*DEE~DMG*D8*19830404*F**A~HD*021**HLT*GOLD~DTP*348*D8*20250201~");
    put_834("february", "20250228", "2", text);
    after("february", "jan", "feb");
    snprintf(text, sizeof text, ANN "INS*Y*18*030~REF*0F*M2~NM1*IL*1*BIRCH*BOB~DMG*D8*19810202*M**B~HD*030**HLT*GOLD~"
                                "DTP*348*D8*20240101~DTP*349*D8*20250228~HD*030**DEN~DTP*348*D8*20240101~DTP*349*D8*20250228~"
                                "INS*Y*18*030~REF*0F*M3~NM1*IL*1*CEDAR*CYDNEY~DMG*D8*19820303*F**H^C~HD*030**HLT*GOLD~"
                                "DTP*348*D8*20230101~DTP*349*D8*20231231~"
                                "INS*Y*18*030~REF*0F*M4~NM1*IL*1*DOGWOOD*DEE~DMG*D8*19830404*F**A~HD*030**HLT*GOLD~DTP*348*D8*20250201~",
             "030", "030");
    put_834("whole", "20250228", "4", text);
    after("whole", NULL, "full");
    static const char *const said[] = {"record_key family_raw given_raw birth_raw sex_raw street_raw city_raw zip_raw",
                                       "record_key product start_date end_date",
                                       "record_key element representation system raw seq",
                                       "record_key id_type id_system value links"};
    static const struct rs_layout *const layouts[] = {&rs_layout_record, &rs_layout_coverage, &rs_layout_assertion,
                                                      &rs_layout_identifier};
    for (int i = 0; i < 4; i++) {
        char *changed = rs_strdup(sorted("feb", layouts[i], said[i]));
        cr_expect_str_eq(changed, sorted("full", layouts[i], said[i]));
        free(changed);
    }
    /* both in one run, in any order: the same again */
    after("february, january", NULL, "both");
    for (int i = 0; i < 4; i++) {
        char *changed = rs_strdup(sorted("both", layouts[i], said[i]));
        cr_expect_str_eq(changed, sorted("full", layouts[i], said[i]));
        free(changed);
    }
    cr_expect(strstr(rows_in("both", &rs_layout_ledger, "layout file_no fate reason rows"),
                     "x12_834|1|read|-|3\nx12_834|1|written|-|1\nx12_834|1|superseded|changed|1\nx12_834|1|merged|-|1\n"));
    /* the full file beside the changed snapshot: nothing to find */
    after("whole", "feb", "audit");
    SORTED("audit", quarantine, "rule", "");
}

/* A full file is the snapshot; what the prior run had otherwise is found. */
Test(ingest_change, audit) {
    january();
    put_834("february", "20250228", "4", "INS*Y*18*030~REF*0F*M1~NM1*IL*1*ALDER*ANN~N3*7 NEW~DMG*D8*19800101*F**B~LUI*LE*ENG**7~"
                                         "HD*030**HLT*GOLD~DTP*348*D8*20240101~"
                                         "INS*Y*18*030~REF*0F*M9~NM1*IL*1*NEW*NAN~");
    after("february", "jan", "feb");
    SORTED("feb", record, "family_raw file_no", "ALDER|1\nNEW|1\n");
    /* M2 runs and is missing; M3's enrolment had ended */
    SORTED("feb", quarantine, "rule scope file_no record_no field",
           "audit_different|value|1|1|address, answers\naudit_missing|value|1|-|member\n");
    cr_expect(strstr(rows_in("feb", &rs_layout_ledger, "layout fate reason rows"), "record|superseded|full file|3\n"));
}

/* A file that an earlier run applied is not applied again over what came after it. */
Test(ingest_change, not_twice) {
    january();
    put_834("february", "20250228", "2", "INS*Y*18*001~REF*0F*M1~NM1*IL*1*ALDER*FEBRUARY~");
    put_834("march", "20250331", "2", "INS*Y*18*001~REF*0F*M1~NM1*IL*1*ALDER*MARCH~");
    after("february", "jan", "feb");
    after("march, february", "feb", "mar");
    cr_expect(strstr(sorted("mar", &rs_layout_record, "family_raw given_raw"), "ALDER|MARCH\n"));
    after("february", "mar", "again");
    cr_expect(strstr(sorted("again", &rs_layout_record, "family_raw given_raw"), "ALDER|MARCH\n"));
    cr_expect(strstr(rows_in("again", &rs_layout_ledger, "layout fate reason rows"),
                     "x12_834|superseded|applied by an earlier run|1\n"));
    /* one older than a full file that is read with it changes nothing either */
    after("february, january", NULL, "both");
    cr_expect(strstr(sorted("both", &rs_layout_record, "family_raw given_raw"), "ALDER|FEBRUARY\n"));
    put_834("april", "20250430", "4", "INS*Y*18*030~REF*0F*M1~NM1*IL*1*ALDER*APRIL~");
    after("february, april", NULL, "late");
    SORTED("late", record, "family_raw given_raw", "ALDER|APRIL\n");
}

Test(ingest_change, of_nobody_known) {
    january();
    put_834("february", "20250228", "2", "INS*Y*18*024~REF*0F*M7~NM1*IL*1*WHO*WHO~");
    after("february", "jan", "feb");
    SORTED("feb", quarantine, "rule file_no record_no segment field", "change_of_unknown|1|1|5|INS03\n");
    cr_expect(strstr(sorted("feb", &rs_layout_record, "family_raw"), "WHO\n"));
}

Test(ingest_change, threads) {
    struct rs_buffer b = {0};
    struct rs_error error = {0};
    for (int i = 0; i < 3000; i++)
        rs_buffer_printf(&b, "INS*Y*18*030~REF*0F*N%d~NM1*IL*1*DOE%d*JO~DMG*D8*19800101*F**C~HD*030**HLT~DTP*348*D8*20240101~", i, i);
    put_834("january", "20250131", "4", b.p);
    b.n = 0;
    for (int i = 0; i < 3000; i += 3) rs_buffer_printf(&b, "INS*Y*18*024~REF*0F*N%d~DTP*357*D8*20250201~NM1*IL*1*DOE%d*JO~", i, i);
    put_834("february", "20250228", "2", b.p);
    rs_buffer_free(&b);
    after("january", NULL, "jan");
    cr_assert(try_after("february", "jan", "one", 1, &error) && try_after("february", "jan", "three", 3, &error), "%s", error.text);
    static const struct rs_layout *const made[] = {&rs_layout_file, &rs_layout_record, &rs_layout_identifier,
                                                   &rs_layout_coverage, &rs_layout_assertion, &rs_layout_quarantine,
                                                   &rs_layout_ledger};
    for (size_t i = 0; i < sizeof made / sizeof made[0]; i++) {
        struct rs_manifest x, y;
        char path[PATH_MAX];
        in_folder(path, "one");
        cr_assert(rs_manifest_read(path, made[i], &x, &error));
        in_folder(path, "three");
        cr_assert(rs_manifest_read(path, made[i], &y, &error));
        cr_expect_eq(memcmp(&x.content, &y.content, sizeof x.content), 0, "%s", made[i]->name);
        if (made[i] == &rs_layout_record) cr_expect_eq(x.rows, 3000);
    }
}

/* Another site key: nobody of the prior run would be found again, and everybody would be there twice. */
Test(ingest_change, another_site_key) {
    struct rs_error error = {0};
    january();
    put_text("site.key", "another key of more than 32 bytes, for tests");
    put_834("february", "20250228", "2", "INS*Y*18*024~REF*0F*M1~NM1*IL*1*ALDER*ANN~");
    cr_expect(!try_after("february", "jan", "feb", 1, &error));
    cr_expect_eq(error.code, RS_CONFIG);
    cr_expect(strstr(error.text, "site key"), "%s", error.text);
}

/* mode: full or change of the profile decides, whatever the file says. */
Test(ingest_change, mode_of_the_profile) {
    struct rs_error error = {0};
    january();
    put_text("834-5010.yaml", "base: 834-5010\nformat: x12_834\nsource: S\nmode: full\n");
    put_834("february", "20250228", "2", "INS*Y*18*021~REF*0F*M1~NM1*IL*1*ALDER*ANN~");
    char config[PATH_MAX], output[PATH_MAX], before[PATH_MAX];
    const char *priors[] = {before};
    put_text("plan.yaml", "site_key: site.key\nsources: [{profile: ./834-5010.yaml, files: february}]\n");
    in_folder(config, "plan.yaml");
    in_folder(output, "feb");
    in_folder(before, "jan");
    struct rs_stage_call call = {.config_path = config, .output = output, .threads = 1, .priors = priors, .n_priors = 1};
    cr_assert(rs_stage_run(&rs_stage_ingest, &call, &error), "%s", error.text);
    SORTED("feb", record, "family_raw", "ALDER\n");
    put_text("834-5010.yaml", "base: 834-5010\nformat: x12_834\nsource: S\nmode: sometimes\n");
    cr_expect(!rs_stage_run(&rs_stage_ingest, &call, &error));
    cr_expect_eq(error.code, RS_CONFIG);
}

/* As put_834, with a time (GS05) and the interchange's number (ISA13). */
static void put_timed(const char *name, const char *time, const char *number, const char *members) {
    char path[PATH_MAX];
    struct rs_buffer b = {0};
    struct rs_error error = {0};
    put_834(name, "20250228", "2", members);
    in_folder(path, name);
    cr_assert(rs_read_file(path, &b, 1 << 20, &error), "%s", error.text);
    rs_buffer_byte(&b, 0);
    char *gs = strstr(b.p, "*20250228*0900*1*X*"), *isa = strstr(b.p, "*00501*000000001*");
    cr_assert(gs && isa && strlen(number) == 9);
    memcpy(isa + 7, number, 9);
    struct rs_buffer out = {0};
    rs_buffer_printf(&out, "%.*s*20250228*%s%s", (int)(gs - b.p), b.p, time, gs + strlen("*20250228*0900"));
    put_file(name, out.p, out.n);
    rs_buffer_free(&b);
    rs_buffer_free(&out);
}

/* Two change files of one day: GS05 says which was written last, then ISA13; never their digests. Four days of each, so
 * that digests, which are as good as random, would have to be in order eight times. */
Test(ingest_change, order_within_a_day) {
    static const struct { const char *time[2], *number[2]; } days[] = {
        {{"0900", "1730"}, {"000000009", "000000002"}}, {{"090000", "090001"}, {"000000009", "000000002"}},
        {{"0900", "0900"}, {"000000010", "000000011"}}, {{"1130", "11300050"}, {"000000002", "000000001"}},
    };
    january();
    for (size_t i = 0; i < 4; i++) {
        for (int swap = 0; swap < 2; swap++) {
            put_timed("one", days[i].time[swap], days[i].number[swap], "INS*Y*18*001~REF*0F*M1~NM1*IL*1*ALDER*UNA~N3*1 UNA~");
            put_timed("two", days[i].time[!swap], days[i].number[!swap], "INS*Y*18*001~REF*0F*M1~NM1*IL*1*ALDER*DUA~N3*2 DUA~");
            after("one, two", "jan", "feb");
            cr_expect(strstr(sorted("feb", &rs_layout_record, "given_raw street_raw"), swap ? "UNA|1 UNA\n" : "DUA|2 DUA\n"),
                      "day %zu, swapped %d", i, swap);
        }
    }
}

/* A change file that comes after what is newer: than the full file of the prior run, nothing of it counts; than another
 * change of the same member, that member's row does not, and is said. */
Test(ingest_change, late) {
    january();
    put_834("february", "20250228", "2", "INS*Y*18*001~REF*0F*M1~NM1*IL*1*ALDER*FEBRUARY~");
    after("february", "jan", "feb");
    put_834("midmonth", "20250215", "2", "INS*Y*18*001~REF*0F*M1~NM1*IL*1*ALDER*MIDMONTH~"
                                         "INS*Y*18*001~REF*0F*M2~NM1*IL*1*BIRCH*ROBERT~");
    after("midmonth", "feb", "mid");
    SORTED("mid", record, "family_raw given_raw", "ALDER|FEBRUARY\nBIRCH|ROBERT\nCEDAR|CYD\n");
    SORTED("mid", quarantine, "rule file_no record_no segment field", "change_late|1|1|5|GS04\n");
    cr_expect(strstr(rows_in("mid", &rs_layout_ledger, "layout file_no fate reason rows"),
                     "x12_834|1|read|-|2\nx12_834|1|written|-|1\n"
                     "x12_834|1|superseded|older than what stands of the member|1\n"));
    put_834("december", "20241231", "2", "INS*Y*18*024~REF*0F*M2~NM1*IL*1*BIRCH*BOB~INS*Y*18*021~REF*0F*M8~NM1*IL*1*GONE*GUY~");
    after("december", "feb", "dec");
    SORTED("dec", record, "family_raw given_raw", "ALDER|FEBRUARY\nBIRCH|BOB\nCEDAR|CYD\n");
    SORTED("dec", quarantine, "rule", "");
    cr_expect(strstr(rows_in("dec", &rs_layout_ledger, "layout file_no fate reason rows"),
                     "x12_834|1|superseded|older than the full file|2\n"));
    SORTED("dec", file, "name extent carried", "december|change|N\nfebruary|change|Y\njanuary|full|Y\n");
}

/* The end of eligibility stands through a change of something else, and no longer once the member is back. */
Test(ingest_change, end_of_eligibility) {
    january();
    put_834("february", "20250228", "2", "INS*Y*18*024~REF*0F*M1~DTP*356*D8*20240101~DTP*357*D8*20250215~NM1*IL*1*ALDER*ANN~"
                                         "INS*Y*18*001~REF*0F*M1~NM1*IL*1*ALDER*ANN~N3*9 ELM~");
    after("february", "jan", "feb");
    cr_expect(strstr(sorted("feb", &rs_layout_record, "family_raw eligible_from eligible_to street_raw"),
                     "ALDER|2024-01-01|2025-02-15|9 ELM\n"));
    put_834("march", "20250331", "2", "INS*Y*18*025~REF*0F*M1~NM1*IL*1*ALDER*ANN~");
    after("march", "feb", "mar");
    cr_expect(strstr(sorted("mar", &rs_layout_record, "family_raw eligible_from eligible_to"), "ALDER|2024-01-01|-\n"));
}

/* Back after a gap: eligibility begins anew (DTP*356), and the days between were not covered. */
Test(ingest_change, reinstated_after_a_gap) {
    january();
    put_834("february", "20250228", "2", "INS*Y*18*024~REF*0F*M1~DTP*357*D8*20250215~NM1*IL*1*ALDER*ANN~"
                                         "INS*Y*18*024~REF*0F*M2~DTP*357*D8*20250228~NM1*IL*1*BIRCH*BOB~");
    after("february", "jan", "feb");
    put_834("march", "20250331", "2", "INS*Y*18*025~REF*0F*M1~DTP*356*D8*20250401~NM1*IL*1*ALDER*ANN~"
                                      "INS*Y*18*025~REF*0F*M2~DTP*356*D8*20250301~NM1*IL*1*BIRCH*BOB~");
    after("march", "feb", "mar");
    SORTED("mar", coverage, "file_no record_no product start_date end_date maintenance",
           "1|1|HLT GOLD|2025-04-01|-|025\n1|2|DEN|2024-01-01|-|025\n1|2|HLT GOLD|2024-01-01|-|025\n"
           "2|1|HLT GOLD|2024-01-01|2025-02-15|024\n3|3|HLT GOLD|2023-01-01|2023-12-31|030\n");
}

/* Where one product was added twice, its end ends both: a span left open would cover the member for ever. */
Test(ingest_change, overlapping_spans_end_together) {
    january();
    put_834("february", "20250228", "2", "INS*Y*18*021~REF*0F*M1~NM1*IL*1*ALDER*ANN~HD*021**HLT*GOLD~DTP*348*D8*20250201~");
    put_834("march", "20250331", "2", "INS*Y*18*001~REF*0F*M1~NM1*IL*1*ALDER*ANN~HD*024**HLT*GOLD~DTP*349*D8*20250310~");
    after("february, march", "jan", "mar");
    cr_expect(strstr(sorted("mar", &rs_layout_coverage, "file_no record_no product start_date end_date maintenance"),
                     "2|1|HLT GOLD|2024-01-01|2025-03-10|024\n2|1|HLT GOLD|2025-02-01|2025-03-10|024\n"));
}

/* A change of a coverage that names another start corrects the span it shares days with; what lies apart is history. */
Test(ingest_change, a_change_corrects_what_it_overlaps) {
    january();
    put_834("february", "20250228", "2", "INS*Y*18*021~REF*0F*M3~NM1*IL*1*CEDAR*CYD~HD*021**HLT*GOLD~DTP*348*D8*20250201~"
                                         "INS*Y*18*001~REF*0F*M1~NM1*IL*1*ALDER*ANN~HD*001**HLT*GOLD~DTP*348*D8*20220101~DTP*349*D8*20221231~");
    put_834("march", "20250331", "2", "INS*Y*18*001~REF*0F*M3~NM1*IL*1*CEDAR*CYD~HD*001**HLT*GOLD~DTP*348*D8*20250301~");
    after("february, march", "jan", "mar");
    SORTED("mar", coverage, "file_no record_no product start_date end_date maintenance",
           "1|2|HLT GOLD|2022-01-01|2022-12-31|001\n2|1|HLT GOLD|2025-03-01|-|001\n3|1|HLT GOLD|2024-01-01|-|030\n"
           "3|2|DEN|2024-01-01|-|030\n3|2|HLT GOLD|2024-01-01|-|030\n3|3|HLT GOLD|2023-01-01|2023-12-31|030\n");
}

/* A full file and a change of one day: the change counts where it was written later. */
Test(ingest_change, full_file_of_the_same_day) {
    put_834("whole", "20250228", "4", "INS*Y*18*030~REF*0F*M1~NM1*IL*1*ALDER*WHOLE~");
    put_timed("morning", "0800", "000000009", "INS*Y*18*001~REF*0F*M1~NM1*IL*1*ALDER*MORNING~");
    put_timed("evening", "1800", "000000001", "INS*Y*18*001~REF*0F*M1~NM1*IL*1*ALDER*EVENING~");
    after("morning, whole", NULL, "one");
    SORTED("one", record, "given_raw", "WHOLE\n");
    after("evening, morning, whole", NULL, "two");
    SORTED("two", record, "given_raw", "EVENING\n");
}

/* BGN08 decides what a file is: a change whose first row states all of its member (030) must not end everybody else. Where it is
 * not there, the first INS03 does. */
Test(ingest_change, a_change_that_begins_with_an_audit_row) {
    january();
    put_834("february", "20250228", "2", "INS*Y*18*030~REF*0F*M1~NM1*IL*1*ALDER*ANNA~INS*Y*18*024~REF*0F*M2~NM1*IL*1*BIRCH*BOB~");
    after("february", "jan", "feb");
    SORTED("feb", record, "family_raw given_raw maintenance", "ALDER|ANNA|030\nBIRCH|BOB|024\nCEDAR|CYD|030\n");
    SORTED("feb", file, "name extent", "february|change\njanuary|full\n");
    put_834("march", "20250331", "", "INS*Y*18*030~REF*0F*M1~NM1*IL*1*ALDER*ANNA~");
    after("march", "jan", "mar");
    SORTED("mar", record, "family_raw", "ALDER\n");
    SORTED("mar", file, "name extent", "march|full\n");
}

/* An end before anything had begun: what was to begin never took effect, and must not run for ever. One that ends what ran
 * leaves what begins later. */
Test(ingest_change, cancelled_before_it_began) {
    january();
    put_834("february", "20250228", "2", "INS*Y*18*024~REF*0F*M1~DTP*357*D8*20231231~NM1*IL*1*ALDER*ANN~"
                                         "INS*Y*18*021~REF*0F*M2~NM1*IL*1*BIRCH*BOB~HD*021**VIS~DTP*348*D8*20250401~"
                                         "INS*Y*18*024~REF*0F*M2~DTP*357*D8*20250315~NM1*IL*1*BIRCH*BOB~");
    after("february", "jan", "feb");
    SORTED("feb", coverage, "file_no record_no product start_date end_date maintenance",
           "1|1|HLT GOLD|2024-01-01|2023-12-31|024\n1|2|VIS|2025-04-01|-|021\n1|3|DEN|2024-01-01|2025-03-15|024\n"
           "1|3|HLT GOLD|2024-01-01|2025-03-15|024\n2|3|HLT GOLD|2023-01-01|2023-12-31|030\n");
}
