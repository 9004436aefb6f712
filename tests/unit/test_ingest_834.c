/* SPDX-License-Identifier: GPL-3.0-or-later */
/* 834 files with the quirks that senders have; what is expected is written by hand from the 005010X220A1 guide. */
#include <openssl/hmac.h>
#include "ingest_run.h"

TestSuite(ingest_834, .init = start, .fini = finish);

#define ISA "ISA*00*          *00*          *ZZ*PAYER          *ZZ*PLAN           *250131*0900*^*00501*000000001*0*P*:~"
#define GS "GS*BE*PAYER*PLAN*20250131*0900*1*X*005010X220A1~"
#define HEAD ISA GS "ST*834*0001*005010X220A1~BGN*00*1*20250131*0900****2~"
#define MEMBER "INS*Y*18*030*XN*A*E**FT~REF*0F*M1~NM1*IL*1*DOE*JANE*Q**JR~"

/* A file of one transaction set around these segments; SE01 is right. */
static void members(const char *profile, const char *body) {
    struct rs_buffer b = {0};
    unsigned segments = 3; /* ST, BGN, SE */
    for (const char *p = body; *p; p++) segments += *p == '~';
    rs_buffer_printf(&b, "%s%sSE*%u*0001~GE*1*1~IEA*1*000000001~", HEAD, body, segments);
    ingest_bytes(profile, b.p, b.n);
    rs_buffer_free(&b);
}

Test(ingest_834, one_member) {
    members("834-5010", MEMBER "PER*IP**TE*5550001*HP*5550002~N3*1 MAIN ST*APT 2~N4*ALBANY*NY*122071234**CY*36001~"
                           "DMG*D8*19800229*F~HD*030**HLT*GOLD~DTP*348*D8*20240101~DTP*349*D8*20241231~"
                           "HD*030**DEN~DTP*348*RD8*20240101-20240630~");
    EXPECT(record, "file_no record_no line segment source record_date maintenance relationship family_raw given_raw "
                   "middle_raw suffix_raw birth_raw sex_raw street_raw city_raw state_raw zip_raw county_raw phone_raw",
           "1|1|1|5|S|2025-01-31|030|18|DOE|JANE|Q|JR|19800229|F|1 MAIN ST, APT 2|ALBANY|NY|122071234|36001|5550002\n");
    EXPECT(coverage, "record_no product start_date end_date",
           "1|HLT GOLD|2024-01-01|2024-12-31\n1|DEN|2024-01-01|2024-06-30\n");
    EXPECT(identifier, "id_type id_system value links", "member|plan_member|M1|Y\nsubscriber|plan_subscriber|M1|N\n");
    EXPECT(file, "file_no source profile format name file_date encoding compression records",
           "1|S|834-5010|x12_834|in|2025-01-31|utf-8|none|1\n");
    EXPECT(assertion, "raw", "");
    EXPECT(quarantine, "rule", "");
}

/* The key is what house rules say: HMAC-SHA-256(site key, source, 0x1f, member id), 128 bits of it. */
Test(ingest_834, record_key) {
    static const char key[] = "a key of more than 32 bytes, for tests only";
    unsigned char d[32];
    unsigned n = sizeof d;
    char expected[40];
    HMAC(EVP_sha256(), key, (int)strlen(key), (const unsigned char *)"S\x1fM1", 4, d, &n);
    rs_hex(expected, d, 16);
    strcat(expected, "\n");
    members("834-5010", MEMBER);
    EXPECT(record, "record_key", expected);
}

Test(ingest_834, race_forms) {
    members("834-5010", MEMBER "DMG*D8*19800229*F**C:RET:2106-3^H:RET:2135-2^:RET:R5^7~"
                           "INS*Y*18*030~REF*0F*M2~NM1*IL*1*ROE*AL~DMG*D8*19800229*M**C:RET:2186-5~"
                           "INS*Y*18*030~REF*0F*M3~NM1*IL*1*POE*AL~DMG*D8*19800229*M**2028-9~"
                           "INS*Y*18*030~REF*0F*M4~NM1*IL*1*POE*AL~DMG*D8*19800229*M**~");
    EXPECT(assertion, "record_no answer_no seq element representation system raw segment",
           "1|1|1|race_ethnicity|code|x12_1109|C|8\n"
           "1|1|2|race_ethnicity|code|cdcrec|2106-3|8\n"
           "1|1|3|race_ethnicity|code|x12_1109|H|8\n"
           "1|1|4|race_ethnicity|code|cdcrec|2135-2|8\n"
           "1|1|5|race_ethnicity|code|cdcrec|R5|8\n"
           "1|1|6|race_ethnicity|code|x12_1109|7|8\n"
           "2|1|1|race_ethnicity|code|x12_1109|C|12\n"
           "2|1|2|race_ethnicity|code|cdcrec|2186-5|12\n"
           "3|1|1|race_ethnicity|code|cdcrec|2028-9|16\n");
}

