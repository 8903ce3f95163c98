/* The machine: layout of states, evaluation of expressions, and steps.
 *
 * A step executes one visible instruction and then the local ones up to the next visible one; program.py says what
 * each does.  kr__cpu_enabled() says which alternatives a process has in the current state, kr__cpu_step() executes one
 * and leaves in `effect` what it touched, in the vocabulary of the DPOR core.
 */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum { FAILED_SHIFT = 32 };

/* -- layout ------------------------------------------------------------------------------------ */

static int lay_out_threads(kr__machine *m, uint64_t at, const kr_options *options)
{
    const kr_program *p = m->program;
    bool buffered = m->model == KR_MODEL_TSO || m->model == KR_MODEL_PSO;
    m->buffer_entries = (uint32_t)options->buffer_limit;
    if (!p->loops && p->stores < m->buffer_entries)
        m->buffer_entries = p->stores ? p->stores : 1;
    m->held_words = (p->mutexes + KR__MUTEXES_PER_WORD - 1) / KR__MUTEXES_PER_WORD;
    m->registers = 1 + m->held_words;
    m->shared_words = (uint32_t)at;
    for (uint32_t t = 0; t < p->threads; t++) {
        m->local[t] = (uint32_t)at;
        m->local_words[t] = m->registers + p->thread[t].registers + (buffered ? 1 + 2 * m->buffer_entries : 0);
        at += m->local_words[t];
    }
    if (at > KR__STATE_MAX)
        return KR_ESIZE;
    m->words = (uint32_t)at;
    assert(m->words >= m->shared_words);
    assert(m->words > 0);
    return 0;
}

int kr__machine_init(kr__machine *m, const kr_program *p, kr__terms *terms, const kr_options *options)
{
    assert(p->threads > 0);
    assert(terms);
    memset(m, 0, sizeof *m);
    m->program = p;
    m->terms = terms;
    m->model = options->model;
    uint64_t at = 0;
    if (m->model == KR_MODEL_RA) {
        uint32_t limit = (uint32_t)options->message_limit;
        m->messages = !p->loops && p->stores + 1 < limit ? p->stores + 1 : limit;
        m->message_words = 2 + p->words;
        at = (uint64_t)p->words * (1 + (uint64_t)m->messages * m->message_words);
        m->at_views = (uint32_t)at;
        at += (2ull * p->threads + p->mutexes + p->semaphores + p->promises + 1) * p->words;
        if (at > KR__STATE_MAX)
            return KR_ESIZE;
    } else {
        at = p->words;
    }
    m->at_mutex = (uint32_t)at;
    at += p->mutexes;
    m->at_semaphore = (uint32_t)at;
    at += p->semaphores;
    m->at_promise = (uint32_t)at;
    at += 2ull * p->promises;
    m->at_started = (uint32_t)at;
    at += p->threads;
    m->at_ended = (uint32_t)at;
    at += p->threads;
    m->at_clock = (uint32_t)at;
    at += p->uses_clock ? 2 + (uint64_t)KR__TIMER_WORDS * p->threads : 0;
    m->at_decisions = (uint32_t)at;
    at += p->uses_decisions ? 1 + KR__DECISIONS_MAX : 0;
    m->processes = p->threads;
    if (m->model == KR_MODEL_TSO)
        m->processes += p->threads;
    if (m->model == KR_MODEL_PSO)
        m->processes += p->threads * p->words;
    return lay_out_threads(m, at, options);
}

int kr__cpu_init(kr__cpu *cpu, kr__machine *m)
{
    assert(m->words > 0);
    memset(cpu, 0, sizeof *cpu);
    cpu->machine = m;
    cpu->state = calloc(m->words, sizeof *cpu->state);
    cpu->trial = calloc(m->words, sizeof *cpu->trial);
    if (!cpu->state || !cpu->trial) {
        kr__cpu_free(cpu);
        return KR_EMEMORY;
    }
    return 0;
}

void kr__cpu_free(kr__cpu *cpu)
{
    free(cpu->state);
    free(cpu->trial);
    cpu->state = cpu->trial = NULL;
}

/* -- expressions ------------------------------------------------------------------------------- */

static int64_t floor_divide(int64_t a, int64_t b)
{
    assert(b != 0);
    int64_t q = a / b;
    return q - (a % b != 0 && (a < 0) != (b < 0));
}

