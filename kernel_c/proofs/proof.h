/* What harnesses share.  ESBMC gives every nondet_ function all values of its type. */
#ifndef KREPIS_PROOF_H
#define KREPIS_PROOF_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool nondet_bool(void);
uint8_t nondet_u8(void);
uint16_t nondet_u16(void);
uint32_t nondet_u32(void);
uint64_t nondet_u64(void);
int64_t nondet_i64(void);
int nondet_int(void);
size_t nondet_size(void);

#define assume(condition) __ESBMC_assume(condition)

static inline void any_bytes(uint8_t *data, size_t length)
{
    for (size_t i = 0; i < length; i++)
        data[i] = nondet_u8();
}

#endif
