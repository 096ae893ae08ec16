//! Writes Markdown that reads as the same tree again.

use super::{Block, CalloutKind, Inline, LinkTarget};

/// Keeps two styles apart that Markdown would take as one. Dropped when read.
const SEPARATOR: &str = "<!-- -->";

/// Where a line of text stands.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Paragraph,
    /// One line of Markdown.
    Heading,
    /// One line of Markdown, between pipes.
    Cell,
}

pub(super) fn write(blocks: &[Block]) -> String {
    let mut markdown = String::new();
    let mut previous: Option<(&Block, bool)> = None;
    for block in blocks {
        // Two lists in a row need different markers to stay two.
        let other = match (previous, block) {
            (Some((Block::List { ordered: a, .. }, other)), Block::List { ordered: b, .. }) => {
                a == b && !other
            }
            _ => false,
        };
        if previous.is_some() {
            markdown.push_str("\n\n");
        }
        markdown.push_str(&write_block(block, other));
        previous = Some((block, other));
    }
    markdown
}

fn write_block(block: &Block, other_marker: bool) -> String {
    match block {
        Block::Heading { level, content } => {
            let marks = "#".repeat((*level).clamp(2, 6).into());
            format!("{marks} {}", line(content, Place::Heading))
        }
        Block::Paragraph { content } => line(content, Place::Paragraph),
        Block::List { ordered, items } => {
            let items = items.iter().zip(1..).map(|(item, number)| {
                let marker = match (*ordered, other_marker) {
                    (true, false) => format!("{number}. "),
                    (true, true) => format!("{number}) "),
                    (false, false) => "- ".to_owned(),
                    (false, true) => "* ".to_owned(),
                };
                prefixed(&write(item), &marker, &" ".repeat(marker.len()))
            });
            items.collect::<Vec<_>>().join("\n")
        }
        Block::Table { header, rows } => {
            let row = |cells: &Vec<Vec<Inline>>| {
                let cells = cells
                    .iter()
                    .map(|cell| format!(" {} |", line(cell, Place::Cell)));
                format!("|{}", cells.collect::<String>())
            };
            let ruler = format!("|{}", " --- |".repeat(header.len()));
            let lines = [row(header), ruler].into_iter().chain(rows.iter().map(row));
            lines.collect::<Vec<_>>().join("\n")
        }
        Block::Quote { blocks } => prefixed(&write(blocks), "> ", "> "),
        Block::Image { url, alt, caption } => {
            let (alt, url) = (escaped(alt, None, false), destination(url));
            match caption.as_str() {
                "" => format!("![{alt}]({url})"),
                caption => {
                    let caption = escaped(caption, None, false).replace('"', "\\\"");
                    format!("![{alt}]({url} \"{caption}\")")
                }
            }
        }
        Block::Embed { url, title } => {
            format!(
                "[{}](embed:{})",
                escaped(title, None, false),
                destination(url)
            )
        }
        Block::Callout {
            kind,
            title,
            blocks,
        } => {
            let kind = match kind {
                CalloutKind::Info => "NOTE",
                CalloutKind::Success => "TIP",
                CalloutKind::Warning => "WARNING",
                CalloutKind::Danger => "CAUTION",
            };
            let mut body = write(blocks);
            if !title.is_empty() {
                let title = Inline::Text {
                    text: title.clone(),
                    bold: true,
                    italic: false,
                    code: false,
                };
                body = format!("{}\n\n{body}", line(&[title], Place::Paragraph));
            }
            prefixed(
                &format!("[!{kind}]\n{}", body.trim_end_matches('\n')),
                "> ",
                "> ",
            )
        }
    }
}

