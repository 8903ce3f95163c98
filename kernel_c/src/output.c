/* What waits to be sent: chains of blocks from a fixed supply.  A block holds copied bytes or refers to static ones. */
#include "server.h"

static uint8_t *memory_of(const kr__output *output, uint32_t block)
{
    assert(block < output->count);
    return output->memory + (size_t)block * KR__BLOCK_BYTES;
}

/* A new block at the end of the chain, or NONE. */
static uint32_t extend(kr__output *output, kr__chain *chain, const uint8_t *data)
{
    uint32_t index = output->free;
    if (index == KR__NONE)
        return KR__NONE;
    assert(index < output->count);
    kr__block *block = &output->blocks[index];
    output->free = block->next;
    *block = (kr__block){.data = data ? data : memory_of(output, index), .file = -1, .next = KR__NONE};
    if (chain->first == KR__NONE)
        chain->first = index;
    else
        output->blocks[chain->last].next = index;
    chain->last = index;
    assert(block->at == block->end);
    return index;
}

uint8_t *kr__output_reserve(kr__output *output, kr__chain *chain, size_t *length)
{
    assert(*length <= KR__BLOCK_BYTES);
    uint32_t index = chain->first == KR__NONE ? KR__NONE : chain->last;
    bool fits = index != KR__NONE && output->blocks[index].data == memory_of(output, index) &&
                KR__BLOCK_BYTES - output->blocks[index].end >= *length;
    if (!fits)
        index = extend(output, chain, NULL);
    if (index == KR__NONE)
        return NULL;
    *length = KR__BLOCK_BYTES - output->blocks[index].end;
    assert(*length > 0);
    return memory_of(output, index) + output->blocks[index].end;
}

void kr__output_commit(kr__output *output, const kr__chain *chain, size_t used)
{
    assert(chain->first != KR__NONE);
    output->blocks[chain->last].end += used;
    assert(output->blocks[chain->last].end <= KR__BLOCK_BYTES);
}

bool kr__output_copy(kr__output *output, kr__chain *chain, const uint8_t *data, size_t length)
{
    assert(data || length == 0);
    while (length > 0) {
        size_t size = 1;
        uint8_t *to = kr__output_reserve(output, chain, &size);
        if (!to)
            return false;
        size = size < length ? size : length;
        memcpy(to, data, size);
        kr__output_commit(output, chain, size);
        data += size;
        length -= size;
    }
    return true;
}

bool kr__output_refer(kr__output *output, kr__chain *chain, const uint8_t *data, size_t length)
{
    assert(data);
    assert(length <= UINT32_MAX);
    uint32_t index = extend(output, chain, data);
    if (index == KR__NONE)
        return false;
    output->blocks[index].end = length;
    return true;
}

bool kr__output_file(kr__output *output, kr__chain *chain, int file, uint64_t at, uint64_t length)
{
    assert(file >= 0);
    assert(length > 0);
    uint32_t index = extend(output, chain, NULL);
    if (index == KR__NONE) {
        output->hal->close(output->hal->self, file);
        return false;
    }
    kr__block *block = &output->blocks[index];
    block->data = NULL;
    block->file = file;
    block->at = at;
    block->end = at + length;
    return true;
}

/* Gives back the first block of a chain. */
static void drop_first(kr__output *output, kr__chain *chain)
{
    uint32_t index = chain->first;
    assert(index < output->count);
    kr__block *block = &output->blocks[index];
    if (block->file >= 0)
        output->hal->close(output->hal->self, block->file);
    chain->first = block->next;
    block->next = output->free;
    output->free = index;
}

void kr__output_join(kr__output *output, kr__chain *chain, kr__chain tail)
{
    assert(chain->first != KR__NONE && tail.first != KR__NONE);
    assert(output->blocks[tail.last].next == KR__NONE);
    output->blocks[chain->last].next = tail.first;
    chain->last = tail.last;
}

int kr__output_slices(const kr__output *output, const kr__chain *chain, kr__slice slices[KR__SLICES_MAX])
{
    int count = 0;
    assert(chain->first != KR__NONE);
    for (uint32_t i = chain->first; i != KR__NONE && count < KR__SLICES_MAX; i = output->blocks[i].next) {
        const kr__block *block = &output->blocks[i];
        assert(block->at <= block->end);
        if (!block->data)
            break;
        slices[count++] = (kr__slice){block->data + block->at, block->end - block->at};
    }
    return count;
}

void kr__output_sent(kr__output *output, kr__chain *chain, uint64_t length)
{
    while (chain->first != KR__NONE) {
        kr__block *block = &output->blocks[chain->first];
        uint64_t size = block->end - block->at;
        assert(block->at <= block->end);
        if (length < size) {
            block->at += length;
            return;
        }
        length -= size;
        drop_first(output, chain);
        if (length == 0)
            break;
    }
    assert(length == 0);
}

void kr__output_free(kr__output *output, kr__chain *chain)
{
    while (chain->first != KR__NONE)
        drop_first(output, chain);
    assert(chain->first == KR__NONE);
}
