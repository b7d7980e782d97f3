"""Answers every GET with 200 and the version in its environment; ends at SIGTERM."""

import http.server
import os
import signal
import sys

import idna  # from the virtual environment that another build stage made


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(idna.encode(os.environ.get("VERSION", "none")))

    def log_message(self, *_: object) -> None:
        pass


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
http.server.ThreadingHTTPServer(("", 8080), Handler).serve_forever()
