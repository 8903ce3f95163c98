/* Breadth-first search over distinct states, exact, with one or more OS threads.
 *
 * A state is packed: each component's number (space.c) gets as many bits as that component has needed so far, and
 * when one outgrows its field everything is packed anew.  States that fit into 64 bits, most do, are the slots of
 * the open-addressed visited table themselves; wider ones are found through a slot of 24 hash bits and a record
 * number.  All states also stand in blocks, in the order of their levels: that is the frontier, and it is
 * how a schedule to a finding is recovered afterwards without parent pointers (a state's predecessor is looked for
 * in the level before).
 *
 * The table is indexed by the top bits of the hash, so it grows in one sequential pass.  Successors are generated for a
 * batch of states, their slots are prefetched, then inserted (as in A. Laarman, J. van de Pol, M. Weber, "Boosting
 * Multi-Core Reachability Performance with Shared Hash Tables", FMCAD 2010).  Growing and repacking happen while all
 * workers stand still.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "internal.h"

enum {
    BLOCK_BITS = 15,
    BLOCK = 1 << BLOCK_BITS, /* states per block */
    WORDS_MAX = 32,          /* of a packed state */
    BATCH = 48,              /* states expanded before their successors are inserted */
    BUFFER = 1 << 14,        /* successors of a batch */
    CLAIM = 256,             /* states claimed at once from the frontier */
    FIRST_TABLE_BITS = 15,
    POLL_BATCHES = 64,
    TAG_BITS = 24
};

typedef struct run { /* consecutive records */
    uint64_t first;
    uint32_t count;
} run;

typedef struct runs {
    run *list;
    uint32_t count, capacity;
} runs;

struct bfs;

typedef struct crew { /* one OS thread */
    struct bfs *bfs;
    kr__worker *worker;
    pthread_t thread;
    uint64_t next_record, records_end; /* the block being filled */
    runs found;
    uint64_t transitions;
    uint64_t *buffer; /* successors of the batch, packed */
    uint32_t buffered;
    uint64_t cursor, claimed; /* records being expanded */
    uint32_t batches;
    int rc;
} crew;

typedef struct bfs {
    kr_search *search;
    kr__space *space;
    uint32_t components; /* shared, threads, perhaps the control component */
    uint32_t words;      /* of a packed state */
    uint8_t width[KR__COMPONENTS_MAX], word[KR__COMPONENTS_MAX], shift[KR__COMPONENTS_MAX];
    uint32_t kind[KR__COMPONENTS_MAX];
    bool controlled;
    uint32_t control_bits;

    uint64_t *table;
    uint32_t table_bits;
    uint64_t **blocks;
    atomic_uint block_count;
    uint32_t block_capacity;
    atomic_ullong states;
    uint64_t bytes, peak_bytes;

    runs *levels; /* per level */
    uint32_t level_count, level_capacity;
    pthread_mutex_t lock; /* claims, blocks, and standing still */
    pthread_cond_t moved;
    uint32_t at_run, at_offset;
    crew *crews;
    uint32_t crew_count, running;
    uint64_t generation;
    atomic_int still; /* somebody wants all to stand still */
    atomic_int stop;  /* KR_STOP_* */
} bfs;

/* -- packing ----------------------------------------------------------------------------------- */

static uint64_t field(const bfs *b, const uint64_t *key, uint32_t c)
{
    return key[b->word[c]] >> b->shift[c] & ((1ull << b->width[c]) - 1);
}

static void pack(const bfs *b, const uint32_t *ids, uint64_t *key)
{
    memset(key, 0, b->words * sizeof *key);
    for (uint32_t c = 0; c < b->components; c++) {
        assert(ids[c] >> b->width[c] == 0);
        key[b->word[c]] |= (uint64_t)ids[c] << b->shift[c];
    }
}

static void unpack(const bfs *b, const uint64_t *key, uint32_t *ids)
{
    for (uint32_t c = 0; c < b->components; c++)
        ids[c] = (uint32_t)field(b, key, c);
}

static uint32_t bits_for(uint32_t count)
{
    uint32_t bits = 1;
    while (bits < 32 && count > 1ull << bits)
        bits++;
    return bits;
}

/* Gives every component the bits that it needs and shares out what is left of the last word. */
static int choose_widths(bfs *b)
{
    uint32_t need[KR__COMPONENTS_MAX], total = 0;
    for (uint32_t c = 0; c < b->components; c++) {
        bool control = b->controlled && c + 1 == b->components;
        need[c] = control ? b->control_bits : bits_for(kr__space_count(b->space, c) + 1);
        total += need[c];
    }
    uint32_t spare = total <= 64 ? (64 - total) / b->components : 2;
    uint32_t rest = total <= 64 ? (64 - total) % b->components : 0;
    uint32_t word = 0, used = 0;
    for (uint32_t c = 0; c < b->components; c++) {
        uint32_t width = need[c] + spare + (c < rest);
        width = width > KR__ID_BITS ? KR__ID_BITS : width;
        if (used + width > 64) {
            word++;
            used = 0;
        }
        b->word[c] = (uint8_t)word;
        b->shift[c] = (uint8_t)used;
        b->width[c] = (uint8_t)width;
        used += width;
    }
    b->words = word + 1;
    assert(b->words <= WORDS_MAX + 1);
    return b->words > WORDS_MAX ? KR_ESIZE : 0;
}

