# SPDX-License-Identifier: GPL-3.0-or-later
"""A relay before a server's unix socket that cuts every connection at a moment.

Usage: relay.py SERVER_SOCKET OWN_SOCKET WHEN. WHEN is a number of bytes that clients have sent in all, or a word: the bytes
that hold it still go to the server, and no answer comes back.
"""
import os, socket, sys, threading

server, own, when = sys.argv[1:4]
limit = int(when) if when.isdigit() else None
lock, sent = threading.Lock(), 0


def cut():
    os._exit(0)  # all sockets are closed by the kernel, as when a machine is gone


def upward(client, upstream):
    global sent
    seen = b""
    while piece := client.recv(65536):
        with lock:
            sent += len(piece)
            if limit is not None and sent >= limit: cut()
        seen = (seen + piece)[-65536 - len(when):]
        upstream.sendall(piece)
        if limit is None and when.encode() in seen: cut()
    upstream.close()


def downward(client, upstream):
    try:
        while piece := upstream.recv(65536): client.sendall(piece)
    except OSError: pass
    client.close()


with socket.socket(socket.AF_UNIX) as listener:
    listener.bind(own)
    listener.listen()
    while True:
        client, _ = listener.accept()
        upstream = socket.socket(socket.AF_UNIX)
        upstream.connect(server)
        for work in (upward, downward): threading.Thread(target=work, args=(client, upstream), daemon=True).start()
