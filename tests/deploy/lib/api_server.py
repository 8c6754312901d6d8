#!/usr/bin/python3
"""api_server.py DIRECTORY: an API server with one node, as far as kata-deploy speaks to one.

DIRECTORY has server.pem (key and certificate) and gets: port, once it listens; state.json, the cluster's objects, after each
request; requests, a line "METHOD PATH" each. A file DIRECTORY/busy makes it answer 503 until it is gone.
"""
import http.server
import json
import os
import ssl
import sys

DIRECTORY = sys.argv[1]
STATE = {
    "nodes": {"one": {"metadata": {"labels": {"kubernetes.io/os": "linux"}},
                      "status": {"nodeInfo": {"containerRuntimeVersion": "containerd://1.6.20"}}}},
    "runtimeclasses": {},
    "daemonsets": {"kata-deploy": {"metadata": {}}},
    "events": {},
}


def save():
    with open(os.path.join(DIRECTORY, "state.json.new"), "w", encoding="utf-8") as file:
        json.dump(STATE, file)
    os.replace(os.path.join(DIRECTORY, "state.json.new"), os.path.join(DIRECTORY, "state.json"))


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def refuse(self, status, message):
        self.answer(status, {"kind": "Status", "code": status, "message": message})

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with open(os.path.join(DIRECTORY, "requests"), "a", encoding="utf-8") as file:
            file.write(f"{self.command} {self.path}\n")
        if self.headers.get("Authorization") != "Bearer secret":
            return self.refuse(401, "Unauthorized")
        if os.path.exists(os.path.join(DIRECTORY, "busy")):
            os.remove(os.path.join(DIRECTORY, "busy"))
            return self.refuse(503, "busy")
        self.serve(json.loads(body) if body else {})
        save()

    def serve(self, body):
        parts = self.path.strip("/").split("/")
        kind = next(part for part in parts if part in STATE)
        names = parts[parts.index(kind) + 1:]
        objects = STATE[kind]
        if self.command == "POST":
            name = body["metadata"].get("name", str(len(objects)))
            if name in objects:
                return self.refuse(409, f'{kind} "{name}" already exists')
            objects[name] = body
            return self.answer(201, body)
        if names[0] not in objects:
            return self.refuse(404, f'{kind} "{names[0]}" not found')
        if self.command == "DELETE":
            return self.answer(200, objects.pop(names[0]))
        if self.command == "PATCH":
            labels = objects[names[0]]["metadata"]["labels"]
            for key, value in body["metadata"]["labels"].items():
                labels.pop(key, None)
                if value is not None:
                    labels[key] = value
        return self.answer(200, objects[names[0]])

    do_GET = do_POST = do_PATCH = do_DELETE = handle_any

    def log_message(self, *_):
        pass


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(DIRECTORY, "server.pem"))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    if os.path.exists(os.path.join(DIRECTORY, "no-daemon-set")):
        STATE["daemonsets"].clear()
    save()
    with open(os.path.join(DIRECTORY, "port.new"), "w", encoding="utf-8") as file:
        file.write(str(server.server_address[1]))
    os.replace(os.path.join(DIRECTORY, "port.new"), os.path.join(DIRECTORY, "port"))
    server.serve_forever()


main()