static uint64_t hash_key(const uint64_t *key, uint32_t words)
{
    uint64_t h = (key[0] ^ key[0] >> 32) * 0x9E3779B97F4A7C15u;
    for (uint32_t i = 1; i < words; i++)
        h = (h ^ h >> 32 ^ key[i]) * 0xD6E8FEB86659FD93u;
    return h ^ h >> 32;
}

/* -- memory ------------------------------------------------------------------------------------ */

static bool account(bfs *b, uint64_t more)
{
    uint64_t limit = b->search->options.max_memory_bytes;
    uint64_t total = b->bytes + more + kr__space_bytes(b->space);
    if (limit && total > limit)
        return false;
    b->bytes += more;
    b->peak_bytes = total > b->peak_bytes ? total : b->peak_bytes;
    return true;
}

static uint64_t *map_table(uint64_t slots)
{
    void *at = mmap(NULL, slots * sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED)
        return NULL;
    (void)madvise(at, slots * sizeof(uint64_t), MADV_HUGEPAGE);
    return at;
}

static uint64_t *record_at(const bfs *b, uint64_t index)
{
    assert(index >> BLOCK_BITS < b->block_count);
    return b->blocks[index >> BLOCK_BITS] + (size_t)(index & (BLOCK - 1)) * b->words;
}

/* A block for a crew to fill; the caller holds the lock or is alone. */
static int new_block(bfs *b, crew *c)
{
    if (b->block_count == b->block_capacity)
        return KR_EMEMORY;
    if (!account(b, (uint64_t)BLOCK * b->words * sizeof(uint64_t)))
        return KR_EMEMORY;
    uint64_t *block = malloc((size_t)BLOCK * b->words * sizeof *block);
    if (!block)
        return KR_EMEMORY;
    uint32_t at = atomic_load(&b->block_count);
    b->blocks[at] = block;
    c->next_record = (uint64_t)at << BLOCK_BITS;
    c->records_end = c->next_record + BLOCK;
    atomic_store(&b->block_count, at + 1);
    return 0;
}

/* The table of block pointers is only reallocated while nobody else runs: workers read it without a lock. */
static int reserve_blocks(bfs *b)
{
    uint32_t need = b->block_count + 2 * b->crew_count + 2;
    if (need <= b->block_capacity)
        return 0;
    uint32_t capacity = b->block_capacity ? b->block_capacity * 2 : 64;
    while (capacity < need)
        capacity *= 2;
    uint64_t **blocks = realloc(b->blocks, capacity * sizeof *blocks);
    if (!blocks)
        return KR_EMEMORY;
    b->blocks = blocks;
    b->block_capacity = capacity;
    return 0;
}

static int push_run(runs *r, uint64_t record)
{
    if (r->count && r->list[r->count - 1].first + r->list[r->count - 1].count == record
        && (record & (BLOCK - 1)) != 0) {
        r->list[r->count - 1].count++;
        return 0;
    }
    if (r->count == r->capacity) {
        uint32_t capacity = r->capacity ? r->capacity * 2 : 4;
        run *larger = realloc(r->list, capacity * sizeof *larger);
        if (!larger)
            return KR_EMEMORY;
        r->list = larger;
        r->capacity = capacity;
    }
    r->list[r->count++] = (run){record, 1};
    return 0;
}

/* -- the visited table ------------------------------------------------------------------------- */

static uint64_t slot_of(const bfs *b, uint64_t hash)
{
    return hash >> (64 - b->table_bits);
}

/* Puts a slot value where its hash belongs; nobody else touches the table. */
static void place(bfs *b, uint64_t hash, uint64_t value)
{
    uint64_t mask = (1ull << b->table_bits) - 1, at = slot_of(b, hash);
    while (b->table[at])
        at = (at + 1) & mask;
    b->table[at] = value;
}

static uint64_t wide_slot(uint64_t hash, uint64_t record)
{
    return (record + 1) << TAG_BITS | (hash & ((1u << TAG_BITS) - 1));
}

static void fill_table(bfs *b)
{
    for (uint32_t l = 0; l < b->level_count; l++) {
        for (uint32_t r = 0; r < b->levels[l].count; r++) {
            run some = b->levels[l].list[r];
            for (uint64_t i = some.first; i < some.first + some.count; i++) {
                uint64_t hash = hash_key(record_at(b, i), b->words);
                place(b, hash, b->words == 1 ? *record_at(b, i) : wide_slot(hash, i));
            }
        }
    }
}