Test(ingest_834, languages) {
    members("834-5010", MEMBER "LUI*LE*ENG**5~LUI*LD*SPA**6~LUI*LE*zh**7~LUI***ESSPANISH~LUI*ZZ*1*Urdu*8~LUI~");
    EXPECT(assertion, "answer_no seq element representation system raw",
           "1|1|language_read|code|iso639|ENG\n"
           "2|1|language_written|code|nisoz39_53|SPA\n"
           "3|1|language_spoken|code|iso639|zh\n"
           "4|1|language_preferred|text|-|ESSPANISH\n"
           "5|1|language_spoken|code|local|1\n"
           "5|2|language_spoken|text|-|Urdu\n");
}

/* NM1*74 takes the place of IL, in either order; NM1*70 and what follows it never write; nor do other 2100 loops. */
Test(ingest_834, corrected_and_incorrect) {
    static const char wrong[] = "NM1*70*1*WRONG*NAME~DMG*D8*19110101*M**8~";
    static const char mail[] = "NM1*31*1~N3*PO BOX 1~N4*SALEM*OR*97301~";
    struct rs_buffer b = {0};
    rs_buffer_printf(&b, "INS*Y*18*001~REF*0F*M1~NM1*74*1*RIGHT*NAME~N3*2 OAK~N4*BEND*OR*97701~"
                         "DMG*D8*19830719*F**C~LUI*LE*ENG**7~%s%s", wrong, mail);
    rs_buffer_printf(&b, "INS*Y*18*001~REF*0F*M2~NM1*IL*1*OLD*NAME~DMG*D8*19000101*M**B~LUI*LE*SPA**7~"
                         "NM1*74*1*NEW*NAME~DMG*D8*19830719*F**C~LUI*LE*ENG**7~%s", wrong);
    rs_buffer_byte(&b, 0);
    members("834-5010", b.p);
    rs_buffer_free(&b);
    EXPECT(record, "family_raw birth_raw sex_raw street_raw city_raw",
           "RIGHT|19830719|F|2 OAK|BEND\nNEW|19830719|F|-|-\n");
    EXPECT(assertion, "record_no element raw",
           "1|race_ethnicity|C\n1|language_spoken|ENG\n2|race_ethnicity|C\n2|language_spoken|ENG\n");
}

/* REF, DTP and N1 in loops 2300, 2310 and 2700 are of those loops; unknown segments are counted. */
Test(ingest_834, other_loops) {
    members("834-5010", MEMBER "HD*030**HLT~DTP*348*D8*20240101~REF*23*NOT-MINE~LX*1~NM1*P3*1*DOCTOR*WHO~N4*X*NY*1~"
                           "COB*P*1*5~NM1*IN*2*OTHER~N3*ELSEWHERE~LS*2700~LX*1~N1*75*COUNTY~REF*0F*36001~"
                           "DTP*007*D8*20200101~LE*2700~XYZ*1~");
    EXPECT(record, "family_raw street_raw state_raw", "DOE|-|-\n");
    EXPECT(identifier, "value", "M1\nM1\n");
    EXPECT(coverage, "product start_date", "HLT|2024-01-01\n");
    /* ISA GS ST BGN, INS REF NM1, HD DTP, 14 more, SE GE IEA: 26 segments */
    EXPECT(ledger, "layout file_no fate reason rows",
           "assertion|0|made|-|0\ncoverage|0|made|-|1\nfile|0|made|-|1\nidentifier|0|made|-|2\n"
           "measure_event|0|made|-|0\nrecord|0|made|-|1\n"
           "x12_834|1|read|-|1\nx12_834|1|written|-|1\n"
           "x12_segment|1|read|-|26\nx12_segment|1|merged|-|5\n"
           "x12_segment|1|ignored|not about the member|20\nx12_segment|1|ignored|unknown segment|1\n");
}

