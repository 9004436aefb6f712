/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HL7 v2: framings and delimiters, PID by PID, answers with their place, merges, batches, and what is no message. */
#include <sys/stat.h>
#include "ingest_run.h"

TestSuite(ingest_hl7v2, .init = start, .fini = finish);

#define MSH(event, id) "MSH|^~\\&|APP|FAC|||202501020304+0100||ADT^" event "|" id "|P|2.5.1\r"
#define ANSWERS "record_no answer_no seq element representation system raw"

Test(ingest_hl7v2, a_person) {
    ingest("hl7v2-adt",
           MSH("A08", "1") "EVN|A08|20250103\r"
           "PID|1||77^^^CLINIC^MR~123456789^^^USSSA^SS||M\xC3\xBCller&von^Ana^Maria Jos\xC3\xA9^Jr^^^L~Schmidt^^^^^^M||19800229113000|F||"
           "2106-3^White^HL70005~2028-9^Asian^HL7000~^Hmong|12 Elm St^Apt 4^Albany^NY^122031234^USA^H^^001~1 Old^^X^NY^1^^BA|"
           "|^PRN^Internet^a@b.c~^PRN^PH^^^518^5550100|(518)555-0199^WPN|es^Spanish^HL70296^spa^Castilian^ISO6392|"
           "||||||N^Not Hispanic^ HL70189|||||||20240506\r"
           "NK1|1|X^Y\rPD1|||Z\rZZZ|1\r"
           "OBX|1|CWE|76690-7^SO^LN||38628009^Gay^SCT||||||F|||20240304\r"
           "OBX|2|ST|76691-5^GI^LN||nonbinary||||||F\rOBX|3|CWE|76690-7||X||||||W\rOBX|4|NM|8480-6||120\r");
    EXPECT(record, "record_no line segment offset record_date family_raw given_raw middle_raw suffix_raw previous_family_raw",
           "1|1|3|73|2025-01-03|Müller|Ana|Maria José|Jr|Schmidt\n");
    EXPECT(record, "birth_raw death_raw sex_raw street_raw city_raw state_raw zip_raw county_raw phone_raw",
           "19800229|20240506|F|12 Elm St, Apt 4|Albany|NY|122031234|001|518-5550100\n");
    EXPECT(identifier, "id_type id_system value links",
           "medical_record|medical_record@S:CLINIC|77|Y\nsocial_security|us_ssn|123456789|N\n");
    EXPECT(assertion, ANSWERS " segment effective",
           "1|1|1|race|code|hl7_0005|2106-3|3|2025-01-03\n1|1|2|race|text|-|White|3|2025-01-03\n"
           "1|1|3|race|code|hl7_0005|2028-9|3|2025-01-03\n1|1|4|race|text|-|Asian|3|2025-01-03\n"
           "1|1|5|race|text|-|Hmong|3|2025-01-03\n"
           "1|2|1|ethnicity|code|hl7_0189|N|3|2025-01-03\n1|2|2|ethnicity|text|-|Not Hispanic|3|2025-01-03\n"
           "1|3|1|language_preferred|code|iso639|es|3|2025-01-03\n1|3|2|language_preferred|text|-|Spanish|3|2025-01-03\n"
           "1|3|3|language_preferred|alternate|iso639|spa|3|2025-01-03\n"
           "1|3|4|language_preferred|text|-|Castilian|3|2025-01-03\n"
           "1|4|1|sexual_orientation|code|snomed|38628009|7|2024-03-04\n1|4|2|sexual_orientation|text|-|Gay|7|2024-03-04\n"
           "1|5|1|gender_identity|text|-|nonbinary|8|2025-01-03\n");
    EXPECT(ledger, "layout fate reason rows",
           "assertion|made|-|14\ncoverage|made|-|0\nfile|made|-|1\nhl7v2|read|-|1\nhl7v2|written|-|1\n"
           "hl7v2_segment|read|-|10\nhl7v2_segment|merged|-|7\nhl7v2_segment|ignored|not about the person|2\n"
           "hl7v2_segment|ignored|unknown segment|1\nidentifier|made|-|2\nmeasure_event|made|-|0\nrecord|made|-|1\n");
    EXPECT(file, "format file_date encoding records", "hl7v2|2025-01-02|utf-8|1\n");
}

