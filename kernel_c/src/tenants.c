/* Tenants, see krepis_tenants.h.
 *
 * The order is deficit round robin: M. Shreedhar and G. Varghese, "Efficient fair queueing using deficit round robin"
 * (1995).  A turn is paid for with what the tenant's requests cost lately, and settled when the request has ended.  A
 * tenant in debt is passed over; when all are, as many rounds as it takes are made at once, so taking a request costs
 * at most two walks over the tenants that wait. */
#include <stdlib.h>

#include "internal.h"
#include "krepis_tenants.h"

#define NONE UINT32_MAX
enum { MILLI = 1000, TENANTS_MAX = 65536, REQUESTS_MAX = 1 << 24, LIMITED = -429, REFUSED = -503 };
enum { FREE, QUEUED, RUNNING };

typedef struct tenant {
    kr_tenant_limits limits;
    kr_tenant_metrics metrics;
    uint64_t tokens, tokens_ms; /* thousandths of requests that its rate lets in, as of that time */
    int64_t deficit_us;         /* what it may still spend in its turn; negative: what it owes */
    int64_t estimate_us;        /* of the cost of its next request */
    uint32_t first, last;       /* its queue */
    uint32_t next;              /* in the ring of those that wait */
    bool waits, granted;        /* is in the ring; has had its quantum in this turn */
} tenant;

typedef struct request {
    uint32_t tenant, next, previous;
    uint32_t state;
    int64_t paid_us;
} request;

typedef struct rule {
    uint32_t tenant;
    uint8_t kind, length;
    char text[KR_TENANT_RULE_BYTES_MAX];
} rule;

struct kr_tenants {
    uint32_t tenants_max, tenants_count, requests_max, running_max, running, free, rules_count;
    uint32_t ring, ring_count; /* the last of the ring, whose next is at its turn */
    tenant *tenants;
    request *requests;
    rule *rules;
};

kr_tenants *kr_tenants_new(uint32_t tenants_max, uint32_t requests_max, uint32_t running_max)
{
    if (tenants_max == 0 || tenants_max > TENANTS_MAX || requests_max == 0 || requests_max > REQUESTS_MAX ||
        running_max == 0)
        return NULL;
    kr_tenants *self = calloc(1, sizeof *self);
    if (!self)
        return NULL;
    *self = (kr_tenants){.tenants_max = tenants_max, .requests_max = requests_max, .running_max = running_max,
                         .ring = NONE, .free = NONE};
    self->tenants = calloc(tenants_max, sizeof *self->tenants);
    self->requests = calloc(requests_max, sizeof *self->requests);
    self->rules = calloc(KR_TENANT_RULES_MAX, sizeof *self->rules);
    if (!self->tenants || !self->requests || !self->rules) {
        kr_tenants_free(self);
        return NULL;
    }
    for (uint32_t i = requests_max; i-- > 0;) {
        self->requests[i].next = self->free;
        self->free = i;
    }
    assert(self->free == 0);
    return self;
}

void kr_tenants_free(kr_tenants *self)
{
    if (!self)
        return;
    free(self->tenants);
    free(self->requests);
    free(self->rules);
    free(self);
}

int kr_tenants_add(kr_tenants *self, const kr_tenant_limits *limits)
{
    assert(limits);
    if (limits->weight == 0 || limits->weight > KR_TENANT_WEIGHT_MAX || limits->running_max == 0 ||
        (limits->rate_per_second > 0) != (limits->burst > 0))
        return KR_EINVAL;
    if (self->tenants_count == self->tenants_max)
        return KR_EFULL;
    self->tenants[self->tenants_count] = (tenant){
        .limits = *limits, .tokens = (uint64_t)limits->burst * MILLI, .estimate_us = 1, .first = NONE, .last = NONE,
        .next = NONE};
    assert(self->tenants_count < self->tenants_max);
    return (int)self->tenants_count++;
}

/* -- whose a request is ----------------------------------------------------------------------------------- */

/* The host without its port: "[::1]:80" is "[::1]". */
static size_t host_length(const char *host, size_t length)
{
    assert(host || length == 0);
    size_t end = length;
    while (end > 0 && kr__digit((uint8_t)host[end - 1]) <= 9)
        end--;
    return end > 0 && host[end - 1] == ':' ? end - 1 : length;
}

