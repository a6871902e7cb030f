//! Problems for programs.
