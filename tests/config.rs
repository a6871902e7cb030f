//! `tinydocker config`: what it prints is a profile that comes to the same operations.

#[path = "plans/fixtures.rs"]
#[allow(dead_code, reason = "shared with the tests of plans")]
mod fixtures;

use proptest::prelude::*;
use std::path::Path;
use std::process::{Command, Output};
use tinydocker::host::Host;
use tinydocker::plan::LaunchPlan;
use tinydocker::profile::{Environment, File, Loaded, Reader, Request, SetValue, Typing, effective, load};

fn request(text: &str) -> Request {
    Request {
        file: Some(File {
            name: "app.toml".into(),
            text: text.into(),
            folder: "/p".into(),
            stem: "app".into(),
        }),
        working_folder: "/work".into(),
        home: Some("/home/me".into()),
        environment: Environment::new([("LC_ALL".to_owned(), "C".to_owned())]),
        reader: Reader::new(|path| match path.to_str() {
            Some("/p/base.toml") => Ok("tty = true\nenv.BASE = '${self.dir}'\ncgroup.pids = 5\n".to_owned()),
            Some("/p/x.env") => Ok("FROM_FILE='a $x ${y}'\n".to_owned()),
            _ => Err("there is no such file".to_owned()),
        }),
        ..Request::default()
    }
}

/// Every operation of every container, without the places.
fn operations(loaded: &Loaded) -> Vec<String> {
    let mut all = Vec::new();
    for container in &loaded.containers {
        // The one of the hosts that has all that there is.
        let host = Host { resources: fixtures::resources(&container.profile), ..fixtures::v2() };
        let plan = LaunchPlan::compile(&container.profile, &container.origins, &host).expect("a plan");
        all.push(format!("{} {:?}", plan.name, container.profile));
        all.extend(plan.operations().map(|it| format!("{} {:?}", it.number, it.operation)));
    }
    all
}

fn round_trip(request: &Request) -> Result<(), TestCaseError> {
    let Ok(loaded) = load(request) else { return Err(TestCaseError::reject("not a profile")) };
    for origins in [false, true] {
        let text = effective::toml(&loaded, origins);
        let again = self::request(&text);
        // The printed profile knows no home, no variables, no files.
        let again =
            Request { environment: Environment::default(), reader: Reader::default(), home: None, ..again };
        let again = load(&again)
            .map_err(|problems| TestCaseError::fail(format!("{text}\n{:#?}", problems.diagnostics)))?;
        prop_assert_eq!(operations(&loaded), operations(&again), "{}", text);
        prop_assert_eq!(effective::toml(&again, false), effective::toml(&loaded, false));
    }
    Ok(())
}

/// Lines of which any choice that does not repeat a key is a container.
const LINES: [&str; 47] = [
    "rlimits.RLIMIT_NOFILE = 10",
    "rlimits.core = { soft = 0, hard = 'unlimited' }",
    "security.capabilities.CHOWN = false",
    "security.capabilities.'*' = false",
    "security.sysctls.net.ipv4.ip_forward = 1",
    "security.preset = 'unconfined'",
    "masked_paths = false",
    "umask = '0027'",
    "stop_signal = 'QUIT'",
    "timeout = '1h'",
    "working_dir = '/srv'",
    "user = '1000:100'",
    "env.A = 'a \"b\" \\ ${v}'",
    "env.B = '$${kept} $x'",
    "env.'odd name' = 'x'",
    "env.PATH = false",
    "env.'*' = false",
    "env_file = 'x.env'",
    "pass_env = ['LC_*']",
    "tty = true",
    "interactive = false",
    "hostname = 'h.example'",
    "entrypoint = 'env'",
    "rootfs.mode = 'read-only'",
    "shm_size = '1g'",
    "rootfs.show = ['/root']",
    "mounts.'/over' = { type = 'overlay', source = './x' }",
    "devices.'/dev/fuse' = 'rw'",
    "devices.'/dev/x' = { source = '/dev/null', optional = true }",
    "rootfs.propagation = 'unbindable'",
    "mounts.'/a//b/' = { source = './x', read_only = false }",
    "mounts.'/t' = { type = 'tmpfs', size = '64m', mode = 0o755 }",
    "mounts.'/proc' = { type = 'tmpfs' }",
    "namespaces.ipc = 'host'",
    "network = 'host'",
    "namespaces.pid = 'container:db'",
    "namespaces.uts = 'path:/proc/1/ns/uts'",
    "namespaces.cgroup = 'container:${v}'",
    "cgroup.memory = '${m}'",
    "cgroup.pids = '${n}'",
    "cgroup.cpus = 1.5",
    "cgroup.cpu_shares = 512",
    "security.no_new_privileges = false",
    "security.seccomp.deny = ['mkdir', 'mkdirat']",
    "security.seccomp.allow = ['keyctl']",
    "extends = 'base.toml'",
    "x-note = 'free'",
];