fn prefixed(text: &str, first: &str, rest: &str) -> String {
    let lines = text.lines().enumerate().map(|(number, line)| {
        let prefix = if number == 0 { first } else { rest };
        format!("{prefix}{line}").trim_end_matches(' ').to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn line(inlines: &[Inline], place: Place) -> String {
    let mut line = Line {
        out: String::new(),
        place,
        linked: false,
        marked: false,
        guarded: false,
    };
    line.write(inlines);
    line.out
}

/// True for characters beside which `*` always works.
fn is_letter(c: char) -> bool {
    c.is_ascii_alphanumeric() || (c.is_alphanumeric() && c < '\u{2000}')
}

struct Line {
    out: String,
    place: Place,
    /// In the text of a link.
    linked: bool,
    /// The last thing written is `*`, closing marks.
    marked: bool,
    /// These marks close only before white space or punctuation.
    guarded: bool,
}

impl Line {
    fn write(&mut self, inlines: &[Inline]) {
        for inline in inlines {
            match inline {
                Inline::Text {
                    text,
                    bold,
                    italic,
                    code,
                } => {
                    let marks = "*".repeat(usize::from(*italic) + 2 * usize::from(*bold));
                    self.text(text, &marks, *code);
                    continue;
                }
                Inline::Link { target, content } => {
                    self.out.push('[');
                    (self.marked, self.guarded) = (false, false);
                    self.linked = true;
                    self.write(content);
                    self.linked = false;
                    let target = match target {
                        LinkTarget::Item(item) => format!("item:{item}"),
                        LinkTarget::Url(url) => destination(url),
                    };
                    self.out.push_str(&format!("]({target})"));
                }
                Inline::LineBreak => self.out.push_str(match self.place {
                    Place::Paragraph => "\\\n",
                    Place::Heading | Place::Cell => "<br>",
                }),
            }
            (self.marked, self.guarded) = (false, false);
        }
    }

    /// CommonMark lets `*` open only before a letter, or after white space or punctuation (and
    /// close the other way round). Where neither is the case, the letter outside is written as
    /// `&#…;`, which ends in punctuation.
    fn text(&mut self, text: &str, marks: &str, code: bool) {
        let easy = |c: Option<char>| !code && c.is_some_and(is_letter);
        if !marks.is_empty() {
            if self.marked {
                self.out.push_str(SEPARATOR);
            } else if !easy(text.chars().next())
                && let Some(c) = self.out.chars().last().filter(|c| !is_easy_outside(*c))
            {
                self.out.truncate(self.out.len() - c.len_utf8());
                self.out.push_str(&entity(c));
            }
            self.out.push_str(marks);
        }
        if code {
            self.code(text);
        } else {
            let mut text = text;
            if marks.is_empty()
                && self.guarded
                && let Some(c) = text.chars().next().filter(|c| !is_easy_outside(*c))
            {
                self.out.push_str(&entity(c));
                text = &text[c.len_utf8()..];
            }
            let line_start = marks.is_empty() && (self.out.is_empty() || self.out.ends_with('\n'));
            let previous = self.out.chars().last();
            self.out.push_str(&escaped(text, previous, line_start));
        }
        self.out.push_str(marks);
        self.marked = !marks.is_empty();
        self.guarded = self.marked && !easy(text.chars().last());
    }

    fn code(&mut self, text: &str) {
        // In the text of a link, `]:` would make a definition of it, for those go before code.
        let parts: Vec<&str> = if self.linked {
            text.split("]:").collect()
        } else {
            vec![text]
        };
        for (number, part) in parts.iter().enumerate() {
            let colon = if number > 0 { ":" } else { "" };
            let bracket = if number + 1 < parts.len() { "]" } else { "" };
            if number > 0 {
                self.out.push_str(SEPARATOR);
            }
            self.code_span(&format!("{colon}{part}{bracket}"));
        }
    }

    fn code_span(&mut self, text: &str) {
        let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
        let fence = "`".repeat(longest + 1);
        let edge = |c: char| c == '`' || c == ' ';
        let pad = if text.starts_with(edge) || text.ends_with(edge) {
            " "
        } else {
            ""
        };
        let text = match self.place {
            Place::Paragraph | Place::Heading => text.to_owned(),
            Place::Cell => text.replace('|', "\\|"),
        };
        self.out
            .push_str(&format!("{fence}{pad}{text}{pad}{fence}"));
    }
}

fn is_easy_outside(c: char) -> bool {
    c.is_ascii_whitespace() || c.is_ascii_punctuation()
}

fn entity(c: char) -> String {
    if c == '\u{a0}' {
        "&nbsp;".to_owned()
    } else {
        format!("&#{};", u32::from(c))
    }
}

/// The text with a backslash before what Markdown would read as markup: as little as that takes,
/// for people to read it.
fn escaped(text: &str, mut previous: Option<char>, line_start: bool) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    let mut chars = text.chars();
    let (mut first, mut number) = (line_start, false);
    while let Some(c) = chars.next() {
        let next = chars.clone().next();
        let escape = match c {
            '\\' | '`' | '*' | '[' | ']' | '<' | '~' | '|' => true,
            '_' => {
                !(previous.is_some_and(char::is_alphanumeric)
                    && next.is_some_and(char::is_alphanumeric))
            }
            '&' => is_entity(chars.as_str()),
            '!' => next.is_none(),
            '#' => previous.is_none_or(|previous| " \n#".contains(previous)),
            '>' | '-' | '+' | '=' | ':' => first,
            '.' | ')' => number,
            _ => false,
        };
        if c.is_whitespace() && c != ' ' {
            escaped.push_str(&entity(c));
        } else {
            escaped.extend(escape.then_some('\\'));
            escaped.push(c);
        }
        number = (first || number) && c.is_ascii_digit();
        first = false;
        previous = Some(c);
    }
    escaped
}

/// True for what makes an entity of the `&` before it.
fn is_entity(rest: &str) -> bool {
    let name = rest.trim_start_matches(|c: char| c == '#' || c.is_ascii_alphanumeric());
    name.len() < rest.len() && name.starts_with(';')
}

/// An address between the parentheses of a link.
fn destination(url: &str) -> String {
    let mut escaped = String::with_capacity(url.len());
    let mut chars = url.chars();
    while let Some(c) = chars.next() {
        let entity = c == '&' && is_entity(chars.as_str());
        escaped.extend((entity || "()[]*_~\\".contains(c)).then_some('\\'));
        escaped.push(c);
    }
    escaped
}
