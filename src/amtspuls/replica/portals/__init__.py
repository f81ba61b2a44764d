"""One ASGI portal per booking system, written from the protocol notes alone."""
