//! The container's file system as it will be, looked at from the host without making
//! it: the rootfs, what is hidden in it, and the profile's mounts over it.
//!
//! Symbolic links are followed inside only: an absolute link starts at the
//! container's root, and `..` never leads above it.

use super::program::Program;
use crate::host::{Host, mountinfo};
use crate::plan::host_tree::host_tree;
use crate::plan::{Hide, defaults};
use crate::profile::{Create, Mount, MountOption, MountSource, Profile, RootfsSource};
use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs::Metadata;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

/// As many symbolic links as the kernel follows, path_resolution(7).
const MOST_LINKS: u32 = 40;

/// What the container will see.
pub(super) struct Tree<'a> {
    /// The rootfs on the host.
    root: PathBuf,
    hidden: BTreeMap<String, Hide>,
    /// Mount points on the host below the rootfs that it does not show.
    uncovered: BTreeSet<PathBuf>,
    mounts: &'a BTreeMap<String, Mount>,
    /// The sources of binds without links, by target.
    sources: BTreeMap<&'a str, PathBuf>,
    /// The rootfs is mounted as it stands, without an overlay.
    bare: bool,
    /// Paths of the host that are shown although they lie where it hides things.
    shown: &'a [String],
    pub(super) seen: &'a Seen,
}

/// The mount whose flags decide whether a program may be executed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Holder<'a> {
    /// A bind of the profile, which has the flags of its source's mount.
    Bind(&'a str),
    /// A mount of the profile with the option noexec.
    Noexec(&'a str),
    /// The rootfs as it stands, which has the flags of its own mount.
    Rootfs,
    /// One of ours.
    Ours,
}

/// What lies at a path of the container.
#[derive(Debug)]
pub(super) enum Found {
    /// A file or folder of the host.
    There { host: PathBuf, inside: PathBuf, metadata: Metadata },
    /// An empty folder that the launch makes.
    Made,
    /// Only the kernel can say.
    Unknown,
    /// Nothing; this part of the path is the first that is not there.
    Missing { first: PathBuf, why: Why },
}

/// Why nothing lies at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Why {
    /// There is no such name.
    Absent,
    /// A `"host"` rootfs hides this path of the host.
    Hidden(String),
    /// The host has a file system of its own mounted there.
    OtherFilesystem(PathBuf),
    /// A part of the path is no folder.
    NotFolder,
    /// Links that lead to each other.
    Loop,
    /// The host's file system answers with an error.
    Unreadable(String),
}

/// Where a path of the container comes from.
enum Layer {
    Host(PathBuf),
    /// The root of a bind: links in the source's own path are the host's.
    HostRoot(PathBuf),
    Empty,
    Kernel,
    Nothing(Why),
}

impl<'a> Tree<'a> {
    pub(super) fn new(profile: &'a Profile, host: &Host, seen: &'a Seen) -> Self {
        let (root, mut hidden) = match &profile.rootfs.source {
            RootfsSource::Host => (PathBuf::from("/"), defaults::hidden_of_host()),
            RootfsSource::Folder(folder) => (folder.clone(), BTreeMap::new()),
            RootfsSource::OfNamespace => (PathBuf::from("/"), BTreeMap::new()),
        };
        let shown = &profile.rootfs.show;
        hidden.retain(|path, _| !shown.contains(path));
        let root = seen.real(root);
        // A folder that is mounted as it stands shows the mounts below it; the lower
        // layer of an overlay does not.
        let shows_mounts = profile.rootfs.is_bare();
        let mut uncovered = if shows_mounts { BTreeSet::new() } else { mounts_below(&root, seen) };
        if profile.rootfs.source == RootfsSource::Host {
            let tree = host_tree(shown, &host.resources.mounts);
            let is_layer = |point: &PathBuf| tree.layers.iter().any(|(layer, _)| point == Path::new(layer));
            uncovered.retain(|point| !is_layer(point));
        }
        let source = |(target, mount): (&'a String, &'a Mount)| {
            let path = match &mount.source {
                MountSource::Overlay { source, .. } => source.clone(),
                _ => mount.as_bind()?.whole_path(),
            };
            Some((target.as_str(), seen.real(path)))
        };
        let sources = profile.mounts.iter().filter_map(source).collect();
        Self { root, hidden, uncovered, mounts: &profile.mounts, sources, bare: shows_mounts, shown, seen }
    }

