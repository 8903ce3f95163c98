/* Fuzzes the validator of programs: words that are taken can be searched, whatever they are. */
#include <stdlib.h>
#include <string.h>

#include "krepis_twin.h"

enum { WORDS_MAX = 512 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
    size_t count = 0;
    int64_t *words = malloc(sizeof *words * (length / 2 + 1)), error[3];
    /* Two bytes a word, as small numbers say more here than large ones; an escape for these. */
    for (size_t i = 0; i + 1 < length && count < WORDS_MAX; i += 2) {
        int16_t small;
        memcpy(&small, data + i, sizeof small);
        words[count++] = small == INT16_MIN ? INT64_MIN : small == INT16_MAX ? INT64_MAX : small;
    }
    int64_t *exact = malloc(sizeof *exact * (count + 1));
    memcpy(exact, words, sizeof *exact * count);
    kr_program *program = kr_program_new(exact, count, error);
    free(exact);
    free(words);
    if (program) {
        kr_options options = {.algorithm = KR_ALG_STATEFUL, .threads = 1, .buffer_limit = 4, .message_limit = 4,
                              .preemption_bound = -1, .context_bound = -1, .max_states = 200, .max_depth = 200,
                              .max_memory_bytes = 1 << 26};
        int failed = 0;
        kr_search *search = kr_search_new(program, &options, &failed);
        if (search)
            (void)kr_search_run(search);
        kr_search_free(search);
    }
    kr_program_free(program);
    return 0;
}
