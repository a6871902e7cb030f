//! The report as data. Its JSON form is documented here and stable: with the same
//! `version` fields are added and never taken away, renamed, or given another meaning.

use super::simplest;
use crate::diagnostic::{Diagnostic, Severity};
use crate::host::features::{FEATURES, Required, State, feature_of};
use crate::host::{Controller, Layout, OLDEST, Survey};
use crate::plan::LaunchPlan;
use serde::Serialize;
use std::collections::BTreeMap;

/// The version of the JSON form.
pub const VERSION: u32 = 1;

/// What `info` says.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// [`VERSION`].
    pub version: u32,
    /// The version of the program.
    pub program: String,
    /// Whether a profile that asks for nothing can be launched here, by the caller.
    pub ready: bool,
    /// What keeps it from that (severity `error`), and what is to be known besides.
    pub problems: Vec<Problem>,
    /// The kernel.
    pub kernel: Kernel,
    /// Number of processors that the caller may run on.
    pub cpus: u32,
    /// Bytes of a page.
    pub page_size: u64,
    /// Who asks.
    pub caller: Caller,
    /// Where limits are set.
    pub cgroups: Groups,
    /// What the kernel and the system have, each tried out.
    pub features: Vec<Feature>,
    /// Bounds of the kernel that launches may meet, by sysctl(8)'s names; null where the
    /// kernel has no such parameter.
    pub sysctls: BTreeMap<String, Option<u64>>,
}

/// Something that keeps launches from working, or a warning.
#[derive(Debug, Clone, Serialize)]
pub struct Problem {
    /// A code that `check --explain` explains, or null: a feature is missing.
    pub code: Option<String>,
    /// `error` or `warning`.
    pub severity: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// The kernel.
#[derive(Debug, Clone, Serialize)]
pub struct Kernel {
    /// Its release by uname(2).
    pub release: String,
    /// Its architecture by uname(2).
    pub architecture: String,
    /// The oldest release that is tested: `6.1`.
    pub tested_from: String,
    /// Whether this one is older.
    pub old: bool,
}

/// Who asks.
#[derive(Debug, Clone, Serialize)]
pub struct Caller {
    /// Effective user number.
    pub uid: u32,
    /// Permitted capabilities.
    pub capabilities: Vec<&'static str>,
    /// The capabilities of capabilities(7) that are not among them.
    pub lacks: Vec<&'static str>,
}

/// Where limits are set.
#[derive(Debug, Clone, Serialize)]
pub struct Groups {
    /// `v1`, `hybrid`, `v2` or `none`.
    pub layout: Layout,
    /// The cgroup2 tree, or null.
    pub unified: Option<Unified>,
    /// Every controller that a key needs, and then the others that are mounted.
    pub controllers: Vec<Controller>,
}

/// The cgroup2 tree.
#[derive(Debug, Clone, Serialize)]
pub struct Unified {
    /// Where it is mounted.
    pub path: String,
    /// The caller's own group, from the tree's root; null if it is not known.
    pub own_group: Option<String>,
    /// Whether that was handed to the caller. Then groups are made in it, and nowhere else.
    pub delegated: bool,
    /// The folder that containers' groups are made in.
    pub groups_in: String,
    /// Whether they can be made there.
    pub usable: bool,
    /// Why not, or null.
    pub why: Option<String>,
}

/// Something of the kernel or the system that profiles may need.
#[derive(Debug, Clone, Serialize)]
pub struct Feature {
    /// Its name.
    pub name: &'static str,
    /// `ok`, `missing`, `refused` (it is there and closed to the caller) or `unknown`.
    pub state: State,
    /// Whether nothing can be launched on this host without it.
    pub required: bool,
    /// What it is.
    pub what: &'static str,
    /// The system call that failed and its errno, or where it was found; or null.
    pub detail: Option<String>,
    /// Keys whose effect rests on it.
    pub keys: &'static [&'static str],
    /// What it means if it is not there.
    pub without: &'static str,
}

impl Report {
    /// Puts together what a survey says.
    pub fn new(survey: &Survey) -> Self {
        let host = &survey.host;
        let features = features(survey);
        let mut problems = problems(survey);
        let missing = features.iter().filter(|feature| feature.required && feature.state != State::Ok);
        problems.extend(missing.map(|feature| Problem {
            code: None,
            severity: "error",
            message: format!("{}: {}", feature.name, feature.detail.as_deref().unwrap_or("it is not there")),
            help: Some(format!("it {}; without it {}", of_what(feature.what), feature.without)),
        }));
        let (capabilities, lacks) = survey.capabilities();
        Self {
            version: VERSION,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            ready: problems.iter().all(|problem| problem.severity != "error"),
            problems,
            kernel: Kernel {
                release: host.kernel.clone(),
                architecture: survey.architecture.clone(),
                tested_from: format!("{}.{}", OLDEST.0, OLDEST.1),
                old: survey.is_old(),
            },
            cpus: host.cpus,
            page_size: host.page_size,
            caller: Caller { uid: host.uid, capabilities, lacks },
            cgroups: groups(survey),
            features,
            sysctls: survey.sysctls.clone(),
        }
    }

    /// The JSON form, and a newline.
    pub fn json(&self) -> String {
        // Texts, numbers and lists of them can be written always.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

/// A description as what follows `it`.
fn of_what(what: &str) -> String {
    if what.starts_with("makes") { what.to_owned() } else { format!("is for this: {what}") }
}

/// What the compiler says of a profile that asks for nothing, and of the kernel.
fn problems(survey: &Survey) -> Vec<Problem> {
    let problem = |diagnostic: Diagnostic| Problem {
        code: Some(diagnostic.code.to_owned()),
        severity: match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        message: diagnostic.message,
        help: diagnostic.help,
    };
    let loaded = simplest();
    let refused = loaded.containers.iter().filter_map(|container| {
        LaunchPlan::compile(&container.profile, &container.origins, &survey.host).err()
    });
    let mut all: Vec<Problem> = refused.flatten().map(problem).collect();
    all.extend(crate::preflight::kernel(&survey.host).map(problem));
    all
}

fn features(survey: &Survey) -> Vec<Feature> {
    let unified = survey.host.cgroups.unified.is_some();
    debug_assert_eq!(survey.features.len(), FEATURES.len());
    let each = survey.features.iter().filter_map(|finding| {
        let feature = feature_of(&finding.name)?;
        Some(Feature {
            name: feature.name,
            state: finding.state,
            required: match feature.required {
                Required::Always => true,
                Required::WithUnified => unified,
                Required::No => false,
            },
            what: feature.what,
            detail: finding.detail.clone(),
            keys: feature.keys,
            without: feature.without,
        })
    });
    each.collect()
}

fn groups(survey: &Survey) -> Groups {
    let cgroups = &survey.host.cgroups;
    let unified = cgroups.unified.as_ref().map(|unified| {
        let why = survey.closed.get(unified.base()).cloned();
        Unified {
            path: unified.path.clone(),
            own_group: survey.own_groups.get("").cloned(),
            delegated: unified.delegated.is_some(),
            groups_in: unified.base().to_owned(),
            usable: why.is_none(),
            why,
        }
    });
    Groups { layout: cgroups.layout(), unified, controllers: survey.controllers() }
}
