/* Static files: RFC 9110 sections 8.8 (validators), 13 (If-None-Match, If-Modified-Since, If-Range) and 14 (ranges).
 *
 * A date is compared for equality with the Last-Modified that was sent, which needs no reading of old formats and is
 * never wrong in the dangerous direction.  Several ranges are answered with the whole, as section 14.2 permits. */
#include <stdio.h>

#include "server.h"

enum { PATH_BYTES_MAX = 1024, TAG_BYTES = 48 };

typedef struct kr__range {
    uint64_t first, length;
    int status; /* 200, 206 or 416 */
} kr__range;

static const kr_field *find(const kr_head *head, const uint8_t *data, const char *name, size_t length)
{
    assert(name[length] == '\0');
    for (int i = 0; i < head->fields_count; i++) {
        const kr_field *field = &head->fields[i];
        if (kr__is(data + field->name, field->name_length, name, length))
            return field;
    }
    assert(head->fields_count <= KR_FIELDS_MAX);
    return NULL;
}
#define FIND(head, data, literal) find(head, data, literal, sizeof(literal) - 1)

static bool equals(const uint8_t *data, const kr_field *field, const char *text)
{
    assert(field && text);
    return field->value_length == strlen(text) && memcmp(data + field->value, text, field->value_length) == 0;
}

static const char *type_of(const char *path)
{
    static const char *const types[][2] = {
        {"html", "text/html; charset=utf-8"}, {"css", "text/css; charset=utf-8"},
        {"js", "text/javascript; charset=utf-8"}, {"mjs", "text/javascript; charset=utf-8"},
        {"json", "application/json"}, {"map", "application/json"}, {"txt", "text/plain; charset=utf-8"},
        {"md", "text/markdown; charset=utf-8"}, {"csv", "text/csv; charset=utf-8"}, {"xml", "application/xml"},
        {"svg", "image/svg+xml"}, {"png", "image/png"}, {"jpg", "image/jpeg"}, {"jpeg", "image/jpeg"},
        {"gif", "image/gif"}, {"webp", "image/webp"}, {"avif", "image/avif"}, {"ico", "image/x-icon"},
        {"woff", "font/woff"}, {"woff2", "font/woff2"}, {"ttf", "font/ttf"}, {"otf", "font/otf"},
        {"mp3", "audio/mpeg"}, {"ogg", "audio/ogg"}, {"wav", "audio/wav"}, {"mp4", "video/mp4"},
        {"webm", "video/webm"}, {"pdf", "application/pdf"}, {"wasm", "application/wasm"}, {"zip", "application/zip"},
        {"gz", "application/gzip"},
    };
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot && i < sizeof types / sizeof *types; i++) {
        if (strcmp(dot + 1, types[i][0]) == 0)
            return types[i][1];
    }
    assert(path);
    return "application/octet-stream";
}

static int hex(uint8_t c)
{
    unsigned digit = kr__digit(c), letter = (c | 0x20u) - 'a';
    return digit <= 9 ? (int)digit : letter <= 5 ? (int)letter + 10 : -1;
}

/* The path of a file, decoded.  False for what names none: malformed or hidden encodings, hidden files, empty parts. */
static bool path_of(const uint8_t *raw, size_t length, char path[PATH_BYTES_MAX])
{
    size_t size = 0;
    for (size_t at = 0; at < length; at++) {
        uint8_t c = raw[at];
        if (c == '%') {
            if (length - at < 3 || hex(raw[at + 1]) < 0 || hex(raw[at + 2]) < 0)
                return false;
            c = (uint8_t)(hex(raw[at + 1]) * 16 + hex(raw[at + 2]));
            at += 2;
            if (c == '/' || c == '\0')
                return false;
        }
        bool starts = size == 0 || path[size - 1] == '/';
        if (size + 16 > PATH_BYTES_MAX || (starts && (c == '.' || c == '/')))
            return false;
        path[size++] = (char)c;
    }
    assert(size > 0 && size + 16 <= PATH_BYTES_MAX);
    strcpy(path + size, path[size - 1] == '/' ? "index.html" : "");
    return true;
}

/* Is the tag in the list?  RFC 9110 section 13.1.2: weak comparison, "*" for any. */
static bool lists(const uint8_t *data, const kr_field *field, const char *tag)
{
    const uint8_t *text = data + field->value;
    size_t length = field->value_length, size = strlen(tag);
    assert(size > 2 && tag[0] == '"');
    if (length == 1 && *text == '*')
        return true;
    for (size_t at = 0; at + size <= length; at++) {
        bool starts = at == 0 || text[at - 1] == ',' || text[at - 1] == '/' || kr__is_space(text[at - 1]);
        if (starts && memcmp(text + at, tag, size) == 0)
            return true;
    }
    return false;
}

