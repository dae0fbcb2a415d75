//! State that outlives the process: ledger files and group commit, keys, settings.
