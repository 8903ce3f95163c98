/* The wait-for graph of a state: who cannot step, what it waits for, and who could provide it. */
#include "internal.h"

static bool waits_for_others(const kr__instruction *i)
{
    return i->op == KR__LOCK || i->op == KR__TAKE || i->op == KR__AWAIT || i->op == KR__JOIN;
}

/* A thread that holds the mutex, or -1. */
static int32_t holder_of(const kr__machine *m, const int64_t *state, uint32_t mutex)
{
    assert(mutex < m->program->mutexes);
    for (uint32_t t = 0; t < m->program->threads; t++) {
        int64_t held = state[m->local[t] + 1 + mutex / KR__MUTEXES_PER_WORD];
        if (held >> (mutex % KR__MUTEXES_PER_WORD) & 1)
            return (int32_t)t;
    }
    return -1;
}

/* A waiting thread that has an instruction `op` on the object, or else any living one, or -1. */
static int32_t provider_of(const kr__machine *m, const int64_t *state, int op, int32_t object)
{
    int32_t found = -1;
    for (uint32_t t = 0; t < m->program->threads && found < 0; t++) {
        if (kr__is_over(m, state, t) || kr__is_new(m, state, t))
            continue;
        const kr__thread *thread = &m->program->thread[t];
        for (uint32_t i = 0; i < thread->count && found < 0; i++) {
            if (thread->code[i].op == op && thread->code[i].obj == object)
                found = (int32_t)t;
        }
    }
    assert(found < (int32_t)m->program->threads);
    return found;
}

void kr__waits(kr__cpu *cpu, int32_t (*out)[4])
{
    const kr__machine *m = cpu->machine;
    assert(out);
    for (uint32_t t = 0; t < m->program->threads; t++) {
        out[t][0] = (int32_t)kr__status_of(cpu, t);
        out[t][1] = out[t][2] = out[t][3] = -1;
        if (out[t][0] != KR__BLOCKED)
            continue;
        uint32_t pc = (uint32_t)cpu->state[m->local[t]];
        assert(pc < m->program->thread[t].count);
        const kr__instruction *i = &m->program->thread[t].code[pc];
        out[t][1] = i->op;
        if (!waits_for_others(i))
            continue;
        out[t][2] = i->obj;
        if (i->op == KR__LOCK)
            out[t][3] = holder_of(m, cpu->state, (uint32_t)i->obj);
        else if (i->op == KR__JOIN)
            out[t][3] = kr__is_over(m, cpu->state, (uint32_t)i->obj) ? -1 : i->obj;
        else
            out[t][3] = provider_of(m, cpu->state, i->op == KR__TAKE ? KR__GIVE : KR__RESOLVE, i->obj);
    }
}
