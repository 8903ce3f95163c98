/* The public face of the searches: options, limits, results. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "internal.h"

double kr__now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

int kr__poll(kr_search *search)
{
    if (atomic_load_explicit(&search->cancelled, memory_order_relaxed))
        return KR_STOP_CANCELLED;
    if (search->deadline > 0 && kr__now() > search->deadline)
        return KR_STOP_SECONDS;
    return 0;
}

static bool options_fit(const kr_options *o)
{
    return o->model >= KR_MODEL_SC && o->model <= KR_MODEL_RA && o->algorithm >= KR_ALG_STATEFUL
           && o->algorithm <= KR_ALG_REPLAY && o->threads >= 1 && o->threads <= 64 && o->buffer_limit >= 1
           && o->buffer_limit <= 64 && o->message_limit >= 2 && o->message_limit <= 63 && o->pct_depth >= 0
           && o->pct_depth <= 1000 && o->preemption_bound <= 1000000 && o->context_bound <= 1000000
           && o->max_seconds >= 0;
}

kr_search *kr_search_new(const kr_program *program, const kr_options *options, int *error)
{
    *error = KR_EARGUMENT;
    if (!options_fit(options))
        return NULL;
    *error = KR_EMEMORY;
    kr_search *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->program = program;
    s->options = *options;
    pthread_mutex_init(&s->lock, NULL);
    s->terms = kr__terms_new();
    if (s->terms) {
        *error = kr__machine_init(&s->machine, program, s->terms, options);
        if (*error == 0) {
            uint32_t words = kr__outcome_words(&s->machine);
            s->outcomes = kr__set_new(words);
            s->deadlocks = kr__set_new(words);
            s->outcome_scratch = calloc(words, sizeof *s->outcome_scratch);
            if (!s->outcomes || !s->deadlocks || !s->outcome_scratch)
                *error = KR_EMEMORY;
        }
    }
    if (*error) {
        kr_search_free(s);
        return NULL;
    }
    return s;
}

void kr_search_free(kr_search *s)
{
    if (!s)
        return;
    for (uint32_t i = 0; i < s->finding_count; i++)
        kr__finding_drop(&s->findings[i]);
    free(s->findings);
    kr__set_free(s->outcomes);
    kr__set_free(s->deadlocks);
    kr__terms_free(s->terms);
    free(s->outcome_scratch);
    free(s->schedule);
    free(s->last);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

int kr_search_schedule(kr_search *s, const kr_step *steps, size_t count)
{
    if (s->ran || count > UINT32_MAX / 2)
        return KR_ESTATE;
    kr_step *copy = calloc(count + 1, sizeof *copy);
    if (!copy)
        return KR_EMEMORY;
    if (count)
        memcpy(copy, steps, count * sizeof *copy);
    free(s->schedule);
    s->schedule = copy;
    s->schedule_count = count;
    assert(s->schedule);
    return 0;
}

void kr_search_cancel(kr_search *s)
{
    atomic_store(&s->cancelled, 1);
}

int kr_search_run(kr_search *s)
{
    if (s->ran)
        return KR_ESTATE;
    s->ran = true;
    s->started = kr__now();
    s->deadline = s->options.max_seconds > 0 ? s->started + s->options.max_seconds : 0;
    int rc = 0;
    switch (s->options.algorithm) {
    case KR_ALG_STATEFUL:
        rc = kr__run_stateful(s);
        break;
    case KR_ALG_SCHEDULES:
        rc = kr__run_schedules(s);
        break;
    default:
        rc = kr__run_traces(s);
        break;
    }
    if (rc == KR_EMEMORY) {
        s->counts.stopped_by = KR_STOP_MEMORY;
        rc = 0;
    }
    s->counts.seconds = kr__now() - s->started;
    s->counts.bounded |= atomic_load(&s->machine.bounded);
    s->counts.outcomes = kr__set_count(s->outcomes);
    s->counts.deadlocks = kr__set_count(s->deadlocks);
    s->counts.findings = s->finding_count;
    assert(s->counts.stopped_by >= 0);
    return rc;
}

void kr_search_counts(const kr_search *s, kr_counts *out)
{
    *out = s->counts;
}

int64_t kr_search_outcome_words(const kr_search *s)
{
    return kr__outcome_words(&s->machine);
}

int kr_search_outcome(const kr_search *s, int kind, uint64_t index, int64_t *out)
{
    const kr__set *set = kind == 0 ? s->outcomes : s->deadlocks;
    if (kind < 0 || kind > 1 || index >= kr__set_count(set))
        return KR_EARGUMENT;
    memcpy(out, kr__set_get(set, index), kr__outcome_words(&s->machine) * sizeof *out);
    return 0;
}

int kr_search_finding(const kr_search *s, uint64_t index, kr_finding *out)
{
    if (index >= s->finding_count)
        return KR_EARGUMENT;
    *out = s->findings[index].public;
    if (!s->findings[index].schedule)
        out->steps = 0;
    return 0;
}

int kr_search_finding_schedule(const kr_search *s, uint64_t index, kr_step *out)
{
    if (index >= s->finding_count || !s->findings[index].schedule)
        return KR_EARGUMENT;
    memcpy(out, s->findings[index].schedule, s->findings[index].public.steps * sizeof *out);
    return 0;
}

int kr_search_finding_waits(const kr_search *s, uint64_t index, int32_t (*out)[4])
{
    if (index >= s->finding_count || !s->findings[index].waits)
        return KR_EARGUMENT;
    memcpy(out, s->findings[index].waits, s->program->threads * sizeof *out);
    return (int)s->program->threads;
}

int64_t kr_search_last_schedule(const kr_search *s, kr_step *out, size_t capacity)
{
    for (size_t i = 0; i < s->last_count && i < capacity; i++)
        out[i] = s->last[i];
    return (int64_t)s->last_count;
}

int kr_search_process(const kr_search *s, int32_t process, int32_t out[3])
{
    const kr__machine *m = &s->machine;
    if (process < 0 || (uint32_t)process >= m->processes)
        return KR_EARGUMENT;
    uint32_t threads = m->program->threads;
    out[0] = (int32_t)kr__owner(m, (uint32_t)process);
    out[2] = (uint32_t)process >= threads;
    out[1] = out[2] && m->model == KR_MODEL_PSO ? (int32_t)(((uint32_t)process - threads) % m->program->words) : -1;
    return 0;
}

int kr_search_term(const kr_search *s, int64_t value, int64_t out[5])
{
    return kr__term_get(s->terms, value, out);
}
