//! Bytes in, findings out: detectors, levels, streams, pseudonyms; no I/O.
