"""Learning the person: a few numbers each, updated value by value, every one with its uncertainty.

What is not known yet is the population's (`population`), with the population's spread; an estimate says how
many values it rests on. Rules look at an estimate only within their bounds and once it is sure.
"""
