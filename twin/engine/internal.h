/* Shared by the parts of the engine; nothing here is public.
 *
 * A machine state is one vector of words: the shared slice first, then one slice per thread.
 *   shared: memory words (SC, TSO, PSO) or message lists and views (RA); mutexes (0 free, 1 held); semaphores;
 *           promises (resolved, value); per thread "started" and "ended"; clock; decisions on terms
 *   thread: program counter | failure << 32; held mutexes (62 per word); registers; store buffer (length, then
 *           pairs word, value: oldest first under TSO, sorted by word under PSO)
 * The mutex word does not name its owner and no thread slice holds a thread number, so threads with equal code have
 * equal slices in equal situations; the stateful search uses that.
 */
#ifndef KREPIS_INTERNAL_H
#define KREPIS_INTERNAL_H

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "dpor.h"
#include "krepis_twin.h"

#define KR__TERM_BASE ((int64_t)1 << 62)
#define KR__ABSENT INT64_MIN

enum {
    KR__THREADS_MAX = 64,
    KR__REGISTERS_MAX = 64,
    KR__WORDS_MAX = 4096,
    KR__CODE_MAX = 65536,
    KR__EXPRESSION_MAX = 1024,
    KR__STATE_MAX = 1 << 17,
    KR__LOCAL_STEPS = 10000,
    KR__DECISIONS_MAX = 48,
    KR__STEP_ACCESSES = 192,
    KR__MUTEXES_PER_WORD = 62
};

enum kr__op {
    KR__HALT, KR__SET, KR__JUMP, KR__BRANCH, KR__CHECK, KR__REQUIRE, KR__LOAD, KR__STORE, KR__FETCH_ADD,
    KR__EXCHANGE, KR__CAS, KR__FENCE, KR__STEP, KR__LOCK, KR__UNLOCK, KR__TAKE, KR__GIVE, KR__RESOLVE, KR__AWAIT,
    KR__SPAWN, KR__JOIN, KR__SLEEP, KR__NOW, KR__CHOOSE, KR__ATOMIC, KR__ATOMIC_END, KR__OPS
};

enum kr__failure {
    KR__OK, KR__ASSERTION, KR__BOUNDS, KR__OVERFLOW, KR__DIVISION, KR__BAD_UNLOCK, KR__BAD_SPAWN, KR__TERM,
    KR__LOCAL_LOOP, KR__INVARIANT, KR__LIMIT
};

/* Expression codes (postfix); binary operators follow from 16 on, see program.py. */
enum kr__code {
    KR__X_END, KR__X_CONST, KR__X_REG, KR__X_SHARED, KR__X_SYMBOL, KR__X_APPLY, KR__X_SELECT, KR__X_UPDATE,
    KR__X_ADD = 16, KR__X_SUB, KR__X_MUL, KR__X_DIV, KR__X_MOD, KR__X_AND, KR__X_OR, KR__X_XOR, KR__X_SHL,
    KR__X_SHR, KR__X_EQ, KR__X_NE, KR__X_LT, KR__X_LE, KR__X_GT, KR__X_GE, KR__X_LAST = KR__X_GE
};

typedef struct kr__instruction {
    uint8_t op;
    bool relaxed;
    int32_t dst, obj, target;
    int64_t index, a, b; /* offsets of expressions, or -1 */
} kr__instruction;

typedef struct kr__location {
    uint32_t size, offset;
    int64_t initial;
    bool symbolic; /* `initial` is a symbol */
} kr__location;

typedef struct kr__thread {
    bool starts, spawned, joined;
    uint32_t registers, count, kind; /* kind: threads of one kind are interchangeable for the stateful search */
    int64_t *initial;
    kr__instruction *code;
} kr__thread;

struct kr_program {
    uint32_t locations, mutexes, semaphores, promises, threads, invariants, words;
    kr__location *location;
    int64_t *semaphore;
    kr__thread *thread;
    int64_t *invariant; /* offsets of expressions */
    uint8_t *watched;   /* [invariants][words]: does the invariant read the word? */
    int64_t *expression;
    size_t expression_words;
    bool uses_clock, uses_now, uses_decisions, loops;
    uint32_t stores; /* instructions that write memory */
};

/* -- term.c: hash-consed Herbrand terms, safe for use by several threads ----------------------- */

