"""The words that the month is made of: names of firms, streets, towns, jobs and kinds of work."""

from __future__ import annotations

from typing import Final

FAMILIES: Final = (
    "Abernathy", "Alder Creek", "Bexley", "Blackstone", "Brandywine", "Calloway", "Cedar Point", "Clearwater",
    "Copperfield", "Delaney", "Dunmore", "Eastgate", "Ellison", "Fairmount", "Falcon Ridge", "Galloway",
    "Granite State", "Harbor View", "Hollister", "Ironwood", "Jefferson", "Kessler", "Keystone", "Lakeshore",
    "Lindqvist", "Maple Grove",
    "McAllister", "Meridian", "Northfield", "O'Rourke", "Oakhurst", "Pacheco", "Patriot", "Pinnacle", "Quarry Hill",
    "Ramirez", "Redstone", "Riverbend", "Salazar", "Sandoval", "Stonebridge", "Summit", "Tanaka", "Thornbury",
    "Timberline", "Union Valley", "Vasquez", "Walden", "Westbrook", "Yellow Creek",
)  # fmt: skip
TRADES: Final = {
    "Concrete": "03", "Electric": "26", "Plumbing": "22", "Mechanical": "23", "Steel Erectors": "05",
    "Drywall & Acoustics": "09", "Roofing": "07", "Excavating": "31", "Masonry": "04", "Glass & Glazing": "08",
    "Painting": "09", "Fire Protection": "21", "Flooring": "09", "Millwork": "06", "Paving": "32",
    "Crane & Rigging": "05", "Waterproofing": "07", "Insulation": "07", "Elevator Service": "14",
    "Building Supply": "06",
}  # fmt: skip
"""Trades with the division of their work."""
FORMS: Final = ("Inc", "LLC", "Co", "Corp", "Inc", "LLC", "Contractors Inc", "Group LLC")
STREETS: Final = (
    "Industrial Pkwy", "Quarry Rd", "Mill St", "Harbor Ave", "Commerce Dr", "Railroad Ave", "Foundry Ln",
    "Lake Shore Blvd", "Depot St", "Old Turnpike", "Frontage Rd", "Canal St",
)  # fmt: skip
TOWNS: Final = (
    ("Erie", "PA", "165", "814"), ("Buffalo", "NY", "142", "716"), ("Cleveland", "OH", "441", "216"),
    ("Akron", "OH", "443", "330"), ("Toledo", "OH", "436", "419"), ("Pittsburgh", "PA", "152", "412"),
    ("Detroit", "MI", "482", "313"), ("Rochester", "NY", "146", "585"), ("Columbus", "OH", "432", "614"),
    ("Youngstown", "OH", "445", "330"),
)  # fmt: skip
JOBS: Final = (
    ("HARBOR1", "Harborfront Medical Office"), ("LINCOLN", "Lincoln Elementary Addition"), ("TOWER1", "Euclid Tower"),
    ("DEPOT", "Union Depot Restoration"), ("AIRCARGO", "Air Cargo Terminal B"), ("WATER2", "Westside Water Plant"),
    ("GARAGE4", "Fourth Street Garage"), ("LIBRARY", "Carnegie Library Renovation"), ("DORM", "Lakeside Dormitory"),
    ("COLDSTOR", "Cold Storage Warehouse"), ("TUNNEL", "Lake Intake Tunnel"), ("COURT", "County Courthouse Annex"),
    ("RETAIL9", "Ninth Avenue Retail"), ("LABS", "Riverside Laboratories"), ("CLINIC", "Maple Clinic"),
    ("BRIDGE", "Mill Creek Bridge"), ("ARENA", "Veterans Arena"), ("HOTEL", "Foundry Hotel"),
    ("DATACTR", "Northfield Data Center"), ("STATION", "Fire Station No. 7"), ("PLANT", "Bottling Plant"),
    ("MARINA", "Marina Boardwalk"),
)  # fmt: skip
DIVISIONS: Final = {
    "01": "General Requirements", "02": "Existing Conditions", "03": "Concrete", "04": "Masonry", "05": "Metals",
    "06": "Wood and Plastics", "07": "Thermal and Moisture", "08": "Openings", "09": "Finishes",
    "13": "Special Construction", "14": "Conveying", "21": "Fire Suppression", "22": "Plumbing", "23": "HVAC",
    "26": "Electrical", "31": "Earthwork", "32": "Exterior Improvements",
}  # fmt: skip
CODES: Final = (
    ("01-310", "Project management"), ("01-520", "Temporary facilities"), ("01-540", "Cranes and hoists"),
    ("02-300", "Site survey"), ("02-410", "Demolition"), ("03-100", "Formwork"), ("03-200", "Reinforcing steel"),
    ("03-300", "Cast-in-place concrete"), ("03-410", "Precast concrete"), ("04-200", "Unit masonry"),
    ("04-430", "Stone veneer"), ("05-120", "Structural steel"), ("05-310", "Steel deck"), ("05-510", "Metal stairs"),
    ("06-100", "Rough carpentry"), ("06-400", "Architectural woodwork"), ("07-110", "Dampproofing"),
    ("07-210", "Thermal insulation"), ("07-520", "Membrane roofing"), ("07-920", "Joint sealants"),
    ("08-110", "Doors and frames"), ("08-440", "Curtain wall"), ("08-710", "Door hardware"), ("09-250", "Gypsum board"),
    ("09-300", "Tiling"), ("09-510", "Acoustical ceilings"), ("09-650", "Resilient flooring"), ("09-910", "Painting"),
    ("13-280", "Asbestos abatement"), ("14-210", "Elevators"), ("21-130", "Sprinklers"), ("22-110", "Water piping"),
    ("22-400", "Plumbing fixtures"), ("23-310", "Ductwork"), ("23-740", "Rooftop units"),
    ("26-050", "Electrical rough-in"), ("26-240", "Switchgear"),
    ("26-510", "Lighting"), ("31-230", "Excavation and fill"), ("32-120", "Asphalt paving"),
    ("32-310", "Fences and gates"),
)  # fmt: skip
UNCODED: Final = "13-280"
"""The one code that the ERP does not have."""
UNITS: Final = ("ea", "sf", "cy", "lf", "tons", "hours")
