"""A line of a table: its fields, its comment, and the numbers in it."""

from __future__ import annotations

import csv
import re

_FORTRAN = re.compile(r"^([-+]?[0-9.]+)[dD]([-+]?[0-9]+)$")


def without_comment(line: str) -> tuple[str, str]:
    """What stands before and behind the sign of a comment: #, or % or // at the beginning."""
    content, _, comment = line.partition("#")
    begin = content.lstrip()
    for sign in ("%", "//"):
        if begin.startswith(sign):
            return "", begin.removeprefix(sign)
    if re.fullmatch(r"sep=.", begin.rstrip()):  # how Excel is told the separator
        return "", ""
    return content, comment


def separator_of(content: str) -> str:
    """What separates the fields of a line: the first of ; tab | , that is there, else spaces."""
    if ";" not in content and re.search(r",\s", content.rstrip()):
        return ","  # with white space behind it
    for separator in (";", "\t", "|", ","):
        if separator in content.strip():
            return separator
    return " "


def split(content: str, separator: str) -> list[str]:
    """The fields of a line without quotes and spaces around them."""
    if separator == " ":
        fields = content.split()
    elif '"' in content:
        try:
            fields = next(csv.reader([content], delimiter=separator, skipinitialspace=True))
        except csv.Error:  # a field of 128 kB
            fields = [content]
    else:
        fields = content.split(separator)
    return [field.strip().strip("'\"").strip() for field in fields]


def trimmed(fields: list[str], named: int) -> list[str]:
    """The fields without what a separator at the end of the line makes, unless it has a name."""
    if len(fields) > 1 and not fields[-1] and len(fields) != named:
        return fields[:-1]
    return fields


def parsed(field: str, *, decimal: bool) -> float | None:
    """The number that a field says, or None; `decimal`: a comma in it is a decimal one."""
    if decimal and re.fullmatch(r"[-+]?[0-9]*,[0-9]+([eE][-+]?[0-9]+)?", field):
        field = field.replace(",", ".")
    field = _FORTRAN.sub(r"\1E\2", field.strip("[](){} "))
    try:
        return None if "_" in field else float(field)
    except ValueError:
        return None


def is_number(field: str) -> bool:
    """Whether a field says a number."""
    return parsed(field, decimal=True) is not None


def is_title(fields: list[str]) -> bool:
    """Whether a line is words, or a number among them, rather than a row with a fault."""
    first = fields[0][:1]
    if first.isdigit() or (first and first in "+-.([{"):
        return False
    numbers = sum(map(is_number, fields))
    return (len(fields) > 1 and numbers == 0) or (
        numbers < 2 and any(character.isalpha() for character in fields[0])
    )
