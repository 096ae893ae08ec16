//! Images, embeds and figures, and the plain text inside them.

use super::{Block, Builder};

/// What is made of text that has no place for marks and links.
#[derive(Debug)]
pub enum Capture {
    Image { url: String, caption: String },
    Embed { url: String },
    Caption,
}

#[derive(Debug, Default)]
pub struct Figure {
    embed: bool,
    has_image: bool,
    caption: String,
}

impl Builder {
    /// Begins text that becomes `capture`.
    pub fn start_capture(&mut self, capture: Capture) {
        self.capture = Some((capture, String::new()));
    }

    pub fn is_capturing(&self) -> bool {
        self.capture.is_some()
    }

    pub fn end_capture(&mut self) {
        match self.capture.take() {
            Some((Capture::Image { url, caption }, alt)) => self.image(url, alt, caption),
            Some((Capture::Embed { url }, title)) => self.media(Block::Embed { url, title }),
            Some((Capture::Caption, caption)) => {
                if let Some(figure) = &mut self.figure {
                    figure.caption = caption;
                } else {
                    self.flush();
                    self.text(&caption);
                    self.flush();
                }
            }
            None => {}
        }
    }

    pub fn image(&mut self, url: String, alt: String, caption: String) {
        if let Some(figure) = &mut self.figure {
            figure.has_image = true;
        }
        self.media(Block::Image { url, alt, caption });
    }

    /// Adds an image or embed, or its text where there can be none.
    fn media(&mut self, block: Block) {
        if !self.is_capturing() && !self.in_table() {
            self.flush();
            return self.push(block);
        }
        if let Block::Image { alt: text, .. } | Block::Embed { title: text, .. } = block {
            self.text(&text);
        }
    }

    pub fn start_figure(&mut self, embed: bool) {
        self.flush();
        self.figure = Some(Figure {
            embed,
            ..Figure::default()
        });
    }

    /// Inside a figure that shows something from elsewhere.
    pub fn in_embed(&self) -> bool {
        self.figure.as_ref().is_some_and(|figure| figure.embed)
    }

    pub fn end_figure(&mut self) {
        self.end_capture();
        self.flush();
        let Some(Figure {
            has_image,
            caption: text,
            ..
        }) = self.figure.take()
        else {
            return;
        };
        let last = self
            .frames
            .last_mut()
            .map_or(&mut self.root, |frame| &mut frame.blocks)
            .last_mut();
        match last {
            Some(Block::Image { caption, .. }) if has_image && caption.is_empty() => {
                *caption = text;
            }
            _ => {
                self.text(&text);
                self.flush();
            }
        }
    }
}
