"""The few options of curl that docs/systems uses, for machines without curl: ``-s -L -b -c -d -o -X -H``.

``python -m support.curl [options] URL``; cookie jars are files of lines ``name=value``.
"""

from __future__ import annotations

import argparse
import http.client
import sys
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

_FORM = "application/x-www-form-urlencoded"


def main(arguments: list[str]) -> int:
    """Ask, and print or store the answer."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("-s", action="store_true")
    parser.add_argument("-L", dest="follow", action="store_true")
    parser.add_argument("-b", dest="send", default="")
    parser.add_argument("-c", dest="keep", default="")
    parser.add_argument("-d", dest="fields", action="append", default=[])
    parser.add_argument("--data-urlencode", dest="encoded", action="append", default=[])
    parser.add_argument("-o", dest="into", default="")
    parser.add_argument("-X", dest="method", default="")
    parser.add_argument("-H", dest="headers", action="append", default=[])
    given = parser.parse_args(arguments)
    jar = Path(given.send) if given.send else None
    known = jar.read_text("utf-8").split("\n") if jar is not None and jar.is_file() else []
    cookies = dict(line.split("=", 1) for line in known if line)
    fields = [*given.fields, *(f"{n}={quote(v)}" for n, _, v in map(_pair, given.encoded))]
    body = "&".join(fields).encode()
    headers = dict(header.split(": ", 1) for header in given.headers)
    found = _ask(given.method or ("POST" if fields else "GET"), given.url, body, headers, cookies)
    while given.follow and found.to:
        found = _ask("GET", urljoin(found.url, found.to), b"", headers, cookies)
    if given.keep:
        Path(given.keep).write_text("\n".join(f"{n}={v}" for n, v in cookies.items()), "utf-8")
    if given.into:
        Path(given.into).write_bytes(found.body)
    else:
        sys.stdout.buffer.write(found.body)
    return 0


class _Answer:
    def __init__(self, url: str, to: str, body: bytes) -> None:
        self.url, self.to, self.body = url, to, body


def _pair(field: str) -> tuple[str, str, str]:
    return field.partition("=")


def _ask(
    method: str, url: str, body: bytes, headers: dict[str, str], cookies: dict[str, str]
) -> _Answer:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=60)
    told = {"User-Agent": "curl", "Accept": "*/*", **headers}
    if cookies:
        told["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    if body:
        told["Content-Type"] = _FORM
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection.request(method, target, body or None, told)
    answer = connection.getresponse()
    for name, value in answer.getheaders():
        if name.lower() == "set-cookie":
            key, _, rest = value.partition("=")
            cookies[key] = rest.partition(";")[0]
    read = answer.read()
    connection.close()
    moved = answer.getheader("location", "") if 300 <= answer.status < 400 else ""
    return _Answer(url, moved or "", read)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
