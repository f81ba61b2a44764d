"""Tapes: what portals sent, kept as WARC 1.1 and read again without any network.

``file`` writes and reads members, ``layout`` says what the records of a visit look like, ``record`` and
``play`` stand between a session and the wire, ``visits`` puts the records of a file together again.
The format is described in docs/how-to/tape.md.
"""
