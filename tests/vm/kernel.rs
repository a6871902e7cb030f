//! Debian's kernel 6.1, unpacked below `target`: nothing is installed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A kernel with its modules.
pub struct Kernel {
    /// `vmlinuz`.
    pub image: PathBuf,
    /// Module name → file.
    modules: BTreeMap<String, PathBuf>,
}

const PACKAGE: &str = "linux-image-cloud-amd64";

/// The kernel below `folder`, fetched with apt if it is not there yet; or why there is none.
pub fn find(folder: &Path) -> Result<Kernel, String> {
    if let Some(kernel) = unpacked(folder) {
        return Ok(kernel);
    }
    fetch(folder)?;
    unpacked(folder).ok_or_else(|| format!("{PACKAGE} holds no kernel 6.1: it is Debian 12's that is wanted"))
}

fn unpacked(folder: &Path) -> Option<Kernel> {
    let entries = fs::read_dir(folder.join("boot")).ok()?.filter_map(Result::ok).map(|entry| entry.path());
    let named =
        |path: &PathBuf| path.file_name().is_some_and(|n| n.as_encoded_bytes().starts_with(b"vmlinuz-6.1."));
    let image = entries.into_iter().find(named)?;
    let mut modules = BTreeMap::new();
    let mut folders = vec![folder.join("lib/modules")];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).ok()?.filter_map(Result::ok) {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Some(name) = path.file_name()?.to_str()?.strip_suffix(".ko") {
                modules.insert(name.replace('-', "_"), path);
            }
        }
    }
    Some(Kernel { image, modules })
}

fn output(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("{name}: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!("{name}: {}", String::from_utf8_lossy(&output.stderr).trim()))
}

fn fetch(folder: &Path) -> Result<(), String> {
    let depends = output(Command::new("apt-cache").args(["depends", PACKAGE]))?;
    let package = depends
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Depends: "))
        .find(|name| name.starts_with("linux-image-6.1."))
        .ok_or_else(|| {
            format!("{PACKAGE} of this machine's package sources is no kernel 6.1 (Debian 12's is); or `apt-get update` is needed")
        })?;
    // Under another name until it is whole.
    let partial = folder.with_extension("partial");
    let _ = fs::remove_dir_all(&partial);
    fs::create_dir_all(&partial).map_err(|error| format!("{}: {error}", partial.display()))?;
    output(Command::new("apt-get").args(["download", "-q", package]).current_dir(&partial))?;
    let archive = fs::read_dir(&partial).map_err(|error| error.to_string())?.filter_map(Result::ok).next();
    let archive = archive.ok_or("apt-get downloaded nothing")?.path();
    output(Command::new("dpkg-deb").arg("-x").arg(&archive).arg(&partial))?;
    let _ = fs::remove_file(archive);
    fs::rename(&partial, folder).map_err(|error| format!("{}: {error}", folder.display()))
}

impl Kernel {
    /// The files of these modules and of those that they depend on, in the order in which
    /// they can be loaded. What is built into the kernel has no file.
    pub fn load_order(&self, wanted: &[&str]) -> Vec<(String, PathBuf)> {
        let mut order: Vec<(String, PathBuf)> = Vec::new();
        wanted.iter().for_each(|name| self.add(name, &mut order));
        order
    }

    fn add(&self, name: &str, order: &mut Vec<(String, PathBuf)>) {
        let Some(path) = self.modules.get(name) else { return };
        if order.iter().any(|(known, _)| known == name) {
            return;
        }
        for needed in depends(&fs::read(path).expect("a module")) {
            self.add(&needed, order);
        }
        order.push((name.to_owned(), path.clone()));
    }
}

/// `depends=a,b` of the module's `.modinfo`, whose strings are ended by nulls.
fn depends(module: &[u8]) -> Vec<String> {
    const KEY: &[u8] = b"\0depends=";
    let Some(at) = module.windows(KEY.len()).position(|window| window == KEY) else { return Vec::new() };
    let value = module[at + KEY.len()..].split(|byte| *byte == 0).next().unwrap_or_default();
    let names = String::from_utf8_lossy(value).into_owned();
    names.split(',').filter(|name| !name.is_empty()).map(|name| name.replace('-', "_")).collect()
}
