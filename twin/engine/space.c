/* States as tuples of interned slices.
 *
 * A step of a thread depends on its own slice and on the shared one only, and changes these two (and the slice of a
 * thread that it starts).  So slices are interned, a state is a tuple of small numbers, and the effect of a
 * thread's steps is remembered per (kind of thread, its slice, shared slice): the machine runs once for each such
 * pair, all other successors are looked up.  S. Blom, J. van de Pol, M. Weber, "LTSmin: Distributed and Symbolic
 * Reachability" (CAV 2010) calls this transition caching.  Storage is exact: equal numbers mean equal slices.
 *
 * Slices are interned under a lock per pool and never move, so they are read without one.  Memos are private to workers.
 */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum {
    CHUNK_BITS = 10,
    CHUNK = 1 << CHUNK_BITS,
    CHUNKS_MAX = 1 << (KR__ID_BITS - CHUNK_BITS),
    MANY_MAX = 1 << 22, /* words of remembered lists before the memo starts over */
    SUCCESSORS_MAX = 64 * 64
};

typedef struct pool {
    pthread_mutex_t lock;
    int64_t **chunks; /* CHUNKS_MAX pointers */
    uint32_t *slots;  /* index + 1 */
    uint32_t words, mask;
    atomic_uint count;
} pool;

struct kr__space {
    kr_search *search;
    kr__machine *machine;
    pool pools[KR__THREADS_MAX + 1]; /* 0: shared, 1 + kind: slices of threads */
    uint32_t kind[KR__THREADS_MAX];
    atomic_ullong bytes;
    int64_t *boot; /* the first state */
};

struct kr__worker {
    kr__space *space;
    kr__cpu cpu;
    kr__memo memo[1 << KR__MEMO_BITS];
    kr__successor *many; /* lists: a header, then the successors */
    uint32_t many_count, many_capacity;
    kr__successor one;
    kr__successor scratch[SUCCESSORS_MAX];
    /* where a finding would be */
    const uint32_t *ids;
    uint32_t level;
    kr_step step;
    bool found;
};

/* The header of a list: how many successors, and for steps with findings the threads that reported them already
 * (threads of one kind share lists, but a finding names its thread). */
static kr__successor header(uint32_t count, bool found, uint64_t threads)
{
    return (kr__successor){.local = count, .shared = (uint32_t)threads, .other_local = (uint32_t)(threads >> 32),
                           .flush = found};
}

static bool has_reported(const kr__successor *h, uint32_t thread)
{
    uint64_t threads = (uint64_t)h->other_local << 32 | h->shared;
    return !h->flush || threads >> thread & 1;
}

/* -- interning --------------------------------------------------------------------------------- */

static bool pool_init(pool *p, uint32_t words)
{
    pthread_mutex_init(&p->lock, NULL);
    p->words = words ? words : 1;
    p->mask = 63;
    p->chunks = calloc(CHUNKS_MAX, sizeof *p->chunks);
    p->slots = calloc(p->mask + 1, sizeof *p->slots);
    return p->chunks && p->slots;
}

static void pool_free(pool *p)
{
    if (!p->words)
        return;
    for (uint32_t i = 0; p->chunks && i < CHUNKS_MAX && p->chunks[i]; i++)
        free(p->chunks[i]);
    free(p->chunks);
    free(p->slots);
    pthread_mutex_destroy(&p->lock);
}

static int64_t *slice(const pool *p, uint32_t id)
{
    assert(id < (1u << KR__ID_BITS));
    assert(p->chunks[id >> CHUNK_BITS]);
    return p->chunks[id >> CHUNK_BITS] + (size_t)(id & (CHUNK - 1)) * p->words;
}

static uint32_t hash_slice(const int64_t *words, uint32_t count)
{
    uint64_t h = 0x9E3779B97F4A7C15u;
    for (uint32_t i = 0; i < count; i++) {
        h = (h ^ (uint64_t)words[i]) * 0xBF58476D1CE4E5B9u;
        h ^= h >> 31;
    }
    return (uint32_t)(h ^ h >> 32);
}

