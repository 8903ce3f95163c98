/* Request heads, RFC 9112 sections 2 to 5 with the semantics of RFC 9110 that framing needs.
 *
 * One pass over each line.  Whatever stops the pass, refuse() decides: an incomplete line asks for more, a complete
 * one is bad.  Where the RFCs let a server choose, the choice that no other server can read differently is taken.
 */
#include "internal.h"

typedef struct kr__reader {
    const uint8_t *data;
    uint32_t length;
    const kr_limits *limits;
} kr__reader;

bool kr__limits_validate(const kr_limits *limits)
{
    return limits->line_bytes_max >= 64 && limits->line_bytes_max <= limits->head_bytes_max &&
           limits->head_bytes_max <= KR_HEAD_BYTES_MAX && limits->fields_max >= 1 &&
           limits->fields_max <= KR_FIELDS_MAX && limits->body_bytes_max <= UINT32_MAX;
}

/* What to say of the line at `at`, which could not be read: 0 while it may still be completed. */
static int refuse(const kr__reader *reader, uint32_t at, int bad, int too_long)
{
    assert(at <= reader->length);
    assert(bad >= 400 && too_long >= 400);
    const uint8_t *end = memchr(reader->data + at, '\n', reader->length - at);
    uint32_t size = end ? (uint32_t)(end - reader->data) + 1 - at : reader->length - at;
    if (size > reader->limits->line_bytes_max)
        return -too_long;
    if (at + size > reader->limits->head_bytes_max)
        return -431; /* RFC 6585 section 5 */
    return end ? -bad : 0;
}

/* The position after a good line's CRLF at `end`, unless the line that began at `at` is too long. */
static int accept_line(const kr__reader *reader, uint32_t at, uint32_t end, int too_long)
{
    assert(at <= end);
    assert(end + 2 <= reader->length);
    if (end + 2 - at > reader->limits->line_bytes_max)
        return -too_long;
    return end + 2 > reader->limits->head_bytes_max ? -431 : (int)end + 2;
}

/* RFC 9112 section 2.2: a line ends with CRLF.  A bare LF, which a server may accept, and a bare CR are refused. */
static bool ends_line(const kr__reader *reader, uint32_t at)
{
    assert(at <= reader->length);
    assert(reader->length <= KR_HEAD_BYTES_MAX);
    return at + 2 <= reader->length && reader->data[at] == '\r' && reader->data[at + 1] == '\n';
}

static int method_of(const uint8_t *text, uint32_t length)
{
    static const struct {
        const char *name;
        uint32_t length;
    } names[KR_METHODS] = {
        {"GET", 3}, {"HEAD", 4}, {"POST", 4}, {"PUT", 3}, {"DELETE", 6}, {"PATCH", 5}, {"OPTIONS", 7}, {"TRACE", 5},
    };
    assert(length > 0);
    for (int method = 0; method < KR_METHODS; method++) {
        /* RFC 9110 section 9.1: methods are case-sensitive. */
        if (names[method].length == length && memcmp(names[method].name, text, length) == 0)
            return method;
    }
    assert(KR_METHOD_OTHER == KR_METHODS);
    return KR_METHOD_OTHER;
}

/* RFC 9110 section 4.2.1 and RFC 3986 section 3.2: no user information, no characters outside the grammar. */
static bool is_host(const uint8_t *text, uint32_t length)
{
    assert(text);
    assert(length <= KR_HEAD_BYTES_MAX);
    for (uint32_t i = 0; i < length; i++) {
        if (!(kr__class[text[i]] & KR__HOST))
            return false;
    }
    return true;
}

