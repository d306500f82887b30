"""What each connector is made of: declaration, session, paging, errors, webhook checks."""
