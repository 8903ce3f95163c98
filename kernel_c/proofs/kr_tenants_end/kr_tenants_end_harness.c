/* prove: unwind 3; stub unlink_queued */
#include "tenants_proof.h"

enum { TABLE = 2 };
static uint32_t unlinked = NONE;

/* What is proved of it elsewhere. */
static void unlink_queued(kr_tenants *self, uint32_t index)
{
    assert(self->requests[index].state == QUEUED);
    unlinked = index;
}

int main(void)
{
    tenant owner = any_tenant();
    owner.waits = nondet_bool();
    uint32_t index = nondet_u32(), head = nondet_u32(), running = nondet_u32(), own = owner.metrics.running;
    assume(index < TABLE && (head == NONE || head < TABLE));
    bool ran = nondet_bool();
    assume(!ran || (own > 0 && running >= own));
    request requests[TABLE] = {{.state = FREE}, {.state = FREE}};
    requests[index].state = ran ? RUNNING : QUEUED;
    requests[index].paid_us = any_within(0, KR_TENANT_DEBT_US_MAX);
    kr_tenants self = {.tenants_max = 1, .tenants_count = 1, .requests_max = TABLE, .running = running, .free = head,
                       .tenants = &owner, .requests = requests};
    kr_tenants_end(&self, index, nondet_u64());

    assert(requests[index].state == FREE && requests[index].next == head && self.free == index);
    assert((unlinked == index) == !ran && self.running == running - ran && owner.metrics.running == own - ran);
    if (ran) {
        /* Who does not wait keeps no credit, and nobody owes more than is remembered. */
        assert(owner.deficit_us >= -KR_TENANT_DEBT_US_MAX && (owner.waits || owner.deficit_us <= 0));
        assert(owner.estimate_us >= 1 && owner.estimate_us <= KR_TENANT_DEBT_US_MAX);
    }
    return 0;
}