/* Facility: that of the visit's place (PV1-3.4), else the sender's (MSH-4); each message's own. */
Test(ingest_hl7v2, facility) {
    ingest("hl7v2-adt", MSH("A01", "1") "PID|||1^^^A^MR\rPV1|1|I|W^389^1^EAST\\T\\WEST&1.2.3&ISO\r" MSH("A01", "2") "PID|||2^^^A^MR\r"
                        MSH("A01", "3") "PID|||3^^^A^MR\rPV1|1|I|W^389^1\r"
                        "MSH|^~\\&|APP|^1.2.3^ISO|||20250102||ADT^A01|4|P|2.5\rPID|||4^^^A^MR\rPV1|1|I|^^^&1.9&ISO\r"
                        "MSH|^~\\&|APP||||20250102||ADT^A01|5|P|2.5\rPID|||5^^^A^MR\r");
    EXPECT(record, "record_no facility", "1|EAST&WEST\n2|FAC\n3|FAC\n4|1.9\n5|-\n");
}

/* An answer points to its first byte. */
Test(ingest_hl7v2, offsets) {
    static const char text[] = MSH("A01", "1") "PID|||1^^^A^MR|||||||W~B^Black\r";
    char expected[64];
    ingest("hl7v2-adt", text);
    snprintf(expected, sizeof expected, "%d\n%d\n%d\n", (int)(strstr(text, "W~B") - text),
             (int)(strstr(text, "B^Black") - text), (int)(strstr(text, "Black") - text));
    EXPECT(assertion, "offset", expected);
}

/* The same two messages however lines end and are framed. */
static void framed(const char *before, const char *end, const char *after, const char *expected) {
    static const char *const segments[] = {"MSH|^~\\&|||||20250102||ADT^A01", "PID|||1^^^A^MR||One"};
    struct rs_buffer b = {0};
    for (int m = 0; m < 2; m++) {
        rs_buffer_printf(&b, "%s", before);
        for (int i = 0; i < 2; i++) rs_buffer_printf(&b, "%s%s", segments[i], end);
        rs_buffer_printf(&b, "%s", after);
    }
    ingest_bytes("hl7v2-adt", b.p, b.n);
    rs_buffer_free(&b);
    EXPECT(record, "record_no line segment offset family_raw", expected);
    EXPECT(quarantine, "rule", "");
}

Test(ingest_hl7v2, cr) { framed("", "\r", "", "1|1|2|31|One\n2|1|4|82|One\n"); }
Test(ingest_hl7v2, lf) { framed("", "\n", "", "1|2|2|31|One\n2|4|4|82|One\n"); }
Test(ingest_hl7v2, crlf) { framed("", "\r\n", "", "1|2|2|32|One\n2|4|4|85|One\n"); }
Test(ingest_hl7v2, mllp) { framed("\x0b", "\r", "\x1c\r", "1|1|2|32|One\n2|1|4|86|One\n"); }
Test(ingest_hl7v2, blank_lines) { framed(" \n", "\n\n", "", "1|4|2|34|One\n2|9|4|89|One\n"); }

Test(ingest_hl7v2, bom_and_no_end) {
    ingest("hl7v2-adt", "\xEF\xBB\xBFMSH|^~\\&|||||20250102\nPID|||1||One");
    EXPECT(record, "record_no line segment offset family_raw", "1|2|2|25|One\n");
}

/* Other delimiters, and escapes of them; hexadecimal, highlighting, line breaks; what is no escape stays. */
Test(ingest_hl7v2, delimiters_and_escapes) {
    ingest("hl7v2-adt", "MSH#*@!%#####20250102\rPID###1***A*MR##O!S!Ne!F!x!T!y!R!z!E!*A!X4142!b!H!c!.br!d!Q!e%f#####2106-3@2028-9\r"
                        "MSH|^~\\&|||||20250102\rPID|||2^^^A^MR||\"\"^B|||||a\\b\r");
    EXPECT(record, "family_raw given_raw", "O*Ne#x%y@z!|AABbc d!Q!e%f\n-|B\n");
    EXPECT(assertion, "record_no seq raw", "1|1|2106-3\n1|2|2028-9\n2|1|a\\b\n");
}

