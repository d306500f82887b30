"""The webhook door: raw bytes in, a stored event out, 2xx only after the commit."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse

from ml_connector.hub import inbox

LARGEST = 1024 * 1024


def receive(request: HttpRequest, public_id: str) -> HttpResponse:
    """One delivery. 404 unknown address, 405 no POST, 413 too large, 401 unverified, 400 unreadable, else 2xx."""
    if request.method != "POST":
        return HttpResponse(status=405, headers={"Allow": "POST"})
    if int(request.headers.get("Content-Length") or 0) > LARGEST:
        return HttpResponse(status=413)
    body = request.read(LARGEST + 1)
    if len(body) > LARGEST:
        return HttpResponse(status=413)
    headers = {name.lower(): value for name, value in request.headers.items()}
    verdict = inbox.receive(inbox.Delivery(public_id, headers, body))
    return HttpResponse(status=verdict.value)


def health(request: HttpRequest) -> JsonResponse:
    """Says that the web process answers and reaches its database."""
    inbox.is_reachable()
    return JsonResponse({"status": "ok"})
