//! What an editor makes of the schema: Taplo, the language server for TOML behind Even
//! Better TOML, Helix and others, is run as they run it.

use crate::common::{Need, PATIENCE, have};
use crate::profiles::{BAD, GOOD, Profile, files, from_readme};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;
use tinydocker::profile::schema;

/// What Taplo lets pass, since no schema can tell: what `main` has in its list, and dates,
/// which are text to Taplo.
fn not_expressible() -> BTreeSet<&'static str> {
    super::NOT_EXPRESSIBLE.into_iter().map(|(name, _)| name).chain(["env_date"]).collect()
}

/// Good profiles that are TOML 1.1; Taplo reads 1.0.
const TOML_1_1: [&str; 0] = [];

/// A folder with the schema.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::Builder::new().prefix("tinydocker-schema.").tempdir().expect("a folder");
    fs::write(folder.path().join("profile.schema.json"), schema::text()).expect("a file");
    folder
}

/// What `taplo lint` has against a file; none if nothing.
fn lint(folder: &Path, profile: &Profile) -> Option<String> {
    let file = folder.join("profile.toml");
    fs::write(&file, &profile.text).expect("a file");
    let schema = format!("file://{}", folder.join("profile.schema.json").display());
    let output = Command::new("taplo")
        .args(["lint", "--no-auto-config", "--colors", "never", "--schema", &schema])
        .arg(&file)
        .current_dir(folder)
        .env_remove("TAPLO_CONFIG")
        .output()
        .expect("taplo runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!said.contains("invalid schema"), "{said}");
    (!output.status.success()).then_some(said)
}

#[test]
fn taplo_passes_good_profiles_and_refuses_bad_ones() {
    if !have(&[Need::Host("taplo")]) {
        return;
    }
    let folder = folder();
    let mut good = files("tests/profiles/good");
    good.extend(files("examples"));
    good.extend(from_readme());
    good.extend(GOOD.map(Profile::from));
    for profile in &good {
        let problems = lint(folder.path(), profile);
        let newer = TOML_1_1.contains(&profile.name.as_str());
        assert_eq!(problems.is_some(), newer, "{}: {}", profile.name, problems.unwrap_or_default());
    }
    let mut bad = files("tests/profiles/bad");
    bad.extend(BAD.map(Profile::from));
    let accepted: BTreeSet<&str> = bad
        .iter()
        .filter(|profile| lint(folder.path(), profile).is_none())
        .map(|profile| profile.name.as_str())
        .collect();
    println!("taplo refuses {} of {} bad profiles", bad.len() - accepted.len(), bad.len());
    assert_eq!(accepted, not_expressible());
}

#[test]
fn taplo_shows_the_place_of_a_problem() {
    if !have(&[Need::Host("taplo")]) {
        return;
    }
    let folder = folder();
    let place = |text: &str| {
        let text = text.to_owned();
        lint(folder.path(), &Profile { name: String::new(), text }).unwrap_or_default()
    };
    let start = "command = \"/bin/true\"\nrootfs = \"host\"\n";
    for (text, line) in [
        ("[cgroup]\nmemmory = 5\n", "4:1"),
        ("[cgroup]\nmemory = \"5q\"\n", "4:10"),
        ("cgroup = 5\n", "3:10"),
        ("[cgroup]\ncpus = 1\ncpu_quota = 5000\n", "5:13"),
        ("[variants.a.cgroup]\npids = 0\n", "4:8"),
    ] {
        let said = place(&format!("{start}{text}"));
        assert!(said.contains(&format!("profile.toml:{line}")), "{line}: {said}");
    }
    let said = place("[containers.web]\ncommand = \"/bin/true\"\nrootfs = \"host\"\nmemmory = 5\n");
    assert!(said.contains("profile.toml:4:1"), "{said}");
}

/// A language server, spoken to as an editor does.
struct Server {
    child: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    next: u64,
    folder: tempfile::TempDir,
}

impl Server {
    fn start() -> Self {
        let folder = folder();
        let mut child = Command::new("taplo")
            .args(["lsp", "--no-auto-config", "stdio"])
            .current_dir(folder.path())
            .env_remove("TAPLO_CONFIG")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("taplo runs");
        let (input, output) = (child.stdin.take().expect("piped"), child.stdout.take().expect("piped"));
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            let mut output = BufReader::new(output);
            while let Some(message) = message(&mut output) {
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let mut server = Self { child, input, messages, next: 0, folder };
        let capabilities = json!({ "workspace": { "configuration": true } });
        server.request(
            "initialize",
            &json!({ "processId": null, "rootUri": null, "capabilities": capabilities }),
        );
        server.notify("initialized", &json!({}));
        // It takes no document before it has the editor's settings.
        let start = Instant::now();
        while server.receive(start, "the settings")["method"] != "workspace/configuration" {}
        server
    }

    /// A message from the server. What it asks is answered with the one setting that there
    /// is: no catalogs of schemas in the network.
    fn receive(&mut self, start: Instant, what: &str) -> Value {
        let left = PATIENCE.saturating_sub(start.elapsed());
        let message =
            self.messages.recv_timeout(left).unwrap_or_else(|_| panic!("{what}: not within {PATIENCE:?}"));
        if let (Some(_), Some(id)) = (message.get("method"), message.get("id")) {
            let settings = json!([{ "schema": { "catalogs": [] } }]);
            self.send(&json!({ "jsonrpc": "2.0", "id": id, "result": settings }));
        }
        message
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len()).expect("the server reads");
        self.input.flush().expect("the server reads");
    }

    fn notify(&mut self, method: &str, params: &Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// The result of a request.
    fn request(&mut self, method: &str, params: &Value) -> Value {
        self.next += 1;
        let id = self.next;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        let start = Instant::now();
        loop {
            let message = self.receive(start, method);
            if message["id"] == id && message.get("method").is_none() {
                assert!(message.get("error").is_none(), "{message}");
                return message["result"].clone();
            }
        }
    }

    /// Opens a document in the schema's folder.
    fn open(&mut self, text: &str) -> String {
        self.next += 1;
        let uri = format!("file://{}/profile{}.toml", self.folder.path().display(), self.next);
        let document = json!({ "uri": uri, "languageId": "toml", "version": 1, "text": text });
        self.notify("textDocument/didOpen", &json!({ "textDocument": document }));
        uri
    }

    /// What is offered at a place: labels and their documentation, of which one offer of a
    /// label is enough.
    fn complete(&mut self, uri: &str, line: u64, character: u64) -> BTreeMap<String, Vec<String>> {
        let place = json!({
            "textDocument": { "uri": uri }, "position": { "line": line, "character": character },
        });
        let start = Instant::now();
        loop {
            let result = self.request("textDocument/completion", &place);
            if let Some(items) = result.as_array().filter(|items| !items.is_empty()) {
                let mut offers: BTreeMap<String, Vec<String>> = BTreeMap::new();
                for item in items {
                    let label = item["label"].as_str().expect("a label").to_owned();
                    let documentation = item["documentation"]["value"].as_str().unwrap_or_default();
                    offers.entry(label).or_default().push(documentation.to_owned());
                }
                return offers;
            }
            assert!(start.elapsed() < *PATIENCE, "nothing is offered at {line}:{character}");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }

    fn hover(&mut self, uri: &str, line: u64, character: u64) -> String {
        let place = json!({
            "textDocument": { "uri": uri }, "position": { "line": line, "character": character },
        });
        let result = self.request("textDocument/hover", &place);
        result["contents"]["value"].as_str().unwrap_or_default().trim().to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One message of the protocol; none at the end.
fn message(output: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim() {
            "" => break,
            line => {
                if let Some(value) = line.strip_prefix("Content-Length:") {
                    length = value.trim().parse().ok()?;
                }
            }
        }
    }
    let mut text = vec![0; length];
    output.read_exact(&mut text).ok()?;
    serde_json::from_slice(&text).ok()
}

/// The keys of a table of the schema and their documentation.
fn documented(table: &str) -> BTreeMap<String, String> {
    let schema: Value = serde_json::from_str(&schema::text()).expect("JSON");
    let keys = schema.pointer(table).and_then(Value::as_object).expect("keys").clone();
    let resolve = |value: Value| match value["$ref"].as_str() {
        Some(target) => schema.pointer(target.trim_start_matches('#')).expect("a definition").clone(),
        None => value,
    };
    let text = |value: Value| value["description"].as_str().unwrap_or_default().to_owned();
    keys.into_iter().map(|(key, value)| (key, text(resolve(value)))).collect()
}

/// Each key of the table is offered once, with its documentation.
fn assert_offers(offers: &BTreeMap<String, Vec<String>>, table: &str, written: &[&str]) {
    for (key, documentation) in documented(table) {
        if written.contains(&key.as_str()) {
            assert!(!offers.contains_key(&key), "{key} is there already");
        } else {
            assert!(!documentation.is_empty(), "{key}");
            assert_eq!(offers.get(&key), Some(&vec![documentation]), "{key}");
        }
    }
}

#[test]
fn an_editor_completes_keys_and_explains_them() {
    if !have(&[Need::Host("taplo")]) {
        return;
    }
    let mut server = Server::start();
    let uri = server.open(
        "#:schema ./profile.schema.json\ncommand = [\"/bin/true\"]\nrootfs = \"host\"\nnetwork = \"none\"\n\n[cgroup]\nmemory = \"64m\"\n\n",
    );
    let offers = server.complete(&uri, 4, 0);
    assert_offers(&offers, "/properties", &["command", "rootfs", "network", "cgroup"]);
    assert!(offers.contains_key("security.no_new_privileges"), "{:?}", offers.keys());
    let cgroup = "/$defs/container/properties/cgroup/properties";
    assert_offers(&server.complete(&uri, 7, 0), cgroup, &["memory"]);

    let at = |key: &str, table: &str| documented(table)[key].clone();
    assert_eq!(server.hover(&uri, 1, 2), at("command", "/properties"));
    assert_eq!(server.hover(&uri, 3, 2), at("network", "/properties"));
    assert_eq!(server.hover(&uri, 6, 2), at("memory", cgroup));

    // The words of a key that takes words, and nothing else.
    let words: Vec<String> = server.complete(&uri, 3, 12).into_keys().collect();
    assert_eq!(words, ["\"host\"", "\"none\""]);

    let several = server.open(
        "#:schema ./profile.schema.json\n[defaults]\n\n[containers.web]\n\n[containers.web.cgroup]\n\n[containers.web.mounts.\"/srv\"]\n\n",
    );
    assert_offers(&server.complete(&several, 2, 0), "/$defs/defaults/properties", &[]);
    let container = "/$defs/container/properties";
    assert_offers(&server.complete(&several, 4, 0), container, &["cgroup"]);
    assert_offers(&server.complete(&several, 6, 0), cgroup, &[]);
    let mount = "/$defs/container/properties/mounts/additionalProperties/properties";
    assert_offers(&server.complete(&several, 8, 0), mount, &[]);

    let variant = server.open("#:schema ./profile.schema.json\n[variants.small.cgroup]\n\n");
    assert_offers(&server.complete(&variant, 2, 0), cgroup, &[]);
}