static int integers(int op, int64_t a, int64_t b, int64_t *out)
{
    __int128 r = 0;
    bool shift = op == KR__X_SHL || op == KR__X_SHR;
    if (shift && (b < 0 || b > 61))
        return KR__OVERFLOW;
    if ((op == KR__X_DIV || op == KR__X_MOD) && b == 0)
        return KR__DIVISION;
    switch (op) {
    case KR__X_ADD: r = (__int128)a + b; break;
    case KR__X_SUB: r = (__int128)a - b; break;
    case KR__X_MUL: r = (__int128)a * b; break;
    case KR__X_DIV: r = floor_divide(a, b); break;
    case KR__X_MOD: r = (__int128)a - (__int128)floor_divide(a, b) * b; break;
    case KR__X_AND: r = a & b; break;
    case KR__X_OR: r = a | b; break;
    case KR__X_XOR: r = a ^ b; break;
    case KR__X_SHL: r = (__int128)a * ((__int128)1 << b); break;
    case KR__X_SHR: r = a >> b; break;
    case KR__X_EQ: r = a == b; break;
    case KR__X_NE: r = a != b; break;
    case KR__X_LT: r = a < b; break;
    case KR__X_LE: r = a <= b; break;
    case KR__X_GT: r = a > b; break;
    default: assert(op == KR__X_GE); r = a >= b; break;
    }
    if (r < -(__int128)KR__TERM_BASE || r >= (__int128)KR__TERM_BASE)
        return KR__OVERFLOW;
    *out = (int64_t)r;
    return KR__OK;
}

int kr__binary(kr__terms *terms, int op, int64_t a, int64_t b, int64_t *out)
{
    assert(op >= KR__X_ADD);
    assert(op <= KR__X_LAST);
    if (!kr__is_term(a) && !kr__is_term(b))
        return integers(op, a, b, out);
    if (a == b && (op == KR__X_EQ || op == KR__X_NE)) {
        *out = op == KR__X_EQ;
        return KR__OK;
    }
    *out = kr__term_make(terms, KR__T_OPERATOR, op, a, b, KR__ABSENT);
    return *out == KR__ABSENT ? KR__LIMIT : KR__OK;
}

static int apply(kr__cpu *cpu, int64_t function, uint32_t arguments, const int64_t *from, int64_t *out)
{
    assert(arguments >= 1 && arguments <= 3);
    *out = kr__term_make(cpu->machine->terms, KR__T_APPLY, function, from[0],
                         arguments > 1 ? from[1] : KR__ABSENT, arguments > 2 ? from[2] : KR__ABSENT);
    return *out == KR__ABSENT ? KR__LIMIT : KR__OK;
}

static int shared_value(kr__cpu *cpu, int64_t location, int64_t index, int64_t *out)
{
    const kr__location *l = &cpu->machine->program->location[location];
    if (kr__is_term(index))
        return KR__TERM;
    if (index < 0 || index >= l->size)
        return KR__BOUNDS;
    *out = kr__newest(cpu->machine, cpu->state, l->offset + (uint32_t)index);
    return KR__OK;
}

int kr__evaluate(kr__cpu *cpu, int64_t expression, const int64_t *registers, int64_t *out)
{
    int64_t stack[KR__EXPRESSION_MAX];
    uint32_t depth = 0;
    kr__terms *terms = cpu->machine->terms;
    const int64_t *code = cpu->machine->program->expression + expression;
    assert(expression >= 0);
    for (;;) {
        int64_t op = *code++;
        int failure = KR__OK;
        switch (op) {
        case KR__X_END:
            assert(depth == 1);
            *out = stack[0];
            return KR__OK;
        case KR__X_CONST:
            stack[depth++] = *code++;
            break;
        case KR__X_REG:
            stack[depth++] = registers[*code++];
            break;
        case KR__X_SHARED:
            failure = shared_value(cpu, *code++, stack[depth - 1], &stack[depth - 1]);
            break;
        case KR__X_SYMBOL:
            stack[depth++] = kr__term_make(terms, KR__T_SYMBOL, *code++, KR__ABSENT, KR__ABSENT, KR__ABSENT);
            break;
        case KR__X_APPLY: {
            int64_t function = *code++;
            uint32_t arguments = (uint32_t)*code++;
            depth = depth - arguments + 1;
            failure = apply(cpu, function, arguments, &stack[depth - 1], &stack[depth - 1]);
            break;
        }
        case KR__X_SELECT:
            depth--;
            stack[depth - 1] = kr__term_select(terms, stack[depth - 1], stack[depth]);
            break;
        case KR__X_UPDATE:
            depth -= 2;
            stack[depth - 1] = kr__term_make(terms, KR__T_UPDATE, 0, stack[depth - 1], stack[depth],
                                             stack[depth + 1]);
            break;
        default:
            depth--;
            failure = kr__binary(terms, (int)op, stack[depth - 1], stack[depth], &stack[depth - 1]);
            break;
        }
        if (failure)
            return failure;
        assert(depth >= 1 && depth <= KR__EXPRESSION_MAX);
        if (stack[depth - 1] == KR__ABSENT)
            return KR__LIMIT;
    }
}

