/* Source-DPOR and optimal DPOR over steps whose accesses are known only after they were executed.
 *
 * Algorithms: P. A. Abdulla, S. Aronis, B. Jonsson, K. Sagonas, "Source Sets: A Foundation for Optimal Dynamic
 * Partial Order Reduction", JACM 64(4), 2017: algorithm 1 (source) and 2 (optimal, wakeup trees).  PCT:
 * S. Burckhardt et al., "A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs", ASPLOS 2010.
 *
 * Under store buffers, happens-before is the union of program order, reads-from, coherence and from-reads
 * (P. A. Abdulla et al., "Stateless Model Checking for TSO and PSO", Acta Informatica 54, 2017): a load answered by a
 * store of its own thread is ordered after nothing and before the foreign writes that overwrite that store.
 *
 * The run in progress is a stack of events, each with the node (state) from which it was executed.  A node has a
 * sleep set (a slice of one shared stack), and a wakeup tree.  Alternatives of one process (nondeterminism) are
 * different steps that exclude one another: where the process is chosen freely all of them are explored, a wakeup
 * sequence asks for one, and each sleeps for itself.
 */
#include "dpor.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "krepis_twin.h"

enum { NONE = -1 };
enum { ANY = 64 }; /* in place of an alternative: whichever are possible there */

/* A step as others remember it; shared between event, sleep set and wakeup tree. */
typedef struct footprint {
    struct footprint *next_free;
    int64_t process, owner, cause;
    uint32_t cause_seq, seq;
    uint32_t references, count, capacity;
    uint64_t possible; /* the alternatives that it had */
    uint8_t alternative;
    bool blocking, conditional, open;
    bool uncertain; /* reversed, and not known what it accesses there */
    kr__access accesses[];
} footprint;

typedef struct wakeup {
    struct wakeup *child, *sibling;
    footprint *step; /* NULL: accesses unknown */
    int64_t process;
    uint8_t alternative;
    uint8_t flushes; /* of the OWN access of `step` when the branch comes here */
    bool shaky; /* a leaf that may turn out to be redundant: it covers only itself */
} wakeup;

/* An access on the stack, chained per object.  `event` differs from the pushing event for a forwarded load that
 * becomes visible by a flush. */
typedef struct record {
    uint64_t object;
    int32_t previous;
    uint32_t event;
    uint32_t slot;
    uint8_t kind, flushes;
} record;

typedef struct sleeper {
    footprint *step;
    uint64_t possible; /* alternatives that its process has */
    uint8_t flushes; /* of its OWN access, kept up to date as flushes happen */
} sleeper;

typedef struct event {
    footprint *step;
    uint32_t proc;
    uint32_t records_before, races_before, procs_before;
    uint32_t old_last; /* the process's previous event */
} event;

typedef struct node {
    wakeup *tree;
    wakeup *current; /* the wakeup branch being followed, with what comes after it */
    int64_t process;
    uint64_t todo, possible; /* alternatives */
    uint32_t sleep_begin, sleep_end;
    uint8_t alternative;
    bool directed, open;
    bool shaky; /* its tree has had uncertain steps, so that branches may be redundant */
    bool ended; /* a shaky branch of an earlier node ends here */
} node;

typedef struct proc {
    int64_t id;
    uint32_t last;    /* latest event or UINT32_MAX */
    uint32_t creator; /* event or UINT32_MAX */
    uint32_t events;
} proc;

typedef struct race {
    uint32_t first, second;
} race;

typedef struct bucket {
    uint64_t object;
    int32_t head;
    bool used;
} bucket;

typedef struct item { /* an element of a wakeup sequence */
    const footprint *step;
    uint32_t event; /* UINT32_MAX for the reversed one */
    uint8_t flushes; /* of its OWN access where it stands in the sequence */
    bool gone;
} item;

struct kr__dpor {
    int algorithm;
    uint32_t pct_depth;
    uint64_t seed, random, run;
    uint64_t max_traces, max_steps, max_bytes, bytes;
    kr__feasible feasible;
    kr__foresee foresee;
    void *context;
    kr__dpor_counts counts;

    event *events;
    node *nodes;
    uint32_t *clocks;
    uint32_t event_count, event_capacity, node_count, clock_stride;
    uint32_t depth; /* next step to execute; < event_count while replaying */
    record *records;
    uint32_t record_count, record_capacity;
    race *races;
    uint32_t race_count, race_capacity;
    sleeper *sleepers;
    uint32_t sleeper_count, sleeper_capacity;
    proc *procs;
    uint32_t proc_count, proc_capacity;
    uint32_t hints[1024];
    bucket *buckets;
    uint32_t bucket_count, bucket_mask;
    item *items, *saved;
    uint32_t *order, *candidates, *scratch;
    uint32_t item_capacity, saved_capacity, candidate_count, candidate_capacity, scratch_capacity;
    footprint *free_small;
    wakeup *free_wakeups;
    int64_t *priorities; /* PCT: pairs of process and low priority */
    uint32_t priority_count;
    uint64_t *change_points;
    uint32_t longest;
    int64_t last_chosen;
    bool started, in_run, done, abandoned;
};

/* -- memory ------------------------------------------------------------------------------------ */

static int grow(kr__dpor *d, void **array, uint32_t *capacity, uint32_t need, size_t size)
{
    assert(size > 0);
    assert(need < UINT32_MAX / 2);
    if (need <= *capacity)
        return 0;
    uint32_t wanted = *capacity ? *capacity : 64;
    while (wanted < need)
        wanted *= 2;
    uint64_t more = (uint64_t)(wanted - *capacity) * size;
    if (d->max_bytes && d->bytes + more > d->max_bytes)
        return KR_EMEMORY;
    void *larger = realloc(*array, (size_t)wanted * size);
    if (!larger)
        return KR_EMEMORY;
    *array = larger;
    *capacity = wanted;
    d->bytes += more;
    return 0;
}

static footprint *footprint_new(kr__dpor *d, uint32_t count)
{
    assert(count <= KR__ACCESS_MAX);
    footprint *f = NULL;
    uint32_t capacity = count <= 4 ? 4 : count;
    if (capacity == 4 && d->free_small) {
        f = d->free_small;
        d->free_small = f->next_free;
    } else {
        size_t size = sizeof *f + capacity * sizeof(kr__access);
        if (d->max_bytes && d->bytes + size > d->max_bytes)
            return NULL;
        f = malloc(size);
        if (!f)
            return NULL;
        d->bytes += size;
    }
    f->capacity = capacity;
    f->references = 1;
    f->count = count;
    assert(f->capacity >= f->count);
    return f;
}

static footprint *keep(footprint *f)
{
    assert(f->references > 0);
    assert(f->references < UINT32_MAX);
    f->references++;
    return f;
}

static void drop(kr__dpor *d, footprint *f)
{
    if (!f)
        return;
    assert(f->references > 0);
    if (--f->references)
        return;
    if (f->capacity == 4) {
        f->next_free = d->free_small;
        d->free_small = f;
        return;
    }
    assert(d->bytes >= sizeof *f);
    d->bytes -= sizeof *f + f->capacity * sizeof(kr__access);
    free(f);
}

static wakeup *wakeup_new(kr__dpor *d, int64_t process, uint8_t alternative, footprint *step)
{
    assert(process >= 0);
    assert(alternative <= ANY);
    wakeup *w = d->free_wakeups;
    if (w) {
        d->free_wakeups = w->sibling;
    } else {
        if (d->max_bytes && d->bytes + sizeof *w > d->max_bytes)
            return NULL;
        w = malloc(sizeof *w);
        if (!w)
            return NULL;
        d->bytes += sizeof *w;
    }
    *w = (wakeup){.process = process, .alternative = alternative, .step = step ? keep(step) : NULL};
    return w;
}

