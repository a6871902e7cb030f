//! Layers: built-in < file < flags < `--set`, each value with its origin, what a higher
//! layer hides, and the places of the command line.

use tinydocker::diagnostic::render;
use tinydocker::plan::Layer;
use tinydocker::profile::{
    CpuBandwidth, File, FlagValue, Id, Limit, Loaded, Meaning, Mount, Problems, Request, RootfsMode,
    RootfsSource, SetValue, Typed, load,
};

/// `flags` are a flag's spelling, its meaning and its value; they stand on the command
/// line in this order, the sets behind them.
fn request(file: &str, flags: &[(&str, Meaning, &str)], sets: &[&str]) -> Request {
    let mut argv: Vec<String> = ["tinydocker", "up", "web.toml"].map(String::from).into();
    let mut typed = |spelling: &str, text: &str| {
        argv.extend([spelling.to_owned(), text.to_owned()]);
        Some(Typed { argument: argv.len() - 1, bytes: 0..text.len(), last: argv.len() - 1 })
    };
    let flags = flags
        .iter()
        .map(|(spelling, meaning, text)| FlagValue {
            meaning: meaning.clone(),
            text: (*text).into(),
            typed: typed(spelling, text),
        })
        .collect();
    let sets =
        sets.iter().map(|text| SetValue { text: (*text).into(), typed: typed("--set", text) }).collect();
    Request {
        file: Some(File {
            name: "web.toml".into(),
            text: file.into(),
            folder: "/profiles".into(),
            stem: "web".into(),
        }),
        flags,
        sets,
        argv,
        working_folder: "/work".into(),
        ..Request::default()
    }
}

fn good(file: &str, flags: &[(&str, Meaning, &str)], sets: &[&str]) -> Loaded {
    load(&request(file, flags, sets)).unwrap_or_else(|problems| panic!("{}", report(&problems)))
}

fn bad(file: &str, flags: &[(&str, Meaning, &str)], sets: &[&str]) -> String {
    report(&load(&request(file, flags, sets)).expect_err("accepted"))
}

fn report(problems: &Problems) -> String {
    render::report(&problems.diagnostics, &problems.sources, render::Options::default())
}

fn place(loaded: &Loaded, key: &str) -> (Layer, String) {
    let origin = loaded.first().origins.of(key);
    let text = origin.place.map_or_else(String::new, |place| {
        let text = &loaded.sources.get(place.source).text;
        format!(
            "{}:{}:{} {}",
            place.file,
            place.line,
            place.column,
            &text[place.offset..place.offset + place.length]
        )
    });
    (origin.layer, text)
}

