"""What each kind of record is: its write form, its rules, its read form."""
