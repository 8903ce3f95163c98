/* What is counted. */
#include <stdlib.h>

#include "internal_simulation.h"

static uint32_t tenant_of(const sim *self, const request *r)
{
    return self->streams[r->stream].plan.tenant;
}

static sim_figures *figures_of(sim *self, const request *r)
{
    return &self->figures[tenant_of(self, r) * self->plan.routes_count + r->route];
}

/* The window of a time, or NULL after the end. */
static sim_window *window_at(sim *self, uint32_t tenant, uint64_t at)
{
    uint64_t window = at / self->window_ns;
    return window < self->plan.windows ? &self->windows[(uint64_t)tenant * self->plan.windows + window] : NULL;
}

/* Adds an interval to the mean number of what lasts from `from` to `until`. */
static void add(sim *self, uint32_t tenant, bool running, uint64_t from, uint64_t until)
{
    while (from < until) {
        sim_window *window = window_at(self, tenant, from);
        if (!window)
            return;
        uint64_t end = (from / self->window_ns + 1) * self->window_ns, part = (until < end ? until : end) - from;
        *(running ? &window->running : &window->waiting) += (double)part / (double)self->window_ns;
        from += part;
    }
}

void sim__count_arrival(sim *self, const request *r)
{
    uint32_t number = tenant_of(self, r);
    tenant *one = &self->tenants[number];
    sim_window *window = window_at(self, number, r->arrival);
    one->waiting++;
    self->totals.arrived++;
    if (window) {
        window->arrived++;
        if (one->waiting > window->waiting_max)
            window->waiting_max = one->waiting;
    }
}

void sim__count_begin(sim *self, const request *r)
{
    uint32_t number = tenant_of(self, r);
    tenant *one = &self->tenants[number];
    sim_window *window = window_at(self, number, r->begin);
    sim_figures *figures = figures_of(self, r);
    assert(r->begin >= r->arrival);
    if (r->wanted) {
        one->waiting--;
        add(self, number, false, r->arrival, r->begin);
    }
    one->running++;
    if (window && one->running > window->running_max)
        window->running_max = one->running;
    figures->begun++;
    figures->waited_sum += (double)(r->begin - r->arrival);
}

void sim__count_end(sim *self, const request *r, uint64_t at)
{
    uint32_t number = tenant_of(self, r);
    assert(self->tenants[number].running > 0);
    self->tenants[number].running--;
    add(self, number, true, r->begin, at);
}

static void add_latency(sim *self, const request *r, uint64_t at)
{
    uint64_t latency = at - r->arrival, window = at / self->window_ns;
    uint32_t bucket = sim__bucket_of(latency), at_figures = (uint32_t)(figures_of(self, r) - self->figures);
    sim_figures *figures = figures_of(self, r);
    figures->latency_sum += (double)latency;
    if (latency > figures->latency_max)
        figures->latency_max = latency;
    uint64_t **buckets = &self->latencies[at_figures];
    if (!*buckets)
        *buckets = calloc(SIM_BUCKETS, sizeof **buckets);
    if (*buckets)
        (*buckets)[bucket]++;
    if (window < self->plan.windows)
        self->window_latencies[window * SIM_BUCKETS + bucket]++;
}

void sim__count_outcome(sim *self, const request *r, int outcome, uint64_t at)
{
    uint32_t number = tenant_of(self, r);
    sim_window *window = window_at(self, number, at);
    assert(r->wanted);
    figures_of(self, r)->outcomes[outcome]++;
    if (window)
        window->outcomes[outcome]++;
    if (!r->begun) {
        self->tenants[number].waiting--;
        add(self, number, false, r->arrival, at);
    }
    if (outcome == SIM_ANSWERED)
        add_latency(self, r, at);
    self->totals.ended++;
}

void sim__free_request(sim *self, uint32_t number)
{
    request *r = &self->requests[number];
    if (r->wanted || r->at_server || r->queued)
        return;
    r->generation++;
    r->next = self->requests_free;
    self->requests_free = number;
}

void sim_read_totals(const sim *self, sim_totals *out)
{
    *out = self->totals;
    uint64_t end = self->plan.duration > self->now ? self->now : self->plan.duration;
    for (uint32_t i = 0; i < self->plan.workers; i++) {
        out->busy += (double)self->workers[i].busy / ((double)(end ? end : 1) * self->plan.workers);
        kr_metrics metrics;
        kr_server_metrics(self->workers[i].server, &metrics);
        out->kernel_requests += metrics.requests;
    }
}

void sim_read_figures(const sim *self, uint32_t tenant, uint32_t route, sim_figures *out)
{
    *out = self->figures[tenant * self->plan.routes_count + route];
}

void sim_read_latencies(const sim *self, uint32_t tenant, uint32_t route, uint64_t *out)
{
    const uint64_t *buckets = self->latencies[tenant * self->plan.routes_count + route];
    for (uint32_t i = 0; i < SIM_BUCKETS; i++)
        out[i] = buckets ? buckets[i] : 0;
}

void sim_read_window_latencies(const sim *self, uint32_t window, uint64_t *out)
{
    memcpy(out, self->window_latencies + (uint64_t)window * SIM_BUCKETS, SIM_BUCKETS * sizeof *out);
}

void sim_read_window(const sim *self, uint32_t tenant, uint32_t window, sim_window *out)
{
    *out = self->windows[(uint64_t)tenant * self->plan.windows + window];
}

void sim_read_load(const sim *self, uint32_t number, sim_load *out)
{
    *out = self->dependencies[number].load;
    out->busy /= (double)self->plan.duration;
    out->waiting /= (double)self->plan.duration;
}

uint64_t sim_overlaps(const sim *self, uint32_t route, uint32_t other)
{
    return self->overlaps[route][other];
}