/* A family that shares the subscriber's number: three keys, and none of them the subscriber's. */
Test(ingest_834, dependents) {
    members("834-5010", "INS*Y*18*030~REF*0F*F1~NM1*IL*1*SMITH*ROBERT~DMG*D8*19750820*M~"
                           "INS*N*19*030~REF*0F*F1~NM1*IL*1*SMITH*ANN~DMG*D8*20100612*F~"
                           "INS*N*19*030~REF*0F*F1~NM1*IL*1*SMITH*BEN~DMG*D8*20100612*M~"
                           "INS*N*19*030~REF*0F*F1~REF*23*F1-03~NM1*IL*1*SMITH*CY~"
                           "INS*N*19*030~REF*0F*F1~NM1*IL*1*SMITH*NO BIRTH DATE~"
                           "INS*Y*18*030~NM1*IL*1*SMITH*NO ID~");
    EXPECT(record, "record_no given_raw", "1|ROBERT\n2|ANN\n3|BEN\n4|CY\n");
    char keys[5][40];
    cr_assert_eq(sscanf(ROWS(record, "record_key"), "%39s %39s %39s %39s", keys[0], keys[1], keys[2], keys[3]), 4);
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < i; j++) cr_expect_str_neq(keys[i], keys[j]);
    EXPECT(identifier, "record_no id_system value links",
           "1|plan_member|F1|Y\n1|plan_subscriber|F1|N\n2|plan_subscriber|F1|N\n3|plan_subscriber|F1|N\n"
           "4|plan_client_number|F1-03|N\n4|plan_subscriber|F1|N\n");
    EXPECT(quarantine, "scope record_no segment field rule raw",
           "row|5|21|DMG02, NM104|no_member_id|-\nrow|6|24|REF, NM109|no_member_id|-\n");
}

Test(ingest_834, dates) {
    members("834-5010", "INS*Y*18*024****TE****D8*20240229~REF*0F*M1~DTP*303*D8*20250115~NM1*IL*1*DOE*JO~"
                           "DMG*D8*randomDoB*F**B~HD*024**HLT~DTP*348*D8*20251301~DTP*349*D8*20250131~");
    EXPECT(record, "record_date maintenance birth_raw", "2025-01-15|024|randomDoB\n");
    EXPECT(assertion, "raw effective", "B|2025-01-15\n");
    EXPECT(coverage, "product start_date end_date", "HLT|-|2025-01-31\n");
    EXPECT(quarantine, "scope field rule raw", "value|DTP*348|date|20251301\n");
}

Test(ingest_834, death) {
    members("834-5010", "INS*Y*18*024*03*A***TE***D8*20190630~REF*0F*M1~NM1*IL*1*DOE*JO~");
    EXPECT(record, "death_raw", "20190630\n");
}

Test(ingest_834, windows_1252) {
    members("834-5010", "INS*Y*18*030~REF*0F*M1~NM1*IL*1*MU\xD1OZ*JOS\xC9~INS*Y*18*030~REF*0F*M2~NM1*IL*1*NU\xC3\x91" "EZ*EVA~");
    EXPECT(record, "family_raw given_raw", "MUÑOZ|JOSÉ\nNUÑEZ|EVA\n");
    EXPECT(file, "encoding", "windows-1252\n");
}

/* ---- separators and envelopes --------------------------------------------------------------------------------- */

/* Blanks of the ISA collapsed, BOM, line breaks and blanks after terminators, backslash as component separator. */
Test(ingest_834, collapsed_isa) {
    ingest("834-5010", "\xEF\xBB\xBFISA*00**00**ZZ*A*ZZ*B*070305*1832*^*00501*1*0*P*\\~ \n"
                       "GS*BE*A*B*20150305*1832*1*X*005010X220A1~ \r\nST*834*1~\r\nINS*Y*18*030*XN*A*C   **FT~\r\n"
                       "REF*0F*  M1  ~\r\nNM1*IL*1*DOE*JO~\r\nDMG*D8*19670330*M**O\\RET\\2106-3~\r\nSE*6*1~\r\nGE*1*1~\r\n"
                       "IEA*1*1~\r\n");
    EXPECT(record, "line segment offset family_raw", "4|4|110|DOE\n");
    EXPECT(assertion, "seq system raw line segment", "1|x12_1109|O|4|7\n2|cdcrec|2106-3|4|7\n");
    EXPECT(quarantine, "rule", "");
}

/* ISA11 "U" in a 5010 file, and in 4010, is no repetition separator: names with U stay whole, DMG05 too. */
Test(ingest_834, letter_in_isa11) {
    ingest("834-5010", "ISA*00*          *00*          *ZZ*A              *ZZ*B              *050221*0602*U*00501*1*0*P*:~"
                       "GS*BE*A*B*20050221*0602*1*X*005010X220A1~ST*834*1~INS*Y*18*021~REF*0F*M1~NM1*IL*1*DUUR*UMA~"
                       "DMG*D8*19400816*M**CU~SE*6*1~GE*1*1~IEA*1*1~");
    EXPECT(record, "family_raw given_raw", "DUUR|UMA\n");
    EXPECT(assertion, "raw", "CU\n");
}