typedef struct kr__terms kr__terms;
kr__terms *kr__terms_new(void);
void kr__terms_free(kr__terms *terms);
/* The value of the term, or KR__ABSENT when out of memory. */
int64_t kr__term_make(kr__terms *terms, int kind, int64_t function, int64_t a, int64_t b, int64_t c);
int64_t kr__term_select(kr__terms *terms, int64_t source, int64_t key);
int kr__term_get(kr__terms *terms, int64_t value, int64_t out[5]);
enum { KR__T_SYMBOL = 1, KR__T_APPLY, KR__T_SELECT, KR__T_UPDATE, KR__T_OPERATOR };

static inline bool kr__is_term(int64_t value)
{
    return value >= KR__TERM_BASE;
}

/* -- vm.c and its parts: the machine ----------------------------------------------------------- */

typedef struct kr__machine {
    const kr_program *program;
    kr__terms *terms;
    int model;
    uint32_t buffer_entries, messages; /* capacities */
    uint32_t processes;
    uint32_t words, shared_words; /* of the whole state, of the shared slice */
    uint32_t at_memory, at_mutex, at_semaphore, at_promise, at_started, at_ended, at_clock, at_decisions;
    uint32_t at_views, message_words; /* RA: thread views, object views, fence view */
    uint32_t held_words;
    uint32_t local[KR__THREADS_MAX], local_words[KR__THREADS_MAX];
    uint32_t registers; /* offset of the registers within a thread slice */
    atomic_int bounded; /* KR_BOUND_ flags met so far */
} kr__machine;

/* What a step did. */
typedef struct kr__effect {
    uint32_t count;
    kr__access access[KR__STEP_ACCESSES];
    bool blocking;
    int32_t flushed; /* entries that its buffer held before a flush, else 0 */
    int32_t issued;  /* process that will flush the store that this step issued, or -1 */
    int32_t spawned; /* thread or -1 */
    int32_t failed;  /* kr__failure of the stepping thread */
    int32_t spawn_failed;
    bool ended; /* the stepping thread completed or failed */
} kr__effect;

/* One machine being run by one OS thread. */
typedef struct kr__cpu {
    kr__machine *machine;
    int64_t *state;
    int64_t *trial; /* scratch state for steps that may turn out to be impossible */
    kr__effect effect;
    bool out_of_memory;
} kr__cpu;

int kr__machine_init(kr__machine *machine, const kr_program *program, kr__terms *terms, const kr_options *options);
int kr__cpu_init(kr__cpu *cpu, kr__machine *machine);
void kr__cpu_free(kr__cpu *cpu);
/* The first state; false when out of memory. */
bool kr__cpu_boot(kr__cpu *cpu);
/* Bits of the alternatives that the process has; 0: it cannot step.  effect then tells what it waits on. */
uint64_t kr__cpu_enabled(kr__cpu *cpu, uint32_t process);
/* Executes an enabled alternative. */
void kr__cpu_step(kr__cpu *cpu, uint32_t process, uint32_t alternative);
/* Index of a broken invariant in the state, or -1. */
int kr__cpu_invariant(kr__cpu *cpu);
bool kr__cpu_holds(const kr__cpu *cpu, uint32_t invariant);

void kr__touch(kr__effect *effect, uint64_t object, uint8_t kind);
/* KR__OK or why the evaluation failed. */
int kr__evaluate(kr__cpu *cpu, int64_t expression, const int64_t *registers, int64_t *out);
int kr__binary(kr__terms *terms, int op, int64_t left, int64_t right, int64_t *out);

static inline int64_t *kr__local(const kr__machine *m, int64_t *state, uint32_t thread)
{
    return state + m->local[thread];
}

static inline uint32_t kr__owner(const kr__machine *m, uint32_t process)
{
    uint32_t threads = m->program->threads;
    if (process < threads)
        return process;
    return m->model == KR_MODEL_PSO ? (process - threads) / m->program->words : process - threads;
}

/* Objects of accesses, after the memory words. */
static inline uint64_t kr__object(const kr__machine *m, int kind, uint32_t index)
{
    return ((uint64_t)(kind + 1) << 32) + m->program->words + index;
}
enum { KR__O_MUTEX, KR__O_SEMAPHORE, KR__O_PROMISE, KR__O_STARTED, KR__O_ENDED, KR__O_CLOCK, KR__O_BUFFER,
       KR__O_FENCE, KR__O_INVARIANT };

/* -- memory.c: loads, stores and read-modify-writes under the four models ---------------------- */

