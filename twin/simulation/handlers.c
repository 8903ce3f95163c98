/* The event loops of the workers, the handlers that run on them, and what handlers wait for.
 *
 * A turn of the loop is that of `kernel_c/node/binding.c`: what was waited for goes on, then the kernel is polled and
 * the handlers of all requests that came run one after the other; their answers leave when the turn ends.  Whose request
 * is let in and whose turn is next is asked as `sdk/tenants.ts` does: a turn costs what a handler takes up to the first
 * operation that it awaits. */
#include "internal_simulation.h"

enum { OK, FAILED, LIMITED, REFUSED }; /* templates */

/* -- keys ------------------------------------------------------------------------------------------------ */

static void link_running(sim *self, uint32_t number)
{
    request *r = &self->requests[number];
    int32_t keys = self->plan.routes[r->route].keys;
    bool seen[SIM_ROUTES_MAX] = {false};
    uint32_t *first = keys < 0 ? NULL : &self->keys[keys].running[r->key];
    for (uint32_t i = first ? *first : NONE; i != NONE; i = self->requests[i].next_running)
        seen[self->requests[i].route] = true;
    for (uint32_t other = 0; other < self->plan.routes_count; other++) {
        bool same = keys >= 0 && self->plan.routes[other].keys == keys;
        self->overlaps[r->route][other] += same ? seen[other] : self->running[other] > 0;
    }
    self->running[r->route]++;
    if (!first)
        return;
    r->next_running = *first;
    if (*first != NONE)
        self->requests[*first].previous_running = number;
    *first = number;
}

static void unlink_running(sim *self, uint32_t number)
{
    request *r = &self->requests[number];
    int32_t keys = self->plan.routes[r->route].keys;
    assert(self->running[r->route] > 0);
    self->running[r->route]--;
    if (keys < 0)
        return;
    uint32_t *from = r->previous_running == NONE ? &self->keys[keys].running[r->key]
                                                 : &self->requests[r->previous_running].next_running;
    *from = r->next_running;
    if (r->next_running != NONE)
        self->requests[r->next_running].previous_running = r->previous_running;
}

/* -- handlers -------------------------------------------------------------------------------------------- */

static void answer(sim *self, worker *w, const request *r, int which)
{
    static const char *const reasons[] = {"", "Internal Server Error", "Too Many Requests", "Service Unavailable"};
    size_t length = which == OK ? self->plan.routes[r->route].response_bytes : strlen(reasons[which]);
    const uint8_t *body = which == OK ? self->zeros : (const uint8_t *)reasons[which];
    (void)kr_server_answer(w->server, r->peer, r->peer_generation, r->sequence, w->templates[which], NULL, 0, body,
                           length); /* who is gone gets none */
}

static void finish(sim *self, worker *w, uint32_t number, int which)
{
    request *r = &self->requests[number];
    answer(self, w, r, which);
    unlink_running(self, number);
    sim__count_end(self, r, w->now);
    kr_tenants_end(w->tenants, r->turn, r->cost / 1000);
    r->at_server = false;
    sim__free_request(self, number);
}

static void spend(sim *self, worker *w, request *r, uint64_t time)
{
    uint32_t at = self->streams[r->stream].plan.tenant * self->plan.routes_count + r->route;
    w->now += time;
    if (w->now <= self->plan.duration)
        w->busy += time;
    self->figures[at].cpu += time;
}

