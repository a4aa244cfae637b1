//! The verdict: a fold over events.
