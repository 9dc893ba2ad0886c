"""A mail server on this machine that speaks as much SMTP as a test needs."""

from __future__ import annotations

import socketserver
import threading
from email import message_from_bytes
from email.message import Message
from typing import Self


class MailServer:
    """Takes mails; `say` replaces the answer to one command, None closes the line instead."""

    def __init__(self) -> None:
        self.mails: list[Message] = []
        self.say: dict[str, bytes | None] = {}

    def __enter__(self) -> Self:
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self.wfile.write(b"220 test\r\n")
                while line := self.rfile.readline():
                    word = line.split()[0].decode().upper()
                    content = b""
                    if word == "DATA":
                        self.wfile.write(b"354 go on\r\n")
                        while (part := self.rfile.readline()) != b".\r\n":
                            content += part
                    answer = outer.say.get(word, b"250 ok\r\n")
                    if answer is None:
                        return
                    if content and answer.startswith(b"250"):
                        outer.mails.append(message_from_bytes(content))
                    self.wfile.write(answer)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
