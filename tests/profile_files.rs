//! Files: both shapes, `extends`, `[defaults]`, `[variants]`, `[vars]` and `${…}`, env
//! files, passed variables, the environment, configuration files, removals.

use std::collections::BTreeMap;
use std::path::Path;
use tinydocker::diagnostic::render;
use tinydocker::plan::Layer;
use tinydocker::profile::{
    Environment, File, Limit, Loaded, Problems, Reader, Request, SetValue, Typing, load,
};

/// Files by name, all in /p; the first one is loaded.
fn request(files: &[(&str, &str)]) -> Request {
    let others: BTreeMap<String, String> =
        files.iter().map(|(name, text)| (format!("/p/{name}"), (*text).to_owned())).collect();
    let (name, text) = files[0];
    Request {
        file: Some(file(name, text)),
        working_folder: "/work".into(),
        home: Some("/home/me".into()),
        environment: Environment::new(
            [("HOME", "/home/me"), ("LC_ALL", "C"), ("LC_TIME", "de"), ("EMPTY", "")]
                .map(|(name, value)| (name.to_owned(), value.to_owned())),
        ),
        reader: Reader::new(move |path: &Path| {
            others.get(path.to_str().unwrap()).cloned().ok_or_else(|| "there is no such file".to_owned())
        }),
        ..Request::default()
    }
}

fn file(name: &str, text: &str) -> File {
    let stem = name.trim_end_matches(".toml").to_owned();
    File { name: name.into(), text: text.into(), folder: "/p".into(), stem }
}

fn typing(text: &str) -> Typing {
    Typing { text: text.into(), typed: None }
}

fn good(request: &Request) -> Loaded {
    load(request).unwrap_or_else(|problems| panic!("{}", report(&problems)))
}

fn bad(request: &Request) -> String {
    report(&load(request).expect_err("accepted"))
}

fn report(problems: &Problems) -> String {
    render::report(&problems.diagnostics, &problems.sources, render::Options::default())
}

/// The value of a variable of the first container.
fn variable<'l>(loaded: &'l Loaded, name: &str) -> Option<&'l str> {
    loaded.first().profile.env.get(name).map(String::as_str)
}

/// Layer and place of a key of the container at a position.
fn place(loaded: &Loaded, container: usize, key: &str) -> (Layer, String) {
    let origin = loaded.containers[container].origins.of(key);
    let text = origin.place.map_or_else(String::new, |place| format!("{}:{}", place.file, place.line));
    (origin.layer, text)
}

/// Every pair of a text and what its report must contain.
fn refused(cases: &[(&str, &[&str])]) {
    for (text, expected) in cases {
        let report = bad(&request(&[("app.toml", text)]));
        for part in *expected {
            assert!(report.contains(part), "{text}\n\nwithout {part:?}:\n{report}");
        }
    }
}

const SEVERAL: &str = r#"
name = "shop"
[defaults]
rootfs = "host"
env = { LANG = "C", WHO = "${self.name}" }
cgroup.pids = 10
[containers.web]
command = "web"
cgroup.pids = 20
[containers.data_base]
command = "db"
[variants.big.defaults]
cgroup.pids = 30
[variants.big.containers.data_base]
cgroup.memory = "1g"
"#;

#[test]
fn a_file_of_several_containers() {
    let loaded = good(&request(&[("app.toml", SEVERAL)]));
    let names: Vec<_> = loaded.containers.iter().map(|it| it.profile.name.as_str()).collect();
    assert_eq!(names, ["shop-data_base", "shop-web"]);
    let hosts: Vec<_> = loaded.containers.iter().map(|it| it.profile.hostname.as_str()).collect();
    assert_eq!(hosts, ["data-base", "web"]);
    let pids: Vec<_> = loaded.containers.iter().map(|it| it.profile.cgroup.pids).collect();
    assert_eq!(pids, [Some(Limit::Value(10)), Some(Limit::Value(20))]);
    assert_eq!(loaded.containers[1].profile.env["WHO"], "shop-web");
    assert_eq!(place(&loaded, 0, "cgroup.pids"), (Layer::Defaults, "app.toml:6".into()));
    assert_eq!(place(&loaded, 1, "cgroup.pids"), (Layer::File, "app.toml:9".into()));
    let hidden = loaded.containers[1].origins.hidden("cgroup.pids");
    assert_eq!(hidden[0].place.as_ref().unwrap().line, 6);
}