static uint8_t lower(char c)
{
    return (uint8_t)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

static bool applies(const rule *one, const char *text, size_t length)
{
    assert(one->length > 0);
    if (one->kind == KR_TENANT_PREFIX) {
        if (length < one->length || memcmp(text, one->text, one->length) != 0)
            return false;
        return length == one->length || text[one->length] == '/' || one->text[one->length - 1] == '/';
    }
    if (length != one->length)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (one->kind == KR_TENANT_HOST ? lower(text[i]) != lower(one->text[i]) : text[i] != one->text[i])
            return false;
    }
    return true;
}

int kr_tenants_rule(kr_tenants *self, uint32_t number, int kind, const char *text, size_t length)
{
    assert(text);
    if (number >= self->tenants_count || kind < 0 || kind >= KR_TENANT_KINDS || length == 0 ||
        length > KR_TENANT_RULE_BYTES_MAX || (kind == KR_TENANT_PREFIX && text[0] != '/'))
        return KR_EINVAL;
    for (uint32_t i = 0; i < self->rules_count; i++) {
        if (self->rules[i].kind == kind && self->rules[i].length == length && applies(&self->rules[i], text, length))
            return self->rules[i].tenant == number ? 0 : KR_ECONFLICT;
    }
    if (self->rules_count == KR_TENANT_RULES_MAX)
        return KR_EFULL;
    rule *one = &self->rules[self->rules_count++];
    *one = (rule){.tenant = number, .kind = (uint8_t)kind, .length = (uint8_t)length};
    memcpy(one->text, text, length);
    return 0;
}

int kr_tenants_find(const kr_tenants *self, const char *host, size_t host_size, const char *path, size_t path_length,
                    const char *header, size_t header_length)
{
    static const int order[KR_TENANT_KINDS] = {KR_TENANT_HEADER, KR_TENANT_HOST, KR_TENANT_PREFIX};
    const char *const texts[KR_TENANT_KINDS] = {host, path, header};
    const size_t lengths[KR_TENANT_KINDS] = {host ? host_length(host, host_size) : 0, path_length, header_length};
    for (int i = 0; i < KR_TENANT_KINDS; i++) {
        int found = -1;
        size_t longest = 0;
        for (uint32_t j = 0; j < self->rules_count && texts[order[i]]; j++) {
            const rule *one = &self->rules[j];
            if (one->kind == order[i] && one->length > longest && applies(one, texts[order[i]], lengths[order[i]])) {
                found = (int)one->tenant;
                longest = one->length;
            }
        }
        if (found >= 0)
            return found;
    }
    return -1;
}

/* -- admission -------------------------------------------------------------------------------------------- */

int kr_tenants_open(kr_tenants *self, uint32_t number)
{
    assert(number < self->tenants_count);
    tenant *one = &self->tenants[number];
    if (one->metrics.connections >= one->limits.connections_max) {
        one->metrics.refused++;
        return REFUSED;
    }
    one->metrics.connections++;
    return 0;
}

void kr_tenants_close(kr_tenants *self, uint32_t number)
{
    assert(number < self->tenants_count);
    assert(self->tenants[number].metrics.connections > 0);
    self->tenants[number].metrics.connections--;
}

/* Takes a token from the bucket.  0, or how many milliseconds it takes until there is one. */
static uint64_t take_token(tenant *one, uint64_t now_ms)
{
    uint64_t rate = one->limits.rate_per_second, full = (uint64_t)one->limits.burst * MILLI;
    if (rate == 0)
        return 0;
    assert(now_ms >= one->tokens_ms);
    uint64_t passed = now_ms - one->tokens_ms;
    /* A token a second is a thousandth a millisecond; the bucket is full long before this could overflow. */
    one->tokens = passed >= full / rate + 1 ? full : one->tokens + passed * rate;
    if (one->tokens > full)
        one->tokens = full;
    one->tokens_ms = now_ms;
    if (one->tokens < MILLI)
        return (MILLI - one->tokens + rate - 1) / rate;
    one->tokens -= MILLI;
    return 0;
}

static void join_ring(kr_tenants *self, uint32_t number)
{
    tenant *one = &self->tenants[number];
    assert(!one->waits);
    if (self->ring == NONE) {
        one->next = number;
    } else {
        one->next = self->tenants[self->ring].next;
        self->tenants[self->ring].next = number;
    }
    self->ring = number; /* the last one now: its turn comes after all others' */
    self->ring_count++;
    one->waits = true;
    one->granted = false;
}