static void fill_from_crews(bfs *b)
{
    for (uint32_t c = 0; c < b->crew_count; c++) {
        for (uint32_t r = 0; r < b->crews[c].found.count; r++) {
            run some = b->crews[c].found.list[r];
            for (uint64_t i = some.first; i < some.first + some.count; i++) {
                uint64_t hash = hash_key(record_at(b, i), b->words);
                place(b, hash, b->words == 1 ? *record_at(b, i) : wide_slot(hash, i));
            }
        }
    }
}

static int grow_table(bfs *b)
{
    uint64_t old_slots = 1ull << b->table_bits;
    uint64_t *old = b->table;
    if (!account(b, old_slots * 2 * sizeof *old))
        return KR_EMEMORY;
    uint64_t *fresh = map_table(old_slots * 2);
    if (!fresh)
        return KR_EMEMORY;
    b->table = fresh;
    b->table_bits++;
    if (b->words == 1) {
        for (uint64_t i = 0; i < old_slots; i++) { /* in the order of the hash, so writes are sequential too */
            if (old[i])
                place(b, hash_key(&old[i], 1), old[i]);
            if ((i & 0x7FFFF) == 0x7FFFF) /* what was moved need not stay in memory */
                (void)madvise(old + i - 0x7FFFF, 0x80000 * sizeof *old, MADV_DONTNEED);
        }
    } else {
        fill_table(b);
        fill_from_crews(b);
    }
    munmap(old, old_slots * sizeof *old);
    b->bytes -= old_slots * sizeof *old;
    return 0;
}

static int repack_block(const bfs *old, bfs *b, uint32_t at, uint32_t count)
{
    uint64_t *from = b->blocks[at], *to = from;
    if (b->words != old->words) {
        to = malloc((size_t)BLOCK * b->words * sizeof *to);
        if (!to)
            return KR_EMEMORY;
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t ids[KR__COMPONENTS_MAX];
        unpack(old, from + (size_t)i * old->words, ids);
        pack(b, ids, to + (size_t)i * b->words);
    }
    if (to != from) {
        free(from);
        b->blocks[at] = to;
    }
    return 0;
}

/* New widths for all components, for all states. */
static int repack(bfs *b)
{
    bfs old = *b;
    int rc = choose_widths(b);
    if (rc < 0)
        return rc;
    uint64_t grown = (uint64_t)b->block_count * BLOCK * (b->words - old.words) * sizeof(uint64_t);
    if (b->words > old.words && !account(b, grown)) {
        memcpy(b->width, old.width, sizeof b->width);
        memcpy(b->word, old.word, sizeof b->word);
        memcpy(b->shift, old.shift, sizeof b->shift);
        b->words = old.words;
        return KR_EMEMORY;
    }
    for (uint32_t at = 0; at < b->block_count; at++) {
        uint32_t count = BLOCK;
        for (uint32_t c = 0; c < b->crew_count; c++) {
            if (b->crews[c].records_end == (uint64_t)(at + 1) << BLOCK_BITS)
                count = BLOCK - (uint32_t)(b->crews[c].records_end - b->crews[c].next_record);
        }
        rc = repack_block(&old, b, at, count);
        if (rc < 0)
            return rc;
    }
    uint64_t bytes = sizeof(uint64_t) << b->table_bits;
    (void)madvise(b->table, bytes, MADV_DONTNEED); /* anonymous memory reads as zero afterwards */
    fill_table(b);
    fill_from_crews(b);
    return 0;
}

/* -- standing still ---------------------------------------------------------------------------- */

static bool table_is_full(const bfs *b)
{
    uint64_t slots = 1ull << b->table_bits;
    return atomic_load_explicit(&b->states, memory_order_relaxed) + (uint64_t)b->crew_count * BUFFER
           > slots / 4 * 3;
}

static bool fields_are_full(const bfs *b)
{
    for (uint32_t c = 0; c < 1 + b->search->program->threads; c++) {
        if (kr__space_count(b->space, c) > 1ull << b->width[c])
            return true;
    }
    return false;
}

static int maintain(bfs *b)
{
    int rc = reserve_blocks(b);
    if (rc == 0 && fields_are_full(b))
        rc = repack(b);
    while (rc == 0 && table_is_full(b))
        rc = grow_table(b);
    return rc;
}

/* Waits until all running workers are here; the last one maintains. */
static int stand_still(bfs *b)
{
    int rc = 0;
    pthread_mutex_lock(&b->lock);
    atomic_store(&b->still, 1);
    b->running--;
    uint64_t generation = b->generation;
    while (b->running > 0 && b->generation == generation)
        pthread_cond_wait(&b->moved, &b->lock);
    if (b->generation == generation) {
        rc = maintain(b);
        if (rc < 0)
            atomic_store(&b->stop, rc == KR_ESIZE ? KR_STOP_STATES : KR_STOP_MEMORY);
        b->generation++;
        atomic_store(&b->still, 0);
        pthread_cond_broadcast(&b->moved);
    }
    b->running++;
    pthread_mutex_unlock(&b->lock);
    return rc;
}

