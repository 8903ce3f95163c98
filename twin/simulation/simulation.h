/* A deployment in virtual time: servers of the kernel, their clients, handlers and dependencies as models.
 *
 * The kernel's own sources run over a simulated HAL; a list of events ordered by (time, number) is all that moves the
 * clock.  Times are nanoseconds of virtual time unless a name says otherwise.  Equal plans give equal results: every
 * source of chance has a generator of its own, derived from the seed.  Not safe for threads; independent of each other. */
#ifndef KREPIS_SIMULATION_H
#define KREPIS_SIMULATION_H

#include <stdint.h>

enum {
    SIM_WORKERS_MAX = 64,
    SIM_TENANTS_MAX = 256,
    SIM_ROUTES_MAX = 128,
    SIM_STEPS_MAX = 64,          /* of one route */
    SIM_STREAMS_MAX = 1024,
    SIM_CONNECTIONS_MAX = 60000,     /* of all clients */
    SIM_RESPONSE_BYTES_MAX = 1048576,
    SIM_OPEN_MAX = 4000000,      /* requests that are not over */
    SIM_KEYS_MAX = 1000000,
    SIM_PATH_BYTES_MAX = 255,
    SIM_BUCKETS_OCTAVE = 128,    /* of a histogram: values in a bucket differ by less than 1 % */
    SIM_BUCKETS = 5120
};

enum { SIM_EINVAL = -1, SIM_ENOMEM = -2, SIM_EOPEN = -3, SIM_ESERVER = -4 };

/* A distribution: `a` always; uniform from a to b; exponential of mean a; lognormal of median a and sigma b. */
enum { SIM_CONSTANT, SIM_UNIFORM, SIM_EXPONENTIAL, SIM_LOGNORMAL, SIM_LAWS };
typedef struct sim_law {
    int32_t kind;
    double a, b;
} sim_law;

typedef struct sim_dependency {
    sim_law latency;
    uint32_t at_once_max; /* further operations wait */
    uint32_t retries;
    double failures;      /* the share of operations that fail */
    uint64_t timeout;     /* operations that would take longer fail then; 0: none does */
} sim_dependency;

/* While it lasts, a dependency fails at another rate and takes `slower` times as long. */
typedef struct sim_outage {
    uint32_t dependency;
    uint64_t from, until;
    double failures, slower;
} sim_outage;

/* An operation on a dependency that a handler awaits, together with the next one or alone. */
typedef struct sim_step {
    uint32_t dependency, with_next;
} sim_step;

typedef struct sim_route {
    const char *method, *pattern;
    sim_law cpu; /* of all of the handler: spent in equal parts before, between and after what it awaits */
    uint32_t steps_first, steps_count, request_bytes, response_bytes;
    int32_t keys; /* the number of what its requests are about, or -1 */
} sim_route;

/* Things that requests are about, of which number i is chosen in proportion to (i + 1) ^ -skew. */
typedef struct sim_keys {
    uint32_t count;
    double skew;
} sim_keys;

typedef struct sim_tenant {
    const char *host;
    uint32_t weight, connections_max, running_max, queued_max, rate_per_second, burst;
} sim_tenant;

/* From a time on until the next piece's, the rate goes in a line from one to the other, in requests per second. */
typedef struct sim_piece {
    uint64_t from, until;
    double rate_from, rate_until;
} sim_piece;

typedef struct sim_stream {
    uint32_t tenant;
    uint32_t constant; /* arrivals at equal distances; else a Poisson process */
    uint32_t pieces_first, pieces_count, mix_first, mix_count;
    uint32_t connections_max, pipeline_max; /* requests on one connection that are not answered */
    uint32_t closes;                        /* every request has a connection of its own */
    uint64_t latency;                       /* one way */
    uint64_t timeout;                       /* a client gives up; 0: it never does */
    double bytes_per_second;                /* both ways; 0: all at once */
} sim_stream;

/* How often a stream asks for a route, in proportion to the others. */
typedef struct sim_mix {
    uint32_t route;
    double weight;
} sim_mix;

typedef struct sim_plan {
    uint64_t seed, duration;
    uint32_t workers, connections_max, running_max, handler_ms, idle_ms, windows;
    uint64_t request_cost; /* CPU of the kernel and of the SDK for one request */
    const sim_dependency *dependencies;
    const sim_outage *outages;
    const sim_route *routes;
    const sim_step *steps;
    const sim_keys *keys;
    const sim_tenant *tenants;
    const sim_stream *streams;
    const sim_piece *pieces;
    const sim_mix *mixes;
    uint32_t dependencies_count, outages_count, routes_count, keys_count, tenants_count, streams_count;
} sim_plan;

/* What became of a request, as its client sees it. */
enum {
    SIM_ANSWERED, /* 200 */
    SIM_FAILED,   /* 500: an operation failed */
    SIM_LIMITED,  /* 429 */
    SIM_REFUSED,  /* 503 */
    SIM_LATE,     /* 504: the handler took too long */
    SIM_GIVEN_UP, /* the client did not wait any longer */
    SIM_RESET,    /* the connection was closed without an answer */
    SIM_OPEN,     /* not over when the simulation was */
    SIM_OUTCOMES
};

/* Of the requests of one tenant for one route.  Latency: of those that were answered, from when the client wanted to
 * send to the last byte.  Waited: of those that began, until their handlers did. */
typedef struct sim_figures {
    uint64_t outcomes[SIM_OUTCOMES], begun;
    double latency_sum, waited_sum;
    uint64_t latency_max, cpu;
} sim_figures;

/* Of one tenant in one window: arrivals and outcomes by the time that they happen; the mean numbers of requests. */
typedef struct sim_window {
    uint64_t arrived, outcomes[SIM_OUTCOMES];
    double waiting, running;
    uint32_t waiting_max, running_max;
} sim_window;

typedef struct sim_load {
    double busy, waiting; /* mean numbers of operations under way and waiting */
    uint64_t operations, failures;
    uint32_t waiting_max;
} sim_load;

typedef struct sim_totals {
    uint64_t arrived, events, ended, ticks, connections, kernel_requests;
    double busy; /* of the workers, as a share of their time */
} sim_totals;

typedef struct sim sim;

/* NULL, and the reason in *error. */
sim *sim_new(const sim_plan *plan, int *error);
void sim_free(sim *self);
/* Up to `until`, or to the end.  Returns 1 when it is over, 0 when it goes on; SIM_EOPEN: too many requests are open. */
int sim_run(sim *self, uint64_t until);

void sim_read_totals(const sim *self, sim_totals *out);
void sim_read_figures(const sim *self, uint32_t tenant, uint32_t route, sim_figures *out);
/* How many answered requests took how long: SIM_BUCKETS numbers. */
void sim_read_latencies(const sim *self, uint32_t tenant, uint32_t route, uint64_t *out);
void sim_read_window_latencies(const sim *self, uint32_t window, uint64_t *out);
/* The least time of a bucket. */
uint64_t sim_bucket(uint32_t bucket);
void sim_read_window(const sim *self, uint32_t tenant, uint32_t window, sim_window *out);
void sim_read_load(const sim *self, uint32_t dependency, sim_load *out);
/* How often a handler of `route` began while one of `other`, about the same key where both have the same keys, ran. */
uint64_t sim_overlaps(const sim *self, uint32_t route, uint32_t other);

#endif
