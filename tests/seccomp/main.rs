//! The compiler of system call filters against libseccomp, and against the rules
//! themselves.

mod oracle;
mod properties;
mod reader;
