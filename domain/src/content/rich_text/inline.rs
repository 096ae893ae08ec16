//! Inline text laid flat, and brought from there to its canonical form.

use super::{Inline, LinkTarget};

/// The marks on a character.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    pub bold: bool,
    pub italic: bool,
    pub code: bool,
}

/// What a character looks like: its marks, and the link that it belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Style {
    pub marks: Marks,
    pub link: Option<usize>,
}

/// A piece of a line that is still being written.
#[derive(Debug)]
pub(super) enum Piece {
    Text(String, Style),
    /// A new line.
    Break,
    /// A block began or ended where there cannot be one: at least one new line.
    Edge,
}

/// What lies between two visible characters.
#[derive(Clone, Copy)]
enum Gap {
    Nothing,
    Space(Marks),
    Breaks(usize),
}

/// White space that shows as one space. No-break and other special spaces are characters like any
/// other: Italian typography uses them.
pub(super) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Characters that are never kept: they show nothing and confuse parsers.
fn is_dropped(c: char) -> bool {
    c.is_control() || c == '\u{feff}'
}

/// Plain text on one line: a caption, a title.
pub(super) fn one_line(text: &str) -> String {
    let text = text.replace(|c| is_dropped(c) && !is_space(c), "");
    let words: Vec<&str> = text
        .split(is_space)
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ").trim().to_owned()
}

/// The canonical inlines: white space takes its style from both sides or has none, so that marks
/// and links never begin or end with it.
pub(super) fn canonical(pieces: &[Piece], links: &[LinkTarget]) -> Vec<Inline> {
    let mut line = Line {
        done: Vec::new(),
        link: None,
        links,
    };
    let mut last: Option<Style> = None;
    let mut gap = Gap::Nothing;
    for piece in pieces {
        let (text, style) = match (piece, gap) {
            (Piece::Text(text, style), _) => (text, *style),
            (Piece::Break, Gap::Breaks(count)) => {
                gap = Gap::Breaks(count + 1);
                continue;
            }
            (Piece::Edge, Gap::Breaks(_)) => continue,
            (Piece::Break | Piece::Edge, _) => {
                gap = Gap::Breaks(1);
                continue;
            }
        };
        for c in text.chars() {
            if is_space(c) {
                if matches!(gap, Gap::Nothing) {
                    gap = Gap::Space(style.marks);
                }
                continue;
            }
            if is_dropped(c) {
                continue;
            }
            if let Some(last) = last {
                line.gap(gap, last, style);
            }
            line.push(c, style);
            last = Some(style);
            gap = Gap::Nothing;
        }
    }
    line.close();
    line.done
}

struct Line<'a> {
    done: Vec<Inline>,
    /// The link that is being written, and its content.
    link: Option<(usize, Vec<Inline>)>,
    links: &'a [LinkTarget],
}

impl Line<'_> {
    fn gap(&mut self, gap: Gap, last: Style, next: Style) {
        let link = last.link.filter(|_| last.link == next.link);
        match gap {
            Gap::Nothing => {}
            Gap::Space(marks) => {
                let same = last == next && next.marks == marks;
                let marks = if same { marks } else { Marks::default() };
                self.push(' ', Style { marks, link });
            }
            Gap::Breaks(count) => {
                let breaks = std::iter::repeat_n(Inline::LineBreak, count);
                self.open(link).extend(breaks);
            }
        }
    }

    fn push(&mut self, c: char, Style { marks, link }: Style) {
        let target = self.open(link);
        if let Some(Inline::Text {
            text,
            bold,
            italic,
            code,
        }) = target.last_mut()
            && (Marks {
                bold: *bold,
                italic: *italic,
                code: *code,
            }) == marks
        {
            text.push(c);
        } else {
            let Marks { bold, italic, code } = marks;
            target.push(Inline::Text {
                text: c.into(),
                bold,
                italic,
                code,
            });
        }
    }

    /// Where to write what belongs to this link, or to none.
    fn open(&mut self, link: Option<usize>) -> &mut Vec<Inline> {
        if self.link.as_ref().map(|(open, _)| *open) != link {
            self.close();
            self.link = link.map(|link| (link, Vec::new()));
        }
        match &mut self.link {
            Some((_, content)) => content,
            None => &mut self.done,
        }
    }

    fn close(&mut self) {
        if let Some((link, content)) = self.link.take()
            && let Some(target) = self.links.get(link)
        {
            let target = target.clone();
            self.done.push(Inline::Link { target, content });
        }
    }
}

/// The canonical inlines with every target of a link passed through `target`; where that gives
/// nothing, only the text of the link remains.
pub(super) fn rewrite(
    inlines: &[Inline],
    target: &mut dyn FnMut(&LinkTarget) -> Option<LinkTarget>,
) -> Vec<Inline> {
    let (mut pieces, mut links) = (Vec::new(), Vec::new());
    flatten(inlines, None, &mut pieces, &mut links, target);
    canonical(&pieces, &links)
}

fn flatten(
    inlines: &[Inline],
    link: Option<usize>,
    pieces: &mut Vec<Piece>,
    links: &mut Vec<LinkTarget>,
    rewrite: &mut dyn FnMut(&LinkTarget) -> Option<LinkTarget>,
) {
    for inline in inlines {
        match inline {
            Inline::Text {
                text,
                bold,
                italic,
                code,
            } => {
                let marks = Marks {
                    bold: *bold,
                    italic: *italic,
                    code: *code,
                };
                pieces.push(Piece::Text(text.clone(), Style { marks, link }));
            }
            Inline::Link { target, content } => {
                let inner = rewrite(target).map(|target| {
                    links.push(target);
                    links.len() - 1
                });
                flatten(content, link.or(inner), pieces, links, rewrite);
            }
            Inline::LineBreak => pieces.push(Piece::Break),
        }
    }
}

/// True when there is something to read.
pub(super) fn shows(inlines: &[Inline]) -> bool {
    inlines.iter().any(|inline| match inline {
        Inline::Text { text, .. } => !text.trim().is_empty(),
        Inline::Link { content, .. } => shows(content),
        Inline::LineBreak => false,
    })
}
