/* Responses, in the order of their requests whatever the order of their answers (RFC 9112 section 9.3.2). */
#include <stdlib.h>

#include "server.h"

enum { REFERRED_BYTES = 4096 }; /* static bodies longer than this are not copied to be sent */

/* The first templates: of errors, with a text as their body, and of the statuses that the kernel gives besides. */
static const int errors[] = {400, 404, 405, 408, 413, 414, 416, 417, 431, 500, 501, 503, 504, 505};
static const int others[] = {200, 204, 206, 304};
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
        memcpy(text + length, "Content-Length: ", 16);
        length += 16;
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
    memcpy(at, template->text, template->length);
    at += template->length;
    if (kr__has_content(template->status)) {
        at = kr__put_number(at, body.length);
        *at++ = '\r';
        *at++ = '\n';
    }
    if (fields.length)
        memcpy(at, fields.data, fields.length);
    at = kr__response_end(at + fields.length, flags, server->date);
    kr__output_commit(&server->output, chain, (size_t)(at - start));
    if (!with_body || body.length == 0)
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
    while (*link != KR__NONE) {
        kr__block *first = &blocks[*link];
        if (first->sequence != peer->answered) {
            link = &first->next_held;
            continue;
        }
        kr__chain chain = {*link, first->last};
        *link = first->next_held;
        kr__output_join(&server->output, &peer->output, chain);
        peer->answered++;
        link = &peer->waiting;
    }
    assert(peer->asked - peer->answered <= 64);
}

bool kr__answer_continue(kr_server *server, kr__peer *peer)
{
    static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
    assert(peer->fd >= 0);
    if (!(peer->flags & KR__P_CONTINUE) || peer->asked != peer->answered)
        return true;
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
    bool last = peer->flags & KR__P_LAST && sequence + 1 == peer->asked;
    int flags = last ? KR_CLOSE : peer->olds & bit ? KR_SAY_KEEP_ALIVE : 0;
    bool with_body = !(peer->heads & bit) && kr__has_content(template->status);
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
        peer->answered++;
        peer->since = server->now;
        take_turns(server, peer);
    } else {
        kr__block *first = &server->output.blocks[apart.first];
        first->sequence = sequence;
        first->last = apart.last;
        first->next_held = peer->waiting;
        peer->waiting = apart.first;
    }
    return kr__answer_continue(server, peer);
}

int kr_server_answer(kr_server *server, uint32_t connection, uint32_t generation, uint32_t sequence, int template_id,
                     const char *fields, size_t fields_length, const uint8_t *body, size_t body_length)
{
    if (connection >= server->options.connections_max || template_id < 0 ||
        (uint32_t)template_id >= server->templates_count || body_length > UINT32_MAX)
        return KR_EINVAL;
    kr__peer *peer = &server->peers[connection];
    uint32_t open = peer->asked - peer->answered;
    if (peer->fd < 0 || peer->generation != generation || sequence - peer->answered >= open)
        return KR_EGONE;
    for (uint32_t i = peer->waiting; i != KR__NONE; i = server->output.blocks[i].next_held) {
        if (server->output.blocks[i].sequence == sequence)
            return KR_EGONE;
    }
    if (server->dirty && server->dirty != peer)
        kr__peer_flush(server, server->dirty);
    server->dirty = peer;
    int result = 0;
    bool kept;
    if (fields_length > KR_FIELDS_BYTES_MAX || !kr__is_fields(fields, fields_length)) {
        result = KR_EINVAL;
        kept = kr__answer_error(server, peer, sequence, 500, (kr__slice){NULL, 0});
    } else {
        kr__content content = {{(const uint8_t *)fields, fields_length}, {body, body_length}, -1, 0, false};
        kept = kr__answer(server, peer, sequence, template_id, content);
    }
    return kept ? result : KR_EFULL;
}
