//! A plan's enter phase → what init is told ([`crate::init::orders`]): everything worked out that
//! is known beforehand, names as numbers, slots counted.

use super::full::Keep;
use crate::init::orders::{self, Field, Head, List, Order};
use crate::plan::{Atime, Attributes, Enter, Hide, Id, LaunchPlan, Propagation, Provided, Slot};
use crate::sys::bare::credentials::SYS_ADMIN;
use crate::sys::bare::limits::UNLIMITED;
use crate::sys::mount::Flags;
use crate::sys::{self, Call, Errno, credentials, limits};
use std::collections::BTreeMap;
use std::ffi::{CStr, CString};

/// Most plans need no more bytes.
const USUAL: usize = 8 * 1024;

/// The largest page that a kernel of ours may have.
const PAGE: u64 = 64 << 10;

/// What the launcher asks of init besides.
pub(super) struct Wishes {
    /// To say when it has done each operation.
    pub timed: bool,
    /// To hand over what the launcher looks at when the command has ended.
    pub keep: Keep,
    /// Index of the operation to fail at, or with `true` to be killed before.
    pub fault: Option<(usize, bool)>,
}

/// Orders, and how many slots they speak of.
pub(super) fn write(plan: &LaunchPlan, wishes: &Wishes) -> sys::Result<Vec<u8>> {
    const LENGTH: usize = size_of::<u32>();
    let too_long = |_| sys::Error::new(Call::Sendmsg, Errno::E2BIG);
    let inherit = &plan.spawn.operation.inherit;
    let received = plan.enter.iter().filter_map(|step| match &step.operation {
        Enter::Receive { slots } => Some(slots),
        _ => None,
    });
    let mut slots = Slots(BTreeMap::new());
    inherit.iter().chain(received.flatten()).try_for_each(|slot| slots.add(slot))?;
    let along = slots.numbers(inherit)?;
    let mut bytes = Vec::with_capacity(USUAL);
    bytes.resize(LENGTH, 0);
    let head = Head {
        slots: u16::try_from(slots.0.len()).map_err(too_long)?,
        along: List::Given(&along),
        timed: wishes.timed,
        keep_root: wishes.keep.root,
        keep_namespace: wishes.keep.namespace,
        fault: wishes.fault.map(|(index, kill)| (index as u32, kill)),
        operations: plan.enter.len() as u32,
    };
    head.put(&mut bytes);
    for step in &plan.enter {
        slots.order(&step.operation, &mut bytes)?;
    }
    let length = u32::try_from(bytes.len() - LENGTH).map_err(too_long)?;
    bytes[..LENGTH].copy_from_slice(&length.to_le_bytes());
    Ok(bytes)
}

/// Slots have names in a plan, and numbers for init.
struct Slots<'p>(BTreeMap<&'p Slot, orders::Slot>);

/// The language refuses null bytes; a plan of other origin may hold one.
fn text(text: impl Into<Vec<u8>>) -> sys::Result<CString> {
    CString::new(text).map_err(|_| sys::Error::new(Call::Open, Errno::EINVAL))
}

fn texts<T: AsRef<str>>(all: &[T]) -> sys::Result<Vec<CString>> {
    all.iter().map(|one| text(one.as_ref())).collect()
}

fn borrowed(all: &[CString]) -> Vec<&CStr> {
    all.iter().map(CString::as_c_str).collect()
}

/// A path, its folder and its name.
fn split(path: &str) -> sys::Result<[CString; 3]> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    Ok([text(path)?, text(if folder.is_empty() { "/" } else { folder })?, text(name)?])
}

/// A folder that a path's changes go to: a path with `%` for `/`, so that it is one name.
fn name_of(target: &str) -> sys::Result<CString> {
    text(target.replace('%', "%25").replace('/', "%"))
}

fn capability_bits(names: &[String]) -> u64 {
    names.iter().filter_map(|name| credentials::capability_bit(name)).fold(0, |all, bit| all | bit)
}