/* Such a file repeats with the usual separator all the same, which is in no code; one of version 4010 has no repetitions. */
Test(ingest_834, repetitions_without_a_separator) {
    static const char file[] = "ISA*00*          *00*          *ZZ*A              *ZZ*B              *050221*0602*U*%s*1*0*P*:~"
                               "GS*BE*A*B*20050221*0602*1*X*005010X220A1~ST*834*1~INS*Y*18*021~REF*0F*M1~NM1*IL*1*DUUR*UMA~"
                               "DMG*D8*19400816*M**C:RET:2106-3^B~SE*6*1~GE*1*1~IEA*1*1~";
    char text[1024];
    snprintf(text, sizeof text, file, "00501");
    ingest("834-5010", text);
    EXPECT(assertion, "seq system raw", "1|x12_1109|C\n2|cdcrec|2106-3\n3|x12_1109|B\n");
    snprintf(text, sizeof text, file, "00401");
    ingest("834-5010", text);
    EXPECT(assertion, "seq system raw", "1|x12_1109|C\n2|cdcrec|2106-3^B\n");
}

Test(ingest_834, version_4010) {
    ingest("834-5010", "ISA*00*          *00*          *ZZ*A              *ZZ*B              *020221*0602*U*00401*1*0*P*>~"
                       "GS*BE*A*B*20020221*0602*1*X*004010X095A1~ST*834*1~INS*Y*18*021~REF*0F*M1~NM1*IL*1*DOE*JO~"
                       "DMG*D8*19400816*M**H~SE*6*1~GE*1*1~IEA*1*1~");
    EXPECT(assertion, "element system raw", "race_ethnicity|x12_1109|H\n");
}

/* Two interchanges with other separators in one file, newline as terminator in the second. */
Test(ingest_834, several_interchanges) {
    ingest("834-5010", ISA GS "ST*834*1~INS*Y*18*021~REF*0F*M1~NM1*IL*1*DOE*JO~SE*5*1~"
                       "ST*834*2~INS*Y*18*021~REF*0F*M2~NM1*IL*1*ROE*JO~SE*5*2~GE*2*1~IEA*1*000000001~"
                       "ISA|00|          |00|          |ZZ|A              |ZZ|B              |250201|0602|!|00501|2|0|P|>\n"
                       "GS|BE|A|B|20250201|0602|1|X|005010X220A1\nST|834|1\nINS|Y|18|021\nREF|0F|M3\nNM1|IL|1|POE*X|JO\n"
                       "DMG|D8|19400816|M||C>RET>2106-3!B\nSE|6|1\nGE|1|1\nIEA|1|2\n");
    EXPECT(record, "record_no line segment record_date family_raw",
           "1|1|4|2025-01-31|DOE\n2|1|9|2025-01-31|ROE\n3|4|18|2025-02-01|POE*X\n");
    EXPECT(assertion, "seq raw", "1|C\n2|2106-3\n3|B\n");
    EXPECT(file, "records file_date", "3|2025-01-31\n");
    EXPECT(quarantine, "rule", "");
}

Test(ingest_834, wrong_counts) {
    ingest("834-5010", HEAD MEMBER "SE*99*0001~GE*2*1~IEA*7*000000001~");
    EXPECT(record, "family_raw", "DOE\n");
    EXPECT(quarantine, "scope file_no record_no segment field rule raw",
           "value|1|-|8|SE01|x12_se_count|99\nvalue|1|-|9|GE01|x12_ge_count|2\nvalue|1|-|10|IEA01|x12_iea_count|7\n");
}

/* Cut off in the middle of a segment: the members so far are read, and it is said. */
Test(ingest_834, truncated) {
    ingest("834-5010", HEAD MEMBER "DMG*D8*1980");
    EXPECT(record, "family_raw birth_raw", "DOE|1980\n");
    char expected[80]; /* ISA GS ST BGN INS REF NM1 DMG: the last one */
    snprintf(expected, sizeof expected, "value|x12_unclosed|8|%zu\n", strlen(HEAD MEMBER));
    EXPECT(quarantine, "scope rule segment offset", expected);
}

Test(ingest_834, many_faults) {
    struct rs_buffer b = {0};
    rs_buffer_printf(&b, "%s%s", ISA, GS);
    for (int i = 0; i < 50; i++) rs_buffer_printf(&b, "ST*834*%d~%sSE*1*%d~", i, MEMBER, i);
    rs_buffer_printf(&b, "GE*50*1~IEA*1*1~");
    ingest_bytes("834-5010", b.p, b.n);
    EXPECT(file, "records", "50\n");
    const char *rules = ROWS(quarantine, "rule");
    unsigned n = 0;
    for (const char *p = rules; (p = strstr(p, "x12_se_count")); p++) n++;
    cr_expect_eq(n, 50);
    rs_buffer_free(&b);
}

