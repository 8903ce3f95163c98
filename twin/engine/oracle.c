/* Thread states and the transitions between them.
 *
 * Which thread runs next is decided by the searches (dpor.c for strategies); this part says what a thread is.
 * BLOCKED and RUNNABLE are not stored: whether a thread can step follows from the whole state.
 */
#include "internal.h"

/* legal[from] has a bit for each state that may follow. */
static const uint8_t legal[KR__STATUSES] = {
    [KR__NEW] = 1 << KR__RUNNABLE | 1 << KR__BLOCKED | 1 << KR__COMPLETED | 1 << KR__FAILED,
    [KR__RUNNABLE] = 1 << KR__RUNNING | 1 << KR__BLOCKED,
    [KR__RUNNING] = 1 << KR__RUNNABLE | 1 << KR__BLOCKED | 1 << KR__SLEEPING | 1 << KR__COMPLETED | 1 << KR__FAILED,
    [KR__BLOCKED] = 1 << KR__RUNNABLE,
    [KR__SLEEPING] = 1 << KR__RUNNING,
    [KR__COMPLETED] = 0,
    [KR__FAILED] = 0,
};

bool kr__status_legal(enum kr__status from, enum kr__status to)
{
    assert(from < KR__STATUSES);
    assert(to < KR__STATUSES);
    return from == to || legal[from] >> to & 1;
}

bool kr__is_over(const kr__machine *m, const int64_t *state, uint32_t thread)
{
    assert(thread < m->program->threads);
    int64_t word = state[m->local[thread]];
    return (word >> 32) != 0 || (uint32_t)word == m->program->thread[thread].count;
}

bool kr__is_new(const kr__machine *m, const int64_t *state, uint32_t thread)
{
    assert(thread < m->program->threads);
    return !m->program->thread[thread].starts && state[m->at_started + thread] == 0;
}

enum kr__status kr__status_of(kr__cpu *cpu, uint32_t thread)
{
    const kr__machine *m = cpu->machine;
    assert(thread < m->program->threads);
    if (kr__is_new(m, cpu->state, thread))
        return KR__NEW;
    int64_t word = cpu->state[m->local[thread]];
    if (word >> 32)
        return KR__FAILED;
    if ((uint32_t)word == m->program->thread[thread].count)
        return KR__COMPLETED;
    if (m->program->uses_clock && kr__clock_is_set(cpu->state + m->at_clock, thread))
        return KR__SLEEPING;
    return kr__cpu_enabled(cpu, thread) ? KR__RUNNABLE : KR__BLOCKED;
}
