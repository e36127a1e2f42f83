#include <ctype.h>
#include <string.h>

#include "proto/toml_parse.h"

struct span {
	const char *at, *end;
};

static bool take_char(struct span *s, const char *any)
{
	if (s->at == s->end || !strchr(any, *s->at))
		return false;
	s->at++;
	return true;
}

/* Exactly `count` digits, a number between low and high. */
static bool take_number(struct span *s, int count, int low, int high, int *ret)
{
	int n = 0;

	for (; count > 0; count--, s->at++) {
		if (s->at == s->end || !isdigit((unsigned char)*s->at))
			return false;
		n = n * 10 + (*s->at - '0');
	}
	*ret = n;
	return n >= low && n <= high;
}

static int days_in(int year, int month)
{
	static const int days[] = {
			31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

static bool take_date(struct span *s, struct toml_time *t)
{
	return take_number(s, 4, 0, 9999, &t->year) && take_char(s, "-") &&
	       take_number(s, 2, 1, 12, &t->month) && take_char(s, "-") &&
	       take_number(s, 2, 1, days_in(t->year, t->month), &t->day);
}

/* What is finer than a nanosecond is dropped, as the format allows. */
static bool take_fraction(struct span *s, struct toml_time *t)
{
	uint32_t scale = 100000000;
	const char *from = s->at;

	for (; s->at < s->end && isdigit((unsigned char)*s->at); s->at++) {
		t->nanosecond += scale * (uint32_t)(*s->at - '0');
		scale /= 10;
	}
	return s->at > from;
}

static bool take_clock(struct span *s, struct toml_time *t)
{
	if (!take_number(s, 2, 0, 23, &t->hour) || !take_char(s, ":") ||
			!take_number(s, 2, 0, 59, &t->minute) ||
			!take_char(s, ":") ||
			!take_number(s, 2, 0, 60, &t->second))
		return false;
	return !take_char(s, ".") || take_fraction(s, t);
}

static bool take_offset(struct span *s, struct toml_time *t)
{
	int hours, minutes, sign;

	if (take_char(s, "Zz"))
		return true;
	sign = s->at < s->end && *s->at == '-' ? -1 : 1;
	if (!take_char(s, "+-") || !take_number(s, 2, 0, 23, &hours) ||
			!take_char(s, ":") ||
			!take_number(s, 2, 0, 59, &minutes))
		return false;
	t->offset = sign * (hours * 60 + minutes);
	return true;
}

static bool all_digits(const char *text, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!isdigit((unsigned char)text[i]))
			return false;
	return true;
}

bool toml_looks_like_time(const char *text, size_t len)
{
	if (len >= 3 && text[2] == ':' && all_digits(text, 2))
		return true;
	return len >= 5 && text[4] == '-' && all_digits(text, 4);
}

const char *toml_time_from(struct toml *n, const char *text, size_t len)
{
	static const char wrong_date[] = "not a date (as 1979-05-27)";
	static const char wrong_time[] = "not a time (as 07:32:00)";
	struct span s = {text, text + len};
	struct toml_time t = {0};

	n->type = TOML_LOCAL_TIME;
	if (text[2] != ':') {
		if (!take_date(&s, &t))
			return wrong_date;
		n->type = s.at == s.end ? TOML_LOCAL_DATE : TOML_LOCAL_DATETIME;
		if (s.at < s.end && !take_char(&s, "Tt "))
			return wrong_date;
	}
	if (n->type != TOML_LOCAL_DATE && !take_clock(&s, &t))
		return wrong_time;
	if (n->type == TOML_LOCAL_DATETIME && s.at < s.end) {
		n->type = TOML_DATETIME;
		if (!take_offset(&s, &t))
			return "not an offset from UTC (as Z or +01:00)";
	}
	if (s.at != s.end)
		return wrong_time;
	n->time = t;
	return NULL;
}
