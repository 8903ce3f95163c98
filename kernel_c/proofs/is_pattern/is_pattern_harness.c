/* prove: unwind 9; length 7 */
#include "proof.h"
#include "router.c"

#include "span.c"

int main(void)
{
    char pattern[LENGTH];
    any_bytes((uint8_t *)pattern, LENGTH);
    size_t length = nondet_size();
    assume(length <= LENGTH);
    bool good = is_pattern(pattern, length);
    assert(!good || (length > 0 && pattern[0] == '/'));
    for (size_t i = 1; i < LENGTH; i++)
        assert(!good || i >= length || pattern[i] != ':' || (pattern[i - 1] == '/' && i + 1 < length));
    return 0;
}