const FILE: &str = "\
command = [\"/bin/true\"]
rootfs = \"host\"
mounts = [\"./site:/srv:ro\"]

[env]
LANG = \"C\"

[cgroup]
memory = \"256m\"
cpus = 1
pids = 10
";

#[test]
fn the_higher_layer_wins_and_says_so() {
    let memory = ("--memory", Meaning::Limit("cgroup.memory"), "512m");
    let loaded = good(FILE, &[memory], &["cgroup.pids=64"]);
    assert_eq!(loaded.first().profile.cgroup.memory, Some(Limit::Value(512 << 20)));
    assert_eq!(loaded.first().profile.cgroup.pids, Some(Limit::Value(64)));
    assert_eq!(place(&loaded, "cgroup.memory"), (Layer::Flag, "command line:1:33 512m".into()));
    assert_eq!(place(&loaded, "cgroup.pids"), (Layer::Set, "command line:1:44 cgroup.pids=64".into()));
    assert_eq!(place(&loaded, "cgroup.cpus"), (Layer::File, "web.toml:10:8 1".into()));
    assert_eq!(place(&loaded, "env.LANG"), (Layer::File, "web.toml:6:8 \"C\"".into()));
    assert_eq!(place(&loaded, "mounts.\"/srv\""), (Layer::File, "web.toml:3:11 \"./site:/srv:ro\"".into()));
    assert_eq!(place(&loaded, "mounts.\"/srv\".source").1, "web.toml:3:11 \"./site:/srv:ro\"");
    assert_eq!(place(&loaded, "rootfs.source"), (Layer::File, "web.toml:2:10 \"host\"".into()));
    assert_eq!(place(&loaded, "command").1, "web.toml:1:11 [\"/bin/true\"]");
    for built_in in ["env.PATH", "security.no_new_privileges", "working_dir", "no.such.key", "not a key", ""]
    {
        assert_eq!(place(&loaded, built_in), (Layer::BuiltIn, String::new()), "{built_in}");
    }
}

#[test]
fn what_was_hidden_is_known() {
    let memory = ("--memory", Meaning::Limit("cgroup.memory"), "512m");
    let loaded = good(FILE, &[memory], &["cgroup.memory=1g"]);
    let hidden: Vec<_> = loaded
        .first()
        .origins
        .hidden("cgroup.memory")
        .into_iter()
        .map(|origin| (origin.layer, origin.place.unwrap().line))
        .collect();
    assert_eq!(hidden, [(Layer::Flag, 1), (Layer::File, 9)]);
    assert_eq!(loaded.first().origins.hidden("cgroup.cpus"), []);
}

#[test]
fn a_choice_removes_what_it_excludes_below() {
    let quota = ("--cpu-quota", Meaning::Limit("cgroup.cpu_quota"), "20000");
    let loaded = good(FILE, &[quota], &[]);
    let bandwidth = CpuBandwidth { quota: Limit::Value(20000), period: 100_000, from_cpus: false };
    assert_eq!(loaded.first().profile.cgroup.cpu, Some(bandwidth));
    assert_eq!(loaded.first().origins.hidden("cgroup.cpus").len(), 1);

    let loaded = good(
        &FILE.replace("cpus = 1", "cpu_quota = 5000\ncpu_period = 10000"),
        &[("--cpus", Meaning::Key("cgroup.cpus"), "2")],
        &[],
    );
    assert_eq!(
        loaded.first().profile.cgroup.cpu,
        Some(CpuBandwidth { quota: Limit::Value(200_000), period: 100_000, from_cpus: true })
    );
}

#[test]
fn identity_tables_merge_by_key() {
    let loaded = good(
        FILE,
        &[
            ("-e", Meaning::Env, "A=b=c"),
            ("-e", Meaning::Env, "LANG=de"),
            ("-v", Meaning::Volume, "./data:/data"),
            ("--tmpfs", Meaning::Tmpfs, "/run:size=1m"),
        ],
        &["mounts.\"/srv\".read_only=false", "env.VERSION=1.10"],
    );
    let profile = &loaded.first().profile;
    assert_eq!((profile.env["A"].as_str(), profile.env["LANG"].as_str()), ("b=c", "de"));
    assert_eq!(profile.env["VERSION"], "1.10");
    assert_eq!(profile.env["container"], "tinydocker");
    assert_eq!(profile.mounts["/srv"], Mount::bind("/profiles/site", false));
    assert_eq!(profile.mounts["/data"], Mount::bind("/work/data", false));
    assert_eq!(profile.mounts["/run"], Mount::tmpfs(Some(1 << 20), 0o1777, false));
    assert_eq!(place(&loaded, "mounts.\"/srv\".read_only").0, Layer::Set);
    assert_eq!(place(&loaded, "mounts.\"/srv\".source").0, Layer::File);
}

#[test]
fn a_mount_of_another_kind_is_replaced_whole() {
    let file = "command = 'x'\nrootfs = 'host'\n[mounts.'/srv']\nsource = './a'\nread_only = true\n";
    let loaded = good(file, &[("--tmpfs", Meaning::Tmpfs, "/srv")], &[]);
    assert_eq!(loaded.first().profile.mounts["/srv"], Mount::tmpfs(None, 0o1777, false));
}

#[test]
fn the_text_form_of_rootfs_replaces_the_table() {
    let file = "command = 'x'\n[rootfs]\nsource = './a'\nmode = 'read-only'\n";
    let loaded = good(file, &[], &["rootfs=./b"]);
    assert_eq!(loaded.first().profile.rootfs.source, RootfsSource::Folder("/work/b".into()));
    assert_eq!(loaded.first().profile.rootfs.mode, RootfsMode::Overlay);
    // The flag is the key below, and leaves the mode alone.
    let loaded = good(file, &[("--rootfs", Meaning::Key("rootfs.source"), "./b")], &[]);
    assert_eq!(loaded.first().profile.rootfs.mode, RootfsMode::ReadOnly);
    let loaded = good(FILE, &[("--read-only", Meaning::ReadOnly, "true")], &[]);
    assert_eq!(loaded.first().profile.rootfs.mode, RootfsMode::ReadOnly);
}

#[test]
fn groups_of_flags_stand_behind_those_of_the_file() {
    let add = |group: &'static str| ("--group-add", Meaning::Add("groups"), group);
    let file = format!("groups = [\"video\", 7]\n{FILE}");
    let loaded = good(&file, &[add("44"), add("audio")], &[]);
    let number = |number| Id::Number(number);
    let name = |name: &str| Id::Name(name.into());
    assert_eq!(loaded.first().profile.groups, [name("video"), number(7), number(44), name("audio")]);
    assert_eq!(place(&loaded, "groups[0]"), (Layer::File, "web.toml:1:11 \"video\"".into()));
    assert_eq!(place(&loaded, "groups[1]"), (Layer::File, "web.toml:1:20 7".into()));
    assert_eq!(place(&loaded, "groups[2]"), (Layer::Flag, "command line:1:36 44".into()));
    assert_eq!(place(&loaded, "groups[3]"), (Layer::Flag, "command line:1:51 audio".into()));
    // Without any in the file, and replaced by a higher layer.
    assert_eq!(good(FILE, &[add("44")], &[]).first().profile.groups, [number(44)]);
    assert_eq!(good(&file, &[add("44")], &["groups=[1]"]).first().profile.groups, [number(1)]);
    let report = bad(&file, &[add("44"), add("a:b"), add("-1")], &[]);
    assert!(report.contains("[command line:1:51]") && report.contains("one `:` too many"), "{report}");
    assert!(report.contains("2 problems in the command line"), "{report}");
}

#[test]
fn problems_of_flags_point_into_the_command_line() {
    let report =
        bad(FILE, &[("--memory", Meaning::Limit("cgroup.memory"), "12q")], &["cgroup.pids=0", "nmae=x", "x"]);
    let expected = "\
tinydocker::profile::size_unit

  × `cgroup.memory`: \"12q\" is no size
    ╭─[web.toml:9:10]
  8 │ [cgroup]
  9 │ memory = \"256m\"
    ·          ───┬──
    ·             ╰── hidden by it
 10 │ cpus = 1
    ╰────
   ╭─[command line:1:33]
 1 │ tinydocker up web.toml --memory 12q --set cgroup.pids=0 --set nmae=x \\
   ·                                 ─┬─
   ·                                  ╰── the unit `q` is not known
 2 │   --set x
   ╰────
";
    assert!(report.starts_with(expected), "{report}");
    assert!(report.contains("did you mean `name`?") && report.contains("`=` is missing"), "{report}");
    assert!(report.ends_with("4 problems in the command line\n"), "{report}");
}

#[test]
fn a_hidden_problem_is_still_one() {
    let file = FILE.replace("256m", "256x");
    let report = bad(&file, &[("--memory", Meaning::Limit("cgroup.memory"), "512m")], &[]);
    assert!(report.contains("the unit `x` is not known"), "{report}");
}

#[test]
fn a_contradiction_across_sources_shows_both() {
    let file = "command = 'x'\nrootfs = 'host'\nhostname = 'web'\n";
    let report = bad(file, &[("--uts", Meaning::Key("namespaces.uts"), "host")], &[]);
    assert!(report.contains("[web.toml:3:12]") && report.contains("[command line:1:30]"), "{report}");
}

#[test]
fn run_without_a_profile() {
    let argv: Vec<String> = ["tinydocker", "run", "/bin/ls", "-l"].map(String::from).into();
    let command = FlagValue {
        meaning: Meaning::Command(vec!["/bin/ls".into(), "-l".into()]),
        text: String::new(),
        typed: Some(Typed { argument: 2, bytes: 0..7, last: 3 }),
    };
    let loaded = load(&Request {
        flags: vec![command],
        argv,
        working_folder: "/work".into(),
        host_rootfs: true,
        number: 0xabc,
        ..Request::default()
    })
    .unwrap_or_else(|problems| panic!("{}", report(&problems)));
    assert_eq!(loaded.first().profile.name, "ls-000abc");
    assert_eq!(loaded.first().profile.hostname, "ls-000abc");
    assert_eq!(loaded.first().profile.rootfs.source, RootfsSource::Host);
    assert_eq!(place(&loaded, "rootfs.source").0, Layer::BuiltIn);
    assert_eq!(place(&loaded, "command"), (Layer::Flag, "command line:1:16 /bin/ls -l".into()));
}

#[test]
fn a_stem_that_is_no_name_asks_for_one() {
    let mut request = request("command = 'x'\nrootfs = 'host'\n", &[], &[]);
    request.file.as_mut().unwrap().stem = "My Web".into();
    let report = report(&load(&request).expect_err("accepted"));
    assert!(report.contains("name = \"my-web\""), "{report}");
    request.sets = vec![SetValue { text: "name=web".into(), typed: None }];
    assert_eq!(load(&request).unwrap().first().profile.name, "web");
}

#[test]
fn built_in_values_follow_the_user() {
    let loaded = good("command = 'x'\nrootfs = 'host'\nuser = 1000\n", &[], &[]);
    assert_eq!(loaded.first().profile.env["HOME"], "/");
    let loaded = good("command = 'x'\nrootfs = 'host'\n", &[], &[]);
    assert_eq!(loaded.first().profile.env["HOME"], "/root");
    // Where a user by name is at home only the container's /etc/passwd says.
    let loaded = good("command = 'x'\nrootfs = 'host'\nuser = 'root'\n", &[], &[]);
    assert!(!loaded.first().profile.env.contains_key("HOME"));
    assert!(loaded.first().profile.security.no_new_privileges);
}

const LIMITS: &str = "command = [\"a\"]\nrootfs = \"host\"\n[cgroup]\nmemory = \"64m\"\ncpu_shares = 512\nio.\"/dev/sda\" = { read_bps = \"1m\", write_bps = \"2m\" }\n";

#[test]
fn memory_swap_is_taken_from_whatever_bound_wins() {
    let total = ("--memory-swap", Meaning::SwapTotal, "96m");
    let swap = |flags: &[(&str, Meaning, &str)], sets: &[&str]| {
        good(LIMITS, flags, sets).first().profile.cgroup.swap
    };
    let memory = ("--memory", Meaning::Limit("cgroup.memory"), "80m");
    assert_eq!(swap(std::slice::from_ref(&total), &[]), Some(Limit::Value(32 << 20)));
    assert_eq!(swap(&[total.clone(), memory.clone()], &[]), Some(Limit::Value(16 << 20)));
    assert_eq!(swap(&[total.clone(), memory.clone()], &["cgroup.memory=96m"]), Some(Limit::Value(0)));
    assert_eq!(
        swap(std::slice::from_ref(&total), &["cgroup.swap=1m"]),
        Some(Limit::Value(1 << 20)),
        "--set is above"
    );
    assert_eq!(swap(&[("--memory-swap", Meaning::SwapTotal, "-1")], &[]), Some(Limit::Max));
    let loaded = good(LIMITS, std::slice::from_ref(&total), &[]);
    assert_eq!(place(&loaded, "cgroup.swap"), (Layer::Flag, "command line:1:38 96m".into()));
    for sets in [["cgroup.memory=false"], ["cgroup.memory=max"]] {
        assert!(bad(LIMITS, std::slice::from_ref(&total), &sets).contains("bounds memory and swap together"));
    }
    // A bound that is wrong is the one problem.
    let report = bad(LIMITS, &[total], &["cgroup.memory=1q"]);
    assert!(report.contains("size_unit") && !report.contains("swap_total"), "{report}");
}

#[test]
fn a_share_of_the_cpu_takes_the_place_of_the_other_kind() {
    let weight = good(LIMITS, &[], &["cgroup.cpu_weight=50"]);
    let cgroup = &weight.first().profile.cgroup;
    assert_eq!((cgroup.cpu_weight, cgroup.cpu_shares), (Some(50), None));
    assert!(bad(LIMITS, &[], &["cgroup.cpu_idle=true"]).contains("exclude each other"));
}

#[test]
fn rates_of_a_disk_merge_key_by_key() {
    let rate = |device| ("--device-read-bps", Meaning::DeviceRate("read_bps"), device);
    let io = |flags: &[(&str, Meaning, &str)], sets: &[&str]| {
        let loaded = good(LIMITS, flags, sets);
        let io = &loaded.first().profile.cgroup.io;
        io.iter().map(|(disk, it)| (disk.clone(), it.read_bps, it.write_bps)).collect::<Vec<_>>()
    };
    let sda = |read, write| ("/dev/sda".to_owned(), read, write);
    assert_eq!(io(&[rate("/dev/sda:5m")], &[]), [sda(Some(5 << 20), Some(2 << 20))]);
    let two = [("/dev/sda".to_owned(), Some(1 << 20), Some(2 << 20)), ("8:16".to_owned(), Some(7), None)];
    assert_eq!(io(&[rate("8:16:7")], &[]), two);
    assert_eq!(io(&[], &["cgroup.io.\"/dev/sda\".write_bps=false"]), [sda(Some(1 << 20), None)]);
    assert_eq!(io(&[rate("8:16:7")], &["cgroup.io.\"/dev/sda\"=false"]), two[1..]);
    assert_eq!(
        io(&[], &["cgroup.io.\"*\"=false", "cgroup.io.\"/a\".read_bps=1"]),
        [("/a".into(), Some(1), None)]
    );
}
