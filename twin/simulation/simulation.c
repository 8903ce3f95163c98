/* The simulation: its memory and its list of events. */
#include <math.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "internal_simulation.h"

enum { OPERATIONS_MAX = 1 << 23, REQUESTS_MAX = 1 << 24 /* of kr_tenants_new() */ };

/* -- events ---------------------------------------------------------------------------------------------- */

static bool before(const event *a, const event *b)
{
    return a->at != b->at ? a->at < b->at : a->number < b->number;
}

void sim__push(sim *self, uint64_t at, enum what what, uint32_t about, uint32_t generation, uint32_t value)
{
    if (self->events_count == self->events_max) {
        size_t more = self->events_max ? 2 * self->events_max : 4096;
        event *events = realloc(self->events, more * sizeof *events);
        if (!events) {
            self->too_many = true;
            return;
        }
        self->events = events;
        self->events_max = more;
    }
    event one = {at, self->numbers++, about, generation, value, what};
    size_t i = self->events_count++;
    for (; i > 0 && before(&one, &self->events[(i - 1) / 4]); i = (i - 1) / 4)
        self->events[i] = self->events[(i - 1) / 4];
    self->events[i] = one;
}

static event pop(sim *self)
{
    assert(self->events_count > 0);
    event first = self->events[0], last = self->events[--self->events_count];
    size_t i = 0, count = self->events_count;
    for (;;) {
        size_t least = 4 * i + 1;
        if (least >= count)
            break;
        for (size_t child = least + 1; child < 4 * i + 5 && child < count; child++)
            least = before(&self->events[child], &self->events[least]) ? child : least;
        if (!before(&self->events[least], &last))
            break;
        self->events[i] = self->events[least];
        i = least;
    }
    if (count > 0)
        self->events[i] = last;
    return first;
}

static void happen(sim *self, const event *e)
{
    bool of_connection = e->what >= CONNECT && e->what <= HANG_UP;
    if (of_connection && self->connections[e->about].generation != e->generation)
        return;
    worker *w = &self->workers[e->what == LOOP || e->what == TIMER ? e->about : 0];
    switch (e->what) {
    case ARRIVE:
        sim__arrive(self, e->about);
        break;
    case LOOP:
        sim__loop(self, w);
        break;
    case TIMER:
        w->timer = w->timer == e->at ? UINT64_MAX : w->timer;
        sim__wake(self, w, self->now);
        break;
    case CONNECT:
        sim__connect(self, e->about);
        break;
    case PIECE:
        sim__piece(self, e->about, e->value);
        break;
    case ROOM:
        sim__room(self, e->about);
        break;
    case DELIVER:
        sim__deliver(self, e->about, e->value);
        break;
    case SHUT:
        sim__shut(self, e->about);
        break;
    case HANG_UP:
        sim__hang_up(self, e->about);
        break;
    case GIVE_UP:
        if (self->requests[e->about].generation == e->generation)
            sim__give_up(self, e->about);
        break;
    case ASK:
        sim__ask(self, e->about);
        break;
    case DONE:
        sim__done(self, e->about, e->value != 0);
        break;
    }
}

/* -- memory ---------------------------------------------------------------------------------------------- */

