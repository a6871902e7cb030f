//! The JSON schema says of a file what the program says of it, as far as a schema can:
//! to validators (here) and to editors (`editor`).

#[path = "../common/mod.rs"]
mod common;
mod editor;
mod profiles;

use boon::{Compiler, Draft, SchemaIndex, Schemas};
use profiles::{BAD, GOOD, Profile, files, from_readme};
use serde_json::Value;
use std::collections::BTreeSet;
use tinydocker::profile::schema;

/// Bad profiles that the schema lets pass, since no schema can tell, and why not.
const NOT_EXPRESSIBLE: [(&str, &str); 118] = [
    ("cgroup_burst_above", "numbers of two keys"),
    ("cgroup_burst_of_no_quota", "a higher layer may give it"),
    ("cgroup_burst_without_quota", "a lower layer may give it"),
    ("cgroup_cpuset_reversed", "numbers in text"),
    ("cgroup_idle_and_shares", "a higher layer may take one away"),
    ("cgroup_io_empty", "a lower layer may give it"),
    ("cgroup_io_twice", "keys that mean the same"),
    ("cgroup_memory_high_above", "numbers of two keys"),
    ("cgroup_memory_huge", "text as a number"),
    ("cgroup_memory_low_above", "numbers of two keys"),
    ("cgroup_memory_min_above", "numbers of two keys"),
    ("command_empty_program", "the first element alone: the drafts differ"),
    ("command_quote_open", "quoting"),
    ("containers_long_name", "texts of two keys"),
    ("cpu_affinity_reversed", "numbers in text"),
    ("devices_taken", "a pattern for each would stand in every message"),
    ("devices_twice", "keys that mean the same"),
    ("entrypoint_quotes", "quoting"),
    ("env_file_bad_name", "another file"),
    ("env_file_behind_quote", "another file"),
    ("env_file_escape", "another file"),
    ("env_file_missing", "another file"),
    ("env_file_no_value", "another file"),
    ("env_file_open_quote", "another file"),
    ("env_file_twice", "another file"),
    ("env_twice", "parts of text"),
    ("extends_circle", "where the text leads"),
    ("extends_fragment_of_single", "another file"),
    ("extends_itself", "where the text leads"),
    ("extends_missing_deep", "another file"),
    ("extends_missing_file", "another file"),
    ("extends_mistake_in_base", "another file"),
    ("extends_no_container", "another file"),
    ("extends_syntax_in_base", "another file"),
    ("extends_which_container", "another file"),
    ("interpolation_compose", "names in text"),
    ("interpolation_empty", "names in text"),
    ("interpolation_self", "names in text"),
    ("mounts_bind_without_source", "a lower layer may give it"),
    ("mounts_cgroup_host", "a higher layer may take one away"),
    ("mounts_cgroup_joined", "a higher layer may take one away"),
    ("mounts_cgroup_writable", "a higher layer may change the kind"),
    ("mounts_decimal_mode", "JSON has no octal numbers"),
    ("mounts_dev_elsewhere", "the key beside it"),
    ("mounts_file_with_source", "a higher layer may take one away"),
    ("mounts_file_without_content", "a lower layer may give it"),
    ("mounts_generated_elsewhere", "the key beside it"),
    ("mounts_idmap_overlap", "numbers of two keys"),
    ("mounts_idmap_tmpfs", "a higher layer may change the kind"),
    ("mounts_no_kind", "a lower layer may give it"),
    ("mounts_optional_and_create", "a higher layer may take one away"),
    ("mounts_options_exclude", "words that exclude each other"),
    ("mounts_overlay_with_mode", "a higher layer may change the kind"),
    ("mounts_overlay_without_source", "a lower layer may give it"),
    ("mounts_proc_with_size", "a higher layer may change the kind"),
    ("mounts_propagation_not_recursive", "a lower layer may give it"),
    ("mounts_recursive_tmpfs", "a higher layer may change the kind"),
    ("mounts_resolv_conf_joined", "a higher layer may take one away"),
    ("mounts_resolv_conf_writable", "the table's own key"),
    ("mounts_subpath_up", "parts of text"),
    ("mounts_twice", "parts of text"),
    ("mounts_twice_in_table", "keys that mean the same"),
    ("namespaces_path_nul", "a pattern for it would stand in every message"),
    ("network_bool", "`false` removes what a lower layer gives"),
    ("nul_in_env", "a pattern for it would stand in every message"),
    ("read_only_paths_dots", "parts of text"),
    ("removal_empty_array", "what a lower layer gives"),
    ("removal_empty_table", "what a lower layer gives"),
    ("removal_of_nothing", "what a lower layer gives"),
    ("rlimits_hard_missing", "a lower layer may give it"),
    ("rlimits_misspelt", "names in any case"),
    ("rlimits_soft_above_hard", "numbers of two keys"),
    ("rlimits_soft_unlimited", "numbers of two keys"),
    ("rlimits_twice", "keys that mean the same"),
    ("rootfs_host_read_write", "a higher layer may take one away"),
    ("rootfs_idmap_host", "a higher layer may take one away"),
    ("rootfs_persistent_size", "a higher layer may change the mode"),
    ("rootfs_propagation_overlay", "a higher layer may change the mode"),
    ("rootfs_propagation_single", "one word of those that mounts take"),
    ("rootfs_show_folder", "a higher layer may take one away"),
    ("rootfs_show_proc", "a pattern for each would stand in every message"),
    ("rootfs_size_read_only", "a higher layer may change the mode"),
    ("security_ambient_misspelt", "names in any case"),
    ("security_ambient_not_given", "a lower layer may give it"),
    ("security_ambient_taken", "a higher layer may give it back"),
    ("security_capabilities_add_and_drop", "names in two lists"),
    ("security_capabilities_misspelt", "names in any case"),
    ("security_capabilities_twice", "keys that mean the same"),
    ("security_seccomp_file_missing", "another file"),
    ("security_seccomp_file_notify", "another file"),
    ("security_seccomp_file_wrong", "another file"),
    ("security_seccomp_misspelt", "names of every architecture"),
    ("security_seccomp_nothing_to_allow", "a higher layer may choose another base"),
    ("security_seccomp_twice", "names in two lists"),
    ("security_seccomp_word", "may be a path"),
    ("security_sysctls_bool", "names in several tables"),
    ("security_sysctls_host_ipc", "a higher layer may take one away"),
    ("security_sysctls_host_network", "a higher layer may take one away"),
    ("security_sysctls_joined_ipc", "a higher layer may take one away"),
    ("security_sysctls_joined_network", "a higher layer may take one away"),
    ("security_sysctls_hostname", "names in several tables"),
    ("security_sysctls_misspelt", "names in several tables"),
    ("security_sysctls_twice", "keys that mean the same"),
    ("shm_size_bind", "a higher layer may take one away"),
    ("shm_size_no_shm", "a higher layer may take one away"),
    ("shm_size_twice", "a higher layer may take one away"),
    ("stop_signal_misspelt", "names in any case"),
    ("timeout_zero", "text as a number"),
    ("umask_decimal", "JSON has no octal numbers"),
    ("variable_misspelt", "names in text"),
    ("variable_of_shell", "names in text"),
    ("variable_undefined", "names in text"),
    ("variable_unset_in_environment", "the environment"),
    ("variable_without_value", "names in text"),
    ("variable_wrong_for_its_key", "a value elsewhere"),
    ("variants_unknown_container", "keys of another table"),
    ("vars_default_not_a_choice", "a value elsewhere"),
    ("vars_required", "the command line"),
];

