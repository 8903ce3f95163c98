/* Simulated memory under four models.
 *
 * SC: a word per location.  TSO and PSO: plus a store buffer per thread (P. Sewell et al., "x86-TSO: A Rigorous
 * and Usable Programmer's Model for x86 Multiprocessors", CACM 53(7), 2010; SPARC V8 for PSO); the buffer holds
 * pairs (word, value) and is kept sorted by word under PSO, where only the order within a word matters.
 * RA: the views of J. Kang et al., "A Promising Semantics for Relaxed-Memory Concurrency" (POPL 2017), without
 * promises.  A location is a list of messages {value, follows its predecessor at once, view} in modification
 * order; a view holds, for each word, the index of a message; inserting one moves the indices behind it.
 */
#include <string.h>

#include "internal.h"

enum { VALUE, GLUED, VIEW };

int64_t *kr__registers(const kr__machine *m, int64_t *state, uint32_t thread)
{
    assert(thread < m->program->threads);
    return state + m->local[thread] + m->registers;
}

int64_t *kr__buffer(const kr__machine *m, int64_t *state, uint32_t thread)
{
    assert(m->model == KR_MODEL_TSO || m->model == KR_MODEL_PSO);
    assert(thread < m->program->threads);
    return state + m->local[thread] + m->registers + m->program->thread[thread].registers;
}

/* -- release/acquire --------------------------------------------------------------------------- */

static uint32_t line_words(const kr__machine *m)
{
    return 1 + m->messages * m->message_words;
}

static int64_t *line_of(const kr__machine *m, int64_t *state, uint32_t word)
{
    assert(m->model == KR_MODEL_RA);
    assert(word < m->program->words);
    return state + m->at_memory + (size_t)word * line_words(m);
}

static int64_t *message_of(const kr__machine *m, int64_t *state, uint32_t word, uint32_t index)
{
    assert(index < m->messages);
    return line_of(m, state, word) + 1 + (size_t)index * m->message_words;
}

static int64_t *view_of(const kr__machine *m, int64_t *state, uint32_t thread)
{
    return state + m->at_views + (size_t)thread * m->program->words;
}

static int64_t *slot_of(const kr__machine *m, int64_t *state, uint32_t slot)
{
    return state + m->at_views + (size_t)(m->program->threads + slot) * m->program->words;
}

static uint32_t slots(const kr__machine *m)
{
    const kr_program *p = m->program;
    return p->mutexes + p->semaphores + p->promises + p->threads + 1;
}

uint32_t kr__slot(const kr__machine *m, int kind, uint32_t index)
{
    const kr_program *p = m->program;
    switch (kind) {
    case KR__O_MUTEX:
        return index;
    case KR__O_SEMAPHORE:
        return p->mutexes + index;
    case KR__O_PROMISE:
        return p->mutexes + p->semaphores + index;
    case KR__O_ENDED:
        return p->mutexes + p->semaphores + p->promises + index;
    default:
        assert(kind == KR__O_FENCE);
        return slots(m) - 1;
    }
}

static void join(int64_t *into, const int64_t *from, uint32_t words)
{
    for (uint32_t i = 0; i < words; i++)
        into[i] = into[i] > from[i] ? into[i] : from[i];
}

void kr__publish(const kr__machine *m, int64_t *state, uint32_t thread, uint32_t slot)
{
    if (m->model == KR_MODEL_RA)
        join(slot_of(m, state, slot), view_of(m, state, thread), m->program->words);
}

void kr__receive(const kr__machine *m, int64_t *state, uint32_t thread, uint32_t slot)
{
    if (m->model == KR_MODEL_RA)
        join(view_of(m, state, thread), slot_of(m, state, slot), m->program->words);
}

uint32_t kr__message_count(const kr__machine *m, const int64_t *state, uint32_t word)
{
    return (uint32_t)line_of(m, (int64_t *)(uintptr_t)state, word)[0];
}

static void move_views(const kr__machine *m, int64_t *state, uint32_t word, uint32_t index)
{
    uint32_t views = m->program->threads + slots(m);
    for (uint32_t i = 0; i < views; i++) {
        int64_t *view = state + m->at_views + (size_t)i * m->program->words;
        view[word] += view[word] >= (int64_t)index;
    }
    for (uint32_t w = 0; w < m->program->words; w++) {
        uint32_t count = kr__message_count(m, state, w);
        for (uint32_t i = 0; i < count; i++) {
            int64_t *view = message_of(m, state, w, i) + VIEW;
            view[word] += view[word] >= (int64_t)index;
        }
    }
}

