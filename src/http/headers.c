#include "http/headers.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/buf.h"
#include "http/server.h"

static const struct {
	const char *name, *value;
} defaults[] = {
		{"Content-Security-Policy",
				"default-src 'none'; frame-ancestors 'none'; "
				"base-uri 'none'; form-action 'none'"},
		{"X-Content-Type-Options", "nosniff"},
		{"Referrer-Policy", "no-referrer"},
		{"Cache-Control", "no-store"},
		{"Cross-Origin-Opener-Policy", "same-origin"},
		{"Cross-Origin-Resource-Policy", "same-origin"},
		{"Permissions-Policy",
				"camera=(), microphone=(), geolocation=(), "
				"payment=(), usb=()"},
};

static const struct {
	unsigned status;
	const char *text;
} statuses[] = {
		{100, "Continue"},
		{101, "Switching Protocols"},
		{200, "OK"},
		{201, "Created"},
		{202, "Accepted"},
		{204, "No Content"},
		{301, "Moved Permanently"},
		{302, "Found"},
		{303, "See Other"},
		{304, "Not Modified"},
		{307, "Temporary Redirect"},
		{308, "Permanent Redirect"},
		{400, "Bad Request"},
		{401, "Unauthorized"},
		{403, "Forbidden"},
		{404, "Not Found"},
		{405, "Method Not Allowed"},
		{406, "Not Acceptable"},
		{408, "Request Timeout"},
		{409, "Conflict"},
		{410, "Gone"},
		{411, "Length Required"},
		{412, "Precondition Failed"},
		{413, "Content Too Large"},
		{414, "URI Too Long"},
		{415, "Unsupported Media Type"},
		{417, "Expectation Failed"},
		{421, "Misdirected Request"},
		{422, "Unprocessable Content"},
		{426, "Upgrade Required"},
		{428, "Precondition Required"},
		{429, "Too Many Requests"},
		{431, "Request Header Fields Too Large"},
		{500, "Internal Server Error"},
		{501, "Not Implemented"},
		{502, "Bad Gateway"},
		{503, "Service Unavailable"},
		{504, "Gateway Timeout"},
		{505, "HTTP Version Not Supported"},
};

const char *http_status_text(unsigned status)
{
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (statuses[i].status == status)
			return statuses[i].text;
	return "Unknown";
}

void http_date(time_t t, char ret[HTTP_DATE_LEN + 1])
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct tm tm = {0};
	char text[96];

	(void)gmtime_r(&t, &tm);
	(void)snprintf(text, sizeof(text),
			"%.3s, %02d %.3s %04d %02d:%02d:%02d GMT",
			days + 3 * tm.tm_wday, tm.tm_mday,
			months + 3 * tm.tm_mon, tm.tm_year + 1900, tm.tm_hour,
			tm.tm_min, tm.tm_sec);
	memcpy(ret, text, HTTP_DATE_LEN);
	ret[HTTP_DATE_LEN] = '\0';
}

bool headers_have(const char *lines, const char *name)
{
	size_t len = strlen(name);

	while (lines && *lines) {
		if (strncasecmp(lines, name, len) == 0 && lines[len] == ':')
			return true;
		lines = strchr(lines, '\n');
		if (lines)
			lines++;
	}
	return false;
}

/* One "name: value\r\n"; what follows it, or NULL. */
static const char *one_line(const char *p)
{
	const char *name = p;

	while ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
			(*p >= '0' && *p <= '9') || *p == '-')
		p++;
	if (p == name || *p != ':')
		return NULL;
	for (p++; (unsigned char)*p >= 0x20 && *p != 0x7f;)
		p++;
	return p[0] == '\r' && p[1] == '\n' ? p + 2 : NULL;
}

bool headers_are_lines(const char *lines)
{
	while (lines && *lines) {
		lines = one_line(lines);
		if (!lines)
			return false;
	}
	return true;
}

static int write_defaults(struct buf *out, const char *lines)
{
	int r = 0;

	for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
		if (r == 0 && !headers_have(lines, defaults[i].name))
			r = buf_addf(out, "%s: %s\r\n", defaults[i].name,
					defaults[i].value);
	return r;
}

/* RFC 9110 8.6: never with 1xx and 204; with 304 it would tell the length of
 * what was not sent, which we need not know. */
static bool has_length(unsigned status)
{
	return status >= 200 && status != 204 && status != 304;
}

int headers_write(struct buf *out, const struct http_response *r, bool close,
		time_t now)
{
	char date[HTTP_DATE_LEN + 1];
	int x;

	if (!headers_are_lines(r->headers) ||
			(r->type && strpbrk(r->type, "\r\n")))
		return -EINVAL;
	http_date(now, date);
	x = buf_addf(out, "HTTP/1.1 %u %s\r\nDate: %s\r\n", r->status,
			http_status_text(r->status), date);
	if (x == 0 && r->type)
		x = buf_addf(out, "Content-Type: %s\r\n", r->type);
	if (x == 0 && has_length(r->status))
		x = buf_addf(out, "Content-Length: %zu\r\n",
				r->type ? r->body_len : 0);
	if (x == 0 && close)
		x = buf_adds(out, "Connection: close\r\n");
	if (x == 0)
		x = write_defaults(out, r->headers);
	if (x == 0 && r->headers)
		x = buf_adds(out, r->headers);
	return x == 0 ? buf_adds(out, "\r\n") : x;
}
