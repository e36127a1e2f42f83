/*
 * An error that a person will read: a negative errno and one sentence.
 * Functions that may be asked "why?" take a `struct err *` as their last
 * argument, fill it and return its code in one line:
 *
 *	return err_set(e, -EINVAL, "port '%s' is not a number", text);
 *
 * The caller owns the struct (usually on its stack); NULL is accepted and
 * means that nobody will read the sentence.
 *
 * Codes with a meaning of their own, wherever a stream or a dial fails:
 *   -EKEYREJECTED  the peer's certificate is not the one we trust
 *   -EACCES        the peer refused our login or our request
 *   -ETIMEDOUT     a limit of ours ran out
 *   -EPROTO        the peer broke its protocol
 *   -EMSGSIZE      the peer announced or sent more than is allowed
 */
#ifndef CORE_ERR_H
#define CORE_ERR_H

#include <stdarg.h>

enum { ERR_TEXT_MAX = 512 };

struct err {
	int code; /* 0, or a negative errno */
	char text[ERR_TEXT_MAX];
};

/* Fill `e` (unless NULL) and return `code`. Bytes of what is not plain
 * (core/text.h) become '?'. */
int err_set(struct err *e, int code, const char *fmt, ...)
		__attribute__((format(printf, 3, 4)));
int err_setv(struct err *e, int code, const char *fmt, va_list ap)
		__attribute__((format(printf, 3, 0), nonnull(3)));

/* The answer is always `code`, and never success: said here so that compilers
 * and checkers, who do not see into err.c, know that a failure is one. */
#ifdef __clang_analyzer__
#define err_is_failure(code) ((code) < 0 ? (void)0 : __builtin_unreachable())
#else
#define err_is_failure(code) ((void)0)
#endif
#define err_set(e, code, ...)                                \
	__extension__({                                      \
		int err_code = (code);                       \
		(void)(err_set)((e), err_code, __VA_ARGS__); \
		err_is_failure(err_code);                    \
		err_code;                                    \
	})

/* Put "what: " before the sentence that is there; return its code. */
int err_prefix(struct err *e, const char *fmt, ...)
		__attribute__((format(printf, 2, 3)));

#endif