/* RFC 9112 section 3.2: the four forms of a target.  Returns 0 or a status. */
static int split_target(const uint8_t *data, kr_head *head)
{
    const uint8_t *target = data + head->target;
    uint32_t length = head->target_length;
    assert(length > 0);
    if (head->method_length == 7 && memcmp(data + head->line, "CONNECT", 7) == 0)
        return 501; /* section 3.2.3, authority form: this is no proxy */
    uint32_t path = 0;
    if (length == 1 && target[0] == '*') {
        if (head->method != KR_OPTIONS)
            return 400; /* section 3.2.4: asterisk form is for OPTIONS only */
    } else if (target[0] != '/') {
        /* Section 3.2.2: a server MUST accept the absolute form. */
        uint32_t scheme = length >= 8 && kr__is(target, 8, "https://", 8)   ? 8
                          : length >= 7 && kr__is(target, 7, "http://", 7) ? 7
                                                                           : 0;
        path = scheme;
        while (path < length && target[path] != '/' && target[path] != '?')
            path++;
        if (scheme == 0 || path == scheme || !is_host(target + scheme, path - scheme))
            return 400;
        head->flags |= KR_ABSOLUTE;
    }
    /* A target has no fragment (RFC 3986 section 4.3). */
    if (memchr(target, '#', length))
        return 400;
    const uint8_t *mark = memchr(target + path, '?', length - path);
    uint32_t end = mark ? (uint32_t)(mark - target) : length;
    head->path = (uint16_t)(head->target + path);
    head->path_length = (uint16_t)(end - path);
    head->query = (uint16_t)(head->target + (mark ? end + 1 : length));
    head->query_length = (uint16_t)(mark ? length - end - 1 : 0);
    assert(head->query + head->query_length == head->target + length);
    return 0;
}

/* RFC 9112 section 3: method SP request-target SP HTTP-version CRLF, with single spaces and nothing else. */
static int parse_request_line(const kr__reader *reader, uint32_t at, kr_head *head)
{
    const uint8_t *data = reader->data;
    uint32_t length = reader->length;
    uint32_t method_end = at + (uint32_t)kr__span_token(data + at, length - at);
    if (method_end == at || method_end >= length || data[method_end] != ' ')
        return refuse(reader, at, 400, 414);
    uint32_t target = method_end + 1;
    uint32_t target_end = target + (uint32_t)kr__span_target(data + target, length - target);
    if (target_end == target || target_end >= length || data[target_end] != ' ')
        return refuse(reader, at, 400, 414);
    /* Section 2.3: HTTP-version = "HTTP" "/" DIGIT "." DIGIT, case-sensitive. */
    uint32_t version = target_end + 1, end = version + 8;
    if (!ends_line(reader, end > length ? length : end) || memcmp(data + version, "HTTP/", 5) != 0 ||
        data[version + 6] != '.' || kr__digit(data[version + 5]) > 9 || kr__digit(data[version + 7]) > 9)
        return refuse(reader, at, 400, 414);
    if (data[version + 5] != '1')
        return refuse(reader, at, 505, 414); /* RFC 9110 section 2.5 */
    if (method_end - at > KR_METHOD_BYTES_MAX)
        return refuse(reader, at, 501, 414); /* RFC 9112 section 3 */
    head->minor = data[version + 7] != '0'; /* RFC 9110 section 2.5: a higher minor version is treated as our highest */
    head->line = (uint16_t)at;
    head->method_length = (uint16_t)(method_end - at);
    head->method = (uint16_t)method_of(data + at, head->method_length);
    head->target = (uint16_t)target;
    head->target_length = (uint16_t)(target_end - target);
    int status = split_target(data, head);
    return status ? refuse(reader, at, status, 414) : accept_line(reader, at, end, 414);
}

/* RFC 9112 section 5: field-name ":" OWS field-value OWS.  No space before the colon (section 5.1), no obsolete line
 * folding (section 5.2: a line that begins with white space has no name), no empty name. */
