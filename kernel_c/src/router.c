/* Radix tree over the bytes of a path, with two special children a node can have: a parameter and a wildcard.
 *
 * Every node is reached at one position of a given path only, since the way to it fixes what was consumed.  So a
 * search visits a node once at most and needs no memory but the alternatives it passed by: two a segment. */
#include <stdlib.h>

#include "internal.h"

#define NONE UINT32_MAX

enum kind { STATIC, PARAM, WILDCARD };

typedef struct kr__node {
    uint32_t text, length; /* STATIC: its bytes */
    uint32_t child, sibling; /* static children, by first byte different from each other */
    uint32_t param, wildcard;
    enum kind kind;
    int32_t route[KR_METHODS];
} kr__node;

struct kr_router {
    kr__node *nodes;
    char *text;
    uint32_t nodes_count, nodes_max, text_count, text_max;
};

static inline bool validate(const kr_router *router)
{
    return router->nodes_count >= 1 && router->nodes_count <= router->nodes_max &&
           router->text_count <= router->text_max;
}

static uint32_t node_add(kr_router *router, enum kind kind, uint32_t text, uint32_t length)
{
    assert(router->nodes_count < router->nodes_max);
    assert(kind == STATIC || length == 0);
    kr__node *node = &router->nodes[router->nodes_count];
    *node = (kr__node){.text = text, .length = length, .child = NONE, .sibling = NONE, .param = NONE,
                       .wildcard = NONE, .kind = kind};
    for (int method = 0; method < KR_METHODS; method++)
        node->route[method] = -1;
    return router->nodes_count++;
}

kr_router *kr_router_new(uint32_t nodes_max, uint32_t text_bytes_max)
{
    if (nodes_max == 0 || nodes_max > 1 << 20 || text_bytes_max > 1 << 26)
        return NULL;
    kr_router *router = calloc(1, sizeof *router);
    if (!router)
        return NULL;
    router->nodes = malloc(nodes_max * sizeof *router->nodes);
    router->text = malloc(text_bytes_max + 1);
    router->nodes_max = nodes_max;
    router->text_max = text_bytes_max;
    if (!router->nodes || !router->text) {
        kr_router_free(router);
        return NULL;
    }
    (void)node_add(router, STATIC, 0, 0);
    assert(validate(router));
    return router;
}

void kr_router_free(kr_router *router)
{
    if (!router)
        return;
    free(router->nodes);
    free(router->text);
    free(router);
}

