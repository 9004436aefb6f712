/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dependents without a number of their own whose name or birth date a change file corrects (005010X220A1: NM1*74 in loop 2100A,
 * NM1*70 and its DMG in 2100B), and ends that name a dependent without a birth date. What must come is written by hand. */
#include "ingest_834.h"

TestSuite(ingest_corrected, .init = start, .fini = finish);

#define SUBSCRIBER "INS*Y*18*030~REF*0F*M1~NM1*IL*1*ALDER*ANN~DMG*D8*19800101*F~HD*030**HLT~DTP*348*D8*20240101~"
#define CHILD(maintenance, name, given, birth) \
    "INS*N*19*" maintenance "~REF*0F*M1~NM1*" name "*1*ALDER*" given "~DMG*D8*" birth "*F~"
#define HEALTH "HD*030**HLT~DTP*348*D8*20240101~"
#define WAS(given) "NM1*70*1*ALDER*" given "~"

static void january(void) {
    put_834("january", "20250131", "4",
            SUBSCRIBER CHILD("030", "IL", "KIM", "20100101") HEALTH CHILD("030", "IL", "LEE", "20120202") HEALTH);
    after("january", NULL, "jan");
}

/* The record key of the one record of this given name; empty where there is none, or several. */
static const char *key_of(const char *out, const char *given) {
    static char keys[8][33];
    static int next;
    char *key = keys[next++ % 8], *copy = rs_strdup(sorted(out, &rs_layout_record, "given_raw record_key"));
    key[0] = 0;
    int found = 0;
    for (char *line = strtok(copy, "\n"); line; line = strtok(NULL, "\n")) {
        char *bar = strchr(line, '|');
        if ((size_t)(bar - line) != strlen(given) || memcmp(line, given, strlen(given)) != 0) continue;
        snprintf(key, 33, "%s", found++ ? "" : bar + 1);
    }
    free(copy);
    return key;
}
#define SAME_MEMBER(a, given_a, b, given_b) \
    cr_expect(*key_of(a, given_a) && strcmp(key_of(a, given_a), key_of(b, given_b)) == 0, "%s, then %s", given_a, given_b)

static bool says(const char *out, const struct rs_layout *layout, const char *columns, const char *line) {
    return strstr(sorted(out, layout, columns), line) != NULL;
}

Test(ingest_corrected, name) {
    january();
    put_834("february", "20250228", "2", CHILD("001*25", "74", "KIMBERLY", "20100101") WAS("KIM"));
    after("february", "jan", "feb");
    SORTED("feb", record, "given_raw birth_raw", "ANN|19800101\nKIMBERLY|20100101\nLEE|20120202\n");
    SAME_MEMBER("jan", "KIM", "feb", "KIMBERLY");
    SORTED("feb", coverage, "product start_date", "HLT|2024-01-01\nHLT|2024-01-01\nHLT|2024-01-01\n");
    SORTED("feb", quarantine, "rule", "");
    cr_expect(says("feb", &rs_layout_ledger, "layout file_no fate reason rows", "record|0|superseded|name or birth date corrected|1\n"));
    /* a month later the member is known by the right name alone, and keeps the key */
    put_834("march", "20250331", "2",
            "INS*N*19*001~REF*0F*M1~NM1*IL*1*ALDER*KIMBERLY~N3*9 ELM~N4*SALEM*OR*97301~DMG*D8*20100101*F~");
    after("march", "feb", "mar");
    SORTED("mar", record, "given_raw street_raw", "ANN|-\nKIMBERLY|9 ELM\nLEE|-\n");
    SAME_MEMBER("jan", "KIM", "mar", "KIMBERLY");
    SORTED("mar", quarantine, "rule", "");
    /* and in a full file */
    put_834("april", "20250430", "4",
            SUBSCRIBER CHILD("030", "IL", "KIMBERLY", "20100101") HEALTH CHILD("030", "IL", "LEE", "20120202") HEALTH);
    after("april", "mar", "apr");
    SAME_MEMBER("jan", "KIM", "apr", "KIMBERLY");
    SORTED("apr", quarantine, "rule field", "audit_different|address\n"); /* the full file has none; nobody is missing */
    put_834("may", "20250531", "2", CHILD("024", "IL", "KIMBERLY", "20100101"));
    after("may", "apr", "may.out");
    SAME_MEMBER("jan", "KIM", "may.out", "KIMBERLY");
    /* which may be read again, with a change and without one */
    after("april, may", "apr", "again");
    SAME_MEMBER("jan", "KIM", "again", "KIMBERLY");
    after("april", "apr", "alone");
    SAME_MEMBER("jan", "KIM", "alone", "KIMBERLY");
    after("may", "alone", "may.out");
    SAME_MEMBER("jan", "KIM", "may.out", "KIMBERLY");
    SORTED("may.out", record, "given_raw", "ANN\nKIMBERLY\nLEE\n");
}

