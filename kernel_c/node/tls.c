/* A HAL over another one: bytes are TLS below and plain above, so that the server's state machine does not know of it.
 *
 * OpenSSL works on the HAL below through a BIO of our own, so it makes no system call.  A handshake is done while the
 * server reads: until its end there is nothing to read.  What the server has to hear of besides what the HAL below
 * tells it (a handshake that took too long, the end of the client's data behind its last bytes, a long body that can go on)
 * is an event that wait() adds.
 *
 * Deliberately absent: renegotiation, early data (it can be replayed), compression, client certificates, TLS 1.1. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "server.h"
#include "tls.h"

enum {
    RECORD_BYTES = 16384,    /* RFC 8446 section 5.1 */
    SEND_BYTES_MAX = 1 << 20 /* of one connection before others have their turn */
};

typedef struct tls tls;

/* A connection, by its descriptor.  `ssl` is NULL where there is none. */
typedef struct tls_peer {
    SSL *ssl;
    tls *owner;
    int fd, older, newer; /* neighbours among the handshakes under way, or -1 */
    int nudged;           /* the next descriptor that has an event to be told of, or -1 */
    uint32_t id, nudge;   /* of its events; what is ready, of the one to be told of */
    uint64_t due;         /* the end of the handshake's time */
    bool shaken, broken, ended, reading_waits, finishing;
} tls_peer;

struct tls {
    kr__hal below;
    SSL_CTX *context;
    BIO_METHOD *method;
    tls_peer *peers;
    int by_id[65536]; /* descriptors of connections */
    int oldest, newest, nudged;
    uint32_t handshakes, handshake_ms;
    kr_tls_counts *counts;
};

static tls_peer *peer_of(tls *self, int fd)
{
    assert(self && fd >= 0);
    tls_peer *peer = fd < KR_TLS_DESCRIPTORS_MAX ? &self->peers[fd] : NULL;
    assert(!peer || !peer->ssl || peer->fd == fd);
    return peer && peer->ssl ? peer : NULL;
}

/* -- the HAL below, as OpenSSL sees it ---------------------------------------------------------------------- */

static int bio_read(BIO *bio, char *data, int length)
{
    tls_peer *peer = BIO_get_data(bio);
    assert(peer->ssl && length >= 0);
    BIO_clear_retry_flags(bio);
    if (length == 0)
        return 0;
    const kr__hal *below = &peer->owner->below;
    int64_t count = below->receive(below->self, peer->fd, (uint8_t *)data, (size_t)length);
    assert(count <= length);
    if (count == KR__AGAIN)
        BIO_set_retry_read(bio);
    peer->ended = peer->ended || count == 0;
    return count < 0 ? -1 : (int)count;
}

static int bio_write(BIO *bio, const char *data, int length)
{
    tls_peer *peer = BIO_get_data(bio);
    assert(peer->ssl && length > 0);
    const kr__hal *below = &peer->owner->below;
    kr__slice slice = {(const uint8_t *)data, (size_t)length};
    BIO_clear_retry_flags(bio);
    int64_t count = below->send(below->self, peer->fd, &slice, 1);
    assert(count <= length);
    if (count == KR__AGAIN)
        BIO_set_retry_write(bio);
    return count < 0 ? -1 : (int)count;
}

static long bio_control(BIO *bio, int command, long number, void *pointer)
{
    const tls_peer *peer = BIO_get_data(bio);
    (void)number;
    (void)pointer;
    if (command == BIO_CTRL_EOF)
        return peer && peer->ended;
    return command == BIO_CTRL_FLUSH;
}

/* -- events of our own -------------------------------------------------------------------------------------- */

static void nudge(tls_peer *peer, uint32_t ready)
{
    tls *self = peer->owner;
    assert(peer->ssl && ready);
    if (!peer->nudge) {
        peer->nudged = self->nudged;
        self->nudged = peer->fd;
    }
    peer->nudge |= ready;
}

static void unnudge(tls *self, tls_peer *peer)
{
    int *link = &self->nudged;
    assert(peer->nudge);
    while (*link != peer->fd)
        link = &self->peers[*link].nudged;
    *link = peer->nudged;
    peer->nudge = 0;
}

/* -- handshakes --------------------------------------------------------------------------------------------- */

static void enter(tls *self, tls_peer *peer)
{
    assert(self->handshakes < KR_TLS_HANDSHAKES_MAX);
    peer->older = self->newest;
    peer->newer = -1;
    *(self->newest < 0 ? &self->oldest : &self->peers[self->newest].newer) = peer->fd;
    self->newest = peer->fd;
    self->handshakes++;
    assert(self->oldest >= 0);
}

