"""The language server: LSP at the edge, snapshots inside.

Strategy: the event loop alone changes state, and does only what takes microseconds: it applies edits, parses
them incrementally and hands out immutable snapshots. Everything slow runs in a worker process (`_worker`), whose
results carry the versions that they were computed from. A handler takes its snapshot synchronously, before any
other message is applied; what it then awaits can be cancelled.

From the inside out: `document` (text, positions), `trees` (syntax), `results` (what a verification said, moved
along with later edits), `verifier` and `_worker` (the process), `project` and `state` (what is known), `features`
(one function per method, from state to LSP types), `protocol`, `transport` and `server` (pygls, made to behave).
LSP types appear only in this package. Deliberately absent: anything that a TypeScript server does.
"""
