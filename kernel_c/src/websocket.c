/* The framing of WebSocket, see krepis_websocket.h.  Sections are of RFC 6455. */
#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "krepis_websocket.h"

enum { BETWEEN = 0xff, PROTOCOL = -1002, NOT_UTF8 = -1007, POLICY = -1008, TOO_LONG = -1009 };

/* -- UTF-8 ------------------------------------------------------------------------------------------------ */

/* RFC 3629 section 4: how many bytes follow, and the bounds of the next one.  0 between characters. */
static uint32_t utf8_state(uint32_t left, uint32_t low, uint32_t high)
{
    assert(left <= 3);
    assert(low <= high && high <= 0xbf);
    return left << 16 | low << 8 | high;
}

static bool utf8_step(uint32_t *state, uint8_t byte)
{
    uint32_t left = *state >> 16;
    assert(left <= 3);
    if (left > 0) {
        if (byte < (*state >> 8 & 0xff) || byte > (*state & 0xff))
            return false;
        *state = left == 1 ? 0 : utf8_state(left - 1, 0x80, 0xbf);
        return true;
    }
    if (byte < 0x80)
        return true;
    if (byte < 0xc2 || byte > 0xf4)
        return false;
    if (byte < 0xe0)
        *state = utf8_state(1, 0x80, 0xbf);
    else if (byte < 0xf0) /* no overlong forms, no surrogates */
        *state = utf8_state(2, byte == 0xe0 ? 0xa0 : 0x80, byte == 0xed ? 0x9f : 0xbf);
    else
        *state = utf8_state(3, byte == 0xf0 ? 0x90 : 0x80, byte == 0xf4 ? 0x8f : 0xbf);
    assert(*state != 0);
    return true;
}

static bool utf8_run(uint32_t *state, const uint8_t *data, uint64_t length)
{
    assert(data || length == 0);
    for (uint64_t i = 0; i < length; i++) {
        if (*state == 0) {
            /* Eight bytes of ASCII at a time. */
            uint64_t word;
            while (length - i > sizeof word) {
                memcpy(&word, data + i, sizeof word);
                if (word & UINT64_C(0x8080808080808080))
                    break;
                i += sizeof word;
            }
        }
        if (!utf8_step(state, data[i]))
            return false;
    }
    assert(*state >> 16 <= 3);
    return true;
}

/* -- frames ----------------------------------------------------------------------------------------------- */

void kr_ws_init(kr_ws *ws, uint64_t message_bytes_max)
{
    assert(message_bytes_max > 0);
    *ws = (kr_ws){.message_bytes_max = message_bytes_max, .frame = BETWEEN};
    assert(kr_ws_validate(ws, 0));
}

int kr_ws_validate(const kr_ws *ws, uint64_t length)
{
    return ws->held <= ws->raw && ws->raw <= length && ws->held <= ws->message_bytes_max && ws->mask_at < 4 &&
           ws->fragments <= KR_WS_FRAGMENTS_MAX && (ws->opcode != 0 || ws->held == 0) &&
           (ws->frame != BETWEEN || ws->left == 0);
}

