//! One line for each operation.
