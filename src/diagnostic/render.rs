//! Problems for people.