static void leave(bfs *b)
{
    pthread_mutex_lock(&b->lock);
    b->running--;
    pthread_cond_broadcast(&b->moved);
    pthread_mutex_unlock(&b->lock);
}

/* -- successors -------------------------------------------------------------------------------- */

typedef struct control { /* who ran last, and how much of the bounds is used */
    uint32_t last, preemptions, contexts;
} control;

static uint32_t bound_of(int32_t option)
{
    return option < 0 ? 0 : (uint32_t)option;
}

static uint32_t encode_control(const bfs *b, control c)
{
    const kr_options *o = &b->search->options;
    return (c.last * (bound_of(o->preemption_bound) + 1) + c.preemptions) * (bound_of(o->context_bound) + 1)
           + c.contexts;
}

static control decode_control(const bfs *b, uint32_t id)
{
    const kr_options *o = &b->search->options;
    uint32_t contexts = bound_of(o->context_bound) + 1, preemptions = bound_of(o->preemption_bound) + 1;
    return (control){id / contexts / preemptions, id / contexts % preemptions, id % contexts};
}

/* The control component after a step of `thread`; false when that exceeds a bound. */
static bool next_control(const bfs *b, uint32_t id, uint32_t thread, bool last_can_step, uint32_t *out)
{
    const kr_options *o = &b->search->options;
    control c = decode_control(b, id);
    bool switches = c.last != 0 && c.last != thread + 1;
    if (o->preemption_bound >= 0)
        c.preemptions += switches && last_can_step;
    if (o->context_bound >= 0)
        c.contexts += switches;
    if (o->preemption_bound >= 0 && c.preemptions > (uint32_t)o->preemption_bound) {
        atomic_fetch_or(&b->search->machine.bounded, KR_BOUND_PREEMPTIONS);
        return false;
    }
    if (o->context_bound >= 0 && c.contexts > (uint32_t)o->context_bound) {
        atomic_fetch_or(&b->search->machine.bounded, KR_BOUND_CONTEXTS);
        return false;
    }
    c.last = thread + 1;
    *out = encode_control(b, c);
    return true;
}

static bool can_step(crew *c, uint32_t thread, const uint32_t *ids, uint32_t level)
{
    const kr__successor *list;
    int64_t count = kr__successors(c->worker, thread, ids, level, &list);
    for (int64_t i = 0; i < count; i++) {
        if (!list[i].flush)
            return true;
    }
    return false;
}

/* Does every component fit its field? */
static bool fits(const bfs *b, uint32_t component, uint32_t id)
{
    return id >> b->width[component] == 0;
}

/* Appends the packed successors of one thread.  1: a field is too narrow; 0: fine; < 0: failure. */
static int expand_thread(crew *c, uint32_t t, uint32_t *ids, bool last_can_step, uint32_t *found)
{
    bfs *b = c->bfs;
    const kr__successor *list = NULL;
    int64_t count = kr__successors(c->worker, t, ids, b->level_count - 1, &list);
    if (count < 0)
        return (int)count;
    *found += (uint32_t)count;
    uint32_t next[KR__COMPONENTS_MAX];
    memcpy(next, ids, b->components * sizeof *next);
    for (int64_t i = 0; i < count; i++) {
        const kr__successor *s = &list[i];
        if (c->buffered == BUFFER)
            return KR_ESIZE;
        next[0] = s->shared;
        next[1 + t] = s->local;
        if (s->other >= 0)
            next[1 + s->other] = s->other_local;
        if (b->controlled && !s->flush
            && !next_control(b, ids[b->components - 1], t, last_can_step, &next[b->components - 1]))
            continue;
        if (!fits(b, 0, next[0]) || !fits(b, 1 + t, next[1 + t])
            || (s->other >= 0 && !fits(b, 1 + (uint32_t)s->other, s->other_local)))
            return 1;
        pack(b, next, c->buffer + (size_t)c->buffered++ * b->words);
        if (s->other >= 0)
            next[1 + s->other] = ids[1 + s->other];
        if (b->controlled)
            next[b->components - 1] = ids[b->components - 1];
    }
    return 0;
}

/* All successors of a state, the general way. */
static int expand(crew *c, const uint64_t *key)
{
    bfs *b = c->bfs;
    uint32_t ids[KR__COMPONENTS_MAX], found = 0, threads = b->search->program->threads;
    unpack(b, key, ids);
    bool last_can_step = false;
    if (b->controlled) {
        uint32_t last = decode_control(b, ids[b->components - 1]).last;
        last_can_step = last && can_step(c, last - 1, ids, b->level_count - 1);
    }
    for (uint32_t t = 0; t < threads; t++) {
        int rc = expand_thread(c, t, ids, last_can_step, &found);
        if (rc)
            return rc;
    }
    return found ? 0 : kr__space_end(c->worker, ids, b->level_count - 1);
}