static int integer_operand(kr__cpu *cpu, int64_t expression, const int64_t *registers, int64_t *out)
{
    int failure = kr__evaluate(cpu, expression, registers, out);
    if (failure)
        return failure;
    return kr__is_term(*out) ? KR__TERM : KR__OK;
}

/* -- effects ----------------------------------------------------------------------------------- */

void kr__touch(kr__effect *effect, uint64_t object, uint8_t kind)
{
    assert(kind <= KR__WAIT);
    for (uint32_t i = 0; i < effect->count; i++) {
        if (effect->access[i].object == object && kind != KR__OWN) {
            if (kind == KR__WRITE)
                effect->access[i].kind = KR__WRITE;
            return;
        }
    }
    if (effect->count == KR__STEP_ACCESSES) {
        effect->failed = KR__LIMIT;
        return;
    }
    effect->access[effect->count++] = (kr__access){.object = object, .kind = kind};
    assert(effect->count <= KR__STEP_ACCESSES);
}

static void clear(kr__effect *effect)
{
    effect->count = 0;
    effect->blocking = effect->ended = false;
    effect->flushed = 0;
    effect->issued = effect->spawned = -1;
    effect->failed = effect->spawn_failed = KR__OK;
}

/* A step that writes what an invariant reads is ordered against every other such step. */
static void touch_invariants(kr__cpu *cpu)
{
    const kr_program *p = cpu->machine->program;
    uint32_t count = cpu->effect.count;
    for (uint32_t v = 0; v < p->invariants; v++) {
        for (uint32_t i = 0; i < count; i++) {
            const kr__access *a = &cpu->effect.access[i];
            if (a->kind == KR__WRITE && a->object < p->words && p->watched[(size_t)v * p->words + a->object]) {
                kr__touch(&cpu->effect, kr__object(cpu->machine, KR__O_INVARIANT, v), KR__WRITE);
                cpu->effect.access[cpu->effect.count - 1].blind = true;
                break;
            }
        }
    }
}

/* -- local instructions ------------------------------------------------------------------------ */

static uint32_t pc_of(const int64_t *local)
{
    return (uint32_t)local[0];
}

static void set_pc(int64_t *local, uint32_t pc, int failure)
{
    local[0] = (int64_t)pc | (int64_t)failure << FAILED_SHIFT;
}

static void finish_thread(kr__cpu *cpu, uint32_t t)
{
    const kr__machine *m = cpu->machine;
    if (m->program->thread[t].joined) {
        cpu->state[m->at_ended + t] = 1;
        kr__touch(&cpu->effect, kr__object(m, KR__O_ENDED, t), KR__SIGNAL);
    }
    kr__publish(m, cpu->state, t, kr__slot(m, KR__O_ENDED, t));
    assert(kr__is_over(m, cpu->state, t));
}

/* One local instruction: where it goes on, or why it fails; KR__OK with *visible when it is not local here. */
static int local_step(kr__cpu *cpu, const kr__instruction *i, int64_t *registers, uint32_t *pc, bool *visible)
{
    int64_t value = 0;
    int failure = i->a >= 0 && (i->op == KR__SET || i->op == KR__BRANCH || i->op == KR__CHECK)
                      ? kr__evaluate(cpu, i->a, registers, &value) : KR__OK;
    *visible = false;
    if (failure)
        return failure;
    switch (i->op) {
    case KR__SET:
        registers[i->dst] = value;
        ++*pc;
        return KR__OK;
    case KR__JUMP:
        *pc = (uint32_t)i->target;
        return KR__OK;
    case KR__BRANCH:
    case KR__CHECK:
        if (kr__is_term(value)) {
            *visible = true;
            return KR__OK;
        }
        if (i->op == KR__CHECK && value == 0)
            return KR__ASSERTION;
        *pc = i->op == KR__BRANCH && value != 0 ? (uint32_t)i->target : *pc + 1;
        return KR__OK;
    default:
        *visible = true;
        return KR__OK;
    }
}

/* Runs local instructions up to the next visible one, the end of the thread or its failure. */
static int run_local(kr__cpu *cpu, uint32_t t)
{
    const kr__thread *thread = &cpu->machine->program->thread[t];
    int64_t *local = kr__local(cpu->machine, cpu->state, t);
    int64_t *registers = kr__registers(cpu->machine, cpu->state, t);
    uint32_t pc = pc_of(local);
    for (int executed = 0;; executed++) {
        if (pc == thread->count || thread->code[pc].op == KR__HALT) {
            set_pc(local, thread->count, KR__OK);
            finish_thread(cpu, t);
            return KR__OK;
        }
        bool visible = false;
        uint32_t at = pc;
        int failure = local_step(cpu, &thread->code[pc], registers, &pc, &visible);
        if (!failure && !visible && executed == KR__LOCAL_STEPS)
            failure = KR__LOCAL_LOOP;
        if (failure) {
            set_pc(local, at, failure);
            finish_thread(cpu, t);
            return failure;
        }
        if (visible) {
            set_pc(local, pc, KR__OK);
            return KR__OK;
        }
    }
}

