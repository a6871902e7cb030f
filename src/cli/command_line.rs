//! Where on the command line the values stand that clap read from it.
//!
//! clap decides what a command line means. This only looks for the places; what it finds
//! is believed if clap read the same values, and otherwise labels show the whole line.

use super::args::{FLAGS, Given as _, VALUED};
use crate::profile::{FlagValue, Meaning, SetValue, Typed, Typing};
use clap::ArgMatches;
use std::ops::Range;

/// The flags and `--set`s of a command, with their places.
#[derive(Debug, Default)]
pub struct Given {
    /// In the order of typing.
    pub flags: Vec<FlagValue>,
    /// In the order of typing.
    pub sets: Vec<SetValue>,
    /// In the order of typing.
    pub unsets: Vec<Typing>,
    /// In the order of typing.
    pub vars: Vec<Typing>,
    /// In the order of typing.
    pub variants: Vec<Typing>,
    /// The last one.
    pub only: Option<Typing>,
}

/// One option as it stands on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Token {
    /// The long name.
    id: &'static str,
    text: String,
    typed: Typed,
}

/// The values of a subcommand that has the override flags.
pub fn given(matches: &ArgMatches, argv: &[String], subcommand: &str) -> Given {
    let mut tokens = scan(argv, subcommand);
    let mut given = Given {
        unsets: typings(matches, &mut tokens, "unset"),
        vars: typings(matches, &mut tokens, "var"),
        variants: typings(matches, &mut tokens, "variant"),
        only: typings(matches, &mut tokens, "only").pop(),
        ..Given::default()
    };
    if subcommand == "check" {
        return given;
    }
    let sets: Vec<String> = matches.values::<String>("set").into_iter().flatten().cloned().collect();
    given.sets = sets.iter().map(|text| SetValue { text: text.clone(), typed: None }).collect();
    place(&mut tokens, "set", &sets, |position, typed| given.sets[position].typed = Some(typed));

    // clap's indices rise from left to right, whatever they count.
    let mut flags: Vec<(usize, FlagValue)> = Vec::new();
    for flag in &FLAGS {
        let Some(values) = matches.values::<String>(flag.long) else { continue };
        let values: Vec<String> = values.cloned().collect();
        let indices = matches.indices_of(flag.long).into_iter().flatten();
        let first = flags.len();
        flags.extend(values.iter().zip(indices).map(|(text, index)| {
            (index, FlagValue { meaning: flag.meaning.clone(), text: text.clone(), typed: None })
        }));
        place(&mut tokens, flag.long, &values, |position, typed| {
            if let Some((_, flag)) = flags.get_mut(first + position) {
                flag.typed = Some(typed);
            }
        });
    }
    flags.sort_by_key(|(index, _)| *index);
    given.flags = flags.into_iter().map(|(_, flag)| flag).collect();
    given
}

/// The values of an option that stands for itself.
fn typings(matches: &ArgMatches, tokens: &mut Vec<Token>, id: &str) -> Vec<Typing> {
    let Some(values) = matches.values::<String>(id) else { return Vec::new() };
    let values: Vec<String> = values.cloned().collect();
    let mut typings: Vec<Typing> =
        values.iter().map(|text| Typing { text: text.clone(), typed: None }).collect();
    place(tokens, id, &values, |position, typed| typings[position].typed = Some(typed));
    typings
}

/// Hands out the places of one option, if exactly clap's values were found.
fn place(tokens: &mut Vec<Token>, id: &str, values: &[String], mut put: impl FnMut(usize, Typed)) {
    let same = tokens.iter().filter(|token| token.id == id).map(|token| &token.text).eq(values.iter());
    if !same {
        return;
    }
    let mut position = 0;
    tokens.retain(|token| {
        if token.id != id {
            return true;
        }
        put(position, token.typed.clone());
        position += 1;
        false
    });
}

