"""Who may come in: sign-in, sessions, licence limits (vendors/acumatica.md §3, §9)."""