static bool is_name(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* One past the name that follows the ':' or '*' at `at`. */
static size_t name_end(const char *pattern, size_t length, size_t at)
{
    assert(pattern[at] == ':' || pattern[at] == '*');
    size_t end = at + 1;
    while (end < length && is_name((uint8_t)pattern[end]))
        end++;
    assert(end <= length);
    return end;
}

/* Does a parameter or a wildcard begin at `at`? */
static bool is_special(const char *pattern, size_t at)
{
    return at > 0 && pattern[at - 1] == '/' && (pattern[at] == ':' || pattern[at] == '*');
}

static bool is_pattern(const char *pattern, size_t length)
{
    if (length == 0 || length > KR_PATTERN_BYTES_MAX || pattern[0] != '/')
        return false;
    size_t names[KR_PARAMS_MAX], ends[KR_PARAMS_MAX], count = 0, segments = 0;
    for (size_t at = 0; at < length; at++) {
        uint8_t c = (uint8_t)pattern[at];
        if (!(kr__class[c] & KR__TARGET) || c == '?' || c == '#')
            return false;
        segments += c == '/';
        if (!is_special(pattern, at)) {
            if (c == ':' || c == '*')
                return false;
            continue;
        }
        size_t end = name_end(pattern, length, at);
        if (end == at + 1 || count == KR_PARAMS_MAX || (end < length && (c == '*' || pattern[end] != '/')))
            return false;
        for (size_t i = 0; i < count; i++) {
            if (ends[i] - names[i] == end - at - 1 && memcmp(pattern + names[i], pattern + at + 1, end - at - 1) == 0)
                return false;
        }
        names[count] = at + 1;
        ends[count++] = end;
        at = end - 1;
    }
    assert(count <= KR_PARAMS_MAX);
    return segments <= KR_SEGMENTS_MAX;
}

static uint32_t static_child(const kr_router *router, const kr__node *node, char first)
{
    uint32_t child = node->child;
    while (child != NONE && router->text[router->nodes[child].text] != first)
        child = router->nodes[child].sibling;
    assert(child == NONE || router->nodes[child].kind == STATIC);
    assert(child == NONE || router->nodes[child].length > 0);
    return child;
}

/* Makes the first `length` bytes of a node a node of their own, which takes its place; the rest becomes its child. */
static void split(kr_router *router, uint32_t index, uint32_t length)
{
    kr__node *node = &router->nodes[index];
    assert(length > 0 && length < node->length);
    uint32_t rest = node_add(router, STATIC, node->text + length, node->length - length);
    kr__node *tail = &router->nodes[rest];
    tail->child = node->child;
    tail->param = node->param;
    tail->wildcard = node->wildcard;
    memcpy(tail->route, node->route, sizeof tail->route);
    node->length = length;
    node->child = rest;
    node->param = node->wildcard = NONE;
    for (int method = 0; method < KR_METHODS; method++)
        node->route[method] = -1;
    assert(validate(router));
}

/* Follows `length` static bytes from a node, adding what is missing. */
static uint32_t add_static(kr_router *router, uint32_t index, const char *text, size_t length)
{
    assert(length > 0);
    while (length > 0) {
        uint32_t child = static_child(router, &router->nodes[index], *text);
        if (child == NONE) {
            memcpy(router->text + router->text_count, text, length);
            child = node_add(router, STATIC, router->text_count, (uint32_t)length);
            router->text_count += (uint32_t)length;
            router->nodes[child].sibling = router->nodes[index].child;
            router->nodes[index].child = child;
            return child;
        }
        const kr__node *node = &router->nodes[child];
        uint32_t same = 1;
        while (same < node->length && same < length && router->text[node->text + same] == text[same])
            same++;
        if (same < node->length)
            split(router, child, same);
        text += same;
        length -= same;
        index = child;
    }
    assert(validate(router));
    return index;
}

int kr_router_add(kr_router *router, int method, const char *pattern, size_t length, int32_t route)
{
    assert(validate(router));
    if (method < 0 || method >= KR_METHODS || route < 0)
        return KR_EINVAL;
    if (!is_pattern(pattern, length))
        return KR_EPATTERN;
    /* A pattern adds, for each of its parts, a node and one by a split. */
    uint32_t parts = 1;
    for (size_t at = 0; at < length; at++)
        parts += 2 * is_special(pattern, at);
    if (router->nodes_max - router->nodes_count < 2 * parts || router->text_max - router->text_count < length)
        return KR_EFULL;
    uint32_t index = 0;
    for (size_t at = 0; at < length;) {
        if (!is_special(pattern, at)) {
            size_t end = at + 1;
            while (end < length && !is_special(pattern, end))
                end++;
            index = add_static(router, index, pattern + at, end - at);
            at = end;
            continue;
        }
        bool wild = pattern[at] == '*';
        uint32_t next = wild ? router->nodes[index].wildcard : router->nodes[index].param;
        if (next == NONE) {
            next = node_add(router, wild ? WILDCARD : PARAM, 0, 0);
            if (wild)
                router->nodes[index].wildcard = next;
            else
                router->nodes[index].param = next;
        }
        index = next;
        at = name_end(pattern, length, at);
    }
    if (router->nodes[index].route[method] >= 0)
        return KR_ECONFLICT;
    router->nodes[index].route[method] = route;
    assert(validate(router));
    return 0;
}

/* The route of a node for a method, and in `allowed` the methods that it has. */
static int32_t route_of(const kr__node *node, int method, uint32_t *allowed)
{
    assert(method >= 0 && method <= KR_METHOD_OTHER);
    assert(node);
    for (int m = 0; m < KR_METHODS; m++)
        *allowed |= node->route[m] >= 0 ? 1u << m : 0;
    if (node->route[KR_GET] >= 0)
        *allowed |= 1u << KR_HEAD;
    if (method == KR_METHOD_OTHER)
        return -1;
    return method == KR_HEAD && node->route[KR_HEAD] < 0 ? node->route[KR_GET] : node->route[method];
}

typedef struct kr__alternative {
    uint32_t node, at, params;
} kr__alternative;

/* Consumes what a node stands for.  Returns the position after it, or NONE. */
static uint32_t consume(const kr_router *router, const kr__node *node, const uint8_t *path, uint32_t length,
                        uint32_t at, kr_match *match)
{
    assert(at <= length);
    if (node->kind == STATIC) {
        bool fits = length - at >= node->length && memcmp(path + at, router->text + node->text, node->length) == 0;
        return fits ? at + node->length : NONE;
    }
    uint32_t end = length;
    if (node->kind == PARAM) {
        const uint8_t *slash = memchr(path + at, '/', length - at);
        end = slash ? (uint32_t)(slash - path) : length;
    }
    if (end == at)
        return NONE;
    assert(match->params_count < KR_PARAMS_MAX);
    match->params[match->params_count++] = (kr_param){(uint16_t)at, (uint16_t)(end - at)};
    return end;
}

void kr_router_match(const kr_router *router, int method, const uint8_t *path, size_t path_length, kr_match *match)
{
    assert(validate(router));
    assert(path_length <= KR_HEAD_BYTES_MAX);
    uint32_t length = (uint32_t)path_length;
    kr__alternative stack[2 * KR_SEGMENTS_MAX + 2];
    uint32_t depth = 0;
    stack[depth++] = (kr__alternative){0, 0, 0};
    match->route = -1;
    match->allowed = 0;
    while (depth > 0) {
        kr__alternative here = stack[--depth];
        match->params_count = here.params;
        while (here.node != NONE) {
            const kr__node *node = &router->nodes[here.node];
            here.at = consume(router, node, path, length, here.at, match);
            if (here.at == NONE)
                break;
            if (here.at == length) {
                match->route = route_of(node, method, &match->allowed);
                if (match->route >= 0)
                    return;
                break;
            }
            assert(depth + 2 <= sizeof stack / sizeof *stack);
            if (node->wildcard != NONE)
                stack[depth++] = (kr__alternative){node->wildcard, here.at, match->params_count};
            if (node->param != NONE)
                stack[depth++] = (kr__alternative){node->param, here.at, match->params_count};
            here.node = static_child(router, node, (char)path[here.at]);
        }
    }
    match->params_count = 0;
}
