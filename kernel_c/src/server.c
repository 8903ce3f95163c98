/* A server: its memory, its routes, and one tick after the other. */
#include <stdlib.h>
#include <sys/mman.h>

#include "server.h"

void kr_options_default(kr_options *options)
{
    assert(options);
    *options = (kr_options){
        .limits = {.line_bytes_max = 8192, .head_bytes_max = 16384, .fields_max = 100, .body_bytes_max = 1 << 20},
        .connections_max = 10000,
        .bodies_max = 64,
        .blocks_max = 4096,
        .pipeline_max = 32,
        .routes_max = 1024,
        .idle_ms = 60000,
        .head_ms = 10000,
        .body_ms = 30000,
        .write_ms = 30000,
        .handler_ms = 30000,
        .linger_ms = 1000,
        .stream_bytes_max = UINT64_C(1) << 32,
    };
    assert(kr__limits_validate(&options->limits));
}

static bool is_options(const kr_options *options)
{
    const uint32_t times[] = {options->idle_ms,  options->head_ms,    options->body_ms,
                              options->write_ms, options->handler_ms, options->linger_ms};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        if (times[i] == 0 || times[i] > 86400000)
            return false;
    }
    return kr__limits_validate(&options->limits) && options->limits.head_bytes_max <= KR__BLOCK_BYTES &&
           options->limits.body_bytes_max <= 1 << 30 && options->connections_max >= 1 &&
           options->connections_max <= 65536 && options->bodies_max >= 1 && options->bodies_max <= 65536 &&
           options->blocks_max >= 4 && options->blocks_max <= 65536 && options->pipeline_max >= 1 &&
           options->stream_bytes_max <= UINT64_C(1) << 50 && options->pipeline_max <= 63 && options->routes_max >= 1 && options->routes_max <= 65536;
}

