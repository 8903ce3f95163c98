/* Shared by the parts of the kernel; nothing here is public. */
#ifndef KREPIS_KERNEL_INTERNAL_H
#define KREPIS_KERNEL_INTERNAL_H

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "krepis_kernel.h"

/* -- span.c: classes of bytes ---------------------------------------------------------------------------- */

enum { KR__TOKEN = 1, KR__TARGET = 2, KR__VALUE = 4, KR__HOST = 8 };
extern const uint8_t kr__class[256];

size_t kr__span_token(const uint8_t *data, size_t length);
size_t kr__span_target(const uint8_t *data, size_t length);
size_t kr__span_value(const uint8_t *data, size_t length);

/* Does `text` equal `lower`, which is in lower case, whatever the case of its letters? */
static inline bool kr__is(const uint8_t *text, size_t length, const char *lower, size_t lower_length)
{
    assert(text || length == 0);
    assert(lower[lower_length] == '\0');
    if (length != lower_length)
        return false;
    for (size_t i = 0; i < length; i++) {
        uint8_t c = text[i];
        if ((c >= 'A' && c <= 'Z' ? c | 0x20 : c) != (uint8_t)lower[i])
            return false;
    }
    return true;
}
#define KR__IS(text, length, literal) kr__is(text, length, literal, sizeof(literal) - 1)

/* The value of a decimal digit; more than 9 for anything else. */
static inline unsigned kr__digit(uint8_t c)
{
    return (unsigned)c - '0';
}

static inline bool kr__is_space(uint8_t c)
{
    return c == ' ' || c == '\t';
}

/* -- response.c ------------------------------------------------------------------------------------------ */

enum { KR__HEAD_OVERHEAD = 192 }; /* at most, of a response head besides the fields that it is given */

bool kr__is_fields(const char *fields, size_t length);
bool kr__has_content(int status);
uint8_t *kr__put_number(uint8_t *out, uint64_t number);
/* The status line and the fields; results as kr_response_head(). */
int kr__response_start(uint8_t *out, size_t capacity, int status, const char *fields, size_t length);
/* Date, Connection and the empty line. */
uint8_t *kr__response_end(uint8_t *at, int flags, const char date[KR_DATE_BYTES]);

/* -- connection.c ---------------------------------------------------------------------------------------- */

struct kr_connection {
    const kr_limits *limits;
    kr_body body;
    uint64_t body_end, raw;  /* while the body comes: the end of its decoded part, and what is decoded next */
    uint32_t seen;           /* of the head, see kr_head_parse() */
    uint32_t head_length;    /* 0 while the head is not complete */
    uint32_t flags;
};

/* Whether the length that is left of it is known. */
bool kr__body_is_fixed(const kr_body *body);

void kr__connection_init(kr_connection *connection, const kr_limits *limits);
bool kr__limits_validate(const kr_limits *limits);
/* After 0 from kr_connection_next(): how many of the bytes that were fed have to be kept.  What is over is decoded. */
uint64_t kr__connection_kept(kr_connection *connection, uint64_t length);

#endif