Test(ingest_corrected, birth_date) {
    january();
    put_834("february", "20250228", "2", CHILD("001*25", "74", "KIM", "20101010") WAS("KIM") "DMG*D8*20100101~");
    after("february", "jan", "feb");
    SORTED("feb", record, "given_raw birth_raw", "ANN|19800101\nKIM|20101010\nLEE|20120202\n");
    SAME_MEMBER("jan", "KIM", "feb", "KIM");
    /* name and birth date at once; NM1*70 may be silent on what was right */
    put_834("february", "20250228", "2", CHILD("001*25", "74", "KAY", "20101010") "NM1*70*1*ALDER*KIM~DMG*D8*20100101~");
    after("february", "jan", "both");
    SAME_MEMBER("jan", "KIM", "both", "KAY");
    put_834("february", "20250228", "2", CHILD("001*25", "74", "KIM", "20101010") "NM1*70*1*ALDR~DMG*D8*20100101~");
    after("february", "jan", "silent");
    SAME_MEMBER("jan", "KIM", "silent", "KIM");
}

/* Nothing says which key it had: a second member, and the finding. */
Test(ingest_corrected, nothing_says_who) {
    january();
    put_834("february", "20250228", "2", CHILD("001*25", "IL", "KIM", "20101010"));
    after("february", "jan", "feb");
    SORTED("feb", record, "given_raw birth_raw", "ANN|19800101\nKIM|20100101\nKIM|20101010\nLEE|20120202\n");
    SORTED("feb", quarantine, "rule", "change_of_unknown\n");
    /* a correction of somebody who is not there */
    put_834("february", "20250228", "2", CHILD("001*25", "74", "MAX", "20100101") WAS("MAKS"));
    after("february", "jan", "unknown");
    SORTED("unknown", quarantine, "rule", "change_of_unknown\n");
}

/* Sent once more, it changes nothing; where both stand already, the right one is changed and somebody is told. */
Test(ingest_corrected, again) {
    january();
    put_834("february", "20250228", "2", CHILD("001*25", "74", "KIMBERLY", "20100101") WAS("KIM"));
    put_834("march", "20250331", "2", CHILD("001*25", "74", "KIMBERLY", "20100101") WAS("KIM"));
    after("february", "jan", "feb");
    after("march", "feb", "mar");
    SORTED("mar", record, "given_raw", "ANN\nKIMBERLY\nLEE\n");
    SAME_MEMBER("jan", "KIM", "mar", "KIMBERLY");
    put_834("february", "20250228", "2", CHILD("021", "IL", "KIMBERLY", "20100101"));
    after("february", "jan", "feb");
    after("march", "feb", "mar");
    SORTED("mar", record, "given_raw", "ANN\nKIM\nKIMBERLY\nLEE\n");
    SAME_MEMBER("feb", "KIMBERLY", "mar", "KIMBERLY");
    SORTED("mar", quarantine, "rule field", "correction_of_two|NM1*70\n");
}

