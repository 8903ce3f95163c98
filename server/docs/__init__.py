"""What `krepis docs` says of an application: its routes as OpenAPI, Markdown, a site, and a client.

`reader.py` asks the project's TypeScript what the routes take and answer; `openapi.py` makes the document, and
everything else (`pages.py`, `client.py`) is made from the document alone.
"""
