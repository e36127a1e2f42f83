/*
 * What every unit test includes: cmocka with short names. A test is a static
 * function named by what it shows, listed with T() in TESTS().
 *
 *	TESTS(T(every_byte_arrives_however_finely_the_wire_is_cut))
 */
#ifndef TEST_H
#define TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define CHECK(x) assert_true(x)
#define CHECK_INT(a, b) assert_int_equal((a), (b))
#define CHECK_STR(a, b) assert_string_equal((a), (b))
#define CHECK_MEM(a, b, len) assert_memory_equal((a), (b), (len))
/* The sentence holds these words. */
#define CHECK_HAS(text, words) test_has((text), (words), __FILE__, __LINE__)

void test_has(const char *text, const char *words, const char *file, int line);

/* The whole of a file under the project's root; the caller frees. */
char *test_file(const char *path, size_t *ret_len);

typedef void test_fn(void);
void test_run(void **state);

/* cmocka passes the function by its state: our tests take no argument. */
/* clang-format off */
#define T(fn) { #fn, test_run, NULL, NULL, (void *)(uintptr_t)(fn) }
#define TESTS(...)                                                \
	int main(void)                                            \
	{                                                         \
		const struct CMUnitTest tests[] = {__VA_ARGS__};  \
                                                                  \
		return cmocka_run_group_tests(tests, NULL, NULL); \
	}
/* clang-format on */

#endif
