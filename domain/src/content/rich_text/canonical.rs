//! The rules of the tree: what is allowed in it, and its canonical form.

use url::Url;
use uuid::Uuid;

use super::{
    Block, Inline, LinkTarget, MAX_COLUMNS, MAX_DEPTH, MAX_SIZE, NODE, Resolve, RichTextError,
    inline::{self, one_line},
};
use crate::ids::ItemId;

type Result<T> = std::result::Result<T, RichTextError>;

/// Checks and normalises; see [`super::RichText::from_blocks`].
pub(super) fn blocks(blocks: Vec<Block>) -> Result<Vec<Block>> {
    Canonical { size: 0 }.blocks(blocks, 1)
}

/// True when the block has something to read or see.
pub(super) fn shows(block: &Block) -> bool {
    match block {
        Block::Heading { content, .. } | Block::Paragraph { content } => inline::shows(content),
        Block::List { items, .. } => items.iter().flatten().any(shows),
        Block::Table { header, rows } => {
            let mut cells = header.iter().chain(rows.iter().flatten());
            cells.any(|cell| inline::shows(cell))
        }
        Block::Quote { blocks } => blocks.iter().any(shows),
        Block::Callout { title, blocks, .. } => {
            !title.trim().is_empty() || blocks.iter().any(shows)
        }
        Block::Image { .. } | Block::Embed { .. } => true,
    }
}

/// What a link may lead to: `item:` and an identifier, or an address.
pub(super) fn link_target(link: &str) -> Result<LinkTarget> {
    let link = link.trim();
    match link.split_once(':') {
        Some((scheme, id)) if scheme.eq_ignore_ascii_case("item") => Uuid::parse_str(id)
            .map(|id| LinkTarget::Item(ItemId(id)))
            .map_err(|_| RichTextError::ItemLink(shortened(link))),
        _ => link_url(link).map(LinkTarget::Url),
    }
}

fn link_url(url: &str) -> Result<String> {
    let allowed = |url: &String| match url.as_bytes() {
        [b'#', ..] => true,
        [b'/', rest @ ..] => !rest.starts_with(b"/"),
        _ => Url::parse(url)
            .is_ok_and(|url| matches!(url.scheme(), "http" | "https" | "mailto" | "tel")),
    };
    let encoded = encoded(url).filter(allowed);
    encoded.ok_or_else(|| RichTextError::Link(shortened(url)))
}

/// Where a picture is: an address, or `item:` and the identifier of an asset.
fn image_url(url: &str) -> Result<String> {
    match link_target(url) {
        Ok(LinkTarget::Item(asset)) => Ok(format!("item:{asset}")),
        Err(error @ RichTextError::ItemLink(_)) => Err(error),
        _ => media_url(url),
    }
}

/// The asset that a picture is, when it is one.
pub(super) fn asset_of(url: &str) -> Option<ItemId> {
    url.strip_prefix("item:")?.parse().ok()
}

fn media_url(url: &str) -> Result<String> {
    let allowed = |url: &String| match url.as_bytes() {
        [b'/', rest @ ..] => !rest.starts_with(b"/"),
        _ => Url::parse(url).is_ok_and(|url| url.scheme() == "https"),
    };
    let encoded = encoded(url).filter(allowed);
    encoded.ok_or_else(|| RichTextError::Media(shortened(url)))
}

/// The address without the characters that mean something to browsers, HTML or Markdown: as the URL
/// standard has them in a path, plus `\`, which browsers read as `/`, and `|`. Control characters
/// cannot be meant.
fn encoded(url: &str) -> Option<String> {
    let mut encoded = String::with_capacity(url.len());
    for c in url.trim().chars() {
        if c.is_control() || c == '\u{feff}' {
            return None;
        }
        if c.is_whitespace() || "\"<>\\^`{|}".contains(c) {
            let bytes = c.to_string();
            encoded.extend(bytes.bytes().map(|byte| format!("%{byte:02X}")));
        } else {
            encoded.push(c);
        }
    }
    Some(encoded)
}

fn shortened(text: &str) -> String {
    let mut short: String = text.trim().chars().take(100).collect();
    if short.len() < text.trim().len() {
        short.push('…');
    }
    short
}

struct Canonical {
    size: usize,
}

impl Canonical {
    fn blocks(&mut self, blocks: Vec<Block>, depth: usize) -> Result<Vec<Block>> {
        if depth > MAX_DEPTH {
            return Err(RichTextError::TooDeep);
        }
        let mut canonical = Vec::new();
        for block in blocks {
            let block = self.block(block, depth)?;
            if shows(&block) {
                canonical.push(block);
            }
        }
        Ok(canonical)
    }

    fn block(&mut self, block: Block, depth: usize) -> Result<Block> {
        self.grow(0)?;
        Ok(match block {
            Block::Heading { level, content } => match level {
                1..=6 => Block::Heading {
                    level: level.max(2),
                    content: self.line(&content)?,
                },
                _ => return Err(RichTextError::HeadingLevel(level)),
            },
            Block::Paragraph { content } => Block::Paragraph {
                content: self.line(&content)?,
            },
            Block::List { ordered, items } => {
                let mut kept = Vec::new();
                for item in items {
                    let item = self.blocks(item, depth + 1)?;
                    if !item.is_empty() {
                        kept.push(item);
                    }
                }
                Block::List {
                    ordered,
                    items: kept,
                }
            }
            Block::Table { header, rows } => self.table(&header, &rows)?,
            Block::Quote { blocks } => Block::Quote {
                blocks: self.blocks(blocks, depth + 1)?,
            },
            Block::Image { url, alt, caption } => Block::Image {
                url: image_url(&url)?,
                alt: self.plain(&alt)?,
                caption: self.plain(&caption)?,
            },
            Block::Embed { url, title } => {
                let (url, title) = (media_url(&url)?, self.plain(&title)?);
                if title.is_empty() {
                    return Err(RichTextError::EmbedTitle(shortened(&url)));
                }
                Block::Embed { url, title }
            }
            Block::Callout {
                kind,
                title,
                blocks,
            } => {
                let mut title = self.plain(&title)?;
                let mut blocks = self.blocks(blocks, depth + 1)?;
                if title.is_empty()
                    && let Some(text) = bold_line(&blocks)
                {
                    title = one_line(text);
                    blocks.remove(0);
                }
                Block::Callout {
                    kind,
                    title,
                    blocks,
                }
            }
        })
    }

