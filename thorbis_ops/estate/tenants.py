"""The twenty businesses of the estate.

Their ids never change, so that a client may work as one of them without asking who is there:
row security would not tell it. Their sizes follow Zipf's law, as those of real customers do.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "estate.thorbis")
_EXPONENT = 1.07

# name, industry, country, currency, time zone, language, city, region, postal code, plan
_LISTED = """
Northside Heating & Air|hvac|US|USD|America/Chicago|en|Chicago|IL|60618|enterprise
Blue Ridge Plumbing|plumbing|US|USD|America/New_York|en|Asheville|NC|28801|enterprise
Desert Sun Electric|electrical|US|USD|America/Phoenix|en|Phoenix|AZ|85016|professional
Harbour City Roofing|roofing|AU|AUD|Australia/Sydney|en|Sydney|NSW|2010|professional
Great Lakes Mechanical|hvac|CA|CAD|America/Toronto|en|Toronto|ON|M5V 2T6|professional
Evergreen Lawn & Garden|landscaping|US|USD|America/Los_Angeles|en|Seattle|WA|98103|professional
Thames Valley Drains|plumbing|GB|GBP|Europe/London|en-GB|Reading|BRK|RG1 3EJ|growth
Lone Star Garage Doors|garage_doors|US|USD|America/Chicago|en|Austin|TX|78704|growth
Isar Haustechnik|hvac|DE|EUR|Europe/Berlin|de|München|BY|80469|growth
Shield Pest Control|pest_control|US|USD|America/New_York|en|Atlanta|GA|30307|growth
Bay Area Appliance Care|appliance_repair|US|USD|America/Los_Angeles|en|Oakland|CA|94611|growth
Plombiers du Canal|plumbing|FR|EUR|Europe/Paris|fr|Paris|IDF|75010|growth
Pacific Coast Painters|painting|CA|CAD|America/Vancouver|en|Vancouver|BC|V6K 1N6|growth
Mile High Locksmiths|locksmith|US|USD|America/Denver|en|Denver|CO|80205|starter
Southern Cross Electrical|electrical|NZ|NZD|Pacific/Auckland|en|Auckland|AUK|1010|starter
Amstel Schoonmaak|cleaning|NL|EUR|Europe/Amsterdam|nl|Amsterdam|NH|1018 DB|starter
Limpiezas Costa Blanca|cleaning|ES|EUR|Europe/Madrid|es|Alicante|A|03002|starter
Liffey Home Repairs|appliance_repair|IE|EUR|Europe/Dublin|en|Dublin|D|D02 X285|starter
Mälaren El|electrical|SE|SEK|Europe/Stockholm|sv|Stockholm|AB|118 25|starter
O'Malley & Daughters Roofing|roofing|US|USD|America/New_York|en|Boston|MA|02127|starter
""".strip().splitlines()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """One business; ``share`` is its part of all rows and of all traffic, 0…1."""

    rank: int
    id: str
    share: float
    name: str
    industry: str
    country: str
    currency: str
    time_zone: str
    language: str
    city: str
    region: str
    postal_code: str
    plan: str


def _tenant(rank: int, line: str) -> Tenant:
    name, industry, country, currency, zone, language, city, region, postal, plan = line.split("|")
    return Tenant(
        rank=rank,
        id=str(uuid.uuid5(_NAMESPACE, f"business {rank}")),
        share=rank**-_EXPONENT / sum(r**-_EXPONENT for r in range(1, len(_LISTED) + 1)),
        name=name,
        industry=industry,
        country=country,
        currency=currency,
        time_zone=zone,
        language=language,
        city=city,
        region=region,
        postal_code=postal,
        plan=plan,
    )


TENANTS: tuple[Tenant, ...] = tuple(_tenant(i, line) for i, line in enumerate(_LISTED, start=1))
