//! Reads Markdown.

use pulldown_cmark::{BlockQuoteKind, CowStr, Event, LinkType, Options, Parser, Tag, TagEnd};

use super::{
    Block, CalloutKind, MAX_SIZE, RichTextError,
    build::{Builder, Capture, Kind},
};

pub(super) fn read(markdown: &str) -> Result<Vec<Block>, RichTextError> {
    if markdown.len() > MAX_SIZE {
        return Err(RichTextError::TooLong);
    }
    let mut reader = Reader::default();
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_GFM) {
        if reader.builder.has_failed() {
            break;
        }
        reader.event(event);
    }
    reader.builder.finish()
}

#[derive(Default)]
struct Reader {
    builder: Builder,
    /// How many links and images are open inside an image or embed, whose text is plain.
    plain: usize,
}

impl Reader {
    fn event(&mut self, event: Event) {
        let builder = &mut self.builder;
        match event {
            Event::Start(Tag::Link { .. } | Tag::Image { .. }) if builder.is_capturing() => {
                self.plain += 1;
            }
            Event::End(TagEnd::Link | TagEnd::Image) if self.plain > 0 => self.plain -= 1,
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => builder.text(&text),
            Event::Code(text) => {
                builder.code += 1;
                builder.text(&text);
                builder.code -= 1;
            }
            Event::Html(html) | Event::InlineHtml(html) => self.html(&html),
            Event::SoftBreak => builder.text(" "),
            Event::HardBreak => builder.line_break(),
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag) {
        let builder = &mut self.builder;
        match tag {
            Tag::Paragraph | Tag::HtmlBlock => builder.flush(),
            Tag::Heading { level, .. } => {
                builder.flush();
                builder.heading = Some(level as u8);
            }
            Tag::BlockQuote(kind) => builder.open(match kind {
                None => Kind::Quote,
                Some(BlockQuoteKind::Note | BlockQuoteKind::Important) => {
                    Kind::Callout(CalloutKind::Info, 0)
                }
                Some(BlockQuoteKind::Tip) => Kind::Callout(CalloutKind::Success, 0),
                Some(BlockQuoteKind::Warning) => Kind::Callout(CalloutKind::Warning, 0),
                Some(BlockQuoteKind::Caution) => Kind::Callout(CalloutKind::Danger, 0),
            }),
            Tag::CodeBlock(_) => {
                builder.flush();
                builder.preformatted += 1;
            }
            Tag::List(first) => {
                builder.open(Kind::List {
                    ordered: first.is_some(),
                    items: Vec::new(),
                });
            }
            Tag::Item => builder.open(Kind::Item),
            Tag::Table(_) => {
                builder.open(Kind::Table {
                    rows: Vec::new(),
                    cell: None,
                    nested: 0,
                });
            }
            Tag::TableHead | Tag::TableRow => builder.start_row(),
            Tag::TableCell => builder.start_cell(1),
            Tag::Emphasis => builder.italic += 1,
            Tag::Strong => builder.bold += 1,
            Tag::Link {
                link_type,
                dest_url,
                ..
            } => match (dest_url.strip_prefix("embed:"), link_type) {
                (Some(url), _) => builder.start_capture(Capture::Embed { url: url.into() }),
                (_, LinkType::Email) => builder.open_link(&format!("mailto:{dest_url}")),
                _ => builder.open_link(&dest_url),
            },
            Tag::Image {
                dest_url, title, ..
            } => {
                let (url, caption) = (CowStr::into_string(dest_url), CowStr::into_string(title));
                builder.start_capture(Capture::Image { url, caption });
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        let builder = &mut self.builder;
        match tag {
            TagEnd::Paragraph | TagEnd::HtmlBlock => builder.flush(),
            TagEnd::Heading(_) => {
                builder.flush();
                builder.heading = None;
            }
            TagEnd::CodeBlock => {
                builder.flush();
                builder.preformatted -= 1;
            }
            TagEnd::BlockQuote(_) => {
                builder.close(
                    |kind| matches!(kind, Kind::Quote | Kind::Callout(..)),
                    |_| false,
                );
            }
            TagEnd::List(_) => builder.close(|kind| matches!(kind, Kind::List { .. }), |_| false),
            TagEnd::Item => builder.close(|kind| *kind == Kind::Item, |_| false),
            TagEnd::Table => builder.close(|kind| matches!(kind, Kind::Table { .. }), |_| false),
            TagEnd::TableCell => builder.end_cell(),
            TagEnd::Emphasis => builder.italic -= 1,
            TagEnd::Strong => builder.bold -= 1,
            TagEnd::Link if !builder.is_capturing() => builder.close_link(),
            TagEnd::Link | TagEnd::Image => builder.end_capture(),
            _ => {}
        }
    }

    /// Raw HTML is text, but for new lines and comments.
    fn html(&mut self, html: &str) {
        let mut rest = html;
        while let Some((before, comment)) = rest.split_once("<!--") {
            self.builder.text(before);
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
        }
        let name = rest
            .trim()
            .trim_start_matches('<')
            .trim_end_matches(['/', '>', ' ']);
        if rest.starts_with('<') && name.eq_ignore_ascii_case("br") {
            self.builder.line_break();
        } else {
            self.builder.text(rest);
        }
    }
}
