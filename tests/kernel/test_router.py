"""The router against an obvious one, and what it refuses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from krepis.kernel import KernelError, Match, NoMatch, Router

METHODS = ("GET", "HEAD", "POST", "PUT")


def routes(*patterns: str, method: str = "GET") -> Router:
    router = Router()
    for index, pattern in enumerate(patterns):
        router.add(method, pattern, index)
    return router


def test_static_text_wins_over_a_parameter_and_that_over_a_wildcard() -> None:
    router = routes("/users/:id", "/users/me", "/users/*rest", "/users/:id/posts/:post", "/*all", "/")
    assert router.match("GET", b"/users/me") == Match(1, ())
    assert router.match("GET", b"/users/men") == Match(0, (b"men",))
    assert router.match("GET", b"/users/m/posts/%20") == Match(3, (b"m", b"%20"))
    assert router.match("GET", b"/users/m/p") == Match(2, (b"m/p",))
    assert router.match("GET", b"/users/") == Match(4, (b"users/",))
    assert router.match("GET", b"/") == Match(5, ())
    assert router.match("GET", b"x") == NoMatch()
    assert router.match("GET", b"") == NoMatch()


def test_a_path_without_the_method_names_those_that_it_has() -> None:
    router = routes("/a/:x", "/b")
    router.add("POST", "/a/b", 7)
    router.add("DELETE", "/a/*r", 8)
    assert router.match("GET", b"/a/b") == Match(0, (b"b",))
    assert router.match("HEAD", b"/a/b") == Match(0, (b"b",))
    assert router.match("POST", b"/a/b") == Match(7, ())
    assert router.match("PUT", b"/a/b") == NoMatch(frozenset({"GET", "HEAD", "POST", "DELETE"}))
    assert router.match("BREW", b"/b") == NoMatch(frozenset({"GET", "HEAD"}))
    assert router.match("PUT", b"/c") == NoMatch()


def test_head_has_its_own_route_when_it_wants() -> None:
    router = routes("/a")
    router.add("HEAD", "/a", 5)
    assert (router.match("HEAD", b"/a"), router.match("GET", b"/a")) == (Match(5, ()), Match(0, ()))


@pytest.mark.parametrize("pattern", ["/a", "/a/:other", "/f/*other", "/"])
def test_conflicts_are_errors_and_change_nothing(pattern: str) -> None:
    router = routes("/a", "/a/:id", "/f/*rest", "/")
    with pytest.raises(KernelError, match="another route"):
        router.add("GET", pattern, 9)
    router.add("POST", pattern, 9)
    assert router.match("GET", b"/a/1") == Match(1, (b"1",))


BAD = [
    "",
    "a",
    "/:",
    "/a/:id?",
    "/a:id",
    "/:a/:a",
    "/*",
    "/*a/b",
    "/a b",
    "/a#",
    "/:a-b",
    "/é",
    "/" * 65,
    "/" + "a" * 512,
]


@pytest.mark.parametrize("pattern", [*BAD, "".join(f"/:p{i}" for i in range(17))])
def test_malformed_patterns(pattern: str) -> None:
    with pytest.raises(KernelError, match="malformed"):
        Router().add("GET", pattern, 0)


def test_a_full_table_is_an_error_and_changes_nothing() -> None:
    router = Router(nodes_max=4, text_bytes_max=100)
    router.add("GET", "/abc", 0)
    router.add("GET", "/abd", 1)
    with pytest.raises(KernelError, match="full"):
        router.add("GET", "/x", 2)
    assert [router.match("GET", p) for p in (b"/abc", b"/abd", b"/x", b"/ab")] == [
        Match(0, ()),
        Match(1, ()),
        NoMatch(),
        NoMatch(),
    ]


# -- against an obvious router ----------------------------------------------------------------------------

SEGMENT = st.sampled_from(["a", "b", "ab", "abc", "", ":x", ":y"])
PATTERN = st.builds(
    lambda segments, wild: "/" + "/".join([*segments, *(["*w"] if wild else [])]),
    st.lists(SEGMENT, min_size=1, max_size=4),
    st.booleans(),
)
PATH = st.lists(st.sampled_from(["a", "b", "ab", "abc", "abcd", "", "x"]), min_size=1, max_size=5).map(
    lambda segments: "/" + "/".join(segments)
)


def try_pattern(pattern: list[str], path: list[str]) -> tuple[str, tuple[str, ...]] | None:
    """A sort key by precedence, segment by segment, and the parameters; None when it does not fit."""
    key, params = "", []
    for index, part in enumerate(pattern):
        if part.startswith("*"):
            rest = "/".join(path[index:])
            return (key + "2", (*params, rest)) if rest else None
        if index >= len(path):
            return None
        if part.startswith(":"):
            if not path[index]:
                return None
            key += "1"
            params.append(path[index])
        elif part == path[index]:
            key += "0"
        else:
            return None
    return (key, tuple(params)) if len(path) == len(pattern) else None


@given(st.lists(st.tuples(st.sampled_from(METHODS), PATTERN), max_size=12), st.lists(PATH, min_size=1, max_size=8))
def test_finds_what_an_obvious_router_finds(table: list[tuple[str, str]], paths: list[str]) -> None:
    router = Router()
    known: dict[tuple[str, str], tuple[int, list[str]]] = {}
    for index, (method, pattern) in enumerate(table):
        segments = pattern.split("/")
        names = [s for s in segments if s[:1] in ":*" and s]
        if len(set(names)) < len(names):
            continue
        shape = "/".join(s[:1] if s[:1] in (":", "*") else s for s in segments)
        if (method, shape) in known:
            with pytest.raises(KernelError, match="another route"):
                router.add(method, pattern, index)
        else:
            router.add(method, pattern, index)
            known[method, shape] = (index, segments)
    for path in paths:
        fits = []
        for (method, _), (index, segments) in known.items():
            if found := try_pattern(segments, path.split("/")):
                fits.append((found[0], method, index, found[1]))
        allowed = {method for _, method, _, _ in fits}
        for method in METHODS:
            best = min((f for f in fits if f[1] == method), default=None)
            if method == "HEAD":  # at one place of the tree, HEAD's own route comes before GET's
                best = min(
                    (f for f in fits if f[1] in ("HEAD", "GET")), default=None, key=lambda f: (f[0], f[1] == "GET")
                )
            expected = (
                Match(best[2], tuple(p.encode() for p in best[3]))
                if best
                else NoMatch(frozenset(allowed | ({"HEAD"} if "GET" in allowed else set())))
            )
            assert router.match(method, path.encode()) == expected
