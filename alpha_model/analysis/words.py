"""How are amounts, shares and places written for people?"""

import math

ROUND_FROM = 100
"""USD from which cents are left out."""


def usd(amount: float) -> str:
    """`$12,400`, `$93.10` below $100, `less than a cent`; without a sign."""
    size = abs(amount)
    if 0 < size < 0.005:  # noqa: PLR2004 - half a cent
        return "less than a cent"
    return f"${size:,.0f}" if round(size, 2) >= ROUND_FROM or size == 0 else f"${size:,.2f}"


def usd_and_cents(amount: float) -> str:
    """`$12,400.00`, where a few dollars make the difference; without a sign."""
    return f"${abs(amount):,.2f}"


def percent(share: float) -> str:
    """`3.1 %`; two significant digits below 1 %."""
    hundredths = 100 * share
    if hundredths and abs(hundredths) < 1:
        return f"{hundredths:.2g} %"
    return f"{hundredths:.1f} %"


def ordinal(place: int) -> str:
    """`1st`, `2nd`, `11th`."""
    if place % 100 in {11, 12, 13}:
        return f"{place}th"
    return f"{place}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(place % 10, 'th') }"


def count(number: int, thing: str) -> str:
    """`1 trade`, `3 trades`."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def duration(seconds: float) -> str:
    """`45 seconds`, `3.5 hours`, `2 days`: in the largest unit of which it has one and a half."""
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= 1.5 * length:
            number = f"{seconds / length:.1f}".removesuffix(".0")
            return f"{number} {unit}s"
    return count(round(seconds), "second")


def printable(text: str) -> str:
    """A stranger's text on one line, with blanks for what neither a screen nor a terminal should obey."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def known(*amounts: float) -> bool:
    """Are all of them numbers?"""
    return not any(math.isnan(amount) for amount in amounts)


def the(label: str) -> str:
    """`the cap per pair`; `size risk` and `other limits` have no article."""
    return label if label.startswith(("other ", "size risk")) else f"the {label}"