/* A40: the earlier number becomes another number of the survivor; a record that came under it has the same one. */
Test(ingest_hl7v2, merge) {
    ingest("hl7v2-adt", MSH("A01", "1") "PID|||OLD^^^A^MR||One\r" MSH("A40", "2") "PID|||NEW^^^A^MR||One\rMRG|OLD^^^A^MR\r"
                        MSH("A06", "3") "PID|||X^^^A^MR\rMRG|Y^^^A^MR\r"
                        MSH("A40", "4") "PID|||P1^^^A^MR\rMRG|P0\rPID|||Q1^^^A^MR\rMRG|Q0^^^B^MR~Q9^^^A^MR\r"
                        MSH("A40", "5") "PID|||Z1^^^A^MR\rMRG|^^^A^MR\r");
    EXPECT(identifier, "record_no id_system value links",
           "1|medical_record@S:A|OLD|Y\n2|medical_record@S:A|NEW|Y\n2|medical_record@S:A|OLD|Y\n3|medical_record@S:A|X|Y\n"
           "4|medical_record@S:A|P1|Y\n4|medical_record@S:A|P0|Y\n5|medical_record@S:A|Q1|Y\n"
           "5|medical_record@S:B|Q0|Y\n5|medical_record@S:A|Q9|Y\n6|medical_record@S:A|Z1|Y\n");
    EXPECT(quarantine, "record_no segment field rule", "6|15|MRG|merge_not_linked\n");
    char a[40], b[40];
    cr_assert_eq(sscanf(ROWS(record, "record_key"), "%39s %39s", a, b), 2);
    cr_expect_str_neq(a, b);
}

/* Numbers of two authorities are two persons, unless the profile says otherwise. */
Test(ingest_hl7v2, authorities) {
    static const char text[] = MSH("A01", "1") "PID|||7^^^A^MR\r" MSH("A01", "2") "PID|||7^^^B^MR\r"
                               MSH("A01", "3") "PID|||8~7^^^B&1.2&ISO^MR\r" MSH("A01", "4") "PID|1|5|^^^A^MR\r"
                               MSH("A01", "5") "PID|1||\r";
    char key[4][40];
    ingest("hl7v2-adt", text);
    cr_assert_eq(sscanf(ROWS(record, "record_key"), "%39s %39s %39s %39s", key[0], key[1], key[2], key[3]), 4);
    cr_expect_str_neq(key[0], key[1]);
    cr_expect_str_eq(key[1], key[2]);
    EXPECT(quarantine, "scope record_no rule", "row|5|no_member_id\n");
    put_text("one.yaml", "base: hl7v2-adt\nauthorities: one\n");
    char profile[PATH_MAX];
    in_folder(profile, "one.yaml");
    ingest(profile, text);
    cr_assert_eq(sscanf(ROWS(record, "record_key"), "%39s %39s", key[0], key[1]), 2);
    cr_expect_str_eq(key[0], key[1]);
}

/* Envelopes; a wrong count is a finding; messages without a PID, and ADT beside ORU. */
Test(ingest_hl7v2, batches) {
    ingest("hl7v2-adt", "FHS|^~\\&|||||20250101\rBHS|^~\\&\r" MSH("A01", "1") "PID|||1^^^A^MR\r" MSH("A01", "2") "PV1|1\r"
                        "BTS|2\rBHS|^~\\&\rMSH|^~\\&|||||20250102||ORU^R01\rPID|||2^^^A^MR\rPID|||3^^^A^MR\rBTS|7\rFTS|2\r");
    EXPECT(record, "record_no segment", "1|4\n3|10\n4|11\n");
    EXPECT(quarantine, "scope segment field rule raw", "value|12|BTS-1|hl7_bts_count|7\n");
    EXPECT(ledger, "layout fate reason rows",
           "assertion|made|-|0\ncoverage|made|-|0\nfile|made|-|1\nhl7v2|read|-|4\nhl7v2|written|-|3\n"
           "hl7v2|ignored|message without a PID|1\nhl7v2_segment|read|-|13\nhl7v2_segment|merged|-|6\n"
           "hl7v2_segment|ignored|not about the person|7\nidentifier|made|-|3\nmeasure_event|made|-|0\nrecord|made|-|3\n");
    EXPECT(file, "file_date records", "2025-01-01|4\n");
    ingest("hl7v2-adt", "BHS|^~\\&\r" MSH("A01", "1") "PID|||1^^^A^MR\r");
    EXPECT(quarantine, "segment rule", "4|hl7_unclosed\n");
}

