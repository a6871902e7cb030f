//! Plans of several profiles for several hosts, on any machine and as any user.

#[path = "plans/fixtures.rs"]
mod fixtures;

use fixtures::{hello, hosts, profiles};
use tinydocker::host::Host;
use tinydocker::plan::{Enter, LaunchPlan};
use tinydocker::profile::{Origins, Profile};

fn plan(profile: &Profile, host: &Host) -> LaunchPlan {
    LaunchPlan::compile(profile, &Origins::default(), host).expect("a plan")
}

#[test]
fn exec_is_the_last_operation_and_there_is_one() {
    for profile in profiles() {
        for (_, host) in hosts() {
            let plan = plan(&profile, &host);
            let execs = plan.enter.iter().map(|s| matches!(s.operation, Enter::Exec { .. }));
            let places: Vec<usize> = execs.enumerate().filter(|&(_, is)| is).map(|(i, _)| i).collect();
            assert_eq!(places, [plan.enter.len() - 1]);
        }
    }
}

#[test]
fn dump() {
    println!("{}", tinydocker::plan::text::render(&plan(&fixtures::web(), &hosts()[0].1)));
    println!("{}", tinydocker::plan::text::render(&plan(&fixtures::shell(), &hosts()[2].1)));
}
