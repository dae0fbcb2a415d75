"""A stand-in for a model provider: checks requests with the provider's own published types, answers in its shapes."""
