/* prove: unwind 18 */
#include "proof.h"
#include "body.c"

const uint8_t kr__class[256] = {0};

int main(void)
{
    uint8_t out[KR_CHUNK_HEAD_BYTES];
    uint64_t size = nondet_u64();
    assume(size > 0);
    int length = kr_chunk_head(out, size);
    assert(length >= 3 && length <= KR_CHUNK_HEAD_BYTES);
    assert(out[length - 2] == '\r' && out[length - 1] == '\n' && out[0] != '0');
    uint64_t read = 0;
    for (int i = 0; i < length - 2; i++)
        read = read * 16 + (uint64_t)(out[i] <= '9' ? out[i] - '0' : out[i] - 'a' + 10);
    assert(read == size);
    return 0;
}
