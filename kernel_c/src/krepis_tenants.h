/* Tenants of one server, sans I/O: whose a request is, whether it is let in, and whose turn is next.
 *
 * The caller says what happens and what time it is; nothing waits here.  A request is offered, which refuses it or puts
 * it into its tenant's queue; it is taken when its turn comes, by deficit round robin over what requests really cost;
 * and it is ended, with its cost.  So a tenant that floods fills its own queue, and one whose requests are dear gets
 * its next turn later.  All memory is taken at the start; not safe for threads. */
#ifndef KREPIS_TENANTS_H
#define KREPIS_TENANTS_H

#include <stddef.h>
#include <stdint.h>

enum {
    KR_TENANT_WEIGHT_MAX = 1000,
    KR_TENANT_RULES_MAX = 1024,
    KR_TENANT_RULE_BYTES_MAX = 255,
    KR_TENANT_QUANTUM_US = 1000,     /* of cost, for a weight of 1, in a round */
    KR_TENANT_DEBT_US_MAX = 60000000 /* a request that costs more than this is not remembered as more */
};

typedef struct kr_tenant_limits {
    uint32_t weight;          /* its share when others wait too, 1 to KR_TENANT_WEIGHT_MAX */
    uint32_t connections_max; /* open at once */
    uint32_t running_max;     /* requests taken and not ended */
    uint32_t queued_max;      /* requests that wait for their turn */
    uint32_t rate_per_second; /* requests let in; 0: as many as come */
    uint32_t burst;           /* how many at once, when there were none for a while; at least 1 with a rate */
} kr_tenant_limits;

typedef struct kr_tenant_metrics {
    uint64_t offered, limited, refused, ended, cost_us; /* limited: 429; refused: 503, for requests and connections */
    uint32_t connections, running, queued;
} kr_tenant_metrics;

typedef struct kr_tenants kr_tenants;

/* `requests_max` of all tenants, queued and running; `running_max` of all at once.  NULL: out of range or of memory. */
kr_tenants *kr_tenants_new(uint32_t tenants_max, uint32_t requests_max, uint32_t running_max);
void kr_tenants_free(kr_tenants *tenants);
/* Whether lists, counts and limits agree; slow, for tests and assertions. */
int kr_tenants_validate(const kr_tenants *tenants);

/* Returns the tenant's number; KR_EINVAL, KR_EFULL. */
int kr_tenants_add(kr_tenants *tenants, const kr_tenant_limits *limits);

/* What makes a request a tenant's.  A host is compared without case and without the port; a path prefix counts at the
 * borders of segments; a header value is compared byte by byte. */
enum { KR_TENANT_HOST, KR_TENANT_PREFIX, KR_TENANT_HEADER, KR_TENANT_KINDS };

/* KR_EINVAL, KR_EFULL, KR_ECONFLICT when another tenant has the rule. */
int kr_tenants_rule(kr_tenants *tenants, uint32_t tenant, int kind, const char *text, size_t length);
/* Whose a request is: by header, then by host, then by the longest prefix; -1 for nobody's.  NULL: not there. */
int kr_tenants_find(const kr_tenants *tenants, const char *host, size_t host_length, const char *path,
                    size_t path_length, const char *header, size_t header_length);

/* A connection becomes a tenant's, at its first request: 0, or -503 when it has as many as it may. */
int kr_tenants_open(kr_tenants *tenants, uint32_t tenant);
void kr_tenants_close(kr_tenants *tenants, uint32_t tenant);

/* A request comes.  Returns a number for it; -429 when its rate is used up, and then *retry_ms says for how long; -503
 * when its queue is full, or the table.  Time in milliseconds, which never goes back. */
int kr_tenants_offer(kr_tenants *tenants, uint32_t tenant, uint64_t now_ms, uint64_t *retry_ms);
/* The request whose turn is next, which runs from now on; -1 when none may. */
int kr_tenants_take(kr_tenants *tenants);
/* A request is over, or its client is gone while it waited.  `cost_us` is what it took of what all share. */
void kr_tenants_end(kr_tenants *tenants, uint32_t request, uint64_t cost_us);
int kr_tenants_of(const kr_tenants *tenants, uint32_t request);

void kr_tenants_metrics(const kr_tenants *tenants, uint32_t tenant, kr_tenant_metrics *metrics);

#endif