/* Pages that take no memory before they are touched. */
static void *map(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

static void *copy(const void *from, size_t count, size_t size)
{
    void *to = malloc(count * size + 1);
    if (to && count)
        memcpy(to, from, count * size);
    return to;
}

static bool take_memory(sim *self)
{
    const sim_plan *p = &self->plan;
    size_t pairs = (size_t)p->tenants_count * p->routes_count;
    self->requests = map(sizeof *self->requests * SIM_OPEN_MAX);
    self->operations = map(sizeof *self->operations * OPERATIONS_MAX);
    self->operations_max = OPERATIONS_MAX;
    self->connections = map(sizeof *self->connections * PLACES_MAX);
    self->workers = calloc(p->workers, sizeof *self->workers);
    self->streams = calloc(p->streams_count, sizeof *self->streams);
    self->dependencies = calloc(p->dependencies_count + 1, sizeof *self->dependencies);
    self->keys = calloc(p->keys_count + 1, sizeof *self->keys);
    self->tenants = calloc(p->tenants_count, sizeof *self->tenants);
    self->figures = calloc(pairs, sizeof *self->figures);
    self->latencies = calloc(pairs, sizeof *self->latencies);
    self->windows = calloc((size_t)p->tenants_count * p->windows, sizeof *self->windows);
    self->window_latencies = calloc((size_t)p->windows * SIM_BUCKETS, sizeof *self->window_latencies);
    self->zeros = calloc(SIM_RESPONSE_BYTES_MAX, 1);
    return self->requests && self->operations && self->connections && self->workers && self->streams &&
           self->dependencies && self->keys && self->tenants && self->figures && self->latencies && self->windows &&
           self->window_latencies && self->zeros;
}

void sim_free(sim *self)
{
    if (!self)
        return;
    for (uint32_t i = 0; self->workers && i < self->plan.workers; i++) {
        if (self->workers[i].server)
            kr_server_free(self->workers[i].server);
        kr_tenants_free(self->workers[i].tenants);
        free(self->workers[i].owners);
        free(self->workers[i].turns);
    }
    for (uint32_t i = 0; self->keys && i < self->plan.keys_count; i++) {
        free(self->keys[i].running);
        free(self->keys[i].shares);
    }
    for (size_t i = 0; self->latencies && i < (size_t)self->plan.tenants_count * self->plan.routes_count; i++)
        free(self->latencies[i]);
    if (self->requests)
        (void)munmap(self->requests, sizeof *self->requests * SIM_OPEN_MAX);
    if (self->operations)
        (void)munmap(self->operations, sizeof *self->operations * OPERATIONS_MAX);
    if (self->connections)
        (void)munmap(self->connections, sizeof *self->connections * PLACES_MAX);
    const void *const tables[] = {self->workers, self->streams, self->dependencies, self->keys, self->tenants,
                                  self->figures, self->latencies, self->windows, self->window_latencies, self->zeros,
                                  self->events, self->plan.dependencies, self->plan.outages, self->plan.routes,
                                  self->plan.steps, self->plan.keys, self->plan.tenants, self->plan.streams,
                                  self->plan.pieces, self->plan.mixes};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        free((void *)(uintptr_t)tables[i]);
    free(self);
}

/* -- set-up ---------------------------------------------------------------------------------------------- */

static bool make_keys(keyset *keys, const sim_keys *plan)
{
    keys->running = malloc(plan->count * sizeof *keys->running);
    keys->shares = plan->skew > 0 ? malloc(plan->count * sizeof *keys->shares) : NULL;
    if (!keys->running || (plan->skew > 0 && !keys->shares))
        return false;
    double sum = 0;
    for (uint32_t i = 0; i < plan->count; i++) {
        keys->running[i] = NONE;
        if (keys->shares)
            keys->shares[i] = sum += pow(i + 1, -plan->skew);
    }
    for (uint32_t i = 0; keys->shares && i < plan->count; i++)
        keys->shares[i] /= sum;
    return true;
}

static int method_of(const char *name)
{
    static const char *const names[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
    static const int numbers[] = {KR_GET, KR_POST, KR_PUT, KR_PATCH, KR_DELETE};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i], name) == 0)
            return numbers[i];
    }
    return -1;
}

