/* The DPOR core: what to run next, given what each executed step touched.  Private to the engine. */
#ifndef KREPIS_DPOR_H
#define KREPIS_DPOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How a step touches an object.  OWN is a load that got the value of a store of its own thread; its `flushes`
 * says how many flushes of that thread to that word must still happen before that store is in memory.
 * SIGNAL enables WAIT and never disables it again; RELEASE enables ACQUIRE. */
enum kr__kind { KR__READ, KR__WRITE, KR__OWN, KR__ACQUIRE, KR__RELEASE, KR__SIGNAL, KR__WAIT };

typedef struct kr__access {
    uint64_t object;
    uint8_t kind;
    uint8_t flushes;
    bool blind; /* a WRITE of nothing that anyone reads: it only orders */
} kr__access;

enum { KR__ACCESS_MAX = 4096 };

/* What the caller says about an executed step. */
typedef struct kr__report {
    int64_t process;
    int64_t owner;        /* the thread that a store buffer belongs to; else the process itself */
    int64_t cause;        /* process of an earlier step that made this one possible, or -1 ... */
    uint32_t cause_event; /* ... and the index of that step in this run */
    bool blocking;        /* its possibility depended on what it accesses (not for ACQUIRE and WAIT) */
    bool conditional;     /* what it accesses depends on the values that it reads (a compare-and-swap) */
    bool open;            /* which alternatives it has depends on what it accesses */
    uint32_t count;
    const kr__access *accesses;
    const int64_t *created;
    size_t created_count;
} kr__report;

typedef struct kr__dpor kr__dpor;

/* Can `process` step after the events `order` (indices of this run) are executed in the state before order[0]'s
 * rival `depth`?  Returns 1 or 0. */
typedef int (*kr__feasible)(void *context, uint32_t depth, const uint32_t *order, uint32_t count, int64_t process);

/* For a conditional step: its accesses in that situation, in `report` (process given; accesses, count to fill in,
 * valid until the next call).  Returns 0 or an error. */
typedef int (*kr__foresee)(void *context, uint32_t depth, const uint32_t *order, uint32_t count, kr__report *report);

kr__dpor *kr__dpor_new(int algorithm, uint64_t seed, uint32_t pct_depth);
void kr__dpor_free(kr__dpor *dpor);
void kr__dpor_limits(kr__dpor *dpor, uint64_t max_traces, uint64_t max_steps, uint64_t max_bytes);
/* Without `foresee`, a conditional step that is reversed counts as dependent on every other: sound, but some runs are
 * then given up. */
void kr__dpor_callback(kr__dpor *dpor, kr__feasible feasible, kr__foresee foresee, void *context);

/* 1: a run begins, its first kr__dpor_depth() steps are those of the previous run; 0: done; < 0 error. */
int kr__dpor_start(kr__dpor *dpor);
/* The caller restores the state at this depth itself instead of replaying the prefix. */
void kr__dpor_skip_prefix(kr__dpor *dpor);
uint32_t kr__dpor_depth(const kr__dpor *dpor);
/* `masks`: the alternatives of the enabled ones, or NULL where the caller learns of them only by stepping. */
int64_t kr__dpor_choose(kr__dpor *dpor, const int64_t *enabled, const uint64_t *masks, size_t count);
/* Which alternative to take; `mask` has a bit for each possible one. */
int kr__dpor_branch(kr__dpor *dpor, uint64_t mask);
int kr__dpor_record(kr__dpor *dpor, const kr__report *report);
int kr__dpor_pending(kr__dpor *dpor, const kr__report *report);
int kr__dpor_finish(kr__dpor *dpor);

uint32_t kr__dpor_length(const kr__dpor *dpor);
int64_t kr__dpor_process(const kr__dpor *dpor, uint32_t event);
int kr__dpor_alternative(const kr__dpor *dpor, uint32_t event);
uint64_t kr__dpor_bytes(const kr__dpor *dpor);

typedef struct kr__dpor_counts {
    uint64_t traces, blocked, steps, truncated, diverged, depth;
    int stopped_by;
    bool run_blocked, run_truncated;
} kr__dpor_counts;
kr__dpor_counts kr__dpor_count(const kr__dpor *dpor);

#endif