/* Runs a handler up to its next operation, or to its end.  False when it has ended. */
static bool go_on(sim *self, worker *w, uint32_t number)
{
    request *r = &self->requests[number];
    const sim_route *route = &self->plan.routes[r->route];
    if (r->failed) {
        finish(self, w, number, FAILED);
        return false;
    }
    spend(self, w, r, r->segment);
    if (r->step == 0)
        r->cost = r->segment;
    if (r->step == route->steps_count) {
        finish(self, w, number, OK);
        return false;
    }
    for (bool more = true; more; r->step++) {
        const sim_step *step = &self->plan.steps[route->steps_first + r->step];
        uint32_t op = self->operations_free;
        if (op != NONE)
            self->operations_free = self->operations[op].next;
        else
            op = self->operations_count++;
        if (op >= self->operations_max) {
            self->operations_count = self->operations_max;
            self->too_many = true;
            return true;
        }
        self->operations[op] = (operation){.since = w->now, .request = number, .dependency = step->dependency};
        r->left++;
        more = step->with_next;
        sim__push(self, w->now, ASK, op, 0, 0);
    }
    return true;
}

static void begin(sim *self, worker *w, uint32_t number)
{
    request *r = &self->requests[number];
    const sim_route *route = &self->plan.routes[r->route];
    uint32_t parts = 1;
    for (uint32_t i = 0; i < route->steps_count; i++)
        parts += !self->plan.steps[route->steps_first + i].with_next;
    r->segment = sim__draw(&self->route_dice[r->route], &route->cpu) / parts;
    r->begin = w->now;
    sim__count_begin(self, r);
    r->begun = true;
    link_running(self, number);
    (void)go_on(self, w, number);
}

/* Those whose turn it is begin. */
static void take_turns(sim *self, worker *w)
{
    for (int turn = kr_tenants_take(w->tenants); turn >= 0; turn = kr_tenants_take(w->tenants))
        begin(self, w, w->turns[turn]);
}

static void refuse(sim *self, worker *w, uint32_t number, int which)
{
    request *r = &self->requests[number];
    answer(self, w, r, which);
    r->at_server = false;
    sim__free_request(self, number);
}

/* A request that the kernel hands over. */
static void take_row(sim *self, worker *w, const int32_t *row)
{
    uint32_t place = w->owners[row[KR_ROW_CONNECTION]], sequence = (uint32_t)row[KR_ROW_SEQUENCE];
    connection *c = &self->connections[place];
    uint32_t number = c->requests[sequence % RING];
    request *r = &self->requests[number];
    if (c->over)
        return; /* its client is gone, and the kernel will know */
    size_t size;
    const char *host = self->plan.tenants[self->streams[r->stream].plan.tenant].host;
    const char *path = (const char *)kr_server_memory(w->server, &size) + row[KR_ROW_BASE] + row[KR_ROW_PATH];
    r->at_server = true;
    r->worker = (uint32_t)(w - self->workers);
    r->peer = (uint32_t)row[KR_ROW_CONNECTION];
    r->peer_generation = (uint32_t)row[KR_ROW_GENERATION];
    r->sequence = sequence;
    assert(row[KR_ROW_ROUTE] == (int32_t)r->route);
    spend(self, w, r, self->plan.request_cost);
    int found = kr_tenants_find(w->tenants, host, strlen(host), path, (size_t)row[KR_ROW_PATH_LENGTH], NULL, 0);
    assert(found == (int)self->streams[r->stream].plan.tenant);
    if (self->plan.tenants[found].connections_max != NONE && !c->owned) {
        if (kr_tenants_open(w->tenants, (uint32_t)found) != 0) {
            refuse(self, w, number, REFUSED);
            return;
        }
        c->owned = true;
    }
    uint64_t retry;
    int turn = kr_tenants_offer(w->tenants, (uint32_t)found, w->now / MILLISECOND, &retry);
    if (turn < 0) {
        refuse(self, w, number, turn == -429 ? LIMITED : REFUSED);
        return;
    }
    r->turn = (uint32_t)turn;
    w->turns[turn] = number;
    take_turns(self, w);
}

/* -- loops ----------------------------------------------------------------------------------------------- */