static bool pool_rehash(pool *p)
{
    uint32_t size = (p->mask + 1) * 2, count = atomic_load(&p->count);
    uint32_t *slots = calloc(size, sizeof *slots);
    if (!slots)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = hash_slice(slice(p, i), p->words) & (size - 1);
        while (slots[at])
            at = (at + 1) & (size - 1);
        slots[at] = i + 1;
    }
    free(p->slots);
    p->slots = slots;
    p->mask = size - 1;
    assert(count < size);
    return true;
}

static int64_t pool_add_locked(kr__space *space, pool *p, const int64_t *words)
{
    uint32_t count = atomic_load(&p->count);
    if ((count + 1) * 2 > p->mask + 1 && !pool_rehash(p))
        return KR_EMEMORY;
    uint32_t at = hash_slice(words, p->words) & p->mask;
    for (; p->slots[at]; at = (at + 1) & p->mask) {
        if (memcmp(slice(p, p->slots[at] - 1), words, p->words * sizeof *words) == 0)
            return p->slots[at] - 1;
    }
    if (count >= (1u << KR__ID_BITS) - 1)
        return KR_EMEMORY;
    if (!p->chunks[count >> CHUNK_BITS]) {
        size_t size = (size_t)CHUNK * p->words * sizeof *words;
        uint64_t limit = space->search->options.max_memory_bytes;
        if (limit && atomic_load(&space->bytes) + size > limit)
            return KR_EMEMORY;
        p->chunks[count >> CHUNK_BITS] = malloc(size);
        if (!p->chunks[count >> CHUNK_BITS])
            return KR_EMEMORY;
        atomic_fetch_add(&space->bytes, size);
    }
    memcpy(slice(p, count), words, p->words * sizeof *words);
    p->slots[at] = count + 1;
    atomic_store(&p->count, count + 1);
    return count;
}

static int64_t intern(kr__space *space, uint32_t at, const int64_t *words)
{
    pool *p = &space->pools[at];
    pthread_mutex_lock(&p->lock);
    int64_t id = pool_add_locked(space, p, words);
    pthread_mutex_unlock(&p->lock);
    assert(id < (1 << KR__ID_BITS));
    return id;
}

/* -- life -------------------------------------------------------------------------------------- */

kr__space *kr__space_new(kr_search *search)
{
    kr__space *space = calloc(1, sizeof *space);
    if (!space)
        return NULL;
    kr__machine *m = &search->machine;
    space->search = search;
    space->machine = m;
    bool ok = pool_init(&space->pools[0], m->shared_words);
    for (uint32_t t = 0; t < m->program->threads && ok; t++) {
        /* Under RA the shared slice holds a view per thread, so threads differ. */
        space->kind[t] = m->model == KR_MODEL_RA ? t : m->program->thread[t].kind;
        if (space->kind[t] == t)
            ok = pool_init(&space->pools[1 + t], m->local_words[t]);
    }
    space->boot = calloc(m->words, sizeof *space->boot);
    kr__cpu cpu = {0};
    if (!ok || !space->boot || kr__cpu_init(&cpu, m) < 0 || !kr__cpu_boot(&cpu)) {
        kr__cpu_free(&cpu);
        kr__space_free(space);
        return NULL;
    }
    memcpy(space->boot, cpu.state, m->words * sizeof *space->boot);
    kr__cpu_free(&cpu);
    return space;
}

void kr__space_free(kr__space *space)
{
    if (!space)
        return;
    for (uint32_t i = 0; i <= KR__THREADS_MAX; i++)
        pool_free(&space->pools[i]);
    free(space->boot);
    free(space);
}

uint64_t kr__space_bytes(const kr__space *space)
{
    return atomic_load(&space->bytes);
}

uint32_t kr__space_count(const kr__space *space, uint32_t component)
{
    assert(component <= space->machine->program->threads);
    return atomic_load(&space->pools[component ? 1 + space->kind[component - 1] : 0].count);
}

