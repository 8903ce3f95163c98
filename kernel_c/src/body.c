/* Message bodies, RFC 9112 sections 6 and 7: a known length, or chunks.  One byte of state machine at a time between
 * the runs of data, so that nothing needs to be kept for it. */
#include "internal.h"

enum {
    FIXED, SIZE, SIZE_MORE, GAP, EXTENSION, SIZE_LF, DATA, DATA_CR, DATA_LF, TRAILER, TRAILER_NAME, TRAILER_VALUE,
    TRAILER_LF, END_LF, DONE
};

static inline bool validate(const kr_body *body)
{
    return body->state <= DONE && body->total <= body->limit && body->line <= KR_CHUNK_LINE_BYTES_MAX &&
           body->extensions <= KR_CHUNK_OVERHEAD_BYTES_MAX && body->trailers <= KR_CHUNK_OVERHEAD_BYTES_MAX;
}

int kr_body_begin(kr_body *body, const kr_head *head, uint64_t bytes_max)
{
    assert(!(head->flags & KR_CHUNKED) || !(head->flags & KR_HAS_LENGTH));
    *body = (kr_body){.limit = bytes_max};
    if (head->flags & KR_CHUNKED) {
        body->state = SIZE;
    } else if (head->content_length > bytes_max) {
        return -413;
    } else {
        /* RFC 9112 section 6.3: a request without either field has no body. */
        body->remaining = head->content_length;
        body->state = body->remaining ? FIXED : DONE;
    }
    assert(validate(body));
    return 0;
}

bool kr__body_is_fixed(const kr_body *body)
{
    assert(validate(body));
    return body->state == FIXED || body->state == DONE;
}

/* Takes data off the front; `after` follows the last byte. */
static int take_data(kr_body *body, size_t length, size_t *used, size_t *run, uint32_t after)
{
    assert(body->remaining > 0);
    assert(*used <= length);
    size_t size = length - *used;
    if (size == 0)
        return KR_BODY_MORE;
    if (size > body->remaining)
        size = (size_t)body->remaining;
    body->remaining -= size;
    body->total += size;
    *used += size;
    *run = size;
    if (body->remaining == 0)
        body->state = after;
    return KR_BODY_DATA;
}

/* RFC 9112 section 7.1: chunk-size = 1*HEXDIG.  "A recipient MUST anticipate potentially large hexadecimal numerals." */
static int take_size(kr_body *body, uint8_t c)
{
    assert(body->state == SIZE || body->state == SIZE_MORE);
    unsigned letter = (c | 0x20u) - 'a', digit = kr__digit(c);
    digit = digit <= 9 ? digit : letter <= 5 ? letter + 10 : 16;
    if (digit < 16) {
        body->remaining = body->remaining * 16 + digit;
        body->state = SIZE_MORE;
        assert(body->total <= body->limit);
        return body->remaining > body->limit - body->total ? -413 : 0;
    }
    if (body->state == SIZE)
        return -400;
    body->state = c == '\r' ? SIZE_LF : c == ';' ? EXTENSION : GAP;
    return c == '\r' || c == ';' || kr__is_space(c) ? 0 : -400;
}

/* RFC 9112 section 7.1.1: extensions are ignored, but a bare CR or LF in one is a boundary to somebody else. */
static int take_extension(kr_body *body, uint8_t c)
{
    assert(body->state == GAP || body->state == EXTENSION);
    assert(body->line <= KR_CHUNK_LINE_BYTES_MAX);
    if (++body->extensions > KR_CHUNK_OVERHEAD_BYTES_MAX) {
        body->extensions = KR_CHUNK_OVERHEAD_BYTES_MAX;
        return -413;
    }
    if (body->state == GAP && !kr__is_space(c)) {
        body->state = EXTENSION;
        return c == ';' ? 0 : -400;
    }
    if (c == '\r' && body->state == EXTENSION)
        body->state = SIZE_LF;
    else if (!(kr__class[c] & KR__VALUE))
        return -400;
    return 0;
}

