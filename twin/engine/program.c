/* Decoding and validation of programs.
 *
 * Words: magic, locations, mutexes, semaphores, promises, threads, invariants, expression words; per location size,
 * symbolic, initial; per semaphore its count; per thread starts, registers, instructions, then the registers'
 * initial values, then eight words per instruction (op, dst, obj, relaxed, target, index, a, b); per invariant
 * the offset of its expression; the expressions.  An expression is postfix code ending with KR__X_END.
 *
 * Nothing is trusted: every count is checked against the number of words that are left before it is used.
 */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum { MAGIC = 0x4B52, HEADER = 8, INSTRUCTION_WORDS = 8 };

typedef struct reader {
    const int64_t *words;
    size_t left;
    bool bad;
} reader;

static int64_t next(reader *r)
{
    if (r->left == 0) {
        r->bad = true;
        return 0;
    }
    r->left--;
    return *r->words++;
}

static int64_t next_within(reader *r, int64_t low, int64_t high)
{
    assert(low <= high + 1);
    int64_t value = next(r);
    if (value < low || value > high) {
        r->bad = true;
        return low;
    }
    return value;
}

static bool is_integer(int64_t value)
{
    return value >= -KR__TERM_BASE && value < KR__TERM_BASE;
}

/* Checks one expression: known codes, operands in range, the stack never empty and one value left. */
static bool expression_fits(const kr_program *p, int64_t offset, uint32_t registers, bool invariant)
{
    if (offset < 0 || (uint64_t)offset >= p->expression_words)
        return false;
    size_t at = (size_t)offset, end = p->expression_words;
    uint32_t depth = 0, length = 0;
    while (at < end && length++ < KR__EXPRESSION_MAX) {
        int64_t code = p->expression[at++];
        if (code == KR__X_END)
            return depth == 1;
        uint32_t takes = 0, operands = 0;
        if (code == KR__X_CONST || code == KR__X_REG || code == KR__X_SYMBOL)
            operands = 1;
        else if (code == KR__X_SHARED)
            operands = 1, takes = 1;
        else if (code == KR__X_APPLY)
            operands = 2;
        else if (code == KR__X_UPDATE)
            takes = 3;
        else if (code == KR__X_SELECT || (code >= KR__X_ADD && code <= KR__X_LAST))
            takes = 2;
        else
            return false;
        if (operands > end - at)
            return false;
        int64_t first = operands ? p->expression[at] : 0;
        if (code == KR__X_APPLY) {
            if (p->expression[at + 1] < 1 || p->expression[at + 1] > 3)
                return false;
            takes = (uint32_t)p->expression[at + 1];
        }
        if ((code == KR__X_CONST || code == KR__X_SYMBOL || code == KR__X_APPLY) && !is_integer(first))
            return false;
        if (code == KR__X_REG && (first < 0 || first >= registers))
            return false;
        if (code == KR__X_SHARED && (!invariant || first < 0 || first >= p->locations))
            return false;
        at += operands;
        if (depth < takes)
            return false;
        depth = depth - takes + 1;
    }
    return false;
}

static bool operand_fits(const kr_program *p, int64_t offset, uint32_t registers, bool needed)
{
    if (offset == -1)
        return !needed;
    return expression_fits(p, offset, registers, false);
}

static uint32_t objects_of(const kr_program *p, int op)
{
    switch (op) {
    case KR__LOAD: case KR__STORE: case KR__FETCH_ADD: case KR__EXCHANGE: case KR__CAS:
        return p->locations;
    case KR__LOCK: case KR__UNLOCK:
        return p->mutexes;
    case KR__TAKE: case KR__GIVE:
        return p->semaphores;
    case KR__RESOLVE: case KR__AWAIT:
        return p->promises;
    case KR__SPAWN: case KR__JOIN:
        return p->threads;
    default:
        return 0;
    }
}

static bool is_memory(int op)
{
    return op >= KR__LOAD && op <= KR__CAS;
}

static bool allowed_in_atomic(int op)
{
    return is_memory(op) || op == KR__SET || op == KR__JUMP || op == KR__BRANCH || op == KR__CHECK
           || op == KR__REQUIRE;
}

