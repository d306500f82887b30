"""What people do in the instance's screens, as orders of the control API."""
