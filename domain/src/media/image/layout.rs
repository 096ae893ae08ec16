//! Which part of a picture a variant shows, and how large.

use super::variant::{Fit, LONGEST, Variant};

impl Variant {
    /// Which part of a picture of this size is shown (left, top, width, height), and how large. Pictures are never
    /// made larger.
    pub fn layout(&self, width: u32, height: u32) -> Layout {
        let (wanted_width, wanted_height, fit) = self.bounds();
        let (full_width, full_height) = (f64::from(width.max(1)), f64::from(height.max(1)));
        if let (Some(wanted_width), Some(wanted_height), Fit::Cover) =
            (wanted_width, wanted_height, fit)
        {
            let scale =
                (f64::from(wanted_width) / full_width).max(f64::from(wanted_height) / full_height);
            let part_width = (f64::from(wanted_width) / scale).min(full_width);
            let part_height = (f64::from(wanted_height) / scale).min(full_height);
            let shrink = scale.min(1.0);
            return Layout {
                part: Part {
                    left: offset(full_width, part_width, self.focal_point.x),
                    top: offset(full_height, part_height, self.focal_point.y),
                    width: part_width,
                    height: part_height,
                },
                width: side(part_width * shrink),
                height: side(part_height * shrink),
            };
        }
        // What follows from the other side is not without end: a strip is as long as one likes.
        let horizontal = f64::from(wanted_width.unwrap_or(LONGEST)) / full_width;
        let vertical = f64::from(wanted_height.unwrap_or(LONGEST)) / full_height;
        let scale = horizontal.min(vertical).min(1.0);
        Layout {
            part: Part {
                left: 0.0,
                top: 0.0,
                width: full_width,
                height: full_height,
            },
            width: side(full_width * scale),
            height: side(full_height * scale),
        }
    }
}

/// Where a part begins, so that the focal point is as near to its middle as can be.
fn offset(full: f64, part: f64, percent: u8) -> f64 {
    (full * f64::from(percent) / 100.0 - part / 2.0).clamp(0.0, (full - part).max(0.0))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a side is between 1 and that of a picture"
)]
fn side(length: f64) -> u32 {
    (length.round() as u32).max(1)
}

/// A part of a picture, in its pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Part {
    /// From the left.
    pub left: f64,
    /// From the top.
    pub top: f64,
    /// Its width.
    pub width: f64,
    /// Its height.
    pub height: f64,
}

/// What is shown of a picture, and how large.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Layout {
    /// The part of the picture.
    pub part: Part,
    /// Its width once it is made.
    pub width: u32,
    /// Its height once it is made.
    pub height: u32,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::variant::tests::any_variant, *};

    fn variant(text: &str) -> Variant {
        text.parse().unwrap()
    }

    #[test]
    fn pictures_are_cut_around_their_focal_point_and_never_grow() {
        let layout = variant("card@0,100").layout(4000, 3000);
        assert_eq!((layout.width, layout.height), (480, 320));
        let Part {
            left,
            top,
            width,
            height,
        } = layout.part;
        assert_eq!((left, width), (0.0, 4000.0));
        assert!((top + height - 3000.0).abs() < 1e-6 && (height - 4000.0 / 1.5).abs() < 1e-6);
        let layout = variant("thumbnail@100,50").layout(4000, 3000);
        assert_eq!((layout.part.left, layout.part.width), (1000.0, 3000.0));
        let layout = variant("medium").layout(4000, 3000);
        assert_eq!((layout.width, layout.height), (640, 480));
        let layout = variant("hero").layout(300, 300);
        assert_eq!((layout.width, layout.height), (300, 113));
        let layout = variant("large").layout(10, 20);
        assert_eq!((layout.width, layout.height), (10, 20));
        // A strip.
        let layout = variant("full").layout(640, 17_000);
        assert_eq!((layout.width, layout.height), (241, 6400));
        let layout = variant("300x-contain-q80").layout(300, 50_000);
        assert_eq!((layout.width, layout.height), (25, 4096));
    }

    proptest! {
        #[test]
        fn a_layout_lies_in_the_picture(variant in any_variant(), width in 1..100_000u32, height in 1..100_000u32) {
            let Layout { part, width: new_width, height: new_height } = variant.layout(width, height);
            prop_assert!(part.left >= 0.0 && part.left + part.width <= f64::from(width) + 1e-6);
            prop_assert!(part.top >= 0.0 && part.top + part.height <= f64::from(height) + 1e-6);
            prop_assert!((1..=width).contains(&new_width) && (1..=height).contains(&new_height));
            // The most that WebP has, whose sides are the shortest of all.
            prop_assert!(new_width <= 16_383 && new_height <= 16_383);
        }
    }
}
