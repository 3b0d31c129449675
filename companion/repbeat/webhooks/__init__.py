"""Webhooks: another server is told that something is new, signed; what it is, it asks the API for."""
