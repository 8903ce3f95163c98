/* Threads that hand items over through the kernel's ring, under the Twin: every state under SC, x86-TSO and RA.
 *
 * The ring's own source runs as coroutines; each access to memory that threads share is a step.  Under TSO a store goes
 * into a buffer, whose drains are steps of their own.  Under RA a location is a list of messages in modification order,
 * and threads and messages have views, the place in each list before which nothing can be read: J. Kang et al., "A
 * Promising Semantics for Relaxed-Memory Concurrency" (POPL 2017), without promises, with fences.  A plain access that
 * does not see the newest message is a data race.  To sleep and to wake are system calls, which synchronise.
 *
 * A thread is told apart by what it read since it last settled, where it says what it will do next. */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>

#include "native.h"

enum { THREADS_MAX = 4, LOCATIONS_MAX = 16, MESSAGES_MAX = 16, BUFFER_MAX = 8, STACK_BYTES = 16384, ITEMS_MAX = 8 };
enum order { KR__RELAXED, KR__ACQUIRE, KR__RELEASE };
enum op { LOAD, STORE, CAS, SWAP, FENCE, READ, WRITE, WAKE, SLEEP, DONE };
enum model { SC, TSO, RA };

#define KR__TWIN
typedef uint32_t kr__atomic;
#define kr__atomic_init(at, value) (*(at) = (value))
static uint32_t kr__atomic_load(const kr__atomic *at, enum order order);
static void kr__atomic_store(kr__atomic *at, uint32_t value, enum order order);
static bool kr__atomic_cas(kr__atomic *at, uint32_t *expected, uint32_t value);
static uint32_t kr__atomic_exchange(kr__atomic *at, uint32_t value);
static void kr__fence(void);
static uint64_t kr__plain_read(const uint64_t *at);
static void kr__plain_write(uint64_t *at, uint64_t value);
#include "ring.c"

typedef struct team {
    const char *name;
    enum model model;
    uint8_t putters, items, capacity;
    enum extent extent;
} team;

static const team teams[] = {
    {"ring-sc", SC, 2, 1, 2, QUICK},
    {"ring-tso", TSO, 2, 1, 2, QUICK},
    {"ring-ra", RA, 2, 1, 2, QUICK},
    /* More items than slots. */
    {"ring-round-tso", TSO, 1, 3, 2, QUICK},
    {"ring-round-ra", RA, 1, 3, 2, QUICK},
    {"ring-more-sc", SC, 2, 2, 2, FULL},
    {"ring-rounds-tso", TSO, 1, 4, 2, FULL},
    {"ring-rounds-ra", RA, 1, 4, 2, FULL},
};

/* For each location the index of a message, in the order in which messages were made. */
typedef struct view {
    uint8_t at[LOCATIONS_MAX];
} view;

typedef struct message {
    uint64_t value;
    view view;
    bool glued; /* the write of a read-modify-write: nothing comes between it and the one before */
} message;

typedef struct line {
    uint8_t count, order[MESSAGES_MAX]; /* numbers of messages in modification order */
    message messages[MESSAGES_MAX];
} line;

typedef struct entry {
    uint8_t location;
    uint64_t value;
} entry;

typedef struct thread {
    ucontext_t context;
    uint64_t read; /* a hash of what it read since it settled */
    enum op op;
    enum order order;
    uint8_t location, buffered;
    bool swapped;
    uint64_t value, expected, result;
    entry buffer[BUFFER_MAX];
    view now, acquired, released;
    _Alignas(16) uint8_t stack[STACK_BYTES];
} thread;

/* All that a step can change, so that a copy is a state. */
static struct {
    uint8_t count, current;
    bool woken;
    uint64_t values[LOCATIONS_MAX];
    line lines[LOCATIONS_MAX];
    view fence, bell;
    uint8_t taken[THREADS_MAX];
    thread threads[THREADS_MAX];
    _Alignas(64) uint8_t ring[256 + 4 * sizeof(slot)];
} w;

static const team *now;
static ucontext_t scheduler;
static jmp_buf lost;
static const void *places[LOCATIONS_MAX];
static int places_count;

