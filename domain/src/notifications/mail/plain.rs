//! Markdown as plain text, for mails.

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

/// A text in Markdown as it is read without its marks; addresses of links stand behind them.
pub(super) fn plain(markdown: &str) -> String {
    let mut writer = Writer::default();
    for event in Parser::new(markdown) {
        writer.take(event);
    }
    writer.text.trim().to_owned()
}

#[derive(Default)]
struct Writer {
    text: String,
    /// The number of the next item of each list that is open; nothing when it has none.
    lists: Vec<Option<u64>>,
    /// The addresses of the links that are open, each with where its text begins.
    links: Vec<(String, usize)>,
}

impl Writer {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Text(text) | Event::Code(text) => self.text.push_str(&text),
            // Nothing but a line break is accepted of HTML.
            Event::SoftBreak | Event::HardBreak | Event::Html(_) | Event::InlineHtml(_) => {
                self.text.push('\n');
            }
            Event::Rule => self.end_block(),
            Event::Start(Tag::List(first)) => {
                self.end_line();
                self.lists.push(first);
            }
            Event::Start(Tag::Item) => self.begin_item(),
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                self.links.push((dest_url.to_string(), self.text.len()));
            }
            Event::End(TagEnd::Link | TagEnd::Image) => self.end_link(),
            Event::End(TagEnd::List(_)) => {
                self.lists.pop();
                self.end_block();
            }
            Event::End(TagEnd::Item) => self.end_line(),
            Event::End(
                TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::CodeBlock | TagEnd::BlockQuote(_),
            ) => self.end_block(),
            _ => {}
        }
    }

    fn begin_item(&mut self) {
        self.end_line();
        let depth = self.lists.len().saturating_sub(1);
        self.text.push_str(&"  ".repeat(depth));
        match self.lists.last_mut() {
            Some(Some(number)) => {
                self.text.push_str(&format!("{number}. "));
                *number += 1;
            }
            _ => self.text.push_str("- "),
        }
    }

    fn end_link(&mut self) {
        let Some((address, begin)) = self.links.pop() else {
            return;
        };
        let shown = self.text.get(begin..).unwrap_or_default();
        if !address.is_empty() && shown != address {
            self.text.push_str(&format!(" ({address})"));
        }
    }

    fn end_line(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    fn end_block(&mut self) {
        self.end_line();
        if self.lists.is_empty() && !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn marks_are_left_out_and_addresses_stay() {
        for (markdown, text) in [
            (
                "Un **testo** con *enfasi* e `codice`.",
                "Un testo con enfasi e codice.",
            ),
            (
                "# Titolo\n\nPrimo.\n\nSecondo.",
                "Titolo\n\nPrimo.\n\nSecondo.",
            ),
            (
                "[La pratica](https://x.example/1)",
                "La pratica (https://x.example/1)",
            ),
            ("<https://x.example/1>", "https://x.example/1"),
            ("- uno\n- due\n\nPoi.", "- uno\n- due\n\nPoi."),
            ("3. tre\n4. quattro", "3. tre\n4. quattro"),
            ("- uno\n  - dentro\n- due", "- uno\n  - dentro\n- due"),
            ("Prima<br>seconda  \nterza", "Prima\nseconda\nterza"),
            ("Costa 5 \\* 3\\.", "Costa 5 * 3."),
            ("", ""),
        ] {
            assert_eq!(plain(markdown), text, "{markdown}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(markdown: String) {
            plain(&markdown);
        }
    }
}