static int parse_field(const kr__reader *reader, uint32_t at, kr_field *field)
{
    const uint8_t *data = reader->data;
    uint32_t length = reader->length;
    assert(at < length);
    uint32_t name_end = at + (uint32_t)kr__span_token(data + at, length - at);
    if (name_end == at || name_end >= length || data[name_end] != ':')
        return refuse(reader, at, 400, 431);
    uint32_t value = name_end + 1;
    while (value < length && kr__is_space(data[value]))
        value++;
    uint32_t end = value + (uint32_t)kr__span_value(data + value, length - value);
    if (!ends_line(reader, end))
        return refuse(reader, at, 400, 431);
    uint32_t value_end = end;
    while (value_end > value && kr__is_space(data[value_end - 1]))
        value_end--;
    field->name = (uint16_t)at;
    field->name_length = (uint16_t)(name_end - at);
    field->value = (uint16_t)value;
    field->value_length = (uint16_t)(value_end - value);
    assert(value_end <= end);
    return accept_line(reader, at, end, 431);
}

/* RFC 9112 section 6.2 and RFC 9110 section 8.6: digits only, once.  A list of equal values, which a server may
 * accept, is refused. */
static int take_content_length(const uint8_t *value, uint32_t length, kr_head *head)
{
    assert(value);
    if (head->flags & KR_HAS_LENGTH || length == 0)
        return 400;
    uint64_t number = 0;
    for (uint32_t i = 0; i < length; i++) {
        unsigned digit = kr__digit(value[i]);
        if (digit > 9 || number > ((uint64_t)INT64_MAX - digit) / 10)
            return 400;
        number = number * 10 + digit;
    }
    head->flags |= KR_HAS_LENGTH;
    head->content_length = number;
    assert(number <= INT64_MAX);
    return 0;
}

/* RFC 9112 section 6.1: chunked is the only coding that is known, and may be applied once. */
static int take_transfer_encoding(const uint8_t *value, uint32_t length, kr_head *head)
{
    assert(value);
    assert(length <= KR_HEAD_BYTES_MAX);
    if (KR__IS(value, length, "chunked")) {
        if (head->flags & KR_CHUNKED)
            return 400;
        head->flags |= KR_CHUNKED;
        return 0;
    }
    /* "MUST respond with 400" when chunked is not the final coding, "SHOULD respond with 501" to unknown codings. */
    bool last_is_chunked = length > 7 && KR__IS(value + length - 7, 7, "chunked") &&
                           (value[length - 8] == ',' || kr__is_space(value[length - 8]));
    return last_is_chunked ? 501 : 400;
}

/* RFC 9110 section 7.6.1: a list of tokens. */
static int take_connection(const uint8_t *value, uint32_t length, kr_head *head, bool *close)
{
    assert(value);
    assert(close);
    for (uint32_t at = 0; at < length;) {
        uint32_t size = (uint32_t)kr__span_token(value + at, length - at);
        if (KR__IS(value + at, size, "close"))
            *close = true;
        else if (KR__IS(value + at, size, "keep-alive"))
            head->flags |= KR_KEEP_ALIVE;
        at += size;
        while (at < length && kr__is_space(value[at]))
            at++;
        if (at < length && value[at++] != ',')
            return 400;
        while (at < length && kr__is_space(value[at]))
            at++;
    }
    return 0;
}

/* RFC 9112 section 3.2: one Host, and a valid one. */
static int take_host(const uint8_t *value, uint32_t length, kr_head *head)
{
    assert(value);
    assert(head);
    if (head->flags & KR_HAS_HOST || !is_host(value, length))
        return 400;
    head->flags |= KR_HAS_HOST;
    return 0;
}

/* What the kernel itself needs to know of a field.  Returns 0 or a status. */
static int take_field(const uint8_t *data, const kr_field *field, kr_head *head, bool *close)
{
    const uint8_t *name = data + field->name, *value = data + field->value;
    uint32_t length = field->value_length;
    assert(field->name_length > 0);
    assert(data);
    switch (field->name_length) {
    case 4:
        return KR__IS(name, 4, "host") ? take_host(value, length, head) : 0;
    case 6:
        /* RFC 9110 section 10.1.1 */
        if (KR__IS(name, 6, "expect")) {
            if (!KR__IS(value, length, "100-continue"))
                return 417;
            head->flags |= KR_EXPECT_CONTINUE;
        }
        return 0;
    case 7:
        if (KR__IS(name, 7, "upgrade"))
            head->flags |= KR_UPGRADE;
        return 0;
    case 10:
        return KR__IS(name, 10, "connection") ? take_connection(value, length, head, close) : 0;
    case 14:
        return KR__IS(name, 14, "content-length") ? take_content_length(value, length, head) : 0;
    case 17:
        return KR__IS(name, 17, "transfer-encoding") ? take_transfer_encoding(value, length, head) : 0;
    default:
        return 0;
    }
}

