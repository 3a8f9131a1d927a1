"""Forges on the loopback, as far as releases go."""

import json
import re
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

from support.on_loopback import OnLoopback


class FakeForge(OnLoopback):
    """`judge` says what is wrong with a request, as `support.published` does; a wrong one is answered with 400."""

    def __init__(self, handler, judge=lambda *_: []):
        self.releases, self.files, self.asked, self.faults, self.judge = {}, {}, [], [], judge
        super().__init__(handler, forge=self)


class Asked(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    prefix = ""

    def _handle(self):
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        kind = self.headers.get("Content-Type", "").partition(";")[0]
        body = json.loads(raw) if raw and kind == "application/json" else raw
        target = self.path.removeprefix(self.prefix)
        self.forge.asked.append((self.command, target, dict(self.headers)))
        parts = urlsplit(target)
        query = parse_qsl(parts.query, keep_blank_values=True)
        faults = self.forge.judge(self.command, parts.path.removeprefix("/uploads"), query, kind, raw)
        if faults:
            self.forge.faults += faults
            self.answer(400, {"message": "; ".join(faults)})
        else:
            self.answer(*self.reply(self.command, parts, body))

    do_GET = do_POST = do_PUT = do_DELETE = _handle  # noqa: N815  http.server looks for them

    def answer(self, status, document):
        content = b"" if document is None else json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


class GitHub(Asked):
    def reply(self, method, target, body):  # noqa: PLR0911, RUF100  one a question
        forge, path = self.forge, unquote(target.path)
        if self.headers.get("Authorization") != "Bearer open sesame":
            return 401, {"message": "Bad credentials"}
        if method == "GET" and (found := re.fullmatch(r"/repos/team/shop/releases/tags/(.+)", path)):
            page = forge.releases.get(found[1])
            return (200, page) if page else (404, {"message": "Not Found"})
        if method == "POST" and path == "/repos/team/shop/releases":
            tag = body["tag_name"]
            if tag in forge.releases:
                return 422, {"message": "Validation Failed", "errors": [{"code": "already_exists"}]}
            upload = f"{forge.url}/uploads/repos/team/shop/releases/1/assets{{?name,label}}"
            page = {
                "id": 1,
                "html_url": f"{forge.url}/team/shop/releases/tag/{tag}",
                "assets": [],
                "upload_url": upload,
            }
            forge.releases[tag] = page
            return 201, page
        if method == "DELETE" and (found := re.fullmatch(r"/repos/team/shop/releases/assets/(\d+)", path)):
            page = next(iter(forge.releases.values()))
            page["assets"] = [asset for asset in page["assets"] if asset["id"] != int(found[1])]
            return 204, None
        if method == "POST" and path == "/uploads/repos/team/shop/releases/1/assets":
            (name,) = parse_qs(target.query)["name"]
            forge.files[name] = body
            page = next(iter(forge.releases.values()))
            page["assets"].append({"id": len(page["assets"]), "name": name, "state": "uploaded"})
            return 201, page["assets"][-1]
        return 404, {"message": "Not Found"}


class GitLab(Asked):
    prefix = "/api/v4"

    def reply(self, method, target, body):  # noqa: PLR0911, RUF100  one a question
        forge, path = self.forge, unquote(target.path)
        if self.headers.get("PRIVATE-TOKEN") != "open sesame":
            return 401, {"message": "401 Unauthorized"}
        if method == "GET" and (found := re.fullmatch(r"/projects/team/shop/releases/(.+)", path)):
            page = forge.releases.get(found[1])
            return (200, page) if page else (404, {"message": "404 Not Found"})
        if method == "POST" and path == "/projects/team/shop/releases":
            tag = body["tag_name"]
            if tag in forge.releases:
                return 409, {"message": "Release already exists"}
            page = {
                "tag_name": tag,
                "_links": {"self": f"{forge.url}/team/shop/-/releases/{tag}"},
                "assets": {"links": []},
            }
            forge.releases[tag] = page
            return 201, page
        if method == "PUT" and (found := re.fullmatch(r"/projects/team/shop/packages/generic/shop/([^/]+)/(.+)", path)):
            forge.files[found[2]] = body
            return 201, {"message": "201 Created"}
        if method == "POST" and (found := re.fullmatch(r"/projects/team/shop/releases/(.+)/assets/links", path)):
            links = forge.releases[found[1]]["assets"]["links"]
            links.append({"name": body["name"], "url": body["url"]})
            return 201, links[-1]
        return 404, {"message": "404 Not Found"}