/* Frees a list of branches with all that hangs below them, without recursion. */
static void wakeup_free(kr__dpor *d, wakeup *list)
{
    while (list) {
        wakeup *w = list;
        if (w->child) { /* put the children in front of the rest */
            wakeup *last = w->child;
            while (last->sibling)
                last = last->sibling;
            last->sibling = w->sibling;
            list = w->child;
        } else {
            list = w->sibling;
        }
        drop(d, w->step);
        w->sibling = d->free_wakeups;
        d->free_wakeups = w;
    }
}

/* -- random numbers ---------------------------------------------------------------------------- */

/* splitmix64 (G. Steele et al., "Fast Splittable Pseudorandom Number Generators", 2014). */
static uint64_t mix(uint64_t x)
{
    x += 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

static uint64_t next_random(kr__dpor *d)
{
    d->random += 0x9E3779B97F4A7C15u;
    return mix(d->random);
}

/* -- objects and processes --------------------------------------------------------------------- */

static int rehash(kr__dpor *d)
{
    uint32_t size = d->buckets ? (d->bucket_mask + 1) * 2 : 256;
    if (d->max_bytes && d->bytes + size * sizeof(bucket) > d->max_bytes)
        return KR_EMEMORY;
    bucket *fresh = calloc(size, sizeof *fresh);
    if (!fresh)
        return KR_EMEMORY;
    uint32_t kept = 0;
    for (uint32_t i = 0; d->buckets && i <= d->bucket_mask; i++) {
        if (!d->buckets[i].used || d->buckets[i].head == NONE)
            continue;
        uint32_t at = (uint32_t)mix(d->buckets[i].object) & (size - 1);
        while (fresh[at].used)
            at = (at + 1) & (size - 1);
        fresh[at] = d->buckets[i];
        kept++;
    }
    assert(kept <= d->bucket_count);
    free(d->buckets);
    if (d->bucket_mask)
        d->bytes -= (d->bucket_mask + 1ull) * sizeof(bucket);
    d->bytes += size * sizeof(bucket);
    d->buckets = fresh;
    d->bucket_mask = size - 1;
    d->bucket_count = kept;
    assert(d->bucket_count * 2 <= size);
    return 0;
}

/* The chain of an object; NULL when out of memory. */
static bucket *find_object(kr__dpor *d, uint64_t object)
{
    if (!d->buckets || (d->bucket_count + 1) * 2 > d->bucket_mask + 1) {
        if (rehash(d) < 0)
            return NULL;
    }
    assert(d->buckets);
    uint32_t at = (uint32_t)mix(object) & d->bucket_mask;
    while (d->buckets[at].used && d->buckets[at].object != object)
        at = (at + 1) & d->bucket_mask;
    bucket *b = &d->buckets[at];
    if (!b->used) {
        *b = (bucket){.object = object, .head = NONE, .used = true};
        d->bucket_count++;
    }
    assert(b->object == object);
    return b;
}

static int push_record(kr__dpor *d, uint64_t object, uint32_t of, uint8_t kind, uint8_t flushes)
{
    bucket *b = find_object(d, object);
    if (!b)
        return KR_EMEMORY;
    int rc = grow(d, (void **)&d->records, &d->record_capacity, d->record_count + 1, sizeof(record));
    if (rc < 0)
        return rc;
    assert(b->head < (int32_t)d->record_count);
    assert(of <= d->event_count);
    d->records[d->record_count] = (record){.object = object, .previous = b->head, .event = of, .kind = kind,
                                           .flushes = flushes};
    b->head = (int32_t)d->record_count++;
    return 0;
}

static void pop_records(kr__dpor *d, uint32_t to)
{
    assert(to <= d->record_count);
    while (d->record_count > to) {
        const record *r = &d->records[--d->record_count];
        bucket *b = find_object(d, r->object);
        assert(b && b->head == (int32_t)d->record_count);
        b->head = r->previous;
    }
}

static uint32_t find_proc(kr__dpor *d, int64_t id)
{
    assert(id >= 0);
    uint32_t hint = d->hints[(uint64_t)id & 1023];
    if (hint < d->proc_count && d->procs[hint].id == id)
        return hint;
    for (uint32_t i = 0; i < d->proc_count; i++) {
        if (d->procs[i].id == id) {
            d->hints[(uint64_t)id & 1023] = i;
            return i;
        }
    }
    assert(d->proc_count < UINT32_MAX);
    return UINT32_MAX;
}

static int widen_clocks(kr__dpor *d, uint32_t procs)
{
    if (procs <= d->clock_stride)
        return 0;
    uint32_t stride = d->clock_stride ? d->clock_stride : 8;
    while (stride < procs)
        stride *= 2;
    uint64_t size = (uint64_t)stride * (d->event_capacity ? d->event_capacity : 1) * sizeof(uint32_t);
    if (d->max_bytes && d->bytes + size > d->max_bytes)
        return KR_EMEMORY;
    uint32_t *wider = calloc(1, size);
    if (!wider)
        return KR_EMEMORY;
    for (uint32_t e = 0; e < d->event_count; e++)
        memcpy(wider + (size_t)e * stride, d->clocks + (size_t)e * d->clock_stride,
               d->clock_stride * sizeof(uint32_t));
    free(d->clocks);
    d->bytes += size - (uint64_t)d->clock_stride * d->event_capacity * sizeof(uint32_t);
    d->clocks = wider;
    d->clock_stride = stride;
    assert(d->clock_stride >= procs);
    return 0;
}

/* Index of the process, which is added when it is new. */
static int64_t need_proc(kr__dpor *d, int64_t id, uint32_t creator)
{
    uint32_t at = find_proc(d, id);
    if (at != UINT32_MAX)
        return at;
    int rc = grow(d, (void **)&d->procs, &d->proc_capacity, d->proc_count + 1, sizeof(proc));
    if (rc == 0)
        rc = widen_clocks(d, d->proc_count + 1);
    if (rc < 0)
        return rc;
    d->procs[d->proc_count] = (proc){.id = id, .last = UINT32_MAX, .creator = creator};
    d->hints[(uint64_t)id & 1023] = d->proc_count;
    assert(d->clock_stride > d->proc_count);
    return d->proc_count++;
}

static int need_event(kr__dpor *d)
{
    if (d->event_count < d->event_capacity)
        return 0;
    uint32_t old = d->event_capacity;
    uint32_t nodes = old;
    int rc = grow(d, (void **)&d->nodes, &nodes, old + 1, sizeof(node));
    if (rc < 0)
        return rc;
    uint64_t size = (uint64_t)nodes * d->clock_stride * sizeof(uint32_t);
    uint32_t *clocks = realloc(d->clocks, size ? size : 4);
    if (!clocks)
        return KR_EMEMORY;
    memset(clocks + (size_t)old * d->clock_stride, 0,
           (size_t)(nodes - old) * d->clock_stride * sizeof(uint32_t));
    d->clocks = clocks;
    d->bytes += size - (uint64_t)old * d->clock_stride * sizeof(uint32_t);
    rc = grow(d, (void **)&d->events, &d->event_capacity, old + 1, sizeof(event));
    assert(rc < 0 || d->event_capacity == nodes);
    assert(d->event_count <= d->event_capacity);
    return rc;
}

/* -- happens-before ---------------------------------------------------------------------------- */

static uint32_t *clock_of(const kr__dpor *d, uint32_t event)
{
    assert(event < d->event_capacity);
    return d->clocks + (size_t)event * d->clock_stride;
}

static bool in_clock(const kr__dpor *d, uint32_t event, const uint32_t *clock)
{
    assert(event < d->event_count);
    return clock[d->events[event].proc] >= d->events[event].step->seq;
}

static bool happens_before(const kr__dpor *d, uint32_t first, uint32_t second)
{
    assert(first <= second);
    return in_clock(d, first, clock_of(d, second));
}

static void merge(const kr__dpor *d, uint32_t *clock, uint32_t event)
{
    const uint32_t *other = clock_of(d, event);
    assert(clock != other);
    for (uint32_t i = 0; i < d->proc_count; i++)
        clock[i] = clock[i] > other[i] ? clock[i] : other[i];
}

/* Does `a`, executed first, constrain `b`, executed later, on one object?  `flushes` belongs to a's OWN access. */
static bool constrains(uint8_t a, uint8_t flushes, uint8_t b, bool same_owner)
{
    assert(a <= KR__WAIT);
    assert(b <= KR__WAIT);
    switch (a) {
    case KR__READ:
        return b == KR__WRITE && !same_owner;
    case KR__WRITE:
        return b == KR__WRITE || b == KR__WAIT || (b == KR__READ && !same_owner);
    case KR__OWN:
        return b == KR__WRITE && !same_owner && flushes == 0;
    case KR__ACQUIRE:
        return b == KR__ACQUIRE;
    case KR__RELEASE:
        return b == KR__ACQUIRE;
    case KR__SIGNAL:
        return b == KR__WAIT;
    default:
        return false;
    }
}

static bool causes(const footprint *a, const footprint *b)
{
    return b->cause == a->process && b->cause_seq == a->seq;
}

static uint8_t own_flushes(const footprint *f)
{
    for (uint32_t i = 0; i < f->count; i++) {
        if (f->accesses[i].kind == KR__OWN)
            return f->accesses[i].flushes;
    }
    return 0;
}

/* Must the order "a, then b" of two adjacent steps stay? */
static bool ordered(const footprint *a, uint8_t flushes, const footprint *b)
{
    if (a->process == b->process || causes(a, b) || a->uncertain || b->uncertain)
        return true;
    bool same = a->owner == b->owner;
    for (uint32_t i = 0; i < a->count; i++) {
        for (uint32_t j = 0; j < b->count; j++) {
            if (a->accesses[i].object == b->accesses[j].object
                && constrains(a->accesses[i].kind, flushes, b->accesses[j].kind, same))
                return true;
        }
    }
    return false;
}

static bool dependent(const footprint *a, uint8_t a_flushes, const footprint *b, uint8_t b_flushes)
{
    return ordered(a, a_flushes, b) || ordered(b, b_flushes, a);
}

/* How many flushes the OWN access of `a` still waits for once `b` has happened. */
static uint8_t after_flush(const footprint *a, uint8_t flushes, const footprint *b)
{
    if (flushes == 0 || a->owner != b->owner || a->process == b->process)
        return flushes;
    for (uint32_t i = 0; i < a->count; i++) {
        if (a->accesses[i].kind != KR__OWN)
            continue;
        for (uint32_t j = 0; j < b->count; j++) {
            if (b->accesses[j].kind == KR__WRITE && b->accesses[j].object == a->accesses[i].object)
                return (uint8_t)(flushes - 1);
        }
    }
    return flushes;
}

/* -- races ------------------------------------------------------------------------------------- */

static int add_candidate(kr__dpor *d, uint32_t event)
{
    assert(event < d->event_count);
    for (uint32_t i = 0; i < d->candidate_count; i++) {
        if (d->candidates[i] == event)
            return 0;
    }
    int rc = grow(d, (void **)&d->candidates, &d->candidate_capacity, d->candidate_count + 1, sizeof(uint32_t));
    if (rc == 0)
        d->candidates[d->candidate_count++] = event;
    return rc;
}

/* Walks the chain of one access back: joins the clocks of the steps that constrain it into `clock` and collects
 * those that might be reversed.  `before` is what certainly stays in front. */
static int walk_chain(kr__dpor *d, const footprint *step, const kr__access *access, const uint32_t *before,
                      uint32_t *clock)
{
    const bucket *b = find_object(d, access->object);
    if (!b)
        return KR_EMEMORY;
    bool settled = false; /* the nearest write was met: older ones are ordered through it */
    for (int32_t at = b->head; at != NONE; at = d->records[at].previous) {
        const record *r = &d->records[at];
        const footprint *other = d->events[r->event].step;
        uint8_t pending = r->kind == KR__OWN ? r->flushes : 0;
        bool stays = constrains(r->kind, pending, access->kind, other->owner == step->owner);
        if (stays && !settled && clock)
            merge(d, clock, r->event);
        bool lock = access->kind == KR__ACQUIRE;
        bool reversible = access->kind != KR__WAIT && !(lock && r->kind == KR__RELEASE);
        if (stays && reversible && other->process != step->process && !in_clock(d, r->event, before)) {
            int rc = add_candidate(d, r->event);
            if (rc < 0)
                return rc;
        }
        if (r->kind == KR__WRITE)
            settled = true;
        if (r->kind == KR__ACQUIRE && lock)
            break;
        if (settled && !step->blocking && access->kind != KR__WAIT)
            break;
    }
    return 0;
}

/* `order` := indices of the events after `first`, before `limit`, that do not happen after it. */
static int64_t not_after(kr__dpor *d, uint32_t first, uint32_t limit)
{
    assert(first < d->event_count);
    assert(limit <= d->event_count);
    uint32_t capacity = d->item_capacity;
    int rc = grow(d, (void **)&d->items, &capacity, d->event_count + 2, sizeof(item));
    if (rc == 0)
        rc = grow(d, (void **)&d->order, &d->item_capacity, d->event_count + 2, sizeof(uint32_t));
    if (rc < 0)
        return rc;
    uint32_t count = 0, proc = d->events[first].proc, seq = d->events[first].step->seq;
    for (uint32_t k = first + 1; k < limit; k++) {
        if (clock_of(d, k)[proc] < seq)
            d->order[count++] = k;
    }
    return count;
}

static int compare_descending(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x < y) - (x > y);
}

