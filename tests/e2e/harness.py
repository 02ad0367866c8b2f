"""A small language for tests of the whole program: an origin whose every answer the test decides (origin.py), a running
Larder (larder.py) and clients that speak raw bytes (client.py). Standard library only; ports are the kernel's choice;
waits end by event or by deadline. LARDER_BIN names the program under test."""
import unittest

from client import PATIENCE, Client, Reply, request
from larder import LARDER_BIN, Larder, strategy
from origin import Gate, Origin, Request, Response, respond
from waiting import eventually, later

__all__ = ["LARDER_BIN", "PATIENCE", "Case", "Client", "Gate", "Larder", "Origin", "Reply", "Request", "Response",
           "eventually", "later", "request", "respond", "strategy", "unittest"]


class Case(unittest.TestCase):
    """A test with an origin and a Larder in front of it. Subclasses name settings; a test may start its own instead."""

    settings = {}

    def setUp(self):
        self.origin = self.enterContext(Origin())
        self.larder = self.enterContext(Larder(self.origin, **self.settings))
