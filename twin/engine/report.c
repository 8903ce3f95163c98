/* What a search found: sets of outcomes, and findings with the shortest schedule seen. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* -- sets of vectors --------------------------------------------------------------------------- */

struct kr__set {
    uint32_t words, mask;
    uint64_t count, capacity;
    int64_t *vectors;
    uint32_t *slots; /* index + 1 */
};

kr__set *kr__set_new(uint32_t words)
{
    assert(words > 0);
    kr__set *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->words = words;
    s->capacity = 16;
    s->mask = 31;
    s->vectors = calloc(s->capacity * words, sizeof *s->vectors);
    s->slots = calloc(s->mask + 1, sizeof *s->slots);
    if (!s->vectors || !s->slots) {
        kr__set_free(s);
        return NULL;
    }
    return s;
}

void kr__set_free(kr__set *s)
{
    if (!s)
        return;
    free(s->vectors);
    free(s->slots);
    free(s);
}

static uint32_t hash_words(const int64_t *words, uint32_t count)
{
    uint64_t h = 0x9E3779B97F4A7C15u;
    for (uint32_t i = 0; i < count; i++) {
        h = (h ^ (uint64_t)words[i]) * 0xBF58476D1CE4E5B9u;
        h ^= h >> 32;
    }
    return (uint32_t)(h ^ h >> 29);
}

static bool set_widen(kr__set *s)
{
    uint64_t capacity = s->capacity * 2;
    if (capacity > UINT32_MAX / 4)
        return false;
    int64_t *vectors = realloc(s->vectors, capacity * s->words * sizeof *vectors);
    if (!vectors)
        return false;
    s->vectors = vectors;
    uint32_t *slots = calloc(capacity * 2, sizeof *slots);
    if (!slots)
        return false;
    free(s->slots);
    s->slots = slots;
    s->capacity = capacity;
    s->mask = (uint32_t)(capacity * 2 - 1);
    for (uint64_t i = 0; i < s->count; i++) {
        uint32_t at = hash_words(s->vectors + i * s->words, s->words) & s->mask;
        while (s->slots[at])
            at = (at + 1) & s->mask;
        s->slots[at] = (uint32_t)i + 1;
    }
    assert(s->count < s->capacity);
    return true;
}

int64_t kr__set_add(kr__set *s, const int64_t *words, bool *fresh)
{
    if (s->count == s->capacity && !set_widen(s))
        return KR_EMEMORY;
    uint32_t at = hash_words(words, s->words) & s->mask;
    *fresh = false;
    for (; s->slots[at]; at = (at + 1) & s->mask) {
        uint64_t index = s->slots[at] - 1;
        if (memcmp(s->vectors + index * s->words, words, s->words * sizeof *words) == 0)
            return (int64_t)index;
    }
    *fresh = true;
    memcpy(s->vectors + s->count * s->words, words, s->words * sizeof *words);
    s->slots[at] = (uint32_t)++s->count;
    assert(s->count <= s->capacity);
    return (int64_t)s->count - 1;
}

uint64_t kr__set_count(const kr__set *s)
{
    return s->count;
}

const int64_t *kr__set_get(const kr__set *s, uint64_t index)
{
    assert(index < s->count);
    return s->vectors + index * s->words;
}

uint64_t kr__set_bytes(const kr__set *s)
{
    return s->capacity * s->words * sizeof(int64_t) + (s->mask + 1ull) * sizeof(uint32_t);
}

/* -- outcomes ---------------------------------------------------------------------------------- */

uint32_t kr__outcome_words(const kr__machine *m)
{
    uint32_t words = m->program->words;
    for (uint32_t t = 0; t < m->program->threads; t++)
        words += 2 + m->program->thread[t].registers;
    return words;
}

static void write_outcome(kr__cpu *cpu, int64_t *out)
{
    const kr__machine *m = cpu->machine;
    const int64_t *begin = out;
    for (uint32_t t = 0; t < m->program->threads; t++) {
        uint32_t registers = m->program->thread[t].registers;
        *out++ = kr__status_of(cpu, t);
        *out++ = (uint32_t)cpu->state[m->local[t]];
        memcpy(out, kr__registers(m, cpu->state, t), registers * sizeof *out);
        out += registers;
    }
    for (uint32_t w = 0; w < m->program->words; w++)
        *out++ = kr__newest(m, cpu->state, w);
    assert(out - begin == kr__outcome_words(m));
    (void)begin;
}

