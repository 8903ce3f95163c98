/* Responses, in the order of their requests whatever the order of their answers (RFC 9112 section 9.3.2). */
#include <stdlib.h>

#include "server.h"

enum { REFERRED_BYTES = 4096 }; /* static bodies longer than this are not copied to be sent */

/* The first templates: of errors, with a text as their body, and of the statuses that the kernel gives besides. */
static const int errors[] = {400, 404, 405, 408, 413, 414, 416, 417, 431, 500, 501, 503, 504, 505};
static const int others[] = {200, 204, 206, 304};
static const char LENGTH[] = "Content-Length: ", CHUNKED[] = "Transfer-Encoding: chunked\r\n";
enum { ERRORS = sizeof errors / sizeof *errors, OTHERS = sizeof others / sizeof *others };

int kr_server_template(kr_server *server, int status, const char *fields, size_t fields_length)
{
    uint8_t text[KR_FIELDS_BYTES_MAX + KR__HEAD_OVERHEAD];
    if (server->templates_count == KR_TEMPLATES_MAX)
        return KR_EFULL;
    /* RFC 9110 section 15.2: a 1xx would not be the answer. */
    int length = status < 200 ? KR_EINVAL : kr__response_start(text, sizeof text / 2, status, fields, fields_length);
    if (length < 0)
        return length;
    if (kr__has_content(status)) {
        memcpy(text + length, LENGTH, sizeof LENGTH - 1);
        length += (int)sizeof LENGTH - 1;
    }
    char *copy = malloc((size_t)length);
    if (!copy)
        return KR_ENOMEM;
    memcpy(copy, text, (size_t)length);
    server->templates[server->templates_count] = (kr__template){status, (uint32_t)length, copy};
    return (int)server->templates_count++;
}

bool kr__templates_init(kr_server *server)
{
    static const char type[] = "Content-Type: text/plain; charset=utf-8\r\n";
    assert(server->templates_count == 0);
    for (int i = 0; i < ERRORS + OTHERS; i++) {
        bool error = i < ERRORS;
        int status = error ? errors[i] : others[i - ERRORS];
        if (kr_server_template(server, status, type, error ? sizeof type - 1 : 0) != i)
            return false;
    }
    assert(server->templates_count == ERRORS + OTHERS);
    return true;
}

int kr__template_of(int status)
{
    for (int i = 0; i < ERRORS + OTHERS; i++) {
        if ((i < ERRORS ? errors[i] : others[i - ERRORS]) == status)
            return i;
    }
    assert(false);
    return 0;
}

bool kr__answer_error(kr_server *server, kr__peer *peer, uint32_t sequence, int status, kr__slice fields)
{
    const char *reason = kr_reason(status);
    assert(status >= 400);
    kr__content content = {.fields = fields, .body = {(const uint8_t *)reason, strlen(reason)}, .file = -1};
    return kr__answer(server, peer, sequence, kr__template_of(status), content);
}

static void close_file(const kr_server *server, int file)
{
    if (file >= 0)
        server->hal.close(server->hal.self, file);
}

/* Writes a response to the end of a chain.  False when the blocks ran out: the chain is of no use then. */
static bool write_response(kr_server *server, kr__chain *chain, const kr__template *template, kr__content content,
                           int flags, bool with_body)
{
    kr__slice fields = content.fields, body = content.body;
    size_t space = template->length + fields.length + KR__HEAD_OVERHEAD;
    assert(space <= KR__BLOCK_BYTES);
    assert(content.file < 0 || with_body);
    uint8_t *start = kr__output_reserve(&server->output, chain, &space);
    if (!start) {
        close_file(server, content.file);
        return false;
    }
    uint8_t *at = start;
    uint32_t length = template->length;
    bool sized = !content.stream || content.stream & KR__S_SIZED;
    if (!sized && kr__has_content(template->status))
        length -= sizeof LENGTH - 1;
    memcpy(at, template->text, length);
    at += length;
    if (content.stream & KR__S_OPEN && !(content.stream & KR__S_RAW) && kr__has_content(template->status)) {
        memcpy(at, CHUNKED, sizeof CHUNKED - 1);
        at += sizeof CHUNKED - 1;
    } else if (sized && kr__has_content(template->status)) {
        at = kr__put_number(at, body.length);
        *at++ = '\r';
        *at++ = '\n';
    }
    if (fields.length)
        memcpy(at, fields.data, fields.length);
    at = kr__response_end(at + fields.length, flags, server->date);
    kr__output_commit(&server->output, chain, (size_t)(at - start));
    if (!with_body || body.length == 0 || content.stream)
        return true;
    if (content.file >= 0)
        return kr__output_file(&server->output, chain, content.file, content.at, body.length);
    if (content.is_static && body.length > REFERRED_BYTES)
        return kr__output_refer(&server->output, chain, body.data, body.length);
    return kr__output_copy(&server->output, chain, body.data, body.length);
}

