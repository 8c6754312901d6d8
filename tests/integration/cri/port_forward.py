"""The streaming end of CRI's PortForward: channel 0 is for data and 1 for errors, and the first message of each is the port."""
import websocket


def exchange(url, port, request):
    """Sends the request, and returns what comes back until the other side has closed, or the answer is complete."""
    with websocket.connect(url, f"?port={port}") as (connection, messages):
        websocket.send(connection, b"\0" + request)
        return receive(messages)


def receive(messages):
    answer, seen = b"", set()
    for message in messages:
        if not message:
            continue
        channel, data = message[0], message[1:]
        if channel not in seen:
            seen.add(channel)  # the port
        elif channel == 1 and data:
            raise SystemExit(f"port-forward: {data.decode()}")
        else:
            answer += data
        if is_complete(answer):
            break
    return answer


def is_complete(answer):
    head, separator, body = answer.partition(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if separator and line.startswith(b"content-length:"):
            return len(body) >= int(line.split(b":")[1])
    return False
