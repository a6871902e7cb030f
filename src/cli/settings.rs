//! What holds for the whole program: `--root`, `--quiet`, `--error-format`, …

use super::args::Given;
use crate::diagnostic::render::Options;
use clap::ArgMatches;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::os::fd::AsFd;
use std::path::PathBuf;

/// Text for people or JSON for programs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

/// When reports have colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Color {
    /// On a terminal that is not `TERM=dumb`, or if `CLICOLOR_FORCE` is set and not `0`;
    /// never if `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The settings of the program.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Where state is kept instead of the usual places.
    pub root: Option<PathBuf>,
    /// Say errors only.
    pub quiet: bool,
    /// How errors are printed.
    pub error_format: Format,
    /// When reports have colours.
    pub color: Color,
}

impl Settings {
    /// What clap read, and `TINYDOCKER_ROOT`.
    pub fn from_matches(matches: &ArgMatches) -> Self {
        Self {
            root: matches.text("root").map(PathBuf::from).or_else(|| {
                std::env::var_os("TINYDOCKER_ROOT").filter(|root| !root.is_empty()).map(Into::into)
            }),
            quiet: matches.has("quiet"),
            error_format: format(matches.text("error-format")),
            color: color(matches.text("color")),
        }
    }

    /// The settings that matter for a usage error, from arguments that clap refused.
    pub fn guess(args: &[OsString]) -> Self {
        let value = |name: &str| {
            args.iter().enumerate().take_while(|(_, arg)| *arg != "--").find_map(|(index, arg)| {
                let rest = arg.to_str()?.strip_prefix("--")?.strip_prefix(name)?;
                match rest.strip_prefix('=') {
                    Some(value) => Some(value.to_owned()),
                    None if rest.is_empty() => args.get(index + 1)?.to_str().map(str::to_owned),
                    None => None,
                }
            })
        };
        Self {
            error_format: format(value("error-format").as_deref()),
            color: color(value("color").as_deref()),
            ..Self::default()
        }
    }

    /// How reports on standard error look.
    pub fn render_options(&self) -> Options {
        Options {
            color: self.has_color(&std::io::stderr()),
            unicode: speaks_unicode(),
            width: self.columns(std::io::stderr()),
        }
    }

    /// Whether what is printed there has colours.
    pub fn has_color(&self, output: &impl IsTerminal) -> bool {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let forced = || std::env::var_os("CLICOLOR_FORCE").is_some_and(|it| !it.is_empty() && it != "0");
        let dumb = || std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        match self.color {
            Color::Always => true,
            Color::Never => false,
            // Who wants none is asked first: no-color.org, then bixense.com/clicolors.
            Color::Auto => !set("NO_COLOR") && (forced() || output.is_terminal() && !dumb()),
        }
    }

    /// Columns to print in: `COLUMNS`, else the terminal's, else 80.
    pub fn columns(&self, output: impl AsFd) -> usize {
        let asked = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        let asked = asked.filter(|columns| *columns > 0);
        asked.or_else(|| crate::sys::terminal::columns(output.as_fd()).map(usize::from)).unwrap_or(80)
    }
}

/// The locale's character set, as the C library decides it. Where nothing is said at
/// all, as in most containers and CI machines, UTF-8 is what everything writes today.
fn speaks_unicode() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    match locale {
        None => true,
        Some(locale) => {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        }
    }
}

fn format(text: Option<&str>) -> Format {
    if text == Some("json") { Format::Json } else { Format::Text }
}

fn color(text: Option<&str>) -> Color {
    match text {
        Some("always") => Color::Always,
        Some("never") => Color::Never,
        _ => Color::Auto,
    }
}