/// A validator for the schema, read as one of these drafts.
struct Validator {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Validator {
    fn new(draft: Draft) -> Self {
        let mut schema: Value = serde_json::from_str(&schema::text()).expect("the schema is JSON");
        // Taplo knows drafts to 7, and reads this one as that.
        schema.as_object_mut().expect("an object").remove("$schema");
        let mut schemas = Schemas::new();
        let mut compiler = Compiler::new();
        compiler.set_default_draft(draft);
        compiler.add_resource("schema.json", schema).expect("a resource");
        let index = compiler.compile("schema.json", &mut schemas).expect("the schema is one");
        Self { schemas, index }
    }

    /// What it has against a value.
    fn problems(&self, value: &Value) -> Option<String> {
        self.schemas.validate(value, self.index).err().map(|error| format!("{error:#}"))
    }
}

/// The text as JSON; none if it is no TOML. A date is no value of JSON, and becomes a table.
fn json(text: &str) -> Option<Value> {
    let table: toml::Table = toml::from_str(text).ok()?;
    Some(serde_json::to_value(table).expect("TOML is JSON but for dates"))
}

#[test]
fn every_good_profile_passes() {
    let mut good = files("tests/profiles/good");
    good.extend(files("examples"));
    good.extend(from_readme());
    good.extend(GOOD.map(Profile::from));
    assert!(good.len() >= 20, "{}", good.len());
    for draft in [Draft::V2020_12, Draft::V7] {
        let validator = Validator::new(draft);
        for Profile { name, text } in &good {
            let value = json(text).unwrap_or_else(|| panic!("{name} is TOML"));
            if let Some(problems) = validator.problems(&value) {
                panic!("{name}: {problems}\n{text}");
            }
        }
    }
}

#[test]
fn bad_profiles_are_refused_but_for_what_no_schema_can_tell() {
    let mut bad = files("tests/profiles/bad");
    bad.extend(BAD.map(Profile::from));
    for draft in [Draft::V2020_12, Draft::V7] {
        let validator = Validator::new(draft);
        let passed = |it: &&Profile| json(&it.text).is_none_or(|value| validator.problems(&value).is_none());
        let broken = |it: &&Profile| json(&it.text).is_some();
        let accepted: BTreeSet<&str> =
            bad.iter().filter(broken).filter(passed).map(|it| it.name.as_str()).collect();
        let refused = bad.iter().filter(|it| !accepted.contains(it.name.as_str())).count();
        println!("{refused} of {} bad profiles are refused", bad.len());
        assert_eq!(accepted, BTreeSet::from(NOT_EXPRESSIBLE.map(|(name, _)| name)));
        assert!(refused >= 200, "{refused}");
    }
}

/// What the lists of this test say is good and bad, the program says too.
#[test]
fn the_program_agrees() {
    for (profiles, good) in [(&GOOD[..], true), (&BAD[..], false)] {
        for profile in profiles {
            assert_eq!(profiles::loads(profile), good, "{}", profile.text);
        }
    }
}

/// The examples of a key are values that it takes.
#[test]
fn examples_are_valid() {
    fn walk(schema: &Value, path: &str, into: &mut Vec<(String, Value)>) {
        let Some(object) = schema.as_object() else { return };
        if object.contains_key("examples") || object.contains_key("default") {
            into.push((path.to_owned(), schema.clone()));
        }
        for (keyword, value) in object {
            let path = format!("{path}/{keyword}");
            match (keyword.as_str(), value) {
                ("properties" | "$defs", Value::Object(schemas)) => {
                    schemas.iter().for_each(|(key, schema)| walk(schema, &format!("{path}/{key}"), into));
                }
                ("anyOf", Value::Array(schemas)) => {
                    let each = schemas.iter().enumerate();
                    each.for_each(|(index, schema)| walk(schema, &format!("{path}/{index}"), into));
                }
                ("additionalProperties" | "items", schema) => walk(schema, &path, into),
                _ => {}
            }
        }
    }
    let schema: Value = serde_json::from_str(&schema::text()).expect("the schema is JSON");
    let mut places = Vec::new();
    walk(&schema, "", &mut places);
    assert!(places.len() > 50, "{}", places.len());
    let mut schemas = Schemas::new();
    let mut compiler = Compiler::new();
    compiler.add_resource("schema.json", schema).expect("a resource");
    for (path, schema) in places {
        let index = compiler.compile(&format!("schema.json#{path}"), &mut schemas).expect("a schema");
        let examples = schema["examples"].as_array().into_iter().flatten();
        for value in examples.chain(schema.get("default")) {
            if let Err(error) = schemas.validate(value, index) {
                panic!("{path}: {value}: {error:#}");
            }
        }
    }
}
