/* Fuzzes the requests of a connection: how the bytes are cut must not matter. */
#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "krepis_kernel.h"

static const kr_limits limits = {1024, 4096, 16, 8192, 0};

/* A hash of all that comes out when the bytes come in pieces of at most `most`, each time in memory of just its size. */
static uint64_t run(const uint8_t *message, size_t length, size_t most)
{
    kr_connection *connection = kr_connection_new(&limits);
    uint8_t *held = NULL;
    size_t kept = 0, given = 0;
    uint64_t said = 0;
    bool over = false;
    assert(connection);
    while (given < length && !over) {
        size_t piece = length - given < most ? length - given : most;
        held = realloc(held, kept + piece);
        memcpy(held + kept, message + given, piece);
        kept += piece;
        given += piece;
        while (kept > 0 && !over) {
            kr_request request;
            int64_t taken = kr_connection_next(connection, held, kept, &request);
            assert(taken <= (int64_t)kept);
            if (taken == 0)
                break;
            said = said * 31 + (uint64_t)taken;
            over = taken < 0;
            if (over)
                break;
            assert(request.body + request.body_length <= (uint64_t)taken);
            for (uint64_t i = 0; i < request.body_length; i++)
                said = said * 31 + held[request.body + i];
            over = kr_connection_flags(connection) & KR_LAST;
            kept -= (size_t)taken;
            memmove(held, held + taken, kept);
        }
    }
    free(held);
    kr_connection_free(connection);
    return said;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
    uint64_t whole = run(data, length, length);
    if (run(data, length, 7) != whole || run(data, length, 1) != whole)
        abort();
    return 0;
}