int kr_tenants_offer(kr_tenants *self, uint32_t number, uint64_t now_ms, uint64_t *retry_ms)
{
    assert(number < self->tenants_count);
    assert(retry_ms);
    tenant *one = &self->tenants[number];
    one->metrics.offered++;
    *retry_ms = 0;
    if (one->metrics.queued >= one->limits.queued_max || self->free == NONE) {
        one->metrics.refused++;
        return REFUSED;
    }
    *retry_ms = take_token(one, now_ms);
    if (*retry_ms > 0) {
        one->metrics.limited++;
        return LIMITED;
    }
    uint32_t index = self->free;
    request *made = &self->requests[index];
    self->free = made->next;
    *made = (request){.tenant = number, .next = NONE, .previous = one->last, .state = QUEUED};
    if (one->last == NONE)
        one->first = index;
    else
        self->requests[one->last].next = index;
    one->last = index;
    one->metrics.queued++;
    if (!one->waits)
        join_ring(self, number);
    return (int)index;
}

/* -- turns ------------------------------------------------------------------------------------------------ */

static void unlink_queued(kr_tenants *self, uint32_t index)
{
    request *one = &self->requests[index];
    tenant *owner = &self->tenants[one->tenant];
    assert(one->state == QUEUED);
    assert(owner->metrics.queued > 0);
    if (one->previous == NONE)
        owner->first = one->next;
    else
        self->requests[one->previous].next = one->next;
    if (one->next == NONE)
        owner->last = one->previous;
    else
        self->requests[one->next].previous = one->previous;
    owner->metrics.queued--;
}

/* The one at its turn leaves the ring: it has nothing to wait for, and keeps no credit. */
static void leave_ring(kr_tenants *self)
{
    tenant *last = &self->tenants[self->ring];
    uint32_t number = last->next;
    tenant *one = &self->tenants[number];
    assert(one->waits && one->metrics.queued == 0);
    last->next = one->next;
    if (number == self->ring)
        self->ring = self->ring_count == 1 ? NONE : self->ring;
    self->ring_count--;
    one->waits = one->granted = false;
    one->next = NONE;
    if (one->deficit_us > 0)
        one->deficit_us = 0;
}

static bool may_run(const tenant *one)
{
    assert(one->limits.running_max > 0);
    return one->metrics.queued > 0 && one->metrics.running < one->limits.running_max;
}

static int64_t quantum(const tenant *one)
{
    assert(one->limits.weight > 0);
    return (int64_t)one->limits.weight * KR_TENANT_QUANTUM_US;
}

/* Takes the first request of the tenant at its turn. */
static int start(kr_tenants *self, uint32_t number)
{
    tenant *one = &self->tenants[number];
    uint32_t index = one->first;
    assert(index != NONE);
    unlink_queued(self, index);
    self->requests[index].state = RUNNING;
    self->requests[index].paid_us = one->estimate_us;
    one->deficit_us -= one->estimate_us;
    one->metrics.running++;
    self->running++;
    assert(self->running <= self->running_max);
    return (int)index;
}

/* One walk over the ring, from the one at its turn on. */
static int walk(kr_tenants *self)
{
    for (uint32_t left = self->ring_count; left > 0; left--) {
        uint32_t number = self->tenants[self->ring].next;
        tenant *one = &self->tenants[number];
        assert(one->waits);
        if (one->metrics.queued == 0) {
            leave_ring(self);
            continue;
        }
        if (may_run(one)) {
            if (!one->granted)
                one->deficit_us += quantum(one);
            one->granted = true;
            if (one->deficit_us >= one->estimate_us)
                return start(self, number);
        } else if (one->deficit_us > quantum(one)) {
            one->deficit_us = quantum(one); /* what its own limit keeps it from using does not add up */
        }
        one->granted = false;
        self->ring = number; /* the next one's turn */
    }
    return -1;
}

/* Makes the rounds at once after which somebody can pay.  False when nobody may run. */
static bool skip_rounds(kr_tenants *self)
{
    int64_t rounds = INT64_MAX;
    uint32_t number = self->ring;
    assert(self->ring != NONE);
    for (uint32_t left = self->ring_count; left > 0; left--, number = self->tenants[number].next) {
        const tenant *one = &self->tenants[number];
        if (!may_run(one))
            continue;
        int64_t missing = one->estimate_us - one->deficit_us, needed = (missing + quantum(one) - 1) / quantum(one);
        assert(missing > 0);
        if (needed < rounds)
            rounds = needed;
    }
    if (rounds == INT64_MAX)
        return false;
    /* The walk that follows makes the last of them. */
    for (uint32_t left = self->ring_count; left > 0; left--, number = self->tenants[number].next) {
        tenant *one = &self->tenants[number];
        if (may_run(one))
            one->deficit_us += (rounds - 1) * quantum(one);
    }
    return true;
}