static void leave_handshakes(tls *self, tls_peer *peer)
{
    assert(self->handshakes > 0);
    *(peer->older < 0 ? &self->oldest : &self->peers[peer->older].newer) = peer->newer;
    *(peer->newer < 0 ? &self->newest : &self->peers[peer->newer].older) = peer->older;
    self->handshakes--;
    assert((self->oldest < 0) == (self->handshakes == 0));
}

/* Whatever comes of it now, nothing is read or written. */
static void fail(tls_peer *peer)
{
    assert(peer->ssl && !peer->broken);
    peer->broken = true;
    if (peer->shaken)
        return;
    peer->owner->counts->failed++;
    leave_handshakes(peer->owner, peer);
}

/* Too slow, or too many are under way: the server hears that the connection is broken. */
static void give_up_oldest(tls *self)
{
    assert(self->oldest >= 0);
    tls_peer *peer = &self->peers[self->oldest];
    fail(peer);
    self->counts->timeouts++;
    nudge(peer, KR__READABLE | KR__HUNG_UP);
    assert(peer->broken);
}

/* What kept OpenSSL from going on.  The errors are this thread's, and Node's code looks at the same ones. */
static int64_t judged(tls_peer *peer, int result)
{
    int why = SSL_get_error(peer->ssl, result);
    ERR_clear_error();
    assert(!peer->broken);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) {
        peer->reading_waits = why == SSL_ERROR_WANT_WRITE;
        return KR__AGAIN;
    }
    if (why == SSL_ERROR_ZERO_RETURN && peer->shaken)
        return 0;
    fail(peer);
    return KR__BROKEN;
}

/* 1 when the handshake is done; KR__AGAIN or KR__BROKEN. */
static int64_t shake(tls_peer *peer)
{
    assert(peer->ssl && !peer->shaken);
    ERR_clear_error();
    int result = SSL_do_handshake(peer->ssl);
    if (result != 1)
        return judged(peer, result);
    kr_tls_counts *counts = peer->owner->counts;
    leave_handshakes(peer->owner, peer);
    peer->shaken = true;
    counts->handshakes++;
    counts->resumed += SSL_session_reused(peer->ssl) == 1;
    return 1;
}