/* -- what threads do ----------------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

static uint64_t ask(enum op op, const void *at, uint64_t value, uint64_t expected, enum order order)
{
    thread *t = &w.threads[w.current];
    t->op = op;
    t->value = value;
    t->expected = expected;
    t->order = order;
    t->location = 0;
    while (at && places[t->location] != at)
        t->location++;
    swapcontext(&t->context, &scheduler);
    t = &w.threads[w.current];
    t->read = mix(t->read, t->result + op);
    return t->result;
}

static uint32_t kr__atomic_load(const kr__atomic *at, enum order order)
{
    return (uint32_t)ask(LOAD, at, 0, 0, order);
}

static void kr__atomic_store(kr__atomic *at, uint32_t value, enum order order)
{
    (void)ask(STORE, at, value, 0, order);
}

static bool kr__atomic_cas(kr__atomic *at, uint32_t *expected, uint32_t value)
{
    uint32_t old = (uint32_t)ask(CAS, at, value, *expected, KR__RELAXED);
    bool same = old == *expected;
    *expected = old;
    return same;
}

static uint32_t kr__atomic_exchange(kr__atomic *at, uint32_t value)
{
    return (uint32_t)ask(SWAP, at, value, 0, KR__RELAXED);
}

static void kr__fence(void)
{
    (void)ask(FENCE, NULL, 0, 0, KR__RELAXED);
}

static uint64_t kr__plain_read(const uint64_t *at)
{
    return ask(READ, at, 0, 0, KR__RELAXED);
}

static void kr__plain_write(uint64_t *at, uint64_t value)
{
    (void)ask(WRITE, at, value, 0, KR__RELAXED);
}

static void settle(uint64_t next)
{
    w.threads[w.current].read = next;
}

static void putter(void)
{
    kr_ring *ring = (kr_ring *)(void *)w.ring;
    for (uint32_t i = 1; i <= now->items;) {
        settle(i);
        int result = kr_ring_put(ring, (uint64_t)w.current << 8 | i);
        if (result == 1)
            (void)ask(WAKE, NULL, 0, 0, KR__RELAXED);
        i += result >= 0;
    }
}

static void taker(void)
{
    kr_ring *ring = (kr_ring *)(void *)w.ring;
    for (int left = now->putters * now->items; left > 0;) {
        uint64_t item;
        settle((uint64_t)left);
        if (kr_ring_take(ring, &item)) {
            uint64_t from = item >> 8;
            if (from >= now->putters || (item & 255) != w.taken[from] + 1u)
                world_fail("an item was lost, taken twice, or taken before its time");
            w.taken[from]++;
            left--;
        } else if (kr_ring_doze(ring)) {
            (void)ask(SLEEP, NULL, 0, 0, KR__RELAXED);
        }
    }
}

static void begin(void)
{
    if (w.current < now->putters)
        putter();
    else
        taker();
    (void)ask(DONE, NULL, 0, 0, KR__RELAXED);
    abort();
}

static void resume(int number)
{
    w.current = (uint8_t)number;
    swapcontext(&scheduler, &w.threads[number].context);
}

/* -- release and acquire --------------------------------------------------------------------------------------- */

static int rank(int location, int number)
{
    int at = 0;
    while (w.lines[location].order[at] != number)
        at++;
    return at;
}

static void join(view *into, const view *from)
{
    for (int i = 0; i < places_count; i++) {
        if (rank(i, from->at[i]) > rank(i, into->at[i]))
            into->at[i] = from->at[i];
    }
}

static void see(thread *t, int location, int number, bool acquire)
{
    const message *m = &w.lines[location].messages[number];
    if (rank(location, number) > rank(location, t->now.at[location]))
        t->now.at[location] = (uint8_t)number;
    join(&t->acquired, &t->now);
    join(&t->acquired, &m->view);
    if (acquire)
        join(&t->now, &m->view);
}

