//! The ledger's own schema: encode, chain, prove, verify; no I/O.