/* Moves the responses whose turn has come to the output. */
static void take_turns(kr_server *server, kr__peer *peer)
{
    kr__block *blocks = server->output.blocks;
    uint32_t *link = &peer->waiting;
    while (*link != KR__NONE && !peer->stream) {
        kr__block *first = &blocks[*link];
        if (first->sequence != peer->answered) {
            link = &first->next_held;
            continue;
        }
        kr__chain chain = {*link, first->last};
        *link = first->next_held;
        kr__output_join(&server->output, &peer->output, chain);
        peer->stream = first->stream;
        peer->flags |= peer->stream ? KR__P_NOTIFY : 0;
        peer->answered += !peer->stream;
        link = &peer->waiting;
    }
    assert(peer->asked - peer->answered <= 64);
}

bool kr__answer_continue(kr_server *server, kr__peer *peer)
{
    static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
    assert(peer->fd >= 0);
    /* A body in pieces is that of a request that is asked already. */
    uint32_t before = peer->asked - peer->answered - !!(peer->flags & KR__P_UPLOAD);
    if (!(peer->flags & KR__P_CONTINUE) || before != 0 || peer->stream)
        return true;
    KR__NOTE(server, peer, KR__N_CONTINUE, 0);
    peer->flags &= ~(uint32_t)KR__P_CONTINUE;
    if (kr__output_copy(&server->output, &peer->output, (const uint8_t *)text, sizeof text - 1))
        return true;
    kr__count(&server->counts.dropped, 1);
    kr__peer_drop(server, peer);
    return false;
}

bool kr__answer(kr_server *server, kr__peer *peer, uint32_t sequence, int template_id, kr__content content)
{
    assert(peer->fd >= 0);
    assert(peer->asked - sequence - 1 < peer->asked - peer->answered); /* asked, and not answered */
    const kr__template *template = &server->templates[template_id];
    uint64_t bit = UINT64_C(1) << (sequence & 63);
    bool with_body = !(peer->heads & bit) && kr__has_content(template->status);
    uint32_t stream = with_body ? content.stream : 0;
    if (peer->flags & KR__P_UPLOAD && sequence + 1 == peer->asked && !stream)
        kr__upload_answered(server, peer);
    bool last = peer->flags & KR__P_LAST && sequence + 1 == peer->asked;
    int flags = last ? KR_CLOSE : peer->olds & bit ? KR_SAY_KEEP_ALIVE : 0;
    if (!with_body || content.body.length == 0) {
        close_file(server, content.file);
        content.file = -1;
    }
    bool in_turn = sequence == peer->answered;
    kr__chain apart = {KR__NONE, KR__NONE}, *chain = in_turn ? &peer->output : &apart;
    if (!write_response(server, chain, template, content, flags, with_body)) {
        kr__output_free(&server->output, &apart);
        kr__count(&server->counts.dropped, 1);
        kr__peer_drop(server, peer);
        return false;
    }
    kr__count(&server->counts.responses[template->status / 100 - 1], 1);
    if (in_turn) {
        peer->since = server->now;
        peer->stream = stream;
        peer->answered += !stream;
        take_turns(server, peer);
    } else {
        kr__block *first = &server->output.blocks[apart.first];
        first->sequence = sequence;
        first->stream = stream;
        first->last = apart.last;
        first->next_held = peer->waiting;
        peer->waiting = apart.first;
    }
    return kr__answer_continue(server, peer);
}

/* The first block of the response to a request that waits for its turn, or NONE. */
static uint32_t find_waiting(const kr_server *server, const kr__peer *peer, uint32_t sequence)
{
    uint32_t index = peer->waiting;
    while (index != KR__NONE && server->output.blocks[index].sequence != sequence)
        index = server->output.blocks[index].next_held;
    assert(index == KR__NONE || index < server->output.count);
    return index;
}

