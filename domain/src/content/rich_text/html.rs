//! Reads HTML.
//!
//! It is read from the tokens of a standard tokenizer, without a document tree: in linear time, and
//! in bounded depth. Whatever the tokens, only what [`Builder`] builds comes out.

use std::cell::RefCell;

use html5ever::{
    tendril::StrTendril,
    tokenizer::{
        BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
        states::RawKind,
    },
};

use super::{
    Block, CalloutKind, MAX_SIZE, RichTextError,
    build::{Builder, Capture, Kind},
};

/// How much is given to the tokenizer at once; and how much of it may be one tag: its attributes
/// take quadratic time.
const CHUNK: usize = 4 << 10;
const LONGEST_TAG: usize = 64 << 10;

/// Elements that are dropped with all that is in them.
const DROPPED: &[&str] = &[
    "applet",
    "audio",
    "button",
    "canvas",
    "datalist",
    "frameset",
    "iframe",
    "math",
    "noembed",
    "noframes",
    "noscript",
    "object",
    "plaintext",
    "script",
    "select",
    "style",
    "svg",
    "template",
    "textarea",
    "title",
    "video",
    "xmp",
];

/// Elements that end a paragraph; all others that are not known are only text inside it.
const BLOCKS: &[&str] = &[
    "address", "article", "aside", "body", "caption", "center", "dd", "details", "dialog", "dir",
    "dl", "dt", "fieldset", "footer", "form", "header", "hgroup", "hr", "html", "legend", "main",
    "menu", "nav", "p", "search", "section", "summary",
];

pub(super) fn read(html: &str) -> Result<Vec<Block>, RichTextError> {
    if html.len() > MAX_SIZE {
        return Err(RichTextError::TooLong);
    }
    let tokenizer = Tokenizer::new(Sink::default(), TokenizerOpts::default());
    let queue = BufferQueue::default();
    let (mut rest, mut silent) = (html, 0);
    while !rest.is_empty() {
        let (chunk, after) = rest.split_at(rest.floor_char_boundary(CHUNK));
        queue.push_back(StrTendril::from_slice(chunk));
        let _ = tokenizer.feed(&queue);
        let mut reader = tokenizer.sink.0.borrow_mut();
        silent = if std::mem::take(&mut reader.met) {
            0
        } else {
            silent + chunk.len()
        };
        if silent > LONGEST_TAG {
            reader.builder.fail(RichTextError::EndlessTag);
        }
        if reader.builder.has_failed() {
            break;
        }
        rest = after;
    }
    if rest.is_empty() {
        tokenizer.end();
    }
    tokenizer.sink.0.into_inner().builder.finish()
}

#[derive(Default)]
struct Sink(RefCell<Reader>);

#[derive(Default)]
struct Reader {
    builder: Builder,
    /// The element that is being dropped, and how many of its name are open.
    dropping: Option<(String, usize)>,
    /// A token was met.
    met: bool,
}

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut reader = self.0.borrow_mut();
        reader.met |= !matches!(token, Token::ParseError(_));
        if reader.builder.has_failed() {
            return TokenSinkResult::Continue;
        }
        match token {
            Token::CharacterTokens(text) if reader.dropping.is_none() => reader.builder.text(&text),
            Token::TagToken(tag) => {
                reader.tag(&tag);
                if tag.kind == TagKind::StartTag {
                    return raw(&tag.name);
                }
            }
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

/// How the tokenizer goes on after the start of an element: some hold no markup.
fn raw(name: &str) -> TokenSinkResult<()> {
    match name {
        "script" => TokenSinkResult::RawData(RawKind::ScriptData),
        "style" | "iframe" | "noembed" | "noframes" | "noscript" | "xmp" => {
            TokenSinkResult::RawData(RawKind::Rawtext)
        }
        "textarea" | "title" => TokenSinkResult::RawData(RawKind::Rcdata),
        "plaintext" => TokenSinkResult::Plaintext,
        _ => TokenSinkResult::Continue,
    }
}

fn attribute<'a>(tag: &'a Tag, name: &str) -> Option<&'a str> {
    let attribute = tag
        .attrs
        .iter()
        .find(|attribute| &*attribute.name.local == name);
    attribute.map(|attribute| attribute.value.trim())
}

fn has_class(tag: &Tag, class: &str) -> bool {
    attribute(tag, "class").is_some_and(|classes| classes.split_whitespace().any(|c| c == class))
}

fn count(open: bool, counter: &mut usize) {
    *counter = if open {
        *counter + 1
    } else {
        counter.saturating_sub(1)
    };
}