/* Keeps the candidates that are immediate and, for a step that can block, possible without their rival. */
static int filter_candidates(kr__dpor *d, const footprint *step)
{
    if (d->candidate_count > 1)
        qsort(d->candidates, d->candidate_count, sizeof(uint32_t), compare_descending);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < d->candidate_count; i++) {
        uint32_t event = d->candidates[i];
        bool hidden = false;
        for (uint32_t j = 0; j < kept && !hidden; j++)
            hidden = happens_before(d, event, d->candidates[j]);
        if (hidden)
            continue;
        if (step->blocking && d->feasible) {
            int64_t count = not_after(d, event, d->event_count);
            if (count < 0)
                return (int)count;
            int possible = d->feasible(d->context, event, d->order, (uint32_t)count, step->process);
            if (possible < 0)
                return possible;
            if (!possible)
                continue;
        }
        d->candidates[kept++] = event;
    }
    assert(kept <= d->candidate_count);
    d->candidate_count = kept;
    return 0;
}

/* Fills `clock` (already holding what program order and causes give) and the candidates of a step. */
static int find_races(kr__dpor *d, const footprint *step, uint32_t *clock)
{
    d->candidate_count = 0;
    for (uint32_t i = 0; i < step->count; i++) {
        if (step->accesses[i].kind == KR__WAIT) {
            int rc = walk_chain(d, step, &step->accesses[i], clock, clock);
            if (rc < 0)
                return rc;
        }
    }
    assert(d->candidate_count == 0);
    /* `clock` must stay as it is while races are tested against it: join into a second one. */
    uint32_t *joined = clock + d->clock_stride;
    memcpy(joined, clock, d->clock_stride * sizeof(uint32_t));
    for (uint32_t i = 0; i < step->count; i++) {
        if (step->accesses[i].kind == KR__WAIT)
            continue;
        int rc = walk_chain(d, step, &step->accesses[i], clock, joined);
        if (rc < 0)
            return rc;
    }
    assert(joined != clock);
    return filter_candidates(d, step);
}

/* -- sleep sets -------------------------------------------------------------------------------- */

/* Those of the alternatives `mask` of a process that do not sleep; 0 stands for "as far as the sleepers know". */
static uint64_t awake(const kr__dpor *d, const node *n, int64_t process, uint64_t mask)
{
    assert(n->open);
    assert(n->sleep_end <= d->sleeper_count);
    uint64_t slept = 0, possible = mask;
    for (uint32_t s = n->sleep_begin; s < n->sleep_end; s++) {
        const sleeper *q = &d->sleepers[s];
        if (q->step->process != process)
            continue;
        slept |= 1ull << q->step->alternative;
        possible |= mask ? 0 : q->possible;
    }
    return (possible ? possible : 1) & ~slept;
}

