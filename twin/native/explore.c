/* Explores a server: every execution of a small scenario, or random ones of a large one; replays a schedule.
 *
 * usage: native all NAME MAX_STATES | random NAME SEED RUNS | pct NAME SEED RUNS DEPTH | replay NAME STEP,STEP,... |
 *        record NAME SEED | list
 *
 * `all` visits every state once, depth first, and goes back by images.  States are told apart by 64 bits of hash: two
 * that collide would be taken for one, which with n states happens with a probability below n^2 / 2^65.
 * Exit status: 0 complete without a finding, 1 a finding, 2 stopped by the bound, 3 wrong usage. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "native.h"

static jmp_buf failed; /* a step that fails comes back here: the kernel's assertions do not return */
static jmp_buf *catcher = &failed;
static char why[256];

jmp_buf *world_catch(jmp_buf *where)
{
    catcher = where;
    return where;
}

const char *world_why(void)
{
    return why;
}

_Noreturn void world_fail(const char *message)
{
    snprintf(why, sizeof why, "%s", message);
    longjmp(*catcher, 1);
}

_Noreturn void __assert_fail(const char *text, const char *file, unsigned line, const char *function)
{
    const char *name = strrchr(file, '/');
    snprintf(why, sizeof why, "%s:%u: %s: assertion %s", name ? name + 1 : file, line, function, text);
    longjmp(*catcher, 1);
}

double world_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* -- schedules --------------------------------------------------------------------------------------------- */

static step schedule[NATIVE_STEPS_MAX];
static int length;

static const char *const names[KINDS] = {"tick",  "piece", "room", "end",  "reset", "answer",
                                         "stream", "chunk", "abort", "time", "stop"};

static void print_schedule(void)
{
    for (int i = 0; i < length; i++) {
        int kind = schedule[i] / 64;
        printf(kind >= PIECE && kind <= ABORT ? "%s%s%u" : "%s%s", i ? "," : "", names[kind], schedule[i] % 64u);
    }
    puts(length ? "" : "-");
}

/* Returns false when that is no schedule. */
static bool read_schedule(const char *text)
{
    for (length = 0; *text && *text != '-'; text += *text == ',') {
        int kind = 0;
        while (kind < KINDS && strncmp(text, names[kind], strlen(names[kind])) != 0)
            kind++;
        if (kind == KINDS || length == NATIVE_STEPS_MAX)
            return false;
        char *end = NULL;
        unsigned long about = strtoul(text + strlen(names[kind]), &end, 10);
        schedule[length++] = (step)(kind * 64 + (int)(about & 63));
        text = end;
        if (*text && *text != ',')
            return false;
    }
    return true;
}

static bool is_possible(const world *w, step s)
{
    step possible[128];
    for (int i = world_steps(w, possible); i-- > 0;) {
        if (possible[i] == s)
            return true;
    }
    return false;
}

/* Runs a schedule from the start, then to the end; steps that are not possible are left out.  True when it fails. */
static bool fails(const scenario *s, const step *steps, int count)
{
    static world w;
    volatile bool result = true;
    w.server = NULL;
    if (setjmp(failed) == 0) {
        world_open(&w, s);
        for (int i = 0; i < count; i++) {
            if (!is_possible(&w, steps[i]))
                continue;
            world_do(&w, steps[i]);
            image_check(&w);
        }
        world_finish(&w);
        result = false;
    }
    /* A server that failed is not asked to clean up. */
    if (!result)
        world_close(&w);
    return result;
}

/* Leaves out what is not needed for the schedule to fail. */
static void shorten(const scenario *s)
{
    static step tried[NATIVE_STEPS_MAX];
    for (int size = length / 2; size >= 1; size = size == 1 ? 0 : size / 2) {
        for (int at = 0; at + size <= length;) {
            memcpy(tried, schedule, (size_t)at * sizeof *tried);
            memcpy(tried + at, schedule + at + size, (size_t)(length - at - size) * sizeof *tried);
            if (fails(s, tried, length - size)) {
                length -= size;
                memcpy(schedule, tried, (size_t)length * sizeof *tried);
            } else {
                at += size;
            }
        }
    }
}

static int report(const scenario *s, const char *how)
{
    char first[sizeof why];
    memcpy(first, why, sizeof first);
    shorten(s);
    bool again = fails(s, schedule, length);
    printf("finding %s (%s): %s\n", s->name, how, again ? why : first);
    printf("schedule %s ", s->name);
    print_schedule();
    return again ? 1 : 3;
}