/* DTP of both levels: D8, RD8 and DT; the member's eligibility (356, 357) where a coverage has no date of its own. */
Test(ingest_834, dates_of_both_levels) {
    members("834-5010", "INS*Y*18*001*07*A~REF*0F*M1~DTP*303*DT*202502011200~DTP*356*D8*20240101~DTP*357*D8*20241231~"
                        "NM1*IL*1*DOE*JO~HD*021**HLT~HD*024**DEN~DTP*348*D8*20240301~DTP*349*DT*202406302359~"
                        "HD*030**VIS~DTP*348*RD8*20240401-20240430~"
                        "INS*Y*18*030~REF*0F*M2~DTP*356*RD8*20230101-20230630~NM1*IL*1*ROE*JO~");
    EXPECT(record, "record_date maintenance maintenance_reason eligible_from eligible_to",
           "2025-02-01|001|07|2024-01-01|2024-12-31\n2025-01-31|030|-|2023-01-01|2023-06-30\n");
    EXPECT(coverage, "product start_date end_date maintenance",
           "HLT|2024-01-01|2024-12-31|021\nDEN|2024-03-01|2024-06-30|024\nVIS|2024-04-01|2024-04-30|030\n");
    EXPECT(quarantine, "rule", "");
}

#define MEMBER_OF(n) "INS*Y*18*030~REF*0F*" n "~NM1*IL*1*DOE*JO~HD*030**HLT~"

/* Headers of two transaction sets: master policy number (REF*38), file effective date (DTP*007), date of maintenance
 * (DTP*303). GS04 is 2025-01-31. REF*1L of the coverage, then of the member, goes before REF*38 (X12 RFI 229). */
Test(ingest_834, headers_of_sets) {
    ingest("834-5010", ISA GS
           "ST*834*1~BGN*00*1*20250131****2~REF*38*MASTER-1~REF*ZZ*NOT~DTP*007*D8*20250115~N1*P5*X~" MEMBER_OF("M1")
           "INS*Y*18*030~REF*0F*M2~REF*1L*OWN~DTP*303*D8*20250120~NM1*IL*1*ROE*JO~HD*030**HLT~HD*030**DEN~REF*1L*DENTAL~LX*1~"
           "NM1*P3*1*DR~REF*1L*OTHER LOOP~SE*22*1~"
           "ST*834*2~DTP*007*D8*20250301~" MEMBER_OF("M3") "SE*7*2~"
           "ST*834*3~REF*38*MASTER-3~DTP*303*D8*20250102~DTP*007*D8*20250103~" MEMBER_OF("M4") "SE*9*3~"
           "ST*834*4~REF*38*123456789012345678901234567890123456789012345678901~DTP*007*D8*SOON~" MEMBER_OF("M5") "SE*8*4~"
           "GE*4*1~IEA*1*000000001~");
    EXPECT(coverage, "record_no product policy",
           "1|HLT|MASTER-1\n2|HLT|OWN\n2|DEN|DENTAL\n3|HLT|-\n4|HLT|MASTER-3\n5|HLT|-\n");
    /* own, effective, own; to come on 1 March: written; of the set; none */
    EXPECT(record, "record_no record_date", "1|2025-01-15\n2|2025-01-20\n3|2025-01-31\n4|2025-01-02\n5|2025-01-31\n");
    EXPECT(file, "file_date effective_date", "2025-01-31|2025-01-15\n");
    EXPECT(quarantine, "rule", "");
    EXPECT(ledger, "layout fate rows",
           "assertion|made|0\ncoverage|made|6\nfile|made|1\nidentifier|made|10\nmeasure_event|made|0\nrecord|made|5\n"
           "x12_834|read|5\nx12_834|written|5\nx12_segment|read|50\nx12_segment|merged|30\nx12_segment|ignored|20\n");
}

