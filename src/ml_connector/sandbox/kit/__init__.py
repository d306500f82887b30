"""What every vendor's sandbox is made of: listeners, clock, faults, switches, call log, webhook deliveries, control."""
