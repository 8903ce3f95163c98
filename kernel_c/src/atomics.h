/* Private: memory that threads share, as part of the HAL.  Production has C11 atomics; the Twin defines KR__TWIN and
 * the same names before it includes a source, so that every access is a step of its exploration. */
#ifndef KREPIS_KERNEL_ATOMICS_H
#define KREPIS_KERNEL_ATOMICS_H

#ifndef KR__TWIN
#include <stdatomic.h>

typedef _Atomic uint32_t kr__atomic;
#define KR__RELAXED memory_order_relaxed
#define KR__ACQUIRE memory_order_acquire
#define KR__RELEASE memory_order_release
#define kr__atomic_init atomic_init
#define kr__atomic_load atomic_load_explicit
#define kr__atomic_store atomic_store_explicit
/* Both relaxed: what orders them is said beside them. */
#define kr__atomic_cas(at, expected, value) \
    atomic_compare_exchange_strong_explicit(at, expected, value, memory_order_relaxed, memory_order_relaxed)
#define kr__atomic_exchange(at, value) atomic_exchange_explicit(at, value, memory_order_relaxed)
#define kr__fence() atomic_thread_fence(memory_order_seq_cst)
/* Accesses that no other one may be concurrent with. */
#define kr__plain_read(at) (*(at))
#define kr__plain_write(at, value) (*(at) = (value))
#endif

#endif