Test(ingest_hl7v2, bad_bytes) {
    static const char text[] = MSH("A01", "1") "PID|||1^^^A^MR||Mu\xF1oz^Jos\xE9||unknown\rPID\r\x01\x02|\x00rubbish\r"
                               "MSH\rMSH|\rMSHA^~\\&|\rPID|||2^^^A^MR||Two\rEVN|A01|notadate";
    ingest_bytes("hl7v2-adt", text, sizeof text - 1);
    EXPECT(record, "record_no segment family_raw given_raw birth_raw", "1|2|Muñoz|José|unknown\n3|8|Two|-|-\n");
    EXPECT(file, "encoding", "windows-1252\n");
    EXPECT(quarantine, "scope record_no rule", "row|2|no_member_id\nvalue|3|date\n");
}

Test(ingest_hl7v2, not_hl7) {
    struct rs_error error = {0};
    put_text("in", "{\"resourceType\":\"Patient\"}\n");
    cr_expect(!run_sources("[{profile: hl7v2-adt, source: S, files: in}]", "out", 1, &error));
    cr_expect_eq(error.code, RS_DATA);
    cr_expect(strstr(error.text, "MSH"));
    ingest("hl7v2-adt", "");
    EXPECT(record, "record_no", "");
}

static size_t count_lines(const char *p) {
    size_t n = 0;
    for (; *p; p++) n += *p == '\n';
    return n;
}

/* A folder stands for the files in it. */
Test(ingest_hl7v2, folder_of_files) {
    struct rs_error error = {0};
    char path[PATH_MAX];
    in_folder(path, "in");
    cr_assert_eq(mkdir(path, 0700), 0);
    in_folder(path, "in/below");
    cr_assert_eq(mkdir(path, 0700), 0);
    put_text("in/a.hl7", MSH("A01", "1") "PID|||1^^^A^MR\r");
    put_text("in/b.hl7", MSH("A01", "2") "PID|||2^^^A^MR\r");
    cr_assert(run_sources("[{profile: hl7v2-adt, source: S, files: in}]", "out", 1, &error), "%s", error.text);
    EXPECT(file, "records", "1\n1\n");
}

/* Blocks are cut at messages: positions and bytes are the same for any number of threads. */
Test(ingest_hl7v2, threads) {
    struct rs_buffer b = {0}, one = {0};
    struct rs_error error = {0};
    rs_buffer_printf(&b, "FHS|^~\\&\nBHS|^~\\&\n");
    for (int i = 0; i < 30000; i++)
        rs_buffer_printf(&b, "%sEVN|A01|20250101\n%s%d^^^A^MR||Name%d^Given|||||2106-3^White\nNTE|%0*d\n\n", MSH("A01", "1"),
                         i % 7 ? "PID|||" : "ZPI|||", i, i, i % 300, i);
    rs_buffer_printf(&b, "BTS|30000\nFTS|1\n");
    put_file("in", b.p, b.n);
    cr_assert(run_sources("[{profile: hl7v2-adt, source: S, files: in}]", "out", 1, &error), "%s", error.text);
    rs_buffer_printf(&one, "%s", ROWS(assertion, "record_no line segment offset raw"));
    cr_expect_eq((int)count_lines(one.p), 2 * (30000 - 30000 / 7 - 1));
    for (int threads = 2; threads <= 5; threads++) {
        cr_assert(run_sources("[{profile: hl7v2-adt, source: S, files: in}]", "out", threads, &error), "%s", error.text);
        EXPECT(assertion, "record_no line segment offset raw", one.p);
    }
    EXPECT(quarantine, "rule", "");
    EXPECT(file, "records", "30000\n");
    /* the place is right in the last block, too */
    size_t last = strlen(one.p) - 1;
    while (last && one.p[last - 1] != '\n') last--;
    unsigned long long no, line, segment, offset;
    cr_assert_eq(sscanf(one.p + last, "%llu|%llu|%llu|%llu|", &no, &line, &segment, &offset), 4);
    cr_expect_eq(no, 30000);
    cr_expect_eq(strncmp(b.p + offset, "White\n", 6), 0);
    unsigned long long lines = 1;
    for (const char *p = b.p; p < b.p + offset; p++) lines += *p == '\n';
    cr_expect_eq(line, lines);
    cr_expect_eq(segment, 2 + 4 * 30000 - 1);
    rs_buffer_free(&b);
    rs_buffer_free(&one);
}