uint32_t kr__space_kind(const kr__space *space, uint32_t thread)
{
    return space->kind[thread];
}

kr__worker *kr__worker_new(kr__space *space)
{
    kr__worker *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->space = space;
    if (kr__cpu_init(&w->cpu, space->machine) < 0) {
        free(w);
        return NULL;
    }
    memcpy(w->cpu.state, space->boot, space->machine->words * sizeof *space->boot);
    atomic_fetch_add(&space->bytes, sizeof *w);
    return w;
}

void kr__worker_free(kr__worker *w)
{
    if (!w)
        return;
    kr__cpu_free(&w->cpu);
    free(w->many);
    free(w);
}

kr__memo *kr__worker_memo(kr__worker *w)
{
    return w->memo;
}

/* -- findings ---------------------------------------------------------------------------------- */

/* kr__sink: remembers from which state and by which step the finding is reached. */
static void sink(void *context, int kind, int thread, int pc, int detail)
{
    kr__worker *w = context;
    kr_search *s = w->space->search;
    uint32_t components = 1 + s->program->threads;
    w->found = true;
    pthread_mutex_lock(&s->lock);
    uint32_t before = s->finding_count;
    kr__finding *f = kr__report_finding(s, kind, thread, pc, detail);
    if (f && (s->finding_count > before || w->level < f->level)) {
        uint32_t *source = f->source ? f->source : malloc(components * sizeof *source);
        if (source) {
            memcpy(source, w->ids, components * sizeof *source);
            f->source = source;
            f->level = w->level;
            f->last = w->step;
        }
    }
    pthread_mutex_unlock(&s->lock);
}

/* -- successors -------------------------------------------------------------------------------- */

static void load(kr__worker *w, uint32_t thread, const uint32_t *ids)
{
    kr__space *space = w->space;
    const kr__machine *m = space->machine;
    memcpy(w->cpu.state, slice(&space->pools[0], ids[0]), m->shared_words * sizeof(int64_t));
    memcpy(w->cpu.state + m->local[thread], slice(&space->pools[1 + space->kind[thread]], ids[1 + thread]),
           m->local_words[thread] * sizeof(int64_t));
}

static void load_all(kr__worker *w, const uint32_t *ids)
{
    for (uint32_t t = 0; t < w->space->machine->program->threads; t++)
        load(w, t, ids);
}

/* Other threads' slices must be those of the first state while successors are computed: a started thread is new. */
static void reset(kr__worker *w)
{
    const kr__machine *m = w->space->machine;
    memcpy(w->cpu.state, w->space->boot, m->words * sizeof(int64_t));
}

/* Executes one alternative from the loaded state and interns the result. */
static int one_successor(kr__worker *w, uint32_t thread, uint32_t process, uint32_t alternative,
                         kr__successor *out)
{
    kr__space *space = w->space;
    const kr__machine *m = space->machine;
    kr__cpu_step(&w->cpu, process, alternative);
    w->step = (kr_step){(int32_t)process, (int32_t)alternative};
    kr__inspect(&w->cpu, process, sink, w);
    int64_t shared = intern(space, 0, w->cpu.state);
    int64_t local = intern(space, 1 + space->kind[thread], w->cpu.state + m->local[thread]);
    int64_t other_local = 0;
    int32_t other = process < m->program->threads ? w->cpu.effect.spawned : -1;
    if (other >= 0) {
        other_local = intern(space, 1 + space->kind[other], w->cpu.state + m->local[other]);
        memcpy(w->cpu.state + m->local[other], space->boot + m->local[other],
               m->local_words[other] * sizeof(int64_t));
    }
    if (shared < 0 || local < 0 || other_local < 0)
        return KR_EMEMORY;
    *out = (kr__successor){(uint32_t)local, (uint32_t)shared, other, (uint32_t)other_local,
                           process >= m->program->threads};
    return 0;
}