/* The same for states of one word, where nearly all steps are in the memo. */
static int expand_narrow(crew *c, uint64_t key)
{
    bfs *b = c->bfs;
    const kr__memo *memo = kr__worker_memo(c->worker);
    uint32_t threads = b->search->program->threads, before = c->buffered;
    uint64_t shared = key >> b->shift[0] & ((1ull << b->width[0]) - 1);
    uint64_t *out = c->buffer;
    for (uint32_t t = 0; t < threads; t++) {
        uint32_t local = (uint32_t)field(b, &key, 1 + t);
        uint64_t wanted = kr__memo_key(b->kind[t], local, (uint32_t)shared);
        const kr__memo *e = &memo[kr__memo_slot(wanted)];
        if (e->key != wanted || e->local >> 30 > KR__MEMO_ONE) {
            uint32_t ids[KR__COMPONENTS_MAX], found = 0;
            unpack(b, &key, ids);
            int rc = expand_thread(c, t, ids, false, &found);
            if (rc)
                return rc;
            continue;
        }
        if (e->local >> 30 == KR__MEMO_NONE)
            continue;
        uint64_t next_local = e->local & ~(3u << 30), next_shared = e->shared & ~(1u << 31);
        if (next_local >> b->width[1 + t] || next_shared >> b->width[0])
            return 1;
        if (c->buffered == BUFFER)
            return KR_ESIZE;
        out[c->buffered++] = key + ((next_local - local) << b->shift[1 + t])
                             + ((next_shared - shared) << b->shift[0]);
    }
    if (c->buffered != before)
        return 0;
    uint32_t ids[KR__COMPONENTS_MAX];
    unpack(b, &key, ids);
    return kr__space_end(c->worker, ids, b->level_count - 1);
}

/* -- insertion --------------------------------------------------------------------------------- */

static int new_record(crew *c, uint64_t *record)
{
    if (c->next_record == c->records_end) {
        pthread_mutex_lock(&c->bfs->lock);
        int rc = new_block(c->bfs, c);
        pthread_mutex_unlock(&c->bfs->lock);
        if (rc < 0)
            return rc;
    }
    *record = c->next_record;
    return 0;
}

static int keep_record(crew *c, uint64_t record)
{
    assert(record == c->next_record);
    c->next_record++;
    return push_run(&c->found, record);
}

static int insert_narrow(crew *c, uint64_t key, uint32_t *fresh)
{
    bfs *b = c->bfs;
    uint64_t mask = (1ull << b->table_bits) - 1, at = slot_of(b, hash_key(&key, 1));
    _Atomic uint64_t *table = (_Atomic uint64_t *)b->table;
    for (;; at = (at + 1) & mask) {
        uint64_t seen = atomic_load_explicit(&table[at], memory_order_relaxed);
        if (seen == key)
            return 0;
        if (seen)
            continue;
        if (b->crew_count == 1)
            atomic_store_explicit(&table[at], key, memory_order_relaxed);
        else if (!atomic_compare_exchange_strong_explicit(&table[at], &seen, key, memory_order_relaxed,
                                                          memory_order_relaxed)) {
            if (seen == key)
                return 0;
            continue;
        }
        uint64_t record;
        int rc = new_record(c, &record);
        if (rc < 0)
            return rc;
        *record_at(b, record) = key;
        ++*fresh;
        return keep_record(c, record);
    }
}

static int insert_wide(crew *c, const uint64_t *key, uint32_t *fresh)
{
    bfs *b = c->bfs;
    uint64_t hash = hash_key(key, b->words), mask = (1ull << b->table_bits) - 1, at = slot_of(b, hash), record;
    _Atomic uint64_t *table = (_Atomic uint64_t *)b->table;
    int rc = new_record(c, &record);
    if (rc < 0)
        return rc;
    memcpy(record_at(b, record), key, b->words * sizeof *key);
    uint64_t value = wide_slot(hash, record);
    for (;; at = (at + 1) & mask) {
        uint64_t seen = atomic_load_explicit(&table[at], memory_order_acquire);
        if (!seen
            && atomic_compare_exchange_strong_explicit(&table[at], &seen, value, memory_order_acq_rel,
                                                       memory_order_acquire)) {
            ++*fresh;
            return keep_record(c, record);
        }
        if ((seen ^ value) & ((1u << TAG_BITS) - 1))
            continue;
        if (memcmp(record_at(b, (seen >> TAG_BITS) - 1), key, b->words * sizeof *key) == 0)
            return 0;
    }
}