enum { KR__RMW_ADD, KR__RMW_SWAP, KR__RMW_CAS, KR__RMW_READ, KR__RMW_WRITE };
int64_t *kr__registers(const kr__machine *m, int64_t *state, uint32_t thread);
int64_t *kr__buffer(const kr__machine *m, int64_t *state, uint32_t thread);
uint64_t kr__load_mask(const kr__machine *m, const int64_t *state, uint32_t thread, uint32_t word);
uint64_t kr__store_mask(kr__machine *m, const int64_t *state, uint32_t thread, uint32_t word);
uint64_t kr__rmw_mask(kr__machine *m, const int64_t *state, uint32_t thread, uint32_t word, int how, int64_t a);
int64_t kr__load(kr__cpu *cpu, uint32_t thread, uint32_t word, uint32_t message, bool relaxed);
void kr__store(kr__cpu *cpu, uint32_t thread, uint32_t word, int64_t value, uint32_t message, bool relaxed);
int kr__rmw(kr__cpu *cpu, uint32_t thread, uint32_t word, int how, int64_t a, int64_t b, uint32_t message,
            int64_t *old);
bool kr__flush_possible(const kr__machine *m, const int64_t *state, uint32_t process);
void kr__flush(kr__cpu *cpu, uint32_t process);
int64_t kr__newest(const kr__machine *m, const int64_t *state, uint32_t word);
uint32_t kr__message_count(const kr__machine *m, const int64_t *state, uint32_t word);
void kr__memory_boot(kr__machine *m, int64_t *state, uint32_t word, int64_t value);
/* Views (no effect except under RA): slot = object views in the order mutexes, semaphores, promises, threads, fence. */
void kr__publish(const kr__machine *m, int64_t *state, uint32_t thread, uint32_t slot);
void kr__receive(const kr__machine *m, int64_t *state, uint32_t thread, uint32_t slot);
uint32_t kr__slot(const kr__machine *m, int object_kind, uint32_t index);

/* -- clock.c: virtual time --------------------------------------------------------------------- */

/* The clock slice: now, number of timers, then (due, Lamport time of setting, thread) in firing order. */
enum { KR__TIMER_WORDS = 3 };
int kr__clock_set(int64_t *clock, uint32_t capacity, uint32_t thread, int64_t duration_ns);
bool kr__clock_is_next(const int64_t *clock, uint32_t thread);
bool kr__clock_is_set(const int64_t *clock, uint32_t thread);
void kr__clock_fire(int64_t *clock, uint32_t thread);
int64_t kr__clock_now(const int64_t *clock);

/* -- oracle.c: thread states ------------------------------------------------------------------- */

enum kr__status {
    KR__NEW, KR__RUNNABLE, KR__RUNNING, KR__BLOCKED, KR__SLEEPING, KR__COMPLETED, KR__FAILED, KR__STATUSES
};
bool kr__status_legal(enum kr__status from, enum kr__status to);
/* The status of a thread between steps; evaluates whether it can step. */
enum kr__status kr__status_of(kr__cpu *cpu, uint32_t thread);
bool kr__is_over(const kr__machine *m, const int64_t *state, uint32_t thread);
bool kr__is_new(const kr__machine *m, const int64_t *state, uint32_t thread);

/* -- deps.c: who waits for whom ---------------------------------------------------------------- */

/* out[t] = {status, object kind or -1, object, a thread that holds it or would provide it or -1}. */
void kr__waits(kr__cpu *cpu, int32_t (*out)[4]);

/* -- report.c: outcomes and findings of a search ----------------------------------------------- */

typedef struct kr__set kr__set; /* a set of equally long word vectors */
kr__set *kr__set_new(uint32_t words);
void kr__set_free(kr__set *set);
/* Index of the vector; *fresh says whether it is new; < 0 when out of memory. */
int64_t kr__set_add(kr__set *set, const int64_t *words, bool *fresh);
uint64_t kr__set_count(const kr__set *set);
const int64_t *kr__set_get(const kr__set *set, uint64_t index);
uint64_t kr__set_bytes(const kr__set *set);

typedef struct kr__finding {
    kr_finding public;
    kr_step *schedule;
    int32_t (*waits)[4];
    /* Stateful: the components of the state that the last step leads out of, and its level. */
    uint32_t *source;
    uint32_t level;
    kr_step last; /* process -1: the state itself is meant */
} kr__finding;

