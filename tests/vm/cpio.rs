//! An initramfs: a cpio archive in the "newc" form of the kernel's documentation
//! (driver-api/early-userspace/buffer-format), unpacked by the kernel itself.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufWriter, Result, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

enum Entry {
    Folder(u32),
    File(u32, Source),
    Link(PathBuf),
    Console,
}

enum Source {
    Host(PathBuf),
    Text(Vec<u8>),
}

/// What the archive will hold, by absolute path.
#[derive(Default)]
pub struct Archive(BTreeMap<PathBuf, Entry>);

impl Archive {
    pub fn folder(&mut self, path: impl AsRef<Path>) {
        self.insert(path.as_ref(), Entry::Folder(0o755));
    }

    pub fn text(&mut self, path: impl AsRef<Path>, text: impl Into<Vec<u8>>, mode: u32) {
        self.insert(path.as_ref(), Entry::File(mode, Source::Text(text.into())));
    }

    pub fn link(&mut self, path: impl AsRef<Path>, leads_to: impl Into<PathBuf>) {
        self.insert(path.as_ref(), Entry::Link(leads_to.into()));
    }

    /// The kernel opens it for /init.
    pub fn console(&mut self) {
        self.insert(Path::new("/dev/console"), Entry::Console);
    }

    /// A file of this machine, under another path.
    pub fn copy(&mut self, from: impl AsRef<Path>, to: impl AsRef<Path>) {
        let from = from.as_ref();
        let mode =
            fs::metadata(from).unwrap_or_else(|e| panic!("{}: {e}", from.display())).permissions().mode();
        self.insert(to.as_ref(), Entry::File(mode & 0o7777, Source::Host(from.to_owned())));
    }

    /// A file, a folder with all in it, or a link with what it leads to: under its own path.
    pub fn host(&mut self, path: impl AsRef<Path>) {
        let path = path.as_ref();
        let folder = path.parent().and_then(|parent| fs::canonicalize(parent).ok());
        let path = match (folder, path.file_name()) {
            // /bin may be a link to /usr/bin.
            (Some(folder), Some(name)) => folder.join(name),
            _ => path.to_owned(),
        };
        if self.0.contains_key(&path) {
            return;
        }
        let kind =
            fs::symlink_metadata(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())).file_type();
        if kind.is_symlink() {
            let leads_to = fs::read_link(&path).expect("a link");
            let absolute = path.parent().unwrap_or(Path::new("/")).join(&leads_to);
            self.link(&path, leads_to);
            if absolute.exists() {
                self.host(absolute);
            }
        } else if kind.is_dir() {
            self.folder(&path);
            for entry in fs::read_dir(&path).expect("a folder").filter_map(Result::ok) {
                self.host(entry.path());
            }
        } else if kind.is_file() {
            self.copy(&path, &path);
        }
    }

    fn insert(&mut self, path: &Path, entry: Entry) {
        let mut above = path;
        while let Some(parent) = above.parent().filter(|parent| parent.file_name().is_some()) {
            self.0.entry(parent.to_owned()).or_insert(Entry::Folder(0o755));
            above = parent;
        }
        self.0.insert(path.to_owned(), entry);
    }

    /// Writes the archive.
    pub fn write(&self, path: &Path) -> Result<()> {
        const FOLDER: u32 = 0o040_000;
        const FILE: u32 = 0o100_000;
        const LINK: u32 = 0o120_000;
        const CHARACTER: u32 = 0o020_000;
        let mut out = BufWriter::new(fs::File::create(path)?);
        let mut number = 0;
        for (path, entry) in &self.0 {
            number += 1;
            let name = path.strip_prefix("/").unwrap_or(path).as_os_str().as_encoded_bytes();
            let data;
            let (mode, device, bytes): (u32, (u32, u32), &[u8]) = match entry {
                Entry::Folder(mode) => (FOLDER | mode, (0, 0), &[]),
                Entry::File(mode, Source::Text(text)) => (FILE | mode, (0, 0), text),
                Entry::File(mode, Source::Host(from)) => {
                    data = fs::read(from)?;
                    (FILE | mode, (0, 0), &data)
                }
                Entry::Link(leads_to) => (LINK | 0o777, (0, 0), leads_to.as_os_str().as_encoded_bytes()),
                Entry::Console => (CHARACTER | 0o600, (5, 1), &[]),
            };
            write_entry(&mut out, number, mode, device, name, bytes)?;
        }
        write_entry(&mut out, 0, 0, (0, 0), b"TRAILER!!!", &[])?;
        out.flush()
    }
}

/// Header, name and data, the last two each filled up to a multiple of four.
fn write_entry(
    out: &mut impl Write,
    number: u32,
    mode: u32,
    device: (u32, u32),
    name: &[u8],
    data: &[u8],
) -> Result<()> {
    let size = u32::try_from(data.len()).expect("files are small");
    let fields = [
        number,
        mode,
        0, // uid
        0, // gid
        1, // links
        0, // time of change
        size,
        0, // device that holds the file: major and minor
        0,
        device.0,
        device.1,
        name.len() as u32 + 1,
        0, // no checksum
    ];
    write!(out, "070701")?;
    for field in fields {
        write!(out, "{field:08X}")?;
    }
    out.write_all(name)?;
    // The null that ends the name, and padding: the header has 110 bytes.
    out.write_all(&[0; 4][..1 + (4 - (110 + name.len() + 1) % 4) % 4])?;
    out.write_all(data)?;
    out.write_all(&[0; 3][..(4 - data.len() % 4) % 4])
}
