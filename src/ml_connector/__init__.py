"""ml-connector: moves finance records between business systems, never lost, never twice."""
