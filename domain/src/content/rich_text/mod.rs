//! Rich text: one small, closed tree of blocks, stored once and read as blocks, HTML, Markdown or
//! plain text.
//!
//! There is no node for raw markup, so nothing that an author, an importer or an attacker writes
//! can reach a visitor except as one of the kinds below. Whatever the text was written as, it is
//! brought to one canonical form ([`RichText::from_blocks`]), so that equal texts are stored
//! equally.

mod build;
mod canonical;
mod html;
mod html_writer;
mod inline;
mod input;
mod markdown;
mod markdown_writer;
mod plain;
#[cfg(test)]
mod properties;
mod stored;
#[cfg(test)]
mod tests;

use std::{collections::HashSet, fmt, sync::Arc};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use crate::ids::ItemId;

pub(crate) use html_writer::escaped;
pub(super) use stored::reading_stored;

/// How deeply blocks may be nested: quotes, callouts and lists inside each other.
pub const MAX_DEPTH: usize = 8;
/// The longest rich text in bytes, in the input and (with 8 bytes for every node) in the tree.
pub const MAX_SIZE: usize = 1 << 20;
/// What a node counts towards [`MAX_SIZE`], besides its text.
const NODE: usize = 8;
/// The widest table.
pub const MAX_COLUMNS: usize = 64;

/// A rich text: blocks in reading order. Serialised as the bare array of blocks.
///
/// Deserialised from an array of blocks, `{"blocks": […]}`, `{"markdown": "…"}`, `{"html": "…"}` or
/// a bare string, which is Markdown. Every way in checks and normalises as
/// [`RichText::from_blocks`] does, except for what comes from the database: see [`stored`].
#[derive(Clone, Default)]
pub struct RichText(Arc<stored::Content>);

/// One block of a rich text (blocco di testo formattato).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[schemars(rename = "RichTextBlock")]
pub enum Block {
    /// A heading inside the text (titolo).
    Heading {
        /// From 2 to 6: level 1 is the title of the page, and becomes 2 on input (livello).
        level: u8,
        /// The text of the heading (testo).
        content: Vec<Inline>,
    },
    /// A paragraph (paragrafo).
    Paragraph {
        /// The text of the paragraph (testo).
        content: Vec<Inline>,
    },
    /// A list (elenco).
    List {
        /// Numbered from 1, rather than bulleted (numerato).
        #[serde(default)]
        ordered: bool,
        /// The items, each a sequence of blocks (voci).
        items: Vec<Vec<Block>>,
    },
    /// A table with one row of headings (tabella).
    Table {
        /// The headings of the columns (intestazioni).
        header: Vec<Vec<Inline>>,
        /// The rows, each as wide as the header (righe).
        #[serde(default)]
        rows: Vec<Vec<Vec<Inline>>>,
    },
    /// Something quoted (citazione).
    Quote {
        /// What is quoted (testo citato).
        blocks: Vec<Block>,
    },
    /// A picture (immagine).
    Image {
        /// Where it is: `https`, a path from `/`, or `item:` and the id of an asset (indirizzo).
        url: String,
        /// What it shows, for those who cannot see it; empty when it only decorates (testo alternativo).
        #[serde(default)]
        alt: String,
        /// The text below it, or nothing (didascalia).
        #[serde(default, skip_serializing_if = "String::is_empty")]
        caption: String,
    },
    /// Something shown from elsewhere, such as a video or a map. Always written as a link: how, and
    /// after which consent, it is shown in place is for the portal to decide (contenuto esterno).
    Embed {
        /// Where it is: `https`, or a path from `/` (indirizzo).
        url: String,
        /// What it is; never empty, because it is all that some readers get (titolo).
        title: String,
    },
    /// A passage that must not be missed (avviso).
    Callout {
        /// How grave it is (tipo).
        kind: CalloutKind,
        /// Its title, or nothing (titolo).
        #[serde(default, skip_serializing_if = "String::is_empty")]
        title: String,
        /// Its text (testo).
        #[serde(default)]
        blocks: Vec<Block>,
    },
}

/// What a callout says about itself (tipo di avviso).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "RichTextCalloutKind")]
pub enum CalloutKind {
    /// Good to know. In Markdown `[!NOTE]` (and `[!IMPORTANT]`) (informazione).
    Info,
    /// Good news or advice. In Markdown `[!TIP]` (esito positivo).
    Success,
    /// Take care. In Markdown `[!WARNING]` (attenzione).
    Warning,
    /// Harm or loss ahead. In Markdown `[!CAUTION]` (pericolo).
    Danger,
}