/* Rules about the head as a whole.  Returns 0 or a status. */
static int judge_head(kr_head *head, bool close)
{
    assert(head->minor <= 1);
    assert(!(head->flags & KR_CHUNKED && head->flags & KR_HAS_LENGTH) || head->fields_count >= 2);
    /* RFC 9112 section 6.1: Transfer-Encoding with Content-Length "ought to be handled as an error"; with HTTP/1.0
     * the framing is faulty. */
    if (head->flags & KR_CHUNKED && (head->flags & KR_HAS_LENGTH || head->minor == 0))
        return 400;
    /* RFC 9112 section 3.2: HTTP/1.1 without Host is answered with 400. */
    if (head->minor == 1 && !(head->flags & KR_HAS_HOST))
        return 400;
    /* RFC 9110 section 10.1.1: the expectation of an HTTP/1.0 request is ignored, as is that of one without content. */
    if (head->minor == 0 || !(head->flags & KR_CHUNKED || head->content_length > 0))
        head->flags &= ~(uint32_t)KR_EXPECT_CONTINUE;
    /* RFC 9112 section 9.3 */
    if (close)
        head->flags &= ~(uint32_t)KR_KEEP_ALIVE;
    else if (head->minor == 1)
        head->flags |= KR_KEEP_ALIVE;
    return 0;
}

int kr_head_parse(const kr_limits *limits, const uint8_t *data, size_t length, size_t seen, kr_head *head)
{
    assert(kr__limits_validate(limits));
    assert(seen <= length);
    /* A client that sends byte by byte must not cost a pass over the head for each. */
    if (seen > 0 && length <= limits->line_bytes_max && !memchr(data + seen, '\n', length - seen))
        return 0;
    kr__reader reader = {data, (uint32_t)(length < KR_HEAD_BYTES_MAX ? length : KR_HEAD_BYTES_MAX), limits};
    memset(head, 0, offsetof(kr_head, fields));
    /* RFC 9112 section 2.2: at least one empty line before the request line is ignored; here, exactly one. */
    uint32_t start = ends_line(&reader, 0) ? 2 : 0;
    int at = parse_request_line(&reader, start, head);
    if (at <= 0)
        return at;
    head->fields_start = (uint16_t)at;
    bool close = false;
    while (!ends_line(&reader, (uint32_t)at)) {
        if ((uint32_t)at == reader.length)
            return 0;
        kr_field field;
        int next = parse_field(&reader, (uint32_t)at, &field);
        if (next <= 0)
            return next;
        if (head->fields_count == limits->fields_max)
            return -431;
        int status = take_field(data, &field, head, &close);
        if (status)
            return -status;
        head->fields[head->fields_count++] = field;
        at = next;
    }
    int end = accept_line(&reader, (uint32_t)at, (uint32_t)at, 431);
    int status = end < 0 ? -end : judge_head(head, close);
    assert(status || (end > 0 && (size_t)end <= length));
    return status ? -status : end;
}

int kr_fields_parse(const kr_limits *limits, const uint8_t *data, size_t length, kr_field *fields)
{
    assert(kr__limits_validate(limits));
    assert(fields);
    kr__reader reader = {data, (uint32_t)(length < KR_HEAD_BYTES_MAX ? length : KR_HEAD_BYTES_MAX), limits};
    uint32_t at = 0, count = 0;
    if (length > limits->head_bytes_max)
        return -431;
    while (at < length) {
        if (count == limits->fields_max)
            return -431;
        int next = parse_field(&reader, at, &fields[count]);
        if (next <= 0)
            return next < 0 ? next : -400;
        count++;
        at = (uint32_t)next;
    }
    return (int)count;
}
