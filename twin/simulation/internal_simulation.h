/* Private to the simulation. */
#ifndef KREPIS_SIMULATION_INTERNAL_H
#define KREPIS_SIMULATION_INTERNAL_H

#include "krepis_tenants.h"
#include "server.h"
#include "simulation.h"

#define NONE UINT32_MAX
enum { MILLISECOND = 1000000, SECOND = 1000000000, RING = 64, HEAD_BYTES = 768, GRACE_S = 60 };
enum { PLACES_MAX = 1 << 20 /* for connections: those that are over stay until the server has closed them */ };
enum { LISTENER = 1 << 30, SLICE_MS = 100 /* between pieces of slow clients */ };

/* What can happen.  `about` is a stream, a worker, a connection, a request or an operation. */
enum what { ARRIVE, LOOP, TIMER, CONNECT, PIECE, ROOM, DELIVER, SHUT, HANG_UP, GIVE_UP, ASK, DONE };

typedef struct event {
    uint64_t at, number;
    uint32_t about, generation;
    uint32_t value;
    enum what what;
} event;

typedef struct request {
    uint64_t arrival, begin, segment, cost;
    uint32_t generation, stream, route, key, connection, worker;
    uint32_t peer, peer_generation, sequence; /* how the kernel calls it */
    uint32_t turn;                            /* what kr_tenants calls it */
    uint32_t step, left;                      /* operations begun, and under way */
    uint32_t next, previous_running, next_running; /* in a queue; with the same key */
    bool wanted, at_server, queued, begun, failed, retried;
} request;

typedef struct operation {
    uint64_t since;
    uint32_t request, dependency, attempts, next;
} operation;

typedef struct connection {
    uint64_t available;  /* bytes that have come to the server and were not read */
    uint64_t to_come;    /* of a slow client */
    uint64_t body_left;  /* of the response that is being read */
    uint32_t generation, stream, worker, id;
    uint32_t sent, read, answered, delivered; /* requests: sent; read by the server; responses: sent; received */
    uint32_t read_bytes;                      /* of request `read` */
    uint32_t requests[RING];
    uint32_t next, previous, next_ready;
    uint32_t window, head_length;
    uint8_t ready;
    bool watched, queued, owned, has_room, broken, ended, closed, over, in_body, pieces;
    int status;
    char head[HEAD_BYTES];
} connection;

typedef struct worker {
    sim *sim;
    kr_server *server;
    kr_tenants *tenants;
    uint64_t now, busy, timer;
    uint32_t ready_first, ready_last, accept_first, accept_last, done_first, done_last;
    bool scheduled;
    int templates[5];
    uint32_t *owners; /* connections by the kernel's number */
    uint32_t *turns;  /* requests by what kr_tenants calls them */
} worker;

typedef struct stream {
    sim_stream plan;
    uint64_t dice;
    double carry; /* how much of the integrated rate is left until the next arrival */
    uint32_t piece, room, open, first, last;
    uint64_t at;
    double weight;
} stream;

typedef struct dependency {
    uint64_t dice;
    uint32_t busy, waiting, first, last;
    sim_load load;
} dependency;

typedef struct keyset {
    uint32_t *running; /* the first request of each key whose handler runs */
    double *shares;    /* cumulative; NULL: all alike */
} keyset;

typedef struct tenant {
    uint32_t waiting, running;
} tenant;

struct sim {
    sim_plan plan;
    uint64_t now, numbers, window_ns;
    event *events;
    size_t events_count, events_max;
    request *requests;
    uint32_t requests_count, requests_free, wanted;
    operation *operations;
    uint32_t operations_count, operations_free, operations_max;
    connection *connections;
    uint32_t connections_count, connections_free;
    worker *workers;
    stream *streams;
    dependency *dependencies;
    keyset *keys;
    tenant *tenants;
    uint64_t route_dice[SIM_ROUTES_MAX], key_dice, worker_dice;
    uint32_t running[SIM_ROUTES_MAX];
    uint64_t overlaps[SIM_ROUTES_MAX][SIM_ROUTES_MAX];
    sim_figures *figures;   /* [tenant][route] */
    uint64_t **latencies;   /* the same; made when there is one */
    sim_window *windows;    /* [tenant][window] */
    uint64_t *window_latencies;
    sim_totals totals;
    uint8_t *zeros;
    bool over, too_many;
};

/* -- simulation.c ----------------------------------------------------------------------------------------- */

void sim__push(sim *self, uint64_t at, enum what what, uint32_t about, uint32_t generation, uint32_t value);

/* -- chance.c --------------------------------------------------------------------------------------------- */

/* A generator derived from the seed, different for each (kind, number). */
uint64_t sim__dice(uint64_t seed, uint32_t kind, uint32_t number);
/* From 0 to below 1, and never 0 for the second. */
double sim__uniform(uint64_t *dice);
double sim__positive(uint64_t *dice);
uint64_t sim__draw(uint64_t *dice, const sim_law *law);
/* The time of the next arrival, or UINT64_MAX. */
uint64_t sim__arrival(stream *one, const sim_piece *pieces);
uint32_t sim__key(uint64_t *dice, const keyset *keys, uint32_t count);
uint32_t sim__bucket_of(uint64_t value);

/* -- clients.c: the network and its clients --------------------------------------------------------------- */

kr__hal sim__hal(worker *w);
void sim__wake(sim *self, worker *w, uint64_t at);
void sim__arrive(sim *self, uint32_t stream);
void sim__connect(sim *self, uint32_t connection);
void sim__piece(sim *self, uint32_t connection, uint32_t bytes);
void sim__room(sim *self, uint32_t connection);
void sim__deliver(sim *self, uint32_t connection, uint32_t status);
void sim__shut(sim *self, uint32_t connection);
void sim__hang_up(sim *self, uint32_t connection);
void sim__give_up(sim *self, uint32_t request);

/* -- handlers.c: the event loops, handlers and dependencies ------------------------------------------------ */

void sim__loop(sim *self, worker *w);
void sim__ask(sim *self, uint32_t operation);
void sim__done(sim *self, uint32_t operation, bool failed);

/* -- figures.c -------------------------------------------------------------------------------------------- */

void sim__count_arrival(sim *self, const request *r);
void sim__count_begin(sim *self, const request *r);
void sim__count_end(sim *self, const request *r, uint64_t at);
void sim__count_outcome(sim *self, const request *r, int outcome, uint64_t at);
void sim__free_request(sim *self, uint32_t number);

#endif