/* -- every state ------------------------------------------------------------------------------------------- */

static uint64_t *table, table_mask, table_count;

static void table_new(uint64_t slots)
{
    table = calloc(slots, sizeof *table);
    table_mask = slots - 1;
    if (!table) {
        fputs("out of memory\n", stderr);
        exit(3);
    }
}

void states_new(void)
{
    table_new(1 << 16);
}

uint64_t states_count(void)
{
    return table_count;
}

bool states_add(uint64_t hash)
{
    if (hash == 0)
        hash = 1;
    if (table_count * 2 > table_mask) {
        uint64_t *old = table, slots = table_mask + 1;
        table_new(slots * 2);
        table_count = 0;
        for (uint64_t i = 0; i < slots; i++)
            (void)(old[i] && states_add(old[i]));
        free(old);
    }
    for (uint64_t at = hash & table_mask;; at = (at + 1) & table_mask) {
        if (table[at] == hash)
            return false;
        if (!table[at]) {
            table[at] = hash;
            table_count++;
            return true;
        }
    }
}

typedef struct frame {
    uint8_t *image;
    step possible[128];
    int count, next;
} frame;

static int explore(const scenario *s, uint64_t states_max)
{
    static world w;
    static frame stack[NATIVE_STEPS_MAX];
    volatile uint64_t steps = 0, ends = 0;
    volatile int depth = 0, deepest = 0;
    double start = world_seconds();
    states_new();
    if (setjmp(failed)) {
        length = depth;
        for (int i = 0; i < depth; i++)
            schedule[i] = stack[i].possible[stack[i].next - 1];
        return report(s, "every state");
    }
    world_open(&w, s);
    states_add(image_hash(&w));
    for (bool fresh = true;;) {
        if (fresh) {
            frame *f = &stack[depth];
            f->image = malloc(image_size(&w));
            image_save(&w, f->image);
            f->count = world_steps(&w, f->possible);
            f->next = 0;
            if (world_is_over(&w)) {
                ends++;
                world_finish(&w);
                image_restore(&w, f->image);
            }
        }
        frame *f = &stack[depth];
        if (f->next == f->count) {
            free(f->image);
            if (depth == 0)
                break;
            depth--;
            image_restore(&w, stack[depth].image);
            fresh = false;
            continue;
        }
        if (f->next > 0 && !fresh)
            image_restore(&w, f->image);
        step chosen = f->possible[f->next++];
        depth++;
        steps++;
        world_do(&w, chosen);
        image_check(&w);
        fresh = states_add(image_hash(&w));
        if (fresh && depth < NATIVE_STEPS_MAX) {
            deepest = depth > deepest ? depth : deepest;
        } else {
            depth--;
            image_restore(&w, stack[depth].image);
            fresh = false;
        }
        if (table_count >= states_max)
            break;
    }
    bool complete = table_count < states_max;
    printf("%s %s: %llu states, %llu steps, %llu ends, depth %d, %.1f s\n", complete ? "complete" : "bounded", s->name,
           (unsigned long long)table_count, (unsigned long long)steps, (unsigned long long)ends, deepest,
           world_seconds() - start);
    return complete ? 0 : 2;
}

/* -- some executions --------------------------------------------------------------------------------------- */

static uint64_t dice_state;

static uint32_t dice(uint32_t sides)
{
    dice_state ^= dice_state << 13;
    dice_state ^= dice_state >> 7;
    dice_state ^= dice_state << 17;
    return (uint32_t)((dice_state >> 20) % sides);
}

/* Whose step it is: the server, a client, the handlers of a request, the clock. */
static int actor_of(step s)
{
    int kind = s / 64, about = s % 64;
    if (kind == TICK)
        return 0;
    if (kind <= RESET)
        return 1 + about;
    return kind < TIME ? 16 + about : 63;
}

enum { LONG_STEPS = 400 };

/* PCT (S. Burckhardt et al., 2010): the actor with the highest priority steps, and at `depth` points loses it. */
static step choose_pct(const step *possible, int count, int *priorities)
{
    int best = 0;
    for (int i = 1; i < count; i++) {
        if (priorities[actor_of(possible[i])] > priorities[actor_of(possible[best])])
            best = i;
    }
    int same = 0;
    step chosen = possible[best];
    for (int i = 0; i < count; i++) {
        if (actor_of(possible[i]) == actor_of(possible[best]) && dice((uint32_t)++same) == 0)
            chosen = possible[i];
    }
    return chosen;
}

