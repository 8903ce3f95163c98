/* Fuzzes the codec of WebSockets: how the bytes are cut must not matter. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "krepis_websocket.h"

enum { LIMIT = 700 };

static uint64_t run(const uint8_t *data, size_t length, size_t most)
{
    kr_ws ws;
    kr_ws_init(&ws, LIMIT);
    uint8_t *held = NULL;
    size_t kept = 0, at = 0;
    uint64_t said = 0;
    int result = 0;
    while (at < length && result >= 0) {
        size_t piece = most < length - at ? most : length - at;
        uint8_t *memory = malloc(kept + piece);
        if (kept)
            memcpy(memory, held, kept);
        memcpy(memory + kept, data + at, piece);
        free(held);
        held = memory;
        kept += piece;
        at += piece;
        uint64_t used = 0;
        kr_ws_event event;
        while ((result = kr_ws_next(&ws, held + used, kept - used, &event)) == 1) {
            said = said * 31 + (uint64_t)event.opcode * 7 + (uint64_t)event.code;
            for (uint64_t i = 0; i < event.length; i++)
                said = said * 31 + held[used + event.at + i];
            used += event.used;
            if (event.opcode == KR_WS_CLOSE) {
                free(held);
                return said;
            }
        }
        if (result < 0)
            break;
        kept = kr_ws_compact(&ws, held + used, kept - used);
        memmove(held, held + used, kept);
        assert(kr_ws_validate(&ws, kept));
    }
    free(held);
    return said * 31 + (uint64_t)-result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
    uint64_t whole = run(data, length, length ? length : 1);
    if (run(data, length, 5) != whole || run(data, length, 1) != whole)
        abort();
    return 0;
}