static int insert_batch(crew *c)
{
    bfs *b = c->bfs;
    uint32_t fresh = 0;
    int rc = 0;
    for (uint32_t i = 0; i < c->buffered; i++)
        __builtin_prefetch(&b->table[slot_of(b, hash_key(c->buffer + (size_t)i * b->words, b->words))], 1);
    for (uint32_t i = 0; i < c->buffered && rc == 0; i++) {
        const uint64_t *key = c->buffer + (size_t)i * b->words;
        rc = b->words == 1 ? insert_narrow(c, *key, &fresh) : insert_wide(c, key, &fresh);
    }
    c->transitions += c->buffered;
    if (fresh)
        atomic_fetch_add_explicit(&b->states, fresh, memory_order_relaxed);
    return rc;
}

/* -- a level ----------------------------------------------------------------------------------- */

/* Takes the next records of the frontier; false when there are none. */
static bool claim(crew *c)
{
    bfs *b = c->bfs;
    const runs *frontier = &b->levels[b->level_count - 1];
    bool some = false;
    pthread_mutex_lock(&b->lock);
    if (b->at_run < frontier->count) {
        const run *r = &frontier->list[b->at_run];
        uint32_t count = r->count - b->at_offset;
        count = count > CLAIM ? CLAIM : count;
        c->cursor = r->first + b->at_offset;
        c->claimed = c->cursor + count;
        b->at_offset += count;
        if (b->at_offset == r->count) {
            b->at_run++;
            b->at_offset = 0;
        }
        some = true;
    }
    pthread_mutex_unlock(&b->lock);
    return some;
}

/* Expands up to BATCH claimed states into the buffer.  1: stand still and try again; < 0: failure. */
static int expand_batch(crew *c, uint64_t *end)
{
    bfs *b = c->bfs;
    uint64_t cursor = c->cursor;
    uint64_t last = cursor + BATCH < c->claimed ? cursor + BATCH : c->claimed;
    bool narrow = b->words == 1 && !b->controlled;
    c->buffered = 0;
    for (; cursor < last && c->buffered < BUFFER / 2; cursor++) {
        int rc = narrow ? expand_narrow(c, *record_at(b, cursor)) : expand(c, record_at(b, cursor));
        if (rc)
            return rc;
    }
    *end = cursor;
    return 0;
}

static int limit_of(bfs *b)
{
    uint64_t states = b->search->options.max_states;
    if (states && atomic_load(&b->states) >= states)
        return KR_STOP_STATES;
    return kr__poll(b->search);
}

static int work_batch(crew *c)
{
    bfs *b = c->bfs;
    if (atomic_load_explicit(&b->still, memory_order_relaxed) || table_is_full(b)
        || b->block_count + b->crew_count + 1 >= b->block_capacity) {
        int rc = stand_still(b);
        return rc;
    }
    if (++c->batches % POLL_BATCHES == 0 || b->search->options.max_states) {
        int stop = limit_of(b);
        if (stop)
            atomic_store(&b->stop, stop);
    }
    uint64_t end = 0;
    int rc = expand_batch(c, &end);
    if (rc == 1)
        return stand_still(b);
    if (rc < 0)
        return rc;
    rc = insert_batch(c);
    c->cursor = end;
    return rc;
}

static void work_level(crew *c)
{
    bfs *b = c->bfs;
    while (c->rc == 0 && !atomic_load_explicit(&b->stop, memory_order_relaxed)) {
        if (c->cursor == c->claimed && !claim(c))
            break;
        c->rc = work_batch(c);
    }
    if (c->rc < 0)
        atomic_store(&b->stop, c->rc == KR_ESIZE ? KR_STOP_STATES : KR_STOP_MEMORY);
    leave(b);
}

static void *work_thread(void *context)
{
    work_level(context);
    return NULL;
}

/* One level with all workers; small levels are not worth a second thread. */
static int run_level(bfs *b, uint64_t frontier)
{
    uint32_t crews = frontier < 4ull * CLAIM ? 1 : b->crew_count, started = 1;
    b->at_run = b->at_offset = 0;
    b->running = 1;
    for (uint32_t i = 0; i < b->crew_count; i++)
        b->crews[i].cursor = b->crews[i].claimed = 0;
    for (uint32_t i = 1; i < crews; i++) {
        pthread_mutex_lock(&b->lock);
        b->running++;
        pthread_mutex_unlock(&b->lock);
        if (pthread_create(&b->crews[i].thread, NULL, work_thread, &b->crews[i])) {
            leave(b);
            break;
        }
        started++;
    }
    work_level(&b->crews[0]);
    for (uint32_t i = 1; i < started; i++)
        pthread_join(b->crews[i].thread, NULL);
    assert(b->running == 0);
    return 0;
}

/* -- the search -------------------------------------------------------------------------------- */

