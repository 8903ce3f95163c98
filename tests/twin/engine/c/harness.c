/* Runs programs through every mode of the engine, and then mutations of them, for use under sanitizers.
 *
 * usage: harness MUTATIONS FILE...   each file holds the words of one program (host byte order).
 * Prints one line per program: name, then states and traces of the complete searches under SC.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "krepis_twin.h"

static const kr_options small = {
    .threads = 2, .buffer_limit = 3, .message_limit = 5, .preemption_bound = -1, .context_bound = -1,
    .max_states = 3000, .max_depth = 60, .max_traces = 60, .max_memory_bytes = 64 << 20, .max_outcomes = 50,
    .max_findings = 20, .seed = 7, .max_seconds = 2,
};

static void read_everything(kr_search *search)
{
    kr_counts counts;
    kr_search_counts(search, &counts);
    int64_t words = kr_search_outcome_words(search);
    int64_t *outcome = calloc((size_t)words + 1, sizeof *outcome);
    assert(outcome);
    for (uint64_t i = 0; i < counts.outcomes; i++)
        assert(kr_search_outcome(search, 0, i, outcome) == 0);
    for (uint64_t i = 0; i < counts.deadlocks; i++)
        assert(kr_search_outcome(search, 1, i, outcome) == 0);
    int64_t parts[5];
    for (int64_t i = 0; i < words; i++)
        (void)kr_search_term(search, outcome[i], parts);
    free(outcome);
    for (uint64_t i = 0; i < counts.findings; i++) {
        kr_finding finding;
        assert(kr_search_finding(search, i, &finding) == 0);
        kr_step *steps = calloc(finding.steps + 1, sizeof *steps);
        int32_t waits[64][4];
        assert(steps);
        (void)kr_search_finding_schedule(search, i, steps);
        (void)kr_search_finding_waits(search, i, waits);
        for (uint32_t s = 0; s < finding.steps; s++) {
            int32_t process[3];
            (void)kr_search_process(search, steps[s].process, process);
        }
        free(steps);
    }
}

static uint64_t run(const kr_program *program, kr_options options, int model, int algorithm)
{
    int error = 0;
    options.model = model;
    options.algorithm = algorithm;
    kr_search *search = kr_search_new(program, &options, &error);
    if (!search) {
        assert(error == KR_ESIZE || error == KR_EMEMORY || error == KR_EARGUMENT);
        return 0;
    }
    const kr_step steps[3] = {{0, 0}, {1, 0}, {0, 0}};
    if (algorithm == KR_ALG_REPLAY)
        assert(kr_search_schedule(search, steps, 3) == 0);
    int rc = kr_search_run(search);
    assert(rc <= 0);
    read_everything(search);
    kr_counts counts;
    kr_search_counts(search, &counts);
    kr_search_free(search);
    return algorithm == KR_ALG_STATEFUL ? counts.states : counts.traces;
}

static void run_modes(const kr_program *program)
{
    for (int model = KR_MODEL_SC; model <= KR_MODEL_RA; model++) {
        for (int algorithm = KR_ALG_STATEFUL; algorithm <= KR_ALG_REPLAY; algorithm++)
            (void)run(program, small, model, algorithm);
    }
    kr_options bounded = small;
    bounded.preemption_bound = 1;
    bounded.context_bound = 3;
    (void)run(program, bounded, KR_MODEL_TSO, KR_ALG_STATEFUL);
    bounded = small;
    bounded.max_memory_bytes = 1 << 16; /* too little for anything */
    for (int algorithm = KR_ALG_STATEFUL; algorithm <= KR_ALG_SOURCE; algorithm++)
        (void)run(program, bounded, KR_MODEL_SC, algorithm);
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Programs with a few words changed are refused or run; nothing else. */
static void mutate(const int64_t *words, size_t count, long mutations)
{
    uint64_t random = 88172645463325252u + count;
    int64_t *copy = malloc(count * sizeof *copy);
    assert(copy);
    for (long i = 0; i < mutations; i++) {
        memcpy(copy, words, count * sizeof *copy);
        for (uint64_t changes = 1 + next_random(&random) % 3; changes; changes--) {
            static const int64_t odd[] = {0, 1, -1, 2, 3, 7, 16, 25, 64, 65536, INT64_MAX, INT64_MIN};
            size_t at = (size_t)(next_random(&random) % count);
            copy[at] = next_random(&random) % 3 ? odd[next_random(&random) % 12]
                                                : copy[next_random(&random) % count];
        }
        size_t length = next_random(&random) % 8 ? count : (size_t)(next_random(&random) % (count + 1));
        int64_t error[3];
        kr_program *program = kr_program_new(copy, length, error);
        if (!program) {
            assert(error[0] < 0);
            continue;
        }
        kr_options options = small;
        options.max_states = 200;
        options.max_traces = 10;
        options.max_seconds = 0.2;
        int model = (int)(next_random(&random) % 4), algorithm = (int)(next_random(&random) % 9);
        (void)run(program, options, model, algorithm);
        kr_program_free(program);
    }
    free(copy);
}

/* One writer and `readers` readers of one object: 2^readers runs. */
static void explore_readers(int readers)
{
    kr_explorer *explorer = kr_explorer_new(KR_ALG_OPTIMAL, 0, 0, 0, 0);
    assert(explorer);
    while (kr_explorer_start(explorer) == 1) {
        int64_t enabled[16];
        int left = readers + 1;
        for (int i = 0; i < left; i++)
            enabled[i] = i;
        while (left) {
            int64_t process = kr_explorer_choose(explorer, enabled, (size_t)left);
            assert(process >= 0);
            const int64_t object = 5;
            assert(kr_explorer_record(explorer, process, &object, process != 0, process == 0, 0, 0, NULL, 0, 0) == 0);
            int at = 0;
            while (enabled[at] != process)
                at++;
            enabled[at] = enabled[--left];
        }
        assert(kr_explorer_finish(explorer) == 0);
    }
    uint64_t counts[5];
    kr_explorer_counts(explorer, counts);
    assert(counts[0] == 1ull << readers);
    assert(counts[1] == 0);
    kr_explorer_free(explorer);
}

static int64_t *read_words(const char *name, size_t *count)
{
    FILE *file = fopen(name, "rb");
    assert(file);
    assert(fseek(file, 0, SEEK_END) == 0);
    *count = (size_t)ftell(file) / sizeof(int64_t);
    rewind(file);
    int64_t *words = malloc(*count * sizeof *words + 1);
    assert(words);
    size_t got = fread(words, sizeof *words, *count, file);
    assert(got == *count);
    fclose(file);
    return words;
}

int main(int argc, char **argv)
{
    assert(argc > 2);
    explore_readers(6);
    for (int i = 2; i < argc; i++) {
        size_t count = 0;
        int64_t *words = read_words(argv[i], &count);
        int64_t error[3];
        kr_program *program = kr_program_new(words, count, error);
        assert(program);
        kr_options whole = small;
        whole.max_states = whole.max_depth = 0;
        whole.max_seconds = 0;
        printf("%s %llu %llu\n", argv[i], (unsigned long long)run(program, whole, KR_MODEL_SC, KR_ALG_STATEFUL),
               (unsigned long long)run(program, whole, KR_MODEL_SC, KR_ALG_OPTIMAL));
        run_modes(program);
        kr_program_free(program);
        mutate(words, count, atol(argv[1]));
        free(words);
    }
    return 0;
}
