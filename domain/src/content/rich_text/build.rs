//! Builds the tree from what a reader of Markdown or HTML meets, in the order it is met, however
//! badly nested.

mod media;

use super::{
    Block, CalloutKind, Inline, LinkTarget, MAX_COLUMNS, MAX_DEPTH, MAX_SIZE, NODE, RichTextError,
    canonical,
    inline::{self, Piece, Style},
};
pub(super) use media::Capture;
use media::Figure;

/// A block that is open.
#[derive(Debug, PartialEq)]
pub(super) enum Kind {
    Quote,
    /// With the number of `div`s open inside it.
    Callout(CalloutKind, usize),
    List {
        ordered: bool,
        items: Vec<Vec<Block>>,
    },
    Item,
    /// With the number of columns that the open cell spans, and the number of tables open inside
    /// it, whose text goes to the cell that they are in.
    Table {
        rows: Vec<Vec<Vec<Inline>>>,
        cell: Option<usize>,
        nested: usize,
    },
}

#[derive(Debug)]
struct Frame {
    kind: Kind,
    blocks: Vec<Block>,
}

#[derive(Debug, Default)]
pub(super) struct Builder {
    root: Vec<Block>,
    frames: Vec<Frame>,
    cells: usize,
    pieces: Vec<Piece>,
    links: Vec<LinkTarget>,
    link: Option<usize>,
    pub bold: usize,
    pub italic: usize,
    pub code: usize,
    /// Inside text whose line ends count.
    pub preformatted: usize,
    /// Inside a heading of this level.
    pub heading: Option<u8>,
    capture: Option<(Capture, String)>,
    figure: Option<Figure>,
    error: Option<RichTextError>,
}

impl Builder {
    pub fn text(&mut self, text: &str) {
        if let Some((_, captured)) = &mut self.capture {
            captured.push_str(text);
            return;
        }
        let marks = inline::Marks {
            bold: self.bold > 0,
            italic: self.italic > 0,
            code: self.code > 0 || self.preformatted > 0,
        };
        let style = Style {
            marks,
            link: self.link,
        };
        for (number, line) in text
            .split(|c| c == '\n' && self.preformatted > 0)
            .enumerate()
        {
            if number > 0 {
                self.pieces.push(Piece::Break);
            }
            self.pieces.push(Piece::Text(line.to_owned(), style));
        }
    }

    pub fn line_break(&mut self) {
        match &mut self.capture {
            Some((_, captured)) => captured.push(' '),
            None => self.pieces.push(Piece::Break),
        }
    }

    /// Ends the paragraph or heading that is being written.
    pub fn flush(&mut self) {
        if let Some((_, captured)) = &mut self.capture {
            captured.push(' ');
            return;
        }
        if let Some(Kind::Table { cell: Some(_), .. }) = self.top() {
            self.pieces.push(Piece::Edge);
            return;
        }
        let content = self.line();
        if !content.is_empty() {
            let block = match self.heading {
                Some(level) => Block::Heading { level, content },
                None => Block::Paragraph { content },
            };
            self.push(block);
        }
    }

    pub fn open_link(&mut self, link: &str) {
        self.link = None;
        match canonical::link_target(link) {
            Ok(target) => {
                self.links.push(target);
                self.link = Some(self.links.len() - 1);
            }
            Err(error) => self.fail(error),
        }
    }

    pub fn close_link(&mut self) {
        self.link = None;
    }

    /// Opens a list, an item, a quote, a callout or a table. In a cell it is only a line of its
    /// own.
    pub fn open(&mut self, kind: Kind) {
        self.flush();
        self.heading = None;
        if self.is_capturing() || self.in_table() {
            return;
        }
        if kind != Kind::Item {
            self.ensure_item();
        }
        let holds = |kind: &Kind| matches!(kind, Kind::Quote | Kind::Callout(..) | Kind::Item);
        let depth = 1 + self
            .frames
            .iter()
            .filter(|frame| holds(&frame.kind))
            .count();
        if depth >= MAX_DEPTH && !matches!(kind, Kind::Item | Kind::Table { .. }) {
            return self.fail(RichTextError::TooDeep);
        }
        self.frames.push(Frame {
            kind,
            blocks: Vec::new(),
        });
    }

