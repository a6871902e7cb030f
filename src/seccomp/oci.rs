//! Profiles as docker, podman and the OCI runtime specification have them
//! (config-linux.md, "Seccomp"): JSON → [`Document`] → [`Rules`] for one container.
//!
//! They mean here what they mean to libseccomp. Of several rules for a call one without
//! conditions decides, the first of them; else the first whose conditions hold. A rule
//! that compares one argument more than once stands for as many rules, of which any may
//! fit, as in runc and crun. A rule for what happens anyway is no rule.

use super::calls::{self, Arch};
use super::json::{self, Json, Member, Value};
use super::rules::{Action, Call, Case, Comparison, Condition, FLAG_LOG, FLAG_SPEC_ALLOW, Rules};
use super::{Facts, Problem};
use crate::sys::credentials::NAMES as CAPABILITIES;

/// A profile that was read without a problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    default: Action,
    flags: u32,
    /// The architectures for each of ours that may be the machine's own.
    arches: Vec<(Arch, Vec<Arch>)>,
    rules: Vec<Rule>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    names: Vec<String>,
    action: Action,
    conditions: Vec<Condition>,
    includes: Filter,
    excludes: Filter,
}

/// Which containers a rule is for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Filter {
    capabilities: Vec<String>,
    arches: Vec<String>,
    kernel: Option<(u32, u32)>,
}

/// Architectures by the names that profiles use: libseccomp's and Go's.
const OURS: [(&str, &str, Arch); 5] = [
    ("SCMP_ARCH_X86_64", "amd64", Arch::X86_64),
    ("SCMP_ARCH_X86", "x86", Arch::X86),
    ("SCMP_ARCH_X32", "x32", Arch::X32),
    ("SCMP_ARCH_AARCH64", "arm64", Arch::Aarch64),
    ("SCMP_ARCH_ARM", "arm", Arch::Arm),
];

/// Architectures of other machines, which a profile may be for as well.
const OTHERS: [&str; 17] = [
    "LOONGARCH64",
    "M68K",
    "MIPS",
    "MIPS64",
    "MIPS64N32",
    "MIPSEL",
    "MIPSEL64",
    "MIPSEL64N32",
    "PARISC",
    "PARISC64",
    "PPC",
    "PPC64",
    "PPC64LE",
    "RISCV64",
    "S390",
    "S390X",
    "SHEB",
];

/// Other machines' names in Go.
const OTHERS_IN_GO: [&str; 15] = [
    "386",
    "loong64",
    "mips",
    "mips64",
    "mips64le",
    "mips64n32",
    "mips64p32",
    "mips64p32le",
    "mipsel64n32",
    "mipsle",
    "ppc64",
    "ppc64le",
    "riscv64",
    "s390",
    "s390x",
];

/// Reads a profile: what it says, or all that is wrong with it.
///
/// # Errors
/// Each problem with its place.
pub fn read(text: &str) -> Result<Document, Vec<Problem>> {
    let json = json::parse(text).map_err(|problem| vec![problem])?;
    let mut reader = Reader { problems: Vec::new() };
    let document = reader.document(&json);
    match document {
        Some(document) if reader.problems.is_empty() => Ok(document),
        _ => Err(reader.problems),
    }
}

impl Document {
    /// The rules for a container.
    pub fn rules(&self, facts: &Facts<'_>) -> Rules {
        let native = facts.native;
        let listed = self.arches.iter().find(|(arch, _)| *arch == native).map(|(_, all)| all.as_slice());
        let mut arches = vec![native];
        arches.extend(listed.into_iter().flatten().filter(|arch| native.family().contains(arch)));
        let mut rules = Rules::new(self.default, &arches);
        rules.flags = self.flags;
        for (arch, table) in &mut rules.tables {
            let mut always = std::collections::BTreeSet::new();
            let meant = self.rules.iter().filter(|rule| rule.is_meant(facts) && rule.action != self.default);
            for rule in meant {
                for name in &rule.names {
                    let mut entries = Vec::with_capacity(2);
                    if let Some(number) = calls::number(name, *arch) {
                        entries.push((number, None));
                    }
                    if *arch == Arch::X86
                        && let Some((entry, code)) = calls::multiplexed(name)
                        && let Some(number) = calls::number(entry, *arch)
                    {
                        entries.push((number, Some(code)));
                    }
                    for (number, code) in entries {
                        if always.contains(&number) {
                            continue;
                        }
                        let call = table.entry(number).or_insert_with(|| Call::always(self.default));
                        if code.is_none() && rule.conditions.is_empty() {
                            *call = Call::always(rule.action);
                            always.insert(number);
                        } else {
                            call.cases.extend(rule.cases(code));
                        }
                    }
                }
            }
        }
        rules
    }
}

