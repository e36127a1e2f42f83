/*
 * Standard input and output as one end of a socket: two threads copy, since
 * either of them may be anything (a pipe, a terminal, a file) and shared with
 * others, who must not find them non-blocking.
 */
#ifndef CLI_FORWARD_STDIO_H
#define CLI_FORWARD_STDIO_H

struct loop;
struct stdio;

/*
 * *ret_fd is the other end, the caller's. `fn` is called on the loop once all
 * that came by it has been written out.
 */
int stdio_open(struct stdio **ret_stdio, struct loop *l, int *ret_fd,
		void (*fn)(void *arg), void *arg);
/* Waits for what is written; `fn` is not called any more. The reading thread
 * may still wait for input: what it holds stays until that ends, or the
 * program. */
void stdio_leave(struct stdio *s);

#endif
