/* Krepis Twin: a model checker for small concurrent programs, and a DPOR explorer for foreign ones.
 *
 * Conventions.  Results are a count or 0 on success and a negative KR_E* code on failure.  All structs are
 * opaque except the plain option, count and finding records.  No global state: objects may be used from
 * different threads as long as each object is used by one thread at a time; only kr_search_cancel() may be
 * called from another thread while kr_search_run() runs.  The caller owns what a *_new function returns and
 * gives it back with the matching *_free, which accepts NULL.  Values are integers in [-2^62, 2^62) or term
 * handles >= 2^62 (see kr_search_term).
 */
#ifndef KREPIS_TWIN_H
#define KREPIS_TWIN_H

#include <stddef.h>
#include <stdint.h>

enum {
    KR_EMEMORY = -1,   /* out of memory */
    KR_EPROGRAM = -2,  /* the program is malformed */
    KR_EARGUMENT = -3, /* an argument is out of range */
    KR_ESIZE = -4,     /* the program is too large for this search */
    KR_ESTATE = -5     /* call out of order */
};

enum { KR_MODEL_SC = 0, KR_MODEL_TSO = 1, KR_MODEL_PSO = 2, KR_MODEL_RA = 3 };

enum {
    KR_ALG_STATEFUL = 0,   /* breadth-first over distinct states */
    KR_ALG_SCHEDULES = 1,  /* depth-first over distinct states, counts schedules and notes starvation */
    KR_ALG_OPTIMAL = 2,    /* optimal DPOR */
    KR_ALG_SOURCE = 3,     /* source-DPOR */
    KR_ALG_EXHAUSTIVE = 4, /* every schedule, one by one */
    KR_ALG_RANDOM = 5,
    KR_ALG_PCT = 6,
    KR_ALG_ROUND_ROBIN = 7,
    KR_ALG_REPLAY = 8
};

/* Why a search stopped; 0 means that it covered everything that it was asked to. */
enum {
    KR_STOP_NONE = 0,
    KR_STOP_STATES = 1,
    KR_STOP_DEPTH = 2,
    KR_STOP_MEMORY = 3,
    KR_STOP_SECONDS = 4,
    KR_STOP_TRACES = 5,
    KR_STOP_CANCELLED = 6,
    KR_STOP_SCHEDULE = 7 /* a replayed schedule was not possible */
};

/* Flags of kr_counts.bounded: what was cut off although no limit stopped the search. */
enum {
    KR_BOUND_PREEMPTIONS = 1,
    KR_BOUND_CONTEXTS = 2,
    KR_BOUND_BUFFER = 4,
    KR_BOUND_MESSAGES = 8,
    KR_BOUND_DEPTH = 16,
    KR_BOUND_SAMPLED = 32, /* random, PCT, round robin and replay see only some schedules */
    KR_BOUND_OUTCOMES = 64,
    KR_BOUND_FINDINGS = 128
};

typedef struct kr_program kr_program;
typedef struct kr_search kr_search;
typedef struct kr_explorer kr_explorer;

/* Zero means "no limit" for every max_ field; bounds are off when negative. */
typedef struct kr_options {
    int32_t model;
    int32_t algorithm;
    int32_t threads;      /* OS threads, stateful only, 1..64 */
    int32_t buffer_limit; /* store buffer entries per thread, 1..64 */
    int32_t message_limit; /* messages per location under RA, 2..64 */
    int32_t preemption_bound;
    int32_t context_bound;
    int32_t pct_depth;
    uint64_t max_states;
    uint64_t max_depth; /* steps of one run, or BFS levels */
    uint64_t max_traces;
    uint64_t max_memory_bytes;
    uint64_t max_outcomes;
    uint64_t max_findings;
    uint64_t seed;
    double max_seconds;
} kr_options;

typedef struct kr_counts {
    uint64_t states;
    uint64_t transitions;
    uint64_t schedules_high; /* schedules = high * 2^64 + low */
    uint64_t schedules_low;
    int32_t schedules_known; /* 0: not asked, cyclic or above 2^127 */
    int32_t stopped_by;
    int32_t bounded;
    int32_t cyclic;
    uint64_t traces;
    uint64_t deadlocked_traces;
    uint64_t blocked; /* runs given up because a sleep set held every enabled process */
    uint64_t steps;
    uint64_t depth;
    uint64_t outcomes;
    uint64_t deadlocks;
    uint64_t findings;
    uint64_t memory_bytes;    /* peak of what the search allocated */
    uint64_t starved_threads; /* bit t: a fair cycle exists in which thread t never steps */
    double seconds;
} kr_counts;

