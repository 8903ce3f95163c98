/* Depth-first search over distinct states that also counts the schedules: the number of paths from a state to the
 * ends is the sum over its successors, so one visit of each state suffices.
 *
 * A cycle makes the number infinite; it is then looked at for starvation under weak fairness: a thread that never
 * steps in the cycle, although it can in some of its states but not in all (one that can in all of them would be run by
 * any fair scheduler).
 */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum { POLL_STATES = 1024, CYCLES_MAX = 10000, OPEN = 1, CLOSED = 2 };

typedef unsigned __int128 paths;

typedef struct frame {
    uint32_t state;
    uint32_t next, end; /* successors in the stack of pending ones */
    uint32_t by;        /* thread that stepped here */
} frame;

typedef struct pending {
    uint32_t state, by;
} pending;

typedef struct dfs {
    kr_search *search;
    kr__space *space;
    kr__worker *worker;
    uint32_t components, count, capacity, mask;
    uint32_t *ids;   /* components per state */
    uint32_t *slots; /* state + 1 */
    paths *paths;
    uint8_t *color;
    uint64_t *can; /* threads that can step */
    frame *frames;
    uint32_t depth, frame_capacity;
    pending *pendings;
    uint32_t pending_count, pending_capacity;
    uint32_t cycles;
    bool overflow;
} dfs;

static uint64_t bytes_of(const dfs *d)
{
    uint64_t state = d->components * sizeof *d->ids + sizeof *d->paths + sizeof *d->color + sizeof *d->can;
    return d->capacity * state + (d->mask + 1ull) * sizeof *d->slots + d->frame_capacity * sizeof *d->frames
           + d->pending_capacity * sizeof *d->pendings + kr__space_bytes(d->space);
}

static uint32_t hash_ids(const uint32_t *ids, uint32_t count)
{
    uint64_t h = 0x9E3779B97F4A7C15u;
    for (uint32_t i = 0; i < count; i++) {
        h = (h ^ ids[i]) * 0xBF58476D1CE4E5B9u;
        h ^= h >> 29;
    }
    return (uint32_t)(h ^ h >> 32);
}

static int widen(void **array, uint64_t count, size_t size)
{
    void *larger = realloc(*array, count * size);
    if (!larger)
        return KR_EMEMORY;
    *array = larger;
    return 0;
}

static int need_states(dfs *d)
{
    if (d->count < d->capacity)
        return 0;
    uint32_t capacity = d->capacity ? d->capacity * 2 : 1024;
    uint64_t limit = d->search->options.max_memory_bytes;
    if (capacity > UINT32_MAX / 4 || (limit && bytes_of(d) * 2 > limit))
        return KR_EMEMORY;
    if (widen((void **)&d->ids, (uint64_t)capacity * d->components, sizeof *d->ids)
        || widen((void **)&d->paths, capacity, sizeof *d->paths)
        || widen((void **)&d->color, capacity, sizeof *d->color) || widen((void **)&d->can, capacity, sizeof *d->can))
        return KR_EMEMORY;
    uint32_t *slots = calloc((size_t)capacity * 2, sizeof *slots);
    if (!slots)
        return KR_EMEMORY;
    free(d->slots);
    d->slots = slots;
    d->mask = capacity * 2 - 1;
    d->capacity = capacity;
    for (uint32_t i = 0; i < d->count; i++) {
        uint32_t at = hash_ids(d->ids + (size_t)i * d->components, d->components) & d->mask;
        while (d->slots[at])
            at = (at + 1) & d->mask;
        d->slots[at] = i + 1;
    }
    assert(d->count < d->capacity);
    return 0;
}

/* The number of the state, which is new when its color is 0. */
static int64_t find_state(dfs *d, const uint32_t *ids)
{
    int rc = need_states(d);
    if (rc < 0)
        return rc;
    uint32_t at = hash_ids(ids, d->components) & d->mask;
    for (; d->slots[at]; at = (at + 1) & d->mask) {
        uint32_t state = d->slots[at] - 1;
        if (memcmp(d->ids + (size_t)state * d->components, ids, d->components * sizeof *ids) == 0)
            return state;
    }
    memcpy(d->ids + (size_t)d->count * d->components, ids, d->components * sizeof *ids);
    d->paths[d->count] = 0;
    d->color[d->count] = 0;
    d->can[d->count] = 0;
    d->slots[at] = ++d->count;
    return d->count - 1;
}

