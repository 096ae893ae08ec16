//! Rich text without markup.

use super::{Block, Inline};

/// Blocks apart by a blank line, list items after a dash or number, table cells apart by ` | `.
pub(super) fn write(blocks: &[Block]) -> String {
    let blocks: Vec<String> = blocks
        .iter()
        .map(block)
        .filter(|text| !text.is_empty())
        .collect();
    blocks.join("\n\n")
}

fn block(block: &Block) -> String {
    match block {
        Block::Heading { content, .. } | Block::Paragraph { content } => line(content),
        Block::List { ordered, items } => {
            let items = items.iter().zip(1..).map(|(blocks, number)| {
                let marker = if *ordered {
                    format!("{number}. ")
                } else {
                    "- ".to_owned()
                };
                indented(&write(blocks), &marker)
            });
            items.collect::<Vec<_>>().join("\n")
        }
        Block::Table { header, rows } => {
            let rows = std::iter::once(header).chain(rows);
            let rows = rows.map(|row| {
                let cells = row.iter().map(|cell| line(cell).replace('\n', " "));
                cells.collect::<Vec<_>>().join(" | ")
            });
            rows.collect::<Vec<_>>().join("\n")
        }
        Block::Quote { blocks } => write(blocks),
        Block::Image { alt, caption, .. } => {
            if caption.is_empty() {
                alt.clone()
            } else {
                caption.clone()
            }
        }
        Block::Embed { url, title } => format!("{title}: {url}"),
        Block::Callout { title, blocks, .. } => match (title.as_str(), write(blocks)) {
            ("", text) => text,
            (title, text) if text.is_empty() => title.to_owned(),
            (title, text) => format!("{title}\n\n{text}"),
        },
    }
}

fn line(inlines: &[Inline]) -> String {
    let texts = inlines.iter().map(|inline| match inline {
        Inline::Text { text, .. } => text.clone(),
        Inline::Link { content, .. } => line(content),
        Inline::LineBreak => "\n".to_owned(),
    });
    texts.collect()
}

/// The text after a marker, its further lines below its first.
fn indented(text: &str, marker: &str) -> String {
    let rest = " ".repeat(marker.len());
    let mut lines = String::from(marker);
    for (number, line) in text.lines().enumerate() {
        if number > 0 {
            lines.push('\n');
            lines.push_str(if line.is_empty() { "" } else { &rest });
        }
        lines.push_str(line);
    }
    lines
}