/// The words of the command as a flag; they are the last arguments.
pub fn payload(words: Vec<String>, argv: &[String]) -> FlagValue {
    let first = argv.len().saturating_sub(words.len());
    let length = argv.get(first).map_or(0, String::len);
    let typed = Typed { argument: first, bytes: 0..length, last: argv.len().saturating_sub(1) };
    FlagValue { meaning: Meaning::Command(words), text: String::new(), typed: Some(typed) }
}

/// The long name of an option with a value, or of a switch (`false`).
fn long(name: &str) -> Option<(&'static str, bool)> {
    let flag = FLAGS.iter().find(|flag| flag.long == name || flag.aliases.contains(&name));
    let valued = || VALUED.iter().find(|valued| **valued == name).map(|valued| (*valued, true));
    flag.map(|flag| (flag.long, flag.value.is_some())).or_else(valued)
}

fn scan(argv: &[String], subcommand: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = argv.iter().enumerate().skip(1);
    let mut inside = false;
    while let Some((argument, text)) = rest.next() {
        if text == "--" {
            break;
        }
        let mut push = |id, argument: usize, value: &str, bytes: Range<usize>| {
            tokens.push(Token {
                id,
                text: value.to_owned(),
                typed: Typed { argument, bytes, last: argument },
            });
        };
        if let Some(name) = text.strip_prefix("--") {
            let (name, value) =
                name.split_once('=').map_or((name, None), |(name, value)| (name, Some(value)));
            match (long(name), value) {
                (Some((id, _)), Some(value)) => {
                    push(id, argument, value, text.len() - value.len()..text.len())
                }
                (Some((id, true)), None) => {
                    if let Some((argument, value)) = rest.next() {
                        push(id, argument, value, 0..value.len());
                    }
                }
                (Some((id, false)), None) => push(id, argument, "true", 0..text.len()),
                (None, _) => {}
            }
        } else if text.len() > 1 && text.starts_with('-') {
            let mut at = 1;
            while let Some(short) = text[at..].chars().next() {
                at += short.len_utf8();
                let Some(flag) = FLAGS.iter().find(|flag| flag.short == Some(short)) else { break };
                let value = &text[at..];
                let value = value.strip_prefix('=').unwrap_or(value);
                if flag.value.is_some() {
                    if value.is_empty() {
                        if let Some((argument, value)) = rest.next() {
                            push(flag.long, argument, value, 0..value.len());
                        }
                    } else {
                        push(flag.long, argument, value, text.len() - value.len()..text.len());
                    }
                    break;
                } else if text[at..].starts_with('=') {
                    push(flag.long, argument, value, text.len() - value.len()..text.len());
                    break;
                }
                push(flag.long, argument, "true", 0..text.len());
            }
        } else if !inside {
            inside = text == subcommand;
        } else if subcommand == "run" {
            // The command begins; what follows is its own.
            break;
        }
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(line: &[&str]) -> Vec<(&'static str, String)> {
        let argv: Vec<String> = line.iter().map(|text| (*text).to_owned()).collect();
        scan(&argv, "run")
            .into_iter()
            .map(|token| {
                let place = &argv[token.typed.argument][token.typed.bytes];
                (token.id, format!("{}@{place}", token.text))
            })
            .collect()
    }

    #[test]
    fn places_of_all_spellings() {
        let found = found(&[
            "tinydocker",
            "--color",
            "never",
            "run",
            "-itm256m",
            "--cpus=2",
            "--cpu-share",
            "512",
            "-e",
            "A=b",
            "-u=1",
            "--tty=false",
            "--set",
            "a=b",
            "/bin/ls",
            "-l",
            "--memory",
            "1",
        ]);
        let expected = [
            ("color", "never@never"),
            ("interactive", "true@-itm256m"),
            ("tty", "true@-itm256m"),
            ("memory", "256m@256m"),
            ("cpus", "2@2"),
            ("cpu-shares", "512@512"),
            ("env", "A=b@A=b"),
            ("user", "1@1"),
            ("tty", "false@false"),
            ("set", "a=b@a=b"),
        ];
        assert_eq!(found, expected.map(|(id, text)| (id, text.to_owned())));
    }
}
