//! Is the command there?