    /// Closes the innermost block that is `wanted`, and all inside it, unless a `barrier` or a
    /// table is nearer.
    pub fn close(&mut self, wanted: fn(&Kind) -> bool, barrier: fn(&Kind) -> bool) {
        self.flush();
        self.heading = None;
        let table = |kind: &Kind| matches!(kind, Kind::Table { .. });
        let stop = |Frame { kind, .. }: &Frame| wanted(kind) || barrier(kind) || table(kind);
        if let Some(at) = self.frames.iter().rposition(stop)
            && self.frames.get(at).is_some_and(|frame| wanted(&frame.kind))
            && !self.is_capturing()
        {
            while self.frames.len() > at {
                self.close_top();
            }
        }
    }

    fn close_top(&mut self) {
        let Some(Frame { kind, blocks }) = self.frames.pop() else {
            return;
        };
        match kind {
            Kind::Quote => self.push(Block::Quote { blocks }),
            Kind::Callout(kind, _) => {
                self.push(Block::Callout {
                    kind,
                    title: String::new(),
                    blocks,
                });
            }
            Kind::Item => {
                if let Some(Kind::List { items, .. }) = self.top() {
                    items.push(blocks);
                }
            }
            Kind::List { ordered, items } => self.push(Block::List { ordered, items }),
            Kind::Table { mut rows, .. } => {
                rows.retain(|row| !row.is_empty());
                let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
                if rows.len() * columns * NODE > MAX_SIZE {
                    return self.fail(RichTextError::TooLong);
                }
                rows.iter_mut()
                    .for_each(|row| row.resize(columns, Vec::new()));
                if !rows.is_empty() {
                    let header = rows.remove(0);
                    self.push(Block::Table { header, rows });
                }
            }
        }
    }

    pub fn start_row(&mut self) {
        self.end_cell();
        if let Some(Kind::Table { rows, .. }) = self.top() {
            rows.push(Vec::new());
        }
    }

    pub fn start_cell(&mut self, columns: usize) {
        self.end_cell();
        if let Some(Kind::Table { rows, cell, .. }) = self.top() {
            if rows.is_empty() {
                rows.push(Vec::new());
            }
            *cell = Some(columns.clamp(1, MAX_COLUMNS));
        }
    }

    /// Ends the cell that is open, and adds empty ones for the other columns that it spans.
    pub fn end_cell(&mut self) {
        let Some(Kind::Table {
            cell: Some(columns),
            ..
        }) = self.top()
        else {
            return self.flush();
        };
        let columns = *columns;
        let content = self.line();
        self.cells += columns;
        if self.cells * NODE > MAX_SIZE {
            self.fail(RichTextError::TooLong);
        } else if let Some(Kind::Table { rows, cell, .. }) = self.top() {
            *cell = None;
            if let Some(row) = rows.last_mut() {
                row.push(content);
                row.resize(row.len() + columns - 1, Vec::new());
                if row.len() > MAX_COLUMNS {
                    self.fail(RichTextError::TableColumns);
                }
            }
        }
    }

    /// The innermost open block.
    pub fn top(&mut self) -> Option<&mut Kind> {
        self.frames.last_mut().map(|frame| &mut frame.kind)
    }

    pub fn in_table(&mut self) -> bool {
        matches!(self.top(), Some(Kind::Table { .. }))
    }

    /// The number of `div`s open in the innermost callout.
    pub fn divs(&mut self) -> Option<&mut usize> {
        self.frames
            .iter_mut()
            .rev()
            .find_map(|frame| match &mut frame.kind {
                Kind::Callout(_, divs) => Some(divs),
                _ => None,
            })
    }

    pub fn fail(&mut self, error: RichTextError) {
        self.error.get_or_insert(error);
    }

    pub fn has_failed(&self) -> bool {
        self.error.is_some()
    }

    pub fn finish(mut self) -> Result<Vec<Block>, RichTextError> {
        self.end_figure();
        self.end_cell();
        while !self.frames.is_empty() {
            self.close_top();
        }
        self.error.map_or(Ok(self.root), Err)
    }

    fn line(&mut self) -> Vec<Inline> {
        inline::canonical(&std::mem::take(&mut self.pieces), &self.links)
    }

    /// A list holds only items: what lies between them belongs to the one before.
    fn ensure_item(&mut self) {
        if let Some(Kind::List { items, .. }) = self.top() {
            let blocks = items.pop().unwrap_or_default();
            self.frames.push(Frame {
                kind: Kind::Item,
                blocks,
            });
        }
    }

    fn push(&mut self, block: Block) {
        self.ensure_item();
        let holds = |frame: &&mut Frame| !matches!(frame.kind, Kind::Table { .. });
        let frame = self.frames.iter_mut().rev().find(holds);
        frame
            .map_or(&mut self.root, |frame| &mut frame.blocks)
            .push(block);
    }
}