/* Members of one transaction set over several blocks, and what comes after it: all have their own set's header. */
Test(ingest_834, headers_over_blocks) {
    enum { MEMBERS = 120000 };
    struct rs_buffer b = {0};
    rs_buffer_printf(&b, "%sST*834*1~REF*38*FIRST~DTP*007*D8*20250115~", ISA GS);
    for (int i = 0; i < MEMBERS; i++) rs_buffer_printf(&b, "INS*Y*18*030~REF*0F*A%d~NM1*IL*1*DOE*JO~HD*030**HLT~", i);
    rs_buffer_printf(&b, "SE*%d*1~ST*834*2~REF*38*SECOND~%sSE*7*2~ST*834*3~%sSE*6*3~GE*3*1~IEA*1*1~", 4 * MEMBERS + 4,
                     MEMBER_OF("B1"), MEMBER_OF("C1"));
    ingest_bytes("834-5010", b.p, b.n);
    const char *rows = ROWS(coverage, "policy");
    size_t n = 0;
    for (; strncmp(rows, "FIRST\n", 6) == 0; rows += 6) n++;
    cr_expect_eq(n, MEMBERS);
    cr_expect_str_eq(rows, "SECOND\n-\n");
    EXPECT(quarantine, "rule", "");
    rs_buffer_free(&b);
}

/* Where a member is served: a facility (NM1*FA), else the organisation that is the primary care provider; a provider who
 * is a person is none, nor is an insurer (COB's NM1*IN). */
Test(ingest_834, facility) {
    members("834-5010", MEMBER "HD*030**HLT~LX*1~NM1*P3*2*RIVER CLINIC*****SV*1~LX*2~NM1*FA*2*EAST HOSPITAL~NM1*P3*2*OTHER~"
                        "INS*Y*18*030~REF*0F*M2~NM1*IL*1*ROE*AL~HD*030**HLT~LX*1~NM1*P3*1*DOCTOR*WHO*****XX*2~"
                        "COB*P*1*5~NM1*IN*2*INSURER~"
                        "INS*Y*18*030~REF*0F*M3~NM1*IL*1*POE*AL~HD*030**HLT~LX*1~NM1*P3*2******XX*1112223334~");
    EXPECT(record, "record_no facility", "1|EAST HOSPITAL\n2|-\n3|1112223334\n");
}

/* QTY of the header (TO all, ET subscribers, DT dependents) against the members that follow; QTY elsewhere is none. */
Test(ingest_834, control_totals) {
    members("834-5010", "QTY*TO*3~QTY*ET*1~QTY*DT*1~N1*P5*X~INS*Y*18*030~REF*0F*M1~NM1*IL*1*DOE*JO~QTY*TO*9~"
                        "INS*N*19*030~REF*0F*M1~REF*23*M2~NM1*IL*1*DOE*AL~");
    EXPECT(quarantine, "scope segment field rule raw", "value|17|QTY02|x12_qty_total|-\n");
    members("834-5010", "QTY*TO*2~QTY*ET*1~QTY*DT*1~N1*P5*X~INS*Y*18*030~REF*0F*M1~NM1*IL*1*DOE*JO~QTY*TO*9~"
                        "INS*N*19*030~REF*0F*M1~REF*23*M2~NM1*IL*1*DOE*AL~");
    EXPECT(quarantine, "rule", "");
}

/* How DMG05 was collected (DMG11) is the profile's to say; a code it does not know is told. */
Test(ingest_834, collection_source) {
    put_text("own.yaml", "base: 834-5010\nformat: x12_834\ncollection_codes: {A1: self}\n");
    members("./own.yaml", "INS*Y*18*030~REF*0F*M1~NM1*IL*1*DOE*JO~DMG*D8*19800229*F**C*****REC*A1~"
                          "INS*Y*18*030~REF*0F*M2~NM1*IL*1*ROE*JO~DMG*D8*19800229*F**B*****REC*X9~");
    EXPECT(assertion, "record_no raw collection", "1|C|self\n2|B|administrative\n");
    EXPECT(quarantine, "record_no field rule raw", "2|DMG11|collection_code|X9\n");
}

/* DMG05 repeats ten times in 005010X220A1, 25 times in later versions (X12 RFI 2590): more than ten are told, more than
 * 25 are not read. DMG11 speaks of all of them, once, under DMG10 REC; and only where there is a DMG05 (C1105). */