/// The attributes of a new mount.
fn flags(attributes: Attributes) -> u32 {
    Flags::READ_ONLY
        .when(attributes.read_only)
        .and(Flags::NOSUID.when(attributes.nosuid))
        .and(Flags::NODEV.when(attributes.nodev))
        .and(Flags::NOEXEC.when(attributes.noexec))
        .and(Flags::NODIRATIME.when(attributes.nodiratime))
        .and(Flags::NOSYMFOLLOW.when(attributes.nosymfollow))
        .and(match attributes.atime {
            Some(Atime::Noatime) => Flags::NOATIME,
            Some(Atime::Strictatime) => Flags::STRICTATIME,
            Some(Atime::Relatime) | None => Flags::RELATIME,
        })
        .0
}

/// What an opened tree loses: what it brought along stays unless they say otherwise.
fn clear(attributes: Attributes) -> u32 {
    Flags::ATIME
        .when(attributes.atime.is_some())
        .and(Flags::NOSUID.when(attributes.clear.nosuid))
        .and(Flags::NOEXEC.when(attributes.clear.noexec))
        .0
}

/// Paths that are hidden, and whether of a folder what is in it.
fn hidden(hide: &BTreeMap<String, Hide>) -> sys::Result<Vec<(CString, bool)>> {
    hide.iter().map(|(path, how)| Ok((text(path.as_str())?, *how == Hide::Contents))).collect()
}

/// Where a command may be: at its path, or else in the folders of PATH.
fn places(command: &str, path: &str) -> sys::Result<Vec<CString>> {
    if command.contains('/') {
        return Ok(vec![text(command)?]);
    }
    let folders = path.split(':').map(|folder| if folder.is_empty() { "." } else { folder });
    folders.map(|folder| text(format!("{folder}/{command}"))).collect()
}

/// An id, its name kept elsewhere.
fn id<'t>(id: &Id, names: &'t mut Option<CString>) -> sys::Result<orders::Id<'t>> {
    Ok(match id {
        Id::Number(number) => orders::Id::Number { number: *number },
        Id::Name(name) => orders::Id::Name { name: names.insert(text(name.as_str())?) },
    })
}

impl<'p> Slots<'p> {
    fn add(&mut self, slot: &'p Slot) -> sys::Result<()> {
        let next = u16::try_from(self.0.len()).map_err(|_| sys::Error::new(Call::Sendmsg, Errno::E2BIG))?;
        self.0.entry(slot).or_insert(next);
        Ok(())
    }

    /// The number of a slot. That an operation before fills it is a property of every plan
    /// (tests/plan.rs).
    fn number(&self, slot: &Slot) -> sys::Result<orders::Slot> {
        self.0.get(slot).copied().ok_or(sys::Error::new(Call::Sendmsg, Errno::EINVAL))
    }

    fn numbers(&self, slots: &[Slot]) -> sys::Result<Vec<orders::Slot>> {
        slots.iter().map(|slot| self.number(slot)).collect()
    }

