//! Delivers files: of an asset at the address that stays, and of a hash at one where nothing ever changes. What
//! everybody may see is told by the published assets; anything else needs an address that was signed here.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, header::ACCEPT},
    web::{Data, Path, Query},
};
use chrono::{DateTime, Utc};
use futures_util::{StreamExt, stream};
use municipio_domain::{
    content::Body,
    ids::ItemId,
    media::{
        Accepted, ContentHash, FileFacts, FocalPoint, Signed, TenantMedia, Variant, clean_name,
    },
    tenants::Tenant,
};
use municipio_graphql::ErrorCode;
use serde::Deserialize;

use super::{
    answer::{Delivered, Lasting, Part},
    failed, nothing,
};
use crate::{
    app::State,
    clock,
    http::{problem::Problem, tenant},
};

/// What stands in the place of a variant for the file as it was uploaded.
const ORIGINAL: &str = "original";

/// The address at which the file of an asset stays.
#[derive(Debug, Deserialize)]
pub(super) struct OfAsset {
    asset: String,
}

/// The file of a published asset, whatever file that is today.
pub(super) async fn asset(
    request: HttpRequest,
    path: Path<OfAsset>,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let tenant = tenant::resolve(&request, &state).await?;
    let Ok(id) = path.asset.parse::<ItemId>() else {
        return nothing(&request);
    };
    let found = state.contents(&tenant).published(&[id]).await;
    let found = found.map_err(|error| Problem::failed(&error).of(&request))?;
    let Some(Body::Asset(asset)) = found.into_iter().next().map(|item| item.body) else {
        return nothing(&request);
    };
    let Some(file) = asset.file.as_ref().filter(|_| asset.is_public()) else {
        return nothing(&request);
    };
    let Some(facts) = &file.facts else {
        return nothing(&request);
    };
    original(
        &request,
        &state.media_of(&tenant),
        (facts, &facts.media_type),
        file.name(),
        Lasting::Shortly,
    )
    .await
}

/// The address at which nothing changes.
#[derive(Debug, Deserialize)]
pub(super) struct OfHash {
    hash: String,
    variant: String,
    name: String,
}

/// What an address says beside its path.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Permit {
    expires: Option<i64>,
    signature: Option<String>,
}

impl Permit {
    /// Until when it says that the address is good.
    pub(super) fn expires_at(&self) -> Option<DateTime<Utc>> {
        let end = |seconds| DateTime::from_timestamp(seconds, 0).unwrap_or_default();
        self.expires.map(end)
    }

    /// Whether the address was signed here as this, and is still good.
    pub(super) fn is_good(&self, state: &State, signed: &Signed<'_>, now: DateTime<Utc>) -> bool {
        let signer = state.signer.as_ref().zip(self.signature.as_ref());
        signer.is_some_and(|(signer, signature)| signer.is_good(signed, signature, now))
    }
}

/// A file by its hash, or a variant of it.
pub(super) async fn immutable(
    request: HttpRequest,
    path: Path<OfHash>,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let tenant = tenant::resolve(&request, &state).await?;
    let OfHash {
        hash,
        variant: shown,
        name,
    } = path.into_inner();
    let Ok(hash) = hash.parse::<ContentHash>() else {
        return nothing(&request);
    };
    let variant = match shown.as_str() {
        ORIGINAL => None,
        shown => match shown.parse::<Variant>() {
            Ok(variant) => Some(variant),
            Err(_) => return nothing(&request),
        },
    };
    let permit = Query::<Permit>::from_query(request.query_string()).map_err(|error| {
        let message = format!("the address cannot be read: {error}");
        Problem::new(ErrorCode::BadRequest, message).of(&request)
    })?;
    let media = state.media_of(&tenant);
    let permit = Permitted::read(&request, &state, &tenant, &hash, &shown, &permit)?;
    let may = permit
        .may_see(&media, &tenant, &hash, variant.as_ref())
        .await;
    if !may.map_err(|problem| problem.of(&request))? {
        return nothing(&request);
    }
    let facts = media.facts(&hash).await;
    let facts = facts.map_err(|error| Problem::failed(&error).of(&request))?;
    let Some(facts) = facts else {
        return nothing(&request);
    };
    // Whoever asks does not choose how something of the municipality is called. The same bytes may have come first
    // under the name of another kind.
    let kind = facts.kind().map(|kind| kind.named(&name));
    let Some(kind) = kind.filter(|kind| clean_name(&name, *kind) == name) else {
        return nothing(&request);
    };
    let lasting = match permit {
        Permitted::ForAWhile => Lasting::Never,
        _ => Lasting::Forever,
    };
    match variant {
        None => {
            let media_type = kind.media_type();
            original(&request, &media, (&facts, media_type), &name, lasting).await
        }
        Some(_) if !facts.is_image() => nothing(&request),
        Some(variant) => varied(&request, &media, &facts, variant, &name, lasting).await,
    }
}

/// What the signature of an address allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Permitted {
    /// There is none: what everybody may see, in the sizes of the list.
    Public,
    /// In any size, what everybody may see.
    AnySize,
    /// For a while, what not everybody may see.
    ForAWhile,
}