impl Rule {
    fn is_meant(&self, facts: &Facts<'_>) -> bool {
        let go = OURS.iter().find(|(.., arch)| *arch == facts.native).map_or("", |(_, go, _)| go);
        let (include, exclude) = (&self.includes, &self.excludes);
        let at_least =
            |wanted: &Filter| wanted.kernel.map(|(major, minor)| facts.kernel_is_at_least(major, minor));
        include.capabilities.iter().all(|name| facts.has(name))
            && !exclude.capabilities.iter().any(|name| facts.has(name))
            && (include.arches.is_empty() || include.arches.iter().any(|arch| arch == go))
            && !exclude.arches.iter().any(|arch| arch == go)
            && at_least(include).unwrap_or(true)
            && !at_least(exclude).unwrap_or(false)
    }

    /// The cases that it stands for; those of a common entry begin with its number.
    fn cases(&self, code: Option<u64>) -> Vec<Case> {
        let mut conditions = self.conditions.clone();
        if let Some(code) = code {
            // What the entry is called for stands where the first argument would.
            conditions.retain(|condition| condition.argument != 0);
            conditions.insert(0, Condition { argument: 0, comparison: Comparison::Equal, value: code });
        }
        let twice = |one: &Condition| {
            self.conditions.iter().filter(|other| other.argument == one.argument).count() > 1
        };
        if code.is_none() && self.conditions.iter().any(twice) {
            let alone = |condition| Case { conditions: vec![condition], action: self.action };
            return conditions.into_iter().map(alone).collect();
        }
        vec![Case { conditions, action: self.action }]
    }
}

/// An object under way: which of its members have been looked at.
struct Object<'j> {
    span: std::ops::Range<usize>,
    members: &'j [Member],
    known: Vec<&'static str>,
}

impl<'j> Object<'j> {
    /// A member; `null` is as good as none.
    fn get(&mut self, name: &'static str) -> Option<&'j Json> {
        self.known.push(name);
        let member = self.members.iter().find(|member| member.name == name)?;
        (member.value.value != Value::Null).then_some(&member.value)
    }
}

struct Reader {
    problems: Vec<Problem>,
}

impl Reader {
    fn wrong(&mut self, json: &Json, message: impl Into<String>, label: impl Into<String>, help: &str) {
        let mut problem = Problem::new(json.span.clone(), message, label);
        problem.help = (!help.is_empty()).then(|| help.to_owned());
        self.problems.push(problem);
    }

    fn wrong_type(&mut self, json: &Json, expected: &str) {
        self.wrong(
            json,
            format!("expected {expected}, found {}", json.kind()),
            format!("expected {expected}"),
            "",
        );
    }

