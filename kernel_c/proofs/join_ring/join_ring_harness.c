/* prove: unwind 4 */
#include "tenants_proof.h"

int main(void)
{
    tenant tenants[3] = {any_tenant(), any_tenant(), any_tenant()};
    uint32_t count = nondet_u32();
    assume(count <= 2);
    kr_tenants self = {.tenants_max = 3, .tenants_count = 3, .tenants = tenants, .ring_count = count,
                       .ring = count ? count - 1 : NONE};
    for (uint32_t i = 0; i < count; i++) {
        tenants[i].waits = true;
        tenants[i].next = i + 1 < count ? i + 1 : 0;
    }
    join_ring(&self, 2);
    assert(self.ring == 2 && self.ring_count == count + 1 && tenants[2].waits && !tenants[2].granted);
    uint32_t at = 2, seen = 0;
    for (uint32_t i = 0; i <= count; i++) {
        seen |= 1u << at;
        at = tenants[at].next;
        assert(at < 3);
    }
    assert(at == 2 && tenants[2].next == (count ? 0 : 2));
    assert(seen == (count == 0 ? 4 : count == 1 ? 5 : 7));
    return 0;
}