static bool choices_fit(const kr_program *p, int64_t a)
{
    const int64_t *code = p->expression + a;
    return code[0] == KR__X_CONST && code[1] >= 1 && code[1] <= 64 && code[2] == KR__X_END;
}

static bool instruction_fits(const kr_program *p, const kr__thread *t, uint32_t at, const int32_t *block)
{
    const kr__instruction *i = &t->code[at];
    int op = i->op;
    bool inside = block[at] >= 0 && op != KR__ATOMIC && op != KR__ATOMIC_END;
    if (inside ? !allowed_in_atomic(op) : op == KR__REQUIRE)
        return false;
    bool needs_dst = op == KR__SET || op == KR__LOAD || op == KR__FETCH_ADD || op == KR__NOW || op == KR__CHOOSE;
    if (i->dst < (needs_dst ? 0 : -1) || i->dst >= (int32_t)t->registers)
        return false;
    uint32_t objects = objects_of(p, op);
    bool needs_object = is_memory(op) || (op >= KR__LOCK && op <= KR__JOIN);
    if (needs_object && (i->obj < 0 || (uint32_t)i->obj >= objects))
        return false;
    bool needs_a = op == KR__SET || op == KR__BRANCH || op == KR__CHECK || op == KR__REQUIRE || op == KR__STORE
                   || op == KR__FETCH_ADD || op == KR__EXCHANGE || op == KR__CAS || op == KR__RESOLVE
                   || op == KR__SLEEP || op == KR__CHOOSE;
    if (!operand_fits(p, i->index, t->registers, is_memory(op)) || !operand_fits(p, i->a, t->registers, needs_a)
        || !operand_fits(p, i->b, t->registers, op == KR__CAS))
        return false;
    if (op == KR__CHOOSE && !choices_fit(p, i->a))
        return false;
    if (op == KR__JUMP || op == KR__BRANCH) {
        if (i->target < 0 || (uint32_t)i->target > t->count)
            return false;
        bool enters = (uint32_t)i->target < t->count && t->code[i->target].op == KR__ATOMIC;
        if (block[at] != (enters ? -1 : block[i->target]))
            return false;
    }
    return true;
}

/* -1, or the first wrong instruction. */
static int64_t check_thread(const kr_program *p, const kr__thread *t)
{
    int32_t *block = malloc((t->count + 1) * sizeof *block);
    if (!block)
        return 0;
    int64_t wrong = -1;
    int32_t opened = -1;
    for (uint32_t at = 0; at < t->count && wrong < 0; at++) {
        if (t->code[at].op == KR__ATOMIC) {
            wrong = opened >= 0 ? (int64_t)at : -1;
            opened = (int32_t)at;
        }
        block[at] = opened;
        if (t->code[at].op == KR__ATOMIC_END) {
            wrong = opened < 0 ? (int64_t)at : wrong;
            opened = -1;
        }
    }
    if (wrong < 0 && opened >= 0)
        wrong = opened;
    block[t->count] = -1;
    for (uint32_t at = 0; at < t->count && wrong < 0; at++) {
        if (!instruction_fits(p, t, at, block))
            wrong = at;
    }
    free(block);
    assert(wrong >= -1);
    assert(wrong < (int64_t)t->count || wrong == 0);
    return wrong;
}

static bool read_thread(reader *r, kr__thread *t)
{
    t->starts = next_within(r, 0, 1) != 0;
    t->registers = (uint32_t)next_within(r, 0, KR__REGISTERS_MAX);
    t->count = (uint32_t)next_within(r, 0, KR__CODE_MAX);
    if (r->bad || (size_t)t->registers + (size_t)t->count * INSTRUCTION_WORDS > r->left)
        return false;
    t->initial = calloc(t->registers + 1, sizeof *t->initial);
    t->code = calloc(t->count + 1, sizeof *t->code);
    if (!t->initial || !t->code)
        return false;
    for (uint32_t i = 0; i < t->registers; i++)
        t->initial[i] = next_within(r, -KR__TERM_BASE, KR__TERM_BASE - 1);
    for (uint32_t i = 0; i < t->count; i++) {
        kr__instruction *c = &t->code[i];
        c->op = (uint8_t)next_within(r, 0, KR__OPS - 1);
        c->dst = (int32_t)next_within(r, -1, KR__REGISTERS_MAX - 1);
        c->obj = (int32_t)next_within(r, -1, INT32_MAX);
        c->relaxed = next_within(r, 0, 1) != 0;
        c->target = (int32_t)next_within(r, -1, KR__CODE_MAX);
        c->index = next_within(r, -1, INT32_MAX);
        c->a = next_within(r, -1, INT32_MAX);
        c->b = next_within(r, -1, INT32_MAX);
    }
    return !r->bad;
}

