"""Help from a language model, of which nothing reaches a person that has not been parsed, resolved and verified.

`gguf` and `models`: which models there are here. `source`: where completions come from, a model in a process of our
own (`process`, `_worker`, `batching`, and `_llama`, the only module that knows the library) or an OpenAI-compatible
server (`endpoint`). `retrieve`: what of the project is like what is asked for. `repair`, `generate`, `complete`: what
is suggested; `imports` adds what a draft forgot. `check`: the gate that every suggestion passes. `journal`: what was
tried. Nothing here knows LSP; nothing here writes a file of the user's.
"""
