"""What people do in the company's screens, as orders of the control API."""