bool kr__cpu_boot(kr__cpu *cpu)
{
    kr__machine *m = cpu->machine;
    const kr_program *p = m->program;
    memset(cpu->state, 0, m->words * sizeof *cpu->state);
    clear(&cpu->effect);
    for (uint32_t l = 0; l < p->locations; l++) {
        int64_t value = p->location[l].initial;
        if (p->location[l].symbolic)
            value = kr__term_make(m->terms, KR__T_SYMBOL, value, KR__ABSENT, KR__ABSENT, KR__ABSENT);
        if (value == KR__ABSENT)
            return false;
        for (uint32_t i = 0; i < p->location[l].size; i++)
            kr__memory_boot(m, cpu->state, p->location[l].offset + i, value);
    }
    for (uint32_t i = 0; i < p->semaphores; i++)
        cpu->state[m->at_semaphore + i] = p->semaphore[i];
    for (uint32_t t = 0; t < p->threads; t++)
        memcpy(kr__registers(m, cpu->state, t), p->thread[t].initial,
               p->thread[t].registers * sizeof *cpu->state);
    for (uint32_t t = 0; t < p->threads; t++) {
        if (!p->thread[t].starts)
            continue;
        if (p->thread[t].spawned)
            cpu->state[m->at_started + t] = 1;
        (void)run_local(cpu, t);
    }
    clear(&cpu->effect);
    return true;
}

/* -- atomic blocks ----------------------------------------------------------------------------- */

static int word_of(kr__cpu *cpu, const kr__instruction *i, const int64_t *registers, uint32_t *word)
{
    int64_t index = 0;
    const kr__location *l = &cpu->machine->program->location[i->obj];
    int failure = kr__evaluate(cpu, i->index, registers, &index);
    if (failure)
        return failure;
    if (kr__is_term(index))
        return KR__TERM;
    if (index < 0 || index >= l->size)
        return KR__BOUNDS;
    *word = l->offset + (uint32_t)index;
    return KR__OK;
}

/* Index first, then a, then b: the order in which their failures count. */
static int operands(kr__cpu *cpu, const kr__instruction *i, const int64_t *registers, uint32_t *word, int64_t *a,
                    int64_t *b)
{
    int64_t index = 0;
    *a = *b = 0;
    int failure = kr__evaluate(cpu, i->index, registers, &index);
    if (!failure && i->a >= 0)
        failure = kr__evaluate(cpu, i->a, registers, a);
    if (!failure && i->b >= 0)
        failure = kr__evaluate(cpu, i->b, registers, b);
    return failure ? failure : word_of(cpu, i, registers, word);
}

static int how_of(int op)
{
    switch (op) {
    case KR__FETCH_ADD:
        return KR__RMW_ADD;
    case KR__EXCHANGE:
        return KR__RMW_SWAP;
    case KR__CAS:
        return KR__RMW_CAS;
    case KR__LOAD:
        return KR__RMW_READ;
    default:
        assert(op == KR__STORE);
        return KR__RMW_WRITE;
    }
}

static int atomic_access(kr__cpu *cpu, uint32_t t, const kr__instruction *i, int64_t *registers)
{
    kr__machine *m = cpu->machine;
    uint32_t word = 0;
    int64_t a, b, old;
    int failure = operands(cpu, i, registers, &word, &a, &b);
    if (failure)
        return failure;
    uint32_t newest = m->model == KR_MODEL_RA ? kr__message_count(m, cpu->state, word) - 1 : 0;
    failure = kr__rmw(cpu, t, word, how_of(i->op), a, b, newest, &old);
    if (!failure && i->dst >= 0 && i->op != KR__STORE)
        registers[i->dst] = old;
    return failure;
}

/* Runs the block that starts at the thread's pc.  KR__OK with *pc behind it, a failure with *pc at it, or -1 when
 * a `require` does not hold. */
static int run_block(kr__cpu *cpu, uint32_t t, uint32_t *pc)
{
    const kr__thread *thread = &cpu->machine->program->thread[t];
    int64_t *registers = kr__registers(cpu->machine, cpu->state, t);
    for (int executed = 0; executed < KR__LOCAL_STEPS; executed++) {
        const kr__instruction *i = &thread->code[*pc];
        int64_t value = 0;
        int failure = KR__OK;
        bool visible = false;
        assert(*pc < thread->count);
        if (i->op == KR__ATOMIC_END) {
            ++*pc;
            return KR__OK;
        }
        if (i->op == KR__REQUIRE || i->op == KR__BRANCH || i->op == KR__CHECK) {
            failure = integer_operand(cpu, i->a, registers, &value);
            if (!failure && i->op == KR__REQUIRE) {
                cpu->effect.blocking = true;
                if (value == 0)
                    return -1;
                ++*pc;
                continue;
            }
        }
        if (!failure)
            failure = local_step(cpu, i, registers, pc, &visible);
        if (!failure && visible) {
            failure = atomic_access(cpu, t, i, registers);
            *pc += !failure;
        }
        if (!failure && cpu->effect.failed)
            failure = KR__LIMIT;
        if (failure)
            return failure;
    }
    return KR__LOCAL_LOOP;
}

