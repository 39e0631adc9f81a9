"""Words for names, addresses and notes."""

from __future__ import annotations

_GIVEN = """James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara
Richard Susan Joseph Jessica Thomas Sarah Carlos Karen Daniel Lisa Matthew Nancy Anthony Sandra
Mark Betty Ahmed Ashley Steven Emily Andrew Fatima Paul Michelle Joshua Carol Kenji Amanda Kevin
Melissa Brian Deborah Dmitri Stephanie Timothy Rebecca Ronald Laura Edward Sofía Jason Priya Björn
Cynthia Ryan Kathleen Jacob Amy Chloé Angela Nicholas Shirley Eric Anna Jonathan Brenda Wei Pamela
"""
_FAMILY = """Smith Johnson Williams Brown Jones García Miller Davis Rodríguez Martínez Hernández
López Gonzalez Wilson Anderson Thomas Taylor Moore Jackson Martin Lee Perez Thompson White Harris
Sanchez Clark Ramirez Lewis Robinson Walker Young Allen King Wright Scott Torres Nguyen Hill Flores
Green Adams Nelson Baker Hall Rivera Campbell Mitchell Carter Roberts O'Brien Müller Kowalski Patel
Kim Ivanov Yamamoto Okafor Lindqvist Dubois van-Dijk Rossi Silva Haddad Cohen Murphy Schäfer Novák
"""
_STREETS = """Maple Oak Cedar Pine Elm Washington Lake Hill Walnut Spring North Ridge Church Willow
Mill Sunset Railroad Jefferson Center Highland Forest River Meadow Park Chestnut Franklin Valley
"""
GIVEN = _GIVEN.split()
FAMILY = _FAMILY.split()
STREETS = _STREETS.split()
STREET_KINDS = ("Street", "Avenue", "Road", "Drive", "Lane", "Court", "Boulevard", "Way")
COMPANY_KINDS = ("Properties", "Dental Group", "Logistics", "Restaurants", "Apartments", "Fitness")
PROBLEMS = (
    "No heat upstairs",
    "Water heater is leaking",
    "Breaker trips when the dryer runs",
    "Annual maintenance visit",
    "Air conditioner blows warm air",
    "Kitchen drain is clogged",
    "Garage door does not close",
    "Thermostat does not respond",
    "Low water pressure",
    "Estimate for a replacement unit",
    "Outlet sparks",
    "Furnace makes a loud noise",
    "Gutter torn off by the storm",
    "Sump pump runs all the time",
    "Toilet keeps running",
    "Pilot light goes out",
)
WORK = (
    "Replaced the capacitor and tested the start-up current",
    "Cleared the drain with a cable machine, camera shows no roots",
    "Tightened the connections, measured under load, all within limits",
    "Flushed the tank and replaced the anode rod",
    "Cleaned the burners and the flame sensor, measured combustion",
    "Adjusted the springs and the limit switches",
    "Recharged after leak repair, superheat within the range",
    "Quoted a replacement, customer decides next week",
)
NOTES = (
    "Prefers a call half an hour before arrival",
    "Gate code changed, ask on the phone",
    "Dog in the backyard",
    "Pays by card on completion",
    "Asked for a quote on a heat pump",
    "Very happy with the last visit",
    "Park on the street, not in the driveway",
    "Tenant gives access, owner pays",
)
MAKERS = ("Carrier", "Trane", "Lennox", "Rheem", "Goodman", "Bosch", "Siemens", "Viessmann")
EQUIPMENT = (
    "furnace",
    "air_conditioner",
    "heat_pump",
    "boiler",
    "water_heater",
    "electrical_panel",
    "sump_pump",
    "other",
)
CHECKLIST = (
    "Confirm the complaint with the customer",
    "Photograph the equipment plate",
    "Switch off and lock out",
    "Measure before the repair",
    "Repair or replace",
    "Measure after the repair",
    "Clean the work place",
    "Walk the customer through the work",
)
MATERIALS = (
    ("Run capacitor 45/5 µF", 14.2),
    ("Contactor 30 A", 18.9),
    ("Air filter 16×25×4", 11.5),
    ("Copper pipe 3/4 in", 3.4),
    ("PEX pipe 1/2 in", 0.9),
    ("Ball valve 3/4 in", 9.8),
    ("Wax ring", 2.6),
    ("Circuit breaker 20 A", 12.4),
    ("GFCI outlet", 17.3),
    ("Wire 12/2", 1.1),
    ("Thermostat", 64.0),
    ("Anode rod", 21.7),
    ("Torsion spring", 33.5),
    ("Flame sensor", 8.7),
    ("Refrigerant R-410A", 24.9),
    ("Condensate pump", 58.3),
    ("Shingle bundle", 31.2),
    ("Fill valve", 7.9),
    ("Expansion tank", 42.6),
    ("Drain cleaner enzyme", 13.1),
)
SERVICES = (
    ("Diagnostic visit", 89.0, 60),
    ("Seasonal maintenance", 149.0, 90),
    ("Drain cleaning", 189.0, 75),
    ("Water heater replacement", 1450.0, 240),
    ("Capacitor replacement", 265.0, 45),
    ("Outlet replacement", 135.0, 40),
    ("Panel upgrade", 2200.0, 480),
    ("Faucet installation", 210.0, 60),
    ("Thermostat installation", 245.0, 60),
    ("Leak repair", 320.0, 120),
    ("Roof patch", 480.0, 180),
    ("Spring replacement", 295.0, 75),
    ("Lock change", 125.0, 30),
    ("Duct cleaning", 410.0, 180),
    ("Pest treatment", 165.0, 60),
    ("Emergency call-out", 240.0, 60),
)