enum { KR_FIND_FAILURE = 1, KR_FIND_DEADLOCK = 2, KR_FIND_LEAK = 3, KR_FIND_INVARIANT = 4 };

/* A finding: failure (thread, pc, detail = failure kind), deadlock (thread = -1, detail = -1), leaked lock at
 * thread end (thread, detail = mutex) or broken invariant (detail = invariant). */
typedef struct kr_finding {
    int32_t kind;
    int32_t thread;
    int32_t pc;
    int32_t detail;
    uint32_t steps; /* length of the schedule */
} kr_finding;

/* One step of a schedule: process (thread t, or a store buffer: see kr_search_process) and alternative. */
typedef struct kr_step {
    int32_t process;
    int32_t choice;
} kr_step;

/* -- programs ---------------------------------------------------------------------------------- */

/* Decodes and validates `count` words (layout: program.c).  On failure returns NULL and sets error to
 * {code, thread or -1, instruction or -1}.  The words are copied. */
kr_program *kr_program_new(const int64_t *words, size_t count, int64_t error[3]);
void kr_program_free(kr_program *program);

/* -- searches ---------------------------------------------------------------------------------- */

/* Borrows the program until kr_search_free.  NULL and *error on failure. */
kr_search *kr_search_new(const kr_program *program, const kr_options *options, int *error);
/* For KR_ALG_REPLAY: the schedule to follow; copied. */
int kr_search_schedule(kr_search *search, const kr_step *steps, size_t count);
int kr_search_run(kr_search *search);
void kr_search_cancel(kr_search *search);
void kr_search_free(kr_search *search);

void kr_search_counts(const kr_search *search, kr_counts *out);
/* Words of one outcome: per thread status, pc, registers; then all shared words. */
int64_t kr_search_outcome_words(const kr_search *search);
/* kind 0: complete runs, 1: deadlocked ones.  Copies outcome `index`. */
int kr_search_outcome(const kr_search *search, int kind, uint64_t index, int64_t *out);
int kr_search_finding(const kr_search *search, uint64_t index, kr_finding *out);
/* The shortest schedule found for a finding; `out` holds finding.steps entries. */
int kr_search_finding_schedule(const kr_search *search, uint64_t index, kr_step *out);
/* For a deadlock: per thread {status, object kind, object, next thread waited for or -1}; returns threads. */
int kr_search_finding_waits(const kr_search *search, uint64_t index, int32_t (*out)[4]);
/* The last run of a stateless search. */
int64_t kr_search_last_schedule(const kr_search *search, kr_step *out, size_t capacity);
/* out = {thread, shared word or -1}: thread >= 0 always; word -1 with is_buffer 0 is the thread itself. */
int kr_search_process(const kr_search *search, int32_t process, int32_t out[3]);
/* out = {kind, function or symbol or integer, a, b, c}; kinds: 1 symbol, 2 apply, 3 select, 4 update,
 * 5 operator.  Arguments are values, absent ones INT64_MIN. */
int kr_search_term(const kr_search *search, int64_t value, int64_t out[5]);

/* -- explorer of programs that the caller executes --------------------------------------------- */

kr_explorer *kr_explorer_new(int algorithm, uint64_t seed, uint64_t max_traces, uint64_t max_steps, int pct_depth);
void kr_explorer_free(kr_explorer *explorer);
/* 1: execute a run now; 0: everything is explored, or a limit was met. */
int kr_explorer_start(kr_explorer *explorer);
/* Process to step next out of the enabled ones, or -1: give this run up (then call finish). */
int64_t kr_explorer_choose(kr_explorer *explorer, const int64_t *enabled, size_t count);
/* Between choose and record: which of `alternatives` (1..64) results the step has in this run. */
int kr_explorer_branch(kr_explorer *explorer, int alternatives);
/* Accesses of the executed step: `objects` holds those read, written, locks acquired, locks released, in this
 * order; `created` processes that it created.  `conditional` unless it would access the same whatever values it
 * had read. */
int kr_explorer_record(kr_explorer *explorer, int64_t process, const int64_t *objects, uint32_t reads,
                       uint32_t writes, uint32_t acquires, uint32_t releases, const int64_t *created,
                       uint32_t created_count, int conditional);
/* Before finish, for a process that waits for a lock forever: its pending acquisition. */
int kr_explorer_pending(kr_explorer *explorer, int64_t process, int64_t lock);
int kr_explorer_finish(kr_explorer *explorer);
int64_t kr_explorer_schedule(const kr_explorer *explorer, int64_t *out, size_t capacity);
/* {traces, blocked, steps, stopped_by, diverged runs} */
void kr_explorer_counts(const kr_explorer *explorer, uint64_t out[5]);

#endif