static bool read_objects(reader *r, kr_program *p)
{
    p->location = calloc(p->locations + 1, sizeof *p->location);
    p->semaphore = calloc(p->semaphores + 1, sizeof *p->semaphore);
    p->thread = calloc(p->threads + 1, sizeof *p->thread);
    p->invariant = calloc(p->invariants + 1, sizeof *p->invariant);
    if (!p->location || !p->semaphore || !p->thread || !p->invariant)
        return false;
    for (uint32_t i = 0; i < p->locations; i++) {
        kr__location *l = &p->location[i];
        l->size = (uint32_t)next_within(r, 1, KR__WORDS_MAX);
        l->symbolic = next_within(r, 0, 1) != 0;
        l->initial = next_within(r, -KR__TERM_BASE, KR__TERM_BASE - 1);
        l->offset = p->words;
        p->words += l->size;
        if (r->bad || p->words > KR__WORDS_MAX)
            return false;
    }
    for (uint32_t i = 0; i < p->semaphores; i++)
        p->semaphore[i] = next_within(r, 0, INT32_MAX);
    return !r->bad;
}

/* What the machine and the searches want to know about the whole program. */
static void summarise(kr_program *p)
{
    for (uint32_t t = 0; t < p->threads; t++) {
        for (uint32_t i = 0; i < p->thread[t].count; i++) {
            const kr__instruction *c = &p->thread[t].code[i];
            if (c->op == KR__SPAWN)
                p->thread[c->obj].spawned = true;
            if (c->op == KR__JOIN)
                p->thread[c->obj].joined = true;
            p->uses_clock |= c->op == KR__SLEEP || c->op == KR__NOW;
            p->uses_decisions |= c->op == KR__BRANCH || c->op == KR__CHECK;
            p->loops |= (c->op == KR__JUMP || c->op == KR__BRANCH) && c->target <= (int32_t)i;
            p->stores += c->op >= KR__STORE && c->op <= KR__CAS;
        }
    }
    bool terms = false;
    for (uint32_t i = 0; i < p->locations; i++)
        terms |= p->location[i].symbolic;
    for (size_t at = 0; at < p->expression_words && !terms;) { /* expressions stand one after the other */
        int64_t code = p->expression[at];
        terms |= code == KR__X_SYMBOL || code == KR__X_APPLY || code == KR__X_SELECT || code == KR__X_UPDATE;
        at += code == KR__X_APPLY ? 3
              : (code == KR__X_CONST || code == KR__X_REG || code == KR__X_SYMBOL || code == KR__X_SHARED) ? 2 : 1;
    }
    p->uses_decisions &= terms;
    assert(p->threads <= KR__THREADS_MAX);
    assert(p->words <= KR__WORDS_MAX);
}

/* Threads with equal code that nothing tells apart are of one kind. */
static void classify(kr_program *p)
{
    assert(p->threads > 0);
    for (uint32_t t = 0; t < p->threads; t++) {
        kr__thread *a = &p->thread[t];
        a->kind = t;
        bool named = a->spawned || a->joined || !a->starts;
        for (uint32_t i = 0; i < a->count; i++)
            named |= a->code[i].op == KR__SLEEP;
        for (uint32_t u = 0; u < t && !named; u++) {
            const kr__thread *b = &p->thread[u];
            if (b->kind == u && b->starts && !b->spawned && !b->joined && a->count == b->count
                && a->registers == b->registers && a->count
                && memcmp(a->initial, b->initial, a->registers * sizeof *a->initial) == 0
                && memcmp(a->code, b->code, a->count * sizeof *a->code) == 0) {
                a->kind = u;
                break;
            }
        }
        assert(a->kind <= t);
    }
}