kr__peer *kr__find_peer(kr_server *server, uint32_t connection, uint32_t generation, uint32_t sequence)
{
    if (connection >= server->options.connections_max)
        return NULL;
    kr__peer *peer = &server->peers[connection];
    if (peer->fd < 0 || peer->generation != generation || sequence - peer->answered >= peer->asked - peer->answered)
        return NULL;
    if (server->dirty && server->dirty != peer)
        kr__peer_flush(server, server->dirty);
    assert(peer->fd >= 0);
    server->dirty = peer;
    return peer;
}

bool kr__is_begun(const kr_server *server, const kr__peer *peer, uint32_t sequence)
{
    return (sequence == peer->answered && peer->stream) || find_waiting(server, peer, sequence) != KR__NONE;
}

static bool has_body(const kr_server *server, const kr__peer *peer, uint32_t sequence, int template_id)
{
    return !(peer->heads & UINT64_C(1) << (sequence & 63)) && kr__has_content(server->templates[template_id].status);
}

static int answer_or_stream(kr_server *server, kr__peer *peer, uint32_t sequence, int template_id, kr__content content)
{
    if (!peer || kr__is_begun(server, peer, sequence))
        return KR_EGONE;
    if (content.fields.length > KR_FIELDS_BYTES_MAX ||
        !kr__is_fields((const char *)content.fields.data, content.fields.length)) {
        KR__NOTE(server, peer, KR__N_ANSWER, sequence);
        bool kept = kr__answer_error(server, peer, sequence, 500, (kr__slice){NULL, 0});
        return kept ? KR_EINVAL : KR_EFULL;
    }
    assert(template_id >= 0);
    KR__NOTE(server, peer, content.stream && has_body(server, peer, sequence, template_id) ? KR__N_STREAM : KR__N_ANSWER,
             sequence);
    return kr__answer(server, peer, sequence, template_id, content) ? 0 : KR_EFULL;
}

int kr_server_answer(kr_server *server, uint32_t connection, uint32_t generation, uint32_t sequence, int template_id,
                     const char *fields, size_t fields_length, const uint8_t *body, size_t body_length)
{
    if (connection >= server->options.connections_max || template_id < 0 ||
        (uint32_t)template_id >= server->templates_count || body_length > UINT32_MAX)
        return KR_EINVAL;
    kr__peer *peer = kr__find_peer(server, connection, generation, sequence);
    kr__content content = {
        .fields = {(const uint8_t *)fields, fields_length}, .body = {body, body_length}, .file = -1};
    return answer_or_stream(server, peer, sequence, template_id, content);
}

/* -- bodies in pieces ------------------------------------------------------------------------------------- */

static int start_stream(kr_server *server, uint32_t connection, uint32_t generation, uint32_t sequence,
                        int template_id, kr__content content)
{
    if (connection >= server->options.connections_max || template_id < 0 ||
        (uint32_t)template_id >= server->templates_count)
        return KR_EINVAL;
    kr__peer *peer = kr__find_peer(server, connection, generation, sequence);
    uint64_t bit = UINT64_C(1) << (sequence & 63);
    bool wanted = peer && has_body(server, peer, sequence, template_id);
    if (peer && peer->olds & bit)
        content.stream |= KR__S_RAW; /* RFC 9112 section 6.1: no chunks for HTTP/1.0 */
    if (wanted && (content.stream & (KR__S_RAW | KR__S_SIZED)) == KR__S_RAW) {
        /* The end of the connection ends the body: nothing can follow. */
        KR__NOTE(server, peer, KR__N_RAW, sequence);
        kr__peer_forget(server, peer, sequence + 1);
        if (peer->flags & KR__P_UPLOAD && peer->asked != sequence + 1)
            kr__upload_forget(peer);
        peer->asked = sequence + 1;
        peer->flags |= KR__P_LAST;
    }
    int result = answer_or_stream(server, peer, sequence, template_id, content);
    return result < 0 ? result : !wanted;
}

int kr_server_stream(kr_server *server, uint32_t connection, uint32_t generation, uint32_t sequence, int template_id,
                     const char *fields, size_t fields_length)
{
    kr__content content = {.fields = {(const uint8_t *)fields, fields_length}, .file = -1, .stream = KR__S_OPEN};
    return start_stream(server, connection, generation, sequence, template_id, content);
}

int kr_server_stream_sized(kr_server *server, uint32_t connection, uint32_t generation, uint32_t sequence,
                           int template_id, const char *fields, size_t fields_length, uint64_t length)
{
    kr__content content = {.fields = {(const uint8_t *)fields, fields_length}, .body = {NULL, length}, .file = -1,
                           .stream = KR__S_OPEN | KR__S_RAW | KR__S_SIZED};
    return start_stream(server, connection, generation, sequence, template_id, content);
}