int kr_tenants_take(kr_tenants *self)
{
    if (self->ring == NONE || self->running == self->running_max)
        return -1;
    int taken = walk(self);
    if (taken < 0 && self->ring != NONE && skip_rounds(self)) {
        taken = walk(self);
        assert(taken >= 0);
    }
    return taken;
}

void kr_tenants_end(kr_tenants *self, uint32_t index, uint64_t cost_us)
{
    assert(index < self->requests_max);
    request *one = &self->requests[index];
    tenant *owner = &self->tenants[one->tenant];
    assert(one->state != FREE);
    if (one->state == QUEUED) {
        unlink_queued(self, index); /* its tenant leaves the ring at its next turn */
    } else {
        /* Nothing is for free: who could take without paying would keep the turn for ever. */
        int64_t cost = cost_us == 0 ? 1 : cost_us < KR_TENANT_DEBT_US_MAX ? (int64_t)cost_us : KR_TENANT_DEBT_US_MAX;
        owner->deficit_us -= cost - one->paid_us;
        if (owner->deficit_us < -KR_TENANT_DEBT_US_MAX)
            owner->deficit_us = -KR_TENANT_DEBT_US_MAX;
        if (!owner->waits && owner->deficit_us > 0)
            owner->deficit_us = 0;
        owner->estimate_us += (cost - owner->estimate_us) / 8; /* as TCP smooths round trips, RFC 6298 */
        if (owner->estimate_us < 1)
            owner->estimate_us = 1;
        owner->metrics.running--;
        owner->metrics.ended++;
        owner->metrics.cost_us += cost_us;
        self->running--;
    }
    *one = (request){.next = self->free, .state = FREE};
    self->free = index;
}

int kr_tenants_of(const kr_tenants *self, uint32_t index)
{
    assert(self);
    bool there = index < self->requests_max && self->requests[index].state != FREE;
    return there ? (int)self->requests[index].tenant : KR_EGONE;
}

void kr_tenants_metrics(const kr_tenants *self, uint32_t number, kr_tenant_metrics *metrics)
{
    assert(number < self->tenants_count);
    assert(metrics);
    *metrics = self->tenants[number].metrics;
}

/* -- for tests -------------------------------------------------------------------------------------------- */

static bool queue_is_right(const kr_tenants *self, uint32_t number)
{
    const tenant *one = &self->tenants[number];
    uint32_t count = 0, previous = NONE;
    for (uint32_t i = one->first; i != NONE; i = self->requests[i].next) {
        const request *entry = &self->requests[i];
        if (entry->state != QUEUED || entry->tenant != number || entry->previous != previous ||
            count == one->metrics.queued)
            return false;
        previous = i;
        count++;
    }
    return count == one->metrics.queued && one->last == previous;
}

int kr_tenants_validate(const kr_tenants *self)
{
    uint32_t running = 0, used = 0, vacant = 0, waiting = 0;
    for (uint32_t i = 0; i < self->tenants_count; i++) {
        const tenant *one = &self->tenants[i];
        const kr_tenant_metrics *m = &one->metrics;
        if (!queue_is_right(self, i) || m->queued > one->limits.queued_max || m->running > one->limits.running_max ||
            m->connections > one->limits.connections_max || one->deficit_us < -KR_TENANT_DEBT_US_MAX ||
            one->estimate_us < 1 || (m->queued > 0 && !one->waits))
            return 0;
        running += m->running;
        used += m->running + m->queued;
        waiting += one->waits;
    }
    for (uint32_t i = self->free; i != NONE && vacant <= self->requests_max; i = self->requests[i].next)
        vacant++;
    uint32_t ring = 0, at = self->ring;
    while (at != NONE && ring <= self->ring_count) {
        ring++;
        at = self->tenants[at].next == self->ring ? NONE : self->tenants[at].next;
    }
    return running == self->running && running <= self->running_max && used + vacant == self->requests_max &&
           waiting == self->ring_count && ring == self->ring_count;
}
