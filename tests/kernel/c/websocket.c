/* Feeds the codec of WebSocket frames that are right and bytes that are not, cut anywhere, in memory of just their size.
 *
 * usage: websocket RUNS SEED; prints "ok".  Whole and cut, the same has to come out. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "krepis_websocket.h"

enum { BYTES_MAX = 4096, EVENTS_MAX = 2048, LIMIT = 700 };

static uint64_t state;

static uint32_t any(uint32_t below)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(state >> 33) % below;
}

typedef struct seen {
    int opcode, code;
    uint64_t length;
    uint32_t sum;
} seen;

static int note(seen *out, int count, int opcode, int code, const uint8_t *data, uint64_t length)
{
    assert(count < EVENTS_MAX);
    out[count] = (seen){.opcode = opcode, .code = code, .length = length, .sum = 2166136261u};
    for (uint64_t i = 0; i < length; i++)
        out[count].sum = (out[count].sum ^ data[i]) * 16777619u;
    return count + 1;
}

/* A frame, mostly as it should be. */
static size_t frame(uint8_t *out, size_t space)
{
    static const uint8_t opcodes[] = {0, 0, 0, 1, 1, 2, 2, 9, 10, 8, 3};
    uint32_t length = any(8) ? any(130) : any(400);
    if (space < length + 8)
        return 0;
    size_t at = 0;
    out[at++] = (uint8_t)((any(3) ? 0x80 : 0) | opcodes[any(any(20) ? 9 : 11)] | (any(100) ? 0 : 0x40));
    out[at++] = (uint8_t)((any(100) ? 0x80 : 0) | (length > 125 ? 126 : length));
    if (length > 125) {
        out[at++] = (uint8_t)(length >> 8);
        out[at++] = (uint8_t)length;
    }
    for (uint32_t i = 0; i < 4; i++)
        out[at++] = any(2) ? 0 : (uint8_t)any(256);
    for (uint32_t i = 0; i < length; i++)
        out[at++] = (uint8_t)(any(40) ? any(128) & 0x5f : any(256));
    return at;
}

/* What comes of the bytes when they come in pieces of at most `most`. */
static int run(const uint8_t *data, size_t length, size_t most, seen *out)
{
    kr_ws ws;
    kr_ws_init(&ws, LIMIT);
    uint8_t *held = NULL;
    size_t kept = 0, at = 0;
    int count = 0;
    while (at < length) {
        size_t piece = most < length - at ? 1 + any((uint32_t)most) : length - at;
        uint8_t *memory = malloc(kept + piece);
        assert(memory);
        if (kept)
            memcpy(memory, held, kept);
        memcpy(memory + kept, data + at, piece);
        free(held);
        held = memory;
        kept += piece;
        at += piece;
        uint64_t used = 0;
        kr_ws_event event;
        int result;
        while ((result = kr_ws_next(&ws, held + used, kept - used, &event)) == 1) {
            count = note(out, count, event.opcode, event.code, held + used + event.at, event.length);
            used += event.used;
            if (event.opcode == KR_WS_CLOSE)
                goto over;
        }
        if (result < 0) {
            count = note(out, count, 0, -result, NULL, 0);
            goto over;
        }
        kept = kr_ws_compact(&ws, held + used, kept - used);
        memmove(held, held + used, kept);
        assert(kr_ws_validate(&ws, kept));
        assert(kept <= LIMIT + KR_WS_CONTROL_BYTES + 14);
    }
over:
    free(held);
    return count;
}

int main(int argc, char **argv)
{
    static uint8_t data[BYTES_MAX];
    static seen whole[EVENTS_MAX], cut[EVENTS_MAX];
    assert(argc == 3);
    state = strtoull(argv[2], NULL, 10);
    long events = 0;
    for (long runs = atol(argv[1]); runs > 0; runs--) {
        size_t length = 0, size;
        for (uint32_t frames = any(12); frames > 0 && (size = frame(data + length, sizeof data - length)) > 0; frames--)
            length += size;
        int expected = run(data, length, length, whole);
        int got = run(data, length, 1 + any(64), cut);
        if (got != expected || memcmp(whole, cut, (size_t)got * sizeof *cut) != 0) {
            printf("run %ld before the last: %d events whole, %d cut\n", runs, expected, got);
            return 1;
        }
        events += got;
    }
    assert(events > 0);
    puts("ok");
    return 0;
}
