/* prove: unwind 4 */
#include "tenants_proof.h"

int main(void)
{
    tenant tenants[1] = {any_tenant()};
    request requests[REQUESTS];
    uint32_t queued = nondet_u32(), index = nondet_u32();
    assume(queued >= 1 && queued <= REQUESTS && index < queued);
    any_queue(tenants, requests, queued);
    kr_tenants self = {.tenants_max = 1, .tenants_count = 1, .requests_max = REQUESTS, .tenants = tenants,
                       .requests = requests};
    unlink_queued(&self, index);
    /* Those that are left, from the first to the last and back. */
    uint32_t forward = 0, backward = 0, at = tenants[0].first, before = NONE;
    for (uint32_t i = 0; i < REQUESTS && at != NONE; i++, forward++) {
        assert(at < queued && at != index && requests[at].previous == before);
        assert(before == NONE || before < at);
        before = at;
        at = requests[at].next;
    }
    assert(at == NONE && before == tenants[0].last);
    for (uint32_t i = 0; i < REQUESTS && before != NONE; i++, backward++)
        before = requests[before].previous;
    assert(forward == queued - 1 && backward == queued - 1 && tenants[0].metrics.queued == queued - 1);
    return 0;
}