static void fence(kr__cpu *cpu, uint32_t t)
{
    const kr__machine *m = cpu->machine;
    if (m->model != KR_MODEL_RA)
        return;
    kr__receive(m, cpu->state, t, kr__slot(m, KR__O_FENCE, 0));
    kr__publish(m, cpu->state, t, kr__slot(m, KR__O_FENCE, 0));
    kr__touch(&cpu->effect, kr__object(m, KR__O_FENCE, 0), KR__WRITE);
}

/* The whole block on cpu->state; cpu->trial keeps the state before, but after its leading fence. */
static int atomic_block(kr__cpu *cpu, uint32_t t, uint32_t *pc)
{
    const kr__machine *m = cpu->machine;
    fence(cpu, t);
    memcpy(cpu->trial, cpu->state, m->words * sizeof *cpu->state);
    ++*pc;
    int failure = run_block(cpu, t, pc);
    if (failure == KR__OK) {
        fence(cpu, t);
        return KR__OK;
    }
    /* Memory as before; the registers stay as they are. */
    memcpy(cpu->state, cpu->trial, m->shared_words * sizeof *cpu->state);
    for (uint32_t i = 0; i < cpu->effect.count; i++) {
        if (cpu->effect.access[i].kind == KR__WRITE)
            cpu->effect.access[i].kind = KR__READ;
    }
    return failure;
}

static bool block_possible(kr__cpu *cpu, uint32_t t)
{
    const kr__machine *m = cpu->machine;
    uint32_t pc = pc_of(kr__local(m, cpu->state, t));
    int64_t *registers = kr__registers(m, cpu->state, t);
    int64_t saved[KR__REGISTERS_MAX];
    uint32_t count = m->program->thread[t].registers;
    int64_t *before = cpu->state;
    memcpy(saved, registers, count * sizeof *saved);
    memcpy(cpu->trial, cpu->state, m->words * sizeof *cpu->state);
    cpu->state = cpu->trial; /* the block runs on the copy */
    cpu->trial = before;
    fence(cpu, t);
    pc++;
    int failure = run_block(cpu, t, &pc);
    cpu->trial = cpu->state;
    cpu->state = before;
    assert(memcmp(saved, registers, count * sizeof *saved) == 0);
    return failure != -1;
}

/* -- what can step ----------------------------------------------------------------------------- */

static bool needs_empty_buffer(int op)
{
    return (op >= KR__FETCH_ADD && op <= KR__FENCE) || (op >= KR__LOCK && op <= KR__JOIN) || op == KR__ATOMIC;
}

static bool buffer_empty(const kr__machine *m, int64_t *state, uint32_t t)
{
    bool buffered = m->model == KR_MODEL_TSO || m->model == KR_MODEL_PSO;
    return !buffered || kr__buffer(m, state, t)[0] == 0;
}

/* A decision list is {count, (term - base) * 2 + truth ...}, sorted.  -1: open. */
static int decision_of(const kr__machine *m, const int64_t *state, int64_t term)
{
    if (!m->program->uses_decisions)
        return -1;
    const int64_t *list = state + m->at_decisions;
    assert(list[0] >= 0 && list[0] <= KR__DECISIONS_MAX);
    for (int64_t i = 1; i <= list[0]; i++) {
        if (list[i] >> 1 == term - KR__TERM_BASE)
            return (int)(list[i] & 1);
    }
    return -1;
}

static bool decide(const kr__machine *m, int64_t *state, int64_t term, bool truth)
{
    if (decision_of(m, state, term) >= 0)
        return true;
    if (!m->program->uses_decisions || state[m->at_decisions] >= KR__DECISIONS_MAX)
        return false;
    int64_t *list = state + m->at_decisions;
    int64_t entry = (term - KR__TERM_BASE) * 2 + truth, at = ++list[0];
    for (; at > 1 && list[at - 1] > entry; at--)
        list[at] = list[at - 1];
    list[at] = entry;
    assert(decision_of(m, state, term) == (int)truth);
    return true;
}