Test(ingest_834, race_repetitions) {
    struct rs_buffer b = {0};
    static const int many[] = {10, 11, 25, 400};
    put_text("own.yaml", "base: 834-5010\nformat: x12_834\ncollection_codes: {A1: self}\n");
    for (int i = 0; i < 4; i++) {
        rs_buffer_printf(&b, "INS*Y*18*030~REF*0F*M%d~NM1*IL*1*DOE*JO~DMG*D8*19800229*F**C", i);
        for (int k = 1; k < many[i]; k++) rs_buffer_printf(&b, "^:RET:2028-9");
        rs_buffer_printf(&b, "*****REC*A1~");
    }
    rs_buffer_printf(&b, "INS*Y*18*030~REF*0F*M5~NM1*IL*1*DOE*JO~DMG*D8*19800229*F**C^B*****REC*A1^A1~"
                         "INS*Y*18*030~REF*0F*M6~NM1*IL*1*DOE*JO~DMG*D8*19800229*F**C*****ZZ*A1~"
                         "INS*Y*18*030~REF*0F*M7~NM1*IL*1*DOE*JO~DMG*D8*19800229*F**C******A1~"
                         "INS*Y*18*030~REF*0F*M8~NM1*IL*1*DOE*JO~DMG*D8*19800229*F*******REC*A1~");
    rs_buffer_byte(&b, 0);
    members("./own.yaml", b.p);
    rs_buffer_free(&b);
    EXPECT(quarantine, "record_no field rule raw",
           "2|DMG05|race_repetitions|11\n3|DMG05|race_repetitions|25\n4|DMG05|race_repetitions|400\n"
           "5|DMG11|collection_code|A1^A1\n6|DMG10|collection_code|ZZ\n");
    const char *rows = ROWS(assertion, "record_no collection");
    int n[9] = {0}, self[9] = {0};
    for (; *rows; rows = strchr(rows, '\n') + 1) {
        n[*rows - '0']++;
        self[*rows - '0'] += strncmp(rows + 2, "self\n", 5) == 0;
    }
    static const int expected[9] = {0, 10, 11, 25, 25, 2, 1, 1, 0}, asked[9] = {0, 10, 11, 25, 25, 0, 0, 1, 0};
    for (int i = 0; i < 9; i++) {
        cr_expect_eq(n[i], expected[i], "member %d: %d", i, n[i]);
        cr_expect_eq(self[i], asked[i], "member %d: %d", i, self[i]);
    }
}

/* Two files joined into one, each with its byte order mark. */
Test(ingest_834, joined_with_marks) {
    static const char one[] = "\xEF\xBB\xBF" ISA GS "ST*834*1~INS*Y*18*021~REF*0F*M1~NM1*IL*1*DOE*JO~SE*5*1~GE*1*1~IEA*1*1~\n";
    struct rs_buffer b = {0};
    rs_buffer_printf(&b, "%s%s", one, one);
    ingest_bytes("834-5010", b.p, b.n);
    rs_buffer_free(&b);
    EXPECT(record, "record_no segment family_raw", "1|4|DOE\n2|13|DOE\n");
    EXPECT(quarantine, "rule", "");
}

/* Offsets lead back to the bytes. */
Test(ingest_834, offsets) {
    static const char text[] = HEAD "\n\nINS*Y*18*021~\nREF*0F*M1~\nNM1*IL*1*DOE*JO~\nDMG*D8*19400816*M**C~\nLUI*LE*ENG**7~\n"
                               "SE*7*1~GE*1*1~IEA*1*1~";
    size_t dmg, lui;
    ingest("834-5010", text);
    cr_assert_eq(memcmp(text + atol(ROWS(record, "offset")), "INS*", 4), 0);
    EXPECT(record, "line", "3\n");
    cr_assert_eq(sscanf(ROWS(assertion, "offset"), "%zu %zu", &dmg, &lui), 2);
    cr_expect_eq(memcmp(text + dmg, "DMG*", 4), 0);
    cr_expect_eq(memcmp(text + lui, "LUI*", 4), 0);
}

Test(ingest_834, not_x12) {
    struct rs_error error = {0};
    put_text("in", "PK\003\004 this is no interchange");
    cr_expect(!run_sources("[{profile: 834-5010, source: S, files: in}]", "out", 1, &error));
    cr_expect_eq(error.code, RS_DATA);
    cr_expect(strstr(error.text, "ISA"), "%s", error.text);
}

Test(ingest_834, empty) {
    ingest("834-5010", "");
    EXPECT(file, "records bytes file_date", "0|0|-\n");
    EXPECT(record, "record_no", "");
}

/* Unknown segments where a header stands are counted as those of members are, and so is what follows an envelope's end;
 * elements beyond the guide's do no harm. */