/* Puts a message behind that at `rank`. */
static void insert(thread *t, int location, int rank_before, uint64_t value, bool release, const view *follows)
{
    line *l = &w.lines[location];
    if (l->count == MESSAGES_MAX)
        world_fail("the bound on messages is too low");
    uint8_t number = l->count++;
    memmove(&l->order[rank_before + 2], &l->order[rank_before + 1], (size_t)(number - rank_before - 1));
    l->order[rank_before + 1] = number;
    t->now.at[location] = number;
    message *m = &l->messages[number];
    *m = (message){.value = value, .view = release ? t->now : t->released, .glued = follows != NULL};
    m->view.at[location] = number;
    if (follows)
        join(&m->view, follows);
    join(&t->acquired, &t->now);
}

static bool is_newest(const thread *t, int location)
{
    return rank(location, t->now.at[location]) == w.lines[location].count - 1;
}

static int ra_choices(const thread *t)
{
    int newer = w.lines[t->location].count - rank(t->location, t->now.at[t->location]);
    return t->op == LOAD || t->op == STORE || t->op == CAS || t->op == SWAP ? newer : 1;
}

/* False when the choice is none: something was put in between already. */
static bool ra_step(thread *t, int choice)
{
    line *l = &w.lines[t->location];
    int at = rank(t->location, t->now.at[t->location]) + choice;
    bool taken = at + 1 < l->count && l->messages[l->order[at + 1]].glued;
    message m = l->messages[l->order[at]];
    switch (t->op) {
    case LOAD:
        see(t, t->location, l->order[at], t->order == KR__ACQUIRE);
        t->result = m.value;
        return true;
    case STORE:
        if (taken)
            return false;
        insert(t, t->location, at, t->value, t->order == KR__RELEASE, NULL);
        return true;
    case CAS:
    case SWAP:
        if ((t->op == SWAP || m.value == t->expected) && taken)
            return false;
        see(t, t->location, l->order[at], false);
        t->result = m.value;
        if (t->op == SWAP || m.value == t->expected)
            insert(t, t->location, at, t->value, false, &m.view);
        return true;
    case FENCE:
        join(&w.fence, &t->acquired);
        t->now = t->acquired = t->released = w.fence;
        return true;
    case READ:
        if (!is_newest(t, t->location))
            world_fail("a data race: a read beside a write");
        t->result = l->messages[t->now.at[t->location]].value;
        /* A read leaves a message too, so that a write which does not come after it is seen to race. */
        insert(t, t->location + 1, w.lines[t->location + 1].count - 1, 0, false, NULL);
        return true;
    case WRITE:
        if (!is_newest(t, t->location) || !is_newest(t, t->location + 1))
            world_fail("a data race: a write beside a read or a write");
        insert(t, t->location, l->count - 1, t->value, false, NULL);
        return true;
    case WAKE:
        join(&w.bell, &t->now);
        return true;
    default:
        join(&t->now, &w.bell);
        join(&t->acquired, &w.bell);
        return true;
    }
}

/* -- sequential consistency and x86-TSO --------------------------------------------------------------------------- */

static void drain(thread *t)
{
    w.values[t->buffer[0].location] = t->buffer[0].value;
    memmove(t->buffer, t->buffer + 1, --t->buffered * sizeof *t->buffer);
    t->buffer[t->buffered] = (entry){0};
}

static bool needs_drain(const thread *t)
{
    return t->buffered > 0 && t->op != LOAD && t->op != READ && t->op != STORE && t->op != WRITE;
}

static void plain_step(thread *t)
{
    uint64_t *at = &w.values[t->location];
    t->result = *at;
    for (int i = 0; i < t->buffered; i++) {
        if (t->buffer[i].location == t->location)
            t->result = t->buffer[i].value;
    }
    if ((t->op == STORE || t->op == WRITE) && now->model == TSO) {
        if (t->buffered == BUFFER_MAX)
            world_fail("the bound on buffers is too low");
        t->buffer[t->buffered++] = (entry){t->location, t->value};
    } else if (t->op == STORE || t->op == WRITE || t->op == SWAP || (t->op == CAS && *at == t->expected)) {
        *at = t->value;
    }
    if (t->op == STORE || t->op == WRITE)
        t->result = 0;
}

/* -- steps ----------------------------------------------------------------------------------------------------- */

/* A step is the thread, and a choice, of which the highest is a drain of its buffer. */
enum { DRAIN = 63 };

