/* Scans for the first byte that does not belong: 16 at a time with SSE2, else 8 in a word, else one by one. */
#include "internal.h"

#if defined(__SSE2__) && !defined(KR_PORTABLE)
#include <emmintrin.h>
#define KR__SSE2 1
#endif

enum { T = KR__TOKEN, G = KR__TARGET, V = KR__VALUE, H = KR__HOST };

/* token: RFC 9110 section 5.6.2.  target: visible ASCII (RFC 9112 section 3.2 with RFC 3986).
 * value: RFC 9110 section 5.5: visible, space, tab, obs-text.  host: RFC 3986 section 3.2.2 with a port. */
#define ALL (T | G | V | H) /* also a host's character */
#define TOK (T | G | V)
#define VIS (G | V)
const uint8_t kr__class[256] = {
    ['\t'] = V, [' '] = V,
    ['!'] = ALL, ['"'] = VIS, ['#'] = TOK, ['$'] = ALL, ['%'] = ALL, ['&'] = ALL, ['\''] = ALL, ['('] = VIS | H,
    [')'] = VIS | H, ['*'] = ALL, ['+'] = ALL, [','] = VIS, ['-'] = ALL, ['.'] = ALL, ['/'] = VIS,
    ['0' ... '9'] = ALL,
    [':'] = VIS | H, [';'] = VIS | H, ['<'] = VIS, ['='] = VIS | H, ['>'] = VIS, ['?'] = VIS, ['@'] = VIS,
    ['A' ... 'Z'] = ALL,
    ['['] = VIS | H, ['\\'] = VIS, [']'] = VIS | H, ['^'] = TOK, ['_'] = ALL, ['`'] = TOK,
    ['a' ... 'z'] = ALL,
    ['{'] = VIS, ['|'] = TOK, ['}'] = VIS, ['~'] = ALL,
    [0x80 ... 0xff] = V,
};

static size_t span_bytes(uint8_t class, const uint8_t *data, size_t at, size_t length)
{
    assert(at <= length);
    assert(class != 0);
    while (at < length && kr__class[data[at]] & class)
        at++;
    return at;
}

#define ONES UINT64_C(0x0101010101010101)
#define HIGHS UINT64_C(0x8080808080808080)

/* Are there bytes below `least`, or 0x7f?  May say yes to a word that has none, never no to one that has. */
static uint64_t odd_bytes(uint64_t word, uint64_t least)
{
    assert(least > 0 && least < 0x80);
    assert(ONES * 0x80 == HIGHS);
    uint64_t delete = word ^ (ONES * 0x7f);
    return (((word - ONES * least) & ~word) | ((delete - ONES) & ~delete)) & HIGHS;
}

static size_t span_words(uint8_t class, const uint8_t *data, size_t length)
{
    assert(class == KR__TARGET || class == KR__VALUE);
    size_t at = 0;
    while (length - at >= 8) {
        uint64_t word;
        memcpy(&word, data + at, 8);
        uint64_t odd = class == KR__VALUE ? odd_bytes(word, 0x20) : odd_bytes(word, 0x21) | (word & HIGHS);
        size_t end = odd ? span_bytes(class, data, at, at + 8) : at + 8;
        if (end < at + 8)
            return end;
        at = end;
    }
    at = span_bytes(class, data, at, length);
    assert(at <= length);
    return at;
}

size_t kr_span_portable(int kind, const uint8_t *data, size_t length)
{
    assert(kind >= KR_SPAN_TOKEN && kind <= KR_SPAN_VALUE);
    assert(data || length == 0);
    if (kind == KR_SPAN_TOKEN)
        return span_bytes(KR__TOKEN, data, 0, length);
    return span_words(kind == KR_SPAN_TARGET ? KR__TARGET : KR__VALUE, data, length);
}

size_t kr__span_token(const uint8_t *data, size_t length)
{
    return span_bytes(KR__TOKEN, data, 0, length); /* names are short: a table is as fast as vectors */
}

#ifdef KR__SSE2

size_t kr__span_target(const uint8_t *data, size_t length)
{
    assert(data || length == 0);
    const __m128i space = _mm_set1_epi8(0x20), delete = _mm_set1_epi8(0x7f);
    size_t at = 0;
    for (; length - at >= 16; at += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(data + at));
        __m128i good = _mm_and_si128(_mm_cmpgt_epi8(bytes, space), _mm_cmplt_epi8(bytes, delete));
        unsigned bad = ~(unsigned)_mm_movemask_epi8(good) & 0xffff;
        if (bad)
            return at + (size_t)__builtin_ctz(bad);
    }
    assert(length - at < 16);
    return span_bytes(KR__TARGET, data, at, length);
}

size_t kr__span_value(const uint8_t *data, size_t length)
{
    assert(data || length == 0);
    const __m128i space = _mm_set1_epi8(0x20), delete = _mm_set1_epi8(0x7f), tab = _mm_set1_epi8('\t');
    size_t at = 0;
    for (; length - at >= 16; at += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(data + at));
        __m128i low = _mm_and_si128(_mm_cmplt_epi8(bytes, space), _mm_cmpgt_epi8(bytes, _mm_set1_epi8(-1)));
        __m128i odd = _mm_or_si128(_mm_andnot_si128(_mm_cmpeq_epi8(bytes, tab), low), _mm_cmpeq_epi8(bytes, delete));
        unsigned bad = (unsigned)_mm_movemask_epi8(odd);
        if (bad)
            return at + (size_t)__builtin_ctz(bad);
    }
    assert(length - at < 16);
    return span_bytes(KR__VALUE, data, at, length);
}

#else

size_t kr__span_target(const uint8_t *data, size_t length)
{
    return span_words(KR__TARGET, data, length);
}

size_t kr__span_value(const uint8_t *data, size_t length)
{
    return span_words(KR__VALUE, data, length);
}

#endif

size_t kr_span(int kind, const uint8_t *data, size_t length)
{
    assert(kind >= KR_SPAN_TOKEN && kind <= KR_SPAN_VALUE);
    assert(data || length == 0);
    if (kind == KR_SPAN_TOKEN)
        return kr__span_token(data, length);
    return kind == KR_SPAN_TARGET ? kr__span_target(data, length) : kr__span_value(data, length);
}