static int make_worker(sim *self, worker *w)
{
    static const int statuses[] = {200, 500, 429, 503};
    const sim_plan *p = &self->plan;
    w->sim = self;
    w->timer = UINT64_MAX;
    w->ready_first = w->ready_last = w->accept_first = w->accept_last = w->done_first = w->done_last = NONE;
    kr_options options;
    kr_options_default(&options);
    options.connections_max = p->connections_max;
    options.handler_ms = p->handler_ms;
    options.idle_ms = p->idle_ms;
    options.pipeline_max = 63;
    options.bodies_max = 512;
    options.routes_max = p->routes_count;
    w->server = kr__server_new(&options, sim__hal(w));
    uint64_t requests = 0; /* room for all that tenants may have, as sdk/tenants.ts makes it */
    for (uint32_t i = 0; i < p->tenants_count; i++)
        requests += (uint64_t)p->tenants[i].running_max + p->tenants[i].queued_max;
    if (requests > REQUESTS_MAX)
        return SIM_EINVAL;
    w->tenants = kr_tenants_new(p->tenants_count, (uint32_t)requests, p->running_max);
    w->owners = calloc(p->connections_max, sizeof *w->owners);
    w->turns = calloc(requests, sizeof *w->turns);
    if (!w->server || !w->tenants || !w->owners || !w->turns || kr_server_listen(w->server, "", 0) < 0)
        return SIM_ESERVER;
    for (uint32_t i = 0; i < p->routes_count; i++) {
        const sim_route *r = &p->routes[i];
        if (kr_server_handler(w->server, method_of(r->method), r->pattern, strlen(r->pattern)) != (int)i)
            return SIM_EINVAL;
    }
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        w->templates[i] = kr_server_template(w->server, statuses[i], NULL, 0);
    for (uint32_t i = 0; i < p->tenants_count; i++) {
        const sim_tenant *t = &p->tenants[i];
        kr_tenant_limits limits = {t->weight, t->connections_max, t->running_max, t->queued_max, t->rate_per_second,
                                   t->burst};
        if (kr_tenants_add(w->tenants, &limits) != (int)i ||
            kr_tenants_rule(w->tenants, i, KR_TENANT_HOST, t->host, strlen(t->host)) < 0)
            return SIM_EINVAL;
    }
    return 0;
}

static bool is_plan(const sim_plan *p)
{
    if (p->duration == 0 || p->duration > (uint64_t)SECOND * 86400 * 366 || p->workers == 0 ||
        p->workers > SIM_WORKERS_MAX || p->windows == 0 || p->windows > 10000 || p->routes_count == 0 ||
        p->routes_count > SIM_ROUTES_MAX || p->tenants_count == 0 || p->tenants_count > SIM_TENANTS_MAX ||
        p->streams_count == 0 || p->streams_count > SIM_STREAMS_MAX)
        return false;
    uint64_t connections = 0;
    for (uint32_t i = 0; i < p->streams_count; i++) {
        const sim_stream *one = &p->streams[i];
        connections += one->connections_max;
        if (one->tenant >= p->tenants_count || one->pipeline_max == 0 || one->pipeline_max >= RING ||
            one->mix_count == 0 || one->connections_max == 0)
            return false;
    }
    for (uint32_t i = 0; i < p->keys_count; i++) {
        if (p->keys[i].count == 0 || p->keys[i].count > SIM_KEYS_MAX)
            return false;
    }
    for (uint32_t i = 0; i < p->routes_count; i++) {
        const sim_route *r = &p->routes[i];
        if (method_of(r->method) < 0 || r->steps_count > SIM_STEPS_MAX || r->keys >= (int32_t)p->keys_count ||
            r->response_bytes > SIM_RESPONSE_BYTES_MAX || r->request_bytes > 1 << 20 ||
            strlen(r->pattern) > SIM_PATH_BYTES_MAX)
            return false;
    }
    return connections <= SIM_CONNECTIONS_MAX;
}