int kr_ws_is_code(int code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

static bool is_control(uint8_t opcode)
{
    assert(opcode <= 0xf);
    return opcode & 8;
}

/* Judges the first two bytes of a frame.  0, or a negative code. */
static int judge(const kr_ws *ws, uint8_t first, uint8_t second)
{
    uint8_t opcode = first & 0xf, length = second & 0x7f;
    assert(!ws->ended);
    /* Section 5.2: no extension gave the bits a meaning; but RFC 7692 section 6 to one, in a message's first frame. */
    bool may_deflate = ws->deflates && !is_control(opcode) && opcode != KR_WS_CONTINUATION;
    if (first & (may_deflate ? 0x30 : 0x70))
        return PROTOCOL;
    if (!(second & 0x80)) /* section 5.1: a client masks */
        return PROTOCOL;
    if (is_control(opcode))
        return opcode > KR_WS_PONG || !(first & 0x80) || length > KR_WS_CONTROL_BYTES ? PROTOCOL : 0; /* section 5.5 */
    if (opcode > KR_WS_BINARY)
        return PROTOCOL;
    if ((opcode == KR_WS_CONTINUATION) != (ws->opcode != 0)) /* section 5.4 */
        return PROTOCOL;
    return ws->opcode && ws->fragments == KR_WS_FRAGMENTS_MAX ? POLICY : 0;
}

/* Reads the head of a frame.  1, 0 when it is not complete, or a negative code. */
static int read_head(kr_ws *ws, const uint8_t *data, uint64_t length)
{
    const uint8_t *at = data + ws->raw;
    uint64_t have = length - ws->raw;
    assert(ws->frame == BETWEEN);
    if (have < 2)
        return 0;
    int code = judge(ws, at[0], at[1]);
    if (code < 0)
        return code;
    uint64_t size = at[1] & 0x7f;
    uint32_t extra = size == 127 ? 8 : size == 126 ? 2 : 0;
    if (have < 2 + extra + sizeof ws->mask)
        return 0;
    if (extra) {
        size = 0;
        for (uint32_t i = 0; i < extra; i++)
            size = size << 8 | at[2 + i];
        if (size < (extra == 2 ? 126u : 65536u) || size >> 63) /* section 5.2: the shortest form, no sign */
            return PROTOCOL;
    }
    bool control = is_control(at[0] & 0xf);
    if (!control && size > ws->message_bytes_max - ws->held)
        return TOO_LONG;
    ws->frame = at[0] & 0xf;
    ws->final = at[0] >> 7;
    ws->left = size;
    ws->mask_at = 0;
    memcpy(ws->mask, at + 2 + extra, sizeof ws->mask);
    ws->raw += 2 + extra + sizeof ws->mask;
    if (!control && ws->frame != KR_WS_CONTINUATION) {
        ws->opcode = ws->frame;
        ws->deflated = at[0] >> 6 & 1;
    }
    ws->fragments += !control;
    assert(kr_ws_validate(ws, length));
    return 1;
}

/* Moves `count` bytes to the front, without their mask (section 5.3). */
static void unmask(kr_ws *ws, uint8_t *to, const uint8_t *from, uint64_t count)
{
    assert(to <= from);
    assert(count <= ws->left);
    uint8_t mask[8];
    for (uint32_t i = 0; i < sizeof mask; i++)
        mask[i] = ws->mask[(ws->mask_at + i) & 3];
    uint64_t word, pattern, i = 0;
    memcpy(&pattern, mask, sizeof pattern);
    for (; count - i >= sizeof word; i += sizeof word) {
        memcpy(&word, from + i, sizeof word);
        word ^= pattern;
        memcpy(to + i, &word, sizeof word);
    }
    for (; i < count; i++)
        to[i] = from[i] ^ mask[i & 7];
    ws->mask_at = (ws->mask_at + count) & 3;
}

/* The data of a control frame, which comes whole.  1, 0 when it did not yet, or a negative code. */
static int control(kr_ws *ws, uint8_t *data, uint64_t length, kr_ws_event *event)
{
    uint64_t size = ws->left;
    assert(size <= KR_WS_CONTROL_BYTES);
    if (length - ws->raw < size)
        return 0;
    unmask(ws, data + ws->raw, data + ws->raw, size);
    *event = (kr_ws_event){.opcode = ws->frame, .at = ws->raw, .length = size};
    ws->raw += size;
    ws->left = 0;
    ws->frame = BETWEEN;
    if (event->opcode != KR_WS_CLOSE)
        return 1;
    ws->ended = 1;
    event->code = 1005;
    if (size == 0)
        return 1;
    if (size == 1) /* section 5.5.1 */
        return PROTOCOL;
    event->code = data[event->at] << 8 | data[event->at + 1];
    event->at += 2;
    event->length -= 2;
    uint32_t state = 0;
    if (!kr_ws_is_code(event->code))
        return PROTOCOL;
    return utf8_run(&state, data + event->at, event->length) && state == 0 ? 1 : NOT_UTF8;
}

/* What came of the data of a message.  1 when the message is complete, 0 when it is not, or a negative code. */
static int message(kr_ws *ws, uint8_t *data, uint64_t length, kr_ws_event *event)
{
    uint64_t count = length - ws->raw < ws->left ? length - ws->raw : ws->left;
    uint8_t *to = data + ws->held;
    assert(ws->opcode == KR_WS_TEXT || ws->opcode == KR_WS_BINARY);
    unmask(ws, to, data + ws->raw, count);
    ws->held += count;
    ws->raw += count;
    ws->left -= count;
    if (ws->opcode == KR_WS_TEXT && !ws->deflated && !utf8_run(&ws->utf8, to, count)) /* section 8.1 */
        return NOT_UTF8;
    if (ws->left > 0)
        return 0;
    ws->frame = BETWEEN;
    if (!ws->final)
        return 0;
    if (ws->utf8 != 0)
        return NOT_UTF8;
    *event = (kr_ws_event){.opcode = ws->opcode, .length = ws->held, .deflated = ws->deflated};
    assert(ws->held <= ws->message_bytes_max);
    ws->opcode = 0;
    ws->held = 0;
    ws->fragments = 0;
    return 1;
}

int kr_ws_next(kr_ws *ws, uint8_t *data, uint64_t length, kr_ws_event *event)
{
    assert(kr_ws_validate(ws, length));
    assert(!ws->ended);
    for (;;) {
        int result = ws->frame == BETWEEN ? read_head(ws, data, length) : 1;
        if (result <= 0)
            return result;
        bool ends = ws->left <= length - ws->raw;
        result = is_control(ws->frame) ? control(ws, data, length, event) : message(ws, data, length, event);
        if (result == 1 && ws->opcode == 0) {
            event->used = ws->raw; /* nothing is under way: all that was read can go */
            ws->raw = 0;
        }
        if (result != 0 || !ends)
            return result;
    }
}

uint64_t kr_ws_compact(kr_ws *ws, uint8_t *data, uint64_t length)
{
    assert(kr_ws_validate(ws, length));
    uint64_t rest = length - ws->raw;
    if (ws->raw > ws->held)
        memmove(data + ws->held, data + ws->raw, rest);
    ws->raw = ws->held;
    assert(kr_ws_validate(ws, ws->held + rest));
    return ws->held + rest;
}

/* -- what a server sends ---------------------------------------------------------------------------------- */

int kr_ws_head(uint8_t out[KR_WS_HEAD_BYTES], int opcode, uint64_t length)
{
    assert(opcode > 0 && opcode <= KR_WS_PONG);
    assert(!is_control((uint8_t)opcode) || length <= KR_WS_CONTROL_BYTES);
    int extra = length > 65535 ? 8 : length > 125 ? 2 : 0;
    out[0] = (uint8_t)(0x80 | opcode);
    out[1] = (uint8_t)(extra == 8 ? 127 : extra == 2 ? 126 : length);
    for (int i = 0; i < extra; i++)
        out[2 + i] = (uint8_t)(length >> 8 * (extra - 1 - i));
    return 2 + extra;
}

int kr_ws_close(uint8_t out[KR_WS_HEAD_BYTES], int code)
{
    bool given = code != 1005;
    assert(!given || (code >= 1000 && code <= 4999));
    int length = kr_ws_head(out, KR_WS_CLOSE, given ? 2 : 0);
    if (given) {
        out[length++] = (uint8_t)(code >> 8);
        out[length++] = (uint8_t)code;
    }
    assert(length <= KR_WS_HEAD_BYTES);
    return length;
}