#[test]
fn variants_stand_where_they_belong() {
    let mut request = request(&[("app.toml", SEVERAL)]);
    request.variants = vec![typing("big")];
    let loaded = good(&request);
    // Above the defaults, below the container's own keys.
    assert_eq!(loaded.containers[0].profile.cgroup.pids, Some(Limit::Value(30)));
    assert_eq!(loaded.containers[1].profile.cgroup.pids, Some(Limit::Value(20)));
    // Above the container's own keys.
    assert_eq!(place(&loaded, 0, "cgroup.memory"), (Layer::Variant, "app.toml:15".into()));
    request.variants = vec![typing("bgi")];
    let report = bad(&request);
    assert!(report.contains("did you mean `big`?"), "{report}");
}

#[test]
fn variants_of_one_container_have_its_shape_and_are_checked_unchosen() {
    let text = "command = 'a'\nrootfs = 'host'\n[variants.dev]\ntty = true\ncommand = 'b'\n";
    let mut chosen = request(&[("app.toml", text)]);
    assert!(!good(&chosen).first().profile.tty);
    chosen.variants = vec![typing("dev")];
    let loaded = good(&chosen);
    let profile = &loaded.first().profile;
    assert!(profile.tty && profile.command == ["b"]);
    refused(&[(
        "command = 'a'\nrootfs = 'host'\n[variants.dev]\nttty = true\n",
        &["unknown key `ttty`", "app.toml:4:1", "did you mean `tty`?"],
    )]);
}

#[test]
fn one_of_several_is_chosen() {
    let mut only = request(&[("app.toml", SEVERAL)]);
    only.only = Some(typing("web"));
    only.sets = vec![SetValue { text: "cgroup.pids=5".into(), typed: None }];
    let loaded = good(&only);
    assert_eq!(loaded.containers.len(), 1);
    assert_eq!(loaded.first().profile.cgroup.pids, Some(Limit::Value(5)));
    only.only = Some(typing("wbe"));
    assert!(bad(&only).contains("did you mean `web`?"));
    only.only = None;
    let report = bad(&only);
    assert!(report.contains("--only NAME") && report.contains("containers.NAME.cgroup.pids"), "{report}");
    only.sets = vec![SetValue { text: "containers.web.cgroup.pids=5".into(), typed: None }];
    assert_eq!(good(&only).containers[1].profile.cgroup.pids, Some(Limit::Value(5)));
    only.sets = vec![SetValue { text: "containers.wbe.cgroup.pids=5".into(), typed: None }];
    assert!(bad(&only).contains("did you mean `web`?"));
    let mut single = request(&[("app.toml", "command = 'a'\nrootfs = 'host'\n")]);
    single.only = Some(typing("web"));
    assert!(bad(&single).contains("the file is one container"));
}

