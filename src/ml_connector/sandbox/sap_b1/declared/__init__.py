"""The declared types of the company's business objects: properties, sizes, enumerations, keys."""
