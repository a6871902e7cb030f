//! A container whose pid namespace another one joins.

use crate::common::{Running, Sandbox};

/// What the container that is joined saw while others joined it.
fn spy(sandbox: &Sandbox, rest: &str) -> Vec<String> {
    let name = format!("{}-spy", sandbox.name);
    let command = "command = [\"/probe\", \"spy\", \"3000\"]\nrootfs = \"./rootfs\"";
    sandbox.write("spy.toml", &format!("name = {name:?}\n{command}\n"));
    let mut running = Running::start(sandbox.command(&["up", "spy.toml"]));
    running.until("ready");
    let rest = format!("namespaces.pid = \"container:{name}\"\n{rest}");
    sandbox.profile(&["/probe", "say", "joined"], &rest);
    // The last one comes when the other has ended.
    while sandbox.run(&["up", "profile.toml"]).code() == 0 {}
    let ended = running.end().expect(0);
    ended.lines().into_iter().map(str::to_owned).collect()
}

#[test]
fn cve_2016_9962_looking_into_an_init_that_joins() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    for rest in ["", "init = true"] {
        assert_eq!(spy(&sandbox, rest), ["ready", "seen some"], "{rest}");
    }
}
