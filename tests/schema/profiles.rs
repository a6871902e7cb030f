//! Profiles to hold the schema against.

use std::fs;
use std::path::{Path, PathBuf};
use tinydocker::profile::{File, Reader, Request, load};

/// A profile by its name.
#[derive(Debug, Clone)]
pub struct Profile {
    pub name: String,
    pub text: String,
}

/// A profile of a list of this file.
#[derive(Debug, Clone, Copy)]
pub struct Listed {
    pub name: &'static str,
    pub text: &'static str,
}

impl From<Listed> for Profile {
    fn from(listed: Listed) -> Self {
        Self { name: listed.name.to_owned(), text: listed.text.to_owned() }
    }
}

/// Whether the program takes it. Files that it extends are there, with any container.
pub fn loads(profile: &Listed) -> bool {
    let base = "command = [\"/bin/true\"]\nrootfs = \"host\"\ncgroup.memory = \"1g\"\nenv.A = \"b\"\n";
    let several = format!("[containers.web]\n{base}");
    let read = move |path: &Path| match path.file_name().and_then(|name| name.to_str()) {
        Some("base.toml") => Ok(base.to_owned()),
        Some("several.toml") => Ok(several.clone()),
        _ => Err("not there".to_owned()),
    };
    let file =
        File { name: "a.toml".into(), text: profile.text.into(), folder: "/p".into(), stem: "a".into() };
    let request = Request {
        file: Some(file),
        home: Some("/home/me".into()),
        working_folder: "/p".into(),
        reader: Reader::new(read),
        ..Request::default()
    };
    load(&request).is_ok()
}

/// The project's folder.
pub fn project(below: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(below)
}

/// The profiles of a folder.
pub fn files(folder: &str) -> Vec<Profile> {
    let entries = fs::read_dir(project(folder)).expect("a folder");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    let read = |path: PathBuf| Profile {
        name: path.file_stem().expect("a name").to_string_lossy().into_owned(),
        text: fs::read_to_string(&path).expect("text"),
    };
    files.into_iter().map(read).collect()
}

/// The profiles that README.md shows.
pub fn from_readme() -> Vec<Profile> {
    let text = fs::read_to_string(project("README.md")).expect("text");
    let mut blocks = Vec::new();
    for (number, block) in text.split("\n```").enumerate() {
        if let Some(text) = block.strip_prefix("toml\n") {
            blocks.push(Profile { name: format!("README {number}"), text: format!("{text}\n") });
        }
    }
    assert!(!blocks.is_empty(), "README.md shows no profile");
    blocks
}

macro_rules! listed {
    ($($name:literal: $text:literal,)+) => {
        [$(Listed { name: $name, text: $text },)+]
    };
}

/// Good profiles beyond those of tests/profiles/good: the shapes of files, what layers do
/// to each other, interpolation.
pub const GOOD: [Listed; 15] = listed! {
    "several": r#"
        name = "shop"
        x-note = { any = ["thing"] }
        [defaults]
        rootfs = "host"
        x-more = 1
        [defaults.cgroup]
        memory = "64m"
        [containers.web]
        command = "/bin/true"
        [containers.db]
        extends = "several.toml#web"
        env.A = false
        cgroup.memory = false
        [containers.db.rootfs]
        source = "./db"
        x-owner = "me"
        [containers.x-not-a-container]
        anything = 1
    "#,
    "several_complete": r#"
        [containers.web]
        entrypoint = "/bin/true"
        rootfs = "host"
    "#,
    "several_variants": r#"
        [defaults]
        rootfs = "host"
        [containers.web]
        command = "/bin/true"
        [variants.small.defaults.cgroup]
        pids = 5
        [variants.small.containers.web]
        command = ["/bin/false"]
        x-why = "small"
    "#,
    "single_variants": r#"
        command = "/bin/true"
        rootfs = "host"
        [variants.named]
        name = "other"
        hostname = "other"
        [variants.x-note]
        free = true
    "#,
    "extends": r#"
        extends = "base.toml"
    "#,
    "extends_more": r#"
        extends = ["base.toml", "several.toml#web"]
        env = { A = false, B = "c" }
        [cgroup]
        memory = false
    "#,
    "all_of_a_table_is_removed": r#"
        extends = "base.toml"
        [env]
        "*" = false
        C = "d"
    "#,
    "a_table_is_removed": r#"
        extends = "base.toml"
        env = false
        cgroup = false
    "#,
    "variables": r#"
        command = ["/bin/echo", "${greeting}"]
        rootfs = { source = "${self.dir}/root", mode = "${mode}" }
        user = "${uid}"
        tty = "${tty}"
        network = "${net:-none}"
        hostname = "${self.name}-x"
        env = ["${pair}"]
        mounts = ["${site}:/srv:ro"]
        [vars]
        greeting = "hello"
        mode = { default = "read-only", choices = ["overlay", "read-only"], description = "how" }
        uid = 1000
        tty = false
        net = { default = "" }
        pair = "A=b"
        site = "./site"
        share = 1.5
        unused = { env = "UNUSED", required = false }
        x-y = "an ordinary variable"
        [cgroup]
        pids = "${uid}"
        cpus = "${share}"
        memory = "${uid}m"
    "#,
    "interpolated_tables": r#"
        command = "/bin/true"
        rootfs = "host"
        cgroup = "${limits}"
        env = "${env}"
        vars = { limits = "{ pids = 5 }", env = '{ A = "b" }' }
    "#,
    "no_interpolation": r#"
        command = ["/bin/sh", "-c", "echo $${HOME} $HOME"]
        rootfs = "host"
    "#,
    "a_choice_is_taken_back": r#"
        extends = "base.toml"
        [cgroup]
        cpu_quota = 5000
        memory = "max"
        [mounts."/memory"]
        type = "tmpfs"
        mode = "0o755"
    "#,
    "extensions": r#"
        x-a = 1
        command = "/bin/true"
        rootfs = { source = "host", x-b = 2 }
        mounts = { "/srv" = { source = "./site", x-c = 3 } }
        cgroup = { x-d = 4 }
    "#,
    "host_names_and_namespaces": r#"
        command = "/bin/true"
        rootfs = "host"
        hostname = "${x}"
        vars.x = "web"
        [namespaces]
        uts = "private"
    "#,
    "short_mounts": r#"
        command = "/bin/true"
        rootfs = "~/root"
        mounts = [".:/a", "~:/b:ro", "../c:/c:rw,", "/d:/d:readonly"]
    "#,
};