static bool asleep(const kr__dpor *d, const node *n, int64_t process, uint8_t alternative)
{
    assert(alternative <= ANY);
    return awake(d, n, process, alternative == ANY ? 0 : 1ull << alternative) == 0;
}

static int push_sleeper(kr__dpor *d, node *n, sleeper q)
{
    assert(n->sleep_end == d->sleeper_count);
    int rc = grow(d, (void **)&d->sleepers, &d->sleeper_capacity, d->sleeper_count + 1, sizeof(sleeper));
    if (rc < 0)
        return rc;
    keep(q.step);
    d->sleepers[d->sleeper_count++] = q;
    n->sleep_end++;
    return 0;
}

/* -- weak initials and wakeup trees ------------------------------------------------------------ */

/* Is items[at] unordered with all that stands before it?  Earlier steps of a run are compared by clock; the
 * reversed step, which is last, by its accesses in the new context. */
static bool is_initial(const kr__dpor *d, uint32_t at)
{
    const item *v = d->items;
    if (v[at].event != UINT32_MAX) {
        const uint32_t *clock = clock_of(d, v[at].event);
        for (uint32_t l = 0; l < at; l++) {
            if (!v[l].gone && in_clock(d, v[l].event, clock))
                return false;
        }
        return true;
    }
    for (uint32_t l = 0; l < at; l++) {
        if (v[l].gone)
            continue;
        uint8_t flushes = v[l].flushes;
        for (uint32_t m = l + 1; flushes && m < at; m++)
            flushes = v[m].gone ? flushes : after_flush(v[l].step, flushes, v[m].step);
        if (ordered(v[l].step, flushes, v[at].step))
            return false;
    }
    return true;
}

/* A load that gets its value from a store of its own thread in the new context is an OWN there. */
static void settle_reversed(const kr__dpor *d, footprint *step, uint32_t count)
{
    for (uint32_t i = 0; i < step->count; i++) {
        if (step->accesses[i].kind != KR__READ)
            continue;
        for (uint32_t l = count; l-- > 0;) {
            const footprint *other = d->items[l].step;
            bool writes = false;
            for (uint32_t j = 0; j < other->count; j++)
                writes |= other->accesses[j].kind == KR__WRITE
                          && other->accesses[j].object == step->accesses[i].object;
            if (!writes)
                continue;
            if (other->owner == step->owner && other->process != step->process)
                step->accesses[i] = (kr__access){.object = step->accesses[i].object, .kind = KR__OWN};
            break;
        }
    }
}

/* Can `process`, whose next step is `step`, come first in some order of items[0..count)? */
static bool is_weak_initial(const kr__dpor *d, uint32_t count, int64_t process, const footprint *step,
                            uint8_t flushes, uint32_t *found)
{
    *found = UINT32_MAX;
    for (uint32_t i = 0; i < count; i++) {
        if (!d->items[i].gone && d->items[i].step->process == process) {
            *found = i;
            if (!step || !d->items[i].step->uncertain)
                return is_initial(d, i);
            break;
        }
    }
    if (!step)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        const footprint *other = d->items[i].step;
        if (d->items[i].gone || i == *found)
            continue;
        uint8_t theirs = d->items[i].flushes;
        for (uint32_t m = i + 1; theirs && m < count; m++)
            theirs = d->items[m].gone ? theirs : after_flush(other, theirs, d->items[m].step);
        if (dependent(step, flushes, other, theirs))
            return false;
        flushes = after_flush(step, flushes, other);
    }
    return true;
}

/* The step of a branch, items[found] or none of them, now stands in front of the other items. */
static void take_first(const kr__dpor *d, uint32_t count, const footprint *step, uint32_t found)
{
    assert(found == UINT32_MAX || found < count);
    assert(step || found != UINT32_MAX);
    if (found != UINT32_MAX) {
        d->items[found].gone = true;
        step = d->items[found].step;
    }
    for (uint32_t i = 0; i < count && i < found; i++)
        d->items[i].flushes = after_flush(d->items[i].step, d->items[i].flushes, step);
}

/* The first branch of a list that can come first in items[0..count), with the alternative that they ask for. */
static wakeup *find_branch(const kr__dpor *d, wakeup *list, uint32_t count, uint32_t *found)
{
    assert(count > 0);
    for (wakeup *w = list; w; w = w->sibling) {
        bool fits = is_weak_initial(d, count, w->process, w->step, w->flushes, found);
        assert(*found == UINT32_MAX || *found < count);
        uint8_t wanted = *found != UINT32_MAX ? d->items[*found].step->alternative : w->alternative;
        if (fits && (wanted == w->alternative || w->alternative == ANY))
            return w;
    }
    return NULL;
}

static int insert_into_each(kr__dpor *d, wakeup *list, uint32_t count, uint64_t alternatives, bool shaky);

/* The alternatives of the last item, which asks for any, for which a list has branches before `end` that can come
 * first; 0 unless they, and those that sleep in `n` (NULL: not known), are all that there are. */
static uint64_t covered_alternatives(const kr__dpor *d, const node *n, const wakeup *list, const wakeup *end,
                                     uint32_t count)
{
    assert(count > 0);
    const footprint *last = d->items[count - 1].step;
    uint64_t slept = 0, branches = 0, possible = 0;
    uint32_t found;
    for (uint32_t s = n ? n->sleep_begin : 0; n && s < n->sleep_end; s++) {
        const sleeper *q = &d->sleepers[s];
        if (q->step->process != last->process)
            continue;
        possible |= q->possible;
        if (is_weak_initial(d, count, last->process, q->step, q->flushes, &found))
            slept |= 1ull << q->step->alternative;
    }
    for (const wakeup *w = list; w != end; w = w->sibling) {
        if (w->process != last->process || w->alternative == ANY || !w->step)
            continue;
        possible |= w->step->possible;
        if (is_weak_initial(d, count, last->process, w->step, w->flushes, &found))
            branches |= 1ull << w->alternative;
    }
    assert(possible || !branches);
    return possible & ~(slept | branches) ? 0 : branches;
}

/* Extends a list of branches by items[0..count), unless one covers them already; `n` is the node whose tree the list
 * is, or NULL further down.  Where uncertain steps made a branch that is redundant in truth, the run finds a sleeping
 * process at the branch's end and is given up there; so such a leaf covers nothing longer than itself and is extended.
 * Items that end with any alternative of a process whose alternatives all have branches go into each of those, which
 * is the one recursion, of depth 1. */
static int insert_items(kr__dpor *d, const node *n, wakeup **list, uint32_t count, bool shaky)
{
    uint32_t found;
    item *last = &d->items[count - 1];
    for (;;) {
        wakeup *match = find_branch(d, *list, count, &found);
        bool any = !last->gone && last->step->alternative == ANY;
        uint64_t branches = any ? covered_alternatives(d, n, *list, match, count) : 0;
        if (branches)
            return insert_into_each(d, *list, count, branches, shaky);
        if (!match)
            break;
        take_first(d, count, match->step, found);
        bool leaf = !match->child;
        if (leaf && !match->shaky)
            return 0;
        list = &match->child;
        n = NULL;
        if (leaf)
            break;
    }
    while (*list)
        list = &(*list)->sibling;
    for (uint32_t i = 0; i < count; i++) {
        if (d->items[i].gone)
            continue;
        footprint *step = (footprint *)(uintptr_t)d->items[i].step;
        *list = wakeup_new(d, step->process, step->alternative, step);
        if (!*list)
            return KR_EMEMORY;
        (*list)->flushes = d->items[i].flushes;
        (*list)->shaky = shaky;
        list = &(*list)->child;
    }
    return 0;
}

