/* Chance: generators, distributions, arrival processes. */
#include <math.h>

#include "internal_simulation.h"

/* SplitMix64: G. L. Steele, D. Lea, C. H. Flood, "Fast splittable pseudorandom number generators" (2014). */
static uint64_t next(uint64_t *dice)
{
    uint64_t z = *dice += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

uint64_t sim__dice(uint64_t seed, uint32_t kind, uint32_t number)
{
    uint64_t dice = seed;
    dice = next(&dice) ^ kind;
    dice = next(&dice) ^ number;
    return next(&dice);
}

double sim__uniform(uint64_t *dice)
{
    return (double)(next(dice) >> 11) * 0x1p-53;
}

double sim__positive(uint64_t *dice)
{
    return 1.0 - sim__uniform(dice);
}

uint64_t sim__draw(uint64_t *dice, const sim_law *law)
{
    assert(law->kind >= 0 && law->kind < SIM_LAWS);
    double value = law->a;
    if (law->kind == SIM_UNIFORM) {
        value += (law->b - law->a) * sim__uniform(dice);
    } else if (law->kind == SIM_EXPONENTIAL) {
        value *= -log(sim__positive(dice));
    } else if (law->kind == SIM_LOGNORMAL) {
        /* G. E. P. Box and M. E. Muller (1958). */
        double radius = sqrt(-2 * log(sim__positive(dice)));
        value *= exp(law->b * radius * cos(6.283185307179586 * sim__uniform(dice)));
    }
    return value <= 0 ? 0 : value >= 1e17 ? (uint64_t)1e17 : (uint64_t)(value + 0.5);
}

/* The next point of a process with the rate of the pieces, by inversion of the integrated rate: at distances of 1 there,
 * or exponential ones for a Poisson process (E. Cinlar, 1975). */
uint64_t sim__arrival(stream *one, const sim_piece *pieces)
{
    if (one->carry <= 0)
        one->carry = one->plan.constant ? 1.0 : -log(sim__positive(&one->dice));
    for (; one->piece < one->plan.pieces_count; one->piece++) {
        const sim_piece *p = &pieces[one->plan.pieces_first + one->piece];
        if (one->at < p->from)
            one->at = p->from;
        if (one->at >= p->until)
            continue;
        double length = (double)(p->until - p->from), left = (double)(p->until - one->at);
        double slope = (p->rate_until - p->rate_from) / length; /* per second and nanosecond */
        double rate = p->rate_from + slope * (double)(one->at - p->from);
        double mass = (rate + slope * left / 2) * left / 1e9;
        if (mass <= one->carry) {
            one->carry -= mass;
            continue;
        }
        /* rate * t + slope * t * t / 2 = carry, in the form that does not cancel. */
        double wanted = one->carry * 1e9, root = sqrt(fmax(0, rate * rate + 2 * slope * wanted));
        double t = 2 * wanted / (rate + root);
        one->at += (uint64_t)fmin(t + 0.5, left);
        one->carry = 0;
        return one->at;
    }
    return UINT64_MAX;
}

uint32_t sim__key(uint64_t *dice, const keyset *keys, uint32_t count)
{
    assert(count > 0);
    double u = sim__uniform(dice);
    if (!keys->shares)
        return (uint32_t)(u * count);
    uint32_t low = 0, high = count - 1;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (keys->shares[middle] > u)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* As in an HDR histogram: an octave has the same number of buckets, whatever its size. */
uint32_t sim__bucket_of(uint64_t value)
{
    if (value < SIM_BUCKETS_OCTAVE)
        return (uint32_t)value;
    uint32_t shift = 63 - (uint32_t)__builtin_clzll(value) - 7;
    uint32_t bucket = (shift << 7) + (uint32_t)(value >> shift);
    return bucket < SIM_BUCKETS ? bucket : SIM_BUCKETS - 1;
}

uint64_t sim_bucket(uint32_t bucket)
{
    if (bucket < 2 * SIM_BUCKETS_OCTAVE)
        return bucket;
    uint32_t shift = (bucket >> 7) - 1;
    return (uint64_t)(bucket - (shift << 7)) << shift;
}