impl Reader {
    fn tag(&mut self, tag: &Tag) {
        let name: &str = &tag.name;
        let open = tag.kind == TagKind::StartTag;
        if let Some((dropped, depth)) = &mut self.dropping {
            if dropped == name && !tag.self_closing {
                count(open, depth);
            }
            if *depth == 0 {
                self.dropping = None;
            }
            return;
        }
        let builder = &mut self.builder;
        match name {
            _ if DROPPED.contains(&name) => {
                let empty = tag.self_closing && matches!(name, "svg" | "math");
                self.dropping = (open && !empty).then(|| (name.to_owned(), 1));
            }
            "b" | "strong" if open => {
                // Documents pasted from Google are wrapped in a `b` that is not bold.
                let style = attribute(tag, "style").unwrap_or_default().replace(' ', "");
                builder.bold += usize::from(!style.contains("font-weight:normal"));
            }
            "b" | "strong" => count(open, &mut builder.bold),
            "i" | "em" => count(open, &mut builder.italic),
            "code" | "kbd" | "samp" | "tt" => count(open, &mut builder.code),
            "br" => builder.line_break(),
            "img" if open => {
                let value = |name| attribute(tag, name).unwrap_or_default().to_owned();
                match value("src") {
                    src if src.is_empty() => builder.text(&value("alt")),
                    src => builder.image(src, value("alt"), String::new()),
                }
            }
            "a" => self.link(tag, open),
            "figure" if open => builder.start_figure(has_class(tag, "embed")),
            "figure" => builder.end_figure(),
            "figcaption" if open && !builder.is_capturing() => {
                builder.flush();
                builder.start_capture(Capture::Caption);
            }
            "figcaption" => builder.end_capture(),
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                builder.flush();
                builder.heading = name[1..].parse().ok().filter(|_| open);
            }
            "p" => {
                builder.flush();
                builder.heading = None;
            }
            "pre" => {
                builder.flush();
                count(open, &mut builder.preformatted);
            }
            "div" => self.div(tag, open),
            "blockquote" if open => builder.open(Kind::Quote),
            "blockquote" => builder.close(|kind| *kind == Kind::Quote, |_| false),
            "ul" | "ol" if open => {
                builder.open(Kind::List {
                    ordered: name == "ol",
                    items: Vec::new(),
                });
            }
            "ul" | "ol" => builder.close(|kind| matches!(kind, Kind::List { .. }), |_| false),
            "li" => {
                let list: fn(&Kind) -> bool = |kind| matches!(kind, Kind::List { .. });
                builder.close(|kind| *kind == Kind::Item, list);
                if open && builder.top().is_some_and(|kind| list(kind)) {
                    builder.open(Kind::Item);
                }
            }
            "table" | "tr" | "td" | "th" => self.table(tag, open),
            _ if BLOCKS.contains(&name) => builder.flush(),
            _ => {}
        }
    }

    fn link(&mut self, tag: &Tag, open: bool) {
        let builder = &mut self.builder;
        let href = attribute(tag, "href").filter(|href| open && !href.is_empty());
        match href {
            _ if builder.in_embed() => {
                builder.end_capture();
                if let Some(url) = href {
                    builder.start_capture(Capture::Embed {
                        url: url.to_owned(),
                    });
                }
            }
            _ if builder.is_capturing() => {}
            Some(href) => builder.open_link(href),
            None => builder.close_link(),
        }
    }

    fn div(&mut self, tag: &Tag, open: bool) {
        let builder = &mut self.builder;
        let kinds = [
            ("callout-success", CalloutKind::Success),
            ("callout-warning", CalloutKind::Warning),
            ("callout-danger", CalloutKind::Danger),
        ];
        let nested = builder.is_capturing() || builder.in_table();
        if open && !nested && has_class(tag, "callout") {
            let kind = kinds.into_iter().find(|(class, _)| has_class(tag, class));
            return builder.open(Kind::Callout(
                kind.map_or(CalloutKind::Info, |kind| kind.1),
                0,
            ));
        }
        builder.flush();
        match builder.divs() {
            Some(0) if !open && !nested => {
                builder.close(|kind| matches!(kind, Kind::Callout(..)), |_| false);
            }
            Some(divs) => count(open, divs),
            None => {}
        }
    }

    fn table(&mut self, tag: &Tag, open: bool) {
        let builder = &mut self.builder;
        if builder.is_capturing() {
            return builder.flush();
        }
        let name: &str = &tag.name;
        let in_cell = match builder.top() {
            Some(Kind::Table { nested, .. }) if name == "table" && (open || *nested > 0) => {
                count(open, nested);
                return builder.flush();
            }
            Some(Kind::Table { nested, .. }) if *nested > 0 => return builder.flush(),
            Some(Kind::Table { .. }) => true,
            _ => false,
        };
        match (name, open) {
            ("table", true) => {
                builder.open(Kind::Table {
                    rows: Vec::new(),
                    cell: None,
                    nested: 0,
                });
            }
            ("table", false) => {
                builder.end_cell();
                builder.close(|kind| matches!(kind, Kind::Table { .. }), |_| false);
            }
            ("tr", true) if in_cell => builder.start_row(),
            (_, true) if in_cell => {
                let columns = attribute(tag, "colspan").and_then(|span| span.parse().ok());
                builder.start_cell(columns.unwrap_or(1));
            }
            _ => builder.end_cell(),
        }
    }
}
