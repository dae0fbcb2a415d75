//! Pure decisions over facts passed in: identity rules, policy, choice.
