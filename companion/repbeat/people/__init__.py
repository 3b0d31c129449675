"""Who may see and do what: accounts, roles, consent, keys; export and erasure, which athletes may ask for."""
