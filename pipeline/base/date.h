/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calendar days, proleptic Gregorian, counted from 1970-01-01 (Hinnant's days_from_civil). */
#ifndef RS_BASE_DATE_H
#define RS_BASE_DATE_H
#include "text.h"
#include <stdbool.h>
#include <stdint.h>

bool rs_days_from_civil(int year, int month, int day, int32_t *days); /* false where no such day exists */
void rs_civil_from_days(int32_t days, int *year, int *month, int *day);
/* Exactly YYYY-MM-DD. */
bool rs_day_parse(struct rs_view v, int32_t *days);
/* What senders write: YYYY-MM-DD, YYYYMMDD, MM/DD/YYYY, M/D/YYYY, YYYY/M/D, the same with dashes, "YYYY M D"; 5-JAN-1985,
 * January 5, 1985 and the like; each with or without a time of day (T or a blank before it; HL7's digits of the time behind
 * those of the day). RD8 ranges not. Two-digit years are refused: they are not dates. So are days before months in digits
 * (05.01.1985): nobody can tell them from the others. */
bool rs_day_parse_any(struct rs_view v, int32_t *days);
/* As rs_day_parse_any, without counting days: a day of the calendar as YYYYMMDD, a number that sorts as days do. */
bool rs_day_number(struct rs_view v, int32_t *yyyymmdd);
/* HHMM, HHMMSS or with digits of a fraction behind: hundredths of a second from midnight, and 1; 0 where it is no time. */
uint64_t rs_time_of_day(struct rs_view v);
struct rs_view rs_day_text(struct rs_arena *arena, int32_t days);
/* Whole years from birth to day; -1 where birth is later. A 29 February birthday falls on 1 March. */
int rs_age(int32_t birth, int32_t day);

#endif