static uint32_t processes_of(const kr__machine *m, uint32_t thread, uint32_t *first)
{
    uint32_t threads = m->program->threads;
    switch (m->model) {
    case KR_MODEL_TSO:
        *first = threads + thread;
        return 1;
    case KR_MODEL_PSO:
        *first = threads + thread * m->program->words;
        return m->program->words;
    default:
        *first = threads;
        return 0;
    }
}

/* All alternatives of one process, appended to the scratch list. */
static int of_process(kr__worker *w, uint32_t thread, uint32_t process, const uint32_t *ids, uint32_t *count)
{
    uint64_t mask = kr__cpu_enabled(&w->cpu, process);
    for (bool first = true; mask; mask &= mask - 1, first = false) {
        if (*count == SUCCESSORS_MAX)
            return KR_ESIZE;
        if (!first)
            load(w, thread, ids);
        int rc = one_successor(w, thread, process, (uint32_t)__builtin_ctzll(mask), &w->scratch[*count]);
        if (rc < 0)
            return rc;
        ++*count;
    }
    return 0;
}

static int64_t compute(kr__worker *w, uint32_t thread, const uint32_t *ids)
{
    uint32_t count = 0, first = 0;
    load(w, thread, ids);
    int rc = of_process(w, thread, thread, ids, &count);
    uint32_t buffers = processes_of(w->space->machine, thread, &first);
    for (uint32_t i = 0; i < buffers && rc == 0; i++) {
        load(w, thread, ids);
        rc = of_process(w, thread, first + i, ids, &count);
    }
    const kr__machine *m = w->space->machine;
    memcpy(w->cpu.state + m->local[thread], w->space->boot + m->local[thread],
           m->local_words[thread] * sizeof(int64_t));
    return rc < 0 ? rc : (int64_t)count;
}

static int remember(kr__worker *w, kr__memo *entry, uint64_t key, uint32_t thread, uint32_t count)
{
    const uint32_t flush_bit = 1u << 31;
    entry->key = key;
    if (count == 0) {
        entry->local = entry->shared = 0;
        return 0;
    }
    if (count == 1 && w->scratch[0].other < 0 && !w->found) {
        entry->local = w->scratch[0].local | (uint32_t)KR__MEMO_ONE << 30;
        entry->shared = w->scratch[0].shared | (w->scratch[0].flush ? flush_bit : 0);
        return 0;
    }
    if (w->many_count + count + 1 > MANY_MAX) { /* start over rather than grow without end */
        memset(w->memo, 0, sizeof w->memo);
        w->many_count = 0;
        entry->key = key;
    }
    if (w->many_count + count + 1 > w->many_capacity) {
        uint32_t capacity = w->many_capacity ? w->many_capacity : 256;
        while (capacity < w->many_count + count + 1)
            capacity *= 2;
        kr__successor *larger = realloc(w->many, capacity * sizeof *larger);
        if (!larger)
            return KR_EMEMORY;
        w->many = larger;
        w->many_capacity = capacity;
    }
    entry->local = (uint32_t)KR__MEMO_MANY << 30;
    entry->shared = w->many_count;
    w->many[w->many_count++] = header(count, w->found, 1ull << thread);
    memcpy(w->many + w->many_count, w->scratch, count * sizeof *w->many);
    w->many_count += count;
    assert(w->many_count <= w->many_capacity);
    return 0;
}

