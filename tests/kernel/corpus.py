"""Requests and what the kernel says to them: the status of a refusal, or the requests that were understood.

`\\n` in a text stands for CRLF; `\\r` and `\\l` for a bare CR and a bare LF. The cases cover the same ground as the
public suites of llhttp and h11 and the literature on request smuggling; the words and the bytes are our own.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """`expected` is a status, None while more is needed, or (method, target, body) of each request."""

    name: str
    rule: str
    data: bytes
    expected: int | tuple[tuple[str, str, str], ...] | None


def case(
    name: str, rule: str, text: str, expected: int | tuple[str, str, str] | tuple[tuple[str, str, str], ...] | None
) -> Case:
    data = text.replace("\n", "\r\n").replace("\\r", "\r").replace("\\l", "\n").encode("latin-1")
    if isinstance(expected, tuple) and isinstance(expected[0], str):
        expected = (expected,)  # type: ignore[assignment]
    return Case(name, rule, data, expected)  # type: ignore[arg-type]


ROOT = ("GET", "/", "")
H = "Host: a\n"


def post(fields: str, body: str = "") -> str:
    return f"POST /p HTTP/1.1\n{H}{fields}\n{body}"


def chunks(body: str) -> str:
    return post("Transfer-Encoding: chunked\n", body)


def posted(body: str) -> tuple[str, str, str]:
    return ("POST", "/p", body)


GOOD = [
    case("shortest", "9112 3.2", f"GET / HTTP/1.1\n{H}\n", ROOT),
    case("old, without a host", "9112 3.2", "GET / HTTP/1.0\n\n", ROOT),
    case("higher minor version", "9110 2.5", f"GET / HTTP/1.7\n{H}\n", ROOT),
    case("empty line before", "9112 2.2", f"\nGET / HTTP/1.1\n{H}\n", ROOT),
    case("query", "3986 3.4", f"GET /a?b=c&d=%20?e HTTP/1.1\n{H}\n", ("GET", "/a?b=c&d=%20?e", "")),
    case(
        "absolute form", "9112 3.2.2", f"GET http://a.example/x?y HTTP/1.1\n{H}\n", ("GET", "http://a.example/x?y", "")
    ),
    case("absolute form without a path", "9112 3.2.2", f"GET http://a HTTP/1.1\n{H}\n", ("GET", "http://a", "")),
    case("absolute form, IPv6", "3986 3.2.2", f"GET HTTP://[::1]:80/ HTTP/1.1\n{H}\n", ("GET", "HTTP://[::1]:80/", "")),
    case("asterisk form", "9112 3.2.4", f"OPTIONS * HTTP/1.1\n{H}\n", ("OPTIONS", "*", "")),
    case("unknown method", "9110 9.1", f"M-SEARCH / HTTP/1.1\n{H}\n", ("M-SEARCH", "/", "")),
    case("methods are case-sensitive", "9110 9.1", f"get / HTTP/1.1\n{H}\n", ("get", "/", "")),
    case("every byte of a token", "9110 5.6.2", f"GET / HTTP/1.1\n{H}!#$%&'*+-.^_`|~09azAZ: x\n\n", ROOT),
    case("bytes above ASCII in a value", "9110 5.5", f"GET / HTTP/1.1\n{H}X: caf\xe9 \xff\n\n", ROOT),
    case("empty value", "9110 5.5", f"GET / HTTP/1.1\n{H}X:\nY: \t \n\n", ROOT),
    case("white space around a value", "9112 5", f"POST /p HTTP/1.1\n{H}Content-Length: \t 2\t \n\nok", posted("ok")),
    case("empty host", "9112 3.2", "GET / HTTP/1.1\nHost:\n\n", ROOT),
    case("host with a port", "9110 4.2.1", "GET / HTTP/1.1\nHost: [2001:db8::1]:8080\n\n", ROOT),
    case("names in any case", "9110 5.1", "POST /p HTTP/1.1\nhOST: a\ncOnTeNt-LENGTH: 1\n\nx", posted("x")),
    case("length of zero", "9110 8.6", post("Content-Length: 0\n"), posted("")),
    case("leading zeros in a length", "9110 8.6", post("Content-Length: 0003\n", "abc"), posted("abc")),
    case("no body without a length", "9112 6.3", post("") + f"GET / HTTP/1.1\n{H}\n", (posted(""), ROOT)),
    case("body of a GET", "9110 9.3.1", f"GET / HTTP/1.1\n{H}Content-Length: 2\n\nhi", ("GET", "/", "hi")),
    case("pipelined", "9112 9.3.2", f"GET / HTTP/1.1\n{H}\n" * 3, (ROOT, ROOT, ROOT)),
    case(
        "pipelined with bodies",
        "9112 9.3.2",
        post("Content-Length: 3\n", "abc") + chunks("1\nx\n0\n\n") + f"GET / HTTP/1.1\n{H}\n",
        (posted("abc"), posted("x"), ROOT),
    ),
    case("nothing after close", "9112 9.6", f"GET / HTTP/1.1\n{H}Connection: close\n\nGET / HTTP/1.1\n", ROOT),
    case("nothing after an old request", "9112 9.3", "GET / HTTP/1.0\n\nGET / HTTP/1.0\n\n", ROOT),
    case("old and kept alive", "9112 9.3", "GET / HTTP/1.0\nConnection: Keep-Alive\n\n" * 2, (ROOT, ROOT)),
    case("close among others", "9110 7.6.1", f"GET / HTTP/1.1\n{H}Connection: , x,  ClOsE ,y\n\nrest", ROOT),
    case("chunks", "9112 7.1", chunks("5\nhello\n6\n world\n0\n\n"), posted("hello world")),
    case("no chunk", "9112 7.1", chunks("0\n\n"), posted("")),
    case("several zeros end it too", "9112 7.1", chunks("1\na\n000\n\n"), posted("a")),
    case(
        "hexadecimal in both cases", "9112 7.1", chunks("a\n0123456789\nA\n0123456789\n0\n\n"), posted("0123456789" * 2)
    ),
    case("chunk extensions", "9112 7.1.1", chunks('1;a\nx\n1 ;b="c;d" ; e=f\ny\n0;z\n\n'), posted("xy")),
    case("trailers", "9112 7.1.2", chunks("1\nx\n0\nDigest: 1\nX:\n\n"), posted("x")),
    case("a length as a trailer is no length", "9110 6.5.1", chunks("0\nContent-Length: 5\n\n"), posted("")),
    case("chunked in any case", "9112 7", post("Transfer-Encoding: CHUNKED\n", "0\n\n"), posted("")),
    case("CRLF in data", "9112 7.1", chunks("4\n\n\n\n0\n\n"), posted("\r\n\r\n")),
    case("expectation", "9110 10.1.1", post("Expect: 100-Continue\nContent-Length: 1\n", "x"), posted("x")),
]

INCOMPLETE = [
    case("nothing", "9112 2.1", "", None),
    case("part of a method", "9112 3", "GE", None),
    case("a bad method whose line is not complete", "9112 3", "G(T / HT", None),
    case("an empty line alone", "9112 2.2", "\n", None),
    case("without the empty line", "9112 2.1", f"GET / HTTP/1.1\n{H}", None),
    case("half the empty line", "9112 2.1", f"GET / HTTP/1.1\n{H}\\r", None),
    case("body to come", "9112 6.3", post("Content-Length: 5\n", "hell"), None),
    case("chunk to come", "9112 7.1", chunks("5\nhell"), None),
    case("end of chunks to come", "9112 7.1", chunks("0\n"), None),
    case("trailers to come", "9112 7.1.2", chunks("0\nX: y"), None),
]

BAD_LINES = [
    case("two empty lines before", "9112 2.2", f"\n\nGET / HTTP/1.1\n{H}\n", 400),
    case("a bare LF ends the request line", "9112 2.2", f"GET / HTTP/1.1\\l{H}\n", 400),
    case("a bare LF ends a field", "9112 2.2", "GET / HTTP/1.1\nHost: a\\lX: y\n\n", 400),
    case("a bare LF ends the head", "9112 2.2", f"GET / HTTP/1.1\n{H}\\l", 400),
    case("a bare CR in a value", "9112 2.2", "GET / HTTP/1.1\nHost: a\nX: a\\rb\n\n", 400),
    case("a bare CR in the request line", "9112 2.2", f"GET /\\r HTTP/1.1\n{H}\n", 400),
    case("CR CR LF", "9112 2.2", "GET / HTTP/1.1\nHost: a\\r\n\n", 400),
    case("two spaces after the method", "9112 3", f"GET  / HTTP/1.1\n{H}\n", 400),
    case("two spaces before the version", "9112 3", f"GET /  HTTP/1.1\n{H}\n", 400),
    case("a space at the end", "9112 3", f"GET / HTTP/1.1 \n{H}\n", 400),
    case("a tab", "9112 3", f"GET\t/ HTTP/1.1\n{H}\n", 400),
    case("a space before", "9112 3", f" GET / HTTP/1.1\n{H}\n", 400),
    case("a space in the target", "9112 3", f"GET /a b HTTP/1.1\n{H}\n", 400),
    case("no version", "9112 3", f"GET /\n{H}\n", 400),
    case("version in lower case", "9112 2.3", f"GET / http/1.1\n{H}\n", 400),
    case("version with two digits", "9112 2.3", f"GET / HTTP/1.10\n{H}\n", 400),
    case("version without a digit", "9112 2.3", f"GET / HTTP/1.\n{H}\n", 400),
    case("version with a letter", "9112 2.3", f"GET / HTTP/1.x\n{H}\n", 400),
    case("version 2", "9110 2.5", f"GET / HTTP/2.0\n{H}\n", 505),
    case("preface of HTTP/2", "9113 3.4", "PRI * HTTP/2.0\n\nSM\n\n", 505),
    case("version 0.9", "9110 2.5", "GET / HTTP/0.9\n\n", 505),
    case("a separator in the method", "9110 5.6.2", f"G(T / HTTP/1.1\n{H}\n", 400),
    case("a method of 33 bytes", "9112 3", f"{'M' * 33} / HTTP/1.1\n{H}\n", 501),
    case("TLS on the plain port", "9112 3", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\n", 400),
    case("a target above ASCII", "3986 2", f"GET /\xe9 HTTP/1.1\n{H}\n", 400),
    case("NUL in the target", "3986 2", f"GET /\x00 HTTP/1.1\n{H}\n", 400),
    case("a fragment", "3986 4.3", f"GET /a#b HTTP/1.1\n{H}\n", 400),
    case("a relative target", "9112 3.2", f"GET a/b HTTP/1.1\n{H}\n", 400),
    case("an unknown scheme", "9112 3.2.2", f"GET ftp://a/ HTTP/1.1\n{H}\n", 400),
    case("absolute form without a host", "9110 4.2.1", f"GET http:///x HTTP/1.1\n{H}\n", 400),
    case("user information in the target", "9110 4.2.4", f"GET http://u:p@a/ HTTP/1.1\n{H}\n", 400),
    case("asterisk form of GET", "9112 3.2.4", f"GET * HTTP/1.1\n{H}\n", 400),
    case("authority form", "9112 3.2.3", f"CONNECT a:80 HTTP/1.1\n{H}\n", 501),
    case("a space before the first field", "9112 2.2", f"GET / HTTP/1.1\n {H}\n", 400),
    case("a space before the colon", "9112 5.1", "GET / HTTP/1.1\nHost : a\n\n", 400),
    case("a tab before the colon", "9112 5.1", f"GET / HTTP/1.1\n{H}X\t: a\n\n", 400),
    case("obsolete line folding", "9112 5.2", f"GET / HTTP/1.1\n{H}X: a\n b\n\n", 400),
    case("folding with a tab", "9112 5.2", f"GET / HTTP/1.1\n{H}X: a\n\tb: c\n\n", 400),
    case("a field without a colon", "9112 5", f"GET / HTTP/1.1\n{H}X\n\n", 400),
    case("a field without a name", "9112 5", f"GET / HTTP/1.1\n{H}: x\n\n", 400),
    case("a separator in a name", "9110 5.6.2", f"GET / HTTP/1.1\n{H}X@Y: x\n\n", 400),
    case("a name above ASCII", "9110 5.6.2", f"GET / HTTP/1.1\n{H}\xe9: x\n\n", 400),
    case("NUL in a name", "9110 5.6.2", f"GET / HTTP/1.1\n{H}X\x00: x\n\n", 400),
    case("NUL in a value", "9110 5.5", f"GET / HTTP/1.1\n{H}X: a\x00b\n\n", 400),
    case("DEL in a value", "9110 5.5", f"GET / HTTP/1.1\n{H}X: a\x7f\n\n", 400),
    case("a control in a long value", "9110 5.5", f"GET / HTTP/1.1\n{H}X: {'a' * 37}\x01{'b' * 9}\n\n", 400),
    case("no host", "9112 3.2", "GET / HTTP/1.1\n\n", 400),
    case("two hosts", "9112 3.2", f"GET / HTTP/1.1\n{H}{H}\n", 400),
    case("two hosts, one in another case", "9112 3.2", f"GET / HTTP/1.1\n{H}HOST: b\n\n", 400),
    case("a list of hosts", "9112 3.2", "GET / HTTP/1.1\nHost: a, b\n\n", 400),
    case("a host with a path", "9112 3.2", "GET / HTTP/1.1\nHost: a/b\n\n", 400),
    case("a host with user information", "9112 3.2", "GET / HTTP/1.1\nHost: u@a\n\n", 400),
    case("another expectation", "9110 10.1.1", post("Expect: coffee\n"), 417),
    case("a malformed connection option", "9110 7.6.1", f"GET / HTTP/1.1\n{H}Connection: a b\n\n", 400),
    case("a request line too long", "9110 15.5.15", f"GET /{'a' * 8192} HTTP/1.1\n{H}\n", 414),
    case("a field line too long", "6585 5", f"GET / HTTP/1.1\n{H}X: {'a' * 8192}\n\n", 431),
    case("a head too long", "6585 5", f"GET / HTTP/1.1\n{H}" + f"X: {'a' * 4000}\n" * 5 + "\n", 431),
    case("too many fields", "6585 5", f"GET / HTTP/1.1\n{H}" + "X: a\n" * 100 + "\n", 431),
    case("no end in sight", "6585 5", "GET /" + "a" * 9000, 414),
]

SMUGGLING = [
    case("length and chunks", "9112 6.1", post("Content-Length: 3\nTransfer-Encoding: chunked\n", "0\n\n"), 400),
    case("chunks and length", "9112 6.1", post("Transfer-Encoding: chunked\nContent-Length: 3\n", "0\n\n"), 400),
    case("two different lengths", "9112 6.3", post("Content-Length: 3\nContent-Length: 4\n", "abcd"), 400),
    case("two equal lengths", "9112 6.3", post("Content-Length: 3\nContent-Length: 3\n", "abc"), 400),
    case("a list of lengths", "9112 6.3", post("Content-Length: 3, 3\n", "abc"), 400),
    case("a length with a sign", "9110 8.6", post("Content-Length: +3\n", "abc"), 400),
    case("a negative length", "9110 8.6", post("Content-Length: -1\n"), 400),
    case("a length in hexadecimal", "9110 8.6", post("Content-Length: 0x3\n", "abc"), 400),
    case("a length with a space", "9110 8.6", post("Content-Length: 1 0\n", "a"), 400),
    case("a length with an underscore", "9110 8.6", post("Content-Length: 1_0\n", "a"), 400),
    case("an empty length", "9110 8.6", post("Content-Length:\n"), 400),
    case("a length of 2^63", "9110 8.6", post("Content-Length: 9223372036854775808\n"), 400),
    case("a length that wraps around", "9110 8.6", post("Content-Length: 18446744073709551617\n", "a"), 400),
    case("a length over the limit", "9110 15.5.14", post("Content-Length: 9223372036854775807\n"), 413),
    case("a space before the colon of a length", "9112 5.1", post("Content-Length : 3\n", "abc"), 400),
    case("a folded coding", "9112 5.2", post("Transfer-Encoding:\n chunked\n", "0\n\n"), 400),
    case("a length after a bare CR", "9112 2.2", post("X: y\\rContent-Length: 3\n", "abc"), 400),
    case("a length after a bare LF", "9112 2.2", post("X: y\\lContent-Length: 3\n", "abc"), 400),
    case("a vertical tab before the coding", "9112 6.1", post("Transfer-Encoding: \x0bchunked\n", "0\n\n"), 400),
    case("a vertical tab in the name", "9110 5.6.2", post("Transfer-Encoding\x0b: chunked\n", "0\n\n"), 400),
    case("chunked twice in a list", "9112 6.1", post("Transfer-Encoding: chunked, chunked\n", "0\n\n"), 501),
    case("chunked twice in two lines", "9112 6.1", post("Transfer-Encoding: chunked\n" * 2, "0\n\n"), 400),
    case("chunked is not last", "9112 6.3", post("Transfer-Encoding: chunked, gzip\n", "0\n\n"), 400),
    case("another coding before it", "9112 6.1", post("Transfer-Encoding: gzip, chunked\n", "0\n\n"), 501),
    case(
        "another coding in a line before it",
        "9112 6.1",
        post("Transfer-Encoding: gzip\nTransfer-Encoding: chunked\n"),
        400,
    ),
    case("identity", "9112 6.3", post("Transfer-Encoding: identity\nContent-Length: 3\n", "abc"), 400),
    case("a coding that looks like it", "9112 6.3", post("Transfer-Encoding: xchunked\n", "0\n\n"), 400),
    case("a quoted coding", "9112 6.1", post('Transfer-Encoding: "chunked"\n', "0\n\n"), 400),
    case("a coding with a parameter", "9112 6.1", post("Transfer-Encoding: chunked;q=1\n", "0\n\n"), 400),
    case("an empty coding", "9112 6.1", post("Transfer-Encoding:\n", "0\n\n"), 400),
    case("chunks of HTTP/1.0", "9112 6.1", "POST /p HTTP/1.0\nTransfer-Encoding: chunked\n\n0\n\n", 400),
    case("a chunk size with a sign", "9112 7.1", chunks("+1\nx\n0\n\n"), 400),
    case("a chunk size with 0x", "9112 7.1", chunks("0x1\nx\n0\n\n"), 400),
    case("a chunk size with an underscore", "9112 7.1", chunks("1_0\nx\n0\n\n"), 400),
    case("an empty chunk size", "9112 7.1", chunks("\nx\n0\n\n"), 400),
    case("a chunk size after a space", "9112 7.1", chunks(" 1\nx\n0\n\n"), 400),
    case("a space after a chunk size", "9112 7.1.1", chunks("1 \nx\n0\n\n"), 400),
    case("a chunk size that wraps around", "9112 7.1", chunks("10000000000000001\nx\n0\n\n"), 413),
    case("a chunk over the limit", "9112 7.1", chunks("100001\n"), 413),
    case("chunks over the limit together", "9112 7.1", chunks(f"10000\n{'x' * 65536}\nf0001\n"), 413),
    case("a bare LF after a chunk size", "9112 7.1", chunks("1\\lx\n0\n\n"), 400),
    case("a bare CR after a chunk size", "9112 7.1", chunks("1\\rx\n0\n\n"), 400),
    case("a bare LF after a chunk", "9112 7.1", chunks("1\nx\\l0\n\n"), 400),
    case("a chunk longer than its size", "9112 7.1", chunks("1\nxy\n0\n\n"), 400),
    case("a bare LF in an extension", "9112 7.1.1", chunks("1;a\\l\nx\n0\n\n"), 400),
    case("a bare CR in an extension", "9112 7.1.1", chunks("1;a\\rb\nx\n0\n\n"), 400),
    case("NUL in an extension", "9112 7.1.1", chunks("1;\x00\nx\n0\n\n"), 400),
    case("an endless chunk line", "9112 7.1.1", chunks(f"1;{'a' * 1100}\nx\n0\n\n"), 400),
    case("endless zeros", "9112 7.1", chunks(f"{'0' * 1100}1\nx\n0\n\n"), 400),
    case("too many extensions", "9112 7.1.1", chunks(f"1;{'a' * 1000}\nx\n" * 17), 413),
    case("a bare LF ends the trailers", "9112 7.1.2", chunks("0\n\\l"), 400),
    case("a folded trailer", "9112 5.2", chunks("0\nX: y\n z\n\n"), 400),
    case("a trailer with a space before the colon", "9112 5.1", chunks("0\nX : y\n\n"), 400),
    case("a trailer with a bare CR", "9112 2.2", chunks("0\nX: y\\rz\n\n"), 400),
    case("a trailer without a colon", "9112 5", chunks("0\nX\n\n"), 400),
    case("too many trailers", "6585 5", chunks("0\n" + f"X: {'a' * 1000}\n" * 17 + "\n"), 431),
]

CASES = [*GOOD, *INCOMPLETE, *BAD_LINES, *SMUGGLING]