Test(ingest_834, unknown_segments_of_headers) {
    ingest("834-5010", ISA "ZIH*1~" GS "QQQ~" "ST*834*0001*005010X220A1~ZZZ*A*B~BGN*00*1*20250131*0900****2~XX*1~X~"
                       "DTP*007*D8*20250115~" MEMBER "DMG*D8*19800229*F**C*1*2*3*4*****5*6*7*8*9*10*11~SE*11*0001~ZSE*1~GE*1*1~ZGE~IEA*1*1~ZZ~");
    EXPECT(record, "family_raw sex_raw record_date", "DOE|F|2025-01-15\n");
    EXPECT(assertion, "raw", "C\n");
    EXPECT(quarantine, "rule", "");
    /* ISA ZIH GS QQQ, ST ZZZ BGN XX X DTP, INS REF NM1 DMG, SE ZSE GE ZGE IEA ZZ */
    cr_expect(strstr(ROWS(ledger, "layout fate reason rows"),
                     "x12_segment|read|-|20\nx12_segment|merged|-|5\nx12_segment|ignored|not about the member|7\n"
                     "x12_segment|ignored|unknown segment|8\n"), "%s", ROWS(ledger, "layout fate reason rows"));
}

/* What stands beyond a segment's last element in the guides (INS17, REF04, DTP03, DMG11, N402 and so on), or beyond C056-03,
 * is counted, also where more stand than are kept; empty ones are not. The parsed elements stay as they are. */
Test(ingest_834, surplus_elements) {
    struct rs_buffer b = {0};
    rs_buffer_printf(&b, "INS*Y*18*030*XN*A*E**FT***********X~REF*0F*M1***~NM1*IL*1*DOE*JANE~N3*1 MAIN*APT 2*CARE OF*BOB~"
                         "DMG*D8*19800229*F**C:RET:2106-3:WHITE:ALSO^H::::*********X*~LUI*LE*ENG**7");
    for (int i = 5; i <= 80; i++) rs_buffer_printf(&b, "*%s", i == 5 || i % 10 ? "" : "N");
    rs_buffer_printf(&b, "~HD*030**HLT~DTP*348*D8*20240101*MORE~XYZ*1*2*3~");
    rs_buffer_byte(&b, 0);
    members("834-5010", b.p);
    rs_buffer_free(&b);
    EXPECT(record, "family_raw street_raw birth_raw", "DOE|1 MAIN, APT 2|19800229\n");
    EXPECT(coverage, "product start_date", "HLT|2024-01-01\n");
    EXPECT(assertion, "element raw",
           "race_ethnicity|C\nrace_ethnicity|2106-3\nrace_ethnicity|H\nlanguage_spoken|ENG\n");
    /* INS18, N303, N304, DMG14, DTP04; LUI10, 20, ... 80; components 4 and 5 of the first repetition */
    cr_expect(strstr(ROWS(ledger, "layout file_no fate reason rows"),
                     "x12_element|1|read|-|15\nx12_element|1|ignored|surplus component|2\n"
                     "x12_element|1|ignored|surplus element|13\n"), "%s", ROWS(ledger, "layout file_no fate reason rows"));
}

/* One N3, N4 and DMG in loop 2100A: where there are two, the last is read, and it is said. A corrected member has its own. */
Test(ingest_834, segments_that_stand_twice) {
    members("834-5010", MEMBER "N3*1 OAK~N4*BEND*OR*97701~DMG*D8*19800229*F**C~DMG*D8*19800229*F**B~"
                        "INS*Y*18*001~REF*0F*M2~NM1*IL*1*OLD*NAME~N3*1 OAK~DMG*D8*19800229*F**C~NM1*74*1*NEW*NAME~N3*2 ELM~DMG*D8*19800229*F**B~"
                        "NM1*31*1~N3*PO BOX 1~N4*SALEM*OR*97301~");
    EXPECT(record, "family_raw street_raw", "DOE|1 OAK\nNEW|2 ELM\n");
    EXPECT(assertion, "record_no raw", "1|B\n2|B\n");
    EXPECT(quarantine, "scope record_no rule field", "value|1|segment_repeated|DMG\n");
}

/* REF of loop 2000: those that a rule of the profile, the family's key or the policy needs went into the member's rows; others
 * are counted as not about the member. */
Test(ingest_834, references_that_no_rule_reads) {
    members("834-5010", "INS*Y*18*030~REF*0F*M1~REF*1L*G1~REF*SY*123456789~REF*17*DEPT~REF*ZZ*X~NM1*IL*1*DOE*JO~HD*030**HLT~");
    EXPECT(identifier, "id_type id_system value links",
           "member|plan_member|M1|Y\nsubscriber|plan_subscriber|M1|N\nsocial_security|us_ssn|123456789|N\n");
    EXPECT(coverage, "policy", "G1\n");
    /* INS, three REF, NM1, HD; ISA GS ST BGN, two REF, SE GE IEA */
    cr_expect(strstr(ROWS(ledger, "layout fate reason rows"),
                     "x12_segment|read|-|15\nx12_segment|merged|-|6\nx12_segment|ignored|not about the member|9\n"));
}
