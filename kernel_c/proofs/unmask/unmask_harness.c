/* prove: unwind 12; length 11; quick */
#include "proof.h"
#include "websocket.c"

int main(void)
{
    kr_ws ws = {.left = nondet_u64(), .mask_at = nondet_u32() & 3};
    any_bytes(ws.mask, 4);
    uint8_t data[LENGTH], old[LENGTH];
    any_bytes(data, LENGTH);
    memcpy(old, data, LENGTH);
    uint64_t count = nondet_u64();
    assume(count <= ws.left && count <= LENGTH - 1);
    uint32_t at = ws.mask_at;
    unmask(&ws, data, data + 1, count);
    for (uint64_t i = 0; i < LENGTH; i++)
        assert(data[i] == (i < count ? old[i + 1] ^ ws.mask[(at + i) & 3] : old[i]));
    assert(ws.mask_at == ((at + count) & 3));
    return 0;
}
