//! GraphiQL, the editor for queries. All its files are ours to serve: nothing is loaded from
//! elsewhere.

use actix_web::HttpResponse;
use include_dir::{Dir, include_dir};

use municipio_graphql::ErrorCode;

use super::problem::Problem;

static FILES: Dir = include_dir!("$CARGO_MANIFEST_DIR/graphiql");

/// The page.
pub(super) async fn page() -> Result<HttpResponse, Problem> {
    serve("index.html", "no-cache")
}

/// The names of all files.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    FILES.files().filter_map(|file| file.path().to_str())
}

/// A file of the page.
pub(super) async fn file(name: &str) -> Result<HttpResponse, Problem> {
    serve(name, "public, max-age=86400")
}

fn serve(name: &str, cache: &str) -> Result<HttpResponse, Problem> {
    let media_type = match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        _ => "text/plain; charset=utf-8",
    };
    let file = FILES
        .get_file(name)
        .ok_or_else(|| Problem::new(ErrorCode::NotFound, format!("GraphiQL has no file {name}")))?;
    Ok(HttpResponse::Ok()
        .content_type(media_type)
        .insert_header(("Cache-Control", cache))
        .insert_header((
            "Content-Security-Policy",
            "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
             img-src 'self' data:; font-src 'self' data:; worker-src 'self' blob:",
        ))
        .body(file.contents()))
}