static bool is_unmodified(const kr_head *head, const uint8_t *data, const char *tag, const char *date)
{
    const kr_field *none_match = FIND(head, data, "if-none-match");
    if (none_match) /* RFC 9110 section 13.2.2: it takes precedence */
        return lists(data, none_match, tag);
    const kr_field *since = FIND(head, data, "if-modified-since");
    assert(strlen(date) == KR_DATE_BYTES);
    return since && equals(data, since, date);
}

/* Decimal digits off the front; false when there are none, or too many. */
static bool take_number(const uint8_t **at, const uint8_t *end, uint64_t *number)
{
    const uint8_t *start = *at;
    *number = 0;
    while (*at < end && kr__digit(**at) <= 9 && *at - start < 18)
        *number = *number * 10 + kr__digit(*(*at)++);
    assert(*at <= end);
    return *at > start;
}

/* RFC 9110 section 14.1.2: one range of bytes.  What is malformed is ignored. */
static kr__range range_of(const kr_head *head, const uint8_t *data, uint64_t size, const char *tag, const char *date)
{
    kr__range whole = {0, size, 200};
    const kr_field *range = FIND(head, data, "range"), *condition = FIND(head, data, "if-range");
    if (!range || head->method != KR_GET || range->value_length < 7 || !kr__is(data + range->value, 6, "bytes=", 6))
        return whole;
    if (condition && !equals(data, condition, tag) && !equals(data, condition, date))
        return whole; /* section 13.1.5 */
    const uint8_t *at = data + range->value + 6, *end = data + range->value + range->value_length;
    uint64_t first, last = UINT64_MAX;
    bool has_first = take_number(&at, end, &first);
    if (at == end || *at++ != '-')
        return whole;
    bool has_last = at < end && take_number(&at, end, &last);
    if (at != end || (!has_first && !has_last) || (has_first && has_last && last < first))
        return whole;
    if (!has_first) { /* the last bytes */
        first = last < size ? size - last : 0;
        last = last == 0 ? 0 : UINT64_MAX;
        if (last == 0)
            return (kr__range){0, size, 416};
    }
    if (first >= size)
        return (kr__range){0, size, 416};
    uint64_t length = last < size ? last - first + 1 : size - first;
    assert(length > 0 && first + length <= size);
    return (kr__range){first, length, 206};
}

void kr__files_answer(kr_server *server, kr__peer *peer, uint32_t sequence, int directory, const uint8_t *data,
                      const kr_request *request, const kr_match *match)
{
    const kr_head *head = &request->head;
    const kr_param *param = &match->params[match->params_count - 1];
    char path[PATH_BYTES_MAX], tag[TAG_BYTES], date[KR_DATE_BYTES + 1] = {0}, fields[512];
    kr__file file;
    assert(match->params_count > 0);
    int status = path_of(data + head->path + param->at, param->length, path)
                     ? server->hal.open_file(server->hal.self, directory, path, &file)
                     : 404;
    if (status) {
        (void)kr__answer_error(server, peer, sequence, status, (kr__slice){NULL, 0});
        return;
    }
    int64_t seconds = file.seconds > 0 ? file.seconds : 0;
    kr_date(seconds < INT64_C(253402300799) ? seconds : 0, date);
    (void)snprintf(tag, sizeof tag, "\"%llx-%llx\"", (unsigned long long)file.size,
                   (unsigned long long)seconds * 1000000000 + file.nanoseconds);
    kr__range range = range_of(head, data, file.size, tag, date);
    if (is_unmodified(head, data, tag, date))
        range = (kr__range){0, 0, 304};
    int length;
    if (range.status == 416) {
        length = snprintf(fields, sizeof fields, "Content-Range: bytes */%llu\r\n", (unsigned long long)file.size);
        server->hal.close(server->hal.self, file.fd);
        (void)kr__answer_error(server, peer, sequence, 416, (kr__slice){(uint8_t *)fields, (size_t)length});
        return;
    }
    length = snprintf(fields, sizeof fields, "ETag: %s\r\nLast-Modified: %s\r\nAccept-Ranges: bytes\r\n", tag, date);
    if (range.status != 304)
        length += snprintf(fields + length, sizeof fields - (size_t)length, "Content-Type: %s\r\n", type_of(path));
    if (range.status == 206)
        length += snprintf(fields + length, sizeof fields - (size_t)length, "Content-Range: bytes %llu-%llu/%llu\r\n",
                           (unsigned long long)range.first, (unsigned long long)(range.first + range.length - 1),
                           (unsigned long long)file.size);
    assert((size_t)length < sizeof fields);
    kr__content content = {.fields = {(uint8_t *)fields, (size_t)length}, .body = {NULL, range.length},
                           .file = file.fd, .at = range.first};
    (void)kr__answer(server, peer, sequence, kr__template_of(range.status), content);
}
