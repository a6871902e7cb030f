//! Values that are one word of a few.

use super::fault::Fault;
use super::form::{Form, Scalar, deserialize_forms, wrong_type};
use super::path::quote_text;
use super::preset::{Preset, WORDS};
use super::types::{NamespaceMode, Network, RootfsMode};

mod joined;
mod mount;

pub use mount::{CreateWord, MountKind, MountType, OptionWord, PropagationWord};

deserialize_forms!(PresetWord, Namespace, NetworkWord, RootfsModeWord);

/// Words that exist elsewhere, or later, with what to say about them.
type Others = &'static [(&'static str, &'static str)];

fn choose<F: Form, T: Copy>(
    scalar: Scalar<'_>,
    what: &str,
    words: &[(&'static str, T)],
    others: Others,
) -> Result<T, Fault> {
    let Scalar::Text(text) = scalar else { return Err(wrong_type::<F>(scalar)) };
    if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
        return Ok(*value);
    }
    let list: Vec<_> = words.iter().map(|(word, _)| quote_text(word)).collect();
    // A long list has room in the help only.
    let short = list.len() <= 4;
    let label = if short { format!("expected {}", list.join(" or ")) } else { format!("no {what}") };
    let fault = Fault::new("choice", format!("{} is no {what}", quote_text(text)), label);
    let said = others.iter().find(|(word, _)| match word.strip_suffix('*') {
        Some(start) => text.starts_with(start),
        None => *word == text,
    });
    if let Some((_, help)) = said {
        return Err(fault.help(*help));
    }
    let near = super::unknown::nearest(text, words.iter().map(|(word, _)| *word));
    Err(match near {
        Some(word) => fault.help(format!("did you mean {}?", quote_text(word))),
        None if short => fault,
        None => fault.help(format!("known: {}", list.join(", "))),
    })
}

/// `"private"`, `"host"`, `"container:NAME"` or `"path:/…"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namespace(pub NamespaceMode);

impl Form for Namespace {
    const EXPECTS: &'static str = r#""private", "host", "container:NAME" or "path:/proc/PID/ns/…""#;
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault> {
        const WORDS: [(&str, bool); 2] = [("private", true), ("host", false)];
        const OTHERS: Others = &[
            ("shareable", "\"private\" namespaces are what docker calls shareable"),
            ("none", "write \"private\": a namespace of the container's own"),
            ("ns:*", "write \"path:/…\": the file that the namespace is, such as \"path:/proc/123/ns/ipc\""),
            ("service:*", "write \"container:NAME\", the name of a container that runs"),
        ];
        if let Some(joined) = joined::read(scalar)? {
            return Ok(Self(NamespaceMode::Joined(joined)));
        }
        let private = choose::<Self, _>(scalar, "namespace", &WORDS, OTHERS).map_err(expects::<Self>)?;
        Ok(Self(if private { NamespaceMode::Private } else { NamespaceMode::Host }))
    }
}

/// The label of a word that is none, where there are values besides the words.
fn expects<F: Form>(fault: Fault) -> Fault {
    Fault { label: format!("expected {}", F::EXPECTS), ..fault }
}

/// `"none"`, `"host"`, `"container:NAME"` or `"path:/…"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkWord(pub Network);

impl Form for NetworkWord {
    const EXPECTS: &'static str = r#""none", "host", "container:NAME" or "path:/run/netns/…""#;
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault> {
        const WORDS: [(&str, bool); 2] = [("none", true), ("host", false)];
        const OTHERS: Others = &[
            (
                "bridge",
                "tinydocker has no bridge yet; \"none\" gives loopback only, \"host\" the host's network",
            ),
            ("default", "\"none\" (loopback only) is the default; tinydocker has no bridge yet"),
            ("private", "write \"none\": a network of the container's own, with loopback only"),
            ("pasta*", "tinydocker has no pasta yet"),
            ("slirp4netns*", "tinydocker has no user-mode network yet"),
            ("ns:*", "write \"path:/…\": the file that the namespace is, such as \"path:/run/netns/blue\""),
            ("service:*", "write \"container:NAME\", the name of a container that runs"),
        ];
        if let Some(joined) = joined::read(scalar)? {
            return Ok(Self(Network::Joined(joined)));
        }
        let none = choose::<Self, _>(scalar, "network", &WORDS, OTHERS).map_err(expects::<Self>)?;
        Ok(Self(if none { Network::None } else { Network::Host }))
    }
}

/// `"overlay"`, `"persistent"`, `"read-only"` or `"read-write"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RootfsModeWord(pub RootfsMode);

impl Form for RootfsModeWord {
    const EXPECTS: &'static str = r#""overlay", "persistent", "read-only" or "read-write""#;
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault> {
        const WORDS: [(&str, RootfsMode); 4] = [
            ("overlay", RootfsMode::Overlay),
            ("read-only", RootfsMode::ReadOnly),
            ("read-write", RootfsMode::ReadWrite),
            ("persistent", RootfsMode::Persistent),
        ];
        const OTHERS: Others = &[
            ("ro", "write \"read-only\""),
            ("readonly", "write \"read-only\""),
            ("read_only", "write \"read-only\""),
            ("rw", "write \"read-write\": the folder itself is changed; \"overlay\" keeps changes in memory"),
            ("readwrite", "write \"read-write\""),
            ("read_write", "write \"read-write\""),
        ];
        choose::<Self, _>(scalar, "mode of a root file system", &WORDS, OTHERS).map(Self)
    }
}

/// `"default"` or `"unconfined"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PresetWord(pub Preset);

impl Form for PresetWord {
    const EXPECTS: &'static str = r#""default" or "unconfined""#;
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault> {
        const OTHERS: Others = &[
            (
                "strict",
                "it takes user namespaces, which tinydocker has none of yet; what comes near: security.capabilities.\"*\" = false, rootfs.mode = \"read-only\", and a `user` that is not root",
            ),
            ("privileged", "\"unconfined\" gives every capability that you have, and no masks"),
        ];
        choose::<Self, _>(scalar, "preset", &WORDS, OTHERS).map(Self)
    }
}