/* Inserts a message at `index`; the writing thread's view moves to it. */
static void insert(const kr__machine *m, int64_t *state, uint32_t thread, uint32_t word, uint32_t index, int64_t value,
                   bool glued, bool relaxed)
{
    int64_t *line = line_of(m, state, word);
    assert(line[0] < m->messages);
    assert(index <= line[0]);
    move_views(m, state, word, index);
    int64_t *at = message_of(m, state, word, index);
    memmove(at + m->message_words, at, (size_t)(line[0] - index) * m->message_words * sizeof *at);
    line[0]++;
    int64_t *view = view_of(m, state, thread);
    view[word] = index;
    at[VALUE] = value;
    at[GLUED] = glued;
    if (relaxed) {
        memset(at + VIEW, 0, m->program->words * sizeof *at);
        at[VIEW + word] = index;
    } else {
        memcpy(at + VIEW, view, m->program->words * sizeof *at);
    }
}

static void see(const kr__machine *m, int64_t *state, uint32_t thread, uint32_t word, uint32_t index, bool relaxed)
{
    int64_t *view = view_of(m, state, thread);
    if (!relaxed)
        join(view, message_of(m, state, word, index) + VIEW, m->program->words);
    view[word] = view[word] > (int64_t)index ? view[word] : (int64_t)index;
}

/* -- all models -------------------------------------------------------------------------------- */

void kr__memory_boot(kr__machine *m, int64_t *state, uint32_t word, int64_t value)
{
    if (m->model != KR_MODEL_RA) {
        state[m->at_memory + word] = value;
        return;
    }
    line_of(m, state, word)[0] = 1;
    message_of(m, state, word, 0)[VALUE] = value;
    assert(kr__message_count(m, state, word) == 1);
}

int64_t kr__newest(const kr__machine *m, const int64_t *state, uint32_t word)
{
    if (m->model != KR_MODEL_RA)
        return state[m->at_memory + word];
    uint32_t count = kr__message_count(m, state, word);
    assert(count > 0);
    return message_of(m, (int64_t *)(uintptr_t)state, word, count - 1)[VALUE];
}

static uint64_t bits(uint32_t from, uint32_t to) /* bits from .. to-1 */
{
    assert(from <= to && to <= 64);
    uint64_t low = to == 64 ? UINT64_MAX : (1ull << to) - 1;
    return from == 64 ? 0 : low & ~((1ull << from) - 1);
}

uint64_t kr__load_mask(const kr__machine *m, const int64_t *state, uint32_t thread, uint32_t word)
{
    if (m->model != KR_MODEL_RA)
        return 1;
    const int64_t *view = view_of(m, (int64_t *)(uintptr_t)state, thread);
    return bits((uint32_t)view[word], kr__message_count(m, state, word));
}

/* Under RA bit i means "insert before message i"; a full list gives 0, as does a full store buffer. */
uint64_t kr__store_mask(kr__machine *m, const int64_t *state, uint32_t thread, uint32_t word)
{
    int64_t *s = (int64_t *)(uintptr_t)state;
    if (m->model == KR_MODEL_SC)
        return 1;
    if (m->model != KR_MODEL_RA) {
        bool full = kr__buffer(m, s, thread)[0] >= m->buffer_entries;
        if (full)
            atomic_fetch_or(&m->bounded, KR_BOUND_BUFFER);
        return !full;
    }
    uint32_t count = kr__message_count(m, state, word);
    if (count >= m->messages)
        return 0;
    uint64_t mask = bits((uint32_t)view_of(m, s, thread)[word] + 1, count + 1);
    for (uint32_t i = 1; i < count; i++) {
        if (message_of(m, s, word, i)[GLUED])
            mask &= ~(1ull << i);
    }
    return mask;
}

uint64_t kr__rmw_mask(kr__machine *m, const int64_t *state, uint32_t thread, uint32_t word, int how, int64_t a)
{
    if (m->model != KR_MODEL_RA)
        return 1;
    int64_t *s = (int64_t *)(uintptr_t)state;
    uint32_t count = kr__message_count(m, state, word);
    uint64_t mask = kr__load_mask(m, state, thread, word);
    for (uint32_t i = 0; i < count; i++) {
        bool writes = how != KR__RMW_CAS || message_of(m, s, word, i)[VALUE] == a;
        bool taken = i + 1 < count && message_of(m, s, word, i + 1)[GLUED];
        if (writes && (taken || count >= m->messages))
            mask &= ~(1ull << i);
    }
    return mask;
}

int64_t kr__load(kr__cpu *cpu, uint32_t thread, uint32_t word, uint32_t message, bool relaxed)
{
    const kr__machine *m = cpu->machine;
    if (m->model == KR_MODEL_RA) {
        kr__touch(&cpu->effect, word, KR__READ);
        int64_t value = message_of(m, cpu->state, word, message)[VALUE];
        see(m, cpu->state, thread, word, message, relaxed);
        return value;
    }
    if (m->model != KR_MODEL_SC) {
        const int64_t *buffer = kr__buffer(m, cpu->state, thread);
        uint8_t flushes = 0;
        int64_t newest = 0;
        for (int64_t i = 0; i < buffer[0]; i++) {
            if (buffer[1 + 2 * i] == word) {
                flushes++;
                newest = buffer[2 + 2 * i];
            }
        }
        if (flushes) {
            kr__touch(&cpu->effect, word, KR__OWN);
            cpu->effect.access[cpu->effect.count - 1].flushes = flushes;
            return newest;
        }
    }
    kr__touch(&cpu->effect, word, KR__READ);
    return cpu->state[m->at_memory + word];
}