int64_t kr__successors(kr__worker *w, uint32_t thread, const uint32_t *ids, uint32_t level, const kr__successor **out)
{
    uint64_t key = kr__memo_key(w->space->kind[thread], ids[1 + thread], ids[0]);
    kr__memo *entry = &w->memo[kr__memo_slot(key)];
    bool known = entry->key == key;
    if (!known || (entry->local >> 30 == KR__MEMO_MANY && !has_reported(&w->many[entry->shared], thread))) {
        w->ids = ids;
        w->level = level;
        w->found = false;
        int64_t count = compute(w, thread, ids);
        if (count < 0)
            return count;
        if (known) {
            kr__successor *h = &w->many[entry->shared];
            *h = header(h->local, true, ((uint64_t)h->other_local << 32 | h->shared) | 1ull << thread);
        } else {
            int rc = remember(w, entry, key, thread, (uint32_t)count);
            if (rc < 0)
                return rc;
        }
    }
    switch (entry->local >> 30) {
    case KR__MEMO_NONE:
        return 0;
    case KR__MEMO_ONE:
        w->one = (kr__successor){entry->local & ~(3u << 30), entry->shared & ~(1u << 31), -1, 0,
                                 entry->shared >> 31};
        *out = &w->one;
        return 1;
    default:
        assert(entry->shared < w->many_count);
        *out = &w->many[entry->shared + 1];
        return w->many[entry->shared].local;
    }
}

int kr__space_first(kr__worker *w, uint32_t *ids)
{
    kr__space *space = w->space;
    const kr__machine *m = space->machine;
    reset(w);
    /* Number 0 of the shared pool stays unused, so that a packed state is never 0. */
    int64_t *unused = calloc(m->shared_words + 1, sizeof *unused);
    if (!unused)
        return KR_EMEMORY;
    memset(unused, 0x55, (m->shared_words ? m->shared_words : 1) * sizeof *unused);
    int64_t id = intern(space, 0, unused);
    free(unused);
    for (uint32_t c = 0; id >= 0 && c <= m->program->threads; c++) {
        id = c == 0 ? intern(space, 0, space->boot)
                    : intern(space, 1 + space->kind[c - 1], space->boot + m->local[c - 1]);
        ids[c] = (uint32_t)id;
    }
    if (id < 0)
        return KR_EMEMORY;
    assert(ids[0] > 0);
    w->ids = ids;
    w->level = 0;
    w->step = (kr_step){-1, 0};
    kr__inspect(&w->cpu, UINT32_MAX, sink, w);
    return 0;
}

int kr__space_end(kr__worker *w, const uint32_t *ids, uint32_t level)
{
    load_all(w, ids);
    bool deadlocked = false;
    int rc = kr__report_end(w->space->search, &w->cpu, &deadlocked);
    if (rc > 0) {
        w->ids = ids;
        w->level = level;
        w->step = (kr_step){-1, 0};
        sink(w, KR_FIND_DEADLOCK, -1, -1, rc - 1);
    }
    reset(w);
    return rc < 0 ? rc : 0;
}

bool kr__space_step(kr__worker *w, const uint32_t *ids, const uint32_t *next, kr_step *out)
{
    kr__space *space = w->space;
    const kr__machine *m = space->machine;
    bool found = false;
    for (uint32_t p = 0; p < m->processes && !found; p++) {
        load_all(w, ids);
        uint64_t mask = kr__cpu_enabled(&w->cpu, p);
        for (; mask && !found; mask &= mask - 1) {
            load_all(w, ids);
            uint32_t alternative = (uint32_t)__builtin_ctzll(mask);
            kr__cpu_step(&w->cpu, p, alternative);
            found = memcmp(w->cpu.state, slice(&space->pools[0], next[0]), m->shared_words * sizeof(int64_t)) == 0;
            for (uint32_t t = 0; t < m->program->threads && found; t++)
                found = memcmp(w->cpu.state + m->local[t], slice(&space->pools[1 + space->kind[t]], next[1 + t]),
                               m->local_words[t] * sizeof(int64_t)) == 0;
            if (found)
                *out = (kr_step){(int32_t)p, (int32_t)alternative};
        }
    }
    reset(w);
    return found;
}

int kr__space_waits(kr__worker *w, const uint32_t *ids, kr__finding *f)
{
    assert(f->public.kind == KR_FIND_DEADLOCK);
    assert(!f->waits);
    f->waits = calloc(w->space->search->program->threads, sizeof *f->waits);
    if (!f->waits)
        return KR_EMEMORY;
    load_all(w, ids);
    kr__waits(&w->cpu, f->waits);
    reset(w);
    return 0;
}
