"""A session that answers from a script and writes down what was asked of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from amtspuls.errors import AmtspulsError
from amtspuls.fetch.page import Page

FETCHED_AT = datetime(2026, 1, 26, 6, 0, tzinfo=UTC)

Reply = str | bytes | AmtspulsError
Rule = Callable[["Request"], Reply | None]


def make_page(body: str | bytes, url: str = "https://termine.example/index.php") -> Page:
    """A page that a server without charset in its header sends, in UTF-8 unless given as bytes."""
    raw = body.encode() if isinstance(body, str) else body
    return Page(url, 200, {"content-type": "text/html"}, raw, FETCHED_AT)


@dataclass(frozen=True)
class Request:
    """One request; ``visitor`` counts up with every ``clear_cookies()``."""

    method: str
    url: str
    form: Mapping[str, str]
    visitor: int
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.method} {self.url}"


@dataclass
class FakeSession:
    """Implements ``systems.base.Session``.

    The first rule that gives something else than None answers; an error is raised. A request that no
    rule answers fails the test.
    """

    rules: list[Rule]
    log: list[Request] = field(default_factory=list)
    visitor: int = 0
    cleared: list[int] = field(default_factory=list)

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> Page:
        return self._answer(Request("GET", url, {}, self.visitor, headers or {}))

    async def post(
        self, url: str, form: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> Page:
        return self._answer(Request("POST", url, dict(form), self.visitor, headers or {}))

    def clear_cookies(self) -> None:
        self.visitor += 1
        self.cleared.append(len(self.log))

    def _answer(self, request: Request) -> Page:
        self.log.append(request)
        for rule in self.rules:
            reply = rule(request)
            if isinstance(reply, AmtspulsError):
                raise reply
            if reply is not None:
                return make_page(reply, request.url)
        raise AssertionError(f"no rule answers {request} {dict(request.form)}")

    @property
    def paths(self) -> list[str]:
        """The requests as text, without the host."""
        return [str(request).replace("https://termine.example", "") for request in self.log]


def on(part: str, *replies: Reply, method: str = "") -> Rule:
    """A rule for addresses that contain ``part``: the replies in turn, the last one for ever."""
    left = list(replies)

    def rule(request: Request) -> Reply | None:
        if part not in request.url or method not in {"", request.method}:
            return None
        return left.pop(0) if len(left) > 1 else left[0]

    return rule


def posting(field_name: str, *replies: Reply) -> Rule:
    """A rule for POSTs that choose one service: ``field_name`` is 1."""
    left = list(replies)

    def rule(request: Request) -> Reply | None:
        if request.form.get(field_name) != "1":
            return None
        return left.pop(0) if len(left) > 1 else left[0]

    return rule