struct kr_search {
    const kr_program *program;
    kr_options options;
    kr__terms *terms;
    kr__machine machine;
    kr_counts counts;
    atomic_int cancelled;
    double deadline; /* seconds on the monotonic clock, 0: none */
    double started;
    pthread_mutex_t lock; /* guards outcomes and findings */
    kr__set *outcomes, *deadlocks;
    int64_t *outcome_scratch;
    kr__finding *findings;
    uint32_t finding_count, finding_capacity;
    kr_step *schedule; /* to replay */
    size_t schedule_count;
    kr_step *last;
    size_t last_count;
    bool ran;
};

double kr__now(void);
/* The limit that was met, or 0; cheap enough to be asked every few hundred steps. */
int kr__poll(kr_search *search);
uint32_t kr__outcome_words(const kr__machine *m);
/* Adds the state's outcome, or its deadlock when some thread waits; takes the lock. */
int kr__report_end(kr_search *search, kr__cpu *cpu, bool *deadlocked);
/* A finding, unless it is known: returns its slot or NULL.  The caller holds the lock. */
kr__finding *kr__report_finding(kr_search *search, int kind, int thread, int pc, int detail);
/* Reports what an executed step did wrong (failure, leaked locks, broken invariants) through `sink`. */
typedef void (*kr__sink)(void *context, int kind, int thread, int pc, int detail);
void kr__inspect(kr__cpu *cpu, uint32_t process, kr__sink sink, void *context);
void kr__finding_drop(kr__finding *finding);

/* -- space.c: states as tuples of interned slices, and their successors ------------------------ */

/* A successor: the stepping thread's slice, the shared slice, and the slice of a thread that it started. */
typedef struct kr__successor {
    uint32_t local, shared;
    int32_t other; /* thread, or -1 */
    uint32_t other_local;
    bool flush;
} kr__successor;

enum { KR__ID_BITS = 28, KR__COMPONENTS_MAX = KR__THREADS_MAX + 2 };

typedef struct kr__space kr__space;
typedef struct kr__worker kr__worker; /* one per OS thread */
kr__space *kr__space_new(kr_search *search);
void kr__space_free(kr__space *space);
uint64_t kr__space_bytes(const kr__space *space);
kr__worker *kr__worker_new(kr__space *space);
void kr__worker_free(kr__worker *worker);
/* ids[0] the shared slice, ids[1 + t] the slice of thread t. */
int kr__space_first(kr__worker *worker, uint32_t *ids);
uint32_t kr__space_count(const kr__space *space, uint32_t component);
/* Successors by steps of one thread and flushes of its buffer; valid until the next call.  < 0 on failure.
 * `ids` and `level` are only used to say where a finding is. */
int64_t kr__successors(kr__worker *worker, uint32_t thread, const uint32_t *ids, uint32_t level,
                       const kr__successor **out);
/* A state without successors: an outcome or a deadlock. */
int kr__space_end(kr__worker *worker, const uint32_t *ids, uint32_t level);
/* The step of `thread` that leads to the successor `ids` + `next`; false when there is none. */
bool kr__space_step(kr__worker *worker, const uint32_t *ids, const uint32_t *next, kr_step *out);
/* Adds the waits of a deadlock to a finding that is about this state. */
int kr__space_waits(kr__worker *worker, const uint32_t *ids, kr__finding *finding);

/* The memo, for a caller that looks before it asks: entry of (kind, local, shared), see space.c. */
typedef struct kr__memo {
    uint64_t key;
    uint32_t local, shared; /* two tag bits on top of `local`, a flush bit on top of `shared` */
} kr__memo;
enum { KR__MEMO_BITS = 16 };
enum { KR__MEMO_NONE = 0, KR__MEMO_ONE = 1, KR__MEMO_MANY = 2 };
kr__memo *kr__worker_memo(kr__worker *worker);
static inline uint64_t kr__memo_key(uint32_t kind, uint32_t local, uint32_t shared)
{
    return (uint64_t)(kind + 1) << 56 | (uint64_t)local << KR__ID_BITS | shared;
}
static inline uint32_t kr__memo_slot(uint64_t key)
{
    return (uint32_t)((key ^ key >> 29) * 0x9E3779B97F4A7C15u >> (64 - KR__MEMO_BITS));
}
uint32_t kr__space_kind(const kr__space *space, uint32_t thread);

/* -- searches ---------------------------------------------------------------------------------- */

int kr__run_traces(kr_search *search);
int kr__run_stateful(kr_search *search);
int kr__run_schedules(kr_search *search);

#endif