/* Where a body that was started continues; the chain of one that waits for its turn has to be put back. */
static bool find_stream(const kr_server *server, const kr__peer *peer, uint32_t sequence, uint32_t *waiting,
                        uint32_t *stream, kr__chain *chain)
{
    if (!peer)
        return false;
    bool in_turn = sequence == peer->answered;
    *waiting = in_turn ? KR__NONE : find_waiting(server, peer, sequence);
    if (!in_turn && *waiting == KR__NONE)
        return false;
    *stream = in_turn ? peer->stream : server->output.blocks[*waiting].stream;
    *chain = in_turn ? peer->output : (kr__chain){*waiting, server->output.blocks[*waiting].last};
    assert(in_turn || chain->first != KR__NONE);
    return *stream != 0;
}

/* Puts a chain back that became longer. */
static void keep_chain(kr_server *server, kr__peer *peer, uint32_t waiting, kr__chain chain)
{
    assert(chain.first != KR__NONE || waiting == KR__NONE);
    if (waiting == KR__NONE)
        peer->output = chain;
    else
        server->output.blocks[waiting].last = chain.last;
}

int64_t kr_server_chunk(kr_server *server, uint32_t connection, uint32_t generation, uint32_t sequence,
                        const uint8_t *data, size_t length)
{
    kr__peer *peer = kr__find_peer(server, connection, generation, sequence);
    uint32_t waiting, stream;
    kr__chain chain;
    if (!find_stream(server, peer, sequence, &waiting, &stream, &chain))
        return KR_EGONE;
    KR__NOTE(server, peer, KR__N_CHUNK, sequence);
    kr__output *output = &server->output;
    uint8_t head[KR_CHUNK_HEAD_BYTES];
    bool framed = !(stream & KR__S_RAW) && length > 0;
    bool copied = !framed || kr__output_copy(output, &chain, head, (size_t)kr_chunk_head(head, length));
    copied = copied && kr__output_copy(output, &chain, data, length);
    copied = copied && (!framed || kr__output_copy(output, &chain, (const uint8_t *)"\r\n", 2));
    keep_chain(server, peer, waiting, chain);
    if (!copied) {
        kr__count(&server->counts.dropped, 1);
        kr__peer_drop(server, peer);
        return KR_EFULL;
    }
    peer->since = server->now;
    uint64_t pending = 0;
    for (uint32_t i = chain.first; i != KR__NONE; i = output->blocks[i].next)
        pending += output->blocks[i].end - output->blocks[i].at;
    if (pending > KR_STREAM_HIGH_BYTES && waiting == KR__NONE)
        peer->flags |= KR__P_NOTIFY;
    return (int64_t)pending;
}

int kr_server_finish(kr_server *server, uint32_t connection, uint32_t generation, uint32_t sequence)
{
    kr__peer *peer = kr__find_peer(server, connection, generation, sequence);
    uint32_t waiting, stream;
    kr__chain chain;
    if (!find_stream(server, peer, sequence, &waiting, &stream, &chain))
        return KR_EGONE;
    KR__NOTE(server, peer, KR__N_FINISH, sequence);
    if (peer->flags & KR__P_UPLOAD && sequence + 1 == peer->asked)
        kr__upload_answered(server, peer);
    bool copied = stream & KR__S_RAW || kr__output_copy(&server->output, &chain, (const uint8_t *)"0\r\n\r\n", 5);
    keep_chain(server, peer, waiting, chain);
    if (!copied) {
        kr__count(&server->counts.dropped, 1);
        kr__peer_drop(server, peer);
        return KR_EFULL;
    }
    if (waiting != KR__NONE) {
        server->output.blocks[waiting].stream = 0;
        return 0;
    }
    peer->since = server->now;
    peer->stream = 0;
    peer->answered++;
    take_turns(server, peer);
    return kr__answer_continue(server, peer) ? 0 : KR_EFULL;
}

int kr_server_abort(kr_server *server, uint32_t connection, uint32_t generation, uint32_t sequence)
{
    kr__peer *peer = kr__find_peer(server, connection, generation, sequence);
    if (!peer)
        return KR_EGONE;
    kr__count(&server->counts.dropped, 1);
    kr__peer_drop(server, peer);
    return 0;
}