#[test]
fn shapes_don_t_mix() {
    refused(&[
        (
            "command = 'a'\n[containers.web]\ncommand = 'b'\nrootfs = 'host'\n",
            &[
                "`command` is a container's key",
                "app.toml:1:1",
                "makes it a file of several",
                "[containers.web]",
            ],
        ),
        ("[containers]\n", &["there is no container in it"]),
        ("containers = 3\n", &["`containers`: expected a table"]),
        ("[containers]\nweb = 3\n", &["`containers.web`: expected a table", "[containers.web]"]),
        ("[defaults]\ntty = true\n", &["a file that is one container has no defaults"]),
        (
            "[containers.web]\nname = 'a'\ncommand = 'b'\nrootfs = 'host'\n",
            &["a container's name is the key of its table", "app.toml:2:1"],
        ),
        ("[containers.Web]\ncommand = 'b'\nrootfs = 'host'\n", &["capital letters", "write \"web\""]),
        (
            "name = 'x_'\n[containers.web]\ncommand = 'b'\nrootfs = 'host'\n",
            &["\"x_\" can't name a container"],
        ),
        ("[containers.web]\ncomand = 'b'\nrootfs = 'host'\n", &["did you mean `command`?", "app.toml:2:1"]),
        (
            "[containers.web]\nrootfs = 'host'\n[containers.web.cgroup]\ncommand = 'b'\n",
            &["move it above the line [containers.web.cgroup]"],
        ),
        ("[containers.web]\nrootfs = 'host'\n", &["`command` is missing", "app.toml:1:13"]),
        (
            "[containers.web]\ncommand='a'\nrootfs='host'\n[variants.x]\ntty = true\n",
            &["a variant of several containers", "for which container?"],
        ),
        (
            "[containers.web]\ncommand='a'\nrootfs='host'\n[variants.x.containers.wbe]\ntty = true\n",
            &["no container \"wbe\"", "did you mean `web`?"],
        ),
    ]);
}

#[test]
fn one_mistake_in_shared_keys_is_said_once() {
    let text = "[defaults]\nrootfs = 'host'\ncgroup.memory = '1q'\n[containers.a]\ncommand = 'a'\n[containers.b]\ncommand = 'b'\n";
    let report = bad(&request(&[("app.toml", text)]));
    assert!(report.ends_with("\n1 problem in app.toml\n"), "{report}");
}

#[test]
fn containers_extend_files_and_each_other() {
    let base = "name = 'base'\nrootfs = './root'\ncgroup.pids = 1\nextends = 'ground.toml'\n";
    let ground = "command = 'ground'\ncgroup.memory = '64m'\ncgroup.pids = 2\nenv.FROM = '${self.dir} ${who} ${self.name}'\n[vars]\nwho = 'ground'\n";
    let app = "[containers.a]\nextends = ['base.toml', '#b']\n[containers.b]\nextends = 'base.toml'\ncommand = 'b'\ntty = true\n";
    let loaded = good(&request(&[("app.toml", app), ("base.toml", base), ("ground.toml", ground)]));
    let a = &loaded.containers[0];
    assert_eq!(a.profile.name, "app-a");
    assert_eq!(a.profile.command, ["b"]);
    assert!(a.profile.tty);
    assert_eq!(a.profile.env["FROM"], "/p ground app-a");
    assert_eq!(place(&loaded, 0, "cgroup.pids"), (Layer::Extends, "base.toml:3".into()));
    assert_eq!(place(&loaded, 0, "cgroup.memory"), (Layer::Extends, "ground.toml:2".into()));
    assert_eq!(a.origins.hidden("cgroup.pids")[0].place.as_ref().unwrap().file, "ground.toml");
    // A file of several is named with the container that is meant.
    let one = "extends = 'app.toml#b'\n";
    let loaded =
        good(&request(&[("one.toml", one), ("app.toml", app), ("base.toml", base), ("ground.toml", ground)]));
    assert_eq!(loaded.first().profile.name, "one");
    assert_eq!(loaded.first().profile.command, ["b"]);
}