/* Extends those branches of a list that begin with these alternatives of the last item's process. */
static int insert_into_each(kr__dpor *d, wakeup *list, uint32_t count, uint64_t alternatives, bool shaky)
{
    int64_t process = d->items[count - 1].step->process;
    uint32_t found;
    int rc = grow(d, (void **)&d->saved, &d->saved_capacity, count, sizeof(item));
    assert(rc < 0 || d->saved_capacity >= count);
    if (rc == 0)
        memcpy(d->saved, d->items, count * sizeof(item));
    for (wakeup *w = list; rc == 0 && w; w = w->sibling) {
        if (w->process != process || w->alternative == ANY || !(alternatives >> w->alternative & 1)
            || !is_weak_initial(d, count, process, w->step, w->flushes, &found))
            continue;
        alternatives &= ~(1ull << w->alternative);
        take_first(d, count, w->step, found);
        assert(d->items[count - 1].gone);
        if (w->child || w->shaky)
            rc = insert_items(d, NULL, &w->child, count, shaky);
        memcpy(d->items, d->saved, count * sizeof(item));
    }
    return rc;
}

/* Adds the wakeup sequence items[0..count) to the tree of a node. */
static int insert_sequence(kr__dpor *d, node *n, uint32_t count)
{
    assert(count > 0);
    assert(n->open);
    n->shaky |= d->items[count - 1].step->uncertain;
    return insert_items(d, n, &n->tree, count, n->shaky);
}

/* How many flushes the OWN access of `load` waits for when `first`, and all that happens after it, is left out:
 * a flush before the load that goes with them is still to come. */
static uint8_t flushes_in_sequence(const kr__dpor *d, uint32_t first, uint32_t load)
{
    assert(first < load);
    assert(load < d->event_count);
    const footprint *step = d->events[load].step;
    uint32_t flushes = own_flushes(step), proc = d->events[first].proc, seq = d->events[first].step->seq;
    for (uint32_t i = 0; i < step->count; i++) {
        if (step->accesses[i].kind != KR__OWN)
            continue;
        for (uint32_t k = first; k < load; k++) {
            const footprint *other = d->events[k].step;
            if (other->owner == step->owner && clock_of(d, k)[proc] >= seq && flushes < UINT8_MAX)
                flushes += after_flush(step, 1, other) == 0;
        }
    }
    return (uint8_t)flushes;
}

/* items := the steps after `first` that do not happen after it, then the reversed step. */
static int64_t build_sequence(kr__dpor *d, uint32_t first, uint32_t limit, footprint *reversed)
{
    int64_t count = not_after(d, first, limit);
    if (count < 0)
        return count;
    for (uint32_t i = 0; i < (uint32_t)count; i++)
        d->items[i] = (item){.step = d->events[d->order[i]].step, .event = d->order[i],
                             .flushes = flushes_in_sequence(d, first, d->order[i])};
    d->items[count] = (item){.step = reversed, .event = UINT32_MAX};
    assert((uint32_t)count < d->event_count + 1);
    return count + 1;
}

static footprint *copy_footprint(kr__dpor *d, const footprint *step)
{
    footprint *copy = footprint_new(d, step->count);
    if (!copy)
        return NULL;
    uint32_t capacity = copy->capacity;
    memcpy(copy, step, sizeof *step + step->count * sizeof(kr__access));
    copy->capacity = capacity;
    copy->references = 1;
    return copy;
}

/* Does `second` access what `first` wrote? */
static bool meets_write(const footprint *first, const footprint *second)
{
    for (uint32_t i = 0; i < first->count; i++) {
        for (uint32_t j = 0; first->accesses[i].kind == KR__WRITE && j < second->count; j++) {
            if (second->accesses[j].object == first->accesses[i].object && !first->accesses[i].blind)
                return true;
        }
    }
    return false;
}

/* Gives a reversed step the accesses that it has without `first`, or marks it as uncertain. */
static int foresee(kr__dpor *d, uint32_t first, uint32_t count, footprint **reversed)
{
    if (!meets_write(d->events[first].step, *reversed))
        return 0;
    if ((*reversed)->open)
        (*reversed)->alternative = ANY;
    if (!(*reversed)->conditional)
        return 0;
    (*reversed)->uncertain = true;
    if (!d->foresee)
        return 0;
    kr__report report = {.process = (*reversed)->process};
    int rc = d->foresee(d->context, first, d->order, count, &report);
    footprint *foreseen = rc < 0 ? NULL : footprint_new(d, report.count);
    if (!foreseen)
        return rc < 0 ? rc : KR_EMEMORY;
    uint32_t capacity = foreseen->capacity;
    memcpy(foreseen, *reversed, sizeof *foreseen);
    foreseen->capacity = capacity;
    foreseen->count = report.count;
    foreseen->uncertain = false;
    memcpy(foreseen->accesses, report.accesses, report.count * sizeof(kr__access));
    drop(d, *reversed);
    *reversed = foreseen;
    d->items[count].step = foreseen;
    assert(foreseen->references == 1);
    return 0;
}

/* items := how the run would go with `second` before `first`; the reversed step is owned by the caller. */
static int64_t reverse(kr__dpor *d, uint32_t first, uint32_t limit, const footprint *second, footprint **reversed)
{
    *reversed = copy_footprint(d, second);
    if (!*reversed)
        return KR_EMEMORY;
    int64_t count = build_sequence(d, first, limit, *reversed);
    int rc = count < 0 ? (int)count : foresee(d, first, (uint32_t)count - 1, reversed);
    if (rc < 0) {
        drop(d, *reversed);
        return rc;
    }
    settle_reversed(d, *reversed, (uint32_t)count - 1);
    assert(d->items[count - 1].step == *reversed);
    return count;
}

static int reverse_optimal(kr__dpor *d, uint32_t first, footprint *second)
{
    node *n = &d->nodes[first];
    footprint *reversed;
    int64_t count = reverse(d, first, d->event_count, second, &reversed);
    if (count < 0)
        return (int)count;
    int rc = 0;
    bool covered = false;
    for (uint32_t s = n->sleep_begin; s < n->sleep_end && !covered; s++) {
        uint32_t found;
        const sleeper *q = &d->sleepers[s];
        covered = is_weak_initial(d, (uint32_t)count, q->step->process, q->step, q->flushes, &found);
        uint8_t wanted = covered && found != UINT32_MAX ? d->items[found].step->alternative : q->step->alternative;
        if (wanted != q->step->alternative)
            covered = wanted == ANY && asleep(d, n, q->step->process, ANY);
    }
    if (!covered)
        rc = insert_sequence(d, n, (uint32_t)count);
    drop(d, reversed);
    return rc;
}

static int reverse_source(kr__dpor *d, uint32_t first, uint32_t limit, footprint *second)
{
    node *n = &d->nodes[first];
    footprint *reversed;
    int64_t count = reverse(d, first, limit, second, &reversed);
    if (count < 0)
        return (int)count;
    bool covered = false;
    uint32_t found;
    for (uint32_t s = n->sleep_begin; s < n->sleep_end && !covered; s++) {
        const sleeper *q = &d->sleepers[s];
        (void)is_weak_initial(d, (uint32_t)count, q->step->process, NULL, 0, &found);
        covered = found != UINT32_MAX && is_initial(d, found);
    }
    for (const wakeup *w = n->tree; w && !covered; w = w->sibling) {
        (void)is_weak_initial(d, (uint32_t)count, w->process, NULL, 0, &found);
        covered = found != UINT32_MAX && is_initial(d, found);
    }
    int rc = 0;
    if (!covered) {
        wakeup **list = &n->tree;
        while (*list)
            list = &(*list)->sibling;
        footprint *step = (footprint *)(uintptr_t)d->items[0].step;
        *list = wakeup_new(d, step->process, ANY, step);
        rc = *list ? 0 : KR_EMEMORY;
    }
    drop(d, reversed);
    return rc;
}

/* -- runs -------------------------------------------------------------------------------------- */

