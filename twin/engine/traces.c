/* Runs the machine under the DPOR core: one execution after the other, resuming at the state where the next one
 * parts from the previous one. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum { POLL_STEPS = 256 };

typedef struct driver {
    kr_search *search;
    kr__dpor *core;
    kr__cpu cpu, probe; /* the probe replays reordered steps */
    int64_t **states;   /* before each event, and the current one */
    int32_t *issued;    /* store buffer process that the event's store went to, or -1 */
    uint32_t capacity, depth;
    int64_t *enabled;
    uint64_t *masks;
    bool out_of_memory;
} driver;

static uint64_t state_bytes(const driver *d)
{
    return (uint64_t)d->capacity * (d->search->machine.words + 2) * sizeof(int64_t);
}

static int need_depth(driver *d, uint32_t depth)
{
    if (depth < d->capacity)
        return 0;
    uint32_t capacity = d->capacity ? d->capacity * 2 : 64;
    uint64_t limit = d->search->options.max_memory_bytes;
    if (limit && state_bytes(d) * 2 + kr__dpor_bytes(d->core) > limit)
        return KR_EMEMORY;
    int64_t **states = realloc(d->states, capacity * sizeof *states);
    if (!states)
        return KR_EMEMORY;
    d->states = states;
    int32_t *issued = realloc(d->issued, capacity * sizeof *issued);
    if (!issued)
        return KR_EMEMORY;
    d->issued = issued;
    for (uint32_t i = d->capacity; i < capacity; i++) {
        d->states[i] = calloc(d->search->machine.words, sizeof **d->states);
        if (!d->states[i])
            return KR_EMEMORY;
        d->capacity = i + 1;
    }
    assert(d->capacity > depth);
    return 0;
}

static void save(driver *d)
{
    assert(d->depth < d->capacity);
    memcpy(d->states[d->depth], d->cpu.state, d->search->machine.words * sizeof(int64_t));
}

/* kr__feasible: the state before event `depth`, then `order`; can the process step? */
static int feasible(void *context, uint32_t depth, const uint32_t *order, uint32_t count, int64_t process)
{
    driver *d = context;
    assert(depth < d->capacity);
    memcpy(d->probe.state, d->states[depth], d->search->machine.words * sizeof(int64_t));
    for (uint32_t i = 0; i < count; i++) {
        uint32_t p = (uint32_t)kr__dpor_process(d->core, order[i]);
        uint32_t alternative = (uint32_t)kr__dpor_alternative(d->core, order[i]);
        if (!(kr__cpu_enabled(&d->probe, p) >> alternative & 1))
            return 0;
        kr__cpu_step(&d->probe, p, alternative);
    }
    return kr__cpu_enabled(&d->probe, (uint32_t)process) != 0;
}

/* kr__foresee: what the process would access there. */
static int foresee(void *context, uint32_t depth, const uint32_t *order, uint32_t count, kr__report *report)
{
    driver *d = context;
    report->count = 0;
    report->accesses = d->probe.effect.access;
    if (!feasible(context, depth, order, count, report->process))
        return 0;
    uint32_t process = (uint32_t)report->process;
    uint64_t mask = kr__cpu_enabled(&d->probe, process);
    assert(mask);
    kr__cpu_step(&d->probe, process, (uint32_t)__builtin_ctzll(mask));
    report->count = d->probe.effect.count;
    assert(report->count <= KR__STEP_ACCESSES);
    return 0;
}

/* Can the instruction that a thread is at access something else when it reads other values? */
static bool is_conditional(const driver *d, uint32_t process)
{
    const kr_program *p = d->search->program;
    if (process >= p->threads)
        return false;
    uint32_t pc = (uint32_t)d->cpu.state[d->search->machine.local[process]];
    assert(pc < p->thread[process].count);
    uint8_t op = p->thread[process].code[pc].op;
    return p->thread[process].joined || op == KR__CAS || op == KR__ATOMIC || op == KR__RESOLVE || op == KR__SPAWN;
}

/* Keeps the schedule of the run for a finding when it is the shortest so far. */
static void keep_schedule(driver *d, kr__finding *f)
{
    if (!f || f->public.steps <= d->depth)
        return;
    kr_step *steps = calloc(d->depth + 1, sizeof *steps);
    if (!steps)
        return;
    for (uint32_t i = 0; i < d->depth; i++)
        steps[i] = (kr_step){(int32_t)kr__dpor_process(d->core, i), kr__dpor_alternative(d->core, i)};
    kr__finding_drop(f);
    f->schedule = steps;
    f->public.steps = d->depth;
    if (f->public.kind == KR_FIND_DEADLOCK) {
        f->waits = calloc(d->search->program->threads, sizeof *f->waits);
        if (f->waits)
            kr__waits(&d->cpu, f->waits);
    }
    assert(f->schedule);
}

static void sink(void *context, int kind, int thread, int pc, int detail)
{
    driver *d = context;
    keep_schedule(d, kr__report_finding(d->search, kind, thread, pc, detail));
}