static uint64_t memory_mask(kr__cpu *cpu, uint32_t t, const kr__instruction *i)
{
    kr__machine *m = cpu->machine;
    uint32_t word = 0;
    int64_t a = 0, b = 0;
    if (operands(cpu, i, kr__registers(m, cpu->state, t), &word, &a, &b))
        return 1; /* it fails when it steps */
    if (i->op == KR__LOAD)
        return kr__load_mask(m, cpu->state, t, word);
    uint64_t mask = i->op == KR__STORE ? kr__store_mask(m, cpu->state, t, word)
                                       : kr__rmw_mask(m, cpu->state, t, word, how_of(i->op), a);
    if (mask == 0 && m->model == KR_MODEL_RA) {
        atomic_fetch_or(&m->bounded, KR_BOUND_MESSAGES);
        return 1; /* it fails with KR__LIMIT */
    }
    return mask;
}

static uint64_t instruction_mask(kr__cpu *cpu, uint32_t t, const kr__instruction *i)
{
    kr__machine *m = cpu->machine;
    int64_t *s = cpu->state;
    int64_t value = 0;
    switch (i->op) {
    case KR__LOAD: case KR__STORE: case KR__FETCH_ADD: case KR__EXCHANGE: case KR__CAS:
        return memory_mask(cpu, t, i);
    case KR__BRANCH: case KR__CHECK:
        if (kr__evaluate(cpu, i->a, kr__registers(m, s, t), &value) || !kr__is_term(value))
            return 1;
        switch (decision_of(m, s, value)) {
        case 0:
            return 2;
        case 1:
            return 1;
        default:
            return 3;
        }
    case KR__CHOOSE: {
        int64_t count = m->program->expression[i->a + 1];
        return count == 64 ? UINT64_MAX : (1ull << count) - 1;
    }
    case KR__LOCK:
        kr__touch(&cpu->effect, kr__object(m, KR__O_MUTEX, (uint32_t)i->obj), KR__ACQUIRE);
        return s[m->at_mutex + (uint32_t)i->obj] == 0;
    case KR__TAKE:
        kr__touch(&cpu->effect, kr__object(m, KR__O_SEMAPHORE, (uint32_t)i->obj), KR__WRITE);
        cpu->effect.blocking = true;
        return s[m->at_semaphore + (uint32_t)i->obj] > 0;
    case KR__AWAIT:
        return s[m->at_promise + 2 * (uint32_t)i->obj] != 0;
    case KR__JOIN:
        return s[m->at_ended + (uint32_t)i->obj] != 0;
    case KR__ATOMIC:
        return block_possible(cpu, t);
    default:
        return 1;
    }
}

uint64_t kr__cpu_enabled(kr__cpu *cpu, uint32_t process)
{
    const kr__machine *m = cpu->machine;
    assert(process < m->processes);
    clear(&cpu->effect);
    if (process >= m->program->threads)
        return kr__flush_possible(m, cpu->state, process);
    if (kr__is_over(m, cpu->state, process) || kr__is_new(m, cpu->state, process))
        return 0;
    const kr__instruction *i = &m->program->thread[process].code[pc_of(kr__local(m, cpu->state, process))];
    if (i->op == KR__SLEEP && kr__clock_is_set(cpu->state + m->at_clock, process))
        return kr__clock_is_next(cpu->state + m->at_clock, process);
    if (needs_empty_buffer(i->op)) {
        if (!buffer_empty(m, cpu->state, process))
            return 0;
        if (m->model == KR_MODEL_TSO || m->model == KR_MODEL_PSO) /* also of a step that is only waited for */
            kr__touch(&cpu->effect, kr__object(m, KR__O_BUFFER, process), KR__WAIT);
    }
    return instruction_mask(cpu, process, i);
}

/* -- visible instructions ---------------------------------------------------------------------- */

static int memory_step(kr__cpu *cpu, uint32_t t, const kr__instruction *i, uint32_t alternative)
{
    kr__machine *m = cpu->machine;
    int64_t *registers = kr__registers(m, cpu->state, t);
    uint32_t word = 0;
    int64_t a, b, old = 0;
    int failure = operands(cpu, i, registers, &word, &a, &b);
    if (failure)
        return failure;
    if (i->op == KR__LOAD) {
        registers[i->dst] = kr__load(cpu, t, word, alternative, i->relaxed);
        return KR__OK;
    }
    if (i->op == KR__STORE) {
        if (m->model == KR_MODEL_RA && kr__store_mask(m, cpu->state, t, word) == 0)
            return KR__LIMIT;
        kr__store(cpu, t, word, a, alternative, i->relaxed);
        return KR__OK;
    }
    if (m->model == KR_MODEL_RA && kr__rmw_mask(m, cpu->state, t, word, how_of(i->op), a) == 0)
        return KR__LIMIT;
    failure = kr__rmw(cpu, t, word, how_of(i->op), a, b, alternative, &old);
    if (!failure && i->dst >= 0)
        registers[i->dst] = old;
    return failure;
}

