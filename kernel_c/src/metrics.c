/* What the server counted, for any thread. */
#include <inttypes.h>
#include <stdio.h>

#include "server.h"

enum { NUMBERS = 9, CLASSES = 5 };

void kr_server_metrics(const kr_server *server, kr_metrics *metrics)
{
    const kr__counts *counts = &server->counts;
    const _Atomic uint64_t *from[] = {&counts->connections_open, &counts->accepted,     &counts->refused,
                                      &counts->requests,         &counts->bad_requests, &counts->timeouts,
                                      &counts->bytes_in,         &counts->bytes_out,    &counts->dropped};
    uint64_t *to[] = {&metrics->connections_open, &metrics->accepted, &metrics->refused,  &metrics->requests,
                      &metrics->bad_requests,     &metrics->timeouts, &metrics->bytes_in, &metrics->bytes_out,
                      &metrics->dropped};
    static_assert(sizeof from / sizeof *from == NUMBERS, "one for each");
    static_assert(sizeof to / sizeof *to == NUMBERS, "one for each");
    for (size_t i = 0; i < NUMBERS; i++)
        *to[i] = atomic_load_explicit(from[i], memory_order_relaxed);
    for (size_t i = 0; i < CLASSES; i++)
        metrics->responses[i] = atomic_load_explicit(&counts->responses[i], memory_order_relaxed);
}

int kr_server_metrics_text(const kr_server *server, char *out, size_t capacity)
{
    kr_metrics metrics;
    kr_server_metrics(server, &metrics);
    const struct {
        const char *name, *type, *help;
        uint64_t value;
    } lines[NUMBERS] = {
        {"connections_open", "gauge", "Connections that are open.", metrics.connections_open},
        {"connections_total", "counter", "Connections that were accepted.", metrics.accepted},
        {"connections_refused_total", "counter", "Connections beyond the limit.", metrics.refused},
        {"connections_dropped_total", "counter", "Connections that were closed for want of room.", metrics.dropped},
        {"requests_total", "counter", "Well-formed requests.", metrics.requests},
        {"requests_bad_total", "counter", "Requests that were refused as they came.", metrics.bad_requests},
        {"timeouts_total", "counter", "Requests and responses that took too long.", metrics.timeouts},
        {"received_bytes_total", "counter", "Bytes that clients sent.", metrics.bytes_in},
        {"sent_bytes_total", "counter", "Bytes that were sent to clients.", metrics.bytes_out},
    };
    size_t at = 0;
    for (size_t i = 0; i < NUMBERS && at < capacity; i++)
        at += (size_t)snprintf(out + at, capacity - at,
                               "# HELP krepis_%s %s\n# TYPE krepis_%s %s\nkrepis_%s %" PRIu64 "\n", lines[i].name,
                               lines[i].help, lines[i].name, lines[i].type, lines[i].name, lines[i].value);
    if (at < capacity)
        at += (size_t)snprintf(out + at, capacity - at,
                               "# HELP krepis_responses_total Responses by the class of their status.\n"
                               "# TYPE krepis_responses_total counter\n");
    for (size_t i = 1; i < CLASSES && at < capacity; i++) /* a 1xx is no response of its own */
        at += (size_t)snprintf(out + at, capacity - at, "krepis_responses_total{class=\"%zuxx\"} %" PRIu64 "\n", i + 1,
                               metrics.responses[i]);
    assert(at > 0);
    return at < capacity ? (int)at : KR_EFULL;
}