    fn object<'j>(&mut self, json: &'j Json) -> Option<Object<'j>> {
        match &json.value {
            Value::Object(members) => Some(Object { span: json.span.clone(), members, known: Vec::new() }),
            _ => {
                self.wrong_type(json, "an object");
                None
            }
        }
    }

    /// Refuses the members that nobody has asked for.
    fn finish(&mut self, object: &Object<'_>) {
        for member in object.members.iter().filter(|member| !object.known.contains(&member.name.as_str())) {
            let help = match member.name.as_str() {
                "linux" | "ociVersion" => {
                    "this is a container's whole configuration: the profile is what stands at linux.seccomp in it"
                        .to_owned()
                }
                "listenerPath" | "listenerMetadata" => {
                    "tinydocker has nobody who could answer a notification; remove it".to_owned()
                }
                name => {
                    let close = object.known.iter().map(|known| (strsim::jaro_winkler(name, known), known));
                    let near = close.filter(|(likeness, _)| *likeness > 0.8).max_by(|a, b| a.0.total_cmp(&b.0));
                    match near {
                        Some((_, known)) => format!("did you mean {known:?}?"),
                        None => format!("known here: {}", object.known.join(", ")),
                    }
                }
            };
            let message = format!("unknown member {:?}", member.name);
            self.problems
                .push(Problem::new(member.span.clone(), message, "not part of a profile").help(help));
        }
    }

    fn array<'j>(&mut self, json: Option<&'j Json>) -> &'j [Json] {
        match json.map(|json| (&json.value, json)) {
            None => &[],
            Some((Value::Array(elements), _)) => elements,
            Some((_, json)) => {
                self.wrong_type(json, "an array");
                &[]
            }
        }
    }

    fn text<'j>(&mut self, json: &'j Json) -> Option<&'j str> {
        match &json.value {
            Value::Text(text) => Some(text),
            _ => {
                self.wrong_type(json, "text");
                None
            }
        }
    }

    fn number(&mut self, json: &Json) -> Option<u64> {
        match json.value {
            Value::Number(number) => Some(number),
            _ => {
                self.wrong_type(json, "a whole number from 0 on");
                None
            }
        }
    }

    fn document(&mut self, json: &Json) -> Option<Document> {
        let mut object = self.object(json)?;
        let action = object.get("defaultAction");
        let errno = object.get("defaultErrnoRet");
        let name = object.get("defaultErrno");
        let default = match action {
            Some(action) => self.action(action, errno, name),
            None => {
                let wrong = Problem::new(
                    object.span.start..object.span.start + 1,
                    "\"defaultAction\" is missing",
                    "a profile begins here",
                );
                let help = "it says what becomes of calls that no rule names, such as \"SCMP_ACT_ERRNO\"";
                self.problems.push(wrong.help(help));
                None
            }
        };
        let arches = self.arches(&mut object);
        let flags = self.flags(object.get("flags"));
        let mut rules = Vec::new();
        for rule in self.array(object.get("syscalls")) {
            rules.extend(self.rule(rule));
        }
        if let Some(path) = object.get("listenerPath") {
            self.wrong(
                path,
                "\"listenerPath\" can't be had",
                "nobody listens",
                "tinydocker has nobody who could answer a notification; remove it",
            );
        }
        if let Some(data) = object.get("listenerMetadata") {
            self.wrong(
                data,
                "\"listenerMetadata\" can't be had",
                "nobody listens",
                "it goes with \"listenerPath\", which tinydocker has not; remove it",
            );
        }
        if object.members.iter().any(|member| member.name == "ociVersion") {
            // The rest would be many words for one mistake.
            self.problems.clear();
            object.known.retain(|known| *known != "ociVersion");
            let first = object.members.iter().find(|member| member.name == "ociVersion")?;
            self.problems.push(
                Problem::new(
                    first.span.clone(),
                    "this is a container's whole configuration",
                    "not a system call profile",
                )
                .help("the profile is what stands at linux.seccomp in it: put that into a file of its own"),
            );
            return None;
        }
        self.finish(&object);
        Some(Document { default: default?, flags, arches, rules })
    }

    fn action(&mut self, json: &Json, errno: Option<&Json>, name: Option<&Json>) -> Option<Action> {
        let text = self.text(json)?;
        let number = errno.and_then(|errno| Some((self.number(errno)?, errno)));
        let value = match number {
            Some((value, json)) if value > 4095 => {
                self.wrong(json, format!("{value} is no errno"), "at most 4095", "");
                None
            }
            Some((value, _)) => u16::try_from(value).ok(),
            None => None,
        };
        let named = name.and_then(|name| Some((self.text(name)?, name)));
        let value = match (value, named) {
            (value, Some((word, json))) if !word.is_empty() => match (super::default::errno(word), value) {
                (None, _) => {
                    self.wrong(
                        json,
                        format!("{word:?} is no errno"),
                        "not a known name",
                        "names are those of errno(3), such as \"EPERM\"",
                    );
                    None
                }
                (Some(known), Some(value)) if known != value => {
                    let message = format!("{word} is {known}, and the number beside it is {value}");
                    self.wrong(json, message, "contradicts the number", "remove one of the two");
                    None
                }
                (known, _) => known,
            },
            (value, _) => value,
        };
        let action = match text {
            "SCMP_ACT_ALLOW" => Action::Allow,
            "SCMP_ACT_LOG" => Action::Log,
            "SCMP_ACT_ERRNO" => return Some(Action::Errno(value.unwrap_or(1))),
            "SCMP_ACT_TRACE" => return Some(Action::Trace(value.unwrap_or(1))),
            "SCMP_ACT_TRAP" => Action::Trap,
            "SCMP_ACT_KILL" | "SCMP_ACT_KILL_THREAD" => Action::KillThread,
            "SCMP_ACT_KILL_PROCESS" => Action::KillProcess,
            "SCMP_ACT_NOTIFY" => {
                self.wrong(json, "\"SCMP_ACT_NOTIFY\" can't be had", "nobody listens", "it asks another program what to do, and tinydocker has none; write \"SCMP_ACT_ERRNO\" or \"SCMP_ACT_ALLOW\"");
                return None;
            }
            other => {
                self.wrong(json, format!("{other:?} is no action"), "not a known action", "known: SCMP_ACT_ALLOW, SCMP_ACT_LOG, SCMP_ACT_ERRNO, SCMP_ACT_TRACE, SCMP_ACT_TRAP, SCMP_ACT_KILL_THREAD, SCMP_ACT_KILL_PROCESS");
                return None;
            }
        };
        if let Some(errno) = errno {
            self.wrong(
                errno,
                format!("{text} has no errno"),
                "never returned",
                "an errno goes with \"SCMP_ACT_ERRNO\"; remove it, or change the action",
            );
        }
        Some(action)
    }

    /// An architecture of ours; none for another machine's.
    fn arch(&mut self, json: &Json) -> Option<Arch> {
        let text = self.text(json)?;
        if let Some((.., arch)) = OURS.iter().find(|(name, ..)| *name == text) {
            return Some(*arch);
        }
        if !text.strip_prefix("SCMP_ARCH_").is_some_and(|name| OTHERS.contains(&name) || name == "SH") {
            self.wrong(
                json,
                format!("{text:?} is no architecture"),
                "not a known name",
                "names are libseccomp's, such as \"SCMP_ARCH_X86_64\"",
            );
        }
        None
    }

    fn arches(&mut self, object: &mut Object<'_>) -> Vec<(Arch, Vec<Arch>)> {
        let list = object.get("architectures");
        let map = object.get("archMap");
        if let (Some(Json { value: Value::Array(_), .. }), Some(map)) = (list, map)
            && !self.array(list).is_empty()
            && !self.array(Some(map)).is_empty()
        {
            self.wrong(
                map,
                "\"archMap\" and \"architectures\" exclude each other",
                "says the same",
                "remove one of the two",
            );
        }
        let mut arches = Vec::new();
        let listed = self.array(list);
        if !listed.is_empty() {
            let all: Vec<Arch> = listed.iter().filter_map(|arch| self.arch(arch)).collect();
            arches.extend([Arch::X86_64, Arch::Aarch64].map(|native| (native, all.clone())));
        }
        for entry in self.array(map) {
            let Some(mut entry_object) = self.object(entry) else { continue };
            let native = entry_object.get("architecture");
            let subs = entry_object.get("subArchitectures");
            let all = self.array(subs).iter().filter_map(|arch| self.arch(arch)).collect();
            match native {
                Some(native) => {
                    if let Some(native) = self.arch(native) {
                        arches.push((native, all));
                    }
                }
                None => self.wrong(entry, "\"architecture\" is missing", "for which one?", ""),
            }
            self.finish(&entry_object);
        }
        arches
    }

    fn flags(&mut self, json: Option<&Json>) -> u32 {
        let mut flags = 0;
        for flag in self.array(json) {
            match self.text(flag) {
                Some("SECCOMP_FILTER_FLAG_LOG") => flags |= FLAG_LOG,
                Some("SECCOMP_FILTER_FLAG_SPEC_ALLOW") => flags |= FLAG_SPEC_ALLOW,
                // Init has one thread.
                Some("SECCOMP_FILTER_FLAG_TSYNC") | None => {}
                Some("SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV") => {
                    self.wrong(flag, "this flag is for notifications", "nobody listens", "remove it");
                }
                Some(other) => {
                    let message = format!("{other:?} is no flag");
                    self.wrong(flag, message, "not a known flag", "known: SECCOMP_FILTER_FLAG_LOG, SECCOMP_FILTER_FLAG_SPEC_ALLOW, SECCOMP_FILTER_FLAG_TSYNC");
                }
            }
        }
        flags
    }

    fn rule(&mut self, json: &Json) -> Option<Rule> {
        let mut object = self.object(json)?;
        let listed = object.get("names");
        let single = object.get("name");
        let mut names = Vec::new();
        for name in self.array(listed).iter().chain(single) {
            let Some(text) = self.text(name) else { continue };
            if calls::is_known(text) {
                names.push(text.to_owned());
                continue;
            }
            let help = match calls::nearest(text) {
                Some(near) => format!("did you mean {near:?}?"),
                None => "a system call that is newer than this program can't be named yet; it gets the default action".to_owned(),
            };
            self.wrong(name, format!("{text:?} is no system call"), "not a known name", &help);
        }
        if listed.is_none() && single.is_none() {
            self.wrong(
                json,
                "\"names\" is missing",
                "for which calls?",
                "write \"names\": [\"mkdir\"], for example",
            );
        }
        let (action, errno, errno_name) = (object.get("action"), object.get("errnoRet"), object.get("errno"));
        let action = match action {
            Some(action) => self.action(action, errno, errno_name),
            None => {
                self.wrong(
                    json,
                    "\"action\" is missing",
                    "to do what?",
                    "write \"action\": \"SCMP_ACT_ALLOW\", for example",
                );
                None
            }
        };
        let mut conditions = Vec::new();
        for condition in self.array(object.get("args")) {
            conditions.extend(self.condition(condition));
        }
        if let Some(comment) = object.get("comment") {
            self.text(comment);
        }
        let includes = object.get("includes").map(|json| self.filter(json)).unwrap_or_default();
        let excludes = object.get("excludes").map(|json| self.filter(json)).unwrap_or_default();
        self.finish(&object);
        Some(Rule { names, action: action?, conditions, includes, excludes })
    }

    fn condition(&mut self, json: &Json) -> Option<Condition> {
        let mut object = self.object(json)?;
        let (index, value, second) = (object.get("index"), object.get("value"), object.get("valueTwo"));
        let op = object.get("op");
        self.finish(&object);
        let need = |json_: Option<&Json>, name: &str, this: &mut Self| {
            if json_.is_none() {
                this.wrong(
                    json,
                    format!("{name:?} is missing"),
                    "incomplete",
                    "a comparison has \"index\", \"value\" and \"op\"",
                );
            }
        };
        need(index, "index", self);
        need(op, "op", self);
        let index_json = index?;
        let index = self.number(index_json)?;
        if index > 5 {
            self.wrong(index_json, format!("there is no argument {index}"), "from 0 to 5", "");
        }
        let value = value.map_or(Some(0), |value| self.number(value))?;
        let second_value = second.map_or(Some(0), |second| self.number(second))?;
        let op_json = op?;
        let op = self.text(op_json)?;
        let comparison = match op {
            "SCMP_CMP_EQ" => Comparison::Equal,
            "SCMP_CMP_NE" => Comparison::NotEqual,
            "SCMP_CMP_LT" => Comparison::Less,
            "SCMP_CMP_LE" => Comparison::LessOrEqual,
            "SCMP_CMP_GT" => Comparison::Greater,
            "SCMP_CMP_GE" => Comparison::GreaterOrEqual,
            "SCMP_CMP_MASKED_EQ" => Comparison::Masked(value),
            other => {
                self.wrong(op_json, format!("{other:?} is no comparison"), "not a known one", "known: SCMP_CMP_EQ, SCMP_CMP_NE, SCMP_CMP_LT, SCMP_CMP_LE, SCMP_CMP_GT, SCMP_CMP_GE, SCMP_CMP_MASKED_EQ");
                return None;
            }
        };
        let masked = matches!(comparison, Comparison::Masked(_));
        if let Some(second) = second.filter(|_| !masked && second_value != 0) {
            self.wrong(
                second,
                format!("{op} takes one value"),
                "never compared",
                "\"valueTwo\" goes with \"SCMP_CMP_MASKED_EQ\": (argument & value) = valueTwo",
            );
        }
        let value = if masked { second_value } else { value };
        Some(Condition { argument: u8::try_from(index).ok()?, comparison, value })
    }

    fn filter(&mut self, json: &Json) -> Filter {
        let mut filter = Filter::default();
        let Some(mut object) = self.object(json) else { return filter };
        let (capabilities, arches, kernel) =
            (object.get("caps"), object.get("arches"), object.get("minKernel"));
        self.finish(&object);
        for capability in self.array(capabilities) {
            let Some(text) = self.text(capability) else { continue };
            let upper = text.to_ascii_uppercase();
            let full = if upper.starts_with("CAP_") { upper } else { format!("CAP_{upper}") };
            if CAPABILITIES.contains(&full.as_str()) {
                filter.capabilities.push(full);
            } else {
                self.wrong(
                    capability,
                    format!("{text:?} is no capability"),
                    "not a known name",
                    "names are those of capabilities(7), such as \"CAP_SYS_ADMIN\"",
                );
            }
        }
        for arch in self.array(arches) {
            let Some(text) = self.text(arch) else { continue };
            if OURS.iter().any(|(_, go, _)| *go == text) || OTHERS_IN_GO.contains(&text) {
                filter.arches.push(text.to_owned());
            } else {
                self.wrong(
                    arch,
                    format!("{text:?} is no architecture"),
                    "not a known name",
                    "names here are Go's: amd64, x86, x32, arm64, arm, ppc64le, riscv64, s390x …",
                );
            }
        }
        if let Some(kernel) = kernel
            && let Some(text) = self.text(kernel)
        {
            let version = text
                .split_once('.')
                .and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
            if version.is_none() {
                self.wrong(
                    kernel,
                    format!("{text:?} is no kernel version"),
                    "expected \"MAJOR.MINOR\"",
                    "write \"4.8\", for example",
                );
            }
            filter.kernel = version;
        }
        filter
    }
}