#[test]
fn extends_that_lead_nowhere() {
    let files = |text: &'static str| {
        bad(&request(&[
            ("app.toml", text),
            ("several.toml", "[containers.web]\ncommand='a'\n"),
            ("one.toml", "command = 'a'\nrootfs = 'host'\n"),
            ("loop.toml", "extends = 'app.toml'\n"),
            ("deep.toml", "extends = 'missing.toml'\n"),
            ("wrong.toml", "cgroup.memory = '1q'\n"),
        ]))
    };
    for (text, expected) in [
        ("extends = 'missing.toml'\n", "can't read \"missing.toml\": there is no such file"),
        ("extends = 'several.toml'\n", "name one: \"several.toml#web\""),
        ("extends = 'several.toml#wbe'\n", "did you mean \"several.toml#web\"?"),
        ("extends = 'one.toml#web'\n", "write extends = \"one.toml\""),
        ("extends = '#web'\n", "the file is one container"),
        ("extends = ''\n", "it names nothing"),
        ("extends = 3\n", "`extends`: expected text"),
        ("extends = []\n", "`extends`: expected text"),
        ("extends = 'app.toml'\n", "goes in a circle: app.toml → app.toml"),
        ("extends = 'loop.toml'\n", "goes in a circle: app.toml → loop.toml → app.toml"),
        (
            "[containers.a]\nextends = '#b'\n[containers.b]\nextends = '#a'\n",
            "app.toml#a → app.toml#b → app.toml#a",
        ),
        ("extends = 'deep.toml'\n", "extended from here"),
        ("extends = 'wrong.toml'\n", "wrong.toml:1:17"),
        (
            "command = 'a'\nrootfs = 'host'\n[variants.x]\nextends = 'one.toml'\n",
            "only a container extends another",
        ),
        (
            "[defaults]\nextends = 'one.toml'\n[containers.a]\ncommand = 'a'\nrootfs='host'\n",
            "only a container extends another",
        ),
    ] {
        let report = files(text);
        assert!(report.contains(expected), "{text}\n\nwithout {expected:?}:\n{report}");
    }
}

#[test]
fn a_fragment_may_lack_what_is_required() {
    let mut fragment = request(&[("base.toml", "cgroup.memory = '64m'\n")]);
    assert!(bad(&fragment).contains("`command` is missing"));
    fragment.fragment = true;
    assert!(good(&fragment).containers.is_empty());
    let mut wrong = request(&[("base.toml", "cgroup.memory = '64q'\n")]);
    wrong.fragment = true;
    assert!(bad(&wrong).contains("the unit `q`"));
}

const VARS: &str = r#"
command = "run '${text}' ${text} $HOME $${text}"
rootfs = "${dir}/root"
hostname = "${number}"
tty = "${on}"
user = "${number}"
[env]
A = "${text}-${missing:-none}"
B = "${env:HOME}/${env:NOT:-no}/${env:EMPTY:-empty}"
[cgroup]
pids = "${number}"
memory = "${mem}"
[vars]
text = "two words"
number = 64
on = true
dir = { default = "./base", description = "where it is" }
mem = { default = "64m", choices = ["64m", "1g"] }
missing = {}
[variants.x]
env.C = "${env:HOME}"
"#;

#[test]
fn variables_have_the_type_of_their_key() {
    let mut vars = request(&[("app.toml", VARS)]);
    let loaded = good(&vars);
    let profile = &loaded.first().profile;
    assert_eq!(profile.command, ["run", "two words", "two words", "$HOME", "${text}"]);
    assert_eq!(profile.env["A"], "two words-none");
    assert_eq!(profile.env["B"], "/home/me/no/empty");
    assert_eq!(profile.hostname, "64");
    assert!(profile.tty);
    assert_eq!(profile.cgroup.pids, Some(Limit::Value(64)));
    assert_eq!(place(&loaded, 0, "cgroup.pids"), (Layer::File, "app.toml:11".into()));
    vars.vars = ["number=7", "mem=1g", "text=a b", "missing=there"].map(typing).into();
    let loaded = good(&vars);
    let profile = &loaded.first().profile;
    assert_eq!(profile.cgroup.pids, Some(Limit::Value(7)));
    assert_eq!(profile.cgroup.memory, Some(Limit::Value(1 << 30)));
    assert_eq!(profile.command[1], "a b");
    assert_eq!(profile.env["A"], "a b-there");
    vars.vars = vec![typing("mem=2g")];
    assert!(bad(&vars).contains("the choices are 64m, 1g"));
    vars.vars = vec![typing("nubmer=2")];
    assert!(bad(&vars).contains("did you mean `number`?"));
    vars.vars = vec![typing("number")];
    assert!(bad(&vars).contains("gives no variable a value"));
}

