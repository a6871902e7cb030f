//! The last step: init becomes the command.

use super::orders::{List, Text, message};
use super::{At, Done, Failed, Init};
use crate::sys::bare::fd::AsFd;
use crate::sys::bare::process::{self, Strings};
use crate::sys::bare::{Call, Errno, Error, file, seccomp, socket};

/// The filter that is loaded last, so that of all that init does it need only allow execve(2).
pub(super) struct Filter<'a> {
    pub(super) program: &'a [u8],
    pub(super) flags: u32,
    /// The operation that asks for it.
    pub(super) operation: u32,
}

impl<'a> Init<'a> {
    /// Executes the command, from the first path where it is found. Returns only on failure.
    pub(super) fn exec(
        &self,
        paths: List<'a, Text<'a>>,
        command: List<'a, Text<'a>>,
        environment: List<'a, Text<'a>>,
    ) -> Done<'a> {
        // All memory first, so that nothing but the kernel's answers can fail below.
        let arguments = Strings::new(command.iter(), command.len())?;
        let environment = Strings::new(environment.iter().chain(self.home), environment.len() + 1)?;
        let name = command.iter().next().unwrap_or_default();
        file::close_on_exec_from_3()?;
        // EPIPE here means that the launcher died before PR_SET_PDEATHSIG took hold:
        // nobody would be left to end this command.
        match self.root.as_ref().filter(|_| self.keep_root) {
            Some(root) => socket::send_descriptor(self.socket.as_fd(), message::EXECUTING, root.as_fd())?,
            None => socket::send(self.socket.as_fd(), &[message::EXECUTING])?,
        }
        if let Some(Filter { program, flags, operation }) = self.filter {
            seccomp::load(program, flags).map_err(|error| Failed {
                error,
                path: None,
                operation: Some(operation),
            })?;
        }
        let (errno, path) = first_of(paths, &arguments, &environment);
        Err(Error::new(Call::Execve, errno)).at(path.unwrap_or(name))
    }
}

/// Executes the first of these that can be, as execvp(3) does it with PATH. Returns only on
/// failure: with the errno and the path that it is about, if that is there.
fn first_of<'a>(
    paths: List<'a, Text<'a>>,
    arguments: &Strings<'a>,
    environment: &Strings<'a>,
) -> (Errno, Option<Text<'a>>) {
    let mut worst = (Errno::ENOENT, None);
    for path in paths.iter() {
        match process::execute(path, arguments, environment) {
            // A file that is there and yet not found lacks its interpreter or loader, which the
            // launcher reports by this errno (the kernel never gives it here).
            Errno::ENOENT if worst.0 == Errno::ENOENT && file::exists(path) => {
                worst = (Errno::ELIBBAD, Some(path));
            }
            Errno::ENOENT | Errno::ENOTDIR => {}
            // Found, but not executable: a later folder may have a better one.
            Errno::EACCES => worst = (Errno::EACCES, Some(path)),
            errno => return (errno, Some(path)),
        }
    }
    worst
}
