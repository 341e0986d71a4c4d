"""Regulars: the package behind the customer research notebooks.

Imports run one way: params, errors -> data -> features -> models -> display -> reports.
"""
