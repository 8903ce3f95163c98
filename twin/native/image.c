/* States: what has to hold in each, what tells them apart, and how to go back to one.
 *
 * An image holds what can change: no free buffer's or block's content, which nothing reads.  For the hash, the order
 * of what is free does not matter either: which block is taken changes nothing that can be seen. */
#include "wheel.c"

#include "native.h"

/* -- what every state must satisfy ------------------------------------------------------------------------- */

enum { BLOCKS_MAX = 32, BUFFERS_MAX = 32 };

static void count_chain(const kr__output *output, uint32_t first, uint8_t seen[BLOCKS_MAX])
{
    for (uint32_t i = first; i != KR__NONE; i = output->blocks[i].next) {
        if (i >= output->count || i >= BLOCKS_MAX)
            world_fail("a block has no such number");
        if (seen[i]++)
            world_fail("a block is in two places");
        if (output->blocks[i].at > output->blocks[i].end || output->blocks[i].end > KR__BLOCK_BYTES)
            world_fail("a block has no such bytes");
    }
}

static void check_blocks(const kr_server *server)
{
    uint8_t seen[BLOCKS_MAX] = {0};
    const kr__output *output = &server->output;
    for (uint32_t i = output->free, n = 0; i != KR__NONE; i = output->blocks[i].next, n++) {
        if (i >= output->count || n > output->count || seen[i]++)
            world_fail("a block is free twice");
    }
    for (uint32_t p = 0; p < server->options.connections_max; p++) {
        const kr__peer *peer = &server->peers[p];
        if (peer->fd < 0)
            continue;
        count_chain(output, peer->output.first, seen);
        for (uint32_t i = peer->waiting; i != KR__NONE; i = output->blocks[i].next_held)
            count_chain(output, i, seen);
    }
    for (uint32_t i = 0; i < output->count; i++) {
        if (!seen[i])
            world_fail("a block is lost");
    }
}

static void count_buffer(const kr_server *server, uint32_t buffer, uint8_t seen[BUFFERS_MAX])
{
    if (buffer >= server->options.connections_max + server->options.bodies_max || buffer >= BUFFERS_MAX)
        world_fail("a buffer has no such number");
    if (seen[buffer]++)
        world_fail("a buffer is in two places");
}

static void check_buffers(const kr_server *server)
{
    uint8_t seen[BUFFERS_MAX] = {0};
    for (uint32_t i = 0; i < server->small_count; i++)
        count_buffer(server, server->small[i], seen);
    for (uint32_t i = 0; i < server->large_count; i++)
        count_buffer(server, server->large[i], seen);
    for (uint32_t i = 0; i < server->late_count; i++)
        count_buffer(server, server->late[i], seen);
    for (uint32_t p = 0; p < server->options.connections_max; p++) {
        const kr__peer *peer = &server->peers[p];
        if (peer->fd >= 0 && peer->buffer != KR__NONE)
            count_buffer(server, peer->buffer, seen);
        if (peer->fd >= 0 && peer->at > peer->held)
            world_fail("a buffer has no such bytes");
    }
    for (uint32_t i = 0; i < server->options.connections_max + server->options.bodies_max; i++) {
        if (!seen[i])
            world_fail("a buffer is lost");
    }
}

static void check_places(const world *w)
{
    const kr_server *server = w->server;
    uint32_t open = 0, listed = 0, most = server->options.connections_max;
    for (uint32_t p = 0; p < most; p++)
        open += server->peers[p].fd >= 0;
    for (uint32_t i = server->peers_free; i != KR__NONE && listed <= most; i = server->peers[i].next, listed++) {
        if (server->peers[i].fd >= 0)
            world_fail("the place of an open connection is free");
    }
    uint32_t steps = 0;
    for (uint32_t i = server->ready; i != KR__NONE && steps <= most; i = server->peers[i].next, steps++) {
        if (!(server->peers[i].flags & KR__P_READY))
            world_fail("a connection is listed as ready that is not");
        listed += server->peers[i].fd < 0;
    }
    if (open + listed != most || steps > most)
        world_fail("a place for a connection is lost");
    if (server->counts.connections_open != open)
        world_fail("open connections are miscounted");
    for (uint32_t p = 0; p < most; p++) {
        const kr__peer *peer = &server->peers[p];
        if (peer->fd < 0 && server->wheel->timers[p].slot != UNSET)
            world_fail("a closed connection has a timer");
        if (peer->fd >= 0 && server->wheel->timers[p].slot == UNSET)
            world_fail("an open connection has no time limit");
        if (peer->fd >= 0 && peer->asked - peer->answered > server->options.pipeline_max + 1)
            world_fail("a connection has more requests under way than it may");
    }
}

void image_check(const world *w)
{
    check_blocks(w->server);
    check_buffers(w->server);
    check_places(w);
}

/* -- images ------------------------------------------------------------------------------------------------ */

/* The parts that are copied as they are. */
typedef struct part {
    void *at;
    size_t size;
} part;

enum { PARTS = 12 };