/* Corrected twice, then known by each of its names; every night by itself, or all in one run. */
Test(ingest_corrected, nights_or_one_run) {
    static const char *const columns = "record_key given_raw birth_raw street_raw maintenance other_keys name_key";
    january();
    put_834("february", "20250228", "2", CHILD("001*25", "74", "KIMBERLY", "20100101") WAS("KIM"));
    put_834("march", "20250331", "2", CHILD("001*25", "74", "KIMBERLEY", "20100101") WAS("KIMBERLY"));
    put_834("april", "20250430", "2",
            "INS*N*19*001~REF*0F*M1~NM1*IL*1*ALDER*KIMBERLY~N3*9 ELM~DMG*D8*20100101*F~" CHILD("024", "IL", "LEE", "20120202"));
    put_834("may", "20250531", "2", CHILD("001", "IL", "KIMBERLEY", "20100101"));
    after("february", "jan", "feb");
    after("march", "feb", "mar");
    after("april", "mar", "apr");
    after("may", "apr", "may.out");
    char *nights = rs_strdup(sorted("may.out", &rs_layout_record, columns));
    after("january, february, march, april, may", NULL, "one");
    cr_expect_str_eq(sorted("one", &rs_layout_record, columns), nights);
    after("february, march, april, may", "jan", "rest");
    cr_expect_str_eq(sorted("rest", &rs_layout_record, columns), nights);
    SORTED("one", record, "given_raw street_raw", "ANN|-\nKIMBERLEY|9 ELM\nLEE|-\n");
    SAME_MEMBER("jan", "KIM", "one", "KIMBERLEY");
    free(nights);
}

/* An end with the subscriber's number and a given name: the only one of that name. */
Test(ingest_corrected, end_without_birth_date) {
    january();
    put_834("february", "20250228", "2",
            "INS*N*19*024~REF*0F*M1~DTP*357*D8*20250228~NM1*IL*1*ALDER*LEE~"
            "INS*N*19*024~REF*0F*M1~DTP*357*D8*20250228~NM1*IL*1*ALDER*MAX~");
    after("february", "jan", "feb");
    SORTED("feb", record, "given_raw birth_raw maintenance", "ANN|19800101|030\nKIM|20100101|030\nLEE|20120202|024\n");
    SAME_MEMBER("jan", "LEE", "feb", "LEE");
    SORTED("feb", coverage, "end_date", "-\n-\n2025-02-28\n");
    SORTED("feb", quarantine, "rule record_no", "member_by_name|1\nno_member_id|2\n");
    cr_expect(says("feb", &rs_layout_ledger, "layout file_no fate reason rows", "x12_834|1|rejected|no_member_id|1\n"));
    /* two of that name: a birth date must say which */
    put_834("january", "20250131", "4",
            SUBSCRIBER CHILD("030", "IL", "LEE", "20100101") HEALTH CHILD("030", "IL", "LEE", "20120202") HEALTH);
    after("january", NULL, "two");
    after("february", "two", "feb");
    SORTED("feb", record, "birth_raw maintenance", "19800101|030\n20100101|030\n20120202|030\n");
    SORTED("feb", quarantine, "rule record_no", "no_member_id|1\nno_member_id|2\n");
}

/* Known by the name of that night: a child added, or corrected, before. */
Test(ingest_corrected, end_after_correction) {
    january();
    put_834("february", "20250228", "2",
            CHILD("001*25", "74", "KAY", "20100101") WAS("KIM") CHILD("021", "IL", "NOA", "20250201") HEALTH);
    put_834("march", "20250331", "2",
            "INS*N*19*024~REF*0F*M1~NM1*IL*1*ALDER*KIM~INS*N*19*024~REF*0F*M1~NM1*IL*1*ALDER*KAY~"
            "INS*N*19*024~REF*0F*M1~NM1*IL*1*ALDER*NOA~");
    after("february", "jan", "feb");
    after("march", "feb", "nights");
    after("february, march", "jan", "one");
    static const char *const want = "ANN|030\nKAY|024\nLEE|030\nNOA|024\n";
    SORTED("nights", record, "given_raw maintenance", want);
    SORTED("one", record, "given_raw maintenance", want);
    SORTED("nights", quarantine, "rule record_no", "member_by_name|2\nmember_by_name|3\nno_member_id|1\n");
    SORTED("one", quarantine, "rule record_no", "member_by_name|2\nmember_by_name|3\nno_member_id|1\n");
    SAME_MEMBER("jan", "KIM", "nights", "KAY");
    SAME_MEMBER("jan", "KIM", "one", "KAY");
}
