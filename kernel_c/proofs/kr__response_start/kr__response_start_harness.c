/* prove: unwind 60; length 4; stub kr__is_fields */
#include "proof.h"
#include "response.c"

bool kr__is_fields(const char *fields, size_t length)
{
    return nondet_bool();
}

int main(void)
{
    uint8_t out[KR__HEAD_OVERHEAD + LENGTH];
    char fields[LENGTH];
    size_t capacity = nondet_size(), length = nondet_size();
    assume(length <= LENGTH && capacity <= sizeof out);
    int status = nondet_int();
    int written = kr__response_start(out, capacity, status, fields, length);
    assert(written == KR_EINVAL || written == KR_EFULL || (written > 0 && (size_t)written <= capacity));
    assert(written < 0 || (size_t)written + 63 + 38 <= capacity);
    return 0;
}