static int possible(step out[128])
{
    int count = 0;
    for (int i = 0; i < w.count; i++) {
        const thread *t = &w.threads[i];
        if (t->buffered > 0)
            out[count++] = (step)(i * 64 + DRAIN);
        if (t->op == DONE || (t->op == SLEEP && !w.woken) || needs_drain(t))
            continue;
        for (int c = now->model == RA ? ra_choices(t) : 1; c-- > 0;)
            out[count++] = (step)(i * 64 + c);
    }
    return count;
}

/* False when it turned out to be no step. */
static bool take_step(step s)
{
    thread *t = &w.threads[s / 64];
    int choice = s % 64;
    if (choice == DRAIN) {
        drain(t);
        return true;
    }
    t->result = 0;
    if (now->model != RA)
        plain_step(t);
    else if (!ra_step(t, choice))
        return false;
    if (t->op == WAKE || t->op == SLEEP)
        w.woken = t->op == WAKE;
    resume(s / 64);
    return true;
}

static void check_end(void)
{
    for (int i = 0; i < w.count; i++) {
        if (w.threads[i].op == SLEEP)
            world_fail("a wake-up is lost: the taker sleeps for ever");
    }
}

static void add_place(const void *at, uint64_t value)
{
    places[places_count] = at;
    w.values[places_count] = value;
    w.lines[places_count].count = 1;
    w.lines[places_count++].messages[0].value = value;
}

static void open_team(const team *chosen)
{
    now = chosen;
    memset(&w, 0, sizeof w);
    places_count = 0;
    w.count = (uint8_t)(now->putters + 1);
    kr_ring *ring = kr_ring_init(w.ring, now->capacity);
    add_place(&ring->tail, ring->tail);
    add_place(&ring->sleepy, ring->sleepy);
    for (uint32_t i = 0; i < now->capacity; i++) {
        add_place(&ring->slots[i].turn, ring->slots[i].turn);
        add_place(&ring->slots[i].item, 0);
        add_place((const uint8_t *)&ring->slots[i].item + 1, 0); /* its reads */
    }
    for (int i = 0; i < w.count; i++) {
        thread *t = &w.threads[i];
        getcontext(&t->context);
        t->context.uc_stack.ss_sp = t->stack;
        t->context.uc_stack.ss_size = sizeof t->stack;
        makecontext(&t->context, begin, 0);
        resume(i);
    }
}

/* -- states ---------------------------------------------------------------------------------------------------- */

static int lowest(int location)
{
    int low = MESSAGES_MAX;
    for (int i = 0; i < w.count; i++) {
        int at = rank(location, w.threads[i].now.at[location]);
        low = at < low ? at : low;
    }
    return low;
}

static uint64_t mix_view(uint64_t hash, const view *v, const int *low)
{
    for (int i = 0; i < places_count; i++) {
        int at = rank(i, v->at[i]) - low[i];
        hash = mix(hash, at > 0 ? (uint64_t)at : 0);
    }
    return hash;
}

static uint64_t hash_of(void)
{
    uint64_t hash = w.woken + 1;
    int low[LOCATIONS_MAX];
    for (int i = 0; i < w.count; i++) {
        const thread *t = &w.threads[i];
        hash = mix(mix(hash, t->read), (uint64_t)t->op * 16 + t->buffered);
        for (int k = 0; k < t->buffered; k++)
            hash = mix(hash, t->buffer[k].location * UINT64_C(0x10001) + t->buffer[k].value);
    }
    hash = mix(hash, ((const kr_ring *)(const void *)w.ring)->head);
    for (int i = 0; i < places_count && now->model != RA; i++)
        hash = mix(hash, w.values[i]);
    if (now->model != RA)
        return hash;
    for (int i = 0; i < places_count; i++)
        low[i] = lowest(i);
    for (int i = 0; i < places_count; i++) {
        const line *l = &w.lines[i];
        for (int k = low[i]; k < l->count; k++) {
            const message *m = &l->messages[l->order[k]];
            hash = mix_view(mix(hash, m->value * 2 + m->glued), &m->view, low);
        }
        hash = mix(hash, (uint64_t)i);
    }
    for (int i = 0; i < w.count; i++) {
        const thread *t = &w.threads[i];
        hash = mix_view(mix_view(mix_view(hash, &t->now, low), &t->acquired, low), &t->released, low);
    }
    return mix_view(mix_view(hash, &w.fence, low), &w.bell, low);
}