/* RFC 7301: who offers protocols and not this one is refused. */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *length, const unsigned char *offered,
                           unsigned int offered_length, void *argument)
{
    static const unsigned char ours[] = "\x08http/1.1";
    unsigned char *chosen = NULL;
    (void)ssl;
    (void)argument;
    assert(offered);
    if (SSL_select_next_proto(&chosen, length, ours, sizeof ours - 1, offered, offered_length) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

/* -- bytes -------------------------------------------------------------------------------------------------- */

/* As recv(): less than was asked for means that there is no more now. */
static int64_t receive(void *hal, int fd, uint8_t *data, size_t length)
{
    tls_peer *peer = peer_of(hal, fd);
    assert(peer && length > 0);
    if (peer->broken)
        return KR__BROKEN;
    int64_t done = peer->shaken ? 1 : shake(peer);
    size_t total = 0;
    ERR_clear_error();
    while (done == 1 && total < length) {
        size_t count = 0;
        int result = SSL_read_ex(peer->ssl, data + total, length - total, &count);
        total += count;
        if (result != 1)
            done = judged(peer, result);
    }
    if (total == 0)
        return done;
    if (done == 0 || done == KR__BROKEN) /* told when it is read again */
        nudge(peer, KR__READABLE | KR__HUNG_UP);
    assert(total <= length);
    return (int64_t)total;
}

/* Sends one record.  What was not taken is kept by OpenSSL, encrypted: the next call has to begin with the same bytes,
 * as it does, since the server sends in order. */
static int64_t send_record(tls_peer *peer, const uint8_t *data, size_t length)
{
    size_t count = 0;
    assert(length > 0 && length <= RECORD_BYTES);
    ERR_clear_error();
    int result = SSL_write_ex(peer->ssl, data, length, &count);
    assert(count <= length);
    if (result == 1)
        return (int64_t)count;
    bool waits = peer->reading_waits;
    int64_t why = judged(peer, result);
    peer->reading_waits = waits;
    if (why == 0) {
        fail(peer);
        why = KR__BROKEN;
    }
    return why;
}

/* The first bytes of the slices, at most a record of them, in one piece. */
static kr__slice gathered(const kr__slice *slices, int count, size_t at, uint8_t staged[RECORD_BYTES])
{
    size_t size = 0;
    assert(count > 0 && at < slices->length);
    if (count == 1 || slices->length - at >= RECORD_BYTES) {
        size = slices->length - at;
        return (kr__slice){slices->data + at, size < RECORD_BYTES ? size : RECORD_BYTES};
    }
    for (int i = 0; i < count && size < RECORD_BYTES; i++) {
        size_t skip = i == 0 ? at : 0, part = slices[i].length - skip;
        part = part < RECORD_BYTES - size ? part : RECORD_BYTES - size;
        memcpy(staged + size, slices[i].data + skip, part);
        size += part;
    }
    return (kr__slice){staged, size};
}

static int64_t send_slices(void *hal, int fd, const kr__slice *slices, int count)
{
    uint8_t staged[RECORD_BYTES];
    tls_peer *peer = peer_of(hal, fd);
    int64_t total = 0, sent = 0;
    assert(peer && count > 0);
    if (peer->broken || !peer->shaken)
        return KR__BROKEN; /* nothing is said in plain text */
    size_t at = 0;
    while (count > 0 && total < SEND_BYTES_MAX) {
        if (at == slices->length) {
            slices++, count--, at = 0;
            continue;
        }
        kr__slice record = gathered(slices, count, at, staged);
        sent = send_record(peer, record.data, record.length);
        if (sent < 0)
            break;
        total += sent;
        for (size_t left = (size_t)sent; left > 0;) {
            size_t part = slices->length - at < left ? slices->length - at : left;
            at += part;
            left -= part;
            if (at == slices->length && left > 0)
                slices++, count--, at = 0;
        }
    }
    if (count > 0 && sent >= 0)
        nudge(peer, KR__WRITABLE); /* there is more, and the socket takes it */
    return sent == KR__BROKEN ? KR__BROKEN : total > 0 ? total : sent;
}

static int64_t send_file(void *hal, int fd, int file, uint64_t at, uint64_t length)
{
    uint8_t staged[RECORD_BYTES];
    tls_peer *peer = peer_of(hal, fd);
    int64_t total = 0, sent = 0;
    assert(peer && length > 0);
    if (peer->broken || !peer->shaken)
        return KR__BROKEN;
    while ((uint64_t)total < length && total < SEND_BYTES_MAX) {
        uint64_t left = length - (uint64_t)total;
        size_t size = left < RECORD_BYTES ? (size_t)left : RECORD_BYTES;
        if (pread(file, staged, size, (off_t)(at + (uint64_t)total)) != (ssize_t)size)
            return KR__BROKEN; /* it was cut short */
        sent = send_record(peer, staged, size);
        if (sent < 0)
            break;
        total += sent;
    }
    if ((uint64_t)total < length && sent >= 0)
        nudge(peer, KR__WRITABLE);
    return sent == KR__BROKEN ? KR__BROKEN : total > 0 ? total : sent;
}

/* -- life --------------------------------------------------------------------------------------------------- */

static int accept_one(void *hal, int listener)
{
    tls *self = hal;
    int fd = self->below.accept(self->below.self, listener);
    if (fd < 0)
        return fd;
    SSL *ssl = fd < KR_TLS_DESCRIPTORS_MAX ? SSL_new(self->context) : NULL;
    BIO *bio = ssl ? BIO_new(self->method) : NULL;
    if (!bio) {
        SSL_free(ssl);
        self->below.close(self->below.self, fd);
        ERR_clear_error();
        return KR__BROKEN;
    }
    if (self->handshakes == KR_TLS_HANDSHAKES_MAX)
        give_up_oldest(self);
    tls_peer *peer = &self->peers[fd];
    assert(!peer->ssl);
    uint64_t due = self->below.now_ms(self->below.self) + self->handshake_ms;
    *peer = (tls_peer){.ssl = ssl, .owner = self, .fd = fd, .nudged = -1, .id = KR__NONE, .due = due};
    BIO_set_data(bio, peer);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl, bio, bio);
    SSL_set_accept_state(ssl);
    enter(self, peer);
    return fd;
}

static int watch(void *hal, int fd, uint32_t id, bool edge)
{
    tls *self = hal;
    tls_peer *peer = peer_of(self, fd);
    if (peer) {
        assert(id < 65536);
        peer->id = id;
        self->by_id[id] = fd;
    }
    return self->below.watch(self->below.self, fd, id, edge);
}

/* RFC 8446 section 6.1: says that nothing follows, and then so does the HAL below. */
static void say_end(tls_peer *peer)
{
    const kr__hal *below = &peer->owner->below;
    assert(peer->ssl && peer->shaken);
    ERR_clear_error();
    int result = peer->broken ? 1 : SSL_shutdown(peer->ssl);
    peer->finishing = result < 0 && SSL_get_error(peer->ssl, result) == SSL_ERROR_WANT_WRITE;
    ERR_clear_error();
    if (!peer->finishing)
        below->finish(below->self, peer->fd);
}

static void finish(void *hal, int fd)
{
    tls_peer *peer = peer_of(hal, fd);
    assert(peer);
    if (peer->shaken)
        say_end(peer);
}

/* The connection is closed with nothing cut short, so that the client may know that. */
static void leave(void *hal, int fd)
{
    tls_peer *peer = peer_of(hal, fd);
    assert(peer);
    if (!peer->shaken || peer->broken)
        return;
    ERR_clear_error();
    (void)SSL_shutdown(peer->ssl); /* as far as the socket takes it */
    ERR_clear_error();
}

static void close_fd(void *hal, int fd)
{
    tls *self = hal;
    tls_peer *peer = peer_of(self, fd);
    if (peer) {
        if (!peer->shaken && !peer->broken)
            fail(peer);
        if (peer->nudge)
            unnudge(self, peer);
        if (peer->id != KR__NONE)
            self->by_id[peer->id] = -1;
        SSL_free(peer->ssl);
        *peer = (tls_peer){.fd = -1};
    }
    self->below.close(self->below.self, fd);
}

/* -- waiting ------------------------------------------------------------------------------------------------ */

static int64_t patience(tls *self, int64_t timeout_ms)
{
    if (self->nudged >= 0)
        return 0;
    if (self->oldest < 0)
        return timeout_ms;
    uint64_t now = self->below.now_ms(self->below.self), due = self->peers[self->oldest].due;
    assert(self->handshakes > 0);
    int64_t left = due > now ? (int64_t)(due - now) : 0;
    return timeout_ms < 0 || left < timeout_ms ? left : timeout_ms;
}

static int wait_events(void *hal, int64_t timeout_ms, kr__event *events, int capacity)
{
    tls *self = hal;
    int room = capacity - capacity / 8; /* the rest is for events of our own */
    int count = self->below.wait(self->below.self, patience(self, timeout_ms), events, room);
    assert(count <= room && room > 0);
    for (int i = 0; i < count; i++) {
        int fd = events[i].id < 65536 ? self->by_id[events[i].id] : -1;
        tls_peer *peer = fd < 0 ? NULL : peer_of(self, fd);
        if (!peer || !(events[i].ready & KR__WRITABLE))
            continue;
        if (peer->finishing)
            say_end(peer);
        if (peer->reading_waits)
            events[i].ready |= KR__READABLE;
    }
    if (count < 0)
        return count;
    uint64_t now = self->oldest < 0 ? 0 : self->below.now_ms(self->below.self);
    while (self->oldest >= 0 && self->peers[self->oldest].due <= now)
        give_up_oldest(self);
    while (self->nudged >= 0 && count < capacity) {
        tls_peer *peer = &self->peers[self->nudged];
        events[count++] = (kr__event){peer->id, peer->nudge};
        assert(peer->id != KR__NONE);
        unnudge(self, peer);
    }
    return count;
}

/* -- what goes through as it is ----------------------------------------------------------------------------- */

static uint64_t now_ms(void *hal)
{
    const tls *self = hal;
    return self->below.now_ms(self->below.self);
}

static int64_t seconds(void *hal)
{
    const tls *self = hal;
    return self->below.seconds(self->below.self);
}

static void wake(void *hal)
{
    const tls *self = hal;
    self->below.wake(self->below.self);
}

static int listen_on(void *hal, const char *address, int port, uint32_t id, int *fd)
{
    const tls *self = hal;
    return self->below.listen(self->below.self, address, port, id, fd);
}

static int open_directory(void *hal, const char *path)
{
    const tls *self = hal;
    return self->below.open_directory(self->below.self, path);
}

static int open_file(void *hal, int directory, const char *path, kr__file *file)
{
    const tls *self = hal;
    return self->below.open_file(self->below.self, directory, path, file);
}

static int address(void *hal, int fd, bool own, char out[KR_ADDRESS_BYTES])
{
    const tls *self = hal;
    return self->below.address(self->below.self, fd, own, out);
}

static void free_tls(tls *self)
{
    SSL_CTX_free(self->context);
    BIO_meth_free(self->method);
    free(self->peers);
    free(self);
}

static void free_hal(void *hal)
{
    tls *self = hal;
    assert(self->handshakes == 0 && self->nudged < 0);
    self->below.free(self->below.self);
    free_tls(self);
}

/* -- making ------------------------------------------------------------------------------------------------- */

/* A key that needs a passphrase is refused: nobody is there to be asked. */
static int no_passphrase(char *out, int capacity, int writing, void *argument)
{
    (void)out;
    (void)capacity;
    (void)writing;
    (void)argument;
    return 0;
}

static SSL_CTX *context_of(const kr_tls_options *options, char *error)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    const char *step = "TLS cannot be set up", *file = "OpenSSL";
    assert(options->certificate && options->key);
    if (context) {
        (void)SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                               SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
        (void)SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                            SSL_MODE_RELEASE_BUFFERS);
        (void)SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF); /* tickets need no memory here */
        SSL_CTX_set_read_ahead(context, 1);
        SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
        SSL_CTX_set_default_passwd_cb(context, no_passphrase);
    }
    bool made = context && SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
                SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1;
    if (made) {
        step = "the certificate cannot be used", file = options->certificate;
        made = SSL_CTX_use_certificate_chain_file(context, file) == 1;
    }
    if (made) {
        step = "the private key cannot be used, or is not that of the certificate", file = options->key;
        made = SSL_CTX_use_PrivateKey_file(context, file, SSL_FILETYPE_PEM) == 1 &&
               SSL_CTX_check_private_key(context) == 1;
    }
    if (made)
        return context;
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    (void)snprintf(error, KR_TLS_ERROR_BYTES, "%s: %s: %s", file, step, reason ? reason : "unknown reason");
    ERR_clear_error();
    SSL_CTX_free(context);
    return NULL;
}