static void parts_of(const world *w, part parts[PARTS])
{
    kr_server *server = w->server;
    uint32_t small = server->options.connections_max, large = server->options.bodies_max;
    size_t front = offsetof(kr_server, templates), back = offsetof(kr_server, templates_count);
    int count = 0;
    parts[count++] = (part){(void *)(uintptr_t)w, sizeof *w};
    parts[count++] = (part){server, front};
    parts[count++] = (part){(uint8_t *)server + back, sizeof *server - back};
    parts[count++] = (part){server->peers, small * sizeof *server->peers};
    parts[count++] = (part){server->output.blocks, server->output.count * sizeof(kr__block)};
    parts[count++] = (part){server->small, small * sizeof(uint32_t)};
    parts[count++] = (part){server->large, large * sizeof(uint32_t)};
    parts[count++] = (part){server->late, (small + large) * sizeof(uint32_t)};
    parts[count++] = (part){server->pinned, small * sizeof(uint32_t)};
    parts[count++] = (part){&server->wheel->now, sizeof server->wheel->now};
    parts[count++] = (part){server->wheel->used, sizeof server->wheel->used};
    parts[count++] = (part){server->wheel->timers, small * sizeof(kr__timer)};
    assert(count == PARTS);
}

static uint8_t *buffer_at(const kr_server *server, uint32_t buffer)
{
    uint32_t small = server->options.connections_max;
    size_t at = KR__ARENA_BYTES + (size_t)(buffer < small ? buffer : small) * KR__BLOCK_BYTES;
    return server->memory + at + (buffer < small ? 0 : (size_t)(buffer - small) * server->large_bytes);
}

/* Calls back for the bytes that matter: those held in buffers, and those to be sent. */
typedef void visit(void *context, uint8_t *at, size_t size);

static void visit_chain(const kr__output *output, uint32_t first, visit *visit, void *context)
{
    for (uint32_t i = first; i != KR__NONE; i = output->blocks[i].next) {
        const kr__block *block = &output->blocks[i];
        visit(context, output->memory + (size_t)i * KR__BLOCK_BYTES + block->at, block->end - block->at);
    }
}

static void visit_bytes(const kr_server *server, visit *visit, void *context)
{
    for (uint32_t p = 0; p < server->options.connections_max; p++) {
        const kr__peer *peer = &server->peers[p];
        if (peer->fd < 0)
            continue;
        if (peer->buffer != KR__NONE)
            visit(context, buffer_at(server, peer->buffer) + peer->at, peer->held - peer->at);
        visit_chain(&server->output, peer->output.first, visit, context);
        for (uint32_t i = peer->waiting; i != KR__NONE; i = server->output.blocks[i].next_held)
            visit_chain(&server->output, i, visit, context);
    }
}

static void add_size(void *context, uint8_t *at, size_t size)
{
    (void)at;
    *(size_t *)context += size;
}

static void copy_out(void *context, uint8_t *at, size_t size)
{
    uint8_t **to = context;
    memcpy(*to, at, size);
    *to += size;
}

static void copy_in(void *context, uint8_t *at, size_t size)
{
    const uint8_t **from = context;
    memcpy(at, *from, size);
    *from += size;
}

size_t image_size(const world *w)
{
    part parts[PARTS];
    size_t size = 0;
    parts_of(w, parts);
    for (int i = 0; i < PARTS; i++)
        size += parts[i].size;
    visit_bytes(w->server, add_size, &size);
    return size;
}

void image_save(const world *w, uint8_t *to)
{
    part parts[PARTS];
    parts_of(w, parts);
    for (int i = 0; i < PARTS; i++)
        copy_out(&to, parts[i].at, parts[i].size);
    visit_bytes(w->server, copy_out, &to);
}

/* The ends of the wheel's lists follow from its timers. */
static void link_slots(kr_wheel *wheel, bool linked)
{
    for (uint32_t i = 0; i < wheel->capacity; i++) {
        const kr__timer *timer = &wheel->timers[i];
        if (timer->slot == UNSET)
            continue;
        kr__list *list = &wheel->slots[timer->slot];
        if (!linked)
            *list = (kr__list){NONE, NONE};
        if (linked && timer->previous == NONE)
            list->first = i;
        if (linked && timer->next == NONE)
            list->last = i;
    }
}

void image_restore(world *w, const uint8_t *from)
{
    part parts[PARTS];
    link_slots(w->server->wheel, false);
    parts_of(w, parts);
    for (int i = 0; i < PARTS; i++)
        copy_in(&from, parts[i].at, parts[i].size);
    link_slots(w->server->wheel, true);
    visit_bytes(w->server, copy_in, &from);
}

/* -- hashes ------------------------------------------------------------------------------------------------ */

static uint64_t mix(uint64_t h, uint64_t word)
{
    h = (h ^ word) * UINT64_C(0x9FB21C651E98DF25);
    return h ^ h >> 29;
}

