"""Machines that many people use: whose set was it? Claims, matching of rep times, the unclaimed pool."""