/* Unknown segments of a file, a batch and a message's head are counted; fields beyond the standard's do no harm. */
Test(ingest_hl7v2, unknown_segments_of_headers) {
    ingest("hl7v2-adt", "FHS|^~\\&|X\rZFH|1\rBHS|^~\\&|X\rZBH|1\r" MSH("A01", "1") "ZMH|1\rqq\rPID|||1^^^A^MR||Doe^Jo"
                        "||||||||||||||||||||||||||||||||||||||||||||||||||||x|y\rZPI|2106-3\rBTS|1\rZBT\rFTS|1\r");
    EXPECT(record, "family_raw given_raw", "Doe|Jo\n");
    EXPECT(assertion, "raw", "");
    EXPECT(quarantine, "rule", "");
    /* FHS ZFH BHS ZBH MSH ZMH qq PID ZPI BTS ZBT FTS */
    cr_expect(strstr(ROWS(ledger, "layout fate reason rows"), "hl7v2_segment|read|-|12\n"), "%s", ROWS(ledger, "layout fate reason rows"));
    cr_expect(strstr(ROWS(ledger, "layout fate reason rows"), "hl7v2_segment|ignored|unknown segment|6\n"), "%s",
              ROWS(ledger, "layout fate reason rows"));
}

/* PID-40 is the last field of v2.8.2: what stands beyond it is counted, however far, and blanks are not. */
Test(ingest_hl7v2, surplus_fields) {
    struct rs_buffer b = {0};
    rs_buffer_printf(&b, "%sPID|||1^^^A^MR", MSH("A01", "1"));
    for (int i = 4; i <= 70; i++) rs_buffer_printf(&b, "|%s", i == 40 ? "^PRN^PH^^^518^5550100" : i == 41 || i == 50 || i == 70 ? "Z" : i == 45 ? " " : "");
    rs_buffer_printf(&b, "\r%sPID|||2^^^A^MR\r", MSH("A01", "2"));
    ingest_bytes("hl7v2-adt", b.p, b.n);
    rs_buffer_free(&b);
    EXPECT(record, "record_no phone_raw", "1|518-5550100\n2|-\n");
    cr_expect(strstr(ROWS(ledger, "layout fate reason rows"), "hl7v2_field|read|-|3\nhl7v2_field|ignored|surplus field|3\n"));
}

/* Files that were joined: each has its BOM, and each message its own date. */
Test(ingest_hl7v2, joined_files_with_boms) {
    ingest("hl7v2-adt", "\xEF\xBB\xBF" MSH("A01", "1") "PID|||1^^^A^MR\r\n"
                        "\xEF\xBB\xBFMSH|^~\\&|A|F|||20250304||ADT^A01|2|P|2.5\rPID|||2^^^A^MR\r");
    EXPECT(record, "record_no record_date segment", "1|2025-01-02|2\n2|2025-03-04|4\n");
    cr_expect(!strstr(ROWS(ledger, "reason"), "unknown segment"));
}

/* PD1-3, the person's primary facility, where no visit says another; NK1 is somebody else, whatever it says. */
Test(ingest_hl7v2, primary_facility_and_next_of_kin) {
    ingest("hl7v2-adt", MSH("A01", "1") "PID|||1^^^A^MR\rPD1|||SOUTH \\T\\ CO^L^9~NORTH\rNK1|1|DOE^MA|MTH||||||||||||||||Y|SPA||||||||H|||||||2054-5\r"
                        MSH("A01", "2") "PID|||2^^^A^MR\rPD1|||^L^^^^^^^^77\rPV1|1|I|W^389^1^EAST\r"
                        MSH("A01", "3") "PID|||3^^^A^MR\rPD1|||^L^^^^^^^^77\r" MSH("A01", "4") "PID|||4^^^A^MR\rPD1|1|2\r");
    EXPECT(record, "record_no facility", "1|SOUTH & CO\n2|EAST\n3|77\n4|FAC\n");
    EXPECT(assertion, "raw", "");
}

