/*
 * Every case of the TOML 1.0.0 collection: valid/x.toml must read as the typed
 * JSON in valid/x.json says, invalid/x.toml must be refused. The collection
 * stands beside the project; where it is missing, the tests are skipped.
 */
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "proto/toml.h"

#include "test.h"

static const char *cases_folder(void)
{
	const char *const folders[] = {getenv("GLASSBRIDGE_TOML_CASES"),
			SOURCE_ROOT "/../shared/toml-1.0.0",
			SOURCE_ROOT "/../../shared/toml-1.0.0"};
	struct stat st;

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (folders[i] && stat(folders[i], &st) == 0)
			return folders[i];
	return NULL;
}

static char *slurp(const char *path, size_t *ret_len)
{
	FILE *f = fopen(path, "rb");
	char *data = malloc(TOML_SIZE_MAX);

	if (!f || !data)
		fail_msg("%s: %s", path, strerror(errno));
	*ret_len = fread(data, 1, TOML_SIZE_MAX - 1, f);
	data[*ret_len] = '\0';
	(void)fclose(f);
	return data;
}

/* ---- the tree against the expected JSON --------------------------------- */

static void time_text(const struct toml *n, char *ret, size_t max)
{
	char date[16] = "", part[16] = "", fraction[16] = "", offset[16] = "";
	struct toml_time t = {0};

	CHECK(toml_time(n, &t));
	if (toml_type(n) != TOML_LOCAL_TIME)
		(void)snprintf(date, sizeof(date), "%04d-%02d-%02d", t.year,
				t.month, t.day);
	if (toml_type(n) != TOML_LOCAL_DATE)
		(void)snprintf(part, sizeof(part), "%s%02d:%02d:%02d",
				*date ? "T" : "", t.hour, t.minute, t.second);
	if (t.nanosecond) {
		size_t len = (size_t)snprintf(fraction, sizeof(fraction),
				".%09u", t.nanosecond);

		while (len > 4 && fraction[len - 1] == '0')
			fraction[--len] = '\0';
	}
	if (toml_type(n) == TOML_DATETIME)
		(void)snprintf(offset, sizeof(offset), "%c%02d:%02d",
				t.offset < 0 ? '-' : '+', abs(t.offset) / 60,
				abs(t.offset) % 60);
	if (toml_type(n) == TOML_DATETIME && t.offset == 0)
		strcpy(offset, "Z");
	(void)snprintf(ret, max, "%s%s%s%s", date, part, fraction, offset);
}

static bool same_number(const struct toml *n, const char *want)
{
	double real = 0, expected = strtod(want, NULL);
	int64_t whole = 0;

	if (toml_integer(n, &whole))
		return whole == strtoll(want, NULL, 10);
	CHECK(toml_float(n, &real));
	return isnan(expected) ? isnan(real)
			       : real == expected &&
						 !signbit(real) ==
								 !signbit(expected);
}

static bool same_string(const struct toml *n, json_t *want)
{
	const char *text = NULL;
	size_t len = 0;

	return toml_string(n, &text, &len) && len == json_string_length(want) &&
	       memcmp(text, json_string_value(want), len) == 0;
}

static bool same_leaf(const struct toml *n, const char *type, json_t *value)
{
	static const struct {
		const char *name;
		enum toml_type type;
	} types[] = {
			{"string", TOML_STRING},
			{"integer", TOML_INTEGER},
			{"float", TOML_FLOAT},
			{"bool", TOML_BOOL},
			{"datetime", TOML_DATETIME},
			{"datetime-local", TOML_LOCAL_DATETIME},
			{"date-local", TOML_LOCAL_DATE},
			{"time-local", TOML_LOCAL_TIME},
	};
	const char *want = json_string_value(value);
	bool truth = false;
	char text[64];
	size_t i = 0;

	while (strcmp(types[i].name, type) != 0)
		CHECK(++i < sizeof(types) / sizeof(types[0]));
	if (toml_type(n) != types[i].type)
		return false;
	if (types[i].type == TOML_STRING)
		return same_string(n, value);
	if (types[i].type == TOML_INTEGER || types[i].type == TOML_FLOAT)
		return same_number(n, want);
	if (types[i].type == TOML_BOOL)
		return toml_bool(n, &truth) &&
		       truth == (strcmp(want, "true") == 0);
	time_text(n, text, sizeof(text));
	return strcmp(text, want) == 0;
}

