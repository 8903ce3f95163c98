/* Response heads, RFC 9112 section 4 and RFC 9110 sections 6.6.1 and 15. */
#include "internal.h"

static void two_digits(char *out, unsigned value)
{
    assert(value < 100);
    out[0] = (char)('0' + value / 10);
    out[1] = (char)('0' + value % 10);
}

void kr_date(int64_t seconds, char out[KR_DATE_BYTES])
{
    assert(seconds >= 0);
    assert(seconds < INT64_C(253402300800)); /* the year 10000 */
    int64_t days = seconds / 86400;
    unsigned rest = (unsigned)(seconds % 86400);
    /* Years of 365.2425 days that begin in March, counted from 1 March of the year 0. */
    int64_t shifted = days + 719468, era = shifted / 146097;
    unsigned of_era = (unsigned)(shifted % 146097);
    unsigned year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    unsigned of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned march = (5 * of_year + 2) / 153, day = of_year - (153 * march + 2) / 5 + 1;
    unsigned month = march < 10 ? march + 2 : march - 10; /* from 0 */
    unsigned year = (unsigned)(era * 400) + year_of_era + (month < 2);
    memcpy(out, "Thu, 00 Jan 0000 00:00:00 GMT", KR_DATE_BYTES);
    memcpy(out, &"ThuFriSatSunMonTueWed"[3 * (days % 7)], 3);
    two_digits(out + 5, day);
    memcpy(out + 8, &"JanFebMarAprMayJunJulAugSepOctNovDec"[3 * month], 3);
    two_digits(out + 12, year / 100);
    two_digits(out + 14, year % 100);
    two_digits(out + 17, rest / 3600);
    two_digits(out + 20, rest / 60 % 60);
    two_digits(out + 23, rest % 60);
}

const char *kr_reason(int status)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {
        {100, "Continue"}, {101, "Switching Protocols"}, {103, "Early Hints"}, {200, "OK"}, {201, "Created"},
        {202, "Accepted"}, {203, "Non-Authoritative Information"}, {204, "No Content"}, {205, "Reset Content"},
        {206, "Partial Content"}, {300, "Multiple Choices"}, {301, "Moved Permanently"}, {302, "Found"},
        {303, "See Other"}, {304, "Not Modified"}, {307, "Temporary Redirect"}, {308, "Permanent Redirect"},
        {400, "Bad Request"}, {401, "Unauthorized"}, {402, "Payment Required"}, {403, "Forbidden"},
        {404, "Not Found"}, {405, "Method Not Allowed"}, {406, "Not Acceptable"},
        {407, "Proxy Authentication Required"}, {408, "Request Timeout"}, {409, "Conflict"}, {410, "Gone"},
        {411, "Length Required"}, {412, "Precondition Failed"}, {413, "Content Too Large"}, {414, "URI Too Long"},
        {415, "Unsupported Media Type"}, {416, "Range Not Satisfiable"}, {417, "Expectation Failed"},
        {421, "Misdirected Request"}, {422, "Unprocessable Content"}, {423, "Locked"}, {424, "Failed Dependency"},
        {425, "Too Early"}, {426, "Upgrade Required"}, {428, "Precondition Required"}, {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"}, {451, "Unavailable For Legal Reasons"},
        {500, "Internal Server Error"}, {501, "Not Implemented"}, {502, "Bad Gateway"},
        {503, "Service Unavailable"}, {504, "Gateway Timeout"}, {505, "HTTP Version Not Supported"},
        {507, "Insufficient Storage"}, {511, "Network Authentication Required"},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        if (reasons[i].status == status)
            return reasons[i].reason;
    }
    assert(status != 200);
    return "";
}