/// A piece of text inside a block (testo dentro un blocco).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[schemars(rename = "RichTextInline")]
pub enum Inline {
    /// Text in one style (testo).
    Text {
        /// The characters; line ends count as spaces (testo).
        text: String,
        /// Strong importance (grassetto).
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        bold: bool,
        /// Emphasis (corsivo).
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        italic: bool,
        /// Something to type or read to the letter (codice).
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        code: bool,
    },
    /// A link (collegamento).
    Link {
        /// Where it leads (destinazione).
        target: LinkTarget,
        /// Its text: no links inside links (testo).
        content: Vec<Inline>,
    },
    /// A new line in the same paragraph (a capo).
    LineBreak,
}

/// Where a link leads: to an item or to an address (destinazione del collegamento).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "RichTextLinkTarget")]
pub enum LinkTarget {
    /// Another content item, wherever it is published; in Markdown and HTML `item:<uuid>` (contenuto).
    Item(ItemId),
    /// An `http`, `https`, `mailto` or `tel` address, or a place on this site from `/` or `#` (indirizzo).
    Url(String),
}

/// Finds the public address of an item; nothing when the item is not public.
pub type Resolve<'a> = &'a dyn Fn(ItemId) -> Option<String>;

/// Why a text was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RichTextError {
    /// More than [`MAX_SIZE`].
    #[error("the text is too long: at most {} KiB", MAX_SIZE / 1024)]
    TooLong,
    /// More than [`MAX_DEPTH`].
    #[error("lists, quotes and callouts are nested too deeply: at most {MAX_DEPTH} levels")]
    TooDeep,
    /// An HTML tag or comment of absurd length.
    #[error("the HTML has a tag or a comment that is too long, or one that never ends")]
    EndlessTag,
    /// A heading that is not one of HTML.
    #[error("a heading has level {0}: write one from 2 to 6")]
    HeadingLevel(u8),
    /// A link to somewhere unsafe or unclear.
    #[error(
        "the link «{0}» is refused: write an http, https, mailto or tel address, a path that begins \
         with / or #, or item: and the identifier of a content item"
    )]
    Link(String),
    /// A link to an item whose identifier is not a UUID.
    #[error("the link «{0}» is refused: after item: write the identifier of a content item")]
    ItemLink(String),
    /// A link inside the text of a link.
    #[error("there is a link inside the text of another link")]
    NestedLink,
    /// An image or embed from somewhere unsafe or unclear.
    #[error(
        "the address «{0}» of an image or embed is refused: write an https address or a path that \
         begins with /; for an image also item: and the identifier of an asset"
    )]
    Media(String),
    /// An embed without a title.
    #[error("the embed «{0}» needs a title: some readers get nothing else")]
    EmbedTitle(String),
    /// A table row that is not as wide as the header.
    #[error("row {row} of a table has {cells} cells, its header has {columns}")]
    TableRow {
        /// Which row, from 1.
        row: usize,
        /// How many cells it has.
        cells: usize,
        /// How many it should have.
        columns: usize,
    },
    /// More than [`MAX_COLUMNS`].
    #[error("a table has too many columns: at most {MAX_COLUMNS}")]
    TableColumns,
}

impl RichText {
    fn of(content: stored::Content) -> Self {
        Self(Arc::new(content))
    }

    /// Blocks that are in canonical form already.
    fn written(blocks: Vec<Block>) -> Self {
        Self::of(stored::Content::read(blocks))
    }

    /// The blocks, in reading order.
    pub fn blocks(&self) -> &[Block] {
        self.0.blocks()
    }

    /// Checks blocks and brings them to the canonical form in which they are stored.
    ///
    /// Marks and links do not begin or end with white space; runs of white space are one space;
    /// text in the same style is one text; what shows nothing is dropped; addresses are
    /// percent-encoded where Markdown or HTML would trip; a first paragraph of a callout that is
    /// bold as a whole is its title. Doing it twice is the same as doing it once.
    pub fn from_blocks(blocks: Vec<Block>) -> Result<Self, RichTextError> {
        canonical::blocks(blocks).map(Self::written)
    }

    /// Reads Markdown: CommonMark with GitHub's tables and alerts.
    ///
    /// A link to a content item is `[text](item:<uuid>)`, an embed `[title](embed:https://…)`, an
    /// image with caption `![alt](url "caption")`, one that is an asset `![alt](item:<uuid>)`, a callout
    ///
    /// ```text
    /// > [!WARNING]
    /// > **Title**
    /// >
    /// > text
    /// ```
    ///
    /// Raw HTML is text like any other, but for `<br>` (a new line where Markdown has none: in
    /// tables and headings) and for comments, which are dropped. Code blocks become paragraphs in
    /// code style; rulers and the first number of a list are dropped; images and embeds inside a
    /// paragraph split it.
    pub fn from_markdown(markdown: &str) -> Result<Self, RichTextError> {
        Self::from_blocks(markdown::read(markdown)?)
    }

