/* Offers, takes and ends requests of tenants in any order, and asks after each step whether all agrees.
 *
 * usage: tenants RUNS SEED; prints "ok". */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "krepis_tenants.h"

enum { TENANTS = 6, REQUESTS = 40, STEPS = 300 };

static uint64_t state;

static uint32_t any(uint32_t below)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(state >> 33) % below;
}

int main(int argc, char **argv)
{
    assert(argc == 3);
    state = strtoull(argv[2], NULL, 10);
    uint64_t taken = 0;
    for (long runs = atol(argv[1]); runs > 0; runs--) {
        kr_tenants *tenants = kr_tenants_new(TENANTS, REQUESTS, 1 + any(8));
        uint32_t connections[TENANTS] = {0};
        uint64_t now = 0, retry;
        assert(tenants);
        for (int i = 0; i < TENANTS; i++) {
            uint32_t rate = any(2) ? 1 + any(50) : 0;
            kr_tenant_limits limits = {.weight = 1 + any(9), .connections_max = any(3), .running_max = 1 + any(4),
                                       .queued_max = any(20), .rate_per_second = rate, .burst = rate ? 1 + any(5) : 0};
            assert(kr_tenants_add(tenants, &limits) == i);
        }
        for (int i = 0; i < STEPS; i++) {
            uint32_t tenant = any(TENANTS), request = any(REQUESTS);
            now += any(100);
            switch (any(6)) {
            case 0:
            case 1:
                (void)kr_tenants_offer(tenants, tenant, now, &retry);
                break;
            case 2:
            case 3:
                taken += kr_tenants_take(tenants) >= 0;
                break;
            case 4:
                if (kr_tenants_of(tenants, request) >= 0)
                    kr_tenants_end(tenants, request, any(4) ? any(5000) : UINT64_MAX);
                break;
            default:
                if (connections[tenant] > 0 && any(2))
                    kr_tenants_close(tenants, (connections[tenant]--, tenant));
                else
                    connections[tenant] += kr_tenants_open(tenants, tenant) == 0;
            }
            assert(kr_tenants_validate(tenants));
        }
        kr_tenants_free(tenants);
    }
    assert(taken > 0);
    puts("ok");
    return 0;
}