#[test]
fn variables_that_have_no_value() {
    let with = |rest: &str| format!("command = 'a'\nrootfs = 'host'\n{rest}");
    for (rest, expected) in [
        (
            "env.A = '${tag}'\n[vars]\ntga = 'x'\n",
            &["no variable `tag`", "did you mean ${tga}?", "app.toml:3:10"][..],
        ),
        ("env.A = 'x${HOME}'\n", &["write ${env:HOME}", "app.toml:3:11"]),
        ("env.A = '${env:NOPE}'\n", &["the environment has no `NOPE`", "${env:NOPE:-default}"]),
        ("env.A = '${self.nmae}'\n", &["`self` has no `nmae`", "${self.name}"]),
        ("env.A = '${A:?x}'\n", &["is no interpolation", "$${"]),
        ("env.A = '${A'\n", &["a `${` has no `}`"]),
        ("env.A = '${a}'\n[vars]\na = { required = true }\n", &["a value is required", "--var a=VALUE"]),
        ("env.A = '${a}'\n[vars]\na = {}\n", &["the variable `a` has no value", "--var a=VALUE"]),
        ("[vars]\na = ['x']\n", &["a variable is text, a number, true or false"]),
        ("[vars]\na = '${b}'\n", &["a default is taken as it stands"]),
        ("[vars]\na = { defualt = 1 }\n", &["no key `defualt`", "did you mean `default`?"]),
        ("[vars]\na = { default = 1, choices = [2] }\n", &["none of its choices"]),
        ("[vars]\na = { required = 'yes' }\n", &["write true, without quotes"]),
        ("[vars]\na = { choices = 'x' }\n", &["choices are an array"]),
        ("[vars]\na = { env = 3 }\n", &["expected the name of a variable"]),
        ("[vars]\n'a b' = 3\n", &["can't name a variable"]),
        ("vars = 3\n", &["`vars`: expected a table"]),
        ("cgroup.memory = '${m}'\n[vars]\nm = '1q'\n", &["\"1q\" is no size", "app.toml:3:17"]),
    ] {
        let text = with(rest);
        let report = bad(&request(&[("app.toml", &text)]));
        for part in expected {
            assert!(report.contains(part), "{text}\n\nwithout {part:?}:\n{report}");
        }
    }
}

#[test]
fn env_files_and_passed_variables() {
    let app = "command='a'\nrootfs='host'\nenv_file=['a.env','b.env']\npass_env=['LC_*','NOT_SET','A']\nenv.C='own'\n";
    let files = [("app.toml", app), ("a.env", "A=1\nB=1\nC=1\n"), ("b.env", "# x\nB=2 # two\nD='${X}'\n")];
    let loaded = good(&request(&files));
    for (name, value) in
        [("A", "1"), ("B", "2"), ("C", "own"), ("D", "${X}"), ("LC_ALL", "C"), ("LC_TIME", "de")]
    {
        assert_eq!(variable(&loaded, name), Some(value), "{name}");
    }
    assert_eq!(variable(&loaded, "NOT_SET"), None);
    assert_eq!(place(&loaded, 0, "env.B"), (Layer::File, "b.env:2".into()));
    assert_eq!(place(&loaded, 0, "env.LC_ALL"), (Layer::File, "app.toml:4".into()));
    assert_eq!(place(&loaded, 0, "env.C"), (Layer::File, "app.toml:5".into()));
    let report = bad(&request(&[("app.toml", app), ("a.env", "A\nB=1\nB=2\n"), ("b.env", "")]));
    for part in ["a.env:1:1", "`=` is missing", "pass_env =", "a.env:3:1", "given twice"] {
        assert!(report.contains(part), "{part}\n{report}");
    }
    let report = bad(&request(&[("app.toml", app)]));
    assert!(report.contains("can't read \"a.env\"") && report.contains("app.toml:3:11"), "{report}");
    refused(&[
        ("command='a'\nrootfs='host'\npass_env=['A=b']\n", &["a value has no place here"]),
        ("command='a'\nrootfs='host'\npass_env=['A?']\n", &["`*` is the only wildcard"]),
        ("command='a'\nrootfs='host'\npass_env=[3]\n", &["expected text"]),
        ("command='a'\nrootfs='host'\nenv_file=3\n", &["`env_file`"]),
    ]);
}