static int push_pending(dfs *d, uint32_t state, uint32_t by)
{
    if (d->pending_count == d->pending_capacity) {
        uint32_t capacity = d->pending_capacity ? d->pending_capacity * 2 : 1024;
        int rc = widen((void **)&d->pendings, capacity, sizeof *d->pendings);
        if (rc < 0)
            return rc;
        d->pending_capacity = capacity;
    }
    d->pendings[d->pending_count++] = (pending){state, by};
    return 0;
}

/* Finds the successors of a new state and opens a frame for it. */
static int open_state(dfs *d, uint32_t state, uint32_t by)
{
    uint32_t ids[KR__COMPONENTS_MAX], next[KR__COMPONENTS_MAX], begin = d->pending_count;
    memcpy(ids, d->ids + (size_t)state * d->components, d->components * sizeof *ids);
    memcpy(next, ids, sizeof next);
    d->color[state] = OPEN;
    uint64_t can = 0;
    for (uint32_t t = 0; t < d->search->program->threads; t++) {
        const kr__successor *list = NULL;
        int64_t count = kr__successors(d->worker, t, ids, d->depth, &list);
        if (count < 0)
            return (int)count;
        for (int64_t i = 0; i < count; i++) {
            const kr__successor *s = &list[i];
            can |= s->flush ? 0 : 1ull << t;
            next[0] = s->shared;
            next[1 + t] = s->local;
            if (s->other >= 0)
                next[1 + s->other] = s->other_local;
            int64_t to = find_state(d, next);
            if (to < 0 || push_pending(d, (uint32_t)to, t) < 0)
                return KR_EMEMORY;
            memcpy(next, ids, d->components * sizeof *next);
        }
    }
    d->can[state] = can;
    d->search->counts.transitions += d->pending_count - begin;
    if (d->pending_count == begin) {
        d->paths[state] = 1;
        int rc = kr__space_end(d->worker, ids, d->depth);
        if (rc < 0)
            return rc;
    }
    if (d->depth == d->frame_capacity) {
        uint32_t capacity = d->frame_capacity ? d->frame_capacity * 2 : 256;
        int rc = widen((void **)&d->frames, capacity, sizeof *d->frames);
        if (rc < 0)
            return rc;
        d->frame_capacity = capacity;
    }
    d->frames[d->depth++] = (frame){state, begin, d->pending_count, by};
    if (d->depth - 1 > d->search->counts.depth)
        d->search->counts.depth = d->depth - 1;
    return 0;
}

/* The stack from `state` on is a cycle, closed by a step of `by`. */
static void look_at_cycle(dfs *d, uint32_t state, uint32_t by)
{
    uint64_t some = 0, all = UINT64_MAX, steps = 1ull << by;
    d->search->counts.cyclic = 1;
    if (d->cycles++ >= CYCLES_MAX)
        return;
    for (uint32_t i = d->depth; i-- > 0;) {
        some |= d->can[d->frames[i].state];
        all &= d->can[d->frames[i].state];
        if (d->frames[i].state == state)
            break;
        steps |= 1ull << d->frames[i].by;
    }
    if ((all & ~steps) == 0) /* a fair schedule can stay in it */
        d->search->counts.starved_threads |= some & ~steps;
}

/* Records the schedule of each finding that was made in the state on top of the stack. */
static int keep_schedules(dfs *d)
{
    kr_search *s = d->search;
    for (uint32_t f = 0; f < s->finding_count; f++) {
        kr__finding *finding = &s->findings[f];
        if (!finding->source || (finding->schedule && finding->public.steps <= finding->level))
            continue;
        const uint32_t *top = d->ids + (size_t)d->frames[d->depth - 1].state * d->components;
        if (memcmp(finding->source, top, d->components * sizeof *top) != 0)
            continue;
        kr_step *steps = calloc(d->depth + 1, sizeof *steps);
        if (!steps)
            return KR_EMEMORY;
        for (uint32_t i = 0; i + 1 < d->depth; i++)
            (void)kr__space_step(d->worker, d->ids + (size_t)d->frames[i].state * d->components,
                                 d->ids + (size_t)d->frames[i + 1].state * d->components, &steps[i]);
        finding->public.steps = d->depth - 1;
        if (finding->last.process >= 0)
            steps[finding->public.steps++] = finding->last;
        free(finding->schedule);
        finding->schedule = steps;
        if (finding->public.kind == KR_FIND_DEADLOCK && !finding->waits && kr__space_waits(d->worker, top, finding) < 0)
            return KR_EMEMORY;
    }
    return 0;
}