/* jansson has no key with a NUL: the JSON's was given this name instead. */
#define NUL_KEY "<NUL>"

static const char *json_key_of(const struct toml *n)
{
	size_t len;
	const char *key = toml_key(n, &len);

	return len == 1 && key[0] == '\0' ? NUL_KEY : key;
}

static bool same(const struct toml *n, json_t *want)
{
	json_t *type = json_object_get(want, "type");
	json_t *value = json_object_get(want, "value");

	if (json_is_string(type) && json_is_string(value) &&
			json_object_size(want) == 2)
		return same_leaf(n, json_string_value(type), value);
	if (toml_type(n) != (json_is_array(want) ? TOML_ARRAY : TOML_TABLE))
		return false;
	if (toml_count(n) != (json_is_array(want) ? json_array_size(want)
						  : json_object_size(want)))
		return false;
	for (size_t i = 0; i < toml_count(n); i++) {
		const struct toml *item = toml_at(n, i);
		json_t *other = json_is_array(want)
						? json_array_get(want, i)
						: json_object_get(want,
								  json_key_of(item));

		if (!other || !same(item, other))
			return false;
	}
	return true;
}

static json_t *expected_json(const char *toml_path)
{
	static const char nul[] = "\"\\u0000\":";
	char path[4096], *text, *at;
	json_error_t error;
	json_t *json;
	size_t len;

	(void)snprintf(path, sizeof(path), "%.*s.json",
			(int)strlen(toml_path) - 5, toml_path);
	text = slurp(path, &len);
	at = strstr(text, nul);
	if (at)
		memcpy(at, "\"" NUL_KEY "\" ", sizeof(nul) - 2);
	json = json_loads(text, JSON_ALLOW_NUL | JSON_DECODE_ANY, &error);
	if (!json)
		fail_msg("%s: %s", path, error.text);
	free(text);
	return json;
}

/* ---- one case ----------------------------------------------------------- */

static bool valid_case(const char *path)
{
	struct toml *root = NULL;
	struct err e = {0};
	size_t len;
	char *data = slurp(path, &len);
	bool ok = toml_parse(data, len, &root, &e) == 0;

	if (!ok) {
		print_error("%s: %s\n", path, e.text);
	} else {
		json_t *want = expected_json(path);

		ok = same(root, want);
		if (!ok)
			print_error("%s: reads as something else\n", path);
		json_decref(want);
	}
	toml_free(root);
	free(data);
	return ok;
}

static bool invalid_case(const char *path)
{
	struct toml *root = NULL;
	struct err e = {0};
	size_t len;
	char *data = slurp(path, &len);
	int r = toml_parse(data, len, &root, &e);
	bool ok = r == -EINVAL && !root && e.code == r &&
		  strncmp(e.text, "line ", 5) == 0;

	if (!ok)
		print_error("%s: was not refused (%s)\n", path, e.text);
	toml_free(root);
	free(data);
	return ok;
}

struct walk {
	bool (*fn)(const char *path);
	unsigned run, failed;
};

static void walk(const char *folder, struct walk *w)
{
	DIR *d = opendir(folder);
	struct dirent *entry;
	char path[4096];
	struct stat st;

	CHECK(d != NULL);
	while ((entry = readdir(d))) {
		size_t len = strlen(entry->d_name);

		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", folder,
				entry->d_name);
		CHECK(stat(path, &st) == 0);
		if (S_ISDIR(st.st_mode)) {
			walk(path, w);
		} else if (len > 5 &&
				strcmp(path + strlen(path) - 5, ".toml") == 0) {
			w->run++;
			w->failed += w->fn(path) ? 0 : 1;
		}
	}
	(void)closedir(d);
}

static void run_cases(const char *kind, bool (*fn)(const char *path))
{
	const char *folder = cases_folder();
	struct walk w = {fn, 0, 0};
	char path[4096];

	if (!folder)
		skip();
	(void)snprintf(path, sizeof(path), "%s/%s", folder, kind);
	walk(path, &w);
	print_message("%u %s cases run, %u failed\n", w.run, kind, w.failed);
	CHECK(w.run > 0);
	CHECK_INT(w.failed, 0);
}

static void every_valid_case_reads_as_its_json_says(void)
{
	run_cases("valid", valid_case);
}

static void every_invalid_case_is_refused_with_its_place(void)
{
	run_cases("invalid", invalid_case);
}

TESTS(T(every_valid_case_reads_as_its_json_says),
		T(every_invalid_case_is_refused_with_its_place))
