/* prove: unwind 4 */
#include "tenants_proof.h"

int main(void)
{
    tenant tenants[3] = {any_tenant(), any_tenant(), any_tenant()};
    uint32_t count = nondet_u32();
    assume(count >= 1 && count <= 3);
    kr_tenants self = {.tenants_max = 3, .tenants_count = 3, .tenants = tenants, .ring_count = count,
                       .ring = count - 1};
    for (uint32_t i = 0; i < count; i++) {
        tenants[i].waits = true;
        tenants[i].next = i + 1 < count ? i + 1 : 0;
    }
    tenants[0].metrics.queued = 0;
    leave_ring(&self);
    assert(!tenants[0].waits && tenants[0].next == NONE && tenants[0].deficit_us <= 0);
    assert(self.ring_count == count - 1 && self.ring == (count == 1 ? NONE : count - 1));
    assert(count == 1 || tenants[count - 1].next == 1);
    return 0;
}