static bool reduces(const kr__dpor *d)
{
    return d->algorithm == KR_ALG_OPTIMAL || d->algorithm == KR_ALG_SOURCE;
}

static bool systematic(const kr__dpor *d)
{
    return reduces(d) || d->algorithm == KR_ALG_EXHAUSTIVE;
}

kr__dpor *kr__dpor_new(int algorithm, uint64_t seed, uint32_t pct_depth)
{
    assert(algorithm >= KR_ALG_OPTIMAL);
    assert(algorithm <= KR_ALG_REPLAY);
    kr__dpor *d = calloc(1, sizeof *d);
    if (!d)
        return NULL;
    d->algorithm = algorithm;
    d->seed = d->random = seed;
    d->pct_depth = pct_depth ? pct_depth : 3;
    d->change_points = calloc(d->pct_depth, sizeof(uint64_t));
    d->priorities = calloc((size_t)d->pct_depth * 2, sizeof(int64_t));
    d->last_chosen = -1;
    if (!d->change_points || !d->priorities) {
        kr__dpor_free(d);
        return NULL;
    }
    return d;
}

static void pop_event(kr__dpor *d)
{
    assert(d->event_count > 0);
    event *e = &d->events[--d->event_count];
    pop_records(d, e->records_before);
    d->race_count = e->races_before;
    proc *p = &d->procs[e->proc];
    p->last = e->old_last;
    p->events--;
    d->proc_count = e->procs_before;
    drop(d, e->step);
    e->step = NULL;
    assert(d->race_count <= d->race_capacity);
}

static void pop_sleepers(kr__dpor *d, uint32_t to)
{
    assert(to <= d->sleeper_count);
    while (d->sleeper_count > to)
        drop(d, d->sleepers[--d->sleeper_count].step);
}

static void close_node(kr__dpor *d, node *n)
{
    assert(n->open);
    wakeup_free(d, n->tree);
    wakeup_free(d, n->current);
    n->tree = n->current = NULL;
    pop_sleepers(d, n->sleep_begin);
    n->open = false;
    assert(d->sleeper_count == n->sleep_begin);
}

void kr__dpor_free(kr__dpor *d)
{
    if (!d)
        return;
    while (d->event_count)
        pop_event(d);
    while (d->node_count)
        close_node(d, &d->nodes[--d->node_count]);
    while (d->free_small) {
        footprint *f = d->free_small;
        d->free_small = f->next_free;
        free(f);
    }
    while (d->free_wakeups) {
        wakeup *w = d->free_wakeups;
        d->free_wakeups = w->sibling;
        free(w);
    }
    free(d->events);
    free(d->nodes);
    free(d->clocks);
    free(d->records);
    free(d->races);
    free(d->sleepers);
    free(d->procs);
    free(d->buckets);
    free(d->items);
    free(d->saved);
    free(d->order);
    free(d->candidates);
    free(d->scratch);
    free(d->priorities);
    free(d->change_points);
    free(d);
}

void kr__dpor_limits(kr__dpor *d, uint64_t max_traces, uint64_t max_steps, uint64_t max_bytes)
{
    assert(!d->started);
    d->max_traces = max_traces;
    d->max_steps = max_steps;
    d->max_bytes = max_bytes;
}

void kr__dpor_callback(kr__dpor *d, kr__feasible feasible, kr__foresee foresee, void *context)
{
    assert(!d->started);
    d->feasible = feasible;
    d->foresee = foresee;
    d->context = context;
}

static void direct(node *n, wakeup *w)
{
    assert(w);
    assert(!n->current);
    n->tree = n->tree == w ? w->sibling : n->tree;
    w->sibling = NULL;
    n->current = w;
    n->process = w->process;
    /* one that had one alternative may have more here */
    bool others = w->step && w->step->conditional && !(w->step->possible & (w->step->possible - 1));
    n->alternative = others ? ANY : w->alternative;
    n->directed = true;
    n->todo = n->possible = 0;
}

/* After the subtree of a node's current step: what comes next there?  True when there is something. */
static int advance(kr__dpor *d, node *n, footprint *executed)
{
    wakeup_free(d, n->current);
    n->current = NULL;
    if (reduces(d)) {
        int rc = push_sleeper(d, n, (sleeper){executed, n->possible, own_flushes(executed)});
        if (rc < 0)
            return rc;
    }
    if (n->todo) {
        n->alternative = (uint8_t)__builtin_ctzll(n->todo);
        return 1;
    }
    n->possible = 0;
    while (n->tree && reduces(d) && n->tree->alternative == ANY && asleep(d, n, n->tree->process, ANY)) {
        wakeup *rest = n->tree->sibling;
        n->tree->sibling = NULL;
        wakeup_free(d, n->tree);
        n->tree = rest;
    }
    if (!n->tree)
        return 0;
    direct(n, n->tree);
    return 1;
}

static int backtrack(kr__dpor *d)
{
    while (d->node_count > d->event_count)
        close_node(d, &d->nodes[--d->node_count]);
    while (d->node_count) {
        assert(d->node_count == d->event_count);
        node *n = &d->nodes[d->node_count - 1];
        footprint *executed = keep(d->events[d->event_count - 1].step);
        pop_event(d);
        int more = advance(d, n, executed);
        drop(d, executed);
        if (more != 0)
            return more;
        close_node(d, n);
        d->node_count--;
    }
    return 0;
}

static void begin_sample(kr__dpor *d)
{
    while (d->event_count)
        pop_event(d);
    while (d->node_count)
        close_node(d, &d->nodes[--d->node_count]);
    d->random = mix(d->seed ^ mix(d->run));
    d->priority_count = 0;
    d->last_chosen = -1;
    uint64_t horizon = d->longest ? d->longest : 32;
    for (uint32_t i = 0; i + 1 < d->pct_depth; i++)
        d->change_points[i] = 1 + next_random(d) % horizon;
}

int kr__dpor_start(kr__dpor *d)
{
    if (d->in_run)
        return KR_ESTATE;
    if (d->done || d->counts.stopped_by) {
        d->done = true;
        return 0;
    }
    if (d->max_traces && d->counts.traces + d->counts.blocked >= d->max_traces) {
        if (!systematic(d)) {
            d->done = true;
            return 0;
        }
        d->counts.stopped_by = KR_STOP_TRACES;
    }
    if (systematic(d) && d->started) {
        int more = backtrack(d);
        if (more <= 0) {
            d->done = true;
            if (more == 0)
                d->counts.stopped_by = 0;
            return more;
        }
    } else if (!systematic(d)) {
        begin_sample(d);
    }
    if (d->counts.stopped_by) {
        d->done = true;
        return 0;
    }
    d->started = d->in_run = true;
    d->abandoned = false;
    d->counts.run_blocked = d->counts.run_truncated = false;
    d->depth = 0;
    d->run++;
    return 1;
}

void kr__dpor_skip_prefix(kr__dpor *d)
{
    assert(d->in_run);
    d->depth = d->event_count;
}

uint32_t kr__dpor_depth(const kr__dpor *d)
{
    return d->event_count;
}

/* The sleep set and the wakeup tree that a new node inherits. */
static int open_node(kr__dpor *d)
{
    int rc = need_event(d);
    if (rc < 0)
        return rc;
    assert(d->node_count == d->event_count);
    node *n = &d->nodes[d->node_count];
    *n = (node){.open = true, .process = NONE, .sleep_begin = d->sleeper_count,
                .sleep_end = d->sleeper_count};
    if (d->node_count && reduces(d)) {
        node *parent = n - 1;
        const footprint *step = d->events[d->event_count - 1].step;
        for (uint32_t s = parent->sleep_begin; s < parent->sleep_end; s++) {
            sleeper q = d->sleepers[s];
            if (dependent(q.step, q.flushes, step, own_flushes(step)))
                continue;
            q.flushes = after_flush(q.step, q.flushes, step);
            rc = push_sleeper(d, n, q);
            if (rc < 0)
                return rc;
        }
        if (parent->current) {
            n->ended = parent->current->shaky && !parent->current->child;
            n->tree = parent->current->child;
            parent->current->child = NULL;
        }
    }
    d->node_count++;
    assert(n->sleep_begin <= n->sleep_end);
    return 0;
}

