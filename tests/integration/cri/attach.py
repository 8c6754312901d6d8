"""The streaming end of CRI's Attach: channel 0 is stdin, 1 stdout, 2 stderr, 3 errors."""
import websocket


def exchange(url, typed, out, err):
    """Types, and passes on what the container says until it ends."""
    with websocket.connect(url) as (connection, messages):
        if typed:
            websocket.send(connection, b"\0" + typed)
        for message in messages:
            if message and message[0] in (1, 2):
                stream = out if message[0] == 1 else err
                stream.write(message[1:])
                stream.flush()