/* The records that the workers found become the next level.  The number of states in it. */
static int64_t next_level(bfs *b)
{
    if (b->level_count == b->level_capacity) {
        uint32_t capacity = b->level_capacity ? b->level_capacity * 2 : 64;
        runs *larger = realloc(b->levels, capacity * sizeof *larger);
        if (!larger)
            return KR_EMEMORY;
        b->levels = larger;
        b->level_capacity = capacity;
    }
    runs merged = b->crews[0].found;
    b->crews[0].found = (runs){0};
    int64_t states = 0;
    for (uint32_t i = 0; i < merged.count; i++)
        states += merged.list[i].count;
    for (uint32_t c = 1; c < b->crew_count; c++) {
        runs *found = &b->crews[c].found;
        for (uint32_t i = 0; i < found->count; i++) {
            if (push_run(&merged, found->list[i].first) < 0)
                return KR_EMEMORY;
            merged.list[merged.count - 1].count += found->list[i].count - 1;
            states += found->list[i].count;
        }
        found->count = 0;
    }
    b->levels[b->level_count++] = merged;
    return states;
}

static int begin(bfs *b)
{
    uint32_t ids[KR__COMPONENTS_MAX] = {0};
    int rc = kr__space_first(b->crews[0].worker, ids);
    if (rc == 0)
        rc = choose_widths(b);
    if (rc == 0)
        rc = reserve_blocks(b);
    if (rc < 0)
        return rc;
    b->table_bits = FIRST_TABLE_BITS;
    while (table_is_full(b))
        b->table_bits++;
    if (!account(b, sizeof(uint64_t) << b->table_bits))
        return KR_EMEMORY;
    b->table = map_table(1ull << b->table_bits);
    if (!b->table)
        return KR_EMEMORY;
    pack(b, ids, b->crews[0].buffer);
    b->crews[0].buffered = 1;
    rc = insert_batch(&b->crews[0]);
    b->crews[0].transitions = 0;
    return rc;
}

static int search_levels(bfs *b)
{
    kr_search *s = b->search;
    for (;;) {
        int64_t states = next_level(b);
        if (states < 0)
            return (int)states;
        if (states == 0)
            return 0;
        if (s->options.max_depth && b->level_count - 1 >= s->options.max_depth) {
            s->counts.stopped_by = KR_STOP_DEPTH;
            return 0;
        }
        int rc = run_level(b, (uint64_t)states);
        if (rc < 0)
            return rc;
        int stop = atomic_load(&b->stop);
        if (stop) {
            s->counts.stopped_by = stop;
            return 0;
        }
    }
}

/* -- schedules of findings --------------------------------------------------------------------- */

typedef struct wanted { /* a finding whose path is being traced back */
    kr__finding *finding;
    uint32_t ids[KR__COMPONENTS_MAX];
    kr_step *path; /* filled from the end */
    uint32_t level;
    bool done;
} wanted;

/* Is the target a successor of the state `ids`?  The control component is free to be anything. */
static bool leads_to(bfs *b, crew *c, const uint32_t *ids, const wanted *w)
{
    uint32_t threads = b->search->program->threads, differ = 0, which = 0;
    for (uint32_t t = 0; t < threads; t++) {
        if (ids[1 + t] != w->ids[1 + t]) {
            differ++;
            which = t;
        }
    }
    for (uint32_t t = 0; t < threads && differ <= 2; t++) {
        if (differ == 1 && t != which)
            continue;
        const kr__successor *list = NULL;
        int64_t count = kr__successors(c->worker, t, ids, UINT32_MAX, &list);
        for (int64_t i = 0; i < count; i++) {
            const kr__successor *s = &list[i];
            if (s->shared != w->ids[0] || s->local != w->ids[1 + t])
                continue;
            uint32_t same = 0;
            for (uint32_t u = 0; u < threads; u++) {
                uint32_t id = u == t ? s->local : s->other == (int32_t)u ? s->other_local : ids[1 + u];
                same += id == w->ids[1 + u];
            }
            if (same == threads)
                return true;
        }
    }
    return false;
}

/* Looks in one level for the predecessors of all targets that stand in the next one. */
static int trace_level(bfs *b, uint32_t level, wanted *targets, uint32_t count)
{
    crew *c = &b->crews[0];
    uint32_t open = 0;
    for (uint32_t i = 0; i < count; i++) {
        targets[i].done = targets[i].level != level + 1;
        open += !targets[i].done;
    }
    const runs *r = &b->levels[level];
    for (uint32_t k = 0; k < r->count && open; k++) {
        for (uint64_t at = r->list[k].first; at < r->list[k].first + r->list[k].count && open; at++) {
            uint32_t ids[KR__COMPONENTS_MAX];
            unpack(b, record_at(b, at), ids);
            for (uint32_t i = 0; i < count && open; i++) {
                wanted *w = &targets[i];
                if (w->done || !leads_to(b, c, ids, w))
                    continue;
                if (!kr__space_step(c->worker, ids, w->ids, &w->path[level]))
                    return KR_ESTATE;
                memcpy(w->ids, ids, b->components * sizeof *ids);
                w->level = level;
                w->done = true;
                open--;
            }
        }
    }
    return open ? KR_ESTATE : 0;
}