void sim__loop(sim *self, worker *w)
{
    int32_t notices[3 * 64];
    w->scheduled = false;
    w->now = self->now > w->now ? self->now : w->now;
    self->totals.ticks++;
    uint32_t number = w->done_first;
    w->done_first = w->done_last = NONE;
    while (number != NONE) {
        uint32_t next = self->requests[number].next;
        if (!go_on(self, w, number))
            take_turns(self, w);
        number = next;
    }
    int rows = kr_server_poll(w->server, 0);
    for (int i = 0; i < rows; i++)
        take_row(self, w, kr_server_rows(w->server) + (size_t)i * KR_ROW_WORDS);
    kr_server_end(w->server);
    while (kr_server_notices(w->server, notices, 64) == 64)
        ;
    uint64_t timer = kr_wheel_next(w->server->wheel);
    if (w->server->ready != KR__NONE || w->ready_first != NONE || w->accept_first != NONE || w->done_first != NONE) {
        sim__wake(self, w, w->now);
    } else if (timer < UINT64_MAX / MILLISECOND && timer * MILLISECOND < w->timer) {
        w->timer = timer * MILLISECOND;
        sim__push(self, w->timer > w->now ? w->timer : w->now, TIMER, (uint32_t)(w - self->workers), 0, 0);
    }
}

/* -- dependencies ---------------------------------------------------------------------------------------- */

static double within(const sim *self, uint64_t from, uint64_t until)
{
    uint64_t end = self->plan.duration;
    return (double)((until < end ? until : end) - (from < end ? from : end));
}

static void serve(sim *self, uint32_t number)
{
    operation *op = &self->operations[number];
    dependency *d = &self->dependencies[op->dependency];
    const sim_dependency *plan = &self->plan.dependencies[op->dependency];
    double failures = plan->failures, slower = 1;
    for (uint32_t i = 0; i < self->plan.outages_count; i++) {
        const sim_outage *o = &self->plan.outages[i];
        if (o->dependency != op->dependency || self->now < o->from || self->now >= o->until)
            continue;
        failures = o->failures;
        slower = o->slower;
    }
    double latency = (double)sim__draw(&d->dice, &plan->latency) * slower;
    bool fails = sim__uniform(&d->dice) < failures;
    if (plan->timeout && latency > (double)plan->timeout) {
        latency = (double)plan->timeout;
        fails = true;
    }
    d->busy++;
    d->load.waiting += within(self, op->since, self->now);
    op->since = self->now;
    sim__push(self, self->now + (uint64_t)latency, DONE, number, 0, fails);
}

void sim__ask(sim *self, uint32_t number)
{
    operation *op = &self->operations[number];
    dependency *d = &self->dependencies[op->dependency];
    d->load.operations++;
    op->since = self->now;
    op->next = NONE;
    if (d->busy < self->plan.dependencies[op->dependency].at_once_max) {
        serve(self, number);
        return;
    }
    *(d->last == NONE ? &d->first : &self->operations[d->last].next) = number;
    d->last = number;
    d->waiting++;
    if (d->waiting > d->load.waiting_max)
        d->load.waiting_max = d->waiting;
}

void sim__done(sim *self, uint32_t number, bool failed)
{
    operation *op = &self->operations[number];
    dependency *d = &self->dependencies[op->dependency];
    assert(d->busy > 0);
    d->busy--;
    d->load.busy += within(self, op->since, self->now);
    d->load.failures += failed;
    if (d->first != NONE) {
        uint32_t next = d->first;
        d->first = self->operations[next].next;
        if (d->first == NONE)
            d->last = NONE;
        d->waiting--;
        serve(self, next);
    }
    if (failed && op->attempts < self->plan.dependencies[op->dependency].retries) {
        op->attempts++;
        sim__ask(self, number);
        return;
    }
    request *r = &self->requests[op->request];
    uint32_t waiter = op->request;
    op->next = self->operations_free;
    self->operations_free = number;
    r->failed = r->failed || failed;
    if (--r->left > 0)
        return;
    worker *w = &self->workers[r->worker];
    r->next = NONE;
    *(w->done_last == NONE ? &w->done_first : &self->requests[w->done_last].next) = waiter;
    w->done_last = waiter;
    sim__wake(self, w, self->now);
}