static int lock_step(kr__cpu *cpu, uint32_t t, const kr__instruction *i)
{
    kr__machine *m = cpu->machine;
    uint32_t mutex = (uint32_t)i->obj;
    int64_t *held = kr__local(m, cpu->state, t) + 1 + mutex / KR__MUTEXES_PER_WORD;
    int64_t bit = 1ll << (mutex % KR__MUTEXES_PER_WORD);
    uint64_t object = kr__object(m, KR__O_MUTEX, mutex);
    if (i->op == KR__LOCK) {
        assert(cpu->state[m->at_mutex + mutex] == 0);
        kr__touch(&cpu->effect, object, KR__ACQUIRE);
        kr__receive(m, cpu->state, t, kr__slot(m, KR__O_MUTEX, mutex));
    } else {
        if (!(*held & bit))
            return KR__BAD_UNLOCK;
        kr__touch(&cpu->effect, object, KR__RELEASE);
        kr__publish(m, cpu->state, t, kr__slot(m, KR__O_MUTEX, mutex));
    }
    cpu->state[m->at_mutex + mutex] = i->op == KR__LOCK;
    *held ^= bit;
    return KR__OK;
}

static int semaphore_step(kr__cpu *cpu, uint32_t t, const kr__instruction *i)
{
    kr__machine *m = cpu->machine;
    uint32_t semaphore = (uint32_t)i->obj, slot = kr__slot(m, KR__O_SEMAPHORE, semaphore);
    int64_t *count = &cpu->state[m->at_semaphore + semaphore];
    kr__touch(&cpu->effect, kr__object(m, KR__O_SEMAPHORE, semaphore), KR__WRITE);
    if (i->op == KR__TAKE) {
        assert(*count > 0);
        cpu->effect.blocking = true;
        --*count;
        kr__receive(m, cpu->state, t, slot);
    } else {
        if (*count >= KR__TERM_BASE - 1)
            return KR__OVERFLOW;
        ++*count;
        kr__publish(m, cpu->state, t, slot);
    }
    return KR__OK;
}

static int promise_step(kr__cpu *cpu, uint32_t t, const kr__instruction *i)
{
    kr__machine *m = cpu->machine;
    int64_t *registers = kr__registers(m, cpu->state, t);
    uint32_t index = (uint32_t)i->obj, slot = kr__slot(m, KR__O_PROMISE, index);
    int64_t *promise = &cpu->state[m->at_promise + 2 * index];
    uint64_t object = kr__object(m, KR__O_PROMISE, index);
    if (i->op == KR__AWAIT) {
        kr__touch(&cpu->effect, object, KR__WAIT);
        kr__receive(m, cpu->state, t, slot);
        if (i->dst >= 0)
            registers[i->dst] = promise[1];
        return KR__OK;
    }
    int64_t value = 0;
    int failure = kr__evaluate(cpu, i->a, registers, &value);
    if (failure)
        return failure;
    kr__touch(&cpu->effect, object, promise[0] ? KR__READ : KR__WRITE);
    if (!promise[0]) {
        promise[0] = 1;
        promise[1] = value;
        kr__publish(m, cpu->state, t, slot);
    }
    return KR__OK;
}

static int thread_step(kr__cpu *cpu, uint32_t t, const kr__instruction *i)
{
    kr__machine *m = cpu->machine;
    uint32_t other = (uint32_t)i->obj;
    if (i->op == KR__JOIN) {
        kr__touch(&cpu->effect, kr__object(m, KR__O_ENDED, other), KR__WAIT);
        kr__receive(m, cpu->state, t, kr__slot(m, KR__O_ENDED, other));
        return KR__OK;
    }
    uint64_t object = kr__object(m, KR__O_STARTED, other);
    if (cpu->state[m->at_started + other]) {
        kr__touch(&cpu->effect, object, KR__READ);
        return KR__BAD_SPAWN;
    }
    kr__touch(&cpu->effect, object, KR__WRITE);
    cpu->state[m->at_started + other] = 1;
    if (m->model == KR_MODEL_RA)
        memcpy(cpu->state + m->at_views + (size_t)other * m->program->words,
               cpu->state + m->at_views + (size_t)t * m->program->words,
               m->program->words * sizeof *cpu->state);
    cpu->effect.spawned = (int32_t)other;
    cpu->effect.spawn_failed = run_local(cpu, other);
    return KR__OK;
}

static int decision_step(kr__cpu *cpu, uint32_t t, const kr__instruction *i, uint32_t alternative, uint32_t *pc)
{
    kr__machine *m = cpu->machine;
    int64_t value = 0;
    int failure = kr__evaluate(cpu, i->a, kr__registers(m, cpu->state, t), &value);
    if (failure)
        return failure;
    bool truth = alternative == 0;
    if (!kr__is_term(value))
        truth = value != 0;
    else if (!decide(m, cpu->state, value, truth))
        return KR__LIMIT;
    if (i->op == KR__CHECK && !truth)
        return KR__ASSERTION;
    *pc = i->op == KR__BRANCH && truth ? (uint32_t)i->target : *pc + 1;
    return KR__OK;
}