static int want(bfs *b, kr__finding *f, wanted *w)
{
    w->finding = f;
    w->level = f->level;
    memcpy(w->ids, f->source, (1 + b->search->program->threads) * sizeof *w->ids);
    w->path = calloc(f->level + 2, sizeof *w->path);
    if (!w->path)
        return KR_EMEMORY;
    f->public.steps = f->level;
    if (f->last.process >= 0)
        w->path[f->public.steps++] = f->last;
    return f->public.kind == KR_FIND_DEADLOCK ? kr__space_waits(b->crews[0].worker, w->ids, f) : 0;
}

static int find_schedules(bfs *b)
{
    kr_search *s = b->search;
    uint32_t count = 0, deepest = 0;
    wanted *targets = calloc(s->finding_count + 1, sizeof *targets);
    if (!targets)
        return KR_EMEMORY;
    int rc = 0;
    for (uint32_t i = 0; i < s->finding_count && rc == 0; i++) {
        kr__finding *f = &s->findings[i];
        if (!f->source)
            continue;
        rc = want(b, f, &targets[count++]);
        deepest = f->level > deepest ? f->level : deepest;
    }
    for (uint32_t level = deepest; level-- > 0 && rc == 0;) {
        if (kr__poll(s) == KR_STOP_CANCELLED)
            rc = KR_ESTATE;
        else
            rc = trace_level(b, level, targets, count);
    }
    for (uint32_t i = 0; i < count; i++) {
        if (targets[i].level == 0 && rc == 0)
            targets[i].finding->schedule = targets[i].path;
        else
            free(targets[i].path);
    }
    free(targets);
    return rc == KR_ESTATE ? 0 : rc;
}

/* -- life -------------------------------------------------------------------------------------- */

static int prepare(bfs *b)
{
    kr_search *s = b->search;
    const kr_options *o = &s->options;
    b->controlled = o->preemption_bound >= 0 || o->context_bound >= 0;
    uint32_t threads = s->program->threads;
    b->components = 1 + threads + b->controlled;
    control last = {threads, bound_of(o->preemption_bound), bound_of(o->context_bound)};
    uint64_t controls = (threads + 1ull) * (bound_of(o->preemption_bound) + 1ull) * (bound_of(o->context_bound) + 1ull);
    if (controls >= 1ull << KR__ID_BITS)
        return KR_EARGUMENT;
    b->control_bits = bits_for(encode_control(b, last) + 1);
    b->crew_count = (uint32_t)o->threads;
    b->space = kr__space_new(s);
    b->crews = calloc(b->crew_count, sizeof *b->crews);
    if (!b->space || !b->crews)
        return KR_EMEMORY;
    for (uint32_t t = 0; t < threads; t++)
        b->kind[t] = kr__space_kind(b->space, t);
    for (uint32_t i = 0; i < b->crew_count; i++) {
        crew *c = &b->crews[i];
        c->bfs = b;
        c->worker = kr__worker_new(b->space);
        c->buffer = malloc((size_t)BUFFER * (WORDS_MAX + 1) * sizeof *c->buffer);
        if (!c->worker || !c->buffer)
            return KR_EMEMORY;
    }
    return 0;
}

static void drop(bfs *b)
{
    for (uint32_t i = 0; b->crews && i < b->crew_count; i++) {
        kr__worker_free(b->crews[i].worker);
        free(b->crews[i].buffer);
        free(b->crews[i].found.list);
    }
    free(b->crews);
    for (uint32_t i = 0; i < b->block_count; i++)
        free(b->blocks[i]);
    free(b->blocks);
    for (uint32_t i = 0; i < b->level_count; i++)
        free(b->levels[i].list);
    free(b->levels);
    if (b->table)
        munmap(b->table, sizeof(uint64_t) << b->table_bits);
    kr__space_free(b->space);
    pthread_mutex_destroy(&b->lock);
    pthread_cond_destroy(&b->moved);
}

int kr__run_stateful(kr_search *s)
{
    bfs b = {.search = s};
    pthread_mutex_init(&b.lock, NULL);
    pthread_cond_init(&b.moved, NULL);
    int rc = prepare(&b);
    if (rc == 0)
        rc = begin(&b);
    if (rc == 0)
        rc = search_levels(&b);
    s->counts.states = atomic_load(&b.states);
    for (uint32_t i = 0; b.crews && i < b.crew_count; i++)
        s->counts.transitions += b.crews[i].transitions;
    s->counts.depth = b.level_count ? b.level_count - 1 : 0;
    s->counts.memory_bytes = b.peak_bytes;
    if (rc == 0)
        rc = find_schedules(&b);
    drop(&b);
    return rc;
}
