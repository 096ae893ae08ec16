//! An answer that delivers a file: conditional, in ranges, and harmless whatever is in it.

use std::ops::Range;

use actix_web::{
    HttpRequest, HttpResponse,
    body::SizedStream,
    http::{
        Method, StatusCode,
        header::{
            self, ACCEPT_RANGES, CACHE_CONTROL, CONTENT_RANGE, CONTENT_SECURITY_POLICY, Charset,
            ContentDisposition, ContentEncoding, DispositionParam, DispositionType, ETag,
            EntityTag, ExtendedValue, Header, IfMatch, IfNoneMatch, IfRange, RANGE, VARY,
            X_CONTENT_TYPE_OPTIONS,
        },
        header::{ByteRangeSpec, Range as RangeHeader},
    },
    web::Bytes,
};
use futures_util::{TryStreamExt, stream};
use municipio_domain::media::MediaError;

/// For how long an answer is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lasting {
    /// Nothing changes at this address.
    Forever,
    /// The file may be replaced.
    Shortly,
    /// It is for the client alone.
    Never,
}

impl Lasting {
    fn cache_control(self) -> &'static str {
        match self {
            Self::Forever => "public, max-age=31536000, immutable",
            Self::Shortly => "public, max-age=60",
            Self::Never => "private, no-store",
        }
    }
}

/// A file that is delivered.
pub(super) struct Delivered {
    pub(super) media_type: String,
    pub(super) name: String,
    pub(super) length: u64,
    /// What tells these bytes from all others.
    pub(super) tag: String,
    pub(super) lasting: Lasting,
    /// Other clients may get other bytes, by what they accept.
    pub(super) negotiated: bool,
}

/// What is asked for of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The client has it already.
    Nothing,
    /// All of it.
    Whole,
    /// These bytes.
    Bytes(Range<u64>),
    /// Bytes that it has not.
    Outside,
    /// Another file than there is.
    Changed,
}