/// Bad profiles that the schema refuses, beyond those of tests/profiles/bad.
pub const BAD: [Listed; 22] = listed! {
    "key_beside_containers": r#"
        command = "/bin/true"
        [containers.web]
        command = "/bin/true"
        rootfs = "host"
    "#,
    "extends_beside_containers": r#"
        extends = "base.toml"
        [containers.web]
        command = "/bin/true"
        rootfs = "host"
    "#,
    "no_containers": r#"
        [containers]
    "#,
    "container_is_text": r#"
        containers.web = "host"
    "#,
    "container_has_a_name": r#"
        [containers.web]
        name = "web"
        command = "/bin/true"
        rootfs = "host"
    "#,
    "container_of_a_bad_name": r#"
        [containers.Web]
        command = "/bin/true"
        rootfs = "host"
    "#,
    "unknown_key_of_a_container": r#"
        [containers.web]
        command = "/bin/true"
        rootfs = "host"
        wibble = 1
    "#,
    "defaults_of_a_single_container": r#"
        command = "/bin/true"
        rootfs = "host"
        [defaults]
        tty = true
    "#,
    "defaults_extend": r#"
        [defaults]
        extends = "base.toml"
        [containers.web]
        command = "/bin/true"
        rootfs = "host"
    "#,
    "variant_extends": r#"
        command = "/bin/true"
        rootfs = "host"
        [variants.a]
        extends = "base.toml"
    "#,
    "variant_of_the_other_shape": r#"
        command = "/bin/true"
        rootfs = "host"
        [variants.a.containers.web]
        tty = true
    "#,
    "variant_of_the_first_shape": r#"
        [containers.web]
        command = "/bin/true"
        rootfs = "host"
        [variants.a]
        tty = true
    "#,
    "unknown_key_of_a_variant": r#"
        command = "/bin/true"
        rootfs = "host"
        [variants.a]
        wibble = true
    "#,
    "extends_a_number": r#"
        extends = 5
    "#,
    "extends_nothing": r#"
        extends = []
    "#,
    "variable_of_a_bad_name": r#"
        command = "/bin/true"
        rootfs = "host"
        vars = { "a b" = 1 }
    "#,
    "variable_is_an_array": r#"
        command = "/bin/true"
        rootfs = "host"
        vars = { a = ["b"] }
    "#,
    "unknown_key_of_a_variable": r#"
        command = "/bin/true"
        rootfs = "host"
        vars = { a = { defualt = 1 } }
    "#,
    "variable_of_a_variable": r#"
        command = "/bin/true"
        rootfs = "host"
        vars = { a = "b", c = { default = "${a}" } }
    "#,
    "no_choices": r#"
        command = "/bin/true"
        rootfs = "host"
        vars = { a = { default = "b", choices = [] } }
    "#,
    "removed_with_true": r#"
        extends = "base.toml"
        [env]
        "*" = true
    "#,
    "root_as_a_target": r#"
        command = "/bin/true"
        rootfs = "host"
        mounts = { "/./." = { source = "./a" } }
    "#,
};