static int take_trailer(kr_body *body, uint8_t c)
{
    assert(body->state >= TRAILER && body->state <= TRAILER_LF);
    switch (body->state) {
    case TRAILER:
        body->state = TRAILER_NAME;
        return kr__class[c] & KR__TOKEN ? 0 : -400;
    case TRAILER_NAME:
        if (c == ':')
            body->state = TRAILER_VALUE;
        return c == ':' || kr__class[c] & KR__TOKEN ? 0 : -400;
    case TRAILER_VALUE:
        if (c == '\r')
            body->state = TRAILER_LF;
        return c == '\r' || kr__class[c] & KR__VALUE ? 0 : -400;
    default:
        body->state = TRAILER;
        return c == '\n' ? 0 : -400;
    }
}

/* One byte of framing.  Returns 0 or minus a status. */
static int take_framing(kr_body *body, uint8_t c)
{
    switch (body->state) {
    case SIZE:
    case SIZE_MORE:
        body->line++;
        return body->line > KR_CHUNK_LINE_BYTES_MAX ? (body->line--, -400) : take_size(body, c);
    case GAP:
    case EXTENSION:
        body->line++;
        return body->line > KR_CHUNK_LINE_BYTES_MAX ? (body->line--, -400) : take_extension(body, c);
    case SIZE_LF:
        body->line = 0;
        body->state = body->remaining ? DATA : TRAILER;
        return c == '\n' ? 0 : -400;
    case DATA_CR:
        body->state = DATA_LF;
        return c == '\r' ? 0 : -400;
    case DATA_LF:
        body->state = SIZE;
        return c == '\n' ? 0 : -400;
    default:
        assert(body->state == END_LF);
        body->state = DONE;
        return c == '\n' ? 0 : -400;
    }
}

/* The trailer section, RFC 9112 section 7.1.2, up to the CR of the empty line that ends it. */
static int take_trailers(kr_body *body, const uint8_t *data, size_t length, size_t *used, size_t *run)
{
    assert(body->state >= TRAILER && body->state <= TRAILER_LF);
    size_t start = *used;
    while (*used < length && !(body->state == TRAILER && data[*used] == '\r')) {
        if (++body->trailers > KR_CHUNK_OVERHEAD_BYTES_MAX) {
            body->trailers = KR_CHUNK_OVERHEAD_BYTES_MAX;
            return -431;
        }
        int status = take_trailer(body, data[(*used)++]);
        if (status)
            return status;
    }
    *run = *used - start;
    assert(*used <= length);
    if (*run)
        return KR_BODY_TRAILER;
    if (*used < length) {
        (*used)++;
        body->state = END_LF;
    }
    return KR_BODY_MORE;
}

int kr_body_next(kr_body *body, const uint8_t *data, size_t length, size_t *used, size_t *run)
{
    assert(validate(body));
    assert(data || length == 0);
    *used = *run = 0;
    while (body->state != DONE) {
        if (body->state == FIXED || body->state == DATA)
            return take_data(body, length, used, run, body->state == FIXED ? DONE : DATA_CR);
        if (body->state >= TRAILER && body->state <= TRAILER_LF) {
            int event = take_trailers(body, data, length, used, run);
            if (event != KR_BODY_MORE || body->state != END_LF)
                return event;
        }
        if (*used == length)
            return KR_BODY_MORE;
        int status = take_framing(body, data[(*used)++]);
        if (status)
            return status;
    }
    assert(validate(body));
    return KR_BODY_DONE;
}

int kr_chunk_head(uint8_t out[KR_CHUNK_HEAD_BYTES], uint64_t size)
{
    assert(size > 0); /* a size of 0 would end the body */
    int digits = (64 - __builtin_clzll(size) + 3) / 4;
    for (int i = 0; i < digits; i++)
        out[i] = (uint8_t)"0123456789abcdef"[size >> (4 * (digits - 1 - i)) & 15];
    out[digits] = '\r';
    out[digits + 1] = '\n';
    assert(digits + 2 <= KR_CHUNK_HEAD_BYTES);
    return digits + 2;
}
