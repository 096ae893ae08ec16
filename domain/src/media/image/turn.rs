//! Pictures that are stored otherwise than they are shown: turned, or as in a mirror. They are turned when they are
//! small, so what is cut out is told in the picture as it is stored.

use image::metadata::Orientation;

use super::layout::Part;

/// Width and height as a picture is shown; and, the other way round, as what is shown is stored.
pub(super) fn shown((width, height): (u32, u32), orientation: Orientation) -> (u32, u32) {
    use Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
    match orientation {
        Rotate90 | Rotate270 | Rotate90FlipH | Rotate270FlipH => (height, width),
        _ => (width, height),
    }
}

/// Where a part of a picture that is shown in this size is stored.
pub(super) fn stored(part: Part, (width, height): (u32, u32), orientation: Orientation) -> Part {
    let right = f64::from(width) - part.left - part.width;
    let bottom = f64::from(height) - part.top - part.height;
    let at = |left, top| Part { left, top, ..part };
    let across = |left, top| Part {
        left,
        top,
        width: part.height,
        height: part.width,
    };
    match orientation {
        Orientation::NoTransforms => part,
        Orientation::FlipHorizontal => at(right, part.top),
        Orientation::FlipVertical => at(part.left, bottom),
        Orientation::Rotate180 => at(right, bottom),
        Orientation::Rotate90 => across(part.top, right),
        Orientation::Rotate270 => across(bottom, part.left),
        Orientation::Rotate90FlipH => across(part.top, part.left),
        Orientation::Rotate270FlipH => across(bottom, right),
    }
}

#[cfg(test)]
mod tests {
    use image::{DynamicImage, Rgb, RgbImage};

    use super::*;

    fn cut(image: &DynamicImage, part: Part) -> DynamicImage {
        let [left, top, width, height] =
            [part.left, part.top, part.width, part.height].map(|side| side as u32);
        image.crop_imm(left, top, width, height)
    }

    #[test]
    fn what_is_cut_and_then_turned_is_what_was_turned_and_then_cut() {
        let picture = RgbImage::from_fn(7, 5, |x, y| Rgb([x as u8, y as u8, 0]));
        let picture = DynamicImage::from(picture);
        for orientation in (1..=8).filter_map(Orientation::from_exif) {
            let mut turned = picture.clone();
            turned.apply_orientation(orientation);
            let size = (turned.width(), turned.height());
            assert_eq!(shown((7, 5), orientation), size);
            let part = Part {
                left: 1.0,
                top: 2.0,
                width: 3.0,
                height: 2.0,
            };
            let mut small = cut(&picture, stored(part, size, orientation));
            small.apply_orientation(orientation);
            assert_eq!(small, cut(&turned, part), "{orientation:?}");
        }
    }
}