void kr__store(kr__cpu *cpu, uint32_t thread, uint32_t word, int64_t value, uint32_t message, bool relaxed)
{
    const kr__machine *m = cpu->machine;
    if (m->model == KR_MODEL_SC || m->model == KR_MODEL_RA) {
        kr__touch(&cpu->effect, word, KR__WRITE);
        if (m->model == KR_MODEL_RA)
            insert(m, cpu->state, thread, word, message, value, false, relaxed);
        else
            cpu->state[m->at_memory + word] = value;
        return;
    }
    int64_t *buffer = kr__buffer(m, cpu->state, thread);
    assert(buffer[0] < m->buffer_entries);
    int64_t at = buffer[0]++;
    while (m->model == KR_MODEL_PSO && at > 0 && buffer[1 + 2 * (at - 1)] > word) {
        buffer[1 + 2 * at] = buffer[1 + 2 * (at - 1)];
        buffer[2 + 2 * at] = buffer[2 + 2 * (at - 1)];
        at--;
    }
    buffer[1 + 2 * at] = word;
    buffer[2 + 2 * at] = value;
    uint32_t threads = m->program->threads;
    cpu->effect.issued = (int32_t)(m->model == KR_MODEL_TSO ? threads + thread
                                                            : threads + thread * m->program->words + word);
}

int kr__rmw(kr__cpu *cpu, uint32_t thread, uint32_t word, int how, int64_t a, int64_t b, uint32_t message,
            int64_t *old)
{
    const kr__machine *m = cpu->machine;
    bool ra = m->model == KR_MODEL_RA;
    *old = ra ? message_of(m, cpu->state, word, message)[VALUE] : cpu->state[m->at_memory + word];
    bool writes = how != KR__RMW_READ && (how != KR__RMW_CAS || *old == a);
    int64_t value = how == KR__RMW_CAS ? b : a;
    if (how == KR__RMW_ADD) {
        int failure = kr__binary(cpu->machine->terms, KR__X_ADD, *old, a, &value);
        if (failure) {
            kr__touch(&cpu->effect, word, KR__READ);
            return failure;
        }
    }
    kr__touch(&cpu->effect, word, writes ? KR__WRITE : KR__READ);
    if (ra)
        see(m, cpu->state, thread, word, message, false);
    if (!writes)
        return KR__OK;
    if (ra) {
        if (kr__message_count(m, cpu->state, word) >= m->messages)
            return KR__LIMIT;
        insert(m, cpu->state, thread, word, message + 1, value, true, false);
    } else {
        cpu->state[m->at_memory + word] = value;
    }
    return KR__OK;
}

static int64_t oldest(const kr__machine *m, const int64_t *buffer, uint32_t process)
{
    if (m->model == KR_MODEL_TSO)
        return buffer[0] > 0 ? 0 : -1;
    uint32_t word = (process - m->program->threads) % m->program->words;
    for (int64_t i = 0; i < buffer[0]; i++) {
        if (buffer[1 + 2 * i] == word)
            return i;
    }
    return -1;
}

bool kr__flush_possible(const kr__machine *m, const int64_t *state, uint32_t process)
{
    assert(process >= m->program->threads);
    const int64_t *buffer = kr__buffer(m, (int64_t *)(uintptr_t)state, kr__owner(m, process));
    return oldest(m, buffer, process) >= 0;
}

void kr__flush(kr__cpu *cpu, uint32_t process)
{
    const kr__machine *m = cpu->machine;
    uint32_t thread = kr__owner(m, process);
    int64_t *buffer = kr__buffer(m, cpu->state, thread);
    int64_t at = oldest(m, buffer, process);
    assert(at >= 0);
    uint32_t word = (uint32_t)buffer[1 + 2 * at];
    cpu->effect.flushed = 0;
    for (int64_t i = 0; i < buffer[0]; i++)
        cpu->effect.flushed += m->model == KR_MODEL_TSO || buffer[1 + 2 * i] == word;
    cpu->state[m->at_memory + word] = buffer[2 + 2 * at];
    kr__touch(&cpu->effect, word, KR__WRITE);
    kr__touch(&cpu->effect, kr__object(m, KR__O_BUFFER, thread), KR__SIGNAL);
    buffer[0]--;
    memmove(buffer + 1 + 2 * at, buffer + 3 + 2 * at, (size_t)(buffer[0] - at) * 2 * sizeof *buffer);
    buffer[1 + 2 * buffer[0]] = buffer[2 + 2 * buffer[0]] = 0;
    assert(buffer[0] >= 0);
}