    fn table(&mut self, header: &[Vec<Inline>], rows: &[Vec<Vec<Inline>>]) -> Result<Block> {
        let columns = header.len();
        if columns > MAX_COLUMNS {
            return Err(RichTextError::TableColumns);
        }
        let wrong = rows.iter().zip(1..).find(|(row, _)| row.len() != columns);
        if let Some((row, number)) = wrong {
            return Err(RichTextError::TableRow {
                row: number,
                cells: row.len(),
                columns,
            });
        }
        let mut line = |row: &[Vec<Inline>]| row.iter().map(|cell| self.line(cell)).collect();
        let header = line(header)?;
        let rows = rows.iter().map(|row| line(row)).collect::<Result<_>>()?;
        Ok(Block::Table { header, rows })
    }

    fn line(&mut self, inlines: &[Inline]) -> Result<Vec<Inline>> {
        self.grow(0)?;
        self.measure(inlines, false)?;
        let mut error = None;
        let line = inline::rewrite(inlines, &mut |target| {
            let checked = match target {
                LinkTarget::Item(item) => Ok(LinkTarget::Item(*item)),
                LinkTarget::Url(url) => link_url(url).map(LinkTarget::Url),
            };
            checked.map_err(|refused| error = Some(refused)).ok()
        });
        error.map_or(Ok(line), Err)
    }

    fn measure(&mut self, inlines: &[Inline], linked: bool) -> Result<()> {
        for inline in inlines {
            match inline {
                Inline::Text { text, .. } => self.grow(text.len())?,
                Inline::Link { .. } if linked => return Err(RichTextError::NestedLink),
                Inline::Link { content, .. } => {
                    self.grow(0)?;
                    self.measure(content, true)?;
                }
                Inline::LineBreak => self.grow(0)?,
            }
        }
        Ok(())
    }

    fn plain(&mut self, text: &str) -> Result<String> {
        self.grow(text.len())?;
        Ok(one_line(text))
    }

    fn grow(&mut self, bytes: usize) -> Result<()> {
        self.size += bytes + NODE;
        if self.size > MAX_SIZE {
            Err(RichTextError::TooLong)
        } else {
            Ok(())
        }
    }
}

/// The text of a first paragraph that is bold as a whole.
fn bold_line(blocks: &[Block]) -> Option<&str> {
    match blocks.first()? {
        Block::Paragraph { content } => match content.as_slice() {
            [
                Inline::Text {
                    text,
                    bold: true,
                    italic: false,
                    code: false,
                },
            ] => Some(text),
            _ => None,
        },
        _ => None,
    }
}

/// The blocks with links to items and pictures that are assets resolved, without what then shows nothing. Addresses that the
/// rules do not allow, which only a tree built by hand can hold, are left out.
pub(super) fn resolved(blocks: &[Block], resolve: Resolve) -> Vec<Block> {
    let line = |inlines: &[Inline]| {
        inline::rewrite(inlines, &mut |target| match target {
            LinkTarget::Item(item) => {
                let url = resolve(*item).and_then(|url| encoded(&url));
                url.map(LinkTarget::Url)
            }
            LinkTarget::Url(url) => link_url(url).ok().map(LinkTarget::Url),
        })
    };
    let cells = |row: &Vec<Vec<Inline>>| row.iter().map(|cell| line(cell)).collect::<Vec<_>>();
    let nested = |blocks: &Vec<Block>| resolved(blocks, resolve);
    let blocks = blocks.iter().filter_map(|block| {
        Some(match block {
            Block::Heading { level, content } => Block::Heading {
                level: *level,
                content: line(content),
            },
            Block::Paragraph { content } => Block::Paragraph {
                content: line(content),
            },
            Block::List { ordered, items } => Block::List {
                ordered: *ordered,
                items: items
                    .iter()
                    .map(nested)
                    .filter(|item| !item.is_empty())
                    .collect(),
            },
            Block::Table { header, rows } => Block::Table {
                header: cells(header),
                rows: rows.iter().map(cells).collect(),
            },
            Block::Quote { blocks } => Block::Quote {
                blocks: nested(blocks),
            },
            Block::Callout {
                kind,
                title,
                blocks,
            } => Block::Callout {
                kind: *kind,
                title: title.clone(),
                blocks: nested(blocks),
            },
            Block::Image { url, alt, caption } => Block::Image {
                url: match asset_of(url) {
                    Some(asset) => encoded(&resolve(asset)?)?,
                    None => media_url(url).ok()?,
                },
                alt: alt.clone(),
                caption: caption.clone(),
            },
            Block::Embed { url, .. } => {
                media_url(url).ok()?;
                block.clone()
            }
        })
    });
    // What nothing is left of would swallow, in Markdown, what is behind it.
    blocks.filter(shows).collect()
}