static bool watch(kr_program *p)
{
    p->watched = calloc((size_t)(p->invariants + 1) * (p->words + 1), 1);
    if (!p->watched)
        return false;
    for (uint32_t v = 0; v < p->invariants; v++) {
        for (size_t at = (size_t)p->invariant[v]; p->expression[at] != KR__X_END;) {
            int64_t code = p->expression[at];
            if (code == KR__X_SHARED) {
                const kr__location *l = &p->location[p->expression[at + 1]];
                memset(p->watched + (size_t)v * p->words + l->offset, 1, l->size);
            }
            at += code == KR__X_APPLY ? 3
                  : (code == KR__X_CONST || code == KR__X_REG || code == KR__X_SYMBOL || code == KR__X_SHARED) ? 2
                                                                                                              : 1;
        }
    }
    assert(p->watched);
    return true;
}

static kr_program *refuse(kr_program *p, int64_t error[3], int code, int64_t thread, int64_t instruction)
{
    kr_program_free(p);
    error[0] = code;
    error[1] = thread;
    error[2] = instruction;
    return NULL;
}

static bool read_header(reader *r, kr_program *p)
{
    if (next(r) != MAGIC)
        return false;
    p->locations = (uint32_t)next_within(r, 0, KR__WORDS_MAX);
    p->mutexes = (uint32_t)next_within(r, 0, KR__WORDS_MAX);
    p->semaphores = (uint32_t)next_within(r, 0, KR__WORDS_MAX);
    p->promises = (uint32_t)next_within(r, 0, KR__WORDS_MAX);
    p->threads = (uint32_t)next_within(r, 1, KR__THREADS_MAX);
    p->invariants = (uint32_t)next_within(r, 0, 1024);
    p->expression_words = (size_t)next_within(r, 0, INT32_MAX);
    return !r->bad;
}

kr_program *kr_program_new(const int64_t *words, size_t count, int64_t error[3])
{
    reader r = {words, count, false};
    kr_program *p = calloc(1, sizeof *p);
    if (!p)
        return refuse(p, error, KR_EMEMORY, -1, -1);
    if (!read_header(&r, p) || !read_objects(&r, p))
        return refuse(p, error, KR_EPROGRAM, -1, -1);
    for (uint32_t t = 0; t < p->threads; t++) {
        if (!read_thread(&r, &p->thread[t]))
            return refuse(p, error, KR_EPROGRAM, t, -1);
    }
    for (uint32_t i = 0; i < p->invariants; i++)
        p->invariant[i] = next_within(&r, 0, INT32_MAX);
    if (r.bad || r.left != p->expression_words)
        return refuse(p, error, KR_EPROGRAM, -1, -1);
    p->expression = calloc(p->expression_words + 4, sizeof *p->expression);
    if (!p->expression)
        return refuse(p, error, KR_EMEMORY, -1, -1);
    if (p->expression_words)
        memcpy(p->expression, r.words, p->expression_words * sizeof *p->expression);
    for (uint32_t i = 0; i < p->invariants; i++) {
        if (!expression_fits(p, p->invariant[i], 0, true))
            return refuse(p, error, KR_EPROGRAM, -1, -1);
    }
    for (uint32_t t = 0; t < p->threads; t++) {
        int64_t wrong = check_thread(p, &p->thread[t]);
        if (wrong >= 0)
            return refuse(p, error, KR_EPROGRAM, t, wrong);
    }
    summarise(p);
    classify(p);
    if (!watch(p))
        return refuse(p, error, KR_EMEMORY, -1, -1);
    assert(p->threads > 0);
    return p;
}

void kr_program_free(kr_program *p)
{
    if (!p)
        return;
    for (uint32_t t = 0; p->thread && t < p->threads; t++) {
        free(p->thread[t].initial);
        free(p->thread[t].code);
    }
    free(p->location);
    free(p->semaphore);
    free(p->thread);
    free(p->invariant);
    free(p->watched);
    free(p->expression);
    free(p);
}