static bool run_random(const scenario *s, uint64_t seed, int depth, uint64_t *steps)
{
    static world w;
    int priorities[64];
    volatile int lowest = 0;
    dice_state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    for (int i = 0; i < 64; i++)
        priorities[i] = 1 + (int)dice(1000);
    length = 0;
    if (setjmp(failed))
        return false;
    world_open(&w, s);
    for (int i = 0; i < LONG_STEPS && !world_is_over(&w); i++) {
        step possible[128];
        int count = world_steps(&w, possible);
        bool by_priority = depth > 0 && dice(4) > 0;
        step chosen = by_priority ? choose_pct(possible, count, priorities) : possible[dice((uint32_t)count)];
        if (depth > 0 && dice(LONG_STEPS / 4) < (uint32_t)depth)
            priorities[actor_of(chosen)] = lowest = lowest - 1;
        schedule[length++] = chosen;
        world_do(&w, chosen);
        image_check(&w);
        ++*steps;
    }
    world_finish(&w);
    world_close(&w);
    return true;
}

static int sample(const scenario *s, uint64_t first, uint64_t runs, int depth)
{
    double start = world_seconds();
    uint64_t steps = 0;
    for (uint64_t seed = first; seed < first + runs; seed++) {
        if (!run_random(s, seed, depth, &steps)) {
            char how[64];
            snprintf(how, sizeof how, "%s, seed %llu", depth ? "pct" : "random", (unsigned long long)seed);
            return report(s, how);
        }
    }
    printf("sampled %s: %llu runs, %llu steps, %.1f s\n", s->name, (unsigned long long)runs,
           (unsigned long long)steps, world_seconds() - start);
    return 0;
}

/* -- usage ------------------------------------------------------------------------------------------------- */

static int replay(const scenario *s)
{
    if (!fails(s, schedule, length)) {
        printf("replayed %s: nothing fails\n", s->name);
        return 0;
    }
    printf("finding %s (replayed): %s\n", s->name, why);
    return 1;
}

/* One random run with its record, a line a note: what, place, number, asked, answered, last, ended. */
static bool recording;

void kr__log(const kr_server *server, const kr__peer *peer, enum kr__note note, uint32_t number)
{
    static const char *const notes[KR__NOTES] = {
        "open", "ask", "part", "refuse", "end", "continue", "answer", "stream", "raw", "chunk", "finish", "block", "flush",
        "drop", "timeout", "ready", "take", "stop"};
    if (recording)
        printf("%s %u %u %u %u %d %d\n", notes[note], (unsigned)(peer - server->peers), number, peer->asked,
               peer->answered, (peer->flags & KR__P_LAST) != 0, (peer->flags & KR__P_ENDED) != 0);
}

static int record(const scenario *s, uint64_t seed)
{
    uint64_t steps = 0;
    recording = true;
    return run_random(s, seed, 3, &steps) ? 0 : report(s, "recorded");
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "";
    if (strcmp(how, "list") == 0) {
        static const char *const extents[] = {"quick", "full", "sampled"};
        for (int i = 0; i < scenarios_count; i++)
            printf("%s %s\n", scenarios[i].name, extents[scenarios[i].extent]);
        threads_list();
        return 0;
    }
    for (int i = 0; i < scenarios_count && argc > 3; i++) {
        const scenario *s = &scenarios[i];
        if (strcmp(s->name, argv[2]) != 0)
            continue;
        uint64_t number = strtoull(argv[3], NULL, 10), runs = argc > 4 ? strtoull(argv[4], NULL, 10) : 1;
        if (strcmp(how, "all") == 0)
            return explore(s, number);
        if (strcmp(how, "record") == 0)
            return record(s, number);
        if (strcmp(how, "random") == 0)
            return sample(s, number, runs, 0);
        if (strcmp(how, "pct") == 0)
            return sample(s, number, runs, argc > 5 ? atoi(argv[5]) : 3);
        if (strcmp(how, "replay") == 0 && read_schedule(argv[3]))
            return replay(s);
    }
    int team = argc > 3 ? threads_find(argv[2]) : -1;
    if (team >= 0 && strcmp(how, "all") == 0)
        return threads_explore(team, strtoull(argv[3], NULL, 10));
    int result = team >= 0 && strcmp(how, "replay") == 0 ? threads_replay(team, argv[3]) : 3;
    if (result != 3)
        return result;
    fputs("usage: native all|random|pct|replay SCENARIO ..., or native list\n", stderr);
    return 3;
}