/* "" asks the receiver to delete what stood: no answer, and counted. */
Test(ingest_hl7v2, deleted_fields) {
    ingest("hl7v2-adt", MSH("A08", "1") "PID|||1^^^A^MR||Doe^Jo|||\"\"||\"\"||||||||||||\"\"\r");
    EXPECT(record, "family_raw sex_raw", "Doe|-\n");
    EXPECT(assertion, "raw", "");
    cr_expect(strstr(ROWS(ledger, "layout fate reason rows"), "hl7v2_field|read|-|3\nhl7v2_field|ignored|to be deleted|3\n"));
}

/* OBX-17 says how a value was found, where the profile says what its codes mean; an own profile had that key, and nothing came
 * of it. */
Test(ingest_hl7v2, method_of_an_observation) {
    put_text("own.yaml", "base: hl7v2-adt\nformat: hl7v2\ncollection: administrative\ncollection_codes: {SELF: self, CLIN: observed}\n");
    static const char text[] = MSH("ORU^R01", "1") "PID|||1^^^A^MR\rOBX|1|CWE|76690-7||1^A^L||||||F||||||SELF^By portal^L\r"
                               "OBX|2|CWE|76691-5||2^B^L||||||F||||||9^Seen^L^CLIN^^L\rOBX|3|CWE|90778-2||3^C^L||||||F||||||KIOSK\r"
                               "OBX|4|CWE|76689-9||4^D^L||||||F\r";
    ingest("./own.yaml", text);
    EXPECT(assertion, "raw collection", "1|self\nA|self\n2|observed\nB|observed\n3|administrative\nC|administrative\n"
                                        "4|administrative\nD|administrative\n");
    EXPECT(quarantine, "rule field raw", "collection_code|OBX-17|KIOSK\n");
    ingest("hl7v2-adt", text);
    EXPECT(quarantine, "rule", "");
}

/* Files of one day are numbered by their time: reconcile takes the last record of a day. Digests, which are as good as random,
 * would have to be in order eight times. */
Test(ingest_hl7v2, order_within_a_day) {
    static const char *const times[][2] = {{"202501020900", "202501020901"}, {"20250102", "202501020000"},
                                           {"20250102090000.12+0100", "20250102090001-0500"}, {"2025010209", "202501020800"}};
    struct rs_error error = {0};
    char text[256];
    for (size_t i = 0; i < 4; i++)
        for (int swap = 0; swap < 2; swap++) {
            snprintf(text, sizeof text, "MSH|^~\\&|A|F|||%s||ADT^A08|1|P|2.5\rPID|||1^^^A^MR\r", times[i][swap]);
            put_text("one", text);
            snprintf(text, sizeof text, "MSH|^~\\&|A|F|||%s||ADT^A08|1|P|2.5\rPID|||1^^^A^MR\r", times[i][!swap]);
            put_text("two", text);
            cr_assert(run_sources("[{profile: hl7v2-adt, source: S, files: [two, one]}]", "out", 1, &error), "%s", error.text);
            cr_expect_str_eq(ROWS(file, "file_no name"), swap ? "1|two\n2|one\n" : "1|one\n2|two\n", "%zu %d", i, swap);
        }
}

/* An answer with nothing in it is said; one that is taken back is not missed. */
Test(ingest_hl7v2, observation_without_a_value) {
    ingest("hl7v2-adt", MSH("ORU^R01", "1") "PID|||1^^^A^MR\rOBX|1|CWE|76690-7||^^SCT||||||F\rOBX|2|ST|76691-5\rOBX|3|CWE|90778-2||||||||W\r"
                        "OBX|4|CWE|76689-9||||||||D\rOBX|5|NM|76690-7||3||||||F\r");
    EXPECT(assertion, "raw segment", "3|7\n");
    EXPECT(quarantine, "scope record_no rule field", "value|1|no_value|OBX-5\nvalue|1|no_value|OBX-5\n");
}