    /// The mount that a path without links lies on.
    pub(super) fn holder(&self, inside: &Path) -> Holder<'a> {
        let above = self.mounts.iter().filter(|(target, _)| below(inside, target).is_some());
        match above.max_by_key(|(target, _)| target.len()) {
            Some((target, mount)) if mount.options.contains(&MountOption::Noexec) => Holder::Noexec(target),
            // The option takes away what the source's mount has.
            Some((_, mount)) if mount.options.contains(&MountOption::Exec) => Holder::Ours,
            Some((target, mount)) if mount.as_bind().is_some() => Holder::Bind(target),
            None if self.bare => Holder::Rootfs,
            _ => Holder::Ours,
        }
    }

    /// The folders above a path without links, the root first, as far as they lie on the
    /// host.
    pub(super) fn folders_above(&self, inside: &Path) -> Vec<(PathBuf, Metadata)> {
        let mut folders: Vec<_> = inside
            .ancestors()
            .skip(1)
            .filter_map(|folder| match self.look(folder) {
                Ok(Found::There { inside, metadata, .. }) => Some((inside, metadata)),
                _ => None,
            })
            .collect();
        folders.reverse();
        folders
    }

    /// Follows an absolute path of the container.
    pub(super) fn find(&self, path: &Path) -> Found {
        let mut links = 0;
        let mut inside = PathBuf::from("/");
        let mut last = match self.look(&inside) {
            Ok(found) => found,
            Err(why) => return Found::Missing { first: inside, why },
        };
        // Components that are still to be followed, the next one last.
        let mut rest = components(path);
        while let Some(name) = rest.pop() {
            if name == ".." {
                inside.pop();
                last = match self.look(&inside) {
                    Ok(found) => found,
                    Err(why) => return Found::Missing { first: inside, why },
                };
                continue;
            }
            match &last {
                Found::There { metadata, .. } if !metadata.is_dir() => {
                    return Found::Missing { first: inside, why: Why::NotFolder };
                }
                Found::Unknown => return Found::Unknown,
                _ => inside.push(&name),
            }
            last = match self.look(&inside) {
                Ok(found) => found,
                Err(why) => return Found::Missing { first: inside, why },
            };
            let Found::There { host, metadata, .. } = &last else { continue };
            if !metadata.is_symlink() {
                continue;
            }
            links += 1;
            let Ok(target) = std::fs::read_link(host) else { return Found::Unknown };
            if links > MOST_LINKS {
                return Found::Missing { first: inside, why: Why::Loop };
            }
            inside = if target.is_absolute() {
                PathBuf::from("/")
            } else {
                inside.parent().unwrap_or(Path::new("/")).to_owned()
            };
            rest.extend(components(&target));
            last = match self.look(&inside) {
                Ok(found) => found,
                Err(why) => return Found::Missing { first: inside, why },
            };
        }
        last
    }

    /// What lies at a path whose parent has been followed.
    fn look(&self, inside: &Path) -> Result<Found, Why> {
        let (host, metadata) = match self.layer(inside) {
            Layer::Host(host) => {
                let metadata = self.seen.link_metadata(&host);
                (host, metadata)
            }
            Layer::HostRoot(host) => {
                let metadata = self.seen.metadata(&host);
                (host, metadata)
            }
            Layer::Kernel => return Ok(Found::Unknown),
            Layer::Empty => {
                return if self.leads_to_mount(inside) { Ok(Found::Made) } else { Err(Why::Absent) };
            }
            Layer::Nothing(_) if self.leads_to_mount(inside) => return Ok(Found::Made),
            Layer::Nothing(why) => return Err(why),
        };
        match metadata {
            Ok(metadata) => Ok(Found::There { host, inside: inside.to_owned(), metadata }),
            Err(_) if self.leads_to_mount(inside) => Ok(Found::Made),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(Why::Absent),
            Err(error) if error.kind() == ErrorKind::NotADirectory => Err(Why::NotFolder),
            Err(error) => Err(Why::Unreadable(error.to_string())),
        }
    }

    /// Whether a bind's source may be missing before the launch.
    fn may_be_missing(&self, target: &str) -> bool {
        self.mounts[target].as_bind().is_some_and(|bind| bind.optional || bind.create != Create::No)
    }

    /// Whether the launch makes this folder for a mount at or below it.
    fn leads_to_mount(&self, inside: &Path) -> bool {
        inside.to_str().is_some_and(|inside| {
            inside == "/" || self.mounts.keys().any(|target| below(Path::new(target), inside).is_some())
        })
    }

    /// The deepest mount that holds a path.
    fn layer(&self, inside: &Path) -> Layer {
        let above = |target: &str| below(inside, target);
        let user = self.mounts.keys().filter_map(|target| Some((above(target)?, target.as_str())));
        if let Some((rest, target)) = user.max_by_key(|(_, target)| target.len()) {
            let memory = || matches!(self.mounts[target].source, MountSource::Tmpfs { .. });
            return match self.sources.get(target) {
                // What the launch makes, or leaves out, is not known before.
                Some(source) if self.may_be_missing(target) && !self.seen.exists(source) => Layer::Kernel,
                Some(source) if rest.as_os_str().is_empty() => Layer::HostRoot(source.clone()),
                Some(source) => Layer::Host(source.join(rest)),
                None if memory() => Layer::Empty,
                None => Layer::Kernel,
            };
        }
        let shown = self.shown.iter().any(|path| above(path).is_some());
        for (path, hide) in self.hidden.iter().filter(|_| !shown) {
            match (above(path), hide) {
                (Some(rest), Hide::Contents) if !rest.as_os_str().is_empty() => {
                    return Layer::Nothing(Why::Hidden(path.clone()));
                }
                (Some(_), Hide::File) => return Layer::Nothing(Why::Hidden(path.clone())),
                _ => {}
            }
        }
        let host = self.root.join(inside.strip_prefix("/").unwrap_or(inside));
        // The mount point itself is a folder below the mount; what is in it is unknown.
        match host.ancestors().skip(1).find(|point| self.uncovered.contains(*point)) {
            Some(_) if shown => Layer::Host(host),
            Some(point) => Layer::Nothing(Why::OtherFilesystem(point.to_owned())),
            None => Layer::Host(host),
        }
    }
}

