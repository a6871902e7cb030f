//! Text in columns: how wide it is, where it is broken, what of it a terminal may see.

use unicode_width::UnicodeWidthChar;

/// A word longer than this is shown without its middle, where it need not be copied.
const LONGEST_WORD: usize = 200;

/// Columns of a text on a terminal, counted character by character, as miette does.
pub fn width(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// What a terminal is shown for a character: those that would move the cursor, colour
/// the rest or turn the direction of writing stand as one mark.
pub fn visible(c: char, unicode: bool) -> char {
    let turns =
        matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    match (c.is_control() || turns, unicode) {
        (true, true) => '\u{fffd}',
        (true, false) => '?',
        (false, _) => c,
    }
}

/// Makes text of ours fit for a terminal; where only ASCII is safe, our own signs are
/// written in it. Line breaks stay.
pub fn shown(text: &str, unicode: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push(c),
            '…' if !unicode => out.push_str("..."),
            'µ' if !unicode => out.push('u'),
            '–' | '—' if !unicode => out.push('-'),
            c => out.push(visible(c, unicode)),
        }
    }
    out
}

/// Takes the middle out of words that would fill a screen.
pub fn shorten(text: &str, unicode: bool) -> String {
    if width(text) <= LONGEST_WORD {
        return text.to_owned();
    }
    let mark = if unicode { "…" } else { "..." };
    let part = LONGEST_WORD / 2 - 3;
    let words: Vec<String> = text
        .split(' ')
        .map(|word| {
            if word.chars().count() <= LONGEST_WORD {
                return word.to_owned();
            }
            let head: String = word.chars().take(part).collect();
            let tail: Vec<char> = word.chars().rev().take(part).collect();
            format!("{head}{mark}{}", tail.into_iter().rev().collect::<String>())
        })
        .collect();
    words.join(" ")
}

/// Breaks text at spaces only: miette would break paths at their slashes, too. A word
/// wider than `columns` stands on a line of its own, whole.
pub fn wrap(text: &str, columns: usize) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for (index, line) in text.lines().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        let mut column = 0;
        for word in line.split(' ') {
            let length = width(word);
            if column > 0 && column + 1 + length > columns {
                out.push('\n');
                column = 0;
            } else if column > 0 {
                out.push(' ');
                column += 1;
            }
            out.push_str(word);
            column += length;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_those_of_a_terminal() {
        assert_eq!(width("ab"), 2);
        assert_eq!(width("漢字"), 4);
        assert_eq!(width("e\u{301}"), 1);
        assert_eq!(wrap("漢字 漢字 ab", 9), "漢字 漢字\nab");
        assert_eq!(wrap("a /long/path/that/stays b", 5), "a\n/long/path/that/stays\nb");
    }

    #[test]
    fn what_would_act_on_a_terminal_is_a_mark() {
        assert_eq!(shown("a\u{1b}[31mb\u{202e}c\n", true), "a\u{fffd}[31mb\u{fffd}c\n");
        assert_eq!(shown("500 µs … \u{7}", false), "500 us ... ?");
    }

    #[test]
    fn endless_words_lose_their_middle() {
        let long = format!("say \"{}\" again", "x".repeat(1000));
        let short = shorten(&long, true);
        assert!(width(&short) < 220 && short.starts_with("say \"xx") && short.ends_with("xx\" again"));
        let ascii = shorten(&long, false);
        assert!(ascii.is_ascii() && ascii.contains("..."));
        assert_eq!(shorten("short words", true), "short words");
    }
}