impl Permitted {
    fn read(
        request: &HttpRequest,
        state: &State,
        tenant: &Tenant,
        hash: &ContentHash,
        shown: &str,
        permit: &Permit,
    ) -> Result<Self, Problem> {
        if permit.signature.is_none() {
            return Ok(Self::Public);
        }
        let expires_at = permit.expires_at();
        let signed = Signed {
            tenant: tenant.id,
            hash,
            variant: shown,
            expires_at,
        };
        if !permit.is_good(state, &signed, clock::now()) {
            let message = "the address has expired, or was not made here";
            return Err(Problem::new(ErrorCode::SignatureInvalid, message).of(request));
        }
        Ok(match expires_at {
            Some(_) => Self::ForAWhile,
            None => Self::AnySize,
        })
    }

    async fn may_see(
        self,
        media: &TenantMedia,
        tenant: &Tenant,
        hash: &ContentHash,
        variant: Option<&Variant>,
    ) -> Result<bool, Problem> {
        let point = match (self, variant) {
            (Self::ForAWhile, _) => return Ok(true),
            (Self::Public, Some(variant)) if !variant.is_preset() => return Ok(false),
            // Anybody could ask for ten thousand points.
            (Self::Public, Some(variant)) => {
                Some(variant.focal_point).filter(|point| *point != FocalPoint::default())
            }
            _ => None,
        };
        let locale = tenant.default_locale();
        let public = media.is_public(hash, point, &locale).await;
        public.map_err(|error| Problem::failed(&error))
    }
}

/// The file as it was uploaded, as of this media type.
async fn original(
    request: &HttpRequest,
    media: &TenantMedia,
    (facts, media_type): (&FileFacts, &str),
    name: &str,
    lasting: Lasting,
) -> Result<HttpResponse, Problem> {
    let delivered = Delivered {
        media_type: media_type.to_owned(),
        name: name.to_owned(),
        length: facts.size,
        tag: facts.sha256.to_string(),
        lasting,
        negotiated: false,
    };
    let part = delivered.part(request);
    let range = match &part {
        Part::Bytes(range) => Some(range.clone()),
        Part::Whole => None,
        Part::Nothing | Part::Outside | Part::Changed => {
            return Ok(delivered.respond(&part, stream::empty()));
        }
    };
    if request.method() == Method::HEAD {
        return Ok(delivered.respond(&part, stream::empty()));
    }
    let bytes = media.read(&facts.sha256, range).await;
    let bytes = bytes.map_err(|error| failed(&error).of(request))?;
    Ok(delivered.respond(&part, bytes))
}

/// A variant of a picture, in the best form that the client accepts.
async fn varied(
    request: &HttpRequest,
    media: &TenantMedia,
    facts: &FileFacts,
    variant: Variant,
    name: &str,
    lasting: Lasting,
) -> Result<HttpResponse, Problem> {
    let accepted = Accepted {
        webp: accepts(request, "image/webp"),
        avif: accepts(request, "image/avif"),
    };
    let format = media.format(facts, variant, accepted).await;
    let mut delivered = Delivered {
        media_type: format.media_type().to_owned(),
        name: format!(
            "{}.{}",
            name.rsplit_once('.').map_or(name, |(stem, _)| stem),
            format.extension()
        ),
        length: 0,
        tag: format!("{}-{variant}-{}", facts.sha256, format.extension()),
        lasting,
        negotiated: true,
    };
    // Who has it already, or wants another, need not wait for it.
    if let part @ (Part::Nothing | Part::Changed) = delivered.part(request) {
        return Ok(delivered.respond(&part, stream::empty()));
    }
    let bytes = media.variant(facts, variant, format).await;
    let bytes = bytes.map_err(|error| failed(&error).of(request))?;
    delivered.length = bytes.len() as u64;
    let part = delivered.part(request);
    let bytes = match &part {
        Part::Bytes(range) => {
            let index = |place: u64| usize::try_from(place).unwrap_or(usize::MAX);
            bytes.slice(index(range.start)..index(range.end))
        }
        _ => bytes,
    };
    Ok(delivered.respond(&part, stream::iter([Ok(bytes)]).boxed_local()))
}

/// Whether the client says that it accepts a media type by its name. `*/*` says nothing of what it can show.
fn accepts(request: &HttpRequest, media_type: &str) -> bool {
    let headers = request.headers().get_all(ACCEPT);
    let accepted = headers.filter_map(|value| value.to_str().ok());
    let mut ranges = accepted.flat_map(|value| value.split(','));
    ranges.any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let is_named = parts
            .next()
            .is_some_and(|name| name.eq_ignore_ascii_case(media_type));
        let is_refused = parts.any(|parameter| {
            let quality = parameter
                .strip_prefix("q=")
                .and_then(|quality| quality.parse::<f32>().ok());
            quality == Some(0.0)
        });
        is_named && !is_refused
    })
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn webp_is_for_who_names_it() {
        for (accept, expected) in [
            ("image/avif,image/webp,image/*,*/*;q=0.8", true),
            ("Image/WebP;q=0.5", true),
            ("image/webp;q=0", false),
            ("image/*", false),
            ("*/*", false),
            ("", false),
        ] {
            let request = TestRequest::get()
                .insert_header(("accept", accept))
                .to_http_request();
            assert_eq!(accepts(&request, "image/webp"), expected, "{accept}");
        }
    }
}
