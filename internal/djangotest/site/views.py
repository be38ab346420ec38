"""Does to a session what a request asks for, with Django's own means.

POST / takes {"steps": [[name, argument...], ...]} and answers what each step
returned, and the state of the session after the last one. The step "wait" holds
the request until the test lets it go.
"""
import datetime
import io
import json
import threading
from types import SimpleNamespace
from urllib.parse import unquote_to_bytes

from django.contrib.auth import authenticate, get_user_model, login, logout, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.sessions.backends.db import SessionStore
from django.core.handlers.wsgi import WSGIRequest
from django.core.management import call_command
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.urls import path
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_exempt
from people.models import Visit


class Gate:
    def __init__(self):
        self.arrived, self.released = threading.Event(), threading.Event()


gates = {}


def gate_of(name):
    """The one gate of that name. A defaultdict may make two for two threads."""
    return gates.setdefault(name, Gate())


def expiry(form):
    """None and numbers as they are; {"timedelta": seconds} and {"datetime": ISO 8601} as such."""
    if isinstance(form, dict):
        if "timedelta" in form:
            return datetime.timedelta(seconds=form["timedelta"])
        return datetime.datetime.fromisoformat(form["datetime"])
    return form


def show_expiry(session):
    return {
        "age": session.get_expiry_age(),
        "date": session.get_expiry_date().isoformat(),
        "browser": session.get_expire_at_browser_close(),
    }


def wait(name):
    gate = gate_of(name)
    gate.arrived.set()
    if not gate.released.wait(60):
        raise TimeoutError("nobody opened the gate " + name)


def log_in(request, username, password):
    user = authenticate(request, username=username, password=password)
    if user is not None:
        login(request, user)
    return user is not None


def make_user(username, password):
    return str(get_user_model().objects.create_user(username, password=password).pk)


def set_password(username, password):
    user = get_user_model().objects.get(username=username)
    user.set_password(password)
    user.save()


def change_password(request, password):
    request.user.set_password(password)
    request.user.save()
    update_session_auth_hash(request, request.user)


def login_redirect(target, scheme, host, login_url):
    """Where login_required sends a stranger. The server of the site would take slashes off the target."""
    location, _, query = target.partition("?")
    request = WSGIRequest({
        "REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": unquote_to_bytes(location).decode("latin-1"),
        "QUERY_STRING": query, "HTTP_HOST": host, "wsgi.url_scheme": scheme, "wsgi.input": io.BytesIO(),
    })
    request.user = SimpleNamespace(is_authenticated=False)
    return login_required(lambda request: None, login_url=login_url)(request)["Location"]


def fail():
    raise RuntimeError("a view that fails")


steps = {
    # The session of the request.
    "get": lambda r, name: r.session.get(name),
    "all": lambda r: dict(r.session.items()),
    "set": lambda r, name, value: r.session.__setitem__(name, value),
    "set_json": lambda r, name, text: r.session.__setitem__(name, json.loads(text)),
    "update": lambda r, entries: r.session.update(entries),
    "setdefault": lambda r, name, value: r.session.setdefault(name, value),
    "pop": lambda r, name: r.session.pop(name, None),
    "increment": lambda r, name: r.session.__setitem__(name, r.session.get(name, 0) + 1),
    "clear": lambda r: r.session.clear(),
    "flush": lambda r: r.session.flush(),
    "cycle_key": lambda r: r.session.cycle_key(),
    "touch": lambda r: setattr(r.session, "modified", True),
    "set_expiry": lambda r, form: r.session.set_expiry(expiry(form)),
    "expiry": lambda r: show_expiry(r.session),
    "set_test_cookie": lambda r: r.session.set_test_cookie(),
    "test_cookie_worked": lambda r: r.session.test_cookie_worked(),
    "delete_test_cookie": lambda r: r.session.delete_test_cookie(),
    "csrf_token": lambda r: get_token(r),
    # Its user.
    "login": log_in,
    "logout": logout,
    "user": lambda r: r.user.get_username() or None,
    "change_password": change_password,
    # The course of the request.
    "wait": lambda r, name: wait(name),
    "fail": lambda r: fail(),
    # The site, whatever the session.
    "make_user": lambda r, username, password: make_user(username, password),
    "set_password": lambda r, username, password: set_password(username, password),
    "password_column": lambda r, username: get_user_model().objects.get(username=username).password,
    "load": lambda r, key: SessionStore(key).load(),
    "exists": lambda r, key: SessionStore(key).exists(key),
    "last_activity": lambda r, key: Visit.objects.get(session_key=key).last_activity.isoformat(),
    "decode": lambda r, text: SessionStore().decode(text),
    "encode_json": lambda r, text: SessionStore().encode(json.loads(text)),
    "command": lambda r, *words: call_command(*words),
    "login_redirect": lambda r, *arguments: login_redirect(*arguments),
    "is_of_host": lambda r, address, host: url_has_allowed_host_and_scheme(address, {host}),
    "now": lambda r: timezone.now().isoformat(),
}


@csrf_exempt
def run(request):
    asked = json.loads(request.body)
    # Texts within the text, as they may hold NaN, which JSON knows in Python only.
    results = [json.dumps(steps[name](request, *arguments)) for name, *arguments in asked["steps"]]
    # Neither loads the session or counts as an access.
    state = {"results": results, "key": request.session.session_key, "modified": request.session.modified}
    return HttpResponse(json.dumps(state), content_type="application/json", status=asked.get("status", 200))


def form(request):
    """A page with a form, as most sites have them: its POST needs the token of its GET."""
    if request.method == "POST":
        return HttpResponse("saved by %s" % request.scheme)
    return HttpResponse('<form method="post"><input name="csrfmiddlewaretoken" value="%s"></form>' % get_token(request))


def arrived(request, name):
    return HttpResponse(status=204 if gate_of(name).arrived.wait(60) else 504)


def release(request, name):
    gate_of(name).released.set()
    return HttpResponse(status=204)


urlpatterns = [
    path("", run),
    path("form/", form),
    path("gate/<name>/arrived", arrived),
    path("gate/<name>/release", release),
]