    /// Reads HTML, and keeps of it only what the tree can hold.
    ///
    /// Scripts, styles, frames, forms, media players and their content are dropped, as are all
    /// attributes but the addresses of links and images, the text for an image, and the classes of
    /// the callouts and embeds that [`RichText::html`] writes; other elements are dropped and their
    /// text kept. A link to a content item is `<a href="item:<uuid>">`. A link that is not allowed
    /// refuses the whole text, for the author to mend it. The first row of a table is its header.
    pub fn from_html(html: &str) -> Result<Self, RichTextError> {
        Self::from_blocks(html::read(html)?)
    }

    /// Checks what [`RichText::from_blocks`] checks: for trees built by hand.
    pub fn validate(&self) -> Result<(), RichTextError> {
        canonical::blocks(self.blocks().to_vec()).map(|_| ())
    }

    /// The text with its links to items turned into addresses; where there is none, the target is
    /// not public and only the text of the link remains. Pictures that are assets the same; of one that
    /// is not public nothing remains.
    pub fn resolved(&self, resolve: Resolve) -> Self {
        Self::written(canonical::resolved(self.blocks(), resolve))
    }

    /// The text as HTML, all of it escaped, for a page whose title is its `h1`.
    ///
    /// For a tree in canonical form, with every item resolved to `item:<uuid>`,
    /// [`RichText::from_html`] of the result is the same tree.
    pub fn html(&self, resolve: Resolve) -> String {
        html_writer::write(self.resolved(resolve).blocks())
    }

    /// The text as Markdown, links to items as `item:<uuid>`: for editors and exports.
    ///
    /// For a tree in canonical form [`RichText::from_markdown`] of the result is the same tree.
    /// Where Markdown alone cannot keep two styles apart, an empty comment `<!-- -->` or a
    /// character written as `&#…;` does.
    pub fn markdown(&self) -> String {
        markdown_writer::write(self.blocks())
    }

    /// The text as Markdown for delivery, links to items as in [`RichText::resolved`].
    pub fn markdown_resolved(&self, resolve: Resolve) -> String {
        markdown_writer::write(self.resolved(resolve).blocks())
    }

    /// The text without any markup: for search, summaries and messages.
    pub fn plain_text(&self) -> String {
        plain::write(self.blocks())
    }

    /// The items that the text links to, in order, each once.
    pub fn item_links(&self) -> Vec<ItemId> {
        let mut seen = HashSet::new();
        let mut items = Vec::new();
        each_line(self.blocks(), &mut |line| {
            for inline in line {
                if let Inline::Link { target, .. } = inline
                    && let LinkTarget::Item(item) = target
                    && seen.insert(*item)
                {
                    items.push(*item);
                }
            }
        });
        items
    }

    /// The assets that are pictures of the text, in order, each once.
    pub fn pictures(&self) -> Vec<ItemId> {
        let mut assets = Vec::new();
        each_image(self.blocks(), &mut |url| {
            if let Some(asset) = canonical::asset_of(url)
                && !assets.contains(&asset)
            {
                assets.push(asset);
            }
        });
        assets
    }

    /// True when there is nothing to read or see.
    pub fn is_empty(&self) -> bool {
        self.0.shows_nothing()
    }
}

impl fmt::Debug for RichText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RichText").field(&self.blocks()).finish()
    }
}

impl PartialEq for RichText {
    fn eq(&self, other: &Self) -> bool {
        self.blocks() == other.blocks()
    }
}

impl Eq for RichText {}

impl Serialize for RichText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.blocks().serialize(serializer)
    }
}

/// Calls with every sequence of inlines, in reading order.
fn each_line<'a>(blocks: &'a [Block], call: &mut dyn FnMut(&'a [Inline])) {
    for block in blocks {
        match block {
            Block::Heading { content, .. } | Block::Paragraph { content } => call(content),
            Block::List { items, .. } => items.iter().for_each(|item| each_line(item, call)),
            Block::Table { header, rows } => {
                let cells = header.iter().chain(rows.iter().flatten());
                cells.for_each(|cell| call(cell));
            }
            Block::Quote { blocks } | Block::Callout { blocks, .. } => each_line(blocks, call),
            Block::Image { .. } | Block::Embed { .. } => {}
        }
    }
}

fn each_image(blocks: &[Block], call: &mut dyn FnMut(&str)) {
    for block in blocks {
        match block {
            Block::List { items, .. } => items.iter().for_each(|item| each_image(item, call)),
            Block::Quote { blocks } | Block::Callout { blocks, .. } => each_image(blocks, call),
            Block::Image { url, .. } => call(url),
            Block::Heading { .. }
            | Block::Paragraph { .. }
            | Block::Table { .. }
            | Block::Embed { .. } => {}
        }
    }
}
