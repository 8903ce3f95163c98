/* prove: unwind 9; quick */
#include "proof.h"
#include "websocket.c"

int main(void)
{
    uint8_t out[KR_WS_HEAD_BYTES];
    int opcode = nondet_int();
    uint64_t length = nondet_u64(), read = 0;
    assume(opcode > 0 && opcode <= KR_WS_PONG && (!is_control((uint8_t)opcode) || length <= KR_WS_CONTROL_BYTES));
    int size = kr_ws_head(out, opcode, length);
    assert(size == 2 || size == 4 || size == KR_WS_HEAD_BYTES);
    for (int i = 2; i < size; i++)
        read = read << 8 | out[i];
    assert(size == 2 ? out[1] == length && length < 126 : read == length);
    assert(size != 4 || (out[1] == 126 && length > 125));
    assert(size != 10 || (out[1] == 127 && length > 65535));
    return 0;
}
