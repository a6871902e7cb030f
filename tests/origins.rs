//! From text to a plan: every operation and every problem knows its line.

#[allow(dead_code)] // plans use the rest
#[path = "plans/fixtures.rs"]
mod fixtures;

use std::collections::BTreeSet;
use tinydocker::diagnostic::{Diagnostic, render};
use tinydocker::host::{self, Host};
use tinydocker::plan::{self, LaunchPlan, Layer, text};
use tinydocker::preflight;
use tinydocker::profile::{File, Loaded, Request, SetValue, load};

fn loaded(text: &str) -> Loaded {
    let file =
        File { name: "web.toml".into(), text: text.into(), folder: "/home/me".into(), stem: "web".into() };
    let sets = vec![SetValue { text: "cgroup.pids=64".into(), typed: None }];
    let argv = ["tinydocker", "plan", "web.toml", "--set", "cgroup.pids=64"].map(str::to_owned).into();
    let request =
        Request { file: Some(file), sets, argv, working_folder: "/home/me".into(), ..Request::default() };
    match load(&request) {
        Ok(loaded) => loaded,
        Err(problems) => panic!("{}", report(&problems.diagnostics, &problems.sources)),
    }
}

fn report(diagnostics: &[Diagnostic], sources: &tinydocker::diagnostic::Sources) -> String {
    render::report(diagnostics, sources, render::Options::default())
}

fn refused(text: &str, host: &Host) -> String {
    let loaded = loaded(text);
    let problems =
        LaunchPlan::compile(&loaded.first().profile, &loaded.first().origins, host).expect_err("problems");
    report(&problems, &loaded.sources)
}

const WEB: &str = r#"command = ["busybox", "httpd", "-f"]
tty = true
interactive = true
working_dir = "/srv"
rootfs = { source = "host", mode = "read-only" }
env.TOKEN = "hunter2"
user = 33
network = "host"

[cgroup]
memory = "256m"
cpu_quota = 20000
cpu_shares = 512

[mounts."/tmp"]
type = "tmpfs"

[mounts."/srv"]
source = "./site"
"#;

fn golden() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("plans");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings
}

#[test]
fn the_text_of_a_plan_names_the_lines() {
    let loaded = loaded(WEB);
    let plan =
        LaunchPlan::compile(&loaded.first().profile, &loaded.first().origins, &fixtures::hybrid()).unwrap();
    golden().bind(|| insta::assert_snapshot!("origins.txt", text::render(&plan)));
    assert!(!text::json(std::slice::from_ref(&plan)).contains("hunter2"));
}

#[test]
fn every_origin_leads_to_the_text_that_it_names() {
    let loaded = loaded(WEB);
    for (_, host) in fixtures::hosts() {
        let plan = LaunchPlan::compile(&loaded.first().profile, &loaded.first().origins, &host).unwrap();
        for numbered in plan.operations() {
            let origin = numbered.origin;
            match (origin.layer, &origin.place) {
                (Layer::BuiltIn, None) => {}
                (Layer::File, Some(place)) => {
                    assert_eq!(place.file, "web.toml");
                    let line = WEB.lines().nth(place.line as usize - 1).unwrap();
                    let last = origin.key.rsplit('.').next().unwrap();
                    assert!(line.contains(last.trim_matches('"')), "{} is not in line {line}", origin.key);
                }
                (Layer::Set, Some(place)) => assert_eq!(place.file, "command line"),
                other => panic!("{}: {other:?}", origin.key),
            }
        }
        let from_file = plan.operations().filter(|n| n.origin.layer == Layer::File).count();
        assert!(from_file > 15, "{from_file}");
    }
}

#[test]
fn what_this_host_can_t_do_is_shown_on_its_line() {
    let mut host = fixtures::v1();
    host.cgroups.hierarchies.retain(|h| !h.controllers.iter().any(|c| c == "cpu"));
    let text = refused("command = [\"a\"]\nrootfs = \"host\"\n[cgroup]\ncpus = 1.5\n", &host);
    golden().bind(|| insta::assert_snapshot!("refused-controller.txt", text));
    let text = refused(
        "command = [\"a\"]\nrootfs = \"host\"\ntty = true\n[mounts.\"/dev/pts\"]\nsource = \"/dev/pts\"\n",
        &fixtures::v2(),
    );
    golden().bind(|| insta::assert_snapshot!("refused-devpts.txt", text));
}

#[test]
fn what_is_not_on_this_host_is_shown_on_its_line() {
    let loaded = loaded(
        "command = [\"/bin/no-such-command-here\", \"-x\"]\nrootfs = \"host\"\n[mounts.\"/data\"]\n\
         source = \"/no-such-folder/data\"\n",
    );
    let problems = preflight::check(&loaded.first().profile, &loaded.first().origins, &fixtures::v2());
    let lines: Vec<_> = problems
        .iter()
        .map(|p| (p.code, loaded.sources.line_column(p.labels[0].source, p.labels[0].span.start)))
        .collect();
    assert_eq!(
        lines,
        [("tinydocker::host::source_missing", (4, 10)), ("tinydocker::host::command_not_found", (1, 12))]
    );
}

/// Codes that the sources of a folder use, against the list that it publishes.
#[test]
fn all_codes_are_listed() {
    fn visit(folder: &std::path::Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                visit(&path, found);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for part in text.split("\"tinydocker::").skip(1) {
                let code = part.split('"').next().unwrap();
                if code.starts_with("host::") || code.starts_with("plan::") {
                    found.insert(format!("tinydocker::{code}"));
                }
            }
        }
    }
    let mut found = BTreeSet::new();
    visit(std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut found);
    let listed: BTreeSet<String> = host::CODES.iter().chain(plan::CODES).map(|c| (*c).to_owned()).collect();
    assert_eq!(found, listed);
}