/* *stays: the thread does not run on (it has gone to sleep). */
static int clock_step(kr__cpu *cpu, uint32_t t, const kr__instruction *i, bool *stays)
{
    kr__machine *m = cpu->machine;
    int64_t *clock = cpu->state + m->at_clock;
    uint64_t object = kr__object(m, KR__O_CLOCK, 0);
    if (i->op == KR__NOW) {
        kr__touch(&cpu->effect, object, KR__READ);
        kr__registers(m, cpu->state, t)[i->dst] = kr__clock_now(clock);
        return KR__OK;
    }
    if (kr__clock_is_set(clock, t)) {
        kr__touch(&cpu->effect, object, KR__WRITE);
        cpu->effect.blocking = true;
        kr__clock_fire(clock, t);
        return KR__OK;
    }
    int64_t duration = 0;
    int failure = integer_operand(cpu, i->a, kr__registers(m, cpu->state, t), &duration);
    if (failure)
        return failure;
    kr__touch(&cpu->effect, object, KR__WRITE);
    *stays = true;
    return kr__clock_set(clock, m->program->threads, t, duration);
}

static int execute(kr__cpu *cpu, uint32_t t, const kr__instruction *i, uint32_t alternative, uint32_t *pc, bool *stays)
{
    int failure = KR__OK;
    switch (i->op) {
    case KR__LOAD: case KR__STORE: case KR__FETCH_ADD: case KR__EXCHANGE: case KR__CAS:
        failure = memory_step(cpu, t, i, alternative);
        break;
    case KR__BRANCH: case KR__CHECK:
        return decision_step(cpu, t, i, alternative, pc);
    case KR__FENCE:
        fence(cpu, t);
        break;
    case KR__LOCK: case KR__UNLOCK:
        failure = lock_step(cpu, t, i);
        break;
    case KR__TAKE: case KR__GIVE:
        failure = semaphore_step(cpu, t, i);
        break;
    case KR__RESOLVE: case KR__AWAIT:
        failure = promise_step(cpu, t, i);
        break;
    case KR__SPAWN: case KR__JOIN:
        failure = thread_step(cpu, t, i);
        break;
    case KR__SLEEP: case KR__NOW:
        failure = clock_step(cpu, t, i, stays);
        break;
    case KR__CHOOSE:
        kr__registers(cpu->machine, cpu->state, t)[i->dst] = alternative;
        break;
    case KR__ATOMIC:
        return atomic_block(cpu, t, pc);
    default:
        assert(i->op == KR__STEP);
        break;
    }
    *pc += !failure;
    return failure;
}

void kr__cpu_step(kr__cpu *cpu, uint32_t process, uint32_t alternative)
{
    kr__machine *m = cpu->machine;
    assert(process < m->processes);
    clear(&cpu->effect);
    if (process >= m->program->threads) {
        kr__flush(cpu, process);
        touch_invariants(cpu);
        return;
    }
    int64_t *local = kr__local(m, cpu->state, process);
    uint32_t pc = pc_of(local);
    const kr__instruction *i = &m->program->thread[process].code[pc];
    bool buffered = m->model == KR_MODEL_TSO || m->model == KR_MODEL_PSO;
    if (buffered && needs_empty_buffer(i->op))
        kr__touch(&cpu->effect, kr__object(m, KR__O_BUFFER, process), KR__WAIT);
    bool stays = false;
    int failure = execute(cpu, process, i, alternative, &pc, &stays);
    if (failure) {
        assert(failure > 0);
        set_pc(local, pc, failure);
        finish_thread(cpu, process);
        cpu->effect.failed = failure;
    } else if (!stays) {
        set_pc(local, pc, KR__OK);
        cpu->effect.failed = run_local(cpu, process);
    }
    cpu->effect.ended = kr__is_over(m, cpu->state, process);
    touch_invariants(cpu);
}

int kr__cpu_invariant(kr__cpu *cpu)
{
    for (uint32_t v = 0; v < cpu->machine->program->invariants; v++) {
        if (!kr__cpu_holds(cpu, v))
            return (int)v;
    }
    return -1;
}

bool kr__cpu_holds(const kr__cpu *cpu, uint32_t invariant)
{
    int64_t value = 0;
    assert(invariant < cpu->machine->program->invariants);
    int failure = kr__evaluate((kr__cpu *)(uintptr_t)cpu, cpu->machine->program->invariant[invariant], NULL, &value);
    return !failure && value != 0;
}
