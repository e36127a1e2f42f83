#include "bridge/metrics.h"

#include "bridge/forward.h"
#include "core/buf.h"
#include "core/histogram.h"

void metrics_plain(struct buf *to, const char *name, const char *type,
		const char *help, uint64_t value)
{
	(void)buf_addf(to, "# HELP %s %s\n# TYPE %s %s\n%s %llu\n", name, help,
			name, type, name, (unsigned long long)value);
}

void metrics_bytes(struct buf *to, const char *name, uint64_t up, uint64_t down)
{
	(void)buf_addf(to,
			"# HELP %s Bytes carried, from clients (in) and to "
			"them (out).\n"
			"# TYPE %s counter\n"
			"%s{direction=\"in\"} %llu\n"
			"%s{direction=\"out\"} %llu\n",
			name, name, name, (unsigned long long)up, name,
			(unsigned long long)down);
}

void metrics_errors(struct buf *to, const char *name, const char *help,
		const uint64_t ends[END_WORDS])
{
	(void)buf_addf(to, "# HELP %s %s\n# TYPE %s counter\n", name, help,
			name);
	for (int w = 0; w < END_WORDS; w++)
		if (forward_word_is_error((enum end_word)w))
			(void)buf_addf(to, "%s{word=\"%s\"} %llu\n", name,
					end_info((enum end_word)w)->word,
					(unsigned long long)ends[w]);
}

void metrics_histogram(struct buf *to, const char *name, const char *help,
		const struct histogram *h)
{
	uint64_t sum = 0;

	(void)buf_addf(to, "# HELP %s %s\n# TYPE %s histogram\n", name, help,
			name);
	for (size_t i = 0; i < HISTOGRAM_BOUNDS; i++) {
		sum += h->counts[i];
		(void)buf_addf(to, "%s_bucket{le=\"%g\"} %llu\n", name,
				histogram_bounds[i], (unsigned long long)sum);
	}
	sum += h->counts[HISTOGRAM_BOUNDS];
	(void)buf_addf(to,
			"%s_bucket{le=\"+Inf\"} %llu\n%s_sum %.6f\n"
			"%s_count %llu\n",
			name, (unsigned long long)sum, name, h->sum, name,
			(unsigned long long)sum);
}