    /// Writes one operation.
    fn order(&self, operation: &Enter, bytes: &mut Vec<u8>) -> sys::Result<()> {
        let mut put = |order: Order<'_>| {
            order.put(bytes);
            Ok(())
        };
        match operation {
            Enter::DieWithLauncher => put(Order::DieWithLauncher),
            Enter::HideInit => put(Order::HideInit),
            Enter::Receive { slots } => put(Order::Receive { slots: List::Given(&self.numbers(slots)?) }),
            Enter::JoinGroup { group, path } => {
                put(Order::JoinGroup { tasks: self.number(group)?, path: &text(path.as_str())? })
            }
            Enter::Unshare { namespaces } => {
                let flags = namespaces.iter().fold(0, |flags, namespace| flags | namespace.flag());
                put(Order::Unshare { flags: flags.cast_unsigned() })
            }
            Enter::EnterNetwork { network } => put(Order::EnterNetwork { network: self.number(network)? }),
            Enter::StayInit { program, kill, adopt } => {
                put(Order::StayInit { program: self.number(program)?, kill: *kill, adopt: *adopt })
            }
            Enter::AwaitInit => put(Order::AwaitInit),
            Enter::IsolateMounts => put(Order::IsolateMounts),
            Enter::TakeRoot => put(Order::TakeRoot),
            Enter::MountOverlay { lower, changes, size, hide } => {
                let hide = hidden(hide)?;
                let hide: Vec<_> = hide.iter().map(|(path, contents)| (path.as_c_str(), *contents)).collect();
                put(Order::MountOverlay {
                    lower: self.number(lower)?,
                    changes: changes.as_ref().map(|slot| self.number(slot)).transpose()?,
                    size: &text(size.to_string())?,
                    hide: List::Given(&hide),
                })
            }
            Enter::OverlayFolder { lower, target, size, hide, attributes } => {
                let hide = hidden(hide)?;
                let hide: Vec<_> = hide.iter().map(|(path, contents)| (path.as_c_str(), *contents)).collect();
                put(Order::OverlayFolder {
                    lower: self.number(lower)?,
                    target: &text(target.as_str())?,
                    name: &name_of(target)?,
                    size: size.map(|size| text(size.to_string())).transpose()?.as_deref(),
                    hide: List::Given(&hide),
                    flags: flags(*attributes),
                })
            }
            Enter::MountTree { tree, read_only } => put(Order::MountTree {
                tree: self.number(tree)?,
                flags: Flags::NODEV.and(Flags::READ_ONLY.when(*read_only)).0,
            }),
            Enter::MountKernel { filesystem, target, attributes } => put(Order::MountFilesystem {
                filesystem: &text(filesystem.name())?,
                target: &text(target.as_str())?,
                options: List::Given(&[]),
                flags: flags(*attributes),
                base: true,
                link: None,
            }),
            Enter::MountTmpfs { target, size, mode, owner: (uid, gid), attributes } => {
                let mode = text(format!("{mode:o}"))?;
                let size = size.map(|size| text(size.to_string())).transpose()?;
                let (uid, gid) = (text(uid.to_string())?, text(gid.to_string())?);
                let mut options = vec![(c"mode", &*mode), (c"uid", &*uid), (c"gid", &*gid)];
                options.extend(size.as_deref().map(|size| (c"size", size)));
                put(Order::MountFilesystem {
                    filesystem: c"tmpfs",
                    target: &text(target.as_str())?,
                    options: List::Given(&options),
                    flags: flags(*attributes),
                    base: false,
                    link: None,
                })
            }
            Enter::MountDevpts { target, attributes } => put(Order::MountFilesystem {
                filesystem: c"devpts",
                target: &text(target.as_str())?,
                // gid 5 is `tty` everywhere; the group is what write(1) relies on.
                options: List::Given(&[(c"ptmxmode", c"0666"), (c"mode", c"0620"), (c"gid", c"5")]),
                flags: flags(*attributes),
                base: false,
                link: (target == "/dev/pts").then_some(((c"/dev/ptmx", c"/dev", c"ptmx"), c"pts/ptmx")),
            }),
            Enter::MountFile { target, content, mode, owner, attributes } => {
                let content = content.reveal().as_bytes();
                // Room for the content, and for the folder itself.
                let size = (content.len() as u64).div_ceil(PAGE) * PAGE + PAGE;
                put(Order::MountFile {
                    target: &text(target.as_str())?,
                    content,
                    size: &text(size.to_string())?,
                    mode: *mode,
                    owner: *owner,
                    flags: flags(*attributes),
                    clear: clear(*attributes),
                })
            }
            Enter::ProvideFile { target, content, attributes, make_target } => {
                let name = text(target.rsplit('/').next().unwrap_or(target))?;
                let (content, tree) = match content {
                    Provided::Text(text) => (Some((name.as_c_str(), text.as_bytes())), orders::Slot::MAX),
                    Provided::Tree(slot) => (None, self.number(slot)?),
                };
                put(Order::ProvideFile {
                    target: &text(target.as_str())?,
                    content,
                    tree,
                    flags: flags(*attributes),
                    clear: clear(*attributes),
                    make_target: *make_target,
                })
            }
            Enter::MountCgroups { target, hierarchies, attributes } => {
                let each = hierarchies.iter().map(|(name, controllers)| {
                    Ok((text(format!("{target}/{name}"))?, text(name.as_str())?, texts(controllers)?))
                });
                let each: Vec<_> = each.collect::<sys::Result<_>>()?;
                let controllers: Vec<Vec<&CStr>> = each.iter().map(|(.., all)| borrowed(all)).collect();
                let each: Vec<_> = each
                    .iter()
                    .zip(&controllers)
                    .map(|((path, name, _), all)| (path.as_c_str(), name.as_c_str(), List::Given(all)))
                    .collect();
                put(Order::MountCgroups {
                    target: &text(target.as_str())?,
                    hierarchies: List::Given(&each),
                    flags: flags(*attributes),
                })
            }
            Enter::SetRootPropagation { propagation } => {
                put(Order::SetRootPropagation { unbindable: *propagation == Propagation::Unbindable })
            }
            Enter::MakeDevices { devices } => {
                let each: Vec<_> = devices.keys().map(|path| split(path)).collect::<sys::Result<_>>()?;
                let each: Vec<_> = each
                    .iter()
                    .zip(devices.values())
                    .map(|([path, folder, name], numbers)| ((&**path, &**folder, &**name), *numbers))
                    .collect();
                put(Order::MakeDevices { devices: List::Given(&each) })
            }
            Enter::MakeNode { path, block, numbers, mode, owner } => put(Order::MakeNode {
                path: &text(path.as_str())?,
                block: *block,
                numbers: *numbers,
                mode: *mode,
                owner: *owner,
            }),
            Enter::MakeLinks { links } => {
                let each = links.iter().map(|(path, says)| Ok((split(path)?, text(says.as_str())?)));
                let each: Vec<_> = each.collect::<sys::Result<_>>()?;
                let each: Vec<_> = each
                    .iter()
                    .map(|([path, folder, name], says)| ((&**path, &**folder, &**name), says.as_c_str()))
                    .collect();
                put(Order::MakeLinks { links: List::Given(&each) })
            }
            Enter::AttachTree { tree, target, attributes, recursive, make_target, optional, unbindable } => {
                put(Order::AttachTree {
                    tree: self.number(tree)?,
                    target: &text(target.as_str())?,
                    flags: flags(*attributes),
                    clear: clear(*attributes),
                    recursive: *recursive,
                    make_target: *make_target,
                    optional: *optional,
                    unbindable: *unbindable,
                })
            }
            Enter::OpenTerminal { console } => put(Order::OpenTerminal { console: *console }),
            Enter::SetHostname { name } => put(Order::SetHostname { name: &text(name.as_str())? }),
            Enter::SetDomainname { name } => put(Order::SetDomainname { name: &text(name.as_str())? }),
            Enter::SetSysctl { path, value } => {
                put(Order::WriteProc { path: &text(path.as_str())?, value: &text(value.as_str())? })
            }
            Enter::SetOomScore { value } => {
                put(Order::WriteProc { path: c"/proc/self/oom_score_adj", value: &text(value.to_string())? })
            }
            Enter::SetAffinity { cpus } => put(Order::SetAffinity { cpus: List::Given(cpus) }),
            Enter::SetNice { value } => put(Order::SetNice { value: *value }),
            Enter::SetRlimit { name, soft, hard } => put(Order::SetRlimit {
                resource: limits::resource(name)?,
                name: &text(name.as_str())?,
                soft: soft.unwrap_or(UNLIMITED),
                hard: hard.unwrap_or(UNLIMITED),
            }),
            Enter::SetUmask { mask } => put(Order::SetUmask { mask: *mask }),
            Enter::AwaitConnect => put(Order::AwaitConnect),
            Enter::MaskPaths { paths, skip_missing } => put(Order::MaskPaths {
                paths: List::Given(&borrowed(&texts(paths)?)),
                skip_missing: *skip_missing,
            }),
            Enter::ProtectPaths { paths, skip_missing } => put(Order::ProtectPaths {
                paths: List::Given(&borrowed(&texts(paths)?)),
                skip_missing: *skip_missing,
            }),
            Enter::ProtectRoot => put(Order::ProtectRoot),
            Enter::PivotRoot => put(Order::PivotRoot),
            Enter::NewSession { terminal, input } => {
                put(Order::NewSession { terminal: *terminal, input: *input })
            }
            Enter::NewKeyring => put(Order::NewKeyring),
            Enter::ChangeDirectory { path } => put(Order::ChangeDirectory { path: &text(path.as_str())? }),
            Enter::LimitCapabilities { keep } => {
                put(Order::LimitCapabilities { keep: capability_bits(keep) })
            }
            Enter::SetGroups { groups } => {
                let mut names = vec![None; groups.len()];
                let ids = groups.iter().zip(&mut names).map(|(group, name)| id(group, name));
                put(Order::SetGroups { groups: List::Given(&ids.collect::<sys::Result<Vec<_>>>()?) })
            }
            Enter::SetUser { uid, gid, umask, home } => {
                let (mut user, mut group) = (None, None);
                put(Order::SetUser {
                    uid: id(uid, &mut user)?,
                    gid: gid.as_ref().map(|gid| id(gid, &mut group)).transpose()?,
                    umask: *umask,
                    home: *home,
                })
            }
            Enter::SetCapabilities { keep, if_root, ambient, until_exec } => {
                let until_exec = if *until_exec { 1 << SYS_ADMIN } else { 0 };
                let (keep, ambient) = (capability_bits(keep), capability_bits(ambient));
                put(Order::SetCapabilities {
                    keep: keep | until_exec,
                    keep_as_user: if *if_root { ambient } else { keep } | until_exec,
                    ambient,
                })
            }
            Enter::ResetSignals => put(Order::ResetSignals),
            Enter::NoNewPrivileges => put(Order::NoNewPrivileges),
            Enter::LoadFilter { filter } => {
                put(Order::LoadFilter { program: filter.program.bytes(), flags: filter.flags })
            }
            Enter::Exec { command, env } => {
                let name = command.first().map_or("", String::as_str);
                let path = env.get("PATH").map_or("", |path| path.reveal());
                let variables = env.iter().map(|(name, value)| text(format!("{name}={}", value.reveal())));
                let variables: Vec<_> = variables.collect::<sys::Result<_>>()?;
                put(Order::Exec {
                    paths: List::Given(&borrowed(&places(name, path)?)),
                    command: List::Given(&borrowed(&texts(command)?)),
                    environment: List::Given(&borrowed(&variables)),
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::init::orders::Reader;

    const NONE: &str = r#"{"read_only":true,"nosuid":true,"nodev":false,"noexec":true,"nodiratime":false,
        "nosymfollow":false,"atime":"noatime","clear":{"nosuid":false,"noexec":false}}"#;

    /// One of each kind, in the plan's own words.
    fn operations() -> Vec<Enter> {
        let json = r#"["die_with_launcher", "hide_init", {"receive":{"slots":["group:memory","namespace:net"]}},
            {"join_group":{"group":"group:memory","path":"/sys/fs/cgroup/memory/x"}}, {"unshare":{"namespaces":["mount","cgroup"]}},
            {"enter_network":{"network":"namespace:net"}},
            {"stay_init":{"program":"init","kill":true,"adopt":false}}, "await_init", "isolate_mounts", "take_root",
            {"mount_overlay":{"lower":"rootfs","changes":null,"size":4096,"hide":{"/a":"contents","/b":"file"}}},
            {"overlay_folder":{"lower":"rootfs","target":"/50%/x","size":1,"hide":{},"attributes":ATTRIBUTES}},
            {"mount_tree":{"tree":"rootfs","read_only":true}},
            {"mount_kernel":{"filesystem":"proc","target":"/proc","attributes":ATTRIBUTES}},
            {"mount_tmpfs":{"target":"/tmp","size":null,"mode":1023,"owner":[1,2],"attributes":ATTRIBUTES}},
            {"mount_file":{"target":"/f","content":"text","mode":420,"owner":[0,0],"attributes":ATTRIBUTES}},
            {"provide_file":{"target":"/etc/hosts","content":{"text":"x"},"attributes":ATTRIBUTES,"make_target":true}},
            {"provide_file":{"target":"/etc/hosts","content":{"tree":"rootfs"},"attributes":ATTRIBUTES,"make_target":false}},
            {"mount_cgroups":{"target":"/cg","hierarchies":{"cpu":["cpu","cpuacct"],"unified":[]},"attributes":ATTRIBUTES}},
            {"mount_devpts":{"target":"/dev/pts","attributes":ATTRIBUTES}},
            {"set_root_propagation":{"propagation":"unbindable"}},
            {"make_devices":{"devices":{"/dev/null":[1,3],"/zero":[1,5]}}},
            {"make_node":{"path":"/dev/x","block":true,"numbers":[8,0],"mode":432,"owner":[0,6]}},
            {"make_links":{"links":{"/dev/fd":"/proc/self/fd"}}},
            {"attach_tree":{"tree":"rootfs","target":"/srv","attributes":ATTRIBUTES,"recursive":true,
                "make_target":true,"optional":true,"unbindable":false}},
            {"open_terminal":{"console":true}}, {"set_hostname":{"name":"h"}}, {"set_domainname":{"name":"d"}},
            {"set_sysctl":{"path":"/proc/sys/net/x","value":"1"}}, {"set_oom_score":{"value":-5}},
            {"set_affinity":{"cpus":[0,1]}}, {"set_nice":{"value":-20}},
            {"set_rlimit":{"name":"nofile","soft":1,"hard":null}}, {"set_umask":{"mask":7}}, "await_connect",
            {"mask_paths":{"paths":["/a","/b"],"skip_missing":true}},
            {"protect_paths":{"paths":[],"skip_missing":false}}, "protect_root", "pivot_root",
            {"new_session":{"terminal":true,"input":false}}, "new_keyring", {"change_directory":{"path":"/w"}},
            {"limit_capabilities":{"keep":["CAP_CHOWN"]}}, {"set_groups":{"groups":[5,"video"]}},
            {"set_user":{"uid":"web","gid":7,"umask":18,"home":true}},
            {"set_capabilities":{"keep":["CAP_KILL"],"if_root":true,"ambient":["CAP_CHOWN"],"until_exec":true}},
            "reset_signals", "no_new_privileges",
            {"load_filter":{"filter":{"from":"x","otherwise":"ENOSYS","flags":3,"program":"0600000000000000"}}},
            {"exec":{"command":["sh","-c",""],"env":{"PATH":"/bin::/sbin","A":"b"}}}]"#;
        serde_json::from_str(&json.replace("ATTRIBUTES", NONE)).unwrap()
    }

    fn written() -> (Vec<Enter>, Vec<u8>) {
        let (rootfs, init) = (Slot::rootfs(), Slot::init());
        let received = [Slot::group("memory"), Slot("namespace:net".into())];
        let mut slots = Slots(BTreeMap::new());
        [&rootfs, &init, &received[0], &received[1]].into_iter().for_each(|slot| slots.add(slot).unwrap());
        let operations = operations();
        let mut bytes = Vec::new();
        operations.iter().for_each(|operation| slots.order(operation, &mut bytes).unwrap());
        (operations, bytes)
    }

    #[test]
    fn init_reads_what_was_written() {
        let (operations, bytes) = written();
        let mut reader = Reader(&bytes);
        let mut again = Vec::new();
        for operation in &operations {
            let order = Order::take(&mut reader).expect("an order");
            order.put(&mut again);
            if let Order::Exec { paths, command, environment } = order {
                let text = |list: List<'_, &CStr>| {
                    list.iter().map(|it| it.to_str().unwrap()).collect::<Vec<_>>().join(" ")
                };
                assert_eq!(text(paths), "/bin/sh ./sh /sbin/sh");
                assert_eq!(
                    (text(command).as_str(), text(environment).as_str()),
                    ("sh -c ", "A=b PATH=/bin::/sbin")
                );
                assert!(matches!(operation, Enter::Exec { .. }));
            }
            if let Order::OverlayFolder { name, size, .. } = order {
                assert_eq!((name, size), (c"%50%25%x", Some(c"1")));
            }
            if let Order::SetCapabilities { keep, keep_as_user, ambient } = order {
                assert_eq!((keep, keep_as_user, ambient), (1 << 5 | 1 << SYS_ADMIN, 1 | 1 << SYS_ADMIN, 1));
            }
        }
        assert!(reader.0.is_empty());
        assert_eq!(again, bytes);
    }

    #[test]
    fn changed_orders_are_read_or_refused() {
        let (operations, bytes) = written();
        let read = |bytes: &[u8]| {
            let mut reader = Reader(bytes);
            operations.iter().filter(|_| Order::take(&mut reader).is_some()).count()
        };
        for at in 0..bytes.len() {
            for change in [1, 0x7f, 0x80, 0xff] {
                let mut changed = bytes.clone();
                changed[at] ^= change;
                read(&changed);
            }
            assert!(read(&bytes[..at]) < operations.len());
        }
    }

    #[test]
    fn a_plan_with_a_null_byte_is_refused() {
        let slots = Slots(BTreeMap::new());
        let refused = slots.order(&Enter::SetHostname { name: "a\0b".into() }, &mut Vec::new());
        assert_eq!(refused.unwrap_err().errno, Errno::EINVAL);
        let refused =
            slots.order(&Enter::MountTree { tree: Slot::rootfs(), read_only: true }, &mut Vec::new());
        assert_eq!(refused.unwrap_err().errno, Errno::EINVAL);
    }
}
