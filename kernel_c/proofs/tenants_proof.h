/* Tenants with a table of a few requests, in any state that can be. */
#ifndef KREPIS_PROOF_TENANTS_H
#define KREPIS_PROOF_TENANTS_H

#include "proof.h"
#include "tenants.c"

enum { TENANTS = 2, REQUESTS = 3 };

static int64_t any_within(int64_t low, int64_t high)
{
    int64_t value = nondet_i64();
    assume(value >= low && value <= high);
    return value;
}

static tenant any_tenant(void)
{
    tenant one = {.limits = {.weight = nondet_u32(), .running_max = nondet_u32()}, .first = NONE, .last = NONE,
                  .next = NONE};
    assume(one.limits.weight >= 1 && one.limits.weight <= KR_TENANT_WEIGHT_MAX && one.limits.running_max >= 1);
    one.deficit_us = any_within(-KR_TENANT_DEBT_US_MAX, INT64_C(1) << 40);
    one.estimate_us = any_within(1, KR_TENANT_DEBT_US_MAX);
    one.metrics.running = nondet_u32();
    assume(one.metrics.running <= one.limits.running_max);
    return one;
}

/* Tenant 0 has the requests 0 to `queued` - 1 in its queue. */
static void any_queue(tenant *tenants, request *requests, uint32_t queued)
{
    for (uint32_t i = 0; i < REQUESTS; i++) {
        requests[i].tenant = 0;
        requests[i].state = i < queued ? QUEUED : FREE;
        requests[i].previous = i > 0 ? i - 1 : NONE;
        requests[i].next = i + 1 < queued ? i + 1 : NONE;
    }
    tenants[0].metrics.queued = queued;
    tenants[0].first = queued ? 0 : NONE;
    tenants[0].last = queued ? queued - 1 : NONE;
}

#endif