static BIO_METHOD *method_of(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "krepis");
    bool made = method && BIO_meth_set_read(method, bio_read) == 1 && BIO_meth_set_write(method, bio_write) == 1 &&
                BIO_meth_set_ctrl(method, bio_control) == 1;
    if (made)
        return method;
    BIO_meth_free(method);
    return NULL;
}

int kr_tls_metrics_text(const kr_tls_counts *counts, char out[KR_TLS_METRICS_BYTES_MAX])
{
    const struct {
        const char *name, *help;
        uint64_t value;
    } lines[] = {
        {"handshakes", "Handshakes that were completed.", counts->handshakes},
        {"resumed", "Those of them that went on with an earlier session.", counts->resumed},
        {"failed", "Handshakes that were not completed.", counts->failed},
        {"timeouts", "Those of them that were given up as too slow.", counts->timeouts},
    };
    int length = 0;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        length += snprintf(out + length, (size_t)(KR_TLS_METRICS_BYTES_MAX - length),
                           "# HELP krepis_tls_%s_total %s\n# TYPE krepis_tls_%s_total counter\n"
                           "krepis_tls_%s_total %" PRIu64 "\n",
                           lines[i].name, lines[i].help, lines[i].name, lines[i].name, lines[i].value);
    assert(length > 0 && length < KR_TLS_METRICS_BYTES_MAX);
    return length;
}