/* Pages that take no memory before they are touched. */
static void *map(size_t bytes)
{
    assert(bytes > 0);
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

static bool take_memory(kr_server *server)
{
    const kr_options *options = &server->options;
    uint32_t small = options->connections_max, large = options->bodies_max;
    server->large_bytes = (uint32_t)(options->limits.body_bytes_max + options->limits.head_bytes_max + 4096) & ~4095u;
    server->large_bytes += 4096;
    server->memory_bytes =
        KR__ARENA_BYTES + (size_t)small * KR__BLOCK_BYTES + (size_t)large * server->large_bytes;
    if (server->memory_bytes > INT32_MAX) /* rows hold offsets as int32 */
        return false;
    server->memory = map(server->memory_bytes);
    server->output.memory = map((size_t)options->blocks_max * KR__BLOCK_BYTES);
    server->output.blocks = calloc(options->blocks_max, sizeof *server->output.blocks);
    server->output.count = options->blocks_max;
    server->output.hal = &server->hal;
    server->wheel = kr_wheel_new(small, server->now);
    server->router = kr_router_new(16 * options->routes_max + 16, 64 * options->routes_max + KR_PATTERN_BYTES_MAX);
    server->routes = calloc(options->routes_max, sizeof *server->routes);
    server->peers = calloc(small, sizeof *server->peers);
    server->small = calloc(small, sizeof(uint32_t));
    server->large = calloc(large, sizeof(uint32_t));
    server->late = calloc(small + large, sizeof(uint32_t));
    server->rows = calloc((size_t)KR_ROWS_MAX * KR_ROW_WORDS, sizeof *server->rows);
    server->pinned = calloc(KR_ROWS_MAX, sizeof(uint32_t));
    server->fired = calloc(small, sizeof(uint32_t));
    server->notices_max = 2 * small + KR_ROWS_MAX;
    server->notices = calloc((size_t)server->notices_max * 3, sizeof *server->notices);
    return server->memory && server->output.memory && server->output.blocks && server->wheel && server->router &&
           server->routes && server->peers && server->small && server->large && server->late && server->rows &&
           server->pinned && server->fired && server->notices;
}

/* Makes the lists of what is free; the lowest numbers come first. */
static void fill(kr_server *server)
{
    const kr_options *options = &server->options;
    assert(server->peers);
    for (uint32_t i = options->connections_max; i-- > 0;) {
        server->peers[i].fd = -1;
        server->peers[i].next = server->peers_free;
        server->peers_free = i;
        server->small[server->small_count++] = i;
    }
    for (uint32_t i = options->bodies_max; i-- > 0;)
        server->large[server->large_count++] = options->connections_max + i;
    for (uint32_t i = options->blocks_max; i-- > 0;) {
        server->output.blocks[i].next = server->output.free;
        server->output.free = i;
    }
    server->peers_made = true;
    assert(server->peers_free == 0);
}

static void refresh(kr_server *server)
{
    uint64_t now = server->hal.now_ms(server->hal.self);
    int64_t seconds = server->hal.seconds(server->hal.self);
    assert(now >= server->now);
    server->now = now;
    if (seconds != server->seconds) {
        server->seconds = seconds;
        kr_date(seconds, server->date);
    }
}

kr_server *kr__server_new(const kr_options *options, kr__hal hal)
{
    kr_server *server = is_options(options) ? calloc(1, sizeof *server) : NULL;
    if (!server) {
        hal.free(hal.self);
        return NULL;
    }
    server->hal = hal;
    server->options = *options;
    server->seconds = -1;
    server->peers_free = server->ready = server->output.free = KR__NONE;
    server->fallback = -1;
    server->timeout_ms[KR__IDLE] = options->idle_ms;
    server->timeout_ms[KR__HEAD] = options->head_ms;
    server->timeout_ms[KR__BODY] = options->body_ms;
    server->timeout_ms[KR__WRITE] = options->write_ms;
    server->timeout_ms[KR__ANSWER] = options->handler_ms;
    server->timeout_ms[KR__STREAM] = KR__STREAM_MS;
    server->timeout_ms[KR__LINGER] = options->linger_ms;
    atomic_init(&server->grace_ms, KR__NONE);
    refresh(server);
    if (!take_memory(server) || !kr__templates_init(server)) {
        kr_server_free(server);
        return NULL;
    }
    fill(server);
    return server;
}

kr_server *kr_server_new(const kr_options *options)
{
    kr__hal hal;
    return kr__epoll_new(&hal) < 0 ? NULL : kr__server_new(options, hal);
}

void kr_server_free(kr_server *server)
{
    if (!server)
        return;
    for (uint32_t i = 0; server->peers_made && i < server->options.connections_max; i++) {
        if (server->peers[i].fd >= 0)
            kr__peer_drop(server, &server->peers[i]);
    }
    for (uint32_t i = 0; i < server->listeners_count; i++) {
        if (server->listeners[i] >= 0)
            server->hal.close(server->hal.self, server->listeners[i]);
    }
    kr_server_retire(server);
    for (uint32_t i = 0; i < server->routes_count; i++)
        free((void *)(uintptr_t)server->routes[i].body);
    for (uint32_t i = 0; i < server->templates_count; i++)
        free(server->templates[i].text);
    if (server->memory)
        (void)munmap(server->memory, server->memory_bytes);
    if (server->output.memory)
        (void)munmap(server->output.memory, (size_t)server->options.blocks_max * KR__BLOCK_BYTES);
    kr_wheel_free(server->wheel);
    kr_router_free(server->router);
    void *const tables[] = {server->output.blocks, server->routes, server->peers,  server->small, server->large,
                            server->late,          server->rows,   server->pinned, server->fired,  server->notices};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        free(tables[i]);
    free(server);
}

/* -- routes --------------------------------------------------------------------------------------------- */

static int add_route(kr_server *server, int method, const char *pattern, size_t length, kr__route route)
{
    if (server->routes_count == server->options.routes_max)
        return KR_EFULL;
    int number = (int)server->routes_count;
    int result = kr_router_add(server->router, method, pattern, length, number);
    if (result < 0)
        return result;
    server->routes[server->routes_count++] = route;
    return number;
}

int kr_server_handler(kr_server *server, int method, const char *pattern, size_t pattern_length)
{
    return add_route(server, method, pattern, pattern_length, (kr__route){.template_id = -1, .directory = -1});
}

int kr_server_fallback(kr_server *server)
{
    if (server->routes_count == server->options.routes_max || server->fallback >= 0)
        return KR_EFULL;
    server->fallback = (int32_t)server->routes_count;
    server->routes[server->routes_count++] = (kr__route){.template_id = -1, .directory = -1};
    return server->fallback;
}

int kr_server_static(kr_server *server, int method, const char *pattern, size_t pattern_length, int status,
                     const char *fields, size_t fields_length, const uint8_t *body, size_t body_length)
{
    if (body_length > INT32_MAX)
        return KR_EINVAL;
    int template_id = kr_server_template(server, status, fields, fields_length);
    if (template_id < 0)
        return template_id;
    uint8_t *copy = malloc(body_length + 1);
    if (!copy)
        return KR_ENOMEM;
    if (body_length)
        memcpy(copy, body, body_length);
    kr__route route = {.template_id = template_id, .directory = -1, .body_length = (uint32_t)body_length, .body = copy};
    int result = add_route(server, method, pattern, pattern_length, route);
    if (result < 0)
        free(copy);
    return result < 0 ? result : 0;
}

int kr_server_files(kr_server *server, const char *pattern, size_t pattern_length, const char *directory)
{
    bool wild = false;
    for (size_t i = 1; i < pattern_length; i++)
        wild = wild || (pattern[i] == '*' && pattern[i - 1] == '/');
    if (!wild)
        return KR_EPATTERN;
    int fd = server->hal.open_directory(server->hal.self, directory);
    if (fd < 0)
        return fd;
    kr__route route = {.template_id = -1, .directory = fd};
    int result = add_route(server, KR_GET, pattern, pattern_length, route);
    if (result < 0)
        server->hal.close(server->hal.self, fd);
    return result < 0 ? result : 0;
}

void kr_server_match(const kr_server *server, int method, const uint8_t *path, size_t length, kr_match *match)
{
    kr_router_match(server->router, method, path, length, match);
}

static kr__peer *open_peer(const kr_server *server, uint32_t connection, uint32_t generation)
{
    if (connection >= server->options.connections_max)
        return NULL;
    kr__peer *peer = &server->peers[connection];
    return peer->fd >= 0 && peer->generation == generation ? peer : NULL;
}

int kr_server_follow(kr_server *server, uint32_t connection, uint32_t generation)
{
    kr__peer *peer = open_peer(server, connection, generation);
    if (!peer)
        return KR_EGONE;
    peer->flags |= KR__P_FOLLOWED;
    return 0;
}

int kr_server_address(const kr_server *server, uint32_t connection, uint32_t generation, int own,
                      char out[KR_ADDRESS_BYTES])
{
    const kr__peer *peer = open_peer(server, connection, generation);
    return peer ? server->hal.address(server->hal.self, peer->fd, own != 0, out) : KR_EGONE;
}

/* -- listening ------------------------------------------------------------------------------------------ */

static int listen_on(kr_server *server, const char *address, int port)
{
    if (server->retired)
        return KR_EGONE;
    if (server->listeners_count == KR__LISTENERS_MAX)
        return KR_EFULL;
    int fd = -1;
    int result = server->hal.listen(server->hal.self, address, port, KR__ID_LISTENER + server->listeners_count, &fd);
    if (result >= 0)
        server->listeners[server->listeners_count++] = fd;
    assert(result < 0 || fd >= 0);
    return result;
}

int kr_server_listen(kr_server *server, const char *address, int port)
{
    return port < 0 || port > 65535 ? KR_EINVAL : listen_on(server, address, port);
}

int kr_server_listen_unix(kr_server *server, const char *path)
{
    return listen_on(server, path, -1);
}

int kr_server_adopt(kr_server *server, int fd)
{
    char text[KR_ADDRESS_BYTES];
    assert(fd >= 0);
    if (server->retired)
        return KR_EGONE;
    if (server->listeners_count == KR__LISTENERS_MAX)
        return KR_EFULL;
    int result = server->hal.watch(server->hal.self, fd, KR__ID_LISTENER + server->listeners_count, false);
    if (result < 0)
        return result;
    server->listeners[server->listeners_count++] = fd;
    return server->hal.address(server->hal.self, fd, true, text);
}

int kr_server_listener(const kr_server *server)
{
    return server->listeners_count > 0 ? server->listeners[server->listeners_count - 1] : -1;
}

int kr_server_watch(kr_server *server, int fd)
{
    return server->hal.watch(server->hal.self, fd, KR__ID_FOREIGN, false);
}

int kr_server_foreign(const kr_server *server)
{
    return server->foreign;
}

/* Whether there may be more. */
static bool accept_some(kr_server *server, int listener)
{
    for (int i = 0; i < KR__ACCEPTS_MAX && listener >= 0; i++) {
        int fd = server->hal.accept(server->hal.self, listener);
        if (fd == KR__AGAIN)
            return false;
        if (fd >= 0)
            kr__peer_open(server, fd);
        else
            kr__count(&server->counts.refused, 1);
    }
    return listener >= 0;
}

/* -- ticks ---------------------------------------------------------------------------------------------- */

static void begin_stop(kr_server *server, uint32_t grace_ms)
{
    KR__NOTE(server, server->peers, KR__N_STOP, 0);
    server->stopping = true;
    server->stop_at = server->now + grace_ms;
    bool hands_over = atomic_load(&server->hands_over);
    for (uint32_t i = 0; i < server->listeners_count; i++) {
        /* Closing would reset those that wait. */
        for (uint32_t taken = 0; hands_over && taken < server->options.connections_max; taken += KR__ACCEPTS_MAX) {
            if (!accept_some(server, server->listeners[i]))
                break;
        }
        server->hal.close(server->hal.self, server->listeners[i]);
        server->listeners[i] = -1;
    }
    for (uint32_t i = 0; i < server->options.connections_max; i++) {
        if (server->peers[i].fd >= 0)
            kr__peer_stop(server, &server->peers[i]);
    }
    assert(server->stopping);
}

static void go_on_stopping(kr_server *server)
{
    uint32_t grace_ms = atomic_load(&server->grace_ms);
    if (grace_ms != KR__NONE && !server->stopping)
        begin_stop(server, grace_ms);
    if (!server->stopping)
        return;
    for (uint32_t i = 0; server->now >= server->stop_at && i < server->options.connections_max; i++) {
        if (server->peers[i].fd >= 0) {
            kr__count(&server->counts.dropped, 1);
            kr__peer_drop(server, &server->peers[i]);
        }
    }
    if (atomic_load_explicit(&server->counts.connections_open, memory_order_relaxed) == 0)
        atomic_store(&server->stopped, true);
}

/* How long may be waited. */
static int64_t patience(const kr_server *server, int timeout_ms)
{
    if (server->ready != KR__NONE)
        return 0;
    uint64_t next = kr_wheel_next(server->wheel);
    if (server->stopping && server->stop_at < next)
        next = server->stop_at;
    uint64_t most = next == UINT64_MAX ? UINT64_MAX : next > server->now ? next - server->now : 0;
    if (timeout_ms >= 0 && (uint64_t)timeout_ms < most)
        return timeout_ms;
    return most == UINT64_MAX ? -1 : (int64_t)most;
}

static void run_timers(kr_server *server)
{
    uint32_t capacity = server->options.connections_max;
    uint32_t count = kr_wheel_advance(server->wheel, server->now, server->fired, capacity);
    assert(count <= capacity);
    for (uint32_t i = 0; i < count; i++) {
        kr__peer *peer = &server->peers[server->fired[i]];
        if (peer->fd >= 0)
            kr__peer_timer(server, peer);
    }
}

static void run_events(kr_server *server, const kr__event *events, int count)
{
    assert(count <= KR__EVENTS_MAX);
    for (int i = 0; i < count; i++) {
        uint32_t id = events[i].id;
        if (id < server->options.connections_max)
            kr__peer_event(server, &server->peers[id], events[i].ready);
        else if (id == KR__ID_FOREIGN)
            server->foreign = true;
        else if (id != KR__ID_WAKE)
            (void)accept_some(server, server->listeners[id - KR__ID_LISTENER]);
    }
}

static void run_ready(kr_server *server)
{
    uint32_t index = server->ready;
    server->ready = KR__NONE;
    while (index != KR__NONE) {
        kr__peer *peer = &server->peers[index];
        uint32_t next = peer->next;
        assert(peer->flags & KR__P_READY);
        KR__NOTE(server, peer, KR__N_TAKE, 0);
        peer->flags &= ~(uint32_t)KR__P_READY;
        if (peer->fd >= 0) {
            kr__peer_go_on(server, peer);
        } else {
            peer->next = server->peers_free;
            server->peers_free = index;
        }
        index = next;
    }
}

int kr_server_poll(kr_server *server, int timeout_ms)
{
    kr_server_end(server);
    server->foreign = false;
    refresh(server);
    go_on_stopping(server);
    if (kr_server_stopped(server))
        return 0;
    kr__event events[KR__EVENTS_MAX];
    int count = server->hal.wait(server->hal.self, patience(server, timeout_ms), events, KR__EVENTS_MAX);
    if (count < 0)
        return count;
    refresh(server);
    run_timers(server);
    run_events(server, events, count);
    run_ready(server);
    go_on_stopping(server);
    return (int)server->rows_count;
}

void kr__buffer_free(kr_server *server, uint32_t buffer)
{
    if (buffer < server->options.connections_max)
        server->small[server->small_count++] = buffer;
    else
        server->large[server->large_count++] = buffer;
    assert(server->small_count <= server->options.connections_max);
    assert(server->large_count <= server->options.bodies_max);
}

void kr_server_end(kr_server *server)
{
    if (server->dirty)
        kr__peer_flush(server, server->dirty);
    for (uint32_t i = 0; i < server->pinned_count; i++) {
        kr__peer *peer = &server->peers[server->pinned[i]];
        if (peer->fd >= 0)
            kr__peer_tidy(server, peer);
    }
    for (uint32_t i = 0; i < server->late_count; i++)
        kr__buffer_free(server, server->late[i]);
    server->pinned_count = server->late_count = server->rows_count = server->arena_used = 0;
}

int kr_server_run(kr_server *server)
{
    while (!kr_server_stopped(server)) {
        if (kr_server_poll(server, -1) < 0)
            return KR_ESYSTEM;
    }
    return 0;
}

void kr_server_stop(kr_server *server, uint32_t grace_ms)
{
    atomic_store(&server->grace_ms, grace_ms < KR__NONE ? grace_ms : KR__NONE - 1);
    if (!server->retired)
        server->hal.wake(server->hal.self);
}

void kr_server_hand_over(kr_server *server, uint32_t grace_ms)
{
    assert(server);
    atomic_store(&server->hands_over, true);
    kr_server_stop(server, grace_ms);
}

void kr_server_retire(kr_server *server)
{
    assert(server);
    for (uint32_t i = 0; !server->retired && i < server->routes_count; i++) {
        if (server->routes[i].directory >= 0)
            server->hal.close(server->hal.self, server->routes[i].directory);
    }
    if (!server->retired)
        server->hal.free(server->hal.self);
    server->retired = true;
}

int kr_server_stopped(const kr_server *server)
{
    return atomic_load(&server->stopped);
}

int kr_server_notices(kr_server *server, int32_t *out, int capacity)
{
    assert(capacity >= 0);
    uint32_t count = server->notices_count < (uint32_t)capacity ? server->notices_count : (uint32_t)capacity;
    memcpy(out, server->notices, count * 3 * sizeof *out);
    server->notices_count -= count;
    memmove(server->notices, server->notices + (size_t)count * 3, server->notices_count * 3 * sizeof *out);
    return (int)count;
}

const int32_t *kr_server_rows(const kr_server *server)
{
    return server->rows;
}

uint8_t *kr_server_memory(const kr_server *server, size_t *size)
{
    *size = server->memory_bytes;
    return server->memory;
}
