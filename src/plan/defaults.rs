//! What a profile gets without asking.