static size_t list_enabled(driver *d)
{
    size_t count = 0;
    for (uint32_t p = 0; p < d->search->machine.processes; p++) {
        uint64_t mask = kr__cpu_enabled(&d->cpu, p);
        if (!mask)
            continue;
        d->masks[count] = mask;
        d->enabled[count++] = p;
    }
    return count;
}

/* The event whose store is the oldest of the `entries` that wait in the buffer; -1 when there is none. */
static int64_t issuer(const driver *d, uint32_t process, int32_t entries)
{
    for (uint32_t i = d->depth; entries > 0 && i-- > 0;) {
        if (d->issued[i] == (int32_t)process && --entries == 0)
            return i;
    }
    return -1;
}

static kr__report describe(const driver *d, const kr__effect *e, uint32_t process, int64_t *child)
{
    kr__report r = {.process = process, .owner = kr__owner(&d->search->machine, process), .cause = -1,
                    .blocking = e->blocking, .open = d->search->machine.model == KR_MODEL_RA, .count = e->count, .accesses = e->access};
    int64_t cause = issuer(d, process, e->flushed);
    if (cause >= 0) {
        r.cause = r.owner;
        r.cause_event = (uint32_t)cause;
    }
    if (e->spawned >= 0) {
        *child = e->spawned;
        r.created = child;
        r.created_count = 1;
    }
    return r;
}

static int take_step(driver *d, uint32_t process, uint64_t mask)
{
    int alternative = kr__dpor_branch(d->core, mask);
    if (alternative < 0)
        return alternative;
    assert(mask >> alternative & 1);
    assert(kr__status_legal(process < d->search->program->threads ? kr__status_of(&d->cpu, process) : KR__RUNNABLE,
                            KR__RUNNING));
    bool conditional = is_conditional(d, process);
    kr__cpu_step(&d->cpu, process, (uint32_t)alternative);
    assert(process >= d->search->program->threads
           || kr__status_legal(KR__RUNNING, kr__is_over(&d->search->machine, d->cpu.state, process)
                                                ? KR__COMPLETED : KR__RUNNABLE));
    int64_t child = -1;
    kr__report report = describe(d, &d->cpu.effect, process, &child);
    report.conditional = conditional;
    int32_t issued = d->cpu.effect.issued;
    int rc = kr__dpor_record(d->core, &report);
    if (rc < 0 || kr__dpor_length(d->core) == d->depth)
        return rc < 0 ? rc : KR_EMEMORY;
    d->issued[d->depth] = issued;
    rc = need_depth(d, d->depth + 1);
    if (rc < 0)
        return rc;
    d->depth++;
    kr__inspect(&d->cpu, process, sink, d);
    save(d);
    return 0;
}

