//! Writes HTML, all of it escaped.

use super::{Block, CalloutKind, Inline, LinkTarget};

/// Writes the tree; links to items are expected to be resolved, and lose their link otherwise.
pub(super) fn write(blocks: &[Block]) -> String {
    let mut html = String::new();
    blocks
        .iter()
        .for_each(|block| write_block(block, &mut html));
    html
}

fn write_block(block: &Block, html: &mut String) {
    match block {
        Block::Heading { level, content } => {
            let level = (*level).clamp(2, 6);
            html.push_str(&format!("<h{level}>{}</h{level}>\n", line(content)));
        }
        Block::Paragraph { content } => html.push_str(&format!("<p>{}</p>\n", line(content))),
        Block::List { ordered, items } => {
            let name = if *ordered { "ol" } else { "ul" };
            html.push_str(&format!("<{name}>\n"));
            for item in items {
                let content = match item.as_slice() {
                    [Block::Paragraph { content }] => line(content),
                    blocks => write(blocks),
                };
                html.push_str(&format!("<li>{content}</li>\n"));
            }
            html.push_str(&format!("</{name}>\n"));
        }
        Block::Table { header, rows } => {
            let row = |cells: &Vec<Vec<Inline>>, start: &str, end: &str| {
                let cells = cells
                    .iter()
                    .map(|cell| format!("{start}{}{end}", line(cell)));
                format!("<tr>{}</tr>\n", cells.collect::<String>())
            };
            let header = row(header, "<th scope=\"col\">", "</th>");
            let rows: String = rows
                .iter()
                .map(|cells| row(cells, "<td>", "</td>"))
                .collect();
            html.push_str(&format!("<table>\n<thead>\n{header}</thead>\n"));
            html.push_str(&format!("<tbody>\n{rows}</tbody>\n</table>\n"));
        }
        Block::Quote { blocks } => {
            html.push_str(&format!("<blockquote>\n{}</blockquote>\n", write(blocks)));
        }
        Block::Image { url, alt, caption } => {
            let (url, alt) = (escaped(url), escaped(alt));
            html.push_str(&format!("<figure><img src=\"{url}\" alt=\"{alt}\">"));
            if !caption.is_empty() {
                html.push_str(&format!("<figcaption>{}</figcaption>", escaped(caption)));
            }
            html.push_str("</figure>\n");
        }
        Block::Embed { url, title } => {
            let (url, title) = (escaped(url), escaped(title));
            html.push_str("<figure class=\"embed\">");
            html.push_str(&format!("<a href=\"{url}\">{title}</a></figure>\n"));
        }
        Block::Callout {
            kind,
            title,
            blocks,
        } => {
            let kind = match kind {
                CalloutKind::Info => "info",
                CalloutKind::Success => "success",
                CalloutKind::Warning => "warning",
                CalloutKind::Danger => "danger",
            };
            html.push_str(&format!(
                "<div class=\"callout callout-{kind}\" role=\"note\">\n"
            ));
            if !title.is_empty() {
                let title = escaped(title);
                html.push_str(&format!(
                    "<p class=\"callout-title\"><strong>{title}</strong></p>\n"
                ));
            }
            html.push_str(&format!("{}</div>\n", write(blocks)));
        }
    }
}

fn line(inlines: &[Inline]) -> String {
    let mut html = String::new();
    for inline in inlines {
        match inline {
            Inline::Text {
                text,
                bold,
                italic,
                code,
            } => {
                let marks = [(*bold, "strong"), (*italic, "em"), (*code, "code")];
                let marks = marks.iter().filter(|(on, _)| *on).map(|(_, name)| name);
                html.extend(marks.clone().map(|name| format!("<{name}>")));
                html.push_str(&escaped(text));
                html.extend(marks.rev().map(|name| format!("</{name}>")));
            }
            Inline::Link {
                target: LinkTarget::Url(url),
                content,
            } => {
                html.push_str(&format!(
                    "<a href=\"{}\">{}</a>",
                    escaped(url),
                    line(content)
                ));
            }
            Inline::Link { content, .. } => html.push_str(&line(content)),
            Inline::LineBreak => html.push_str("<br>"),
        }
    }
    html
}

/// Text for between tags and between quotes.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{a0}' => escaped.push_str("&nbsp;"),
            c => escaped.push(c),
        }
    }
    escaped
}