/* -- exploring --------------------------------------------------------------------------------------------------- */

enum { DEPTH_MAX = 512 };
typedef struct level {
    step steps[128];
    int count, next;
    void *state;
} level;
static level levels[DEPTH_MAX];
static step path[DEPTH_MAX];
static int path_length;

static void print_path(void)
{
    for (int i = 0; i < path_length; i++)
        printf("%s%d.%d", i ? "," : "", path[i] / 64, path[i] % 64);
    puts("");
}

static int finding(const char *how)
{
    printf("finding %s (%s): %s\n", now->name, how, world_why());
    printf("schedule %s ", now->name);
    print_path();
    return 1;
}

static void push(int depth)
{
    level *l = &levels[depth];
    l->count = possible(l->steps);
    l->next = 0;
    if (l->count == 0)
        check_end();
    if (!l->state)
        l->state = malloc(sizeof w);
    memcpy(l->state, &w, sizeof w);
}

int threads_explore(int number, uint64_t states_max)
{
    volatile int depth = 0, deepest = 0;
    volatile uint64_t steps = 0, ends = 0;
    double start = world_seconds();
    if (setjmp(*world_catch(&lost))) {
        path_length = depth;
        for (int i = 0; i < depth; i++)
            path[i] = levels[i].steps[levels[i].next - 1];
        return finding("every state");
    }
    states_new();
    open_team(&teams[number]);
    (void)states_add(hash_of());
    push(0);
    while (depth >= 0 && states_count() < states_max) {
        level *l = &levels[depth];
        if (l->next == l->count) {
            ends += l->count == 0;
            depth--;
            continue;
        }
        memcpy(&w, l->state, sizeof w);
        step s = l->steps[l->next++];
        steps++;
        depth++;
        if (!take_step(s) || !states_add(hash_of())) {
            depth--;
            continue;
        }
        if (depth == DEPTH_MAX)
            world_fail("the bound on steps is too low");
        deepest = depth > deepest ? depth : deepest;
        push(depth);
    }
    printf("%s %s: %llu states, %llu steps, %llu ends, depth %d, %.1f s\n", depth < 0 ? "complete" : "bounded",
           now->name, (unsigned long long)states_count(), (unsigned long long)steps, (unsigned long long)ends, deepest,
           world_seconds() - start);
    return depth < 0 ? 0 : 2;
}

static bool read_path(const char *text)
{
    for (path_length = 0; *text; text += *text == ',') {
        char *end = NULL;
        unsigned long who = strtoul(text, &end, 10), choice = *end == '.' ? strtoul(end + 1, &end, 10) : 64;
        if (who >= THREADS_MAX || choice > DRAIN || path_length == DEPTH_MAX || (*end && *end != ','))
            return false;
        path[path_length++] = (step)(who * 64 + choice);
        text = end;
    }
    return path_length > 0;
}

int threads_replay(int number, const char *schedule)
{
    if (!read_path(schedule))
        return 3;
    if (setjmp(*world_catch(&lost)))
        return finding("replayed") == 1 ? 1 : 3;
    open_team(&teams[number]);
    for (int i = 0; i < path_length; i++) {
        step steps[128];
        int count = possible(steps), at = 0;
        while (at < count && steps[at] != path[i])
            at++;
        if (at == count || !take_step(path[i]))
            break;
    }
    step steps[128];
    if (possible(steps) == 0)
        check_end();
    printf("replayed %s: nothing fails\n", now->name);
    return 0;
}

int threads_find(const char *name)
{
    for (int i = 0; i < (int)(sizeof teams / sizeof *teams); i++) {
        if (strcmp(teams[i].name, name) == 0)
            return i;
    }
    return -1;
}

void threads_list(void)
{
    for (size_t i = 0; i < sizeof teams / sizeof *teams; i++)
        printf("%s %s\n", teams[i].name, teams[i].extent == QUICK ? "quick" : "full");
}