fn lines() -> impl Strategy<Value = Vec<&'static str>> {
    proptest::sample::subsequence(LINES.to_vec(), 0..LINES.len())
}

const VARS: &str = "[vars]\nv = 'value'\nm = '128m'\nn = 7\n";

proptest! {
    #![proptest_config(ProptestConfig { max_global_rejects: 100_000, ..ProptestConfig::with_cases(128) })]

    #[test]
    fn what_it_prints_comes_to_the_same_operations(own in lines(), unset in proptest::sample::select(vec!["", "env.A", "tty"]), memory in any::<bool>()) {
        let text = format!("command = \"a 'b c'\"\nrootfs.source = 'host'\n{}\n{VARS}", own.join("\n"));
        let mut request = request(&text);
        if !unset.is_empty() {
            request.unsets = vec![Typing { text: unset.into(), typed: None }];
        }
        if memory {
            request.sets = vec![SetValue { text: "cgroup.memory=1g".into(), typed: None }];
        }
        round_trip(&request)?;
    }

    #[test]
    fn several_containers_too(defaults in lines(), one in lines(), other in lines()) {
        let inherit = |line: &&&str| !line.starts_with("extends");
        let defaults: Vec<&str> = defaults.iter().filter(inherit).copied().collect();
        let text = format!(
            "name = 'shop'\n{VARS}[defaults]\nrootfs.source = 'host'\n{}\n[containers.one]\ncommand = 'a'\n{}\n[containers.other]\ncommand = 'b'\n{}\n",
            defaults.join("\n"), one.join("\n"), other.join("\n"),
        );
        round_trip(&request(&text))?;
    }
}

#[test]
fn every_good_profile_survives() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/profiles/good");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            round_trip(&request(&std::fs::read_to_string(&path).unwrap())).unwrap();
            count += 1;
        }
    }
    assert!(count >= 5);
}

fn run(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tinydocker"));
    command.args(arguments).current_dir(folder).env("XDG_CONFIG_HOME", folder).env("COLUMNS", "80");
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

#[test]
fn origins_are_said_beside_the_values() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("base.toml"), "cgroup.pids = 5\n").unwrap();
    let text =
        "command = 'a'\nrootfs = 'host'\nextends = 'base.toml'\nenv.PATH = false\n[cgroup]\npids = 6\n";
    std::fs::write(folder.path().join("web.toml"), text).unwrap();
    let (_, out, err) = run(folder.path(), &["config", "web.toml", "--origins", "--memory", "64m"]);
    let expected = "\
name = \"web\"  # the file's name
command = [\"a\"]  # web.toml:1

[env]
# container = \"tinydocker\"
PATH = false

[rootfs]
source = \"host\"  # web.toml:2

# [mounts.\"/dev\"]
# type = \"dev\"

# [mounts.\"/dev/mqueue\"]
# type = \"mqueue\"

# [mounts.\"/dev/pts\"]
# type = \"devpts\"

# [mounts.\"/dev/shm\"]
# type = \"tmpfs\"
# options = [\"noexec\"]
# size = \"64m\"

# [mounts.\"/etc/hostname\"]
# type = \"generated\"

# [mounts.\"/etc/hosts\"]
# type = \"generated\"

# [mounts.\"/etc/resolv.conf\"]
# type = \"generated\"

# [mounts.\"/proc\"]
# type = \"proc\"

# [mounts.\"/sys\"]
# type = \"sysfs\"

[cgroup]
memory = \"64m\"  # command line:47
pids = 6  # web.toml:6, hides base.toml:1

# [security]
# no_new_privileges = true
";
    assert_eq!(out, expected, "{err}");
    let (_, out, _) = run(folder.path(), &["config", "web.toml", "--origins", "--format", "json"]);
    let value: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(value["profile"]["cgroup"]["pids"], 6);
    assert_eq!(value["profile"]["env"]["PATH"], false);
    assert_eq!(value["origins"]["cgroup.pids"]["place"]["line"], 6);
    assert_eq!(value["origins"]["cgroup.pids"]["hides"][0]["place"]["file"], "base.toml");
    let (code, out, err) = run(folder.path(), &["config", "web.toml", "--set", "nmae=x"]);
    assert_eq!((code, out.as_str()), (1, ""), "{err}");
}
