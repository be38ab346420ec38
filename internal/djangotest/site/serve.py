"""Serves the site on a free port of the loopback interface, prints the port, and ends when its standard input does."""
import os
import sys
import threading

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"

from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402


class Handler(WSGIRequestHandler):
    def log_message(self, *args):
        pass  # what matters is logged by Django


class Server(ThreadedWSGIServer):
    daemon_threads = True


server = Server(("127.0.0.1", 0), Handler)
server.set_app(get_wsgi_application())
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_port, flush=True)
sys.stdin.read()
