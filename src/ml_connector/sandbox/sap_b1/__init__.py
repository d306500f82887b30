"""The SAP Business One Service Layer as a rehearsal system."""
