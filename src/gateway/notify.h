/*
 * Tells the service manager how we are, by the protocol of sd_notify(3): a
 * datagram to the socket that $NOTIFY_SOCKET names. Nobody waits for it, and
 * without the variable nothing is sent.
 */
#ifndef GATEWAY_NOTIFY_H
#define GATEWAY_NOTIFY_H

/* Lines as "READY=1\nMAINPID=712". */
void notify(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* "RELOADING=1" with the time that the protocol wants beside it. */
void notify_reloading(void);

#endif