/* Texts stay the caller's, tables are copied. */
static bool copy_plan(sim_plan *to, const sim_plan *p)
{
    uint32_t steps = 0, pieces = 0, mixes = 0;
    for (uint32_t i = 0; i < p->routes_count; i++)
        steps += p->routes[i].steps_count;
    for (uint32_t i = 0; i < p->streams_count; i++) {
        pieces += p->streams[i].pieces_count;
        mixes += p->streams[i].mix_count;
    }
    *to = *p;
    to->dependencies = copy(p->dependencies, p->dependencies_count, sizeof *p->dependencies);
    to->outages = copy(p->outages, p->outages_count, sizeof *p->outages);
    to->routes = copy(p->routes, p->routes_count, sizeof *p->routes);
    to->steps = copy(p->steps, steps, sizeof *p->steps);
    to->keys = copy(p->keys, p->keys_count, sizeof *p->keys);
    to->tenants = copy(p->tenants, p->tenants_count, sizeof *p->tenants);
    to->streams = copy(p->streams, p->streams_count, sizeof *p->streams);
    to->pieces = copy(p->pieces, pieces, sizeof *p->pieces);
    to->mixes = copy(p->mixes, mixes, sizeof *p->mixes);
    return to->dependencies && to->outages && to->routes && to->steps && to->keys && to->tenants && to->streams &&
           to->pieces && to->mixes;
}

static int set_up(sim *self)
{
    const sim_plan *p = &self->plan;
    self->requests_free = self->operations_free = self->connections_free = NONE;
    self->window_ns = (p->duration + p->windows - 1) / p->windows;
    self->key_dice = sim__dice(p->seed, 1, 0);
    self->worker_dice = sim__dice(p->seed, 2, 0);
    for (uint32_t i = 0; i < p->keys_count; i++) {
        if (!make_keys(&self->keys[i], &p->keys[i]))
            return SIM_ENOMEM;
    }
    for (uint32_t i = 0; i < p->routes_count; i++)
        self->route_dice[i] = sim__dice(p->seed, 3, i);
    for (uint32_t i = 0; i < p->dependencies_count; i++)
        self->dependencies[i] = (dependency){.dice = sim__dice(p->seed, 4, i), .first = NONE, .last = NONE};
    for (uint32_t i = 0; i < p->workers; i++) {
        int result = make_worker(self, &self->workers[i]);
        if (result < 0)
            return result;
    }
    for (uint32_t i = 0; i < p->streams_count; i++) {
        stream *one = &self->streams[i];
        *one = (stream){.plan = p->streams[i], .dice = sim__dice(p->seed, 5, i), .room = NONE, .first = NONE,
                        .last = NONE};
        for (uint32_t j = 0; j < one->plan.mix_count; j++)
            one->weight += p->mixes[one->plan.mix_first + j].weight;
        uint64_t first = sim__arrival(one, p->pieces);
        if (first < p->duration)
            sim__push(self, first, ARRIVE, i, 0, 0);
    }
    return 0;
}

sim *sim_new(const sim_plan *plan, int *error)
{
    *error = SIM_EINVAL;
    if (!is_plan(plan))
        return NULL;
    sim *self = calloc(1, sizeof *self);
    *error = SIM_ENOMEM;
    if (!self)
        return NULL;
    if (copy_plan(&self->plan, plan) && take_memory(self))
        *error = set_up(self);
    if (*error < 0) {
        sim_free(self);
        return NULL;
    }
    return self;
}

/* What is not over is counted as such. */
static void close_books(sim *self)
{
    for (uint32_t i = 0; i < self->requests_count; i++) {
        request *r = &self->requests[i];
        if (r->wanted)
            sim__count_outcome(self, r, SIM_OPEN, self->now);
        if (r->wanted || r->at_server) {
            if (r->begun && r->at_server)
                sim__count_end(self, r, self->now);
            r->wanted = r->at_server = false;
        }
    }
    self->wanted = 0;
    self->over = true;
}

int sim_run(sim *self, uint64_t until)
{
    uint64_t end = self->plan.duration + (uint64_t)GRACE_S * SECOND;
    while (!self->over) {
        bool idle = self->events_count == 0 || (self->now >= self->plan.duration && self->wanted == 0);
        if (idle || self->events[0].at >= end) {
            close_books(self);
            break;
        }
        if (self->events[0].at >= until)
            return 0;
        event e = pop(self);
        assert(e.at >= self->now);
        self->now = e.at;
        self->totals.events++;
        happen(self, &e);
        if (self->too_many)
            return SIM_EOPEN;
    }
    return 1;
}