static int enter(dfs *d, uint32_t state, uint32_t by)
{
    uint32_t before = d->search->finding_count;
    int rc = open_state(d, state, by);
    if (rc == 0 && d->search->finding_count > before)
        rc = keep_schedules(d);
    return rc;
}

static void leave(dfs *d)
{
    frame *f = &d->frames[--d->depth];
    d->color[f->state] = CLOSED;
    /* The successors of a state are stacked on those of the state below it. */
    d->pending_count = d->depth ? d->frames[d->depth - 1].end : 0;
    if (d->depth)
        d->paths[d->frames[d->depth - 1].state] += d->paths[f->state];
}

static int limit_of(dfs *d)
{
    const kr_options *o = &d->search->options;
    if (o->max_states && d->count >= o->max_states)
        return KR_STOP_STATES;
    if (o->max_memory_bytes && bytes_of(d) > o->max_memory_bytes)
        return KR_STOP_MEMORY;
    return kr__poll(d->search);
}

static int walk(dfs *d)
{
    kr_search *s = d->search;
    for (uint64_t turn = 0; d->depth; turn++) {
        frame *f = &d->frames[d->depth - 1];
        if (d->paths[f->state] >> 126)
            d->overflow = true;
        if (f->next == f->end) {
            leave(d);
            continue;
        }
        if (turn % POLL_STATES == 0 || s->options.max_states) {
            s->counts.stopped_by = limit_of(d);
            if (s->counts.stopped_by)
                return 0;
        }
        pending p = d->pendings[f->next++];
        if (d->color[p.state] == OPEN) {
            look_at_cycle(d, p.state, p.by);
        } else if (d->color[p.state] == CLOSED) {
            d->paths[f->state] += d->paths[p.state];
        } else if (s->options.max_depth && d->depth > s->options.max_depth) {
            s->counts.stopped_by = KR_STOP_DEPTH;
            return 0;
        } else {
            int rc = enter(d, p.state, p.by);
            if (rc < 0)
                return rc;
        }
    }
    return 0;
}

static int run(dfs *d)
{
    kr_search *s = d->search;
    uint32_t ids[KR__COMPONENTS_MAX] = {0};
    d->space = kr__space_new(s);
    d->worker = d->space ? kr__worker_new(d->space) : NULL;
    if (!d->worker)
        return KR_EMEMORY;
    int rc = kr__space_first(d->worker, ids);
    int64_t first = rc < 0 ? rc : find_state(d, ids);
    rc = first < 0 ? (int)first : open_state(d, (uint32_t)first, 0);
    if (rc == 0)
        rc = keep_schedules(d);
    if (rc == 0)
        rc = walk(d);
    bool whole = rc == 0 && !s->counts.stopped_by && !s->counts.cyclic && !d->overflow;
    s->counts.schedules_known = whole;
    if (whole) {
        s->counts.schedules_low = (uint64_t)d->paths[first];
        s->counts.schedules_high = (uint64_t)(d->paths[first] >> 64);
    }
    return rc;
}

int kr__run_schedules(kr_search *s)
{
    dfs d = {.search = s, .components = 1 + s->program->threads};
    int rc = run(&d);
    s->counts.states = d.count;
    s->counts.memory_bytes = d.space ? bytes_of(&d) : 0;
    kr__worker_free(d.worker);
    kr__space_free(d.space);
    free(d.ids);
    free(d.slots);
    free(d.paths);
    free(d.color);
    free(d.can);
    free(d.frames);
    free(d.pendings);
    return rc;
}
