/* What is explored: who sends what, in which pieces, with how much room for it, and what may go wrong. */
#include "native.h"

#define GET(digit) "GET /h/" digit " HTTP/1.1\r\nHost: a\r\n\r\n"
#define CUT_GET(digit) "GET /h/" digit " HT|TP/1.1\r\nHost: a\r\n|\r\n"
#define LAST(digit) "GET /h/" digit " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
#define OLD(digit) "GET /h/" digit " HTTP/1.0\r\n\r\n"
#define POST(digit) "POST /h/" digit " HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n|ab|cd"
#define CHUNKS(digit) "POST /h/" digit " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n|2\r\nab|\r\n0\r\n|\r\n"
#define BAD "GET / HTTP/1.1\r\nHost : a\r\n\r\n"

#define SMALL .connections_max = 3, .bodies_max = 1, .blocks_max = 8

const scenario scenarios[] = {
    /* Partial reads, with an end or a reset anywhere. */
    {.name = "pieces", .scripts = {CUT_GET("1") CUT_GET("2"), POST("1") GET("2")}, SMALL, .pipeline_max = 2,
     .faults = 2, .window = 400},
    /* More requests than may be under way, answered in any order. */
    {.name = "pipeline", .scripts = {GET("1") GET("2") GET("3") "|" LAST("4"), GET("1") GET("2")}, SMALL,
     .pipeline_max = 2, .faults = 1, .window = 400},
    /* Answers that are longer than what a client takes at a time, and few blocks. */
    {.name = "slow", .scripts = {GET("5") "|" GET("6"), GET("5") GET("2")}, .connections_max = 2, .bodies_max = 1,
     .blocks_max = 4, .pipeline_max = 2, .faults = 1, .window = 150},
    /* Resets and ends of all. */
    {.name = "resets", .scripts = {CUT_GET("1"), GET("1") GET("2"), CHUNKS("1")}, SMALL, .pipeline_max = 2,
     .faults = 3, .window = 400, .extent = FULL},
    /* Time limits. */
    {.name = "times", .scripts = {CUT_GET("1"), POST("1")}, SMALL, .pipeline_max = 2, .faults = 1, .times = 2,
     .window = 400},
    {.name = "times-more", .scripts = {CUT_GET("1") GET("2"), POST("1")}, SMALL, .pipeline_max = 2, .faults = 2,
     .times = 3, .window = 400, .extent = FULL},
    /* A graceful end, at any moment. */
    {.name = "shutdown", .scripts = {CUT_GET("1"), GET("1")}, SMALL, .pipeline_max = 2, .faults = 1, .times = 2,
     .stops = 1, .window = 400},
    {.name = "shutdown-more", .scripts = {CUT_GET("1"), GET("1") "|" GET("2")}, SMALL, .pipeline_max = 2, .faults = 2,
     .times = 3, .stops = 1, .window = 400, .extent = FULL},
    /* Answers in pieces. */
    {.name = "streams", .scripts = {GET("1") GET("2"), OLD("1")}, SMALL, .pipeline_max = 2, .faults = 1, .streams = 2,
     .window = 400},
    {.name = "streams-more", .scripts = {GET("1") GET("2"), OLD("1"), GET("1")}, SMALL, .pipeline_max = 2, .faults = 2,
     .streams = 2, .window = 400, .extent = FULL},
    /* More clients than places. */
    {.name = "places", .scripts = {CUT_GET("1"), LAST("1"), GET("1"), BAD}, .connections_max = 2, .bodies_max = 1,
     .blocks_max = 4, .pipeline_max = 1, .faults = 2, .window = 400},
    /* Too large to see every state: for samples. */
    {.name = "large",
     .scripts = {CUT_GET("1") CUT_GET("2") GET("3"), POST("1") CHUNKS("2") LAST("3"), GET("5") GET("6") GET("7") GET("8"),
                 GET("1") "|" BAD, OLD("5"), CHUNKS("1") POST("6") GET("3")},
     .connections_max = 5, .bodies_max = 1, .blocks_max = 12, .pipeline_max = 3, .faults = 4, .times = 4, .stops = 1,
     .streams = 4, .window = 200, .extent = SAMPLED},
};
const int scenarios_count = sizeof scenarios / sizeof *scenarios;