static bool all_over(const kr__machine *m, const int64_t *state)
{
    for (uint32_t t = 0; t < m->program->threads; t++) {
        if (!kr__is_over(m, state, t) && !kr__is_new(m, state, t))
            return false;
    }
    return true;
}

int kr__report_end(kr_search *search, kr__cpu *cpu, bool *deadlocked)
{
    *deadlocked = !all_over(cpu->machine, cpu->state);
    kr__set *set = *deadlocked ? search->deadlocks : search->outcomes;
    uint64_t limit = search->options.max_outcomes;
    int rc = 0;
    pthread_mutex_lock(&search->lock);
    write_outcome(cpu, search->outcome_scratch);
    bool fresh = false;
    if (limit && kr__set_count(set) >= limit) {
        search->counts.bounded |= KR_BOUND_OUTCOMES;
    } else {
        int64_t index = kr__set_add(set, search->outcome_scratch, &fresh);
        rc = index < 0 ? (int)index : 0;
        if (index >= 0 && *deadlocked)
            rc = (int)index + 1; /* the caller makes a finding of it */
    }
    pthread_mutex_unlock(&search->lock);
    return rc;
}

/* -- findings ---------------------------------------------------------------------------------- */

kr__finding *kr__report_finding(kr_search *search, int kind, int thread, int pc, int detail)
{
    for (uint32_t i = 0; i < search->finding_count; i++) {
        const kr_finding *f = &search->findings[i].public;
        if (f->kind == kind && f->thread == thread && f->pc == pc && f->detail == detail)
            return &search->findings[i];
    }
    if (search->options.max_findings && search->finding_count >= search->options.max_findings) {
        search->counts.bounded |= KR_BOUND_FINDINGS;
        return NULL;
    }
    if (search->finding_count == search->finding_capacity) {
        uint32_t capacity = search->finding_capacity ? search->finding_capacity * 2 : 8;
        kr__finding *larger = realloc(search->findings, capacity * sizeof *larger);
        if (!larger)
            return NULL;
        search->findings = larger;
        search->finding_capacity = capacity;
    }
    kr__finding *f = &search->findings[search->finding_count++];
    memset(f, 0, sizeof *f);
    f->public = (kr_finding){.kind = kind, .thread = thread, .pc = pc, .detail = detail, .steps = UINT32_MAX};
    assert(search->finding_count <= search->finding_capacity);
    return f;
}

void kr__finding_drop(kr__finding *f)
{
    free(f->schedule);
    free(f->waits);
    free(f->source);
    f->source = NULL;
    f->schedule = NULL;
    f->waits = NULL;
}

static void inspect_thread(kr__cpu *cpu, uint32_t t, kr__sink sink, void *context)
{
    const kr__machine *m = cpu->machine;
    if (!kr__is_over(m, cpu->state, t))
        return;
    const int64_t *local = cpu->state + m->local[t];
    int pc = (int)(uint32_t)local[0];
    if (local[0] >> 32)
        sink(context, KR_FIND_FAILURE, (int)t, pc, (int)(local[0] >> 32));
    for (uint32_t i = 0; i < m->program->mutexes; i++) {
        if (local[1 + i / KR__MUTEXES_PER_WORD] >> (i % KR__MUTEXES_PER_WORD) & 1)
            sink(context, KR_FIND_LEAK, (int)t, pc, (int)i);
    }
}

void kr__inspect(kr__cpu *cpu, uint32_t process, kr__sink sink, void *context)
{
    const kr__machine *m = cpu->machine;
    if (process < m->program->threads)
        inspect_thread(cpu, process, sink, context);
    if (process < m->program->threads && cpu->effect.spawned >= 0)
        inspect_thread(cpu, (uint32_t)cpu->effect.spawned, sink, context);
    if (process == UINT32_MAX) { /* the first state */
        for (uint32_t t = 0; t < m->program->threads; t++) {
            if (!kr__is_new(m, cpu->state, t))
                inspect_thread(cpu, t, sink, context);
        }
    }
    for (uint32_t v = 0; v < m->program->invariants; v++) {
        if (!kr__cpu_holds(cpu, v))
            sink(context, KR_FIND_INVARIANT, -1, -1, (int)v);
    }
}