static bool contains(const int64_t *list, size_t count, int64_t value)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i] == value)
            return true;
    }
    return false;
}

static int64_t pct_priority(const kr__dpor *d, int64_t process)
{
    for (uint32_t i = d->priority_count; i-- > 0;) {
        if (d->priorities[2 * i] == process)
            return d->priorities[2 * i + 1];
    }
    return (int64_t)(mix(d->seed ^ mix(d->run) ^ mix((uint64_t)process)) >> 2) + d->pct_depth;
}

static int64_t pct_choose(kr__dpor *d, const int64_t *enabled, size_t count)
{
    assert(count > 0);
    for (;;) {
        int64_t best = enabled[0];
        for (size_t i = 1; i < count; i++) {
            if (pct_priority(d, enabled[i]) > pct_priority(d, best))
                best = enabled[i];
        }
        bool change = false;
        for (uint32_t i = 0; i + 1 < d->pct_depth; i++) {
            if (d->change_points[i] == d->event_count + 1u && d->priority_count < d->pct_depth) {
                d->change_points[i] = 0;
                d->priorities[2 * d->priority_count] = best;
                d->priorities[2 * d->priority_count + 1] = (int64_t)(d->pct_depth - d->priority_count) - 1;
                d->priority_count++;
                change = true;
                break;
            }
        }
        if (!change)
            return best;
    }
}

static int64_t sample(kr__dpor *d, const int64_t *enabled, size_t count)
{
    assert(count > 0);
    switch (d->algorithm) {
    case KR_ALG_RANDOM:
        return enabled[next_random(d) % count];
    case KR_ALG_PCT:
        return pct_choose(d, enabled, count);
    default: { /* round robin: the next larger one, else the smallest */
        int64_t next = -1, least = enabled[0];
        for (size_t i = 0; i < count; i++) {
            least = enabled[i] < least ? enabled[i] : least;
            if (enabled[i] > d->last_chosen && (next < 0 || enabled[i] < next))
                next = enabled[i];
        }
        return next >= 0 ? next : least;
    }
    }
}

/* Branches that begin with a sleeping process exist only where steps were uncertain.  True when there were any. */
static bool drop_redundant(kr__dpor *d, node *n)
{
    bool any = false;
    for (wakeup **list = &n->tree; *list;) {
        wakeup *w = *list;
        if (!asleep(d, n, w->process, w->alternative)) {
            list = &w->sibling;
            continue;
        }
        *list = w->sibling;
        w->sibling = NULL;
        wakeup_free(d, w);
        any = true;
    }
    assert(n->open);
    return any;
}

/* The first choice at a new node of a systematic search; NONE when the run is redundant. */
static int64_t choose_at(kr__dpor *d, node *n, const int64_t *enabled, const uint64_t *masks, size_t count)
{
    if (d->algorithm == KR_ALG_EXHAUSTIVE) {
        wakeup **list = &n->tree;
        for (size_t i = 1; i < count; i++) {
            *list = wakeup_new(d, enabled[i], ANY, NULL);
            if (!*list)
                return KR_EMEMORY;
            list = &(*list)->sibling;
        }
        n->process = enabled[0];
        return n->process;
    }
    bool redundant = drop_redundant(d, n) || (n->ended && n->sleep_end > n->sleep_begin);
    while (n->tree) {
        wakeup *w = n->tree;
        if (contains(enabled, count, w->process)) {
            direct(n, w);
            return n->process;
        }
        n->tree = w->sibling; /* not possible after all (the caller disabled it) */
        w->sibling = NULL;
        wakeup_free(d, w);
    }
    for (size_t i = 0; i < count && !redundant; i++) {
        if (awake(d, n, enabled[i], masks ? masks[i] : 0)) {
            n->process = enabled[i];
            return n->process;
        }
    }
    return NONE;
}

int64_t kr__dpor_choose(kr__dpor *d, const int64_t *enabled, const uint64_t *masks, size_t count)
{
    if (!d->in_run || count == 0 || d->abandoned)
        return NONE;
    if (d->depth < d->event_count) /* the prefix of the previous run */
        return d->nodes[d->depth].process;
    if (d->max_steps && d->event_count >= d->max_steps) {
        d->abandoned = d->counts.run_truncated = true;
        d->counts.truncated++;
        return NONE;
    }
    if (d->node_count > d->event_count) { /* the node that backtracking came to */
        node *n = &d->nodes[d->event_count];
        while (!contains(enabled, count, n->process) && !n->todo) {
            wakeup_free(d, n->current);
            n->current = NULL;
            if (!n->tree) {
                d->abandoned = true;
                d->counts.diverged++;
                return NONE;
            }
            direct(n, n->tree);
        }
        return n->process;
    }
    if (open_node(d) < 0) {
        d->counts.stopped_by = KR_STOP_MEMORY;
        d->abandoned = true;
        return NONE;
    }
    node *n = &d->nodes[d->node_count - 1];
    int64_t process = systematic(d) ? choose_at(d, n, enabled, masks, count) : sample(d, enabled, count);
    if (process < 0) {
        d->abandoned = d->counts.run_blocked = true;
        d->counts.blocked++;
        return NONE;
    }
    n->process = d->last_chosen = process;
    assert(contains(enabled, count, process));
    return process;
}

int kr__dpor_branch(kr__dpor *d, uint64_t mask)
{
    if (!d->in_run || mask == 0 || d->node_count <= d->depth)
        return KR_ESTATE;
    node *n = &d->nodes[d->depth];
    if (d->depth < d->event_count)
        return n->alternative;
    if (!systematic(d)) {
        n->possible = mask;
        uint32_t pick = (uint32_t)(next_random(d) % (uint32_t)__builtin_popcountll(mask));
        while (pick--)
            mask &= mask - 1;
        n->alternative = (uint8_t)__builtin_ctzll(mask);
        return n->alternative;
    }
    if (!n->possible) {
        bool one = n->directed && n->alternative != ANY && (mask >> n->alternative & 1);
        uint64_t rest = reduces(d) ? awake(d, n, n->process, mask) : mask;
        n->possible = mask;
        n->todo = one ? 1ull << n->alternative : rest ? rest : mask;
        n->alternative = (uint8_t)__builtin_ctzll(n->todo);
    }
    n->todo &= ~(1ull << n->alternative);
    return n->alternative;
}

static int fill_footprint(kr__dpor *d, const kr__report *report, footprint *f)
{
    f->process = report->process;
    f->owner = report->owner;
    f->cause = NONE;
    f->cause_seq = 0;
    f->blocking = report->blocking;
    f->conditional = report->conditional;
    f->open = report->open;
    f->uncertain = false;
    f->count = report->count;
    memcpy(f->accesses, report->accesses, report->count * sizeof(kr__access));
    uint32_t cause = report->cause >= 0 && report->cause_event < d->event_count ? report->cause_event : UINT32_MAX;
    const proc *p = &d->procs[find_proc(d, report->process)];
    if (cause == UINT32_MAX && p->last == UINT32_MAX)
        cause = p->creator;
    if (cause != UINT32_MAX) {
        f->cause = d->events[cause].step->process;
        f->cause_seq = d->events[cause].step->seq;
    }
    /* A load from memory whose newest write is the thread's own constrains nothing before it. */
    for (uint32_t i = 0; i < f->count; i++) {
        if (f->accesses[i].kind != KR__READ)
            continue;
        const bucket *b = find_object(d, f->accesses[i].object);
        if (!b)
            return KR_EMEMORY;
        int32_t at = b->head;
        while (at != NONE && d->records[at].kind != KR__WRITE)
            at = d->records[at].previous;
        if (at == NONE)
            continue;
        const footprint *writer = d->events[d->records[at].event].step;
        if (writer->owner == f->owner && writer->process != f->process)
            f->accesses[i] = (kr__access){.object = f->accesses[i].object, .kind = KR__OWN};
    }
    return 0;
}