/// Components in reverse order; `..` is kept.
fn components(path: &Path) -> Vec<OsString> {
    let kept = |component: Component<'_>| match component {
        Component::Normal(_) | Component::ParentDir => Some(component.as_os_str().to_owned()),
        _ => None,
    };
    path.components().rev().filter_map(kept).collect()
}

/// What a path has below one that holds it. Both are absolute and without `.`, `..` and double
/// slashes, and the upper one is not the root: their bytes tell.
fn below<'p>(path: &'p Path, above: &str) -> Option<&'p Path> {
    let rest = path.as_os_str().as_bytes().strip_prefix(above.as_bytes())?;
    let rest = if rest.is_empty() { rest } else { rest.strip_prefix(b"/")? };
    Some(Path::new(std::ffi::OsStr::from_bytes(rest)))
}

/// What was read of the host for one container and holds for the next.
#[derive(Debug, Default)]
pub struct Seen {
    /// The mount points.
    mounts: OnceCell<Vec<PathBuf>>,
    /// Root file systems and sources of mounts, and where each really is.
    real: RefCell<BTreeMap<PathBuf, PathBuf>>,
    /// What stat(2) said.
    followed: RefCell<BTreeMap<PathBuf, Stat>>,
    /// What lstat(2) said.
    links: RefCell<BTreeMap<PathBuf, Stat>>,
    /// Files that would be executed.
    pub(super) programs: RefCell<BTreeMap<PathBuf, Option<Rc<Program>>>>,
}

/// Its errors are all the kernel's.
type Stat = Result<Metadata, Option<i32>>;

fn stat(
    known: &RefCell<BTreeMap<PathBuf, Stat>>,
    path: &Path,
    ask: impl FnOnce(&Path) -> std::io::Result<Metadata>,
) -> std::io::Result<Metadata> {
    let mut known = known.borrow_mut();
    if !known.contains_key(path) {
        known.insert(path.to_owned(), ask(path).map_err(|error| error.raw_os_error()));
    }
    known[path].clone().map_err(|number| match number {
        Some(number) => std::io::Error::from_raw_os_error(number),
        // A NUL byte in the path, which never reached the kernel.
        None => ErrorKind::InvalidInput.into(),
    })
}

impl Seen {
    /// stat(2), once for each path.
    pub(super) fn metadata(&self, path: &Path) -> std::io::Result<Metadata> {
        stat(&self.followed, path, |path| std::fs::metadata(path))
    }

    /// lstat(2), once for each path.
    pub(super) fn link_metadata(&self, path: &Path) -> std::io::Result<Metadata> {
        stat(&self.links, path, |path| std::fs::symlink_metadata(path))
    }

    pub(super) fn exists(&self, path: &Path) -> bool {
        self.metadata(path).is_ok()
    }

    fn real(&self, path: PathBuf) -> PathBuf {
        let mut known = self.real.borrow_mut();
        let real = |path: &PathBuf| std::fs::canonicalize(path).unwrap_or_else(|_| path.clone());
        known.entry(path).or_insert_with_key(real).clone()
    }
}

fn mounts_below(root: &Path, seen: &Seen) -> BTreeSet<PathBuf> {
    let mounts = seen.mounts.get_or_init(|| {
        let text = std::fs::read("/proc/self/mountinfo").unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        mountinfo::points(&text).map(|point| PathBuf::from(&*point)).collect()
    });
    match root.to_str() {
        Some("/") | None => {
            mounts.iter().filter(|point| *point != root && point.starts_with(root)).cloned().collect()
        }
        Some(above) => {
            let inside =
                |point: &&PathBuf| below(point, above).is_some_and(|rest| !rest.as_os_str().is_empty());
            mounts.iter().filter(inside).cloned().collect()
        }
    }
}
