//! Which variants of a picture there are: those of a closed list, that anybody may ask for, and others by a
//! signed address. A variant is written in one way alone, because it names what is kept and stands in addresses:
//! `card`, `card@30,70`, `640x480-cover-q80@30,70`, `640x-contain-q82`.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use validator::Validate;

/// How a picture fills the size it gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fit {
    /// All of the size; what does not fit is cut off around the focal point.
    Cover,
    /// All of the picture, in the size or less.
    Contain,
}

/// What must stay in the picture when some of it is cut off: percent from the left and from the top
/// (punto focale).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct FocalPoint {
    /// Percent from the left (ascissa).
    #[validate(range(max = 100, message = "a focal point lies between 0 and 100 percent"))]
    pub x: u8,
    /// Percent from the top (ordinata).
    #[validate(range(max = 100, message = "a focal point lies between 0 and 100 percent"))]
    pub y: u8,
}

impl Default for FocalPoint {
    fn default() -> Self {
        Self { x: 50, y: 50 }
    }
}

macro_rules! presets {
    ($($(#[doc = $doc:literal])* $variant:ident = $name:literal, $width:literal, $height:expr;)*) => {
        /// The variants that anybody may ask for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Preset {
            $($(#[doc = $doc])* $variant,)*
        }

        impl Preset {
            /// All presets, the smallest first.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Its name in addresses.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Its size.
            fn bounds(self) -> (u32, Option<u32>) {
                match self { $(Self::$variant => ($width, $height),)* }
            }
        }
    };
}

presets! {
    /// A small square, for lists and faces (miniatura).
    Thumbnail = "thumbnail", 160, Some(160);
    /// 320 pixels wide.
    Small = "small", 320, None;
    /// 3:2, for cards (scheda).
    Card = "card", 480, Some(320);
    /// 640 pixels wide.
    Medium = "medium", 640, None;
    /// 1,024 pixels wide.
    Large = "large", 1024, None;
    /// 1,600 pixels wide.
    Full = "full", 1600, None;
    /// 8:3, across the head of a page (testata).
    Hero = "hero", 1600, Some(600);
}

/// A size of one's own, for a signed address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Size {
    /// Width in pixels; as it follows from the height when left out.
    pub width: Option<u32>,
    /// Height in pixels; as it follows from the width when left out.
    pub height: Option<u32>,
    /// How the picture fills it.
    pub fit: Fit,
    /// How well the picture is kept, 1 to 100.
    pub quality: u8,
}

/// The longest side of a size of one's own.
pub(super) const LONGEST: u32 = 4096;
/// How many times its width a variant of the list is high at most, where its height follows from its width.
const TALLEST: u32 = 4;
/// How well pictures are kept unless it is said otherwise.
pub(super) const QUALITY: u8 = 80;

impl Size {
    /// A size that may be asked for.
    ///
    /// # Errors
    /// Nothing is said of the size, or it is too large.
    pub fn new(
        width: Option<u32>,
        height: Option<u32>,
        fit: Fit,
        quality: Option<u8>,
    ) -> Result<Self, InvalidVariant> {
        let is_right = |side: Option<u32>| side.is_none_or(|side| (1..=LONGEST).contains(&side));
        let quality = quality.unwrap_or(QUALITY);
        let some = width.or(height).is_some();
        match some && is_right(width) && is_right(height) && (1..=100).contains(&quality) {
            true => Ok(Self {
                width,
                height,
                fit,
                quality,
            }),
            false => Err(InvalidVariant),
        }
    }
}

/// What is shown of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shown {
    /// One of the list.
    Preset(Preset),
    /// A size of one's own.
    Size(Size),
}

/// A variant of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Variant {
    /// What is shown.
    pub shown: Shown,
    /// Around what it is cut.
    pub focal_point: FocalPoint,
}

/// A variant that there is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no such variant: a side has 1 to {LONGEST} pixels, the quality is 1 to 100, a focal point lies between 0 and 100"
)]
pub struct InvalidVariant;

impl Variant {
    /// A variant of the list. Where nothing is cut off the focal point does not matter.
    pub fn preset(preset: Preset, focal_point: FocalPoint) -> Self {
        Self::new(Shown::Preset(preset), focal_point)
    }

    /// A variant of a size of one's own.
    pub fn size(size: Size, focal_point: FocalPoint) -> Self {
        Self::new(Shown::Size(size), focal_point)
    }

    fn new(shown: Shown, focal_point: FocalPoint) -> Self {
        let mut variant = Self { shown, focal_point };
        if !variant.cuts() {
            variant.focal_point = FocalPoint::default();
        }
        variant
    }

    /// Anybody may ask for it.
    pub fn is_preset(&self) -> bool {
        matches!(self.shown, Shown::Preset(_))
    }

    /// How well the picture is kept.
    pub(super) fn quality(&self) -> u8 {
        match self.shown {
            Shown::Preset(_) => QUALITY,
            Shown::Size(size) => size.quality,
        }
    }

    pub(super) fn bounds(&self) -> (Option<u32>, Option<u32>, Fit) {
        match self.shown {
            Shown::Preset(preset) => match preset.bounds() {
                (width, None) => (Some(width), Some(width * TALLEST), Fit::Contain),
                (width, height) => (Some(width), height, Fit::Cover),
            },
            Shown::Size(size) => (size.width, size.height, size.fit),
        }
    }

