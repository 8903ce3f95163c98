"""Names that exist without being declared: of the language, of Node, and of test runners; and members of some."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


VALUES: Final = _names(
    "__dirname __filename AbortController AbortSignal AggregateError arguments Array ArrayBuffer "
    "AsyncDisposableStack atob Atomics BigInt BigInt64Array BigUint64Array Blob Boolean BroadcastChannel btoa "
    "Buffer ByteLengthQueuingStrategy clearImmediate clearInterval clearTimeout CompressionStream console "
    "CountQueuingStrategy Crypto crypto CryptoKey CustomEvent DataView Date decodeURI decodeURIComponent "
    "DecompressionStream DisposableStack DOMException encodeURI encodeURIComponent Error escape EvalError Event "
    "EventTarget exports fetch File FinalizationRegistry Float32Array Float64Array FormData Function global "
    "globalThis Headers Infinity Int16Array Int32Array Int8Array Intl isFinite isNaN Iterator JSON Map Math "
    "MessageChannel MessageEvent MessagePort module NaN navigator NodeJS Number Object parseFloat parseInt "
    "performance Performance process Promise Proxy queueMicrotask RangeError ReadableStream ReferenceError "
    "Reflect RegExp Request require Response Set setImmediate setInterval setTimeout SharedArrayBuffer String "
    "structuredClone SuppressedError Symbol SyntaxError TextDecoder TextDecoderStream TextEncoder "
    "TextEncoderStream TransformStream TypeError Uint16Array Uint32Array Uint8Array Uint8ClampedArray undefined "
    "unescape URIError URL URLSearchParams WeakMap WeakRef WeakSet WebAssembly WebSocket WritableStream"
)
TYPES: Final = _names(
    "ArrayLike asserts AsyncDisposable AsyncGenerator AsyncIterable AsyncIterableIterator AsyncIterator Awaited "
    "bigint BodyInit BufferEncoding BufferSource Capitalize ClassDecorator const ConstructorParameters Disposable "
    "ErrorOptions Exclude ExportedHandler Extract Generator HeadersInit InstanceType Iterable IterableIterator "
    "IteratorResult Lowercase MethodDecorator NoInfer NonNullable Omit OmitThisParameter ParameterDecorator "
    "Parameters Partial Pick PromiseFulfilledResult PromiseLike PromiseRejectedResult PromiseSettledResult "
    "PromiseWithResolvers PropertyDecorator PropertyDescriptor PropertyKey ReadableStreamDefaultController "
    "ReadableStreamDefaultReader Readonly ReadonlyArray ReadonlyMap ReadonlySet Record RequestInfo RequestInit "
    "Required ResponseInit ReturnType TemplateStringsArray ThisParameterType ThisType TypedPropertyDescriptor "
    "Uncapitalize Uppercase WritableStreamDefaultWriter"
)
TESTS: Final = _names("describe it test expect beforeEach afterEach beforeAll afterAll before after jest vi")
TEST_RUNNERS: Final = frozenset({"jest", "vitest", "mocha", "@jest/globals", "bun-types", "@types/jest"})

NODE: Final = _names(
    "assert assert/strict async_hooks buffer child_process cluster console constants crypto dgram "
    "diagnostics_channel dns dns/promises domain events fs fs/promises http http2 https inspector module net os "
    "path path/posix path/win32 perf_hooks process punycode querystring readline readline/promises repl stream "
    "stream/consumers stream/promises stream/web string_decoder sys test timers timers/promises tls trace_events "
    "tty url util util/types v8 vm wasi worker_threads zlib sqlite sea"
)
"""Modules of Node, without `node:`."""
OF_NODE: Final[Mapping[str, frozenset[str]]] = {
    "async_hooks": _names("AsyncLocalStorage AsyncResource"),
    "crypto": _names("createHash createHmac randomBytes randomInt randomUUID scrypt scryptSync timingSafeEqual"),
    "events": _names("EventEmitter"),
    "fs/promises": _names("appendFile mkdir readFile readdir unlink writeFile"),
    "util": _names("promisify"),
}
"""Names that, where nothing else is called so, are imported from a module of Node."""


OF_OBJECTS: Final = _names(
    "constructor hasOwnProperty isPrototypeOf propertyIsEnumerable toLocaleString toString valueOf __proto__"
)
OF_FUNCTIONS: Final = _names("apply bind call length name prototype")
_MAP: Final = _names("clear delete forEach get has set size entries keys values getOrInsert getOrInsertComputed")
_SET: Final = _names(
    "add clear delete forEach has size entries keys values union intersection difference symmetricDifference "
    "isSubsetOf isSupersetOf isDisjointFrom"
)
_ARRAY: Final = _names(
    "length at concat copyWithin entries every fill filter find findIndex findLast findLastIndex flat flatMap "
    "forEach includes indexOf join keys lastIndexOf map pop push reduce reduceRight reverse shift slice some sort "
    "splice toReversed toSorted toSpliced unshift values with"
)
INSTANCES: Final[Mapping[str, frozenset[str]]] = {
    "Map": _MAP,
    "ReadonlyMap": _MAP,
    "WeakMap": _names("delete get has set"),
    "Set": _SET,
    "ReadonlySet": _SET,
    "WeakSet": _names("add delete has"),
    "Promise": _names("then catch finally"),
    "Array": _ARRAY,
    "ReadonlyArray": _ARRAY,
    "string": _names(
        "length at charAt charCodeAt codePointAt concat endsWith includes indexOf isWellFormed lastIndexOf "
        "localeCompare match matchAll normalize padEnd padStart repeat replace replaceAll search slice split "
        "startsWith substr substring toLocaleLowerCase toLocaleUpperCase toLowerCase toUpperCase toWellFormed trim "
        "trimEnd trimStart anchor big bold link"
    ),
    "number": _names("toExponential toFixed toPrecision"),
    "boolean": frozenset(),
}
STATICS: Final[Mapping[str, frozenset[str]]] = {
    "Math": _names(
        "E LN10 LN2 LOG10E LOG2E PI SQRT1_2 SQRT2 abs acos acosh asin asinh atan atan2 atanh cbrt ceil clz32 cos cosh "
        "exp expm1 floor fround hypot imul log log10 log1p log2 max min pow random round sign sin sinh sqrt tan tanh "
        "trunc"
    ),
    "JSON": _names("parse stringify rawJSON isRawJSON"),
    "Object": _names(
        "assign create defineProperties defineProperty entries freeze fromEntries getOwnPropertyDescriptor "
        "getOwnPropertyDescriptors getOwnPropertyNames getOwnPropertySymbols getPrototypeOf groupBy hasOwn is "
        "isExtensible isFrozen isSealed keys preventExtensions seal setPrototypeOf values"
    ),
    "Promise": _names("all allSettled any race reject resolve try withResolvers"),
    "Array": _names("from fromAsync isArray of"),
    "Number": _names(
        "EPSILON MAX_SAFE_INTEGER MAX_VALUE MIN_SAFE_INTEGER MIN_VALUE NEGATIVE_INFINITY NaN POSITIVE_INFINITY "
        "isFinite isInteger isNaN isSafeInteger parseFloat parseInt"
    ),
    "String": _names("fromCharCode fromCodePoint raw"),
    "Date": _names("UTC now parse"),
    "Map": _names("groupBy"),
    "console": _names(
        "assert clear count countReset debug dir dirxml error group groupCollapsed groupEnd info log table time "
        "timeEnd timeLog trace warn Console"
    ),
}
