/* TLS 1.2 and 1.3 (RFC 5246, RFC 8446) between the sockets and a server, by the OpenSSL that Node is linked with. */
#ifndef KREPIS_TLS_H
#define KREPIS_TLS_H

#include "krepis_kernel.h"

enum {
    KR_TLS_HANDSHAKE_MS = 10000, /* from the accept to the end of the handshake; then the connection is closed */
    KR_TLS_HANDSHAKES_MAX = 1024, /* under way at once; beyond that the oldest one is given up */
    KR_TLS_DESCRIPTORS_MAX = 1 << 17, /* a connection whose descriptor has a higher number is closed */
    KR_TLS_ERROR_BYTES = 512
};

typedef struct kr_tls_options {
    const char *certificate, *key; /* files in PEM: the chain, the server's own first; and its private key */
    uint32_t handshake_ms;
} kr_tls_options;

/* Counted since the start, by the server's thread. */
typedef struct kr_tls_counts {
    uint64_t handshakes, resumed, failed, timeouts;
} kr_tls_counts;

/* Before listening, once: whatever the server accepts from now on is TLS with ALPN http/1.1, never plain text.  `counts`
 * outlives the server.  Returns 0; KR_EINVAL with the reason in `error`, KR_ENOMEM. */
int kr_tls_secure(kr_server *server, const kr_tls_options *options, kr_tls_counts *counts,
                  char error[KR_TLS_ERROR_BYTES]);

/* The counts in the text format of Prometheus.  Returns the length. */
enum { KR_TLS_METRICS_BYTES_MAX = 1024 };
int kr_tls_metrics_text(const kr_tls_counts *counts, char out[KR_TLS_METRICS_BYTES_MAX]);

#endif