impl Delivered {
    /// What is asked for.
    pub(super) fn part(&self, request: &HttpRequest) -> Part {
        let tag = EntityTag::new_strong(self.tag.clone());
        if request.headers().contains_key(header::IF_MATCH) {
            let is_meant = match IfMatch::parse(request) {
                Ok(IfMatch::Any) => true,
                Ok(IfMatch::Items(tags)) => tags.iter().any(|meant| meant.strong_eq(&tag)),
                Err(_) => false,
            };
            if !is_meant {
                return Part::Changed;
            }
        }
        let known = match IfNoneMatch::parse(request) {
            Ok(IfNoneMatch::Any) => request.headers().contains_key(header::IF_NONE_MATCH),
            Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|known| known.weak_eq(&tag)),
            Err(_) => false,
        };
        if known {
            return Part::Nothing;
        }
        let is_same = match request.headers().contains_key(header::IF_RANGE) {
            false => true,
            true => {
                matches!(IfRange::parse(request), Ok(IfRange::EntityTag(known)) if known.strong_eq(&tag))
            }
        };
        // Ranges are of GET alone (RFC 9110, section 14.2).
        let is_range = request.method() == Method::GET && request.headers().contains_key(RANGE);
        match is_range && is_same {
            true => self.range(RangeHeader::parse(request).ok()),
            false => Part::Whole,
        }
    }

    /// Of several ranges, as of what is no range, all is delivered (RFC 9110, section 14.2).
    fn range(&self, range: Option<RangeHeader>) -> Part {
        let Some(RangeHeader::Bytes(ranges)) = range else {
            return Part::Whole;
        };
        let [only] = ranges.as_slice() else {
            return Part::Whole;
        };
        let last = self.length;
        let (start, end) = match *only {
            ByteRangeSpec::FromTo(start, end) => (start, end.saturating_add(1).min(last)),
            ByteRangeSpec::From(start) => (start, last),
            ByteRangeSpec::Last(0) => return Part::Outside,
            ByteRangeSpec::Last(length) => (last.saturating_sub(length), last),
        };
        match start < end {
            true => Part::Bytes(start..end),
            false => Part::Outside,
        }
    }

    /// The answer with the bytes of the part.
    pub(super) fn respond(
        &self,
        part: &Part,
        bytes: impl stream::Stream<Item = Result<Bytes, MediaError>> + 'static,
    ) -> HttpResponse {
        let (status, range) = match part {
            Part::Nothing => (StatusCode::NOT_MODIFIED, None),
            Part::Whole => (StatusCode::OK, Some(0..self.length)),
            Part::Bytes(range) => (StatusCode::PARTIAL_CONTENT, Some(range.clone())),
            Part::Outside => (StatusCode::RANGE_NOT_SATISFIABLE, None),
            Part::Changed => (StatusCode::PRECONDITION_FAILED, None),
        };
        // What is wrong with a request is nothing that lasts.
        let lasting = match part {
            Part::Outside | Part::Changed => Lasting::Never,
            _ => self.lasting,
        };
        let mut response = HttpResponse::build(status);
        response
            .insert_header(ETag(EntityTag::new_strong(self.tag.clone())))
            .insert_header((CACHE_CONTROL, lasting.cache_control()))
            .insert_header((ACCEPT_RANGES, "bytes"))
            // Files of other origins may show it; nothing in it runs.
            .insert_header(("Cross-Origin-Resource-Policy", "cross-origin"))
            .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"));
        if self.negotiated {
            response.insert_header((VARY, "Accept"));
        }
        match part {
            Part::Nothing | Part::Changed => return response.finish(),
            Part::Outside => {
                response.insert_header((CONTENT_RANGE, format!("bytes */{}", self.length)));
                return response.finish();
            }
            Part::Bytes(range) => {
                let range = format!("bytes {}-{}/{}", range.start, range.end - 1, self.length);
                response.insert_header((CONTENT_RANGE, range));
            }
            Part::Whole => {}
        }
        let length = range.map_or(0, |range| range.end - range.start);
        // What was promised is not kept: the connection ends.
        let bytes =
            bytes.inspect_err(|error| tracing::error!(%error, "a file is delivered in part"));
        response
            .insert_header((header::CONTENT_TYPE, self.media_type.as_str()))
            .insert_header(self.disposition())
            .insert_header((CONTENT_SECURITY_POLICY, self.policy()))
            // It is compressed already, or its ranges would be those of something else.
            .insert_header(ContentEncoding::Identity)
            .body(SizedStream::new(length, bytes))
    }

    /// What browsers show is shown; the rest is saved.
    fn disposition(&self) -> ContentDisposition {
        let shown = ["image/", "audio/", "video/", "application/pdf"];
        let is_shown = shown.iter().any(|start| self.media_type.starts_with(start));
        let disposition = match is_shown {
            true => DispositionType::Inline,
            false => DispositionType::Attachment,
        };
        let mut parameters = Vec::new();
        let plain: String = self
            .name
            .chars()
            .map(|letter| if letter.is_ascii() { letter } else { '_' })
            .collect();
        let is_plain = plain == self.name;
        parameters.push(DispositionParam::Filename(plain));
        if !is_plain {
            parameters.push(DispositionParam::FilenameExt(ExtendedValue {
                charset: Charset::Ext("UTF-8".to_owned()),
                language_tag: None,
                value: self.name.clone().into_bytes(),
            }));
        }
        ContentDisposition {
            disposition,
            parameters,
        }
    }

    /// Nothing in a file may run. In a sandbox browsers do not show PDF at all.
    fn policy(&self) -> &'static str {
        match self.media_type == "application/pdf" {
            true => "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'",
            false => "default-src 'none'; sandbox",
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn file() -> Delivered {
        Delivered {
            media_type: "application/pdf".to_owned(),
            name: "però.pdf".to_owned(),
            length: 100,
            tag: "abc".to_owned(),
            lasting: Lasting::Forever,
            negotiated: false,
        }
    }

    #[test]
    fn parts_are_read_as_rfc_9110_says() {
        for (headers, part) in [
            (&[][..], Part::Whole),
            (&[("range", "bytes=0-9")], Part::Bytes(0..10)),
            (&[("range", "bytes=90-200")], Part::Bytes(90..100)),
            (&[("range", "bytes=90-")], Part::Bytes(90..100)),
            (&[("range", "bytes=-10")], Part::Bytes(90..100)),
            (&[("range", "bytes=-1000")], Part::Bytes(0..100)),
            (&[("range", "bytes=100-")], Part::Outside),
            (&[("range", "bytes=-0")], Part::Outside),
            (&[("range", "bytes=0-1,5-6")], Part::Whole),
            (&[("range", "lines=1-2")], Part::Whole),
            (&[("range", "nonsense")], Part::Whole),
            (&[("if-none-match", "\"abc\"")], Part::Nothing),
            (&[("if-none-match", "W/\"abc\"")], Part::Nothing),
            (&[("if-none-match", "*")], Part::Nothing),
            (&[("if-none-match", "\"x\"")], Part::Whole),
            (&[("if-match", "\"x\", \"abc\"")], Part::Whole),
            (&[("if-match", "*")], Part::Whole),
            (&[("if-match", "\"x\"")], Part::Changed),
            (&[("if-match", "W/\"abc\"")], Part::Changed),
            (
                &[("range", "bytes=0-9"), ("if-range", "\"abc\"")],
                Part::Bytes(0..10),
            ),
            (
                &[("range", "bytes=0-9"), ("if-range", "\"x\"")],
                Part::Whole,
            ),
            (
                &[("range", "bytes=0-9"), ("if-range", "W/\"abc\"")],
                Part::Whole,
            ),
        ] {
            let request = headers.iter().fold(TestRequest::get(), |request, header| {
                request.insert_header(*header)
            });
            assert_eq!(file().part(&request.to_http_request()), part, "{headers:?}");
        }
    }

    #[test]
    fn ranges_are_of_get_alone_and_what_is_outside_is_not_kept() {
        let head = TestRequest::default().method(Method::HEAD);
        let head = head.insert_header(("range", "bytes=0-9")).to_http_request();
        assert_eq!(file().part(&head), Part::Whole);
        for part in [Part::Outside, Part::Changed] {
            let answer = file().respond(&part, stream::empty());
            let lasting = answer.headers().get(CACHE_CONTROL).unwrap();
            assert_eq!(lasting, "private, no-store");
        }
    }

    #[test]
    fn names_are_those_of_rfc_6266() {
        let shown = file().disposition().to_string();
        assert_eq!(
            shown,
            "inline; filename=\"per_.pdf\"; filename*=UTF-8''per%C3%B2.pdf"
        );
        let plain = Delivered {
            name: "a \"b\".csv".to_owned(),
            media_type: "text/csv".to_owned(),
            ..file()
        };
        assert_eq!(
            plain.disposition().to_string(),
            "attachment; filename=\"a \\\"b\\\".csv\""
        );
    }
}