static void mix_bytes(void *context, uint8_t *at, size_t size)
{
    uint64_t h = mix(*(uint64_t *)context, size), word;
    for (; size >= 8; at += 8, size -= 8) {
        memcpy(&word, at, 8);
        h = mix(h, word);
    }
    word = 0;
    memcpy(&word, at, size);
    *(uint64_t *)context = mix(h, word);
}

static uint64_t mix_peer(uint64_t h, const kr_server *server, const kr__peer *peer)
{
    h = mix(h, (uint64_t)(uint32_t)peer->fd << 32 | peer->generation);
    h = mix(h, peer->flags); /* READY of a closed one matters: its place is not free yet */
    if (peer->fd < 0)
        return h;
    const kr_connection *p = &peer->protocol;
    h = mix(h, (uint64_t)peer->asked << 32 | peer->answered);
    h = mix(h, mix(peer->heads, peer->olds));
    h = mix(h, (uint64_t)peer->stream << 32 | (uint32_t)peer->wait);
    h = mix(h, mix(peer->since, peer->due));
    h = mix(h, (uint64_t)p->seen << 32 | p->head_length);
    h = mix(h, mix(p->body_end, p->raw));
    h = mix(h, mix(p->body.remaining, p->body.total));
    h = mix(h, (uint64_t)p->body.state << 32 | p->body.line);
    h = mix(h, (uint64_t)p->flags << 32 | (p->body.extensions + p->body.trailers));
    mix_bytes(&h, (uint8_t *)(uintptr_t)&peer->socket, sizeof peer->socket);
    h = mix(h, peer->buffer == KR__NONE ? 0 : 1 + (peer->buffer >= server->options.connections_max));
    h = mix(h, peer->buffer == KR__NONE ? 0 : (uint64_t)peer->at << 32 | peer->held);
    /* Where a response begins and ends within what is to be sent. */
    for (uint32_t i = peer->output.first; i != KR__NONE; i = server->output.blocks[i].next)
        h = mix(h, server->output.blocks[i].end);
    for (uint32_t i = peer->waiting; i != KR__NONE; i = server->output.blocks[i].next_held)
        h = mix(h, (uint64_t)server->output.blocks[i].sequence << 32 | (server->output.blocks[i].stream + 1));
    return h;
}

static uint64_t mix_world(uint64_t h, const world *w)
{
    h = mix(h, w->now);
    h = mix(h, (uint64_t)w->accepted << 40 | (uint64_t)w->faults << 32 | (uint64_t)w->times << 24 |
                   (uint64_t)w->stops << 16 | (uint64_t)w->streams << 8 | w->asked_count);
    for (int i = 0; i < w->asked_count; i++) {
        const asked *a = &w->asked[i];
        h = mix(h, (uint64_t)a->connection << 32 | a->generation);
        h = mix(h, (uint64_t)a->sequence << 32 | (uint32_t)a->digit << 8 | a->state);
    }
    for (int i = 0; i < w->clients_count; i++) {
        const client *c = &w->clients[i];
        h = mix(h, (uint64_t)(c->at - w->scenario->scripts[i]) << 32 | (uint64_t)(c->read - w->scenario->scripts[i]));
        h = mix(h, (uint64_t)c->window << 32 | (uint64_t)c->out_length << 16 | (uint64_t)c->good << 8 | c->ready);
        h = mix(h, (uint64_t)c->connected | (uint64_t)c->ended << 1 | (uint64_t)c->reset << 2 |
                       (uint64_t)c->closed << 3 | (uint64_t)c->finished << 4 | (uint64_t)c->failed << 5 |
                       (uint64_t)c->starved << 8);
        mix_bytes(&h, (uint8_t *)(uintptr_t)c->out, c->out_length);
    }
    return h;
}

uint64_t image_hash(const world *w)
{
    const kr_server *server = w->server;
    uint64_t h = mix_world(0x9E3779B97F4A7C15u, w);
    for (uint32_t p = 0; p < server->options.connections_max; p++)
        h = mix_peer(h, server, &server->peers[p]);
    visit_bytes(server, mix_bytes, &h);
    for (uint32_t i = server->ready; i != KR__NONE; i = server->peers[i].next)
        h = mix(h, i + 1);
    h = mix(h, server->dirty ? (uint64_t)(server->dirty - server->peers) + 1 : 0);
    h = mix(h, (uint64_t)server->pinned_count << 32 | server->late_count);
    for (uint32_t i = 0; i < server->pinned_count; i++)
        h = mix(h, server->pinned[i]);
    h = mix(h, server->stop_at ^ (uint64_t)server->stopping << 63);
    h = mix(h, (uint64_t)server->grace_ms << 1 | server->stopped);
    for (uint32_t level = 0; level < LEVELS; level++) {
        for (uint64_t used = server->wheel->used[level]; used; used &= used - 1) {
            uint32_t slot = level * SLOTS + (uint32_t)__builtin_ctzll(used);
            for (uint32_t i = server->wheel->slots[slot].first; i != NONE; i = server->wheel->timers[i].next)
                h = mix(h, (uint64_t)slot << 32 | i);
        }
    }
    return mix(h, server->wheel->now);
}