/* In a run that is cut off, what was possible but did not happen still races with what did. */
static int report_possible(driver *d, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t process = (uint32_t)d->enabled[i];
        memcpy(d->probe.state, d->cpu.state, d->search->machine.words * sizeof(int64_t));
        kr__cpu_step(&d->probe, process, (uint32_t)__builtin_ctzll(d->masks[i]));
        int64_t child = -1;
        kr__report report = describe(d, &d->probe.effect, process, &child);
        report.created_count = 0;
        report.conditional = is_conditional(d, process);
        int rc = kr__dpor_pending(d->core, &report);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* Threads that wait for a lock, a semaphore or a condition still race for it. */
static int report_waiting(driver *d)
{
    for (uint32_t t = 0; t < d->search->program->threads; t++) {
        if (kr__cpu_enabled(&d->cpu, t) || d->cpu.effect.count == 0)
            continue;
        int64_t child = -1;
        kr__report report = describe(d, &d->cpu.effect, t, &child);
        report.conditional = is_conditional(d, t);
        int rc = kr__dpor_pending(d->core, &report);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int end_run(driver *d)
{
    bool deadlocked = false;
    int rc = kr__report_end(d->search, &d->cpu, &deadlocked);
    if (rc < 0)
        return rc;
    if (deadlocked) {
        d->search->counts.deadlocked_traces++;
        if (rc > 0)
            keep_schedule(d, kr__report_finding(d->search, KR_FIND_DEADLOCK, -1, -1, rc - 1));
        rc = report_waiting(d);
    }
    return rc < 0 ? rc : 0;
}

/* In a run that is given up, waiting threads may have races that no other run shows. */
static int give_up(driver *d, size_t enabled)
{
    kr__dpor_counts counts = kr__dpor_count(d->core);
    int rc = counts.run_truncated ? report_possible(d, enabled) : 0;
    if (rc == 0 && (counts.run_truncated || counts.run_blocked))
        rc = report_waiting(d);
    return rc;
}

static int run_once(driver *d)
{
    kr_search *s = d->search;
    kr__dpor_skip_prefix(d->core);
    d->depth = kr__dpor_depth(d->core);
    memcpy(d->cpu.state, d->states[d->depth], s->machine.words * sizeof(int64_t));
    for (;;) {
        if (kr__dpor_count(d->core).steps % POLL_STEPS == 0 && (s->counts.stopped_by = kr__poll(s)))
            return 0;
        size_t count = list_enabled(d);
        if (count == 0)
            return end_run(d);
        int64_t process = kr__dpor_choose(d->core, d->enabled, d->masks, count);
        if (process < 0)
            return give_up(d, count);
        uint64_t mask = 0;
        for (size_t i = 0; i < count; i++)
            mask = d->enabled[i] == process ? d->masks[i] : mask;
        if (!mask)
            return KR_ESTATE;
        int rc = take_step(d, (uint32_t)process, mask);
        if (rc < 0)
            return rc;
    }
}

static int replay(driver *d)
{
    kr_search *s = d->search;
    memcpy(d->cpu.state, d->states[0], s->machine.words * sizeof(int64_t));
    for (size_t i = 0;; i++) {
        size_t count = list_enabled(d);
        if (count == 0) {
            if (i < s->schedule_count)
                s->counts.stopped_by = KR_STOP_SCHEDULE;
            return end_run(d);
        }
        if (i == s->schedule_count)
            return 0;
        kr_step step = s->schedule[i];
        int64_t only = step.process;
        if (step.process < 0 || (uint32_t)step.process >= s->machine.processes || step.choice < 0 || step.choice > 63
            || !(kr__cpu_enabled(&d->cpu, (uint32_t)step.process) >> step.choice & 1)
            || kr__dpor_choose(d->core, &only, NULL, 1) != only) {
            s->counts.stopped_by = KR_STOP_SCHEDULE;
            return 0;
        }
        int rc = take_step(d, (uint32_t)step.process, 1ull << step.choice);
        if (rc < 0)
            return rc;
    }
}

static int remember_last(driver *d)
{
    kr_search *s = d->search;
    s->last_count = kr__dpor_length(d->core);
    s->last = calloc(s->last_count + 1, sizeof *s->last);
    if (!s->last) {
        s->last_count = 0;
        return KR_EMEMORY;
    }
    for (uint32_t i = 0; i < s->last_count; i++)
        s->last[i] = (kr_step){(int32_t)kr__dpor_process(d->core, i), kr__dpor_alternative(d->core, i)};
    return 0;
}

static int run_all(driver *d)
{
    kr_search *s = d->search;
    bool sampled = s->options.algorithm >= KR_ALG_RANDOM;
    int rc = 0;
    for (;;) {
        int more = kr__dpor_start(d->core);
        if (more <= 0)
            return more;
        if (sampled) {
            d->depth = 0;
            s->counts.bounded |= KR_BOUND_SAMPLED;
        }
        rc = s->options.algorithm == KR_ALG_REPLAY ? replay(d) : run_once(d);
        if (rc < 0)
            return rc;
        if (s->counts.stopped_by)
            return remember_last(d);
        rc = kr__dpor_finish(d->core);
        if (kr__dpor_count(d->core).run_truncated)
            s->counts.bounded |= KR_BOUND_DEPTH;
        if (rc < 0)
            return rc;
        if (sampled) {
            free(s->last);
            s->last = NULL;
            rc = remember_last(d);
        }
        if (rc < 0)
            return rc;
    }
}

static int prepare(driver *d)
{
    kr_search *s = d->search;
    const kr_options *o = &s->options;
    bool sampled = o->algorithm >= KR_ALG_RANDOM;
    d->core = kr__dpor_new(o->algorithm, o->seed, (uint32_t)o->pct_depth);
    d->enabled = calloc(s->machine.processes, sizeof *d->enabled);
    d->masks = calloc(s->machine.processes, sizeof *d->masks);
    if (!d->core || !d->enabled || !d->masks || kr__cpu_init(&d->cpu, &s->machine) < 0
        || kr__cpu_init(&d->probe, &s->machine) < 0 || need_depth(d, 1) < 0)
        return KR_EMEMORY;
    bool once = o->algorithm == KR_ALG_REPLAY || (sampled && o->max_traces == 0);
    kr__dpor_limits(d->core, once ? 1 : o->max_traces, o->max_depth, o->max_memory_bytes);
    kr__dpor_callback(d->core, feasible, foresee, d);
    if (!kr__cpu_boot(&d->cpu))
        return KR_EMEMORY;
    save(d);
    kr__inspect(&d->cpu, UINT32_MAX, sink, d);
    return 0;
}

int kr__run_traces(kr_search *s)
{
    driver d = {.search = s};
    int rc = prepare(&d);
    if (rc == 0)
        rc = run_all(&d);
    if (d.core) {
        kr__dpor_counts c = kr__dpor_count(d.core);
        s->counts.traces = c.traces - s->counts.deadlocked_traces;
        s->counts.blocked = c.blocked;
        s->counts.steps = c.steps;
        s->counts.depth = c.depth;
        if (!s->counts.stopped_by)
            s->counts.stopped_by = c.stopped_by;
        s->counts.memory_bytes = kr__dpor_bytes(d.core) + state_bytes(&d) + kr__set_bytes(s->outcomes);
    }
    kr__dpor_free(d.core);
    kr__cpu_free(&d.cpu);
    kr__cpu_free(&d.probe);
    for (uint32_t i = 0; i < d.capacity; i++)
        free(d.states[i]);
    free(d.states);
    free(d.issued);
    free(d.enabled);
    free(d.masks);
    return rc;
}
