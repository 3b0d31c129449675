"""Rehabilitation: how far a limb moved, session by session, and the report a therapist reads."""
