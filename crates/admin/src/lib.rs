//! The control plane: an authenticated API over the store and the ledger.