#[test]
fn the_environment_is_a_layer() {
    let text = "command = 'a'\nrootfs = 'host'\n[cgroup]\nmemory = '64m'\n";
    let with = |variables: &[(&str, &str)]| {
        let mut request = request(&[("app.toml", text)]);
        request.environment =
            Environment::new(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        request
    };
    let loaded = good(&with(&[
        ("TINYDOCKER__CGROUP__MEMORY", "1g"),
        ("TINYDOCKER__hostname", "false"),
        ("TINYDOCKER__ENV__A__b", "x"),
        ("TINYDOCKER_ROOT", "/elsewhere"),
    ]));
    let profile = &loaded.first().profile;
    assert_eq!(profile.cgroup.memory, Some(Limit::Value(1 << 30)));
    assert_eq!(profile.hostname, "false");
    assert_eq!(profile.env["A__b"], "x");
    assert_eq!(place(&loaded, 0, "cgroup.memory"), (Layer::Environment, "environment:1".into()));
    for (name, value, expected) in [
        ("TINYDOCKER__CGROUP__MEMORY", "1q", &["environment:1:28", "hidden by it", "app.toml:4:10"][..]),
        ("TINYDOCKER__CGROUP__MEMROY", "1g", &["did you mean TINYDOCKER__CGROUP__MEMORY?"]),
        ("TINYDOCKER__MOUNTS__/srv", "x", &["--set"]),
        ("TINYDOCKER__CGROUP__PIDS", "false", &["there is nothing to remove"]),
    ] {
        let report = bad(&with(&[(name, value)]));
        for part in expected {
            assert!(report.contains(part), "{name}={value} without {part:?}:\n{report}");
        }
    }
    let mut several = request(&[("app.toml", SEVERAL)]);
    several.environment = Environment::new([("TINYDOCKER__CGROUP__PIDS".to_owned(), "7".to_owned())]);
    assert!(bad(&several).contains("--only NAME"));
    several.only = Some(typing("web"));
    assert_eq!(good(&several).first().profile.cgroup.pids, Some(Limit::Value(7)));
}

#[test]
fn configuration_files_give_defaults() {
    let mut request = request(&[("app.toml", "command = 'a'\nrootfs = 'host'\nenv.A = 'file'\n")]);
    request.configs = vec![
        (
            Layer::SystemConfig,
            file("/etc/config.toml", "[defaults]\nenv = { A = 'system', B = 'system', C = 'system' }\n"),
        ),
        (
            Layer::UserConfig,
            file("user.toml", "[defaults]\nenv.B = 'user'\ncgroup.pids = 9\nx-note = 3\n[vars]\nv = 1\n"),
        ),
    ];
    let loaded = good(&request);
    for (name, value) in [("A", "file"), ("B", "user"), ("C", "system")] {
        assert_eq!(variable(&loaded, name), Some(value), "{name}");
    }
    assert_eq!(place(&loaded, 0, "cgroup.pids"), (Layer::UserConfig, "user.toml:3".into()));
    request.configs =
        vec![(Layer::UserConfig, file("user.toml", "tty = true\n[defaults]\ncgroup.pids = 'x'\n"))];
    let report = bad(&request);
    assert!(report.contains("[defaults] and [vars] only") && report.contains("user.toml:3:15"), "{report}");
}

#[test]
fn false_removes_and_a_star_drops_all() {
    let base = "command = 'a'\nrootfs = './root'\nhostname = 'h'\nenv = { A = '1', B = '2' }\nmounts = ['./a:/a', './b:/b/']\n[cgroup]\nmemory = '64m'\n";
    let with =
        |text: &str| request(&[("app.toml", &format!("extends = 'base.toml'\n{text}")), ("base.toml", base)]);
    let loaded = good(&with("hostname = false\nenv.A = false\nmounts.'/b' = false\ncgroup.memory = false\n"));
    let profile = &loaded.first().profile;
    assert_eq!(profile.hostname, "app");
    assert_eq!(variable(&loaded, "A"), None);
    assert_eq!(variable(&loaded, "B"), Some("2"));
    assert!(profile.mounts.contains_key("/a") && !profile.mounts.contains_key("/b"));
    assert_eq!(profile.cgroup.memory, None);
    let hidden = loaded.first().origins.hidden("cgroup.memory");
    assert_eq!(hidden.last().unwrap().place.as_ref().unwrap().file, "base.toml");
    let loaded = good(&with("env = { '*' = false, C = '3' }\n"));
    let names: Vec<_> = loaded.first().profile.env.keys().map(String::as_str).collect();
    assert_eq!(names, ["C", "HOME"]);
    let loaded = good(&with("mounts = { '*' = false, '/c' = { source = './c' } }\n"));
    assert_eq!(loaded.first().profile.mounts.keys().collect::<Vec<_>>(), ["/c"]);
    let mut unset = with("");
    unset.unsets = vec![typing("cgroup.memory"), typing("env.A")];
    let loaded = good(&unset);
    assert_eq!((loaded.first().profile.cgroup.memory, variable(&loaded, "A")), (None, None));
    for (text, expected) in [
        (
            "working_dir = false\n",
            &["there is nothing to remove", "write \"false\" in quotes", "app.toml:2:15"][..],
        ),
        ("cgroup.pids = false\n", &["there is nothing to remove", "leave it out"]),
        ("env.'*' = true\n", &["`\"*\"` can only be false"]),
        ("env = {}\n", &["lower layers have entries", "\"*\" = false"]),
        ("mounts = []\n", &["lower layers have entries"]),
    ] {
        let report = bad(&with(text));
        for part in expected {
            assert!(report.contains(part), "{text} without {part:?}:\n{report}");
        }
    }
    // What the program itself gives is no reason to refuse an empty table.
    good(&request(&[("app.toml", "command = 'a'\nrootfs = 'host'\nenv = {}\n")]));
}

#[test]
fn extension_keys_are_free_in_tables_with_fixed_keys() {
    let text = "command = 'a'\nrootfs = 'host'\nx-a = { b = '${no}' }\ncgroup.x-b = 1\n[env]\nx-c = 'kept'\n";
    let loaded = good(&request(&[("app.toml", text)]));
    assert_eq!(variable(&loaded, "x-c"), Some("kept"));
    good(&request(&[("app.toml", "x-a = 1\n[containers.web]\nx-b = 1\ncommand='a'\nrootfs='host'\n")]));
    refused(&[("command = 'a'\nrootfs = 'host'\nx_a = 1\n", &["unknown key `x_a`"])]);
}

#[test]
fn the_entrypoint_stands_before_the_command() {
    let loaded =
        good(&request(&[("app.toml", "entrypoint = 'env -i'\ncommand = ['a', 'b c']\nrootfs = 'host'\n")]));
    assert_eq!(loaded.first().profile.command, ["env", "-i", "a", "b c"]);
    good(&request(&[("app.toml", "entrypoint = 'a'\nrootfs = 'host'\n")]));
}