/* A flush makes the loads that were answered from the flushed store visible: they are chained behind it. */
static int publish_loads(kr__dpor *d, const footprint *flush, uint64_t object)
{
    const bucket *b = find_object(d, object);
    if (!b)
        return KR_EMEMORY;
    uint32_t flushes = 0;
    for (int32_t at = b->head; at != NONE; at = d->records[at].previous) {
        record r = d->records[at];
        const footprint *other = d->events[r.event].step;
        if (other->owner != flush->owner)
            continue;
        if (r.kind == KR__WRITE && other->process == flush->process)
            flushes++;
        if (r.kind == KR__OWN && r.flushes > 0 && r.flushes == flushes) {
            int rc = push_record(d, object, r.event, KR__OWN, 0);
            if (rc < 0)
                return rc;
            b = find_object(d, object);
            assert(b);
        }
    }
    return 0;
}

static int push_event(kr__dpor *d, const kr__report *report, footprint *step, event *e)
{
    uint32_t index = d->event_count;
    proc *p = &d->procs[e->proc];
    step->seq = ++p->events;
    e->step = step;
    e->old_last = p->last;
    p->last = index;
    d->events[index] = *e;
    d->event_count++;
    uint32_t *clock = clock_of(d, index);
    clock[e->proc] = step->seq;
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < d->candidate_count; i++) {
        rc = grow(d, (void **)&d->races, &d->race_capacity, d->race_count + 1, sizeof(race));
        if (rc == 0)
            d->races[d->race_count++] = (race){d->candidates[i], index};
    }
    for (uint32_t i = 0; rc == 0 && i < step->count; i++)
        rc = push_record(d, step->accesses[i].object, index, step->accesses[i].kind, step->accesses[i].flushes);
    for (uint32_t i = 0; rc == 0 && i < step->count; i++) {
        if (step->accesses[i].kind == KR__WRITE && step->owner != step->process)
            rc = publish_loads(d, step, step->accesses[i].object);
    }
    for (size_t i = 0; rc == 0 && i < report->created_count; i++) {
        int64_t child = need_proc(d, report->created[i], index);
        rc = child < 0 ? (int)child : 0;
        if (rc == 0 && d->procs[child].creator == UINT32_MAX && d->procs[child].last == UINT32_MAX)
            d->procs[child].creator = index;
    }
    assert(d->event_count == index + 1);
    return rc;
}

/* Program order, creation and cause of a step, as a clock in the scratch space behind the last event. */
static void base_clock(kr__dpor *d, uint32_t proc_index, const kr__report *report, uint32_t *clock)
{
    const proc *p = &d->procs[proc_index];
    memset(clock, 0, d->clock_stride * sizeof(uint32_t));
    if (p->last != UINT32_MAX)
        merge(d, clock, p->last);
    else if (p->creator != UINT32_MAX)
        merge(d, clock, p->creator);
    if (report->cause >= 0 && report->cause_event < d->event_count)
        merge(d, clock, report->cause_event);
}

static int same_step(const footprint *step, const kr__report *report)
{
    return step->process == report->process && step->count == report->count;
}

/* Analyses one step; for a pending one nothing is pushed and the races are reversed at once. */
static int analyse(kr__dpor *d, const kr__report *report, bool executed)
{
    if (report->process < 0 || report->count > KR__ACCESS_MAX)
        return KR_EARGUMENT;
    event e = {.records_before = d->record_count, .races_before = d->race_count, .procs_before = d->proc_count};
    int64_t index = need_proc(d, report->process, UINT32_MAX);
    int rc = index < 0 ? (int)index : need_event(d);
    footprint *step = rc < 0 ? NULL : footprint_new(d, report->count);
    if (!step)
        return KR_EMEMORY;
    e.proc = (uint32_t)index;
    rc = fill_footprint(d, report, step);
    step->alternative = executed ? d->nodes[d->event_count].alternative : 0;
    step->possible = executed ? d->nodes[d->event_count].possible : 1;
    step->seq = d->procs[index].events + 1;
    if (rc == 0)
        rc = grow(d, (void **)&d->scratch, &d->scratch_capacity, d->clock_stride * 2, sizeof(uint32_t));
    if (rc < 0) {
        drop(d, step);
        return rc;
    }
    uint32_t *scratch = d->scratch;
    d->candidate_count = 0;
    if (reduces(d)) {
        base_clock(d, e.proc, report, scratch);
        rc = find_races(d, step, scratch);
    }
    if (rc == 0 && executed) {
        if (reduces(d))
            memcpy(clock_of(d, d->event_count), scratch + d->clock_stride, d->clock_stride * sizeof(uint32_t));
        rc = push_event(d, report, step, &e);
    } else {
        for (uint32_t i = 0; rc == 0 && i < d->candidate_count; i++) {
            if (d->algorithm == KR_ALG_OPTIMAL)
                rc = reverse_optimal(d, d->candidates[i], step);
            else
                rc = reverse_source(d, d->candidates[i], d->event_count, step);
        }
        drop(d, step);
    }
    return rc;
}

static int stop_for_memory(kr__dpor *d, int rc)
{
    if (rc == KR_EMEMORY) {
        d->counts.stopped_by = KR_STOP_MEMORY;
        d->abandoned = true;
        return 0;
    }
    return rc;
}

int kr__dpor_record(kr__dpor *d, const kr__report *report)
{
    if (!d->in_run || d->abandoned || d->node_count <= d->depth)
        return KR_ESTATE;
    node *n = &d->nodes[d->depth];
    if (report->process != n->process)
        return KR_EARGUMENT;
    d->counts.steps++;
    if (!n->possible) { /* the caller knew of no alternatives */
        n->possible = 1;
        n->alternative = 0;
    }
    if (d->depth < d->event_count) {
        if (!same_step(d->events[d->depth].step, report)) {
            d->counts.diverged++;
            d->abandoned = true;
        }
        d->depth++;
        return 0;
    }
    int rc = analyse(d, report, true);
    d->depth = d->event_count;
    if (d->event_count > d->counts.depth)
        d->counts.depth = d->event_count;
    return stop_for_memory(d, rc);
}

int kr__dpor_pending(kr__dpor *d, const kr__report *report)
{
    if (!d->in_run || d->depth < d->event_count)
        return KR_ESTATE;
    if (!reduces(d) || (d->abandoned && !d->counts.run_blocked && !d->counts.run_truncated))
        return 0;
    return stop_for_memory(d, analyse(d, report, false));
}

int kr__dpor_finish(kr__dpor *d)
{
    if (!d->in_run)
        return KR_ESTATE;
    int rc = 0;
    for (uint32_t i = 0; reduces(d) && rc == 0 && i < d->race_count; i++) {
        race r = d->races[i];
        footprint *second = d->events[r.second].step;
        if (d->algorithm == KR_ALG_OPTIMAL)
            rc = reverse_optimal(d, r.first, second);
        else
            rc = reverse_source(d, r.first, r.second, second);
    }
    d->in_run = false;
    if (d->event_count > d->longest)
        d->longest = d->event_count;
    if (!d->counts.run_blocked && !(d->abandoned && !d->counts.run_truncated))
        d->counts.traces++;
    return stop_for_memory(d, rc);
}

uint32_t kr__dpor_length(const kr__dpor *d)
{
    return d->event_count;
}

int64_t kr__dpor_process(const kr__dpor *d, uint32_t event)
{
    assert(event < d->event_count);
    return d->events[event].step->process;
}

int kr__dpor_alternative(const kr__dpor *d, uint32_t event)
{
    assert(event < d->event_count);
    return d->events[event].step->alternative;
}

uint64_t kr__dpor_bytes(const kr__dpor *d)
{
    return d->bytes;
}

kr__dpor_counts kr__dpor_count(const kr__dpor *d)
{
    return d->counts;
}
