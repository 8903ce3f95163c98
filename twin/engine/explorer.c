/* The public face of the DPOR core for programs that the caller executes itself. */
#include <assert.h>
#include <stdlib.h>

#include "dpor.h"
#include "krepis_twin.h"

struct kr_explorer {
    kr__dpor *core;
    bool branched; /* the step in progress has several alternatives */
    kr__access accesses[KR__ACCESS_MAX];
};

kr_explorer *kr_explorer_new(int algorithm, uint64_t seed, uint64_t max_traces, uint64_t max_steps, int pct_depth)
{
    if (algorithm < KR_ALG_OPTIMAL || algorithm > KR_ALG_ROUND_ROBIN || pct_depth < 0 || pct_depth > 1000)
        return NULL;
    kr_explorer *e = calloc(1, sizeof *e);
    if (!e)
        return NULL;
    e->core = kr__dpor_new(algorithm, seed, (uint32_t)pct_depth);
    if (!e->core) {
        free(e);
        return NULL;
    }
    kr__dpor_limits(e->core, max_traces, max_steps, 0);
    assert(e->core);
    return e;
}

void kr_explorer_free(kr_explorer *e)
{
    if (!e)
        return;
    kr__dpor_free(e->core);
    free(e);
}

int kr_explorer_start(kr_explorer *e)
{
    assert(e);
    assert(e->core);
    return kr__dpor_start(e->core);
}

int64_t kr_explorer_choose(kr_explorer *e, const int64_t *enabled, size_t count)
{
    assert(e->core);
    for (size_t i = 0; i < count; i++) {
        if (enabled[i] < 0)
            return KR_EARGUMENT;
    }
    return kr__dpor_choose(e->core, enabled, NULL, count);
}

int kr_explorer_branch(kr_explorer *e, int alternatives)
{
    assert(e->core);
    if (alternatives < 1 || alternatives > 64)
        return KR_EARGUMENT;
    e->branched = alternatives > 1;
    return kr__dpor_branch(e->core, alternatives == 64 ? UINT64_MAX : (1ull << alternatives) - 1);
}

int kr_explorer_record(kr_explorer *e, int64_t process, const int64_t *objects, uint32_t reads, uint32_t writes,
                       uint32_t acquires, uint32_t releases, const int64_t *created, uint32_t created_count,
                       int conditional)
{
    static const uint8_t kinds[4] = {KR__READ, KR__WRITE, KR__ACQUIRE, KR__RELEASE};
    const uint64_t ends[4] = {reads, (uint64_t)reads + writes, (uint64_t)reads + writes + acquires,
                              (uint64_t)reads + writes + acquires + releases};
    assert(e->core);
    if (ends[3] > KR__ACCESS_MAX)
        return KR_ESIZE;
    uint32_t at = 0;
    for (int k = 0; k < 4; k++) {
        for (; at < ends[k]; at++)
            e->accesses[at] = (kr__access){.object = (uint64_t)objects[at], .kind = kinds[k]};
    }
    for (uint32_t i = 0; i < created_count; i++) {
        if (created[i] < 0)
            return KR_EARGUMENT;
    }
    assert(at == ends[3]);
    bool branched = e->branched;
    e->branched = false;
    const kr__report report = {.process = process, .owner = process, .cause = -1, .conditional = conditional != 0,
                               .open = branched, .count = at, .accesses = e->accesses, .created = created,
                               .created_count = created_count};
    return kr__dpor_record(e->core, &report);
}

int kr_explorer_pending(kr_explorer *e, int64_t process, int64_t lock)
{
    assert(e->core);
    const kr__access access = {.object = (uint64_t)lock, .kind = KR__ACQUIRE};
    const kr__report report = {.process = process, .owner = process, .cause = -1, .count = 1,
                               .accesses = &access};
    assert(report.count == 1);
    return process < 0 ? KR_EARGUMENT : kr__dpor_pending(e->core, &report);
}

int kr_explorer_finish(kr_explorer *e)
{
    assert(e);
    assert(e->core);
    return kr__dpor_finish(e->core);
}

int64_t kr_explorer_schedule(const kr_explorer *e, int64_t *out, size_t capacity)
{
    assert(e->core);
    assert(out || capacity == 0);
    uint32_t length = kr__dpor_length(e->core);
    for (uint32_t i = 0; i < length && i < capacity; i++)
        out[i] = kr__dpor_process(e->core, i);
    return length;
}

void kr_explorer_counts(const kr_explorer *e, uint64_t out[5])
{
    assert(e->core);
    kr__dpor_counts counts = kr__dpor_count(e->core);
    out[0] = counts.traces;
    out[1] = counts.blocked;
    out[2] = counts.steps;
    out[3] = (uint64_t)counts.stopped_by;
    out[4] = counts.diverged;
    assert(counts.stopped_by >= 0);
}
