"""The instance's HTTP side: sign-in, entities, actions, files, swagger."""