/* Complete field lines, and none of those that frame the message: nothing that a caller passes can split it. */
bool kr__is_fields(const char *fields, size_t length)
{
    const uint8_t *data = (const uint8_t *)fields;
    assert(data || length == 0);
    for (size_t at = 0; at < length;) {
        size_t name = kr__span_token(data + at, length - at), colon = at + name;
        if (name == 0 || colon == length || data[colon] != ':')
            return false;
        if (KR__IS(data + at, name, "content-length") || KR__IS(data + at, name, "transfer-encoding") ||
            KR__IS(data + at, name, "connection") || KR__IS(data + at, name, "date"))
            return false;
        size_t end = colon + 1 + kr__span_value(data + colon + 1, length - colon - 1);
        if (length - end < 2 || data[end] != '\r' || data[end + 1] != '\n')
            return false;
        at = end + 2;
        assert(at <= length);
    }
    return true;
}

static uint8_t *put(uint8_t *out, const char *text, size_t length)
{
    assert(out);
    if (length)
        memcpy(out, text, length);
    return out + length;
}
#define PUT(out, literal) put(out, literal, sizeof(literal) - 1)

uint8_t *kr__put_number(uint8_t *out, uint64_t number)
{
    char digits[20];
    size_t at = sizeof digits;
    do
        digits[--at] = (char)('0' + number % 10);
    while (number /= 10);
    assert(at < sizeof digits);
    return put(out, digits + at, sizeof digits - at);
}

bool kr__has_content(int status)
{
    return status >= 200 && status != 204 && status != 304;
}

int kr__response_start(uint8_t *out, size_t capacity, int status, const char *fields, size_t length)
{
    assert(out);
    if (status < 100 || status > 599 || !kr__is_fields(fields, length))
        return KR_EINVAL;
    if (capacity < KR__HEAD_OVERHEAD || capacity - KR__HEAD_OVERHEAD < length)
        return KR_EFULL;
    const char *reason = kr_reason(status);
    uint8_t *at = PUT(out, "HTTP/1.1 ");
    at = kr__put_number(at, (uint64_t)status);
    *at++ = ' ';
    at = put(at, reason, strlen(reason));
    at = PUT(at, "\r\n");
    at = put(at, fields, length);
    assert((size_t)(at - out) <= capacity);
    return (int)(at - out);
}

uint8_t *kr__response_end(uint8_t *at, int flags, const char date[KR_DATE_BYTES])
{
    assert(at);
    assert((flags & (KR_CLOSE | KR_SAY_KEEP_ALIVE)) != (KR_CLOSE | KR_SAY_KEEP_ALIVE));
    if (!(flags & KR_NO_DATE)) {
        at = PUT(at, "Date: ");
        at = put(at, date, KR_DATE_BYTES);
        at = PUT(at, "\r\n");
    }
    /* RFC 9112 section 9.3: HTTP/1.0 has to be told that the connection persists. */
    if (flags & KR_CLOSE)
        at = PUT(at, "Connection: close\r\n");
    else if (flags & KR_SAY_KEEP_ALIVE)
        at = PUT(at, "Connection: keep-alive\r\n");
    return PUT(at, "\r\n");
}

int kr_response_head(uint8_t *out, size_t capacity, int status, const char *fields, size_t fields_length,
                     uint64_t content_length, int flags, const char date[KR_DATE_BYTES])
{
    int start = kr__response_start(out, capacity, status, fields, fields_length);
    if (start < 0)
        return start;
    uint8_t *at = out + start;
    /* RFC 9110 section 8.6: no Content-Length with 1xx and 204; with 304 it would have to be that of the 200. */
    if (kr__has_content(status) && flags & KR_CHUNKED_BODY) {
        at = PUT(at, "Transfer-Encoding: chunked\r\n");
    } else if (kr__has_content(status)) {
        at = PUT(at, "Content-Length: ");
        at = kr__put_number(at, content_length);
        at = PUT(at, "\r\n");
    }
    at = kr__response_end(at, flags, date);
    assert((size_t)(at - out) <= capacity);
    return (int)(at - out);
}