    fn cuts(&self) -> bool {
        matches!(self.bounds(), (Some(_), Some(_), Fit::Cover))
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.shown {
            Shown::Preset(preset) => f.write_str(preset.as_str())?,
            Shown::Size(size) => {
                let side =
                    |side: Option<u32>| side.map(|side| side.to_string()).unwrap_or_default();
                let fit = match size.fit {
                    Fit::Cover => "cover",
                    Fit::Contain => "contain",
                };
                write!(
                    f,
                    "{}x{}-{fit}-q{}",
                    side(size.width),
                    side(size.height),
                    size.quality
                )?;
            }
        }
        match self.focal_point {
            point if point == FocalPoint::default() => Ok(()),
            FocalPoint { x, y } => write!(f, "@{x},{y}"),
        }
    }
}

impl FromStr for Variant {
    type Err = InvalidVariant;

    fn from_str(text: &str) -> Result<Self, InvalidVariant> {
        let (shown, point) = match text.split_once('@') {
            Some((shown, point)) => (shown, read_point(point)?),
            None => (text, FocalPoint::default()),
        };
        let preset = Preset::ALL.iter().find(|preset| preset.as_str() == shown);
        let variant = match preset {
            Some(preset) => Self::preset(*preset, point),
            None => Self::size(read_size(shown)?, point),
        };
        // Written in one way alone.
        match variant.to_string() == text {
            true => Ok(variant),
            false => Err(InvalidVariant),
        }
    }
}

fn read_point(text: &str) -> Result<FocalPoint, InvalidVariant> {
    let (x, y) = text.split_once(',').ok_or(InvalidVariant)?;
    let percent = |text: &str| {
        text.parse()
            .ok()
            .filter(|percent| *percent <= 100)
            .ok_or(InvalidVariant)
    };
    Ok(FocalPoint {
        x: percent(x)?,
        y: percent(y)?,
    })
}

fn read_size(text: &str) -> Result<Size, InvalidVariant> {
    let mut parts = text.split('-');
    let (Some(sides), Some(fit), Some(quality), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(InvalidVariant);
    };
    let (width, height) = sides.split_once('x').ok_or(InvalidVariant)?;
    let side = |text: &str| match text {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| InvalidVariant),
    };
    let fit = match fit {
        "cover" => Fit::Cover,
        "contain" => Fit::Contain,
        _ => return Err(InvalidVariant),
    };
    let quality = quality.strip_prefix('q').and_then(|text| text.parse().ok());
    let quality = quality.ok_or(InvalidVariant)?;
    Size::new(side(width)?, side(height)?, fit, Some(quality))
}

/// How a variant is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Format {
    /// AVIF, for clients that accept it, once it is prepared.
    Avif,
    /// WebP, for clients that accept it.
    Webp,
    /// JPEG, for all others.
    Jpeg,
    /// PNG, where one can see through some of it.
    Png,
}

impl Format {
    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Avif => "image/avif",
            Self::Webp => "image/webp",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }

    /// How names of such files end.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Avif => "avif",
            Self::Webp => "webp",
            Self::Jpeg => "jpg",
            Self::Png => "png",
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    fn variant(text: &str) -> Variant {
        text.parse().unwrap()
    }

    #[test]
    fn variants_are_read_as_they_are_written() {
        for text in [
            "card",
            "card@30,70",
            "small",
            "640x480-cover-q80@0,100",
            "640x-contain-q82",
            "x50-cover-q1",
        ] {
            assert_eq!(variant(text).to_string(), text);
        }
        for wrong in [
            "",
            "Card",
            "card@",
            "card@50,50",
            "card@101,0",
            "card@030,1",
            "small@1,1",
            "huge",
            "0x0-cover-q80",
            "9999x1-cover-q80",
            "x-cover-q80",
            "640x480-fill-q80",
            "640x480-cover-q0",
            "640x480-cover",
            "+1x1-cover-q80",
            "640x480-cover-q80-x",
            "../card",
            "card/..",
        ] {
            assert!(wrong.parse::<Variant>().is_err(), "{wrong}");
        }
    }

    pub(in super::super) fn any_variant() -> impl Strategy<Value = Variant> {
        let size = (
            proptest::option::of(1..=LONGEST),
            proptest::option::of(1..=LONGEST),
            any::<bool>(),
            1..=100u8,
        );
        let size = size.prop_filter_map("no side", |(width, height, covers, quality)| {
            let fit = if covers { Fit::Cover } else { Fit::Contain };
            Size::new(width, height, fit, Some(quality))
                .ok()
                .map(Shown::Size)
        });
        let preset = proptest::sample::select(Preset::ALL).prop_map(Shown::Preset);
        (prop_oneof![size, preset], 0..=100u8, 0..=100u8)
            .prop_map(|(shown, x, y)| Variant::new(shown, FocalPoint { x, y }))
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(variant in any_variant()) {
            prop_assert_eq!(variant.to_string().parse::<Variant>(), Ok(variant));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[a-z0-9@,x.%/-]{0,40}") {
            if let Ok(variant) = text.parse::<Variant>() {
                prop_assert_eq!(variant.to_string(), text);
            }
        }
    }
}
