/* Feeds messages to a connection under sanitizers, each at the end of a readable page.
 *
 * usage: requests MUTATIONS FILE...
 * Prints for each file what the connection said to the whole of it, then a hash of what it said to all mutations.
 * Every message is also fed cut in two (mutations: at one place), and what is said must be the same.
 */
#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "krepis_kernel.h"

enum { LENGTH_MAX = 1 << 17 };
static const kr_limits limits = {8192, 16384, 100, 1 << 20, 0};

/* A place for `length` bytes after which nothing can be read. */
static uint8_t *guarded(size_t length)
{
    static uint8_t *end;
    if (!end) {
        size_t page = (size_t)sysconf(_SC_PAGESIZE);
        uint8_t *start = mmap(NULL, LENGTH_MAX + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        assert(start != MAP_FAILED);
        end = start + LENGTH_MAX;
        assert(mprotect(end, page, PROT_NONE) == 0);
    }
    assert(length <= LENGTH_MAX);
    return end - length;
}

static uint64_t mix(uint64_t hash, const void *data, size_t length)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    return hash;
}

/* What a connection says to a message that comes in two pieces; the last result is the status, or 0. */
static uint64_t feed(const uint8_t *message, size_t length, size_t cut, int *count, int *status)
{
    kr_connection *connection = kr_connection_new(&limits);
    static uint8_t copy[LENGTH_MAX];
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    size_t held = 0, given = 0;
    bool last = false;
    *count = *status = 0;
    assert(connection);
    for (int piece = 0; piece < 2 && !last && *status == 0; piece++) {
        size_t size = piece == 0 ? cut : length - cut;
        memcpy(copy + held, message + given, size);
        held += size;
        given += size;
        while (held > 0 && !last) {
            kr_request request;
            uint8_t *data = guarded(held);
            memcpy(data, copy, held);
            int64_t taken = kr_connection_next(connection, data, held, &request);
            memcpy(copy, data, held); /* chunks were decoded in place */
            if (taken < 0)
                *status = (int)-taken;
            if (taken <= 0)
                break;
            assert((size_t)taken <= held);
            (*count)++;
            last = kr_connection_flags(connection) & KR_LAST;
            hash = mix(hash, data + request.head.line, request.head.method_length);
            hash = mix(hash, data + request.head.path, request.head.path_length);
            hash = mix(hash, data + request.head.query, request.head.query_length);
            hash = mix(hash, &request.head.flags, sizeof request.head.flags);
            for (int i = 0; i < request.head.fields_count; i++) {
                const kr_field *field = &request.head.fields[i];
                hash = mix(hash, data + field->name, field->name_length);
                hash = mix(hash, data + field->value, field->value_length);
            }
            hash = mix(hash, data + request.body, request.body_length);
            held -= (size_t)taken;
            memmove(copy, copy + taken, held);
        }
    }
    kr_connection_free(connection);
    return mix(mix(hash, count, sizeof *count), status, sizeof *status);
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* A few bytes changed, doubled or dropped, preferably to bytes that mean something. */
static size_t mutate(uint8_t *message, size_t length, uint64_t *random)
{
    static const uint8_t telling[] = "\r\n\r\n :\t,;0159afAF/?#*%\0\x7f\xff";
    for (int changes = 1 + (int)(next_random(random) % 3); changes > 0 && length > 1; changes--) {
        size_t at = next_random(random) % length;
        uint8_t byte = next_random(random) % 4 ? telling[next_random(random) % (sizeof telling - 1)]
                                               : (uint8_t)next_random(random);
        switch (next_random(random) % 3) {
        case 0:
            message[at] = byte;
            break;
        case 1:
            memmove(message + at + 1, message + at, length - at);
            message[at] = byte;
            length++;
            break;
        default:
            memmove(message + at, message + at + 1, length - at - 1);
            length--;
        }
    }
    return length;
}

int main(int argc, char **argv)
{
    static uint8_t original[LENGTH_MAX], message[LENGTH_MAX];
    long mutations = strtol(argv[1], NULL, 10);
    uint64_t random = 0x9e3779b97f4a7c15, all = 0;
    for (int i = 2; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        assert(file);
        size_t length = fread(original, 1, LENGTH_MAX - 8, file);
        (void)fclose(file);
        int count, status, ignored[2];
        uint64_t whole = feed(original, length, length, &count, &status);
        printf("%s %d %d\n", argv[i], count, status);
        for (size_t cut = 0; cut <= length; cut += length < 500 ? 1 : 1 + length / 100)
            assert(feed(original, length, cut, &ignored[0], &ignored[1]) == whole);
        for (long m = 0; m < mutations; m++) {
            memcpy(message, original, length);
            size_t size = mutate(message, length, &random);
            uint64_t said = feed(message, size, size, &ignored[0], &ignored[1]);
            size_t cut = next_random(&random) % (size + 1);
            assert(feed(message, size, cut, &ignored[0], &ignored[1]) == said);
            all = mix(all, &said, sizeof said);
        }
    }
    printf("mutations %016llx\n", (unsigned long long)all);
    return 0;
}