int kr_tls_secure(kr_server *server, const kr_tls_options *options, kr_tls_counts *counts,
                  char error[KR_TLS_ERROR_BYTES])
{
    assert(server && counts && server->listeners_count == 0);
    SSL_CTX *context = context_of(options, error);
    if (!context)
        return KR_EINVAL;
    tls *self = calloc(1, sizeof *self);
    if (!self) {
        SSL_CTX_free(context);
        return KR_ENOMEM;
    }
    self->below = server->hal;
    self->context = context;
    self->method = method_of();
    self->peers = calloc(KR_TLS_DESCRIPTORS_MAX, sizeof *self->peers); /* no memory before it is touched */
    self->oldest = self->newest = self->nudged = -1;
    self->handshake_ms = options->handshake_ms;
    self->counts = counts;
    for (size_t i = 0; i < sizeof self->by_id / sizeof *self->by_id; i++)
        self->by_id[i] = -1;
    if (!self->method || !self->peers) {
        free_tls(self);
        return KR_ENOMEM;
    }
    server->rows_flags |= KR_OVER_TLS;
    server->hal = (kr__hal){
        .self = self,
        .now_ms = now_ms,
        .seconds = seconds,
        .wait = wait_events,
        .wake = wake,
        .listen = listen_on,
        .accept = accept_one,
        .watch = watch,
        .receive = receive,
        .send = send_slices,
        .open_directory = open_directory,
        .open_file = open_file,
        .send_file = send_file,
        .address = address,
        .finish = finish,
        .leave = leave,
        .close = close_fd,
        .free = free_hal,
    };
    return 0;
}
